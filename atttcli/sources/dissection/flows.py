"""Frames of one flow, or of one moment, picked out of a capture; an overview of its flows. Bounded whatever the capture."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final, NamedTuple

from atttcli.limits import Budget
from atttcli.source import ReadProblem
from atttcli.sources.capture import Decoder, Packet, Record, read_records
from atttcli.sources.capture.decode import ICMP, ICMP6, SCTP, TCP, UDP

PROTOCOLS: Final = {
    TCP: "TCP",
    UDP: "UDP",
    ICMP: "ICMP",
    ICMP6: "ICMPv6",
    SCTP: "SCTP",
    47: "GRE",
    50: "ESP",
    2: "IGMP",
}
_PORTED: Final = (TCP, UDP, SCTP)
_FLAGS: Final = ((2, "S"), (16, "A"), (8, "P"), (1, "F"), (4, "R"), (32, "U"))
MOST_FLOWS: Final = 100_000


class End(NamedTuple):
    """One end of a flow; port 0 where the protocol has none."""

    address: bytes
    port: int

    def __str__(self) -> str:
        text = str(ipaddress.ip_address(self.address))
        if not self.port:
            return text
        return f"[{text}]:{self.port}" if len(self.address) == 16 else f"{text}:{self.port}"


class Flow(NamedTuple):
    """A protocol and two ends, the smaller one first, so that both directions are one flow."""

    protocol: int
    ends: tuple[End, End]

    @property
    def name(self) -> str:
        """The protocol's name, or its number."""
        return PROTOCOLS.get(self.protocol, str(self.protocol))


class Framed(NamedTuple):
    """A frame and what it decodes to; None for what is no IP, is damaged, or a fragment that waits for others."""

    record: Record
    packet: Packet | None


@dataclass(slots=True)
class FlowTotal:
    """One row of the overview. `source` is who sent the first packet that was seen. Times in microseconds UTC."""

    flow: Flow
    source: End
    target: End
    first: int
    last: int
    frame: int
    packets: int = 0
    bytes: int = 0


@dataclass(slots=True)
class Overview:
    """A capture at a glance. `unlisted` packets belong to flows beyond the limit, `others` are no IP or not decodable."""

    flows: dict[Flow, FlowTotal] = field(default_factory=dict)
    packets: int = 0
    others: int = 0
    unlisted: int = 0


def ends_of(packet: Packet) -> tuple[End, End]:
    """Source and destination."""
    ported = packet.protocol in _PORTED
    source, target = (packet.sport, packet.dport) if ported else (0, 0)
    return End(packet.src, source), End(packet.dst, target)


def flow_of(packet: Packet) -> Flow:
    """The flow that a packet belongs to, whichever way it goes."""
    one, other = ends_of(packet)
    return Flow(packet.protocol, (min(one, other), max(one, other)))


def flags_of(packet: Packet) -> str:
    """TCP flags as letters; empty for other protocols."""
    if packet.protocol != TCP:
        return ""
    return "".join(letter for bit, letter in _FLAGS if packet.flags & bit)


def frames(stream: BinaryIO, path: str, budget: Budget | None = None) -> Iterator[Framed | ReadProblem]:
    """Every frame of a capture, decoded; damage as a value."""
    decoder = Decoder()
    for record in read_records(stream, path, budget):
        yield record if isinstance(record, ReadProblem) else Framed(record, decoder.decode(record))


def find_frame(
    stream: BinaryIO, path: str, wanted: Callable[[Framed], bool], problems: list[ReadProblem]
) -> Framed | None:
    """The first frame that is `wanted`; None when the capture has none. What could not be read goes to `problems`."""
    for one in frames(stream, path):
        if isinstance(one, ReadProblem):
            problems.append(one)
        elif wanted(one):
            return one
    return None


def frames_of(
    stream: BinaryIO, path: str, flow: Flow, problems: list[ReadProblem], most: int
) -> Iterator[tuple[Record, Packet]]:
    """The frames of a flow in order of the capture, at most `most` of them (and one more, by which the caller knows)."""
    count = 0
    for one in frames(stream, path):
        if isinstance(one, ReadProblem):
            problems.append(one)
        elif one.packet is not None and flow_of(one.packet) == flow:
            yield one.record, one.packet
            count += 1
            if count > most:
                return


def overview(stream: BinaryIO, path: str, problems: list[ReadProblem]) -> Overview:
    """Who talked to whom: every flow with its packets and bytes, in order of first sight."""
    made = Overview()
    for one in frames(stream, path):
        if isinstance(one, ReadProblem):
            problems.append(one)
            continue
        made.packets += 1
        record, packet = one
        if packet is None:
            made.others += 1
            continue
        flow = flow_of(packet)
        total = made.flows.get(flow)
        if total is None:
            if len(made.flows) >= MOST_FLOWS:
                made.unlisted += 1
                continue
            source, target = ends_of(packet)
            total = made.flows[flow] = FlowTotal(flow, source, target, record.time, record.time, record.number)
        total.packets += 1
        total.bytes += len(record.data)
        total.last = max(total.last, record.time)
    return made
