"""Tasks and runs of a workspace from before the coordination core are carried over by the migration."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from atttcli.store import migrate
from atttcli.store.connection import Store

GROUND = Path(migrate.__file__).parent / "migrations" / "0001_ground.sql"


def test_old_tasks_get_the_status_that_their_state_means(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    path = tmp_path / "workspace.db"
    with sqlite3.connect(path) as db:
        db.executescript(GROUND.read_text(encoding="utf-8"))
        for number, state in enumerate(("open", "done", "skipped", "cancelled"), 1):
            db.execute(
                "INSERT INTO task (number, incident, title, state, created, due, lead) VALUES (?,?,?,?,?,?,?)",
                (f"NV-2026-{number:04d}", "SC-2026-0001", "Ngăn chặn", state, 5, 9, "van_hanh"),
            )
        db.execute(
            "INSERT INTO playbook_run VALUES ('r','SC-2026-0001','playbook--x','m','d','{}','running','{}',1,NULL,1)"
        )
        db.execute("PRAGMA user_version=1")
    db.close()
    with Store(path) as store:
        rows = store.rows("SELECT state, status, kind, depends, due, lead FROM task ORDER BY number")
        assert [(row["state"], row["status"]) for row in rows] == [
            ("open", "ready"), ("done", "successfully_executed"), ("skipped", "skipped"), ("cancelled", "cancelled"),
        ]  # fmt: skip
        assert {tuple(row)[2:] for row in rows} == {("task", "[]", 9, "van_hanh")}
        assert store.value("SELECT parent FROM playbook_run") == ""
