"""SQLite over the simulated disk: a VFS of apsw that tells every write, and a connection that looks like the library's own.

So the very `Store`, `Journal` and handlers of the tool run on it, with the settings of `store.connection`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from tests.support.power_disk import Disk

NAME = "power"


class PowerVFS(apsw.VFS):
    """The system's VFS, told to a disk; nothing is really flushed."""

    def __init__(self, disk: Disk) -> None:
        super().__init__(NAME, "unix")
        self.disk = disk

    def xOpen(self, name: Any, flags: list[int]) -> PowerFile:
        return PowerFile(self.disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.disk.event()
        super().xDelete(filename, syncdir)
        if syncdir:
            self.disk.synced_folder(Path(filename).parent)
        self.disk.event()


class PowerFile(apsw.VFSFile):
    """A file of the database. As in SQLite's own VFS, the first flush of a new log flushes its folder as well."""

    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        new = bool(path) and not os.path.exists(path)
        super().__init__("unix", name, flags)
        self._disk = disk
        self._inode = disk.follow(path) if path else 0
        log = flags[0] & (apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL)
        self._flush_folder = Path(path).parent if new and log else None
        disk.event()

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        if self._inode:
            self._disk.wrote(self._inode, offset, bytes(data))
            self._disk.event()

    def xTruncate(self, newsize: int) -> None:
        super().xTruncate(newsize)
        if self._inode:
            self._disk.wrote(self._inode, newsize, None)
            self._disk.event()

    def xSync(self, flags: int) -> None:
        if not self._inode:
            return
        self._disk.event()
        self._disk.synced(self._inode)
        if self._flush_folder is not None:
            self._disk.synced_folder(self._flush_folder)
            self._flush_folder = None
        self._disk.event()


class Row(tuple):  # type: ignore[type-arg]
    """As sqlite3.Row: by place and by name."""

    names: tuple[str, ...]

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self.names.index(key) if isinstance(key, str) else key)

    def keys(self) -> list[str]:
        return list(self.names)


class Cursor:
    """As sqlite3.Cursor, as far as the tool uses it."""

    def __init__(self, connection: apsw.Connection, cursor: Any) -> None:
        self._connection, self._cursor = connection, cursor
        self.rowcount = connection.changes()
        self.lastrowid = connection.last_insert_rowid()
        try:
            self.description = cursor.get_description()
        except apsw.ExecutionCompleteError:
            self.description = ()

    def __iter__(self) -> Iterator[Any]:
        names = tuple(column[0] for column in self.description)
        for row in self._cursor:
            made = Row(row)
            made.names = names
            yield made

    def fetchone(self) -> Any:
        return next(iter(self), None)

    def fetchall(self) -> list[Any]:
        return list(self)


class Connection:
    """As sqlite3.Connection in autocommit, as far as the tool uses it; errors are the library's."""

    def __init__(self, path: Path) -> None:
        with _library_errors():
            self._connection = apsw.Connection(str(path), vfs=NAME)
        self.text_factory: Any = str

    def execute(self, sql: str, values: Any = ()) -> Cursor:
        with _library_errors():
            return Cursor(self._connection, self._connection.execute(sql, values or None))

    def executemany(self, sql: str, rows: Iterable[Any]) -> Cursor:
        with _library_errors():
            return Cursor(self._connection, self._connection.executemany(sql, rows))

    @property
    def in_transaction(self) -> bool:
        return bool(self._connection.in_transaction)

    def close(self) -> None:
        self._connection.close()


@contextmanager
def _library_errors() -> Iterator[None]:
    try:
        yield
    except apsw.ConstraintError as error:
        raise sqlite3.IntegrityError(str(error)) from error
    except apsw.Error as error:
        raise sqlite3.OperationalError(str(error)) from error


def opener(path: Path) -> Any:
    """For `Store(..., opener=opener)` while a PowerVFS is registered."""
    return Connection(path)
