"""One rule watched while the engine judges a capture: for each flow the step at which it failed, or its alerts.

The engine itself judges, with all rules of the pack; beside it every scene that the rule could be judged on is diagnosed. Where
diagnosis and judgement differ the difference is counted (`Trace.differ`): it is a fault of ours, and tests hold it at none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from atttcli.engines.network.diagnosis import (
    Rank,
    Reason,
    Sides,
    application_reason,
    diagnose,
    header_reason,
)
from atttcli.engines.network.eve import PROTOCOLS
from atttcli.engines.network.flow import Flow, key_of
from atttcli.engines.network.judge import Judge, Match, Scene
from atttcli.engines.network.quieting import Quieting
from atttcli.engines.network.reporting import MAX_ALERTS
from atttcli.engines.network.ruleset import Point, RuleSet
from atttcli.engines.network.shown import seen_object
from atttcli.engines.network.sightings import address_text
from atttcli.engines.network.threshold import Thresholds
from atttcli.engines.network.traffic import Traffic
from atttcli.model.alert import Detection
from atttcli.rulepack.network.values import Rule, Threshold
from atttcli.sources.capture.decode import Packet

MOST_GROUPS = 500
MOST_EXAMPLES = 5
MOST_ALERTS = 1000
MOST_MATCHES = 64  # of one flow
Ends = tuple[str, int, str, int]


class Watched(NamedTuple):
    """The flow asked for, whichever way it goes; None: all."""

    ends: frozenset[tuple[str, int]] | None = None

    def covers(self, flow: Flow) -> bool:
        """Whether this flow is meant."""
        if self.ends is None:
            return True
        return self.ends == {
            (address_text(flow.client), flow.client_port),
            (address_text(flow.server), flow.server_port),
        }


@dataclass(slots=True)
class Progress:
    """How far the rule came on one open flow."""

    reason: Reason | None = None
    fates: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Failed:
    """Flows on which the rule failed at the same step."""

    reason: Reason
    flows: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Trace:
    """What came of one rule on a capture. `kept` ends in flows that alerted; `failed` by step, most flows first."""

    flows: int = 0
    alerts: int = 0
    alerted: list[dict[str, Any]] = field(default_factory=list)
    quiet: list[dict[str, Any]] = field(default_factory=list)
    failed: dict[str, Failed] = field(default_factory=dict)
    unlisted: int = 0
    differ: int = 0

    def groups(self) -> list[Failed]:
        """The step that most flows failed at first."""
        return sorted(self.failed.values(), key=lambda one: (-one.flows, one.reason.rank))

    def add(self, reason: Reason, told: dict[str, Any]) -> None:
        """One more flow that failed there."""
        key = json.dumps([reason.step, dict(reason.facts)], sort_keys=True, default=str)
        group = self.failed.get(key)
        if group is None:
            if len(self.failed) >= MOST_GROUPS:
                self.unlisted += 1
                return
            group = self.failed[key] = Failed(reason)
        group.flows += 1
        if len(group.examples) < MOST_EXAMPLES:
            group.examples.append(told | {"nearest": dict(reason.nearest)})


class TracedJudge(Judge):
    """The judge, which also looks at every scene that one rule is registered for."""

    def __init__(self, rules: RuleSet, number: int, look: Callable[[Scene], bool | None], trace: Trace) -> None:
        super().__init__(rules)
        self._number, self._look, self._trace = number, look, trace
        points = (
            *rules.packets.values(),
            rules.stream,
            rules.ip_only,
            *rules.transactions.values(),
            *rules.whole.values(),
        )
        self._watched = {id(point) for point in points if _holds(point, number)}

    def at(self, point: Point, scene: Scene, transaction: int | None, *, whole_flow: bool) -> list[Match]:
        """As the judge; a scene that the prefilter leaves out is looked at in its turn."""
        wanted = self._sieve(point, scene.flow, scene.direction).candidates(scene)
        if id(point) not in self._watched or self._number in wanted:
            return self._among(wanted, scene, transaction, whole_flow) if wanted else []
        matches = self._among([n for n in wanted if n < self._number], scene, transaction, whole_flow)
        self._trace.differ += self._look(scene) is True
        return matches + self._among([n for n in wanted if n > self._number], scene, transaction, whole_flow)

    def together(self, places: Sequence[tuple[Point, Scene]]) -> list[Match]:
        """As the judge: by number first, then by place."""
        waiting = []
        for index, (point, scene) in enumerate(places):
            wanted = self._sieve(point, scene.flow, scene.direction).candidates(scene)
            waiting += [(number, index, True) for number in wanted]
            if id(point) in self._watched and self._number not in wanted:
                waiting.append((self._number, index, False))
        matches: list[Match] = []
        for number, index, is_candidate in sorted(waiting):
            if is_candidate:
                matches += self._among((number,), places[index][1], None, False)
            else:
                self._trace.differ += self._look(places[index][1]) is True
        return matches

    def _among(self, numbers: Sequence[int], scene: Scene, transaction: int | None, whole_flow: bool) -> list[Match]:
        if self._number not in numbers:
            return super()._among(numbers, scene, transaction, whole_flow)
        before = [number for number in numbers if number < self._number]
        matches = super()._among(before, scene, transaction, whole_flow)
        holds = self._look(scene)
        own = super()._among((self._number,), scene, transaction, whole_flow)
        self._trace.differ += holds is not None and holds != bool(own)
        after = [number for number in numbers if number > self._number]
        return matches + own + super()._among(after, scene, transaction, whole_flow)


class _Thresholds(Thresholds):
    """Remembers which answer the watched rule got."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self.refused: Threshold | None = None

    def allows(self, rule: int, index: int, rate: Threshold, src: bytes, dst: bytes, time: int) -> bool:
        """As Thresholds."""
        allowed = super().allows(rule, index, rate, src, dst, time)
        if rule == self._number and not allowed:
            self.refused = rate
        return allowed


class _Quieting(Quieting):
    """Remembers what became of the watched rule."""

    number = -1
    said = ""

    def action(self, number: int, rule: Rule, src: bytes, dst: bytes, time: int) -> str:
        """As Quieting."""
        action = super().action(number, rule, src, dst, time)
        if number == self.number:
            self.said = action
        return action


class TracedTraffic(Traffic):
    """The engine's traffic with one rule watched. Made by `traced`, given to `NetworkEngine.begin`."""

    def __init__(
        self, rules: RuleSet, pack: str, *, number: int, sides: Sides, watched: Watched, trace: Trace, **options: Any
    ) -> None:
        super().__init__(rules, pack, **options)
        self._watch, self._sides, self._wanted, self._trace = number, sides, watched, trace
        self._rule = rules.rules[number]
        self._open: dict[int, Progress] = {}
        self._judge = self._traced = TracedJudge(rules, number, self._look, trace)
        self._thresholds = self._recorded = _Thresholds(number)
        self._quieting = self._action = _Quieting(options.get("limits"))
        self._action.number = number

    def _progress(self, flow: Flow) -> Progress:
        known = self._open.get(flow.id)
        if known is None:
            known = self._open[flow.id] = Progress()
        return known

    def _look(self, scene: Scene) -> bool | None:
        """Diagnose a scene; whether the rule holds there, None where nobody asked."""
        if not self._wanted.covers(scene.flow):
            return None
        reason = diagnose(self._rule, self._rules, self._sides, scene, self._traced._marks)
        known = self._progress(scene.flow)
        if reason is None and not _changes_sets(self._rule):
            return True
        if reason is None:  # whether the value was new is known to the judge alone
            reason = Reason("dataset", Rank.BUFFER * 10, {"buffer": self._rule.groups[-1].buffer, "what": "dataset"})
        if known.reason is None or reason.rank > known.reason.rank:
            known.reason = reason
        return None if _changes_sets(self._rule) else False

    def _invalid(self, packet: Packet) -> None:
        super()._invalid(packet)
        if 0 in self._open:
            self._close_trace(Flow(packet, key_of(packet), 0))

    def _end(self, flow: Flow) -> None:
        super()._end(flow)
        if self._wanted.covers(flow):
            self._close_trace(flow)

    def _close_trace(self, flow: Flow) -> None:
        known = self._open.pop(flow.id, None) or Progress()
        self._trace.flows += 1
        told = ends_of(flow)
        alerts = [fate for fate in known.fates if fate["fate"] == "alert"]
        if alerts and len(self._trace.alerted) < MOST_ALERTS:
            self._trace.alerted.append(told | {"matches": alerts})
        quiet = [fate for fate in known.fates if fate["fate"] != "alert"]
        if quiet and len(self._trace.quiet) < MOST_ALERTS:
            self._trace.quiet.append(told | {"matches": quiet})
        if not known.fates:
            self._trace.add(known.reason or self._of_flow(flow), told)

    def _of_flow(self, flow: Flow) -> Reason:
        """Why the rule was never judged on a flow: its header, its application, or there was nothing to look at."""
        ways = [header_reason(self._rule, self._rules, self._sides, flow, direction) for direction in (0, 1)]
        if all(way is not None for way in ways):
            return max((way for way in ways if way is not None and way.step != "direction"), key=lambda one: one.rank,
                       default=Reason("direction", Rank.DIRECTION, {"wanted": self._rule.direction}))  # fmt: skip
        if self._rule.apps and flow.app not in self._rule.apps:
            return application_reason(self._rule.apps, flow.app)
        return Reason("no_data", Rank.NO_DATA, {"session": flow.session, "app": flow.app or ""})

    def _report(self, flow: Flow, direction: int, matches: list[Match]) -> None:
        mine = [match for match in matches if match.number == self._watch]
        if not mine or not self._wanted.covers(flow):
            super()._report(flow, direction, matches)
            return
        passed, before = flow.passed, len(self.results)
        self._recorded.refused, self._action.said = None, ""
        super()._report(flow, direction, matches)
        name = f"{self._rule.gid}:{self._rule.sid}"
        told = sum(isinstance(one, Detection) and one.rule_id == name for one in self.results[before:])
        self._trace.alerts += told
        known = self._progress(flow)
        for index, match in enumerate(mine):
            if len(known.fates) >= MOST_MATCHES:
                break
            fate = {"fate": "alert"} if index < told else self._fate(matches, passed)
            place = {"packet": self._number, "time": self._now, "direction": "to_client" if direction else "to_server"}
            buffers = [seen_object(one) for one in match.seen]
            known.fates.append(fate | place | {"transaction": match.transaction, "buffers": buffers})

    def _fate(self, matches: Sequence[Match], passed: bool) -> dict[str, Any]:
        """Why a match of the rule became no alert."""
        if passed:
            return {"fate": "passed"}
        if self._rule.noalert:
            return {"fate": "noalert"}
        if self._action.said in ("suppress", "pass") and self._rule.action != "pass":
            return {"fate": "suppress"}
        rate = self._recorded.refused
        if rate is not None:
            return {
                "fate": "threshold",
                "kind": rate.kind,
                "track": rate.track,
                "count": rate.count,
                "seconds": rate.seconds,
            }
        first = next((one.rule for one in matches if one.rule.action == "pass" and one.number < self._watch), None)
        if first is not None:
            return {"fate": "passed", "by": first.sid}
        return {"fate": "limit", "count": MAX_ALERTS}


def traced(number: int, sides: Sides, watched: Watched, trace: Trace) -> Callable[..., Traffic]:
    """What `NetworkEngine.begin(traffic=...)` takes."""

    def make(rules: RuleSet, pack: str, **options: Any) -> Traffic:
        return TracedTraffic(rules, pack, number=number, sides=sides, watched=watched, trace=trace, **options)

    return make


def ends_of(flow: Flow) -> dict[str, Any]:
    """A flow for people."""
    return {
        "flow_id": flow.id,
        "proto": PROTOCOLS.get(flow.protocol, str(flow.protocol)),
        "src_ip": address_text(flow.client),
        "src_port": flow.client_port,
        "dest_ip": address_text(flow.server),
        "dest_port": flow.server_port,
        "app_proto": flow.app or "",
        "begun": flow.begun,
    }


def _holds(point: Point, number: int) -> bool:
    if number in point.always or number in point.steady:
        return True
    return any(number in owners for _matcher, all_owners in point.buffers.values() for owners in all_owners)


def _changes_sets(rule: Rule) -> bool:
    return any(getattr(op, "command", "") in ("set", "unset") for group in rule.groups for op in group.ops)


__all__ = ["Failed", "Progress", "Trace", "TracedTraffic", "Watched", "ends_of", "traced"]
