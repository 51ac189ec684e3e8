"""SMB 1, 2 and 3: shares, file names, files read and written, and the DCE/RPC in named pipes (MS-CIFS, MS-SMB2)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from atttcli.engines.network import smb1, smb2
from atttcli.engines.network.carried import Carried, Told
from atttcli.engines.network.dcerpc import Pipe
from atttcli.engines.network.fields import Values
from atttcli.engines.network.messages import LOST, UNKNOWN, Message

MAX_TABLE = 1024  # open files, trees and requests that wait
MAX_NAME = 1024  # bytes of a name that are kept for later
ENTRY = 512  # bytes that a name costs, as most are
FileKey = tuple[bytes, int]


class Session:
    """What both dialects keep: names by file, pipes by file, files by file and direction."""

    def __init__(self, wanted: Collection[str] = ()) -> None:
        self.count = 0
        self.names: dict[bytes, bytes] = {}
        self.pipes: dict[bytes, Pipe] = {}
        self.files: Carried[FileKey] = Carried(wanted)
        self.waiting: dict[object, tuple[int, bytes]] = {}  # requests: number, and what they asked for
        self.connecting: dict[object, tuple[int, bytes]] = {}  # paths to pipes whose server has not said so yet

    def begin(self) -> int:
        """The number of a new transaction."""
        self.count += 1
        return self.count - 1

    def wait(self, key: object, number: int, about: bytes) -> None:
        """A request that its answer will look for."""
        if len(self.waiting) >= MAX_TABLE:
            del self.waiting[next(iter(self.waiting))]
        self.waiting[key] = number, about[:MAX_NAME]

    def connect(self, key: object, number: int, path: bytes) -> Message:
        """A connection to a tree."""
        values = share(path)
        if "smb.named_pipe" in values and len(self.connecting) < MAX_TABLE:
            self.connecting[key] = number, path[:MAX_NAME]
        return Message(number, 0, values)

    def go_on(self) -> list[Message]:
        """The client goes on before it knows what it is connected to: till then a tree is a share, as in the reference engine."""
        told = [Message(number, 0, {"smb.share": (path,)}) for number, path in self.connecting.values()]
        self.connecting.clear()
        return told

    def opened(self, handle: bytes, name: bytes) -> None:
        """A file or pipe got its handle."""
        if len(self.names) >= MAX_TABLE:
            gone = next(iter(self.names))
            del self.names[gone]
            self.pipes.pop(gone, None)
        self.names[handle] = name

    def pipe(self, direction: int, handle: bytes, data: bytes, number: int) -> Iterator[Message]:
        """Bytes of a named pipe: the PDUs in them."""
        if handle not in self.pipes:
            if data[:1] != b"\x05" or len(self.pipes) >= MAX_TABLE:
                return
            self.pipes[handle] = Pipe()
        known, at = self.pipes[handle], 0
        while at + 16 <= len(data):
            size = int.from_bytes(data[at + 8 : at + 10], "little")
            message = known.take(direction, data[at : at + size], number)
            if message is not None:
                yield message
            if size < 16:
                return
            at += size

    def carried(self, direction: int, handle: bytes, where: int, data: bytes, number: int) -> Iterator[Message]:
        """Bytes of a file."""
        name = self.names.get(handle, b"")
        if handle in self.pipes or data[:2] == b"\x05\0":
            yield from self.pipe(direction, handle, data, number)
            if handle in self.pipes:
                return
        done = self.files.add((handle, direction), name, where, data)
        if done is not None:
            yield told(number, direction, done)

    def closed(self, handle: bytes, number: int) -> Iterator[Message]:
        """A handle is given back: what it carried is whole."""
        for direction in (0, 1):
            done = self.files.close((handle, direction))
            if done is not None:
                yield told(number, direction, done)
        self.names.pop(handle, None)
        self.pipes.pop(handle, None)


def told(number: int, direction: int, file: Told) -> Message:
    """A file as the buffers that rules look at."""
    return Message(number, direction, file.values(), {}, file.late)


def share(path: bytes) -> dict[str, Values]:
    """The buffers of a connection to a tree."""
    name = path.rsplit(b"\\", 1)[-1]
    return {"smb.named_pipe" if name.upper() == b"IPC$" else "smb.share": (path,)}


class Smb:
    """Both dialects behind the length that stands before each message."""

    def __init__(self, wanted: Collection[str] = ()) -> None:
        self._session = Session(wanted)

    @property
    def count(self) -> int:
        """Transactions so far."""
        return self._session.count

    @property
    def memory(self) -> int:
        """Bytes of files and stub data held."""
        session = self._session
        tables = ENTRY * (len(session.names) + len(session.waiting) + len(session.connecting))
        return session.files.memory + tables + sum(pipe.memory for pipe in session.pipes.values())

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """The NetBIOS session header."""
        if len(held) - at < 4:
            return UNKNOWN
        return 4 + int.from_bytes(held[at + 1 : at + 4], "big") if held[at] in (0, 0x85, 0x81, 0x82, 0x83) else LOST

    def read(self, direction: int, data: bytes) -> list[Message]:
        """One message, or several chained in one."""
        body = data[4:]
        early = self._session.go_on() if direction == 0 and self._session.connecting else []
        if body[:4] == b"\xfeSMB":
            return early + list(smb2.read(self._session, direction, body))
        if body[:4] == b"\xffSMB":
            return early + list(smb1.read(self._session, direction, body))
        return early

    def finish(self) -> list[Message]:
        """Files whose end was not seen."""
        number = max(self.count - 1, 0)
        return [told(number, direction, file) for (_, direction), file in self._session.files.drain()]
