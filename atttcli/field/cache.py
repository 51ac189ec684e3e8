"""What an earlier run found, file by file, so that an unchanged file is not read again, and where it ended when it could not
reach everything. Its own SQLite file.

Only whole, undisturbed results are kept: never an error, a timeout or a file that changed meanwhile. Losing the cache
costs time, never a finding; a cache that cannot be read is thrown away and said. Python 3.8-clean.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from typing import List, Optional, Tuple

from atttcli.field.stamp import Stamp

_VERSION = 4
_BATCH = 512
_SECONDS = 2.0  # and at least that often, so that a scan killed among large files has little to do again
_REFRESH = 8  # rows are touched every so many days with a scan
_KEPT = 100  # and dropped when not met for so many: a run that is stopped early, or of other folders, does not meet all
_PLACES = 64  # sets of roots whose place is remembered
_SCHEMA = """
CREATE TABLE file (
  path BLOB PRIMARY KEY, dev INTEGER NOT NULL, ino INTEGER NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL,
  ctime INTEGER NOT NULL, pack TEXT NOT NULL, run INTEGER NOT NULL, found TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE run (number INTEGER NOT NULL, day INTEGER NOT NULL);
INSERT INTO run VALUES (0, -1);
CREATE TABLE place (roots TEXT PRIMARY KEY, place TEXT NOT NULL) WITHOUT ROWID;
"""


_EARLIER = "SELECT dev, ino, size, mtime, ctime, pack, run, found FROM file WHERE path = ?"


class ScanCache:
    """Earlier results. `note` is why an old cache was thrown away, empty otherwise."""

    def __init__(self, path: str, pack: str) -> None:
        self.note = ""
        self._pack = pack
        self._writes: List[Tuple[bytes, int, int, int, int, int, str, int, str]] = []
        self._touched: List[bytes] = []
        self._place: Optional[Tuple[str, str]] = None
        self._off, self._run = False, 0
        self._written = time.monotonic()
        try:
            self._open(path)
        except sqlite3.DatabaseError as error:
            self.note = "the cache of earlier scans could not be read and was started anew (%s)" % error
            _remove(path)
            self._open_anew(path)

    def _open_anew(self, path: str) -> None:
        """A disk without room costs the cache, never the scan."""
        try:
            self._open(path)
        except sqlite3.DatabaseError as error:
            self._db = sqlite3.connect(":memory:", isolation_level=None)
            self._give_up(error)

    def _open(self, path: str) -> None:
        folder = os.path.dirname(path)
        if folder:
            os.makedirs(folder, mode=0o700, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
        try:
            self._prepare(path)
        except sqlite3.DatabaseError:
            self._db.close()
            raise

    def _prepare(self, path: str) -> None:
        if os.name == "posix":
            with contextlib.suppress(OSError):  # a stick's file system knows no modes
                os.chmod(path, 0o600)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")  # a power cut may cost the last results, which are found again
        self._db.execute("PRAGMA trusted_schema=OFF")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, _VERSION):
            raise sqlite3.DatabaseError("written by another version")
        self._db.execute("BEGIN IMMEDIATE")
        if not version:
            for statement in _SCHEMA.split(";"):
                self._db.execute(statement)
            self._db.execute("PRAGMA user_version=%d" % _VERSION)
        day = int(time.time() // 86_400)
        self._db.execute("UPDATE run SET number = number + 1, day = ? WHERE day <> ?", (day, day))
        self._run = self._db.execute("SELECT number FROM run").fetchone()[0]
        self._db.execute("COMMIT")

    def earlier(self, path: str, stamp: Stamp) -> Optional[str]:
        """What was found (JSON text) when the file had this very stamp and these rules; None: read it."""
        if self._off:
            return None
        key = os.fsencode(path)
        try:
            row = self._db.execute(_EARLIER, (key,)).fetchone()
        except sqlite3.DatabaseError as error:
            self._give_up(error)
            return None
        if row is None or row[:5] != stamp or row[5] != self._pack:
            return None
        if self._run - int(row[6]) >= _REFRESH:
            self._touched.append(key)
        return str(row[7])

    def keep(self, path: str, stamp: Stamp, found: str) -> None:
        """Remember a whole result; written in batches (see `due`)."""
        self._writes.append((os.fsencode(path), *stamp, self._pack, self._run, found))

    def place(self, roots: str) -> str:
        """Where the last run over these roots ended, as `stand` was told; empty when it came to its end."""
        if self._off:
            return ""
        try:
            row = self._db.execute("SELECT place FROM place WHERE roots = ?", (roots,)).fetchone()
        except sqlite3.DatabaseError as error:
            self._give_up(error)
            return ""
        return str(row[0]) if row else ""

    def stand(self, roots: str, place: str) -> None:
        """Where the walk over these roots stands (empty: at its end); written with the next batch."""
        self._place = (roots, place)

    @property
    def due(self) -> bool:
        """Whether it is time to write."""
        return len(self._writes) >= _BATCH or time.monotonic() - self._written > _SECONDS

    def commit(self) -> None:
        """Write what is waiting."""
        self._written = time.monotonic()
        if self._off or (not self._writes and not self._touched and self._place is None):
            return
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT OR REPLACE INTO file VALUES (?,?,?,?,?,?,?,?,?)", self._writes)
            self._db.executemany("UPDATE file SET run = ? WHERE path = ?", [(self._run, key) for key in self._touched])
            self._write_place()
            self._db.execute("COMMIT")
        except (sqlite3.DatabaseError, MemoryError) as error:
            self._give_up(error)
        self._writes.clear()
        self._touched.clear()
        self._place = None

    def _write_place(self) -> None:
        if self._place is None:
            return
        roots, place = self._place
        self._db.execute("DELETE FROM place WHERE roots = ?", (roots,))
        if place:
            self._db.execute("DELETE FROM place WHERE (SELECT count(*) FROM place) >= ?", (_PLACES,))
            self._db.execute("INSERT INTO place VALUES (?,?)", (roots, place))

    def close(self) -> None:
        """Write, forget files not met for many runs, close."""
        self.commit()
        try:
            if not self._off:
                self._db.execute("DELETE FROM file WHERE run < ?", (self._run - _KEPT,))
        except sqlite3.DatabaseError as error:
            self._give_up(error)
        finally:
            self._db.close()

    def _give_up(self, error: Exception) -> None:
        """A full disk or a damaged file costs the cache, never the scan."""
        self._off = True
        self.note = "the cache of earlier scans could not be used to the end (%s)" % error
        if self._db.in_transaction:
            with contextlib.suppress(sqlite3.DatabaseError):
                self._db.execute("ROLLBACK")


def _remove(path: str) -> None:
    for suffix in ("", "-wal", "-shm"):
        try:
            os.unlink(path + suffix)
        except FileNotFoundError:
            continue
