"""Files of results: whole or nothing, and shards put together are what one run would have found."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.errors import Conflict, InputError
from atttcli.field.account import FileAccount
from atttcli.field.shard import Shard, parse_shard
from atttcli.field.walk import WalkOptions, walk
from atttcli.model.alert import Detection, Origin
from atttcli.model.observable import Observable, ObservableType
from atttcli.model.severity import Severity
from atttcli.scan.merge import merge_results
from atttcli.scan.results import read_results, results_file

SETTINGS = {"command": "scan", "paths": ["/srv"], "rules": "ab" * 32}


def found(name: str) -> Detection:
    return Detection(
        "yara", "ns:rule", "Tên", Severity.HIGH, Origin("cd" * 32, f"/srv/{name}", 3), None, "p", "k", ("t",),
        (Observable(ObservableType("sha256"), "cd" * 32, "file"),), ("$a @ 12",), {"meta": {"a": 1.5, "b": [None, True]}},
    )  # fmt: skip


def write(path: Path, names, shard=(1, 1), settings=SETTINGS, **more: int) -> Path:
    with results_file(path) as writer:
        writer.head(settings, shard)
        for name in names:
            writer.found(found(name))
        if more.get("problem"):
            writer.problem(f"/srv/{shard[0]}", "permission denied")
        failed = {"permission denied": 1} if more.get("problem") else {}
        files = FileAccount(found=len(names) + len(failed), scanned=len(names), failed=failed, matches=len(names))
        writer.end(files, 46, 0, more.get("at", 5), 9)
    return path


def parts_of(folder: Path, names, count: int) -> list[Path]:
    mine = {
        index: [one for one in names if Shard(index, count).has(f"/srv/{one}", "/srv")] for index in range(1, count + 1)
    }
    return [write(folder / f"{index}.jsonl", mine[index], (index, count), problem=index == 1) for index in mine]


def whole_of(folder: Path, paths) -> bytes:
    out = folder / "out.jsonl"
    with results_file(out) as writer:
        merge_results(paths).write(writer)
    return out.read_bytes()


@pytest.mark.parametrize("count", [1, 2, 7])
def test_any_division_gives_the_same_whole(tmp_path, count):
    names = [f"f{number}" for number in range(30)]
    paths = parts_of(tmp_path, names, count)
    random.Random(count).shuffle(paths)
    merged = merge_results(paths)
    account = merged.account()
    assert (account.files.found, account.detections, account.files.failed) == (31, 30, {"permission denied": 1})
    assert (account.exit_code, account.severities, account.started) == (2, {"high": 30}, 5)
    assert sorted(one.origin.path for one in merged.findings() if isinstance(one, Detection)) == sorted(
        f"/srv/{name}" for name in names
    )
    undivided = write(tmp_path / "all.jsonl", names[::-1], problem=1, at=77)
    assert whole_of(tmp_path, paths) == whole_of(tmp_path, [undivided])


def test_a_finding_comes_back_as_it_was(tmp_path):
    (one,) = merge_results([write(tmp_path / "a", ["x"])]).findings()
    assert one == found("x")


def test_names_that_are_no_text_can_be_written(tmp_path):
    (one,) = merge_results([write(tmp_path / "a", ["\udcff"])]).findings()
    assert "\\xff" in one.origin.path


def test_a_missing_shard_is_named_and_a_repeated_one_heals(tmp_path):
    first, second, third = parts_of(tmp_path, [f"f{n}" for n in range(20)], 3)
    before = whole_of(tmp_path, [first, second, third])
    data = second.read_bytes()
    second.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"missing shards: 2/3; .*2\.jsonl"):
        merge_results([first, second, third])
    with pytest.raises(InputError, match=r"missing shards: 2/3, 3/3"):
        merge_results([first])
    again = tmp_path / "2-again.jsonl"
    again.write_bytes(data)
    merged = merge_results([first, second, third, again, again])
    assert [name for name, _why in merged.notes] == [f"{second}:{data[: len(data) // 2].count(10) + 1}"]
    assert whole_of(tmp_path, [first, second, third, again]) == before


def test_the_same_shard_twice_counts_once_unless_it_differs(tmp_path):
    first, second = parts_of(tmp_path, [f"f{n}" for n in range(9)], 2)
    same = write(tmp_path / "again", [], (1, 2))
    with pytest.raises(Conflict, match="differ"):
        merge_results([first, second, same])
    same.write_bytes(first.read_bytes())
    merged = merge_results([first, second, same])
    assert (len(merged.parts), merged.notes) == (2, ((str(same), f"the same as {first}: counted once"),))


@pytest.mark.parametrize("name", ["rules", "paths", "extra"])
def test_shards_of_other_rules_are_refused(tmp_path, name):
    first = write(tmp_path / "1", ["a"], (1, 2))
    second = write(tmp_path / "2", ["b"], (2, 2), SETTINGS | {name: "other"})
    with pytest.raises(Conflict, match=f"different {name}"):
        merge_results([first, second])
    with pytest.raises(Conflict, match="of 3"):
        merge_results([first, write(tmp_path / "3", ["b"], (2, 3))])


def test_a_killed_run_leaves_no_file_of_results(tmp_path):
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom atttcli.scan.results import results_file\n"
        "with results_file(Path(sys.argv[1])) as writer:\n    writer.head({}, (1, 2))\n"
        "    writer.problem('x' * 100000, 'y')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "1.jsonl"
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert [one.name for one in tmp_path.iterdir()] == ["1.jsonl.part"]
    with pytest.raises(InputError, match="has no end"):
        read_results(tmp_path / "1.jsonl.part")
    write(path, ["a"])
    assert [one.name for one in tmp_path.iterdir()] == ["1.jsonl"]


def test_a_run_that_ends_in_an_error_leaves_the_earlier_file(tmp_path):
    path = write(tmp_path / "a", ["x"])
    before = path.read_bytes()
    with pytest.raises(RuntimeError), results_file(path) as writer:
        writer.head({}, (1, 1))
        raise RuntimeError
    assert path.read_bytes() == before


def test_every_changed_byte_is_noticed(tmp_path):
    path = write(tmp_path / "a", ["x"], problem=1)
    data = path.read_bytes()
    end = data.rindex(b"\n", 0, -1)
    for at in range(0, end, 7):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(InputError):
            read_results(path)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n", b"{}\n", b"[" * 100_000, b'{"format":"atttcli/results/1"}', b"\x00" * 5000, b"\xff\xfe",
        b'{"format":"atttcli/results/1","settings":{},"shard":[2,1]}\n{"kind":"end"}\n',
        b'{"format":"atttcli/results/1","settings":{},"shard":[1,1]}\n{"detection":{},"kind":"detection"}\n',
    ],
)  # fmt: skip
def test_what_is_no_file_of_results_is_an_input_error(tmp_path, data):
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(InputError):
        merge_results([tmp_path / "x"])


@given(st.lists(st.text(min_size=1, max_size=8), max_size=20), st.integers(1, 9))
def test_every_path_is_in_exactly_one_part(paths, count):
    for path in paths:
        mine = [index for index in range(1, count + 1) if Shard(index, count).has(f"/a/{path}", "/a")]
        there = [index for index in range(1, count + 1) if Shard(index, count).has(f"/mnt/b/{path}", "/mnt/b/")]
        assert len(mine) == 1
        assert mine == there or path.startswith("/")


def test_parts_of_a_tree_are_all_of_it(tmp_path):
    for number in range(60):
        folder = tmp_path / f"d{number % 7}" / "e"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"f{number}").write_text("x")
    (tmp_path / "link").symlink_to("d1")
    os.mkfifo(tmp_path / "pipe")
    every = sorted(one.path for one in walk([str(tmp_path)]))
    parts = [[one.path for one in walk([str(tmp_path)], WalkOptions(shard=Shard(n, 4)))] for n in range(1, 5)]
    assert sorted(path for part in parts for path in part) == every
    assert all(parts)
    single = str(tmp_path / "d1" / "e" / "f1")  # a file that was named itself
    assert sum(len(list(walk([single], WalkOptions(shard=Shard(n, 4))))) for n in range(1, 5)) == 1


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", "1/99999", "١/٢", "1/2 x"])
def test_what_is_no_part(text):
    with pytest.raises(ValueError, match=r".*"):
        parse_shard(text)
