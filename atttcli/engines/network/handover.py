"""From one protocol to the next on the same connection: tunnels that a proxy opened, sessions that went over to TLS, HTTP/2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from atttcli.engines.network.app import AppParser, HttpApp, PlainApp, recognise
from atttcli.engines.network.flow import Flow
from atttcli.engines.network.messages import MessageApp
from atttcli.engines.network.protocols import ONLY_NAMED
from atttcli.engines.network.small_apps import FtpApp, SmtpApp
from atttcli.engines.network.view import View

GOING_OVER: Final = frozenset(("http", "smtp", "ftp", "pgsql")) | ONLY_NAMED
Early = tuple[bytes, bytes]


class Next(NamedTuple):
    """What a connection goes over to: its application, the parser (None: as for a new flow), and what it gets first."""

    app: str
    parser: AppParser | None
    early: Early = (b"", b"")
    lost: int = 0  # bytes of the client that came then and were not kept


class Handover:
    """Between two protocols: what follows is kept until it is recognised or given up."""

    def __init__(self, ports: tuple[int, int]) -> None:
        self._ports = ports
        self._held = (bytearray(), bytearray())
        self.app: str | None = None

    def feed(self, direction: int, data: bytes) -> list[View]:
        """No transactions; `app` says what was recognised."""
        if self.app != "failed":  # once it is known the other side's words wait for its parser too
            self._held[direction].extend(data)
        if self.app is None:
            self.app = recognise(direction, bytes(self._held[direction]), self._ports)
        return []

    def gap(self, direction: int, count: int) -> None:
        """Bytes were lost: the beginning cannot be recognised any more."""
        self.app = self.app or "failed"

    def finish(self) -> list[View]:
        """Nothing is open."""
        return []

    def inspect_id(self, direction: int) -> int:
        """Transactions are not counted."""
        return 0

    @property
    def memory(self) -> int:
        """Bytes held."""
        return len(self._held[0]) + len(self._held[1])

    def early(self) -> Early:
        """What came since the change, of both sides."""
        return bytes(self._held[0]), bytes(self._held[1])


class Named(Handover):
    """A protocol that one side's first words named and nobody parses: those of the other may show another."""

    def __init__(self, ports: tuple[int, int], named_by: int) -> None:
        super().__init__(ports)
        self._named_by = named_by

    def feed(self, direction: int, data: bytes) -> list[View]:
        """The other side's words alone count."""
        return super().feed(direction, data) if direction != self._named_by else []


def go_over(flow: Flow, make: Callable[[str], AppParser]) -> list[View]:
    """Let a flow speak what it went over to, if it did; `make` gives the parser of an application."""
    views: list[View] = []
    lost = 0
    ports = (flow.client_port, flow.server_port)
    while flow.app is not None and (after := _following(flow.parser, flow.app, ports)) is not None:
        flow.app = after.app
        flow.parser = parser = after.parser or make(after.app)
        for side, early in enumerate(after.early):
            if early:
                views += parser.feed(side, early)
        lost += after.lost
    if lost and flow.parser is not None:
        flow.parser.gap(0, lost)
    return views


def _following(parser: AppParser | None, app: str, ports: tuple[int, int]) -> Next | None:
    """What comes after this parser; None while it goes on. Until something is recognised the flow keeps its application."""
    if isinstance(parser, Handover):
        if parser.app is None:
            return None
        return Next(app, PlainApp()) if parser.app == "failed" else Next(parser.app, None, parser.early())
    if isinstance(parser, HttpApp):
        upgraded = parser.successor()
        if upgraded is not None:
            return Next("http2", upgraded[0], (b"", upgraded[1]))
        tunnel = parser.tunnelled()
        return Next(app, Handover(ports), tunnel[:2], tunnel[2]) if tunnel is not None else None
    if isinstance(parser, SmtpApp | FtpApp | MessageApp) and parser.sealed:
        return Next(app, Handover(ports))
    return None
