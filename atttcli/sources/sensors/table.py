"""Readers of network sensors and name servers."""

from __future__ import annotations

from typing import Final

from atttcli.model.event import Event
from atttcli.source import Source
from atttcli.sources.firewall.envelope import NO_CLOCK, opened, unstamped
from atttcli.sources.firewall.heard import Heard, event_of
from atttcli.sources.lined import LineLog
from atttcli.sources.logs import syslog
from atttcli.sources.logs.stamps import Stamps
from atttcli.sources.sensors import nameservers
from atttcli.sources.sensors.fastlog import FastLog
from atttcli.sources.sensors.zeek import ZeekJson, ZeekTsv


def by_program(program: str, body: str) -> Heard | None:
    """A name server's message by the program that syslog names."""
    if program == "named":
        return nameservers.named(body)
    if program == "dnsmasq":
        return nameservers.dnsmasq(body)
    return nameservers.unbound(body) if program == "unbound" else None


def _certain(line: str) -> bool:
    envelope = unstamped(line)
    return by_program(envelope.program, envelope.body) is not None or _own(line)


def _own(line: str) -> bool:
    return nameservers.own_file(line, NO_CLOCK)[1] is not None


def _parse(line: str, number: int, stamps: Stamps) -> Event | None:
    time, heard = nameservers.own_file(line, stamps)
    if heard is not None:
        return event_of(heard, time, number, line, "", stamps)
    if time is not None:
        return Event(time, number, line, "", "bind", "named")
    envelope = opened(line, stamps)
    heard = by_program(envelope.program, envelope.body)
    if heard is None:
        return syslog.parse(line, number, stamps)
    return event_of(heard, envelope.time, number, line, envelope.host, stamps)


def _windows_certain(line: str) -> bool:
    return " PACKET " in line[:64]


def _windows(line: str, number: int, stamps: Stamps) -> Event | None:
    time, heard = nameservers.windows(line, stamps)
    if heard is None:  # an EVENT, or a context that we do not know: kept for indicators
        return Event(None, number, line, "", "windows", "dns-server-debug")
    return event_of(heard, time, number, line, "", stamps)


SENSOR_SOURCES: Final[tuple[Source, ...]] = (
    ZeekTsv(),
    ZeekJson(),
    FastLog(),
    LineLog("dns-server", _certain, _parse, "not a line of BIND, dnsmasq or Unbound", 96),
    LineLog(
        "windows-dns", _windows_certain, _windows, "not a line of the Windows DNS debug log", 97,
        skip=lambda line: not line[:1].isdigit(),
    ),
)  # fmt: skip
