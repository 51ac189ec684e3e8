"""Rules that every migration must keep."""

from __future__ import annotations

from atttcli.store.projection import PROJECTED_TABLES
from atttcli.store.verify import fresh_database


def test_key_columns_stand_first_in_tables_without_rowid() -> None:
    """SQLite 3.40 (Debian 12) reports sound rows of other tables as `NULL value in …` at `PRAGMA integrity_check`."""
    db = fresh_database()
    for name, sql in db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall():
        if "WITHOUT ROWID" in (sql or ""):
            places = [row[5] for row in db.execute(f"PRAGMA table_info({name})")]
            key = [place for place in places if place]
            assert places[: len(key)] == list(range(1, len(key) + 1)), name


def test_every_table_is_strict() -> None:
    db = fresh_database()
    found = {name: strict for _, name, kind, _, _, strict in db.execute("PRAGMA table_list") if kind == "table"}
    loose = {name for name, strict in found.items() if not strict and not name.startswith("sqlite_")}
    assert {name for name in loose if not name.startswith("search")} == set()


def test_every_projected_table_exists() -> None:
    db = fresh_database()
    there = {row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert set(PROJECTED_TABLES) <= there
