"""SMTP: commands, replies and messages; the attachments of each message are files that rules look at."""

from __future__ import annotations

import re
from typing import NamedTuple

from atttcli.engines.network.mime import attachments
from atttcli.engines.network.smtp_events import Dialogue
from atttcli.engines.network.unanswered import Unanswered

MAX_MESSAGE = 1 << 20  # bytes of a message that are kept
MAX_LINE = 8192
END = b"\r\n.\r\n"

COMMAND, DATA, CHUNK, STOPPED = range(4)
Files = list[tuple[bytes, bytes]]


class Mail(NamedTuple):
    """The files of a message; `whole` where no byte of it is missing."""

    files: Files
    whole: bool


class SmtpParser:
    """The client's side of a connection. `feed` gives the files of each message that became complete."""

    def __init__(self) -> None:
        self._state = COMMAND
        self._buffer = bytearray()
        self._message = bytearray()
        self._tail = b"\r\n"
        self._left = 0
        self._cut = False  # the message is longer than what is kept, or has a hole
        self._last_chunk = False
        self._behind: Unanswered | None = None  # a STARTTLS whose answer has not come
        self.count = 0
        self.dialogue = Dialogue()

    @property
    def memory(self) -> int:
        """Bytes held."""
        return len(self._buffer) + len(self._message) + (len(self._behind.data) if self._behind is not None else 0)

    def client(self, data: bytes) -> list[Mail]:
        """Bytes of the client."""
        done: list[Mail] = []
        at = 0
        while at < len(data) and self._state != STOPPED:
            if self._state == COMMAND:
                at = self._command(data, at, done)
            elif self._state == CHUNK:
                at = self._chunk(data, at, done)
            else:
                at = self._data(data, at, done)
        if self._behind is not None:
            self._behind.add(data[at:])
        return done

    def server(self, data: bytes) -> list[Mail]:
        """Bytes of the server: whether it refuses DATA, or STARTTLS, so that the client goes on in the clear, or went on."""
        done: list[Mail] = []
        at = 0
        while self._behind is not None and at < len(data):  # line by line: what was kept may wish for TLS again
            end = data.find(b"\n", at) + 1 or len(data)
            self.dialogue.server(data[at:end])
            at = end
            if self.dialogue.refused:
                done += self._go_on(self._behind)
        self.dialogue.server(data[at:])
        if self._state == DATA and not self._message and re.match(rb"[45]\d\d[ -]", data[at : at + 4]):
            self._state = COMMAND
        return done

    def _go_on(self, behind: Unanswered) -> list[Mail]:
        """What the client said meanwhile was said in the clear."""
        self._state, self._behind = COMMAND, None
        done = self.client(bytes(behind.data))
        if behind.lost:
            self.lost()
        return done

    def lost(self) -> None:
        """Bytes of the client are missing."""
        self._cut = True
        self.dialogue.end()

    def finish(self) -> list[Mail]:
        """A message that never ended counts as far as it came."""
        if not self._message:
            return []
        self.lost()
        return [self._complete()]

    def _command(self, data: bytes, at: int, done: list[Mail]) -> int:
        end = data.find(b"\n", at)
        stop = len(data) if end < 0 else end + 1
        self._buffer += data[at:stop]
        if end >= 0 or len(self._buffer) > MAX_LINE:
            self.dialogue.command(bytes(self._buffer).rstrip(b"\r\n"))
            line = bytes(self._buffer).strip().upper()
            self._buffer.clear()
            if line in (b"DATA", b"STARTTLS") and stop < len(data):  # RFC 2920: these end a group
                self.dialogue.odd(0, b"invalid_pipelined_sequence")
            if line == b"DATA":
                self._state, self._tail = DATA, b"\r\n"
            elif line.startswith(b"BDAT "):
                self._begin_chunk(line, done)
            elif line == b"STARTTLS":
                self._state, self.dialogue.refused, self._behind = STOPPED, False, Unanswered()
        return stop

    def _begin_chunk(self, line: bytes, done: list[Mail]) -> None:
        words = line.split()
        size = words[1] if len(words) > 1 else b""
        if not size.isdigit() or len(size) > 12:
            return
        self._left, self._last_chunk = int(size), b"LAST" in words
        if self._left:
            self._state = CHUNK
        elif self._last_chunk and self._message:
            done.append(self._complete())

    def _chunk(self, data: bytes, at: int, done: list[Mail]) -> int:
        stop = min(len(data), at + self._left)
        self._keep(data[at:stop])
        self._left -= stop - at
        if not self._left:
            if data[stop - 1 : stop] != b"\n":
                self.dialogue.odd(0, b"bdat_chunk_len_exceeded")
            self._state = COMMAND
            if self._last_chunk:
                done.append(self._complete())
        return stop

    def _data(self, data: bytes, at: int, done: list[Mail]) -> int:
        """Up to the line that holds a dot alone; a line's doubled first dot is one."""
        text = self._tail + data[at:]
        end = text.find(END)
        if end < 0:
            self._keep(data[at:])
            self._tail = text[1 - len(END) :]
            return len(data)
        stop = at + end + len(END) - len(self._tail)  # the tail is shorter than what was found
        self._keep(data[at:stop])
        if self._message.endswith(b".\r\n"):
            del self._message[-3:]
        self._state = COMMAND
        self.dialogue.end_of_message(bytes(self._message))
        done.append(self._complete())
        return stop

    def _keep(self, data: bytes) -> None:
        room = MAX_MESSAGE - len(self._message)
        self._cut = self._cut or room < len(data)
        if room > 0:
            self._message += data[:room]

    def _complete(self) -> Mail:
        message = bytes(self._message).replace(b"\r\n..", b"\r\n.")
        self._message.clear()
        self.count += 1
        whole, self._cut = not self._cut, False
        return Mail([(part.name, part.content) for part in attachments(message)], whole)
