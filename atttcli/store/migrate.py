"""Forward-only migrations: one transaction each, after an online backup of what stood before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from atttcli.errors import WorkspaceError

_FOLDER = Path(__file__).resolve().parent / "migrations"
SCHEMA_VERSION = max(int(step.name.split("_")[0]) for step in _FOLDER.glob("[0-9]*.sql"))


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring a database to SCHEMA_VERSION; refuse one that a newer version wrote."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version == SCHEMA_VERSION:
        return
    if version > SCHEMA_VERSION:
        raise WorkspaceError(
            f"{path} was written by a newer atttcli (schema {version})", hint="install the newer version"
        )
    if version:
        _backup(connection, path.with_name(f"{path.name}.before-{version + 1}"))
    for step in sorted(_FOLDER.glob("[0-9]*.sql")):
        _run(connection, int(step.name.split("_")[0]), step.read_text(encoding="utf-8"))


def _run(connection: sqlite3.Connection, number: int, script: str) -> None:
    """One step in one transaction. Two processes may open a database at once: the version is read again under the lock."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if int(connection.execute("PRAGMA user_version").fetchone()[0]) < number:
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    """Statements of a script, each as it stands there (`executescript` would commit before it begins)."""
    text = ""
    for line in script.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            yield text
            text = ""


def _backup(connection: sqlite3.Connection, target: Path) -> None:
    with sqlite3.connect(target) as copy:
        connection.backup(copy)
    copy.close()
