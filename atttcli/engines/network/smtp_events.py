"""Oddities of an SMTP dialogue, by the names that `app-layer-event` uses: what command each reply answers, lines too long."""

from __future__ import annotations

import re
from collections import deque

from atttcli.engines.network.fields import Values

MAX_COMMAND = MAX_REPLY = 510  # bytes of a line without its end
MAX_PENDING = 256
MAX_BOUNDARY = 254
_CODE = re.compile(rb"[1-5]\d\d(?:[ \-]|\Z)")
_PATH = re.compile(rb"\s*<[^<>]*>|\s*[^<>\s]+@?[^<>\s]*")
_BOUNDARY = re.compile(rb'\bboundary\s*=\s*(?:"([^"\r\n]*)|([^\s;"]+))', re.I)


class Dialogue:
    """Commands that wait for their reply. `take` gives what was odd, by direction."""

    def __init__(self) -> None:
        self._pending: deque[bytes] = deque()
        self._found: list[tuple[int, bytes]] = []
        self._line = bytearray()
        self._greeted = False
        self._sender = False  # the message at hand has one
        self._quiet = False  # encrypted, or lost: lines say nothing any more
        self.sealed = self.refused = False  # STARTTLS was granted, or refused last time

    def take(self) -> list[tuple[int, Values]]:
        """Oddities since the last call: (direction, names)."""
        if not self._found:
            return []
        found, self._found = self._found, []
        sides = [(side, tuple(dict.fromkeys(b"smtp." + name for one, name in found if one == side))) for side in (0, 1)]
        return [(side, names) for side, names in sides if names]

    def end(self) -> None:
        """Nothing more can be understood."""
        self._quiet = True

    def odd(self, direction: int, name: bytes) -> None:
        """Something was noticed elsewhere."""
        self._found.append((direction, name))

    def command(self, line: bytes) -> None:
        """A line of the client, without its end."""
        if self._quiet:
            return
        if len(line) > MAX_COMMAND:
            self.odd(0, b"max_command_line_len_exceeded")
        word, _, rest = line.strip().partition(b" ")
        word = word.upper()
        if len(self._pending) < MAX_PENDING:
            self._pending.append(word)
        if word in (b"MAIL", b"RCPT"):
            self._address(word, rest)
        elif word in (b"RSET", b"DATA", b"BDAT"):
            self._sender = False

    def _address(self, word: bytes, rest: bytes) -> None:
        name, colon, path = rest.partition(b":")
        if not colon or name.strip().upper() != (b"FROM" if word == b"MAIL" else b"TO") or not _PATH.match(path):
            self.odd(0, b"unparsable_content")
        elif word == b"MAIL":
            if self._sender:
                self.odd(0, b"duplicate_fields")
            self._sender = True

    def end_of_message(self, message: bytes) -> None:
        """The message is complete: it is answered like a command."""
        if len(self._pending) < MAX_PENDING:
            self._pending.append(b".")
        found = _BOUNDARY.search(message[: 64 << 10])
        if found and len(found.group(1) or found.group(2) or b"") > MAX_BOUNDARY:
            self.odd(0, b"mime_long_boundary")

    def server(self, data: bytes) -> None:
        """Bytes of the server."""
        at = 0
        while not self._quiet and at < len(data):
            end = data.find(b"\n", at)
            stop = len(data) if end < 0 else end
            self._line += data[at : min(stop, at + MAX_REPLY + 2)]
            del self._line[MAX_REPLY + 2 :]
            at = stop + 1
            if end >= 0:
                self._reply(bytes(self._line).rstrip(b"\r"))
                self._line.clear()

    def _reply(self, line: bytes) -> None:
        if len(line) > MAX_REPLY:
            self.odd(1, b"max_reply_line_len_exceeded")
        if not _CODE.match(line):
            self.odd(1, b"invalid_reply")
            return
        if line[3:4] == b"-":
            return
        code = line[:3]
        if not self._greeted:
            self._greeted = True
            if code == b"220":
                return
            self.odd(1, b"no_server_welcome_message")
        if not self._pending:
            self.odd(1, b"unable_to_match_reply_with_request")
            return
        command = self._pending.popleft()
        if command == b"STARTTLS":
            self._quiet = self.sealed = code == b"220"
            self.refused = not self.sealed
            if self.refused:
                self.odd(1, b"tls_rejected")
        elif command == b"DATA" and code != b"354":
            self.odd(1, b"data_command_rejected")
