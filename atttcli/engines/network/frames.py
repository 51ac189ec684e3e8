"""Frames (`frame:tls.pdu`): the pieces that a protocol's own lengths cut a stream into, beside what its parser makes of it.

Only where a rule asks for them: the parser of such a flow is doubled, and each piece is a view of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from atttcli.engines.network.app import AppParser
from atttcli.engines.network.fields import Values
from atttcli.engines.network.messages import LOST, UNKNOWN, Message, MessageApp, big, little
from atttcli.engines.network.view import View


class TlsFrames:
    """Records, also those after the handshake."""

    def __init__(self) -> None:
        self.count = 0

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """Kind, version, length."""
        if len(held) - at < 5:
            return UNKNOWN
        return 5 + big(held, at + 3, 2) if 20 <= held[at] <= 24 and held[at + 1] == 3 else LOST

    def read(self, direction: int, data: bytes) -> list[Message]:
        """One record."""
        return [_message(direction, {"tls.pdu": data, "tls.hdr": data[:5], "tls.data": data[5:]})]


class SmbFrames:
    """NetBIOS messages, and the SMB in them."""

    def __init__(self) -> None:
        self.count = 0

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """The NetBIOS session header."""
        if len(held) - at < 4:
            return UNKNOWN
        return 4 + big(held, at + 1, 3) if held[at] in (0, 0x85, 0x81, 0x82, 0x83) else LOST

    def read(self, direction: int, data: bytes) -> list[Message]:
        """One message; each SMB 2 message of a chain by itself."""
        body = data[4:]
        told = [_message(direction, {"nbss.pdu": data, "nbss.hdr": data[:4], "nbss.data": body})]
        if body[:4] == b"\xffSMB":
            told.append(_message(direction, {"smb1.pdu": body, "smb1.hdr": body[:32], "smb1.data": body[32:]}))
        at = 0
        while body[at : at + 4] == b"\xfeSMB" and len(told) < MAX_CHAINED:
            after = little(body, at + 20, 4)
            part = body[at : at + after] if after else body[at:]
            told.append(_message(direction, {"smb2.pdu": part, "smb2.hdr": part[:64], "smb2.data": part[64:]}))
            if after < 64:
                break
            at += after
        return told


class EnipFrames:
    """Encapsulated messages."""

    def __init__(self) -> None:
        self.count = 0

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """The header says how much follows it."""
        return 24 + little(held, at + 2, 2) if len(held) - at >= 4 else UNKNOWN

    def read(self, direction: int, data: bytes) -> list[Message]:
        """One message."""
        return [_message(direction, {"enip.pdu": data, "enip.hdr": data[:24], "enip.data": data[24:]})]


MAX_CHAINED: Final = 64
_FRAMERS: Final[dict[str, Callable[[], TlsFrames | SmbFrames | EnipFrames]]] = {
    "tls": TlsFrames,
    "smb": SmbFrames,
    "enip": EnipFrames,
}


def _message(direction: int, parts: dict[str, bytes]) -> Message:
    values: dict[str, Values] = {f"frame.{name}": (part,) for name, part in parts.items() if part}
    return Message(0, direction, values)


class Framed:
    """A parser, and beside it what cuts the same bytes into frames."""

    def __init__(self, app: str, parser: AppParser) -> None:
        self._parser = parser
        self._frames = MessageApp(app, _FRAMERS[app](), framed=True)

    def feed(self, direction: int, data: bytes) -> list[View]:
        """What the bytes completed: transactions, then frames."""
        return self._parser.feed(direction, data) + self._frames.feed(direction, data)

    def gap(self, direction: int, count: int) -> None:
        """Bytes were lost."""
        self._parser.gap(direction, count)
        self._frames.gap(direction, count)

    def finish(self) -> list[View]:
        """What is open at the end; half a frame is none."""
        return self._parser.finish()

    def inspect_id(self, direction: int) -> int:
        """Number of the transaction at hand."""
        return self._parser.inspect_id(direction)

    @property
    def memory(self) -> int:
        """Bytes held."""
        return self._parser.memory + self._frames.memory


def with_frames(app: str, parser: AppParser) -> AppParser:
    """The parser with frames beside it, where the application's frames are cut here."""
    return Framed(app, parser) if app in _FRAMERS else parser
