"""Readers of files of one device; lines of other programs between them are read as syslog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from atttcli.model.event import Event
from atttcli.sources.firewall import checkpoint, cisco, fortigate, mikrotik, netfilter, paloalto, pfsense, sophos
from atttcli.sources.firewall.bodies import understand
from atttcli.sources.firewall.envelope import Envelope, opened, unstamped
from atttcli.sources.firewall.heard import Heard, event_of
from atttcli.sources.lined import LineLog
from atttcli.sources.logs import syslog
from atttcli.sources.logs.stamps import Stamps

Understand = Callable[[str], Heard | None]


def _certain(understand_one: Understand) -> Callable[[str], bool]:
    def certain(line: str) -> bool:
        return understand_one(_body(unstamped(line))) is not None

    return certain


def _body(envelope: Envelope) -> str:
    return f"{envelope.program}: {envelope.body}" if envelope.program.startswith("%") else envelope.body


def _parse(understand_one: Understand) -> Callable[[str, int, Stamps], Event | None]:
    def parse(line: str, number: int, stamps: Stamps) -> Event | None:
        envelope = opened(line, stamps)
        heard = understand_one(_body(envelope)) or understand(envelope.program, envelope.body)
        if heard is None:
            return syslog.parse(line, number, stamps)
        return event_of(heard, envelope.time, number, line, envelope.host, stamps)

    return parse


def _device(name: str, one: Understand) -> LineLog:
    return LineLog(name, _certain(one), _parse(one), f"not a line of {name}, nor of syslog", 96)


FIREWALL_SOURCES: Final[tuple[LineLog, ...]] = (
    _device("fortigate", fortigate.understand),
    _device("mikrotik", mikrotik.understand),
    _device("sophos", sophos.understand),
    _device("pfsense", pfsense.understand),
    _device("netfilter", netfilter.understand),
    _device("paloalto", paloalto.understand),
    _device("checkpoint", checkpoint.understand),
    _device("cisco", cisco.understand),
)
