"""`db accept-head`: only a lost head is replaced, only by a person with a reason, and the journal says so."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from atttcli.errors import IntegrityError, Refused, UsageError
from atttcli.store.workspace import home
from tests.support.cli_run import Told, tell
from tests.support.ingest_case import new_workspace, rows

REASON = ("--reason", "disk of the duty computer replaced")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return new_workspace(tmp_path / "ws")


def head_of(workspace: Path) -> Path:
    ((identity,),) = rows(workspace, "SELECT value FROM meta WHERE key = 'id'")
    return home() / "heads" / f"{identity}.json"


def run(capsys: pytest.CaptureFixture, workspace: Path, *words: str) -> Told:
    return tell(capsys, "-w", workspace, *words)


@pytest.mark.parametrize("harm", ["damaged", "empty", "gone", "forged"])
def test_a_lost_head_is_found_and_replaced_with_a_reason(
    workspace: Path, capsys: pytest.CaptureFixture, harm: str
) -> None:
    path = head_of(workspace)
    if harm == "gone":
        path.unlink()
    elif harm == "forged":
        path.write_text(json.dumps(json.loads(path.read_text()) | {"count": 0}))
    else:
        path.write_text("" if harm == "empty" else "\x00junk")
    broken = run(capsys, workspace, "db", "verify")
    assert broken.code == 7
    assert "atttcli db accept-head" in broken.err
    assert run(capsys, workspace, "db", "accept-head", *REASON).code == 2  # without --yes, and nobody to ask
    assert run(capsys, workspace, "db", "verify").code == 7
    done = run(capsys, workspace, "db", "accept-head", *REASON, "--yes", "--json")
    (told,) = done.checked("db-accept-head")
    assert (done.code, told["accepted"], bool(told["kept_as"])) == (0, True, harm != "gone")
    assert run(capsys, workspace, "db", "verify").code == 0
    last = run(capsys, workspace, "log", "--json").lines()[-1]
    assert last["verb"] == "head.accepted"
    assert run(capsys, workspace, "undo").code != 0
    again = run(capsys, workspace, "db", "accept-head", *REASON, "--yes", "--json")
    assert again.lines()[0]["accepted"] is False


def test_a_cut_journal_is_never_accepted(workspace: Path, capsys: pytest.CaptureFixture) -> None:
    run(capsys, workspace, "rules", "disable", "1:9910003", "--reason", "x")
    path = head_of(workspace)
    kept = json.loads(path.read_text())
    with sqlite3.connect(workspace / "workspace.db") as db:
        for name in ("journal_no_delete", "payload_no_delete"):
            db.execute(f"DROP TRIGGER {name}")
        db.execute("DELETE FROM journal_payload WHERE seq >= ?", (kept["count"],))
        db.execute("DELETE FROM journal WHERE seq >= ?", (kept["count"],))
    refused = run(capsys, workspace, "db", "accept-head", *REASON, "--yes")
    assert refused.code == Refused.exit_code
    assert "contradicts the journal" in refused.err
    assert json.loads(path.read_text()) == kept


def test_a_journal_whose_chain_is_broken_is_never_accepted(workspace: Path, capsys: pytest.CaptureFixture) -> None:
    with sqlite3.connect(workspace / "workspace.db") as db:
        db.execute("DROP TRIGGER journal_no_update")
        db.execute("UPDATE journal SET actor = 'nobody' WHERE seq = 1")
    head_of(workspace).unlink()
    assert run(capsys, workspace, "db", "accept-head", *REASON, "--yes").code == IntegrityError.exit_code


def test_decisions_after_a_lost_head_do_not_hide_the_loss(workspace: Path, capsys: pytest.CaptureFixture) -> None:
    head_of(workspace).unlink()
    assert run(capsys, workspace, "rules", "disable", "1:9910003", "--reason", "x").code == 0
    assert run(capsys, workspace, "db", "verify").code == 7


def test_a_reason_is_needed(workspace: Path, capsys: pytest.CaptureFixture) -> None:
    head_of(workspace).unlink()
    assert run(capsys, workspace, "db", "accept-head", "--reason", " ", "--yes").code == UsageError.exit_code
