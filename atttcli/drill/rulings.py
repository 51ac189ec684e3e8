"""The score of an exercise on real systems: there is no script, so what judges recognise is what counts. Pure.

Every red action that the judges recognise asks two things of the defence: that it is noticed and that it is stopped. Each is worth
the best ruling on a blue action that answers it, times its time since the red action, halved without proof. Objectives of other
abilities (reporting, evidence, recovery ...) are worth the mean of the rulings on what is bound to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from atttcli.drill.play import Play
from atttcli.drill.rating import verdict
from atttcli.model.drill import Goal, LogLine, Said, Scenario, ScoreLine

POINTS = 10.0
HALF = 0.5
DIM_OF = {
    "phat-hien": "detect", "xac-minh": "triage", "ngan-chan": "contain", "bao-cao": "report", "dieu-phoi": "playbook",
    "khoi-phuc": "playbook", "bang-chung": "evidence",
}  # fmt: skip
_ASKED = {"detect": "phat-hien", "contain": "ngan-chan"}
Timing = Callable[[int, int, int], float]


class Rulings:
    """The log of one drill, asked line by line. Nothing after the end counts."""

    def __init__(self, scenario: Scenario, play: Play, timing: Timing) -> None:
        self.scenario = scenario
        self.play = play
        self.timing = timing
        end = play.ended
        self.log = [one for one in play.log if end is None or one.at <= end]

    def ruling(self, line: LogLine) -> tuple[float | None, str]:
        """What the judges make of a line, and who disagrees."""
        return verdict(self.play.grades.get(line.id, {}).values())

    def recognised(self) -> list[LogLine]:
        """Red actions that the judges recognise, wholly or partly."""
        return [one for one in self.log if one.side == "red" and (self.ruling(one)[0] or 0.0) > 0]

    def lines(self) -> Iterator[ScoreLine]:
        """Two lines for each recognised red action, one for each objective of another ability."""
        red = self.recognised()
        for action in red:
            for what, capability in _ASKED.items():
                yield self._answered(action, what, capability)
        if not red:
            return
        for goal in self.scenario.goals:
            if goal.capability not in _ASKED.values():
                yield self._bound(goal)

    def _answered(self, action: LogLine, what: str, capability: str) -> ScoreLine:
        target, limit = self.scenario.scope.limits(what) if self.scenario.scope else (0, 0)
        found = [one for one in self.log if one.side == "blue" and one.answers == action.id and one.what == what]
        worth = [(self._worth(one, action, target, limit), one) for one in found]
        best = max(worth, key=lambda one: (one[0][0], -one[1].seq), default=None)
        value, reason = best[0] if best else (0.0, "missed" if what == "detect" else "never")
        disagreed = "; ".join(filter(None, (self.ruling(action)[1], self.ruling(best[1])[1] if best else "")))
        cited = (action.seq, *self._graded(action), *((best[1].seq, *self._graded(best[1])) if best else ()))
        return ScoreLine(
            id=f"{action.id}.{what}",
            expectation=action.id,
            inject=action.id,
            goal=self._goal(action, capability),
            dim=what,
            points=POINTS,
            value=value,
            reason=reason,
            took=max(0, best[1].active - action.active) if best else -1,
            target=target,
            limit=limit,
            entries=cited,
            disagreed=disagreed,
        )

    def _goal(self, action: LogLine, capability: str) -> str:
        """The objective that a line counts for: the one of its ability; what red named decides among several."""
        fitting = [one.id for one in self.scenario.goals if one.capability == capability]
        return action.goal if action.goal in fitting else next(iter(fitting), self.scenario.goals[0].id)

    def _worth(self, line: LogLine, action: LogLine, target: int, limit: int) -> tuple[float, str]:
        ruled, _who = self.ruling(line)
        if ruled is None:
            return 0.0, "unruled"
        if line.active < action.active or line.at < action.at:
            return 0.0, "wrong"  # nobody stops what has not begun
        time = self.timing(line.active - action.active, target, limit)
        value = ruled * time
        if not line.evidence:
            return value * HALF, "no-evidence"
        if ruled < 1:
            return value, "partly" if ruled else "wrong"
        return value, "on-time" if time == 1 else "late" if time else "too-late"

    def _bound(self, goal: Goal) -> ScoreLine:
        lines = [one for one in self.log if one.side == "blue" and one.goal == goal.id and not one.what]
        ruled = [(one, self.ruling(one)) for one in lines]
        values = [(value or 0.0) * (1 if one.evidence else HALF) for one, (value, _who) in ruled]
        value = sum(values) / len(values) if values else 0.0
        return ScoreLine(
            id=f"{goal.id}.ruled",
            expectation=goal.id,
            inject="",
            goal=goal.id,
            dim=DIM_OF[goal.capability],
            points=POINTS,
            value=value,
            reason="right" if value == 1 else "partly" if value else "wrong" if lines else "never",
            entries=tuple(seq for one in lines for seq in (one.seq, *self._graded(one))) or (self._start(),),
            disagreed="; ".join(filter(None, (who for _one, (_value, who) in ruled))),
        )

    def _start(self) -> int:
        return min((one.seq for one in self.log), default=1)

    def _graded(self, line: LogLine) -> tuple[int, ...]:
        return tuple(sorted(one.seq for one in self.play.grades.get(line.id, {}).values()))

    def alarms(self, lines: tuple[ScoreLine, ...]) -> tuple[int, int, int]:
        """True alarms, false alarms (an attack was claimed and the judges rejected it) and what was missed."""
        asked = [one for one in lines if one.id.endswith(".detect")]
        found = sum(1 for one in asked if one.value > 0)
        claimed = [one for one in self.log if one.side == "blue" and one.what == "detect"]
        return found, sum(1 for one in claimed if self.ruling(one)[0] == 0), len(asked) - found

    def coverage(self, lines: tuple[ScoreLine, ...]) -> dict[str, list[float]]:
        """Technique -> how well each recognised red action that used it was noticed."""
        found: dict[str, list[float]] = {code: [] for code in self.scenario.techniques}
        values = {one.expectation: one.value for one in lines if one.id.endswith(".detect")}
        for action in self.recognised():
            if action.technique:
                found.setdefault(action.technique, []).append(values[action.id])
        return found


def line_texts(scenario: Scenario, play: Play) -> dict[str, Said]:
    """Words of what a score line is about: of an expectation, of a red action, or of an objective."""
    found = {one.id: one.text for one in scenario.goals}
    found |= {one.id: Said(one.text, one.text) for one in play.log}
    found |= {one.id: one.text for one in scenario.expectations}
    return found
