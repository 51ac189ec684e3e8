"""Many small logs: few files, the same answers, and nothing of what was purged."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from atttcli.errors import WorkspaceError
from atttcli.hunt import build, merge, parts
from atttcli.hunt.build import bring_up_to_date
from atttcli.hunt.choose import files
from atttcli.hunt.derived import faults, forget, is_behind
from atttcli.hunt.fields import FieldHunt
from atttcli.hunt.parts import MANY, folder_of, name_of, present
from atttcli.model.event import Event
from atttcli.store.connection import Store
from atttcli.store.workspace import Workspace
from tests.support.hunt_case import bare_workspace, folded, found, keep, many

START = 1_620_842_400_000_000
DAY = 86_400_000_000
Place = tuple[Workspace, Store]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    workspace, store = bare_workspace(tmp_path / "ws")
    with store:
        for number in range(80):
            keep(workspace, store, list(many(40, START + number * 60_000_000)), f"log-{number}")
        for number in range(40):
            keep(
                workspace,
                store,
                [Event(START + number * DAY, 1, f"day {number}", src_ip="203.0.113.7")],
                f"old-{number}",
                "tiny",
            )
        keep(workspace, store, [Event(None, 1, "no time", src_ip="203.0.113.7")], "undated", "tiny")
        keep(workspace, store, list(many(30)), "alone", "other")
        yield workspace, store


def _files(place: Place, asked: FieldHunt | None = None) -> list[Path]:
    asked = asked or FieldHunt()
    return list(files(*place, asked.window, asked.source).paths)


ASKED = (
    FieldHunt(("src_ip=203.0.113.7",)), FieldHunt(source="log-3"), FieldHunt(day="2021-05-13"), FieldHunt(source="tiny"),
    FieldHunt(source="log-17.log", text="/p7"), FieldHunt(since="2021-06-01"),
)  # fmt: skip


def test_few_files_and_the_same_answers(place: Place) -> None:
    done = bring_up_to_date(*place)
    assert (done.segments, done.merged) == (122, 79 + 40)
    assert len(_files(place)) == 1 + 2 + 1, "one day; a file with times and one without; the log that is alone"
    one = FieldHunt(source="log-17.log")
    expected = [row for row in folded(*place, FieldHunt()) if row[0] == _sha(place, "log-17.log")]
    assert found(*place, one) == expected
    for asked in ASKED:
        wanted = folded(*place, asked)
        if asked.source:
            meant = {
                row["source_sha256"] for row in place[1].rows("SELECT * FROM segment") if _named(row, asked.source)
            }
            wanted = [row for row in wanted if row[0] in meant]
        assert found(*place, asked) == wanted, asked
        assert wanted
    assert not is_behind(*place)
    assert list(faults(*place, lambda *_: None)) == []


def _named(row: object, source: str) -> bool:
    return source in row["source_path"] or source == row["reader"]  # type: ignore[index]


def _sha(place: Place, name: str) -> str:
    return str(place[1].value("SELECT source_sha256 FROM segment WHERE source_path LIKE ?", f"%/{name}"))


def test_what_was_merged_goes_a_while_later(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_up_to_date(*place)
    folder = folder_of(place[0].root)
    assert len(list(present(folder))) == 122 + 2, "a hunt under way may still read the small ones"
    monkeypatch.setattr(parts, "GRACE", 0.0)
    assert is_behind(*place)
    assert bring_up_to_date(*place).removed == 121
    assert len(list(present(folder))) == 3
    assert found(*place, ASKED[0]) == folded(*place, ASKED[0])


def test_merged_again_when_more_small_ones_come_but_never_a_large_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "GRACE", 0.0)
    monkeypatch.setattr(merge, "SMALL", 5000)
    monkeypatch.setattr(merge, "_ROWS", 6000)
    bring_up_to_date(*place)
    for number in range(100, 240):
        keep(*place, list(many(40, START + number * 60_000_000)), f"log-{number}")
    bring_up_to_date(*place)
    names = [segment for _, segment in present(folder_of(place[0].root)) if segment.startswith(MANY)]
    assert len(names) == 3
    assert found(*place, ASKED[0]) == folded(*place, ASKED[0])
    assert not is_behind(*place)
    assert bring_up_to_date(*place).merged == 0


def test_a_purged_segment_takes_its_merged_part_away_and_the_others_come_back(place: Place) -> None:
    bring_up_to_date(*place)
    workspace, store = place
    gone = _sha(place, "log-5.log")
    with store.transaction() as db:
        db.execute("DELETE FROM segment WHERE source_sha256 = ?", (gone,))
    assert all(MANY not in str(path) or "tiny" in str(path) for path in _files(place)), (
        "not read even before it is gone"
    )
    forget(workspace, store)
    name = name_of(str(next((workspace.events).rglob("*.zst"))))
    assert name
    told = found(workspace, store, FieldHunt(("src_ip=203.0.113.7",)))
    assert told == folded(workspace, store, FieldHunt(("src_ip=203.0.113.7",)))
    assert gone not in {sha for sha, _ in told}
    for path in folder_of(workspace.root).rglob("*.json"):
        assert _segment_of(workspace, gone) not in path.read_text()


def _segment_of(workspace: Workspace, sha256: str) -> str:
    for path in workspace.events.rglob("*.zst"):
        import zstandard

        with path.open("rb") as stream, zstandard.ZstdDecompressor().stream_reader(stream) as lines:
            if sha256.encode() in lines.read(4096):
                return name_of(path.name)
    raise AssertionError("no such segment")


def test_damage_of_a_merged_part_is_told_and_mended(place: Place) -> None:
    bring_up_to_date(*place)
    folder = folder_of(place[0].root)
    merged = [path for path, segment in present(folder) if segment.startswith(MANY)]
    data = next(merged[0].rglob("*.parquet"))
    spoiled = bytearray(data.read_bytes())
    spoiled[len(spoiled) // 2] ^= 255
    data.write_bytes(spoiled)
    assert [where for where, _ in faults(*place, lambda *_: None)] == [f"hunt/{merged[0].name}"]
    (merged[1] / "manifest.json").write_text('{"format": "x"}')
    assert f"hunt/{merged[1].name}" in [where for where, _ in faults(*place, lambda *_: None)]
    bring_up_to_date(*place, anew=True)
    assert list(faults(*place, lambda *_: None)) == []
    assert found(*place, ASKED[0]) == folded(*place, ASKED[0])


def test_a_damaged_small_one_is_left_as_it_is(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge, "_FEWEST", 1000)
    bring_up_to_date(*place)
    monkeypatch.undo()
    folder = folder_of(place[0].root)
    victim = next(path for path, _ in present(folder) if "kind=test" in str(list(path.iterdir())))
    data = next(victim.rglob("*.parquet"))
    data.write_bytes(b"x" * data.stat().st_size)
    assert bring_up_to_date(*place).merged == 40, "the other reader's are merged"
    assert [where for where, _ in faults(*place, lambda *_: None)] == [f"hunt/{victim.name}"]


def test_no_room_for_a_merged_part_leaves_the_small_ones(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(merge, "settle", full)
        done = bring_up_to_date(*place)
    assert (done.segments, done.merged) == (122, 0)
    assert len(_files(place)) >= 122
    assert found(*place, ASKED[0]) == folded(*place, ASKED[0])
    assert not [path for path, segment in present(folder_of(place[0].root)) if not segment], "nothing half written"


def test_a_full_disk_is_said_in_plain_words(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    duckdb = pytest.importorskip("duckdb")

    def full(*_: object) -> None:
        packed = '{"exception_message":"Could not write file: No space left on device"}'
        raise duckdb.IOException(f"IO Error: Async write failed for range [offset=1]: {packed}")

    monkeypatch.setattr(build, "copy", full)
    with pytest.raises(WorkspaceError) as told:
        bring_up_to_date(*place)
    assert told.value.message == "the hunting files cannot be written: No space left on device"
