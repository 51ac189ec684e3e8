"""The one connection factory. WAL, synchronous=FULL, foreign keys, no trusted schema; writes are BEGIN IMMEDIATE and short.

Measured reasons stand in docs/decisions/0004: plain BEGIN loses 91 % of read-modify-write transactions of eight writers;
synchronous=NORMAL loses acknowledged rows in three quarters of simulated power cuts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection, Row
from typing import Any

from atttcli.errors import Conflict, IntegrityError, WorkspaceError
from atttcli.store.migrate import SCHEMA_VERSION, migrate
from atttcli.store.queue import WriteQueue

BUSY_SECONDS = 30.0
# Every connection runs with these, in this order; the power-cut harness (tests/faults) reads them from here.
SETTINGS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "cell_size_check=ON",
    f"busy_timeout={int(BUSY_SECONDS * 1000)}",
    "cache_size=-8192",
    "temp_store=MEMORY",
)
_NETWORK_FILESYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "fuse.sshfs", "ncpfs", "ceph"})


def connect(path: Path) -> sqlite3.Connection:
    """A connection without settings, autocommit, rows by name."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


class Store:
    """An open workspace database. `transaction` nests: only the outermost one commits.

    `opener` makes the bare connection; the settings are applied to whatever it gives.
    """

    def __init__(
        self, path: Path, *, create: bool = False, opener: Callable[[Path], sqlite3.Connection] = connect
    ) -> None:
        if not create and not path.is_file():
            raise WorkspaceError(f"no workspace database at {path}", hint="make one: atttcli init")
        refuse_network_share(path.parent)
        self.path = path
        self._depth = self._turns = 0
        self._queue = WriteQueue(path.with_name(f"{path.name}-queue"))
        try:
            self.connection = opener(path)
            for setting in SETTINGS:
                self.connection.execute(f"PRAGMA {setting}")
            migrate(self.connection, path)
        except sqlite3.DatabaseError as error:
            if _is_environment(error):
                raise _not_saved(error) from error
            raise IntegrityError(
                f"{path} cannot be used: {error}", hint="see: atttcli db verify; then atttcli db restore BACKUP"
            ) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One short write transaction, committed at the end or rolled back whole."""
        if self._depth:
            self._depth += 1
            try:
                yield self.connection
            finally:
                self._depth -= 1
            return
        with self.turn():
            yield from self._outermost()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """This process's turn to write; nests. What belongs to a decision beside its transaction is done within."""
        if not self._turns:
            self._queue.enter(BUSY_SECONDS)
        self._turns += 1
        try:
            yield
        finally:
            self._turns -= 1
            if not self._turns:
                self._queue.leave()

    def _outermost(self) -> Iterator[sqlite3.Connection]:
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise Conflict(f"the workspace is busy: {error}", hint="another command is writing; try again") from error
        self._depth = 1
        try:
            yield self.connection
        except BaseException as error:
            self._depth = 0
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            if _is_environment(error):
                raise _not_saved(error) from error
            raise
        self._depth = 0
        try:
            self.connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise _not_saved(error) from error

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self.connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        found: sqlite3.Row | None = self.connection.execute(sql, values).fetchone()
        return found

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        found = self.connection.execute(sql, values).fetchone()
        return None if found is None else found[0]

    def meta(self, key: str) -> str:
        """A fact about the workspace itself; empty if it has none by that name."""
        return str(self.value("SELECT value FROM meta WHERE key = ?", key) or "")

    def close(self) -> None:
        """Close; the WAL is folded back by SQLite."""
        self.connection.close()
        self._queue.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _is_environment(error: BaseException) -> bool:
    """True when disk, rights or limits are the cause, not the database's content or our SQL."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    causes = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
    return isinstance(error, sqlite3.OperationalError) and code in causes


def _not_saved(error: BaseException) -> WorkspaceError:
    return WorkspaceError(
        f"nothing was saved: {error}", hint="is the disk full, or not yours to write? Free some room, then repeat"
    )


def refuse_network_share(folder: Path) -> None:
    """WAL needs shared memory: a database on a network share is silently damaged by two hosts."""
    text = str(folder.resolve())
    if text.startswith(("\\\\", "//")):
        raise WorkspaceError(
            f"{text} is a network share", hint="keep the workspace on a local disk; exchange by bundles"
        )
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return
    best, kind = "", ""
    for line in mounts.read_text(errors="replace").splitlines():
        parts = line.split(" ")
        if len(parts) > 2:
            point = parts[1].replace("\\040", " ")
            inside = text == point or text.startswith(point.rstrip("/") + "/")
            if inside and len(point) >= len(best):
                best, kind = point, parts[2]
    if kind in _NETWORK_FILESYSTEMS:
        raise WorkspaceError(
            f"{text} is on a network share ({kind})", hint="keep the workspace on a local disk; exchange by bundles"
        )


__all__ = [
    "BUSY_SECONDS", "SCHEMA_VERSION", "SETTINGS", "Connection", "Row", "Store", "connect", "refuse_network_share",
]  # fmt: skip
