"""Judging: from the candidates of a packet, a piece of stream or a transaction to the rules that match."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from atttcli.engines.network.app import View
from atttcli.engines.network.evaluate import Run, Text
from atttcli.engines.network.flow import Flow
from atttcli.engines.network.marks import Marks
from atttcli.engines.network.packet_buffers import FLOW_READERS, PACKET_READERS, ip_options
from atttcli.engines.network.ruleset import PAYLOAD_KEY, BufferKey, Point, RuleSet
from atttcli.engines.network.transforms import transform_of
from atttcli.rulepack.network.rule import APPLICATIONS
from atttcli.rulepack.network.values import Content, Flowbit, Flowint, PacketTest, Pcre, Rule
from atttcli.sources.capture.decode import ICMP, ICMP6, SCTP, TCP, Packet

MAX_WHY = 16
MAX_CLASSES = 4096


class Match(NamedTuple):
    """A rule that matched, before thresholds."""

    number: int
    rule: Rule
    why: tuple[str, ...]
    transaction: int | None
    view: View | None
    whole_flow: bool  # a stream, transaction or address match: a pass rule ends the flow's alerts


class Scene:
    """What rules look at: one direction of a flow, at one packet, with a packet, a piece of stream or a transaction."""

    __slots__ = ("_texts", "direction", "flow", "packet", "payload", "view")

    def __init__(
        self, flow: Flow, direction: int, packet: Packet | None, payload: Text | None, view: View | None = None
    ) -> None:
        self.flow = flow
        self.direction = direction
        self.packet = packet  # set only where packet options may be asked
        self.payload = payload
        self.view = view
        self._texts: dict[BufferKey, tuple[Text, ...]] = {}

    def texts(self, key: BufferKey) -> tuple[Text, ...]:
        """The instances of a buffer after its transforms; empty when absent."""
        known = self._texts.get(key)
        if known is None:
            known = self._texts[key] = self._make(key)
        return known

    def _make(self, key: BufferKey) -> tuple[Text, ...]:
        if key == PAYLOAD_KEY:
            return (self.payload,) if self.payload is not None else ()
        name, transforms = key
        if transforms:
            values = tuple(text.raw for text in self.texts((name, transforms[:-1])))
            transform = transform_of(transforms[-1])
            return tuple(Text(transform(value)) for value in values)
        if self.view is not None and name not in FLOW_READERS:
            return tuple(Text(value) for value in self.view.read(name))
        if name in FLOW_READERS:
            return tuple(Text(value) for value in FLOW_READERS[name](self.flow, self.direction))
        if self.packet is None or name not in PACKET_READERS:
            return ()
        return tuple(Text(value) for value in PACKET_READERS[name](self.packet))


class Judge:
    """Applies a rule set to scenes. `gave_up` counts judgements that ran out of tries."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._marks = Marks()
        self._classes: dict[tuple[tuple[int, int, int, int], int, int], set[int]] = {}
        self.gave_up = 0
        self.candidates = 0

    def at(self, point: Point, scene: Scene, transaction: int | None, *, whole_flow: bool) -> list[Match]:
        """All matches at a point, in order of precedence."""
        wanted = self._candidates(point, scene)
        return self.among(sorted(wanted), scene, transaction, whole_flow=whole_flow) if wanted else []

    def together(self, places: Sequence[tuple[Point, Scene]]) -> list[Match]:
        """All matches of one packet at several points: the order of precedence holds across them."""
        waiting = [(number, index) for index, place in enumerate(places) for number in self._candidates(*place)]
        scenes = [scene for _, scene in places]
        matches: list[Match] = []
        for number, index in sorted(waiting):
            matches += self.among((number,), scenes[index], None, whole_flow=False)
        return matches

    def _candidates(self, point: Point, scene: Scene) -> set[int]:
        rejected = self._rejected(scene.flow, scene.direction)
        wanted = point.always - rejected
        for key, (matcher, owners) in point.buffers.items():
            for text in scene.texts(key):
                for hit in matcher.scan(text.raw):
                    wanted.update(owners[hit])
        wanted -= rejected
        return wanted

    def _rejected(self, flow: Flow, direction: int) -> set[int]:
        """Rules that can never match this direction of a flow by their header, as far as found out.

        Shared by all flows whose addresses and ports lie in the same groups: there are few such classes.
        """
        known = flow.rejected[direction]
        if known is None:
            if flow.masks is None:
                flow.masks = self._masks(flow)
            key = (flow.masks, direction, len(flow.client))
            if len(self._classes) >= MAX_CLASSES and key not in self._classes:
                self._classes.clear()
            known = flow.rejected[direction] = self._classes.setdefault(key, set())
        return known

    def _masks(self, flow: Flow) -> tuple[int, int, int, int]:
        headers = self._rules.headers
        ends = (headers.address(flow.client), headers.address(flow.server))
        if flow.protocol in (ICMP, ICMP6):
            return (*ends, -1, -1)
        return (*ends, headers.port(flow.client_port), headers.port(flow.server_port))

    def among(self, numbers: Iterable[int], scene: Scene, transaction: int | None, *, whole_flow: bool) -> list[Match]:
        """The matches among these rules."""
        matches: list[Match] = []
        for number in numbers:
            rule = self._rules.rules[number]
            if not self._may_ever(rule, scene.flow, scene.direction):
                self._rejected(scene.flow, scene.direction).add(number)
                continue
            if not self._admits(rule, scene):
                continue
            self.candidates += 1
            why = self._matches(number, rule, scene)
            if why is None:
                continue
            _write_bits(scene.flow, rule.flowbits)
            if rule.flowints:
                _count(scene.flow, rule.flowints)
            if rule.xbits:
                self._marks.write(rule.xbits, scene.flow, scene.direction)
            matches.append(Match(number, rule, why, transaction, scene.view, whole_flow))
        return matches

    def holds(self, number: int, scene: Scene) -> bool:
        """Whether a rule's contents match a scene, without any consequence."""
        return self._matches(number, self._rules.rules[number], scene) is not None

    def _may_ever(self, rule: Rule, flow: Flow, direction: int) -> bool:
        """Direction, addresses and ports: what stays the same for a direction of a flow."""
        wanted = rule.direction
        if wanted and (wanted == "to_server") != (direction == 0):
            return False
        masks = flow.masks if flow.masks is not None else self._masks(flow)
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
        return bool(forward or backward) and _family_admits(rule.protocol, flow)

    def _admits(self, rule: Rule, scene: Scene) -> bool:
        """What costs little and changes: application, state, packet, bits."""
        flow, direction = scene.flow, scene.direction
        if rule.apps and flow.app not in rule.apps:
            return False
        if rule.protocols and not _speaks(rule.protocols, flow.app):
            return False
        test = rule.flow
        if test is not None and test.state and (test.state == "established") != flow.established:
            return False
        if (rule.packet or rule.dsize) and not _packet_admits(rule, scene.packet, flow):
            return False
        if rule.xbits and not self._marks.admit(rule.xbits, flow, direction):
            return False
        if rule.flowints and not all(_int_admits(flow, test) for test in rule.flowints):
            return False
        return all(_bit_admits(flow, bit) for bit in rule.flowbits) if rule.flowbits else True

    def _matches(self, number: int, rule: Rule, scene: Scene) -> tuple[str, ...] | None:
        """Why the rule matches, or None."""
        why: list[str] = []
        for group, (key, step) in zip(rule.groups, self._rules.compiled(number).steps, strict=True):
            for text in scene.texts(key):
                run = Run()
                if step(text, 0, run):
                    why += _explain(key[0], group.ops, run, text.start)
                    break
                self.gave_up += run.gave_up
            else:
                return None
        return tuple(why[:MAX_WHY])


def _explain(buffer: str, ops: Iterable[object], run: Run, start: int) -> list[str]:
    lines = []
    for index, op in enumerate(ops):
        if index in run.found and isinstance(op, Content):
            lines.append(f'{buffer} @{start + run.found[index]}: "{op.pattern.decode("latin-1")}"')
        elif index in run.found and isinstance(op, Pcre):
            lines.append(f"{buffer} @{start + run.found[index]}: /{op.pattern.decode('latin-1')}/")
    return lines or [buffer]


def _family_admits(protocol: str, flow: Flow) -> bool:
    if protocol == "sctp":
        return flow.protocol == SCTP
    if protocol in ("ipv4", "ip4", "icmpv4"):
        return len(flow.client) == 4
    if protocol in ("ipv6", "ip6", "icmpv6"):
        return len(flow.client) == 16
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
    if test.keyword == "ipopts":
        given = ip_options(packet)
        return bool(given) if test.extra < 0 else test.extra in given
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


def _header_value(keyword: str, packet: Packet) -> int | None:
    if keyword in ("seq", "ack", "window"):
        return int(getattr(packet, keyword)) if packet.protocol == TCP else None
    if keyword == "ttl":
        return packet.ttl
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
