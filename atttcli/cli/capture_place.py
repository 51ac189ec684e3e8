"""How far the following of a folder of captures came, in a file of its own: what was judged, and what was told of it.

Lines of JSON are appended as things happen, so that a kill at any moment loses nothing; when a file is done the place is written
anew. Alerts are named by what they are of (`alert_id`, which each carries): what was told before a kill is not told again when
its file is read again. A kill between the output and the line here tells that one alert twice, under the same name.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from atttcli.errors import InputError, Where, WorkspaceError

MOST_TOLD: Final = 50_000
MOST_DONE: Final = 100_000
MOST_UNREAD: Final = 1000
_HEAD: Final = 4096
_SHORTEST: Final = 24  # bytes of the header alone
_MOST_PLACE: Final = 64 << 20


def alert_id(eve: dict[str, Any]) -> str:
    """The name of an alert: the same whenever the same packet of the same conversation makes the same rule fire."""
    alert, parts = eve.get("alert") or eve.get("indicator") or {}, ("timestamp", "pcap_cnt", "src_ip", "src_port")
    words = [str(eve.get(name)) for name in (*parts, "dest_ip", "dest_port", "tx_id")]
    words += [str(alert.get(name)) for name in ("gid", "signature_id", "value")]
    return hashlib.blake2b("|".join(words).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


class Piece(NamedTuple):
    """A capture file of the folder: its path, the time of its first packet, and its name in the place."""

    path: Path
    begun: int
    identity: str


class Place:
    """What was judged (identities of files, in order) and what was told (digests of alerts)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done: dict[str, None] = {}
        self._told: deque[str] = deque(maxlen=MOST_TOLD)
        self._known: set[str] = set()
        self._stream: BinaryIO | None = None
        self._read()

    def _read(self) -> None:
        try:
            with self.path.open("rb") as stream:
                data = stream.read(_MOST_PLACE)
        except FileNotFoundError:
            return
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror}", where=Where(str(self.path))) from error
        for line in data.splitlines():
            try:
                kind, value = json.loads(line)
            except (ValueError, TypeError):
                continue  # the last line of a run that was killed while it wrote
            if kind == "done":
                self.done[str(value)] = None
            elif kind == "told":
                self._remember(str(value))

    def _remember(self, digest: str) -> None:
        if len(self._told) == MOST_TOLD:
            self._known.discard(self._told[0])
        self._told.append(digest)
        self._known.add(digest)

    def knows(self, name: str) -> bool:
        """Whether the alert of this name was told."""
        return name in self._known

    def told(self, digest: str) -> None:
        """This alert stands on the output."""
        self._remember(digest)
        self._append("told", digest)

    def finished(self, piece: Piece) -> None:
        """This file was judged to its end. The place is written anew: whole, or as it was."""
        self.done[piece.identity] = None
        while len(self.done) > MOST_DONE:
            del self.done[next(iter(self.done))]
        self.close()
        beside = self.path.with_name(self.path.name + ".part")
        lines = [json.dumps(["done", name]) for name in self.done] + [json.dumps(["told", name]) for name in self._told]
        try:
            with beside.open("wb") as stream:
                stream.write(("\n".join(lines) + "\n").encode())
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(self.path)
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Nothing more is appended for now."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _append(self, kind: str, value: str) -> None:
        try:
            if self._stream is None:
                self._stream = self.path.open("ab")
                self._stream.write(b"\n")  # a broken last line stays alone
            self._stream.write(json.dumps([kind, value]).encode() + b"\n")
            self._stream.flush()
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> WorkspaceError:
        return WorkspaceError(f"{self.path} cannot be written: {error.strerror}", hint="--place FILE names another")


class Folder:
    """The captures of a folder, not those below it. A file that did not change since it was looked at is not read again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, tuple[tuple[int, int, int], Piece | None]] = {}
        self.unread: dict[str, str] = {}  # files that cannot be read, and why; whoever tells them takes them out
        self._unread: set[str] = set()

    def pieces(self) -> list[Piece]:
        """In order of their first packets; what has none yet is left for later. InputError: no such folder."""
        try:
            with os.scandir(self._path) as entries:
                states = [(entry.name, state) for entry in entries if (state := _state_of(entry)) is not None]
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror}", where=Where(str(self._path))) from error
        known: dict[str, tuple[tuple[int, int, int], Piece | None]] = {}
        for name, state in states:
            mark = (state.st_ino, state.st_mtime_ns, state.st_size)
            before = self._known.get(name)
            known[name] = before if before is not None and before[0] == mark else (mark, self._look(name))
        self._known = known
        found = (piece for _mark, piece in known.values() if piece is not None)
        return sorted(found, key=lambda piece: (piece.begun, piece.path.name))

    def _look(self, name: str) -> Piece | None:
        """A file whose first packet is known. One that cannot be opened is told once."""
        from atttcli.field.opening import NotReadable

        try:
            return _piece(self._path / name)
        except FileNotFoundError:
            return None  # gone since the folder was read
        except (NotReadable, OSError, InputError) as error:
            if name not in self._unread and len(self._unread) < MOST_UNREAD:
                self._unread.add(name)
                self.unread[name] = getattr(error, "why", "") or str(error)
            return None


def _state_of(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Of a file; None for what is none, is gone, or leads nowhere."""
    try:
        return entry.stat() if entry.is_file() else None
    except OSError:
        return None


def _piece(path: Path) -> Piece | None:
    """A ring uses its names again: the first bytes tell a new file of an old name. None while there is no packet."""
    from atttcli.field.opening import open_regular
    from atttcli.sources.capture import looks_like_capture
    from atttcli.sources.capture.records import Record, read_records

    fd, info = open_regular(str(path))
    with os.fdopen(fd, "rb") as stream:
        if info.st_size < _SHORTEST or not looks_like_capture(stream.read(_HEAD)):
            return None
        stream.seek(0)
        first = next((one for one in read_records(stream, str(path)) if isinstance(one, Record)), None)
    if first is None:
        return None
    digest = hashlib.blake2b(first.data + first.time.to_bytes(16, "big", signed=True), digest_size=12).hexdigest()
    return Piece(path, first.time, f"{path.name}:{first.time}:{digest}")
