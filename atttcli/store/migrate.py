"""Forward-only migrations: one transaction each, after an online backup of what stood before."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from atttcli.errors import WorkspaceError

_FOLDER = Path(__file__).resolve().parent / "migrations"
SCHEMA_VERSION = 1


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
        number = int(step.name.split("_")[0])
        if number > version:
            script = step.read_text(encoding="utf-8")
            connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version={number};\nCOMMIT;")


def _backup(connection: sqlite3.Connection, target: Path) -> None:
    with sqlite3.connect(target) as copy:
        connection.backup(copy)
    copy.close()
