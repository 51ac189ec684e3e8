"""Bundles of drills as an enemy would make them: changed at any byte, signed by a stranger, with entries that make no sense."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from atttcli.drill import conduct
from atttcli.drill.bundle import read_bundle, write_bundle
from atttcli.drill.merging import merge, opened, unpack
from atttcli.drill.packing import pack
from atttcli.drill.robot import RobotClock
from atttcli.drill.room import Room
from atttcli.errors import AtttError, IntegrityError
from atttcli.journal.carry import Carried, carried, read_lines, to_lines
from atttcli.journal.chain import canonical, entry_hash, payload_digest
from atttcli.packaged import packaged
from tests.support.drill_case import BASE, drill_room


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    source = (packaged("seeds") / "drills" / "ransomware-commune-flash.yaml").read_bytes()
    with drill_room(tmp_path, source, RobotClock(BASE)) as found:
        yield found


def state(room: Room) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in room.store.rows("SELECT seq, hash FROM journal")]


def test_a_bundle_changed_at_any_byte_brings_nothing_that_was_not_in_it(room: Room, tmp_path: Path) -> None:
    pack(room, "player")
    conduct.start(room)
    conduct.advance(room)
    data = bytearray(pack(room, "run"))
    whole = [one.hash for one in carried(room.journal)]
    before, chance, path = state(room), random.Random(7), tmp_path / "b.zip"
    refused = 0
    for _round in range(400):
        torn = bytearray(data)
        for _change in range(chance.randrange(1, 4)):
            torn[chance.randrange(len(torn))] = chance.randrange(256)
        if chance.random() < 0.1:
            torn = torn[: chance.randrange(len(torn))]
        path.write_bytes(torn)
        try:
            bundle, entries = opened(path)
            assert [one.hash for one in entries] == whole, "what gets in is what was packed"
            merge(room, bundle, entries)
        except AtttError:
            refused += 1
    assert refused > 300 and state(room) == before


def forged(room: Room, verb: str, body: Any) -> tuple[Any, list[Carried]]:
    """A run that goes on from ours with one more entry, its chain whole and its bundle signed: only its sense is wrong."""
    ours = list(carried(room.journal))
    last = ours[-1]
    text = canonical(body)
    header = (last.seq + 1, "x", last.header[2] + 1, "h", "a", verb, room.code)
    digest = payload_digest(text)
    one = Carried(header, digest, last.hash, entry_hash(header, digest, last.hash), text)
    entries = [*ours, one]
    manifest = {
        "kind": "run", "drill": room.code, "team": "doi", "scenario": room.planned["scenario"],
        "sha256": room.planned["sha256"], "truth": room.planned["truth"], "workspace": room.workspace.id,
        "organisation": "x", "profile": "vn-2017", "language": "vi", "entries": one.seq, "hash": one.hash,
    }  # fmt: skip
    path = room.workspace.root / "forged.zip"
    path.write_bytes(write_bundle(manifest, {"journal.jsonl": to_lines(entries)}))
    return opened(path)


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("drill.injected", {}),
        ("drill.rated", {"value": "fast"}),
        ("drill.graded", {"subject": "E1", "value": "x"}),
        ("drill.voted", {"expectation": "E2", "votes": 7}),
        ("drill.logged", {"evidence": [1]}),
        ("drill.packed", {"sha256": "0" * 64}),
        ("drill.planned", {"sha256": "0" * 64}),
        ("incident.opened", {"alerts": 5}),
        ("run.started", {"document": {"id": 1}}),
        ("drill.overridden", {"line": "E1", "value": "much"}),
        ("drill.started", {"at": 10**30}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_entries_that_make_no_sense_are_not_taken(room: Room, verb: str, body: dict[str, Any]) -> None:
    conduct.start(room)
    conduct.advance(room)
    before = state(room)
    try:
        bundle, entries = forged(room, verb, body)
        merge(room, bundle, entries)
    except AtttError:
        assert state(room) == before
        room.play()
        return
    room.play()  # what was taken can be read
    from atttcli.drill.score import score

    score(room.scenario, room.play())


def test_lines_that_are_no_entries_are_refused_with_their_place(room: Room, tmp_path: Path) -> None:
    good = read_bundle(_packed(room, tmp_path)).journal
    path = tmp_path / "c.zip"
    manifest = {"kind": "run"}
    for bad in (b"[" * 100_000, b"{}", b"[1,2]", json.dumps([0.5] * 11).encode(), b'"x"', b"\xff\xfe"):
        path.write_bytes(write_bundle(manifest, {"journal.jsonl": good + bad + b"\n"}))
        with pytest.raises(AtttError):
            opened(path)


def _packed(room: Room, tmp_path: Path) -> Path:
    path = tmp_path / "good.zip"
    path.write_bytes(pack(room, "run"))
    return path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("workspace", "../../../pwned"),
        ("workspace", "/tmp/pwned"),
        ("workspace", 'x"\n[y]\nz = "'),
        ("workspace", ""),
        ("organisation", 'bac-kan"\nid = "x'),
        ("profile", "../../etc/x"),
        ("language", 'vi"\n[unmarked]\nx = "'),
    ],
)
def test_what_a_bundle_calls_itself_becomes_neither_a_path_nor_a_setting(
    room: Room, tmp_path: Path, name: str, value: str
) -> None:
    """The workspace's id names the file of the journal's head; a setting that is added could take the exercise's mark away."""
    path = tmp_path / "out.zip"
    path.write_bytes(pack(room, "player"))
    good = read_bundle(path)
    manifest = {key: one for key, one in good.manifest.items() if key not in ("schema", "files")}
    members = {"journal.jsonl": good.journal, "scenario.yaml": good.scenario}
    before = set((tmp_path / "home").rglob("*"))
    path.write_bytes(write_bundle(manifest | {name: value}, members))
    with pytest.raises(AtttError):
        unpack(tmp_path / "site", path, "b")
    assert set((tmp_path / "home").rglob("*")) == before
    assert not (tmp_path / "site" / "drills").exists()
    path.write_bytes(write_bundle(manifest, members))
    assert unpack(tmp_path / "site", path, "b").drill == room.code


def test_a_time_that_no_calendar_has_is_not_taken(room: Room) -> None:
    ours = list(carried(room.journal))
    last = ours[-1]
    for time in (1 << 61, 253_402_300_799_999_999):
        header = (last.seq + 1, "x", time, "h", "a", "x.y", room.code)
        digest = payload_digest("{}")
        one = Carried(header, digest, last.hash, entry_hash(header, digest, last.hash), "{}")
        with pytest.raises(AtttError):
            read_lines(to_lines([*ours, one]), "journal.jsonl")


@pytest.mark.parametrize("verb", ["user.added", "organisation.adopted", "key.created", "kit.revoked", "drill.packed"])
def test_a_run_decides_nothing_about_the_centre(room: Room, verb: str) -> None:
    """One forged user in the drill's register, and nobody of the centre could decide there any more."""
    conduct.start(room)
    before = state(room)
    with pytest.raises(AtttError):
        merge(room, *forged(room, verb, {"name": "zzz", "roles": ["viewer"], "reason": "x", "sha256": "0" * 64}))
    assert state(room) == before
    full = {"name": "zzz", "full_name": "", "roles": ["viewer"], "agencies": [], "logins": ["x"], "shared": False}
    with pytest.raises(IntegrityError, match="no team decides"):
        merge(room, *forged(room, "user.added", full))
