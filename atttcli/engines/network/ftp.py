"""FTP: which data connections are announced, and what they carry."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

MAX_LINE = 4096
MAX_WORD = 16
_SIX = re.compile(rb"(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})")
_EXTENDED = re.compile(rb"([!-~])([12]?)\1([0-9A-Fa-f:.]{0,45})\1(\d{1,5})\1")


class Expected(NamedTuple):
    """A data connection to come: its target (None: the server's own address), the command and the file's name."""

    address: bytes | None
    port: int
    command: bytes
    name: bytes


class FtpParser:
    """A control connection. `expected` gathers what was announced; `bounce` says that PORT named a stranger."""

    def __init__(self, client: bytes) -> None:
        self._client = client
        self._held = [bytearray(), bytearray()]
        self._target: tuple[bytes | None, int] | None = None
        self._too_long = [False, False]
        self._odd: list[tuple[int, bytes]] = []
        self._asked = False  # for TLS
        self.sealed = False
        self.expected: list[Expected] = []
        self.count = 0

    @property
    def memory(self) -> int:
        """Bytes held."""
        return len(self._held[0]) + len(self._held[1])

    def feed(self, direction: int, data: bytes) -> list[bool]:
        """For each complete command of the client whether it is a bounce."""
        held = self._held[direction]
        held += data
        found: list[bool] = []
        while (end := held.find(b"\n")) >= 0:
            line = bytes(held[:end]).rstrip(b"\r")
            del held[: end + 1]
            if self._too_long[direction]:  # its beginning was taken already
                self._too_long[direction] = False
                continue
            if len(line) > MAX_LINE:
                self._odd.append((direction, line.partition(b" ")[0][:MAX_WORD].upper()))
            if direction:
                self._reply(line)
            else:
                found.append(self._command(line))
        if len(held) > MAX_LINE:
            if not self._too_long[direction]:
                self._too_long[direction] = True
                self._odd.append((direction, bytes(held).partition(b" ")[0][:MAX_WORD].upper()))
                if direction == 0:
                    found.append(self._command(bytes(held)))
            held.clear()
        return found

    def take_odd(self) -> list[tuple[int, bytes]]:
        """Lines that were too long since the last call: direction and first word."""
        taken, self._odd = self._odd, []
        return taken

    def _command(self, line: bytes) -> bool:
        self.count += 1
        word, _, rest = line.strip().partition(b" ")
        word = word.upper()
        if word == b"PORT" and (six := _six(rest)):
            self._target = six
            return six[0] != self._client
        self._asked = word == b"AUTH" and rest.strip().upper() in (b"TLS", b"TLS-C", b"SSL", b"TLS-P")
        if word == b"EPRT":
            self._target = _extended(rest) or self._target
        if word in (b"RETR", b"STOR") and self._target is not None:
            self.expected.append(Expected(*self._target, word.lower(), rest.strip()))
            self._target = None
        return False

    def _reply(self, line: bytes) -> None:
        if line.startswith(b"234") and self._asked:
            self.sealed = True
        if line.startswith(b"227") and (six := _six(line)):
            self._target = None, six[1]  # the server's own address, whatever it says
        elif line.startswith(b"229") and (found := _EXTENDED.search(line)):
            self._target = None, int(found.group(4)) & 0xFFFF


def _six(text: bytes) -> tuple[bytes, int] | None:
    found = _SIX.search(text)
    if not found:
        return None
    numbers = [int(part) for part in found.groups()]
    return (bytes(numbers[:4]), numbers[4] << 8 | numbers[5]) if max(numbers) < 256 else None


def _extended(text: bytes) -> tuple[bytes, int] | None:
    found = _EXTENDED.match(text.strip())
    try:
        return (ipaddress.ip_address(found.group(3).decode("ascii")).packed, int(found.group(4))) if found else None
    except ValueError:
        return None
