"""NFS over ONC RPC: procedures, versions, names, and the files that reads and writes carry (RFC 1094, 1813, 7530)."""

from __future__ import annotations

from collections.abc import Collection

from atttcli.engines.network.carried import Carried, Told
from atttcli.engines.network.fields import Values
from atttcli.engines.network.messages import LOST, UNKNOWN, Message, big, digits

PROGRAM = 100_003
MAX_WAITING = 4096
MAX_NAME = 1024  # bytes of a name or handle that are kept: NFS allows 255 and 128
HANDLE2 = 32
ENTRY = 512  # bytes that a waiting call or a name costs, as most are


class Call:
    """A call that waits for its answer."""

    __slots__ = ("handle", "name", "number", "procedure", "version", "where")

    def __init__(self, number: int, version: int, procedure: int) -> None:
        self.number, self.version, self.procedure = number, version, procedure
        self.handle = self.name = b""
        self.where = 0


def is_call(data: bytes) -> bool:
    """Whether a record is a call of NFS."""
    return len(data) >= 40 and big(data, 4, 4) == 0 and big(data, 8, 4) == 2 and big(data, 12, 4) == PROGRAM


def starts_nfs(data: bytes) -> bool:
    """Whether a stream begins with a marked record of that kind."""
    return len(data) >= 44 and data[0] & 0x80 != 0 and is_call(data[4:])


class Nfs:
    """A transaction is a call and its answer; a file is judged when its reading or writing has ended."""

    def __init__(self, *, framed: bool, wanted: Collection[str] = ()) -> None:
        self._prefix = 4 if framed else 0
        self.count = 0
        self._calls: dict[int, Call] = {}
        self._names: dict[bytes, bytes] = {}
        self._files: Carried[tuple[bytes, int]] = Carried(wanted)

    @property
    def memory(self) -> int:
        """Bytes of files held."""
        return self._files.memory + ENTRY * (len(self._calls) + len(self._names))

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """Records are marked with their length."""
        if len(held) - at < 4:
            return UNKNOWN
        size = big(held, at, 4) & 0x7FFFFFFF
        return 4 + size if size < 1 << 26 else LOST

    def read(self, direction: int, data: bytes) -> list[Message]:
        """A call or an answer."""
        body = data[self._prefix :]
        if is_call(body):
            return self._call(direction, body)
        if len(body) >= 24 and big(body, 4, 4) == 1:
            return self._answer(direction, body)
        return []

    def _call(self, direction: int, body: bytes) -> list[Message]:
        call = Call(self.count, big(body, 16, 4), big(body, 20, 4))
        at = _after_auth(body, _after_auth(body, 24))
        values: dict[str, Values] = {"nfs_version": digits(call.version), "nfs_procedure": digits(call.procedure)}
        self.count += 1
        files: list[Message] = []
        if call.version in (2, 3) and at <= len(body):
            files = self._arguments(direction, call, body, at)
        if len(self._calls) >= MAX_WAITING:
            del self._calls[next(iter(self._calls))]
        self._calls[big(body, 0, 4)] = call
        if call.version == 4 and not _on_files(body, at):
            return []
        return [Message(call.number, direction, values), *files]

    def _arguments(self, direction: int, call: Call, body: bytes, at: int) -> list[Message]:
        """The handle and name that a call names, and the bytes that it writes."""
        old = call.version == 2
        call.handle, at = (body[at : at + HANDLE2], at + HANDLE2) if old else _opaque(body, at)
        call.handle = call.handle[:MAX_NAME]
        if call.procedure in _NAMED[call.version]:
            call.name = _opaque(body, at)[0][:MAX_NAME]
        elif call.procedure == 6:
            call.where = big(body, at, 4 if old else 8)
        elif call.procedure == 7 and not old:  # writing in version 2 is not followed, as in the reference engine
            data, _ = _opaque(body, at + 16)
            name = self._names.get(call.handle, b"")
            done = self._files.add((call.handle, direction), name, big(body, at, 8), data)
            return _told(done, call, direction)
        elif call.procedure == 21 and not old:  # COMMIT
            return _told(self._files.close((call.handle, direction)), call, direction)
        return []

    def _answer(self, direction: int, body: bytes) -> list[Message]:
        call = self._calls.pop(big(body, 0, 4), None)
        if call is None:
            return []
        at = _after_auth(body, 12) + 4
        status = big(body, at, 4)
        values: dict[str, Values] = {"nfs_version": digits(call.version), "nfs_procedure": digits(call.procedure)}
        found = [Message(call.number, direction, values)]
        if not status and call.version in (2, 3):
            found += self._result(direction, call, body, at + 4)
        return found

    def _result(self, direction: int, call: Call, body: bytes, at: int) -> list[Message]:
        old = call.version == 2
        if call.procedure in ((4, 9) if old else (3,)):
            handle = (body[at : at + HANDLE2] if old else _opaque(body, at)[0])[:MAX_NAME]
            if len(self._names) < MAX_WAITING:
                self._names[handle] = call.name
        elif call.procedure == 6:
            if old:
                size, at = big(body, at + 20, 4), at + 68
            else:
                at += 4 + (84 if big(body, at, 4) else 0) + 8
                size = 0
            data, _ = _opaque(body, at)
            key = (call.handle, direction)
            done = self._files.add(key, self._names.get(call.handle, b""), call.where, data)
            whole = call.where + len(data) >= size if old else big(body, at - 4, 4) == 1
            if not done and whole:
                done = self._files.close(key)
            return _told(done, call, direction)
        return []

    def finish(self) -> list[Message]:
        """Files whose end was not seen."""
        return [
            Message(max(self.count - 1, 0), direction, file.values()) for (_, direction), file in self._files.drain()
        ]


# Operations of version 4 that make a compound worth judging, and the lengths of those that may stand before them.
_WORTH = {4, 28, 29}  # CLOSE, REMOVE, RENAME
_LENGTHS = {53: 32, 3: 4, 10: 0, 24: 0, 32: 0, 31: 0, 16: 0}
_OPAQUE = {22, 15}
MAX_OPERATIONS = 32


def _on_files(body: bytes, at: int) -> bool:
    """Whether a compound of version 4 has an operation on a file."""
    _, at = _opaque(body, at)
    count, at = min(big(body, at + 4, 4), MAX_OPERATIONS), at + 8
    for _ in range(count):
        kind, at = big(body, at, 4), at + 4
        if kind in _WORTH:
            return True
        if kind in _OPAQUE:
            at = _opaque(body, at)[1]
        elif kind in _LENGTHS:
            at += _LENGTHS[kind]
        else:
            return False
    return False


# Procedures whose arguments begin with a directory's handle and a name.
_NAMED = {2: {4, 9, 10, 14, 15}, 3: {3, 8, 9, 12, 13}}


def _told(done: Told | None, call: Call, direction: int) -> list[Message]:
    if done is None:
        return []
    return [Message(call.number, direction, done.values(), None, done.late)]


def _after_auth(body: bytes, at: int) -> int:
    return at + 8 + (big(body, at + 4, 4) + 3 & ~3)


def _opaque(body: bytes, at: int) -> tuple[bytes, int]:
    """Bytes with their length before them, and where what follows begins."""
    size = big(body, at, 4)
    return body[at + 4 : at + 4 + size], at + 4 + (size + 3 & ~3)
