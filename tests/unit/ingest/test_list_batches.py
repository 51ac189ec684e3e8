"""A list is stored in short transactions; stopped between any two of them and repeated, it is what one run leaves."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from atttcli.ingest import claims
from atttcli.store.connection import Store
from tests.support.ingest_case import attt, dump, ingest_json, new_workspace, rows

HEADING = "STT,Địa chỉ IP,Mã độc,Thời gian,IP C&C\n"


class Stopped(BaseException):
    """As a kill: nobody catches it."""


def a_list(folder: Path, count: int) -> Path:
    """Victims with a server of its own each; every seventh row is a row before it, every eleventh cannot be read."""
    path = folder / "danh-sach.csv"
    with path.open("w", encoding="utf-8") as out:
        out.write(HEADING)
        for number in range(count):
            same = number - 3 if number % 7 == 6 else number
            host = f"10.9.{same >> 8}.{same & 255}" if number % 11 != 10 else "không rõ"
            server = f"198.51.100.{same % 250 + 1}" if number % 11 != 10 else ""
            out.write(f"{number},{host},Mirai,12/03/2026 08:00,{server}\n")
    return path


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "BATCH", 10)


def kept(workspace: Path) -> dict[str, Any]:
    found = dump(workspace)
    found["numbers"] = rows(workspace, "SELECT number, fingerprint, title, agency FROM alert ORDER BY 1")
    found["letters"] = rows(workspace, "SELECT sha256, letter, assumed, counts FROM source_file ORDER BY 1")
    found["mark"] = rows(workspace, "SELECT value FROM meta WHERE key = 'indicators_matched'")
    return found


def stop_after(monkeypatch: pytest.MonkeyPatch, commits: int) -> None:
    """The process dies when it has committed so many batches of a list."""
    usual, done = claims.RowIntake.commit, 0

    def counted(self: claims.RowIntake, last: bool = False) -> None:
        nonlocal done
        usual(self, last)
        done += 1
        if done >= commits:
            raise Stopped

    monkeypatch.setattr(claims.RowIntake, "commit", counted)


@pytest.mark.parametrize("commits", [1, 2, 5, 9, 13])
def test_stopped_between_two_batches_and_repeated(tmp_path: Path, small: None, commits: int) -> None:
    path = a_list(tmp_path, 77)
    empty = new_workspace(tmp_path / "empty")
    clean = Path(shutil.copytree(empty, tmp_path / "clean"))
    ingest_json(clean, path)
    expected = kept(clean)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Stopped):
        stop_after(patch, commits)
        ingest_json(empty, path)
    (part,) = rows(empty, "SELECT state, read FROM source_file")
    assert part[0] == "reading" and 0 < part[1] < 77
    taken = ingest_json(empty, path)
    assert kept(empty) == expected
    assert taken["total"]["read"] == 77 and taken["files"][0]["state"] == "new"
    assert rows(empty, "SELECT count(*) FROM list_progress") == [(0,)]
    assert ingest_json(empty, path)["files"][0]["state"] == "known"


def test_what_was_ours_changed_meanwhile_loses_no_row(tmp_path: Path, small: None) -> None:
    path = a_list(tmp_path, 60)
    workspace = new_workspace(tmp_path / "ws")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Stopped):
        stop_after(patch, 3)
        ingest_json(workspace, path)
    with Store(workspace / "workspace.db") as store, store.transaction() as db:
        db.execute("UPDATE list_progress SET line = line + 1")  # as if the rows were counted otherwise now
    taken = ingest_json(workspace, path)
    assert taken["total"]["read"] == 60
    assert len(rows(workspace, "SELECT 1 FROM alert")) == len(
        {r[0] for r in rows(workspace, "SELECT victim FROM alert")}
    )
    clean = new_workspace(tmp_path / "clean")
    ingest_json(clean, path)
    for name in ("alerts", "sightings", "indicators", "problems"):
        assert dump(workspace)[name] == dump(clean)[name]


def test_no_transaction_holds_more_than_a_batch(tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 0
    usual = claims.Waiting.store

    def counted(self: claims.Waiting, db: Any) -> list[bool]:
        nonlocal most
        most = max(most, len(self.alerts) + len(self.problems))
        return usual(self, db)

    monkeypatch.setattr(claims.Waiting, "store", counted)
    ingest_json(new_workspace(tmp_path / "ws"), a_list(tmp_path, 300))
    assert 3 <= most <= 12


def test_rows_before_the_kill_are_told_by_the_run_that_ends(tmp_path: Path, small: None) -> None:
    path = a_list(tmp_path, 40)
    workspace = new_workspace(tmp_path / "ws")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Stopped):
        stop_after(patch, 2)
        ingest_json(workspace, path)
    assert attt(workspace, "ingest", str(path)).exit_code == 2  # row 11 cannot be read
    assert attt(workspace, "ingest", str(path)).exit_code == 0
