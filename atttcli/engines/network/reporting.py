"""From matches to alerts: pass rules, thresholds and suppressions, the limit per packet, what an engine in the line would block."""

from __future__ import annotations

from atttcli.engine import EngineProblem
from atttcli.engines.network.counts import Counts
from atttcli.engines.network.eve import detection, tunnel_object
from atttcli.engines.network.flow import Flow
from atttcli.engines.network.judge import Judge, Match
from atttcli.engines.network.quieting import Quieting
from atttcli.engines.network.ruleset import RuleSet
from atttcli.engines.network.settings import Settings
from atttcli.engines.network.sightings import Sighted
from atttcli.engines.network.threshold import Thresholds
from atttcli.model.alert import Detection, Origin
from atttcli.rulepack.network.limits import Limits
from atttcli.sources.capture.decode import Packet

MAX_ALERTS = 15  # per packet
BLOCKING = frozenset(("drop", "reject", "rejectsrc", "rejectdst", "rejectboth"))


class Reporting:
    """The judge of a capture, and what becomes of its matches. `_now` and `_number` are of the packet at hand."""

    def __init__(self, rules: RuleSet, pack: str, settings: Settings, limits: Limits | None) -> None:
        self._rules = rules
        self._judge = Judge(rules)
        self._thresholds = Thresholds()
        self._quieting = Quieting(limits)
        self._origin = Origin("", "")
        self._pack = pack
        self._counts = Counts()
        self.carrier: Packet | None = None  # the tunnel's packet around the one at hand
        self._now = 0
        self._number = 0
        self._settings = settings
        self.results: list[Detection | Sighted | EngineProblem] = []

    def take(self) -> list[Detection | Sighted | EngineProblem]:
        """Results since the last call."""
        taken, self.results = self.results, []
        return taken

    def _report(self, flow: Flow, direction: int, matches: list[Match]) -> None:
        """Pass rules, thresholds, the limit per packet; the rest become detections."""
        if not matches or flow.passed:
            return
        matches.sort(key=lambda match: match.number)
        src, dst = (flow.server, flow.client) if direction else (flow.client, flow.server)
        kept = 0
        quieting = self._quieting
        for match in matches:
            rule = match.rule
            if rule.action == "pass":
                flow.passed = flow.passed or match.whole_flow or not rule.groups
                if not rule.told:
                    return
            action = quieting.action(match.number, rule, src, dst, self._now)
            if action == "suppress" or (action == "pass" and rule.action != "pass"):
                continue
            blocked = self._settings.inline and action in BLOCKING
            if blocked:
                flow.dropped = flow.dropped or match.whole_flow or not rule.groups
            if not all(
                self._thresholds.allows(match.number, index, rate, src, dst, self._now)
                for index, rate in enumerate(quieting.thresholds(match.number, rule))
            ):
                continue
            if rule.noalert:
                continue
            kept += 1
            if kept > MAX_ALERTS:
                return
            self._counts.alerts += 1
            found = detection(match, flow, direction, self._now, self._number, self._origin, self._pack)
            if self.carrier is not None and flow.last == self._now:
                found.detail["tunnel"] = tunnel_object(self.carrier)
            if blocked:
                found.detail["alert"]["action"] = "blocked"
            self.results.append(found)
            if rule.action == "pass":
                return
