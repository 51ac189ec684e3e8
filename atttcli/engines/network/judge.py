"""Judging: from the candidates of a packet, a piece of stream or a transaction to the rules that match."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from atttcli.engines.network.admit import Masks, admits, in_state, may_ever, note
from atttcli.engines.network.flow import Flow
from atttcli.engines.network.judgement import Run, Text
from atttcli.engines.network.marks import Marks
from atttcli.engines.network.packet_buffers import FLOW_READERS, PACKET_READERS
from atttcli.engines.network.prefilter import Matcher
from atttcli.engines.network.ruleset import PAYLOAD_KEY, BufferKey, Compiled, Point, RuleSet
from atttcli.engines.network.transforms import transform_of
from atttcli.engines.network.view import View
from atttcli.rulepack.network.values import Content, Pcre, Rule
from atttcli.sources.capture.decode import ICMP, ICMP6, Packet

MAX_WHY = 16
MAX_SIEVES = 4096
MAX_CLASSES = 65_536


class Seen(NamedTuple):
    """A buffer that met what a rule asks of it, and the options that were found at an offset in it."""

    buffer: str
    found: tuple[tuple[int, Content | Pcre], ...]
    text: bytes
    start: int  # offset of text[0] in the stream


class Match(NamedTuple):
    """A rule that matched, before thresholds."""

    number: int
    rule: Rule
    why: tuple[str, ...]
    transaction: int | None
    view: View | None
    whole_flow: bool  # a stream, transaction or address match: a pass rule ends the flow's alerts
    seen: tuple[Seen, ...] = ()  # one for each buffer the rule asks for


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
        if key is PAYLOAD_KEY:
            return (self.payload,) if self.payload is not None else ()
        known = self._texts.get(key)
        if known is None:
            known = self._texts[key] = self._make(key)
        return known

    def _make(self, key: BufferKey) -> tuple[Text, ...]:
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


class Sieve:
    """What is left of a point for one class of flows: the rules that header, application and state do not rule out.

    Literals are looked at when they are first found: a class meets few of them.
    """

    __slots__ = (
        "_app",
        "_direction",
        "_established",
        "_family",
        "_masks",
        "_protocol",
        "_rules",
        "always",
        "buffers",
        "steady",
    )

    def __init__(
        self, rules: Sequence[Rule], point: Point, flow: Flow, masks: Masks, direction: int, established: bool
    ) -> None:
        self._rules = rules
        self._masks = masks
        self._protocol = flow.protocol
        self._family = len(flow.client)
        self._direction = direction
        self._app = flow.app
        self._established = established
        self.always = self.kept(sorted(point.always))
        self.steady = self.kept(sorted(point.always | point.steady))  # where there is a payload
        self.buffers: list[tuple[BufferKey, Matcher, list[tuple[int, ...]], dict[int, tuple[int, ...]]]] = [
            (key, matcher, owners, {}) for key, (matcher, owners) in point.buffers.items()
        ]

    def kept(self, numbers: Iterable[int]) -> tuple[int, ...]:
        """Those of these rules that may match here."""
        return tuple(number for number in numbers if self._may(self._rules[number]))

    def _may(self, rule: Rule) -> bool:
        if not in_state(rule, self._app, self._established):
            return False
        return may_ever(rule, self._masks, self._protocol, self._family, self._direction)

    def candidates(self, scene: Scene) -> Sequence[int]:
        """Rules to be judged, in order of precedence."""
        wanted: set[int] = set()
        for key, matcher, owners, known in self.buffers:
            for text in scene.texts(key):
                for hit in matcher.scan(text.raw):
                    mine = known.get(hit)
                    if mine is None:
                        mine = known[hit] = self.kept(owners[hit])
                    if mine:
                        wanted.update(mine)
        always = self.always if scene.payload is None else self.steady
        if not wanted:
            return always
        wanted.update(always)
        return sorted(wanted)


class Judge:
    """Applies a rule set to scenes. `gave_up` counts judgements that ran out of tries."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._marks = Marks()
        self._classes: dict[tuple[int, int, int, int, int, int], int] = {}  # numbers of the classes of headers
        self._class_count = 0
        self._sieves: dict[tuple[int, int, int, str | None, bool], Sieve] = {}
        self.gave_up = 0
        self.candidates = 0

    def at(self, point: Point, scene: Scene, transaction: int | None, *, whole_flow: bool) -> list[Match]:
        """All matches at a point, in order of precedence."""
        wanted = self._sieve(point, scene.flow, scene.direction).candidates(scene)
        return self._among(wanted, scene, transaction, whole_flow) if wanted else []

    def together(self, places: Sequence[tuple[Point, Scene]]) -> list[Match]:
        """All matches of one packet at several points: the order of precedence holds across them."""
        waiting = [
            (number, index)
            for index, (point, scene) in enumerate(places)
            for number in self._sieve(point, scene.flow, scene.direction).candidates(scene)
        ]
        scenes = [scene for _, scene in places]
        matches: list[Match] = []
        for number, index in sorted(waiting):
            matches += self._among((number,), scenes[index], None, False)
        return matches

    def _sieve(self, point: Point, flow: Flow, direction: int) -> Sieve:
        established = flow.established
        kind = flow.kind
        if kind is None:
            kind = flow.kind = self._kind(flow)
        key = (point.number, kind, direction, flow.app, established)
        known = self._sieves.get(key)
        if known is None:
            if len(self._sieves) >= MAX_SIEVES:
                self._sieves.clear()
            known = Sieve(self._rules.rules, point, flow, self._masks(flow), direction, established)
            self._sieves[key] = known
        return known

    def _kind(self, flow: Flow) -> int:
        """The number of the class of flows whose addresses and ports lie in the same groups: there are few."""
        key = (*self._masks(flow), flow.protocol, len(flow.client))
        if len(self._classes) >= MAX_CLASSES:
            self._classes.clear()
        known = self._classes.get(key)
        if known is None:
            known = self._classes[key] = self._class_count
            self._class_count += 1
        return known

    def _masks(self, flow: Flow) -> Masks:
        headers = self._rules.headers
        ends = (headers.address(flow.client), headers.address(flow.server))
        if flow.protocol in (ICMP, ICMP6):
            return (*ends, -1, -1)
        return (*ends, headers.port(flow.client_port), headers.port(flow.server_port))

    def _among(self, numbers: Sequence[int], scene: Scene, transaction: int | None, whole_flow: bool) -> list[Match]:
        """The matches among rules that a sieve let through."""
        matches: list[Match] = []
        flow, direction = scene.flow, scene.direction
        known = self._rules.known
        for number in numbers:
            rule = known.get(number) or self._rules.compiled(number)
            if rule.guarded and not admits(rule.rule, flow, direction, scene.packet, self._marks):
                continue
            self.candidates += 1
            runs = self._matches(rule, scene)
            if runs is None:
                continue
            if rule.guarded:
                note(rule.rule, flow, direction, self._marks)
            for run, _ in runs:
                if run.captured:
                    flow.keep(run.captured)
            seen = tuple(_seen(rule, runs))
            matches.append(Match(number, rule.rule, _why(seen), transaction, scene.view, whole_flow, seen))
        return matches

    def holds(self, number: int, scene: Scene) -> bool:
        """Whether a rule's contents match a scene, without any consequence."""
        return self._matches(self._rules.compiled(number), scene) is not None

    def _matches(self, rule: Compiled, scene: Scene) -> list[tuple[Run, Text]] | None:
        """The judgement of each buffer and the buffer, or None where one is not met."""
        runs: list[tuple[Run, Text]] = []
        for key, step in rule.steps:
            for text in scene.texts(key):
                run = Run()
                if step(text, 0, run):
                    runs.append((run, text))
                    break
                if run.gave_up:
                    self.gave_up += 1
            else:
                return None
        return runs


def _seen(rule: Compiled, runs: Sequence[tuple[Run, Text]]) -> Iterator[Seen]:
    for group, (run, text) in zip(rule.rule.groups, runs, strict=True):
        found = tuple(
            (at, op)
            for index, at in sorted(run.found.items())
            if isinstance(op := group.ops[index], Content | Pcre) and not op.negated
        )
        name = group.buffer if not group.transforms else f"{group.buffer}; {'; '.join(group.transforms)}"
        yield Seen(name, found, text.raw, text.start)


def _why(seen: Iterable[Seen]) -> tuple[str, ...]:
    return tuple(line for one in seen for line in _lines(one))[:MAX_WHY]


def _lines(one: Seen) -> list[str]:
    buffer = one.buffer.partition(";")[0]
    lines = []
    for at, op in one.found:
        mark = '"' if isinstance(op, Content) else "/"
        lines.append(f"{buffer} @{one.start + at}: {mark}{op.pattern.decode('latin-1')}{mark}")
    return lines or [buffer]
