"""What is remembered of a log while it is taken in gives the alerts that reading its segments again gives."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from atttcli.ingest import correlate, logs, matched, run
from tests.support.ingest_case import dump, ingest_json, new_workspace, rows

PATHS = ("/", "/wp-login.php", "/..%2f..%2fetc/passwd", "/?id=1%27%20UNION%20SELECT%201", "/.env", "/tin/bai.html")
AGENTS = ("Mozilla/5.0", "sqlmap/1.5", "${jndi:ldap://a.example/x}")


class Killed(Exception):
    """The end of a process."""


def lines(seed: int, count: int, late: float) -> Iterator[str]:
    """Access log lines, twenty a second; a share of them up to fifty seconds late, some without a time that can be."""
    draw = random.Random(seed)
    for number in range(count):
        second = max(0, number // 20 - (draw.randrange(50) if draw.random() < late else 0))
        day = "99/Foo/2026" if draw.random() < 0.01 else "12/May/2026"
        stamp = f"{day}:{8 + second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d} +0700"
        yield (
            f'203.0.113.{draw.randrange(6)} - - [{stamp}] "{draw.choice(("GET", "POST"))} {draw.choice(PATHS)} HTTP/1.1"'
            f' {draw.choice((200, 401, 403, 404))} {number} "-" "{draw.choice(AGENTS)}"'
        )


@pytest.fixture(params=["in order", "out of order", "several files"], scope="module")
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("logs")
    files = {"in order": [(1, 0.0)], "out of order": [(2, 0.3)], "several files": [(3, 0.0), (4, 0.3), (5, 0.0)]}
    (base / "in").mkdir()
    for seed, late in files[request.param]:
        text = "\n".join(lines(seed, 1500, late))
        (base / "in" / f"access-{seed}.log").write_text(text + "\n", encoding="utf-8")
    return base / "in"


@pytest.fixture(autouse=True, scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTTCLI_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr(logs, "BLOCK", 100)
        patch.setattr(logs, "SEGMENT", 400)
        yield


@pytest.fixture(scope="module")
def whole(small: None, folder: Path) -> dict[str, Any]:
    """What one run that nothing disturbs leaves; that it remembers all is told by the first test."""
    return taken(folder.parent, "whole", folder)


def told(workspace: Path) -> dict[str, Any]:
    """All that a run leaves, and what its alerts say word for word."""
    return dump(workspace) | {
        "words": rows(workspace, "SELECT fingerprint, title, line, observables, why, detail FROM alert ORDER BY 1")
    }


def taken(base: Path, name: str, folder: Path) -> dict[str, Any]:
    ingest_json(new_workspace(base / name), folder)
    return told(base / name)


def without_memory() -> matched.KeptMatches:
    return matched.KeptMatches(room=0)


def test_remembered_and_read_again_give_the_same(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(correlate, "read_segment", lambda path: asked.append(path.name) or iter(()))
    remembered = taken(tmp_path, "remembered", folder)
    assert not asked
    monkeypatch.undo()
    monkeypatch.setattr(logs, "SEGMENT", 700)  # cut elsewhere
    keep = matched.KeptMatches.keep
    monkeypatch.setattr(matched.KeptMatches, "keep", lambda self, path, found: keep(without_memory(), path, found))
    again = taken(tmp_path, "again", folder)
    assert again == remembered
    kinds = {row[1] for row in again["alerts"]}
    assert {"sigma", "correlation"} <= kinds
    assert any(len(json.loads(row[5]).get("samples", ())) > 3 for row in again["words"])


def test_some_remembered_and_some_not(
    folder: Path, whole: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = matched.KeptMatches.keep
    turn = iter(range(1000))

    def every_other(self: matched.KeptMatches, path: str, found: matched.SegmentMatches) -> None:
        keep(self if next(turn) % 2 else without_memory(), path, found)

    monkeypatch.setattr(matched.KeptMatches, "keep", every_other)
    assert taken(tmp_path, "mixed", folder) == whole


@pytest.mark.parametrize("commits", [1, 3])
def test_cut_off_between_segments_or_before_correlating(
    folder: Path, whole: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commits: int
) -> None:
    workspace = new_workspace(tmp_path / "cut")
    left = iter(range(commits))
    commit = logs.LogIntake._commit

    def cut(*given: object, **named: object) -> None:
        raise Killed

    def some(self: logs.LogIntake, last: bool = False) -> None:
        commit(self, last)
        if next(left, None) is None:
            cut()

    with monkeypatch.context() as patch:
        patch.setattr(logs.LogIntake, "_commit", some)
        with pytest.raises(Killed):
            ingest_json(workspace, folder)
    with monkeypatch.context() as patch:
        patch.setattr(run, "correlate", cut)
        with pytest.raises(Killed):
            ingest_json(workspace, folder)
    assert rows(workspace, "SELECT count(*) FROM ingest_run WHERE correlate_from IS NOT NULL") != [(0,)]
    ingest_json(workspace, folder)
    assert told(workspace) == whole


def test_the_room_is_a_bound_over_all_segments(tmp_path: Path) -> None:
    class Everything:
        @staticmethod
        def matches(events: list[Any]) -> Iterator[tuple[int, tuple[str, ...]]]:
            return ((index, ("rule",)) for index in range(len(events)))

    draw = random.Random(1)
    kept = matched.KeptMatches(tmp_path, room=200_000)
    stored = 0
    for number in range(20):
        segment = kept.segment()
        events = [logs.Event(index, index, draw.randbytes(100).hex()) for index in range(200)]
        segment.add(Everything(), events)  # type: ignore[arg-type]
        kept.keep(f"{number}", segment)
        found = kept.of(f"{number}")
        if found is not None:
            stored += 1
            assert list(found) == [(event, ("rule",)) for event in events]
    assert 0 < stored < 20
    assert sum(length for _, length in kept._kept.values()) <= 200_000
    assert list(tmp_path.iterdir()) == []  # a kill leaves nothing
