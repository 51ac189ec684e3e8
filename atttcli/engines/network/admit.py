"""What a rule asks before any byte is looked at: addresses, ports and direction; application and state; packet options and marks.

The first two stay the same for a whole class of flows (`may_ever`, `in_state`), the others are asked each time (`admits`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable

from atttcli.engines.network.checksums import is_right
from atttcli.engines.network.flow import Flow
from atttcli.engines.network.marks import Marks
from atttcli.engines.network.packet_buffers import ip_options
from atttcli.rulepack.network.rule import APPLICATIONS
from atttcli.rulepack.network.values import Flowbit, Flowint, PacketTest, Rule
from atttcli.sources.capture.decode import ICMP, ICMP6, SCTP, TCP, UDP, Packet

Masks = tuple[int, int, int, int]
_PROTOCOLS = {"tcp": (TCP,), "udp": (UDP,), "icm": (ICMP, ICMP6)}
_TRANSPORTS = ("tcp", "udp", "icmp")


def may_ever(rule: Rule, masks: Masks, protocol: int, family: int, direction: int) -> bool:
    """Direction, addresses and ports. `masks` are the groups that hold client, server, client port, server port; `family` is
    the length of an address."""
    wanted = rule.direction
    if wanted and (wanted == "to_server") != (direction == 0):
        return False
    if direction:
        dst, src, dport, sport = masks
    else:
        src, dst, sport, dport = masks
    forward = (
        src >> rule.source & 1
        and dst >> rule.target & 1
        and dport >> rule.target_ports & 1
        and sport >> rule.source_ports & 1
    )
    backward = rule.both_ways and (
        dst >> rule.source & 1
        and src >> rule.target & 1
        and sport >> rule.target_ports & 1
        and dport >> rule.source_ports & 1
    )
    return bool(forward or backward) and _family_admits(rule.protocol, protocol, family)


def in_state(rule: Rule, app: str | None, established: bool) -> bool:
    """The flow's application and state."""
    if rule.apps and app not in rule.apps:
        return False
    if rule.protocols and not _speaks(rule.protocols, app):
        return False
    test = rule.flow
    return test is None or not test.state or (test.state == "established") == established


def is_guarded(rule: Rule) -> bool:
    """Whether `admits` has anything to ask."""
    return bool(rule.packet or rule.dsize or rule.xbits or rule.flowints or rule.flowbits)


def admits(rule: Rule, flow: Flow, direction: int, packet: Packet | None, marks: Marks) -> bool:
    """What costs little and changes from packet to packet."""
    if (rule.packet or rule.dsize) and not _packet_admits(rule, packet, flow):
        return False
    if rule.xbits and not marks.admit(rule.xbits, flow, direction):
        return False
    if rule.flowints and not all(_int_admits(flow, test) for test in rule.flowints):
        return False
    return all(_bit_admits(flow, bit) for bit in rule.flowbits) if rule.flowbits else True


def note(rule: Rule, flow: Flow, direction: int, marks: Marks) -> None:
    """What a rule that matched leaves behind."""
    if rule.flowbits:
        _write_bits(flow, rule.flowbits)
    if rule.flowints:
        _count(flow, rule.flowints)
    if rule.xbits:
        marks.write(rule.xbits, flow, direction)


def _family_admits(wanted: str, protocol: int, family: int) -> bool:
    """Also rules of addresses alone, which are judged on flows of any transport, keep to their own; 0 is not known."""
    if wanted == "sctp":
        return protocol == SCTP
    if protocol and wanted.startswith(_TRANSPORTS) and protocol not in _PROTOCOLS[wanted[:3]]:
        return False
    if wanted in ("ipv4", "ip4", "icmpv4"):
        return family == 4
    if wanted in ("ipv6", "ip6", "icmpv6"):
        return family == 16
    return True


def _bit_admits(flow: Flow, bit: Flowbit) -> bool:
    if bit.command == "isset":
        return any(name in flow.bits for name in bit.names)
    if bit.command == "isnotset":
        return any(name not in flow.bits for name in bit.names)
    return True


def _speaks(wanted: Iterable[tuple[str, bool]], app: str | None) -> bool:
    """`app-layer-protocol`; while nothing is recognised yet only `unknown` holds."""
    for name, negated in wanted:
        if app is None:
            if (name == "unknown") == negated:
                return False
        else:
            known = APPLICATIONS.get(name, (name,))
            if (app in known) == negated:
                return False
        if app is None and name != "unknown":
            return False
    return True


_INT_TESTS: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def _int_admits(flow: Flow, test: Flowint) -> bool:
    """What `flowint` asks; a comparison with what was never set is false."""
    if test.operator in ("isset", "notset"):
        return (test.name in flow.ints) == (test.operator == "isset")
    compare = _INT_TESTS.get(test.operator)
    if compare is None:
        return True
    wanted = test.value if isinstance(test.value, int) else flow.ints.get(test.value)
    held = flow.ints.get(test.name)
    return held is not None and wanted is not None and compare(held, wanted)


def _count(flow: Flow, changes: Iterable[Flowint]) -> None:
    """What a matched rule sets, adds or takes away, in 32 bits."""
    for change in changes:
        if change.operator not in ("set", "+", "-"):
            continue
        amount = change.value if isinstance(change.value, int) else flow.ints.get(change.value)
        if amount is None:
            continue
        held = flow.ints.get(change.name, 0)
        made = amount if change.operator == "set" else held + amount if change.operator == "+" else held - amount
        flow.ints[change.name] = made & 0xFFFFFFFF


def _write_bits(flow: Flow, bits: Iterable[Flowbit]) -> None:
    for bit in bits:
        if bit.command == "set" or (bit.command == "toggle" and bit.names[0] not in flow.bits):
            flow.bits.add(bit.names[0])
        elif bit.command in ("unset", "toggle"):
            flow.bits.discard(bit.names[0])


def _packet_admits(rule: Rule, packet: Packet | None, flow: Flow) -> bool:
    if packet is None:  # a piece of stream: only what the flow itself tells
        return rule.dsize is None and all(t.keyword == "stream_size" and _sizes_admit(t, flow) for t in rule.packet)
    size = rule.dsize
    if size is not None and (size.low <= len(packet.payload) <= size.high) == size.negated:
        return False
    return all(_test(test, packet, flow) for test in rule.packet)


def _test(test: PacketTest, packet: Packet, flow: Flow) -> bool:
    if test.keyword == "stream_size":
        return _sizes_admit(test, flow)
    if test.keyword == "flags":
        return packet.protocol == TCP and _flags_admit(test, packet.flags)
    if test.keyword == "fragbits":
        bits = _fragment(packet)
        return bits is not None and _flags_admit(test, bits >> 13)
    if test.keyword == "ipopts":
        given = ip_options(packet)
        return bool(given) if test.extra < 0 else test.extra in given
    if test.keyword == "checksum":
        right = is_right(test.modifier, packet)
        return right is not None and right != test.negated
    if test.keyword == "sameip":
        return packet.src == packet.dst
    value = _header_value(test.keyword, packet)
    return value is not None and (test.low <= value <= test.high) != test.negated


def _sizes_admit(test: PacketTest, flow: Flow) -> bool:
    if flow.streams[0] is None and flow.streams[1] is None:
        return False
    sizes = [stream.sent if stream is not None else 0 for stream in flow.streams]
    client, server = ((test.low <= size <= test.high) != test.negated for size in sizes)
    return {"client": client, "server": server, "both": client and server, "either": client or server}[test.modifier]


def _flags_admit(test: PacketTest, given: int) -> bool:
    seen, wanted = given & test.high, test.low
    if test.modifier == "+":
        return seen & wanted == wanted
    if test.modifier == "*":
        return bool(seen & wanted)
    if test.modifier == "!":
        return seen & wanted != wanted
    return seen == wanted


def _fragment(packet: Packet) -> int | None:
    """Bits and offset of the IPv4 header; lowest of the three bits is M."""
    if len(packet.src) != 4:
        return None
    at = packet.link_offset + 6
    return int.from_bytes(packet.data[at : at + 2], "big")


def _header_value(keyword: str, packet: Packet) -> int | None:
    if keyword in ("seq", "ack", "window"):
        return int(getattr(packet, keyword)) if packet.protocol == TCP else None
    if keyword == "ttl":
        return packet.ttl
    if keyword == "fragoffset":
        field = _fragment(packet)
        return field & 0x1FFF if field is not None else None
    if keyword == "ip_proto":
        return packet.protocol
    data, at = packet.data, packet.link_offset
    if keyword == "tos":
        return data[at + 1] if len(packet.src) == 4 else None
    if keyword == "id":
        return int.from_bytes(data[at + 4 : at + 6], "big") if len(packet.src) == 4 else None
    if packet.protocol not in (ICMP, ICMP6):
        return None
    if keyword in ("itype", "icode"):
        return packet.sport if keyword == "itype" else packet.dport
    if packet.sport not in (0, 8, 13, 14, 15, 16, 17, 18, 128, 129):  # only these carry id and sequence
        return None
    begin = packet.l4 + (4 if keyword == "icmp_id" else 6)
    return int.from_bytes(data[begin : begin + 2], "big") if begin + 2 <= len(data) else None
