"""The engine: log events in, detections out, by the evaluator that judges captures."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from atttcli.engine import RuleProblem
from atttcli.engines.network.admit import Masks, in_state, may_ever
from atttcli.engines.network.fields import Fields
from atttcli.engines.network.flow import ESTABLISHED, Flow, key_of
from atttcli.engines.network.judge import Match, Scene
from atttcli.engines.network.ruleset import Point, RuleSet
from atttcli.engines.network.threshold import Thresholds
from atttcli.engines.network.transforms import transform_of
from atttcli.engines.network.view import View
from atttcli.engines.network_logs.applicable import ADDRESSES, choose, needs
from atttcli.engines.network_logs.columns import Columns, buffers_of, columns_of, derive
from atttcli.engines.network_logs.finding import detection
from atttcli.engines.network_logs.limits import Claim
from atttcli.engines.network_logs.sides import RecordFlow, RecordJudge, Sides, packed
from atttcli.model.alert import Detection, Origin
from atttcli.model.event import Event
from atttcli.rulepack.network.ranges import parse_addresses
from atttcli.rulepack.network.values import NetworkPack
from atttcli.rulepack.network.variables import effective
from atttcli.sources.capture.decode import TCP, UDP, Packet

MAX_KNOWN = 16_384  # texts remembered of each column
MAX_REMEMBERED = 1024  # characters of a text that is remembered
MAX_SHAPES = 64
MAX_ALERTS = 15  # of one record, as of one packet
MAX_CLASSES = 4096
_NONE: frozenset[int] = frozenset()
_VIEW = "record"  # its buffers come as values, whatever the application


ClassKey = tuple[Masks, int, int, int, str | None, bool]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was judged of one sort of record: how many rules, and for the others which buffer it lacks."""

    kind: str
    records: int
    rules: int
    missing: dict[str, int]


class NetworkLogEngine:
    """A pack's rules over log events. `reasons` counts the rules that no record decides, `pack` is the pack's digest.

    Memory: the rule set, 16,384 texts a column, counters of `limit` thresholds (200,000).
    """

    name = "network"

    def __init__(
        self, pack: NetworkPack, *, variables: Mapping[str, str] | None = None, hyperscan: bool | None = None
    ) -> None:
        self.pack = pack.digest
        self.problems: tuple[RuleProblem, ...] = pack.problems
        self.loaded = len(pack.rules)
        chosen, self.reasons = choose(pack.rules)
        digest = hashlib.sha256(f"{pack.digest} records".encode()).hexdigest()
        own = msgspec.structs.replace(pack, rules=chosen, digest=digest, problems=())
        self.rules = RuleSet(own, hyperscan)
        self._judge = RecordJudge(self.rules)
        home = parse_addresses("$HOME_NET", effective(variables))
        self._sides = Sides(own, self.rules.headers, home)
        self._thresholds = Thresholds()
        self._classes: dict[ClassKey, dict[int, bool]] = {}
        self._columns: dict[tuple[str, int, str], dict[str, frozenset[int]]] = {}
        self._shapes: dict[tuple[str, frozenset[str]], int] = {}
        self._last_shape: tuple[Any, ...] = ()
        self.records: Counter[str] = Counter()
        self.alerts = 0

    def match_events(self, events: Sequence[Event], origin: Origin) -> Iterator[tuple[int, Detection]]:
        """(position, detection) of every match, in order; one Origin serves a whole file."""
        for position, found, claim in self.claims(events, origin):
            if self.allows(claim):
                yield position, found

    def claims(self, events: Sequence[Event], origin: Origin) -> Iterator[tuple[int, Detection, Claim]]:
        """As `match_events`, without the rules' thresholds. Depends on nothing seen before."""
        for position, event in enumerate(events):
            columns = columns_of(event)
            if columns is None:
                continue
            self._count(columns)
            up = self._candidates(columns, 0)
            down = self._candidates(columns, 1) if columns.down else _NONE
            by_header = self.rules.ip_only.always or self._of_transport(columns.protocol)
            if up or down or by_header:
                masks, family = self._masks(event, columns)
                up = self._open_to(up, columns, masks, family, 0)
                down = self._open_to(down, columns, masks, family, 1)
                if up or down or by_header:
                    for match, flow, direction in self._matches(event, columns, masks, up, down):
                        found = detection(match, flow, direction, event, columns, origin, self.pack)
                        source, target = (flow.server, flow.client) if direction else (flow.client, flow.server)
                        yield position, found, Claim(match.number, source, target, event.time)

    def is_limited(self, claim: Claim) -> bool:
        """Whether the rule has a threshold at all."""
        return bool(self.rules.rules[claim.rule].thresholds)

    def allows(self, claim: Claim) -> bool:
        """Not more often than the rule wants, in the time of the records, where that and the address are known."""
        number, source, target, time = claim
        allowed = time is None or all(
            self._thresholds.allows(number, index, rate, source, target, time)
            for index, rate in enumerate(self.rules.rules[number].thresholds)
            if (source or rate.track not in ("by_src", "by_both"))
            and (target or rate.track not in ("by_dst", "by_both"))
        )
        self.alerts += allowed
        return allowed

    def coverage(self) -> list[Coverage]:
        """For each sort of record read: rules that were judged on it, the rest by the buffer that it lacks."""
        found = []
        for (kind, have), records in sorted(self._shapes.items(), key=lambda item: (item[0][0], -item[1])):
            missing: Counter[str] = Counter()
            for rule in self.rules.rules:
                lacking = sorted(needs(rule) - have - ADDRESSES)
                if lacking:
                    missing[lacking[0]] += 1
            found.append(Coverage(kind, records, len(self.rules.rules) - missing.total(), dict(missing.most_common())))
        return found

    def take_counts(self) -> tuple[dict[str, int], list[tuple[str, list[str], int]]]:
        """What `coverage` rests on, since this was last asked."""
        records, shapes = (
            dict(self.records),
            [(kind, sorted(have), count) for (kind, have), count in self._shapes.items()],
        )
        self.records, self._shapes = Counter(), {}
        return records, shapes

    def add_counts(self, records: Mapping[str, int], shapes: Iterable[tuple[str, Sequence[str], int]]) -> None:
        """What another engine over the same pack counted."""
        self.records.update(records)
        for kind, have, count in shapes:
            self._add_shape((kind, frozenset(have)), count)

    # -- candidates ------------------------------------------------------------------------------------------------

    def _count(self, columns: Columns) -> None:
        self.records[columns.kind] += 1
        shape = (columns.kind, frozenset((*columns.up, *columns.down)))
        if shape != self._last_shape:
            self._last_shape = shape
            self._last_key = (columns.kind, buffers_of(columns))
        self._add_shape(self._last_key, 1)

    def _add_shape(self, key: tuple[str, frozenset[str]], count: int) -> None:
        if key in self._shapes or len(self._shapes) < MAX_SHAPES:
            self._shapes[key] = self._shapes.get(key, 0) + count

    def _point(self, app: str | None, direction: int) -> Point | None:
        return self.rules.transactions.get(("http" if app == "http2" else app or "", direction))

    def _candidates(self, columns: Columns, direction: int) -> frozenset[int]:
        """Rules of which a leading literal stands in one of the columns, and those without one."""
        texts = columns.down if direction else columns.up
        point = self._point(columns.app, direction) if texts else None
        if point is None:
            return _NONE
        wanted = frozenset(point.always) if point.always else _NONE
        app = "http" if columns.app == "http2" else columns.app or ""
        for column, text in texts.items():
            known = self._columns.get((app, direction, column))
            if known is None:
                known = self._columns[app, direction, column] = {}
            found = known.get(text)
            if found is None:
                found = self._scan(point, column, text)
                if len(text) <= MAX_REMEMBERED:
                    if len(known) >= MAX_KNOWN:
                        known.clear()
                    known[text] = found
            if found:
                wanted = wanted | found if wanted else found
        return wanted

    def _open_to(
        self, numbers: frozenset[int], columns: Columns, masks: Masks, family: int, direction: int
    ) -> frozenset[int]:
        """Those of these rules whose header and state hold for records of this class."""
        if not numbers:
            return _NONE
        key = (masks, family, direction, columns.protocol, columns.app, columns.established)
        known = self._classes.get(key)
        if known is None:
            if len(self._classes) >= MAX_CLASSES:
                self._classes.clear()
            known = self._classes[key] = {}
        unknown = numbers - known.keys()
        if unknown:
            known.update((number, self._may(number, key)) for number in unknown)
        return frozenset([number for number in numbers if known[number]])

    def _may(self, number: int, key: ClassKey) -> bool:
        masks, family, direction, protocol, app, established = key
        rule = self.rules.rules[number]
        return in_state(rule, app, established) and may_ever(rule, masks, protocol, family, direction)

    def _scan(self, point: Point, column: str, text: str) -> frozenset[int]:
        found: set[int] = set()
        for buffer, raw in derive(column, text):
            for (name, transforms), (matcher, owners) in point.buffers.items():
                if name != buffer:
                    continue
                value = raw
                for transform in transforms:
                    value = transform_of(transform)(value)
                for hit in matcher.scan(value):
                    found.update(owners[hit])
        return frozenset(found)

    def _of_transport(self, protocol: int) -> Point | None:
        """Rules that ask for addresses, ports and the protocol alone."""
        name = "tcp" if protocol == TCP else "udp" if protocol == UDP else "other"
        point = self.rules.packets[name]
        return point if point.always else None

    # -- judgement -------------------------------------------------------------------------------------------------

    def _matches(
        self, event: Event, columns: Columns, masks: Masks, up: frozenset[int], down: frozenset[int]
    ) -> Iterator[tuple[Match, Flow, int]]:
        """Matches of both directions in order of precedence, after pass rules."""
        flow = _flow(event, columns, masks)
        found: list[tuple[Match, int]] = []
        for direction, numbers in ((0, up), (1, down)):
            if numbers:
                scene = _scene(flow, columns, direction)
                found += [(match, direction) for match in self._judge.decide(numbers, scene)]
        if flow.client and flow.server:
            found += self._by_header(flow, columns)
        found.sort(key=lambda one: one[0].number)
        for match, direction in found[:MAX_ALERTS]:
            if match.rule.action == "pass" and not match.rule.told:
                return
            if self._proved(match, flow, direction):
                yield match, flow, direction
            if match.rule.action == "pass":
                return

    def _masks(self, event: Event, columns: Columns) -> tuple[Masks, int]:
        """The header groups of both sides, and the length of the client's address."""
        sides = self._sides
        client = packed(event.src_ip)
        masks = (
            sides.address(client, columns.client_is),
            sides.address(packed(event.dst_ip), columns.server_is),
            sides.port(event.src_port),
            sides.port(event.dst_port),
        )
        return masks, len(client)

    def _by_header(self, flow: Flow, columns: Columns) -> Iterator[tuple[Match, int]]:
        """Rules on addresses, ports and protocol: of the client's direction, and of the answer's where it was one."""
        for point in (self.rules.ip_only, self._of_transport(columns.protocol)):
            if point is not None and point.always:
                for direction in (0, 1) if columns.established else (0,):
                    scene = Scene(flow, direction, None, None)
                    for match in self._judge.at(point, scene, None, whole_flow=True):
                        yield match, direction

    def _proved(self, match: Match, flow: Flow, direction: int) -> bool:
        """Whether an address that the rule looks at is known."""
        asked = needs(match.rule) & ADDRESSES
        source, target = (flow.server, flow.client) if direction else (flow.client, flow.server)
        return ("ip.src" not in asked or bool(source)) and ("ip.dst" not in asked or bool(target))


def _flow(event: Event, columns: Columns, masks: Masks) -> RecordFlow:
    packet = Packet(event.line, event.time or 0, b"")
    packet.protocol = columns.protocol
    packet.src, packet.dst = packed(event.src_ip), packed(event.dst_ip)
    packet.sport, packet.dport = event.src_port, event.dst_port
    flow = RecordFlow(packet, key_of(packet), 0)
    flow.masks = masks
    flow.app = columns.app
    flow.seen = [True, columns.established]
    if columns.established:
        flow.session = flow.was_established = True
        flow.state = ESTABLISHED
    return flow


def _scene(flow: Flow, columns: Columns, direction: int) -> Scene:
    texts = columns.down if direction else columns.up
    values = {buffer: (raw,) for column, text in texts.items() for buffer, raw in derive(column, text)}
    return Scene(flow, direction, None, None, View(_VIEW, 0, direction, Fields(values)))


__all__ = ["Coverage", "NetworkLogEngine"]
