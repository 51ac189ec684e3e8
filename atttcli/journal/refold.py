"""Taking one entry out of the projections without folding the whole journal: only what hangs together with it.

The entries that share an object with it, directly or through others, are folded twice in a scratch database: with it and
without. What differs is written. Should the workspace's rows not be those of the first fold, everything is folded anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from atttcli.journal.journal import Journal, fold_entry, read_entries, undone_seqs
from atttcli.store.projected import HANDLERS, search
from atttcli.store.projection import PROJECTED_TABLES, Entry
from atttcli.store.verify import fresh_database, projected_rows

Rows = dict[tuple[object, ...], tuple[object, ...]]
_COUNTERS = frozenset({"number_counter"})  # a number is never given twice, taken back or not
_CHUNK = 500


def fold_without(journal: Journal, entry: Entry) -> int:
    """Project as if `entry` had not been written; how many entries were folded. Call after `undone` was appended."""
    with journal.transaction() as db:
        if not db.execute("SELECT 1 FROM touch WHERE seq = 1").fetchone():
            return journal.rebuild()  # written before objects were indexed
        before = undone_seqs(db) - {entry.seq}
        entries = list(_entries(db, related(db, entry.seq)))
        with_it, without = fold_rows(entries, before), fold_rows(entries, before | {entry.seq})
        if not _replace(db, with_it, without):
            return journal.rebuild()
        return len(entries)


def related(db: sqlite3.Connection, seq: int) -> set[int]:
    """Entries that share an object with entry `seq`, directly or through others; those that project nothing are left out."""
    found, objects, waiting = {seq}, set[str](), [seq]
    while waiting:
        at = waiting.pop()
        for (name,) in db.execute("SELECT object FROM touch WHERE seq = ?", (at,)).fetchall():
            if name in objects:
                continue
            objects.add(name)
            query = "SELECT t.seq, j.verb FROM touch t JOIN journal j USING (seq) WHERE t.object = ?"
            fresh = {row[0] for row in db.execute(query, (name,)) if row[1] in HANDLERS} - found
            found |= fresh
            waiting.extend(fresh)
    return found


def _entries(db: sqlite3.Connection, seqs: Iterable[int]) -> Iterator[Entry]:
    ordered = sorted(seqs)
    for start in range(0, len(ordered), _CHUNK):
        yield from read_entries(db, seqs=ordered[start : start + _CHUNK])


def fold_rows(entries: Iterable[Entry], undone: frozenset[int]) -> dict[str, Rows]:
    """Table -> rows of a fold of these entries alone, in a scratch database."""
    scratch = fresh_database()
    try:
        for entry in entries:
            fold_entry(scratch, entry, undone)
        return {table: projected_rows(scratch, table) for table in PROJECTED_TABLES if table not in _COUNTERS}
    finally:
        scratch.close()


def _replace(db: sqlite3.Connection, old: dict[str, Rows], new: dict[str, Rows]) -> bool:
    """Write what differs; False, with nothing usable written, when the database does not hold `old`."""
    for table, rows in new.items():
        names = _key(db, table)
        where = " AND ".join(f"{name} IS ?" for name in names)
        before = old[table]
        for key in before.keys() | rows.keys():
            if before.get(key) == rows.get(key):
                continue
            held = db.execute(f"SELECT * FROM {table} WHERE {where}", key).fetchone()
            if (None if held is None else tuple(held)) != before.get(key):
                return False
            if table == search.TABLE:
                search.replace(db, before.get(key), rows.get(key))
                continue
            db.execute(f"DELETE FROM {table} WHERE {where}", key)
            if key in rows:
                db.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[key]))})", rows[key])
    return True


def _key(db: sqlite3.Connection, table: str) -> list[str]:
    columns = db.execute(f"PRAGMA table_info({table})").fetchall()
    return [f'"{row[1]}"' for row in sorted(columns, key=lambda row: row[5]) if row[5]]
