"""A scan that is divided: the parts, put together, are the undivided scan; in a workspace they make the same alerts."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from tests.support.cli_run import START, tell

RULE = 'rule bad { meta: description = "bad" severity = "high" strings: $a = "evil" condition: $a }'


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ATTTCLI_ACTOR", "lan")
    (tmp_path / "r.yar").write_text(RULE)
    for number in range(40):
        folder = tmp_path / "tree" / f"d{number % 5}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"f{number}").write_text("evil" if number % 3 else "good", "utf-8")
    (tmp_path / "tree" / "big").write_bytes(b"x" * 3000)
    return tmp_path


def scan(capsys, *words):
    return tell(capsys, "scan", "tree", "--rules", "r.yar", "--max-file-size", "2000", "--quiet", *words)


def test_parts_put_together_are_the_undivided_scan(tree, capsys):
    for number in range(1, 4):
        assert scan(capsys, "--shard", f"{number}/3", "--results", f"{number}.jsonl").code in (1, 2)
    assert scan(capsys, "--fresh", "--results", "all.jsonl").code == 2
    merged = tell(capsys, "results", "merge", "3.jsonl", "1.jsonl", "2.jsonl", "-o", "merged.jsonl", "--json")
    account = merged.checked("scan")[-1]
    assert (merged.code, account["detections"], account["files"]["found"]) == (2, 26, 41)
    assert "larger" in merged.err
    again = tell(capsys, "results", "merge", "all.jsonl", "-o", "again.jsonl", "--json")
    assert (tree / "merged.jsonl").read_bytes() == (tree / "again.jsonl").read_bytes()
    assert again.lines()[:-1] == merged.lines()[:-1]
    # part 2 again, from the cache of earlier results: the same findings
    assert scan(capsys, "--shard", "2/3", "--results", "2b.jsonl").code in (1, 2)
    assert (
        tell(capsys, "results", "merge", "1.jsonl", "2b.jsonl", "3.jsonl", "--json").lines()[:-1] == merged.lines()[:-1]
    )


def test_parts_make_the_alerts_of_the_undivided_scan(tree, capsys):
    for name in ("one", "parts"):
        tell(capsys, "init", name, "--organisation", "bac-kan")
    tell(capsys, "-w", "one", "scan", "tree", "--rules", "r.yar", "--host", "pc-17")
    for number in (1, 2):
        tell(capsys, "-w", "parts", "scan", "tree", "--rules", "r.yar", "--host", "pc-17", "--shard", f"{number}/2",
             "--results", f"{number}.jsonl")  # fmt: skip
    assert tell(capsys, "-w", "parts", "alert", "list", "--json").lines() == []
    for _turn in range(2):  # twice is once
        assert tell(capsys, "-w", "parts", "results", "merge", "1.jsonl", "2.jsonl", "--store").code == 1
    seen = []
    for name in ("one", "parts"):
        rows = tell(capsys, "-w", name, "alert", "list", "--json").lines()
        seen.append([(one["rule_id"], one["victim"], one["count"], one["severity"]) for one in rows])
    assert seen[0] == seen[1]
    assert seen[0]
    board = tell(capsys, "-w", "parts", "fleet", "board", "--json").checked("fleet-board")
    assert [one["host"] for one in board if one["kind"] == "machine"] == ["pc-17"]


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_a_shard_that_was_killed_is_missed_until_it_is_repeated(tree, capsys):
    for number in range(300):
        (tree / "tree" / f"more{number}").write_bytes(b"evil" + b"x" * 9000)
    (tree / "tree" / "big").unlink()
    words = ("scan", "tree", "--rules", "r.yar", "--shard", "1/2", "--results", "1.jsonl", "--quiet")
    slow = subprocess.Popen([*START, *words, "--cpu-limit", "2"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 30
    while not (tree / "1.jsonl.part").exists() and slow.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    slow.send_signal(signal.SIGKILL)
    assert slow.wait() == -signal.SIGKILL
    assert not (tree / "1.jsonl").exists()
    tell(capsys, *words[:4], "--shard", "2/2", "--results", "2.jsonl")
    missed = tell(capsys, "results", "merge", "2.jsonl", "1.jsonl.part")
    assert (missed.code, "missing shards: 1/2" in missed.err, "its run was stopped" in missed.err) == (2, True, True)
    tell(capsys, *words)
    tell(capsys, *words[:4], "--fresh", "--results", "all.jsonl")
    for name, parts in (("m", ("1.jsonl", "2.jsonl")), ("a", ("all.jsonl",))):
        told = tell(capsys, "results", "merge", *parts, "-o", f"{name}.jsonl", "--json")
        findings = [one for one in told.lines() if one["kind"] == "detection"]
        assert len(findings) == 326
    merged, whole = ((tree / f"{name}.jsonl").read_bytes().splitlines()[:-1] for name in "ma")
    assert merged == whole  # the account's last line says what of it came from the cache
    assert not list(tree.glob("*.part"))


def test_refusals_name_what_is_wrong(tree, capsys):
    assert "--results FILE.jsonl" in scan(capsys, "--shard", "1/2").err
    assert scan(capsys, "--shard", "3/2", "--results", "x").code == 2
    assert scan(capsys, "--host-checks", "--results", "x").code == 2
    scan(capsys, "--shard", "1/2", "--results", "1.jsonl")
    missing = tell(capsys, "results", "merge", "1.jsonl")
    assert (missing.code, "missing shards: 2/2" in missing.err, "--shard 2/2" in missing.err) == (2, True, True)
    (tree / "r.yar").write_text(RULE.replace("evil", "good"))
    scan(capsys, "--shard", "2/2", "--results", "2.jsonl")
    other = tell(capsys, "results", "merge", "1.jsonl", "2.jsonl")
    assert (other.code, "different rules" in other.err) == (5, True)
    assert not list(tree.glob("*.part"))


def test_detect_is_divided_as_well(tree, capsys):
    for number in (1, 2):
        tell(
            capsys,
            "detect",
            "files",
            "tree",
            "--rules",
            "r.yar",
            "--shard",
            f"{number}/2",
            "--results",
            f"{number}.jsonl",
        )
    tell(capsys, "detect", "files", "tree", "--rules", "r.yar", "--results", "all.jsonl")
    merged = tell(capsys, "results", "merge", "1.jsonl", "2.jsonl", "-o", "m.jsonl", "--json")
    tell(capsys, "results", "merge", "all.jsonl", "-o", "a.jsonl")
    assert (tree / "m.jsonl").read_bytes() == (tree / "a.jsonl").read_bytes()
    assert (merged.code, merged.lines()[-1]["detections"]) == (1, 26)
    assert scan(capsys, "--shard", "2/2", "--results", "2.jsonl").code in (1, 2)
    assert "different" in tell(capsys, "results", "merge", "1.jsonl", "2.jsonl").err
    tell(capsys, "init", "ws", "--organisation", "bac-kan")
    assert "--host" in tell(capsys, "-w", "ws", "results", "merge", "all.jsonl", "--store").err
