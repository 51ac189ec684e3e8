"""A pack made ready: rules in the order they are judged, sorted by the point where they look, compiled when first needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

import msgspec

from atttcli.engines.network.admit import is_guarded
from atttcli.engines.network.datasets import Datasets
from atttcli.engines.network.evaluate import compile_ops
from atttcli.engines.network.headers import Headers
from atttcli.engines.network.judgement import Step
from atttcli.engines.network.prefilter import (
    HyperscanMatcher,
    Literal,
    Matcher,
    fingerprint,
    have_hyperscan,
    make_matcher,
)
from atttcli.rulepack.network.buffers import (
    BOTH,
    BUFFERS,
    FILE_FACTS,
    FLOW,
    FRAMES,
    PAYLOAD,
    is_of_packet,
    is_transaction,
    scope_of,
)
from atttcli.rulepack.network.cache import read_blob, write_blob
from atttcli.rulepack.network.rule import APPLICATIONS
from atttcli.rulepack.network.values import Content, Group, NetworkPack, Rule

BufferKey = tuple[str, tuple[str, ...]]
PAYLOAD_KEY: BufferKey = (PAYLOAD, ())

_ACTIONS = {"config": 3, "pass": 0, "drop": 1, "reject": 2, "rejectsrc": 2, "rejectdst": 2, "rejectboth": 2, "alert": 3}
# Transactions of the second are judged at the point of the first: the rules are nearly the same.
UDP_APPS = frozenset(
    ("dns", "snmp", "tftp", "quic", "krb5", "ike", "nfs", "sip", "dhcp", "ntp", "bittorrent-dht", "enip", "dnp3")
)
SAME_POINT = {"http2": "http"}


class Compiled(NamedTuple):
    """A rule's options as closures, one per buffer; `guarded` where it also asks of the packet or of marks."""

    rule: Rule
    guarded: bool
    steps: tuple[tuple[BufferKey, Step], ...]


class Point:
    """A place where rules look: literals per buffer, and the rules that must always be judged."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.always: set[int] = set()
        self.steady: set[int] = set()  # judged wherever there is a payload
        self.eager = False  # something is to be judged also where there is no payload
        self._leads: dict[BufferKey, dict[Literal, list[int]]] = {}
        self.buffers: dict[BufferKey, tuple[Matcher, list[tuple[int, ...]]]] = {}

    def add(self, number: int, key: BufferKey, lead: Literal | None) -> None:
        """Register a rule."""
        if lead is None:
            self.always.add(number)
        elif key is PAYLOAD_KEY and len(lead.pattern) == 1:
            self.steady.add(number)  # nearly every payload holds it: its header is the better sieve
        else:
            self._leads.setdefault(key, {}).setdefault(lead, []).append(number)

    def build(self, store: Databases) -> None:
        """Make the matchers."""
        for key, leads in self._leads.items():
            literals = list(leads)
            self.buffers[key] = (store.matcher(literals), [tuple(owners) for owners in leads.values()])
        self._leads.clear()

        self.eager = bool(self.always) or any(key != PAYLOAD_KEY for key in self.buffers)

    def __bool__(self) -> bool:
        return bool(self.always or self.steady or self.buffers)


class Databases:
    """Compiled Hyperscan databases of a pack, kept in its private cache folder."""

    def __init__(self, pack: NetworkPack, hyperscan: bool | None) -> None:
        self._use = have_hyperscan() if hyperscan is None else hyperscan
        self._folder = pack.cache if self._use else None
        self._name = f"network-literals-4-{pack.digest[:40]}"
        self._known: dict[str, bytes] = {}
        self._new = False
        blob = read_blob(self._folder, self._name) if self._folder else None
        if blob is not None:
            try:
                self._known = msgspec.msgpack.decode(blob, type=dict[str, bytes])
            except msgspec.MsgspecError:
                self._known = {}

    def matcher(self, literals: Sequence[Literal]) -> Matcher:
        """A matcher for these literals, from the cache when they are the same."""
        if not self._use:
            return make_matcher(literals, hyperscan=False)
        if self._folder is None:
            return HyperscanMatcher(literals)
        name = f"{_version()}:{fingerprint(literals)}"
        stored = self._known.get(name)
        made = HyperscanMatcher(literals, stored)
        if stored is None:
            self._known[name] = made.dump()
            self._new = True
        return made

    def save(self) -> None:
        """Keep what was compiled."""
        if self._new and self._folder is not None:
            write_blob(self._folder, self._name, msgspec.msgpack.encode(self._known))


def _version() -> str:
    """A database is only read by the library version that wrote it."""
    return version("hyperscan")


class RuleSet:
    """Rules by number; a lower number is judged first."""

    def __init__(self, pack: NetworkPack, hyperscan: bool | None = None) -> None:
        self.rules = sorted(pack.rules, key=_precedence)
        self.headers = Headers(pack.addresses, pack.ports)
        self.sets = Datasets(pack.datasets)
        self.ip_only = Point(0)
        self.wants_events = False  # rules ask for faults of packets (`decode-event`)
        kinds = ("tcp", "udp", "icmp", "other", "invalid", "wrong")
        self.packets: dict[str, Point] = {name: Point(number) for number, name in enumerate(kinds, 1)}
        self.stream = Point(len(kinds) + 1)
        self.transactions: dict[tuple[str, int], Point] = {}
        self.whole: dict[tuple[str, int], Point] = {}  # where a file that was judged before is judged as a whole
        self.facts: frozenset[str] = frozenset()  # what rules ask of files as a whole
        self.framed: frozenset[str] = frozenset()  # applications whose frames rules look at
        self.known: dict[int, Compiled] = {}  # compiled so far
        self._any_ports = {number for number, ports in enumerate(pack.ports) if ports == ((0, 65_535),)}
        for number, rule in enumerate(self.rules):
            self._register(number, rule)
        self.apps = frozenset(app for rule in self.rules for app in (*rule.apps, *_named(rule)))
        store = Databases(pack, hyperscan)
        for point in (*self.packets.values(), self.stream, *self.transactions.values(), *self.whole.values()):
            point.build(store)
        store.save()

    def compiled(self, number: int) -> Compiled:
        """The closures of a rule, made at its first candidacy."""
        known = self.known.get(number)
        if known is None:
            groups = self.rules[number].groups
            steps = tuple((_key(group), compile_ops(group.ops, self.sets)) for group in groups)
            rule = self.rules[number]
            known = self.known[number] = Compiled(rule, is_guarded(rule), steps)
        return known

    def _register(self, number: int, rule: Rule) -> None:
        if any(is_transaction(group.buffer) for group in rule.groups):
            self._register_transaction(number, rule)
            return
        lead, key = _literal(rule), _lead_key(rule)
        if not rule.groups and self._is_ip_only(rule):
            self.ip_only.always.add(number)
            return
        if any(group.buffer == "decode-event" for group in rule.groups):
            self.wants_events = True
            self.packets["invalid"].add(number, key, lead)
        if any(test.keyword in ("fragbits", "fragoffset") for test in rule.packet):
            self.wants_events = True
            self.packets["invalid"].add(number, key, lead)
        if any(test.keyword == "checksum" for test in rule.packet):
            self.packets["wrong"].add(number, key, None)
        for transport in _transports(rule):
            if transport == "tcp":
                self._register_tcp(number, rule, key, lead)
            else:
                self.packets[transport].add(number, key, lead)

    def _register_transaction(self, number: int, rule: Rule) -> None:
        lead, key = _literal(rule), _lead_key(rule)
        facts = {group.buffer for group in rule.groups} & frozenset(FILE_FACTS)
        self.facts |= facts
        self.framed |= {FRAMES[group.buffer] for group in rule.groups if group.buffer in FRAMES}
        for app in sorted({SAME_POINT.get(app, app) for app in rule.apps}):
            for direction in _directions(rule):
                _point(self.transactions, 100, app, direction).add(number, key, lead)
                if facts:
                    _point(self.whole, 1000, app, direction).add(number, key, lead)

    def _register_tcp(self, number: int, rule: Rule, key: BufferKey, lead: Literal | None) -> None:
        """As the reference engine: packets for what asks of one packet, else the stream; both where a place is given."""
        stream_only = rule.protocol == "tcp-stream"
        one_packet = any(test.keyword != "stream_size" or not stream_only for test in rule.packet)
        packet_only = rule.protocol == "tcp-pkt" or rule.dsize is not None or one_packet or not rule.groups
        packet_only = packet_only or any(is_of_packet(group.buffer) for group in rule.groups)
        packet_only = packet_only or all(scope_of(group.buffer) == FLOW for group in rule.groups)
        if rule.flow is not None:
            packet_only = packet_only or rule.flow.no_stream
            stream_only = stream_only or rule.flow.only_stream
        placed = any(
            isinstance(op, Content) and (op.depth is not None or op.offset) for group in rule.groups for op in group.ops
        )
        if packet_only or (placed and not stream_only):
            self.packets["tcp"].add(number, key, lead)
        if not packet_only:
            self.stream.add(number, key, _literal(rule, stream=True))

    def _is_ip_only(self, rule: Rule) -> bool:
        if (
            rule.apps
            or rule.protocols
            or rule.flowints
            or rule.flow
            or rule.packet
            or rule.dsize
            or rule.xbits
            or any(b.command != "set" for b in rule.flowbits)
        ):
            return False
        ports = self._any_ports
        return rule.source_ports in ports and rule.target_ports in ports


def _point(points: dict[tuple[str, int], Point], first: int, app: str, direction: int) -> Point:
    """The point of an application and direction, made when missing; their numbers begin at `first`."""
    if (app, direction) not in points:
        points[app, direction] = Point(first + len(points))
    return points[app, direction]


def _precedence(rule: Rule) -> tuple[int, int, int, int, int]:
    """By action, then who sets a mark before who asks for it, then by priority; equals stay in the order of the file."""
    marks = ([bit.command for bit in rule.flowbits], [test.operator for test in rule.flowints])
    bits, ints = (_stage(set(commands)) for commands in marks)
    return _ACTIONS[rule.action], bits, ints, _stage({bit.command for bit in rule.xbits}), rule.priority


_WRITES = frozenset(("set", "unset", "toggle", "+", "-"))


def _stage(commands: set[str]) -> int:
    writes, reads = bool(commands & _WRITES), bool(commands - _WRITES)
    return 0 if writes and not reads else 1 if writes else 2 if reads else 3


def _literal(rule: Rule, *, stream: bool = False) -> Literal | None:
    """What the prefilter looks for, and where. A piece of `stream` has no start or end: its bytes may lie anywhere."""
    if rule.lead is None:
        return None
    op = rule.groups[rule.lead[0]].ops[rule.lead[1]]
    assert isinstance(op, Content)
    if stream:
        return Literal(op.pattern, op.nocase)
    first = op.offset if isinstance(op.offset, int) and not op.relative else 0
    last = -1
    if isinstance(op.depth, int) and isinstance(op.offset, int) and not op.relative:
        last = first + op.depth
    start = first == 0 and last == len(op.pattern)
    return Literal(op.pattern, op.nocase, start, op.endswith, first, -1 if start else last)


def _lead_key(rule: Rule) -> BufferKey:
    """The buffer that holds the leading literal."""
    if rule.lead is None:
        return PAYLOAD_KEY
    return _key(rule.groups[rule.lead[0]])


def _key(group: Group) -> BufferKey:
    """The plain payload is one object, so that it can be told by identity."""
    if group.buffer == PAYLOAD and not group.transforms:
        return PAYLOAD_KEY
    return group.buffer, group.transforms


def _named(rule: Rule) -> Iterable[str]:
    """Applications that a rule asks for by name (`app-layer-protocol`)."""
    return (app for name, _ in rule.protocols for app in APPLICATIONS.get(name, ()))


def _directions(rule: Rule) -> Iterable[int]:
    if rule.direction:
        return (0,) if rule.direction == "to_server" else (1,)
    kinds = {BUFFERS[group.buffer].direction for group in rule.groups if is_transaction(group.buffer)}
    return (0, 1) if kinds == {BOTH} else (0,)


def _transports(rule: Rule) -> list[str]:
    protocol: Any = rule.protocol
    if protocol.startswith("tcp"):
        return ["tcp"]
    if protocol == "udp":
        return ["udp"]
    if protocol.startswith("icmp"):
        return ["icmp"]
    if protocol == "sctp":
        return ["other"]
    if rule.apps:
        return ["udp", "tcp"] if not UDP_APPS.isdisjoint(rule.apps) else ["tcp"]
    return ["tcp", "udp", "icmp", "other"]
