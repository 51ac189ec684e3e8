"""The scenario's clock as a pure state machine: events with wall times in, scenario time and active time out.

Scenario time runs at a rate and jumps; active time is wall time without the pauses. Injects are due in scenario time, answers
are measured in active time, so that neither a pause nor fast-forwarding touches a score. No state but the events is kept: a
process that dies goes on from the journal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from atttcli.clock import SECOND
from atttcli.clock import Clock as WallClock
from atttcli.errors import Refused

READY, RUNNING, PAUSED, ENDED = "ready", "running", "paused", "ended"
UNIT = 1000  # rates are thousandths, so that nothing is rounded by floats
MAX_RATE = 100 * UNIT


SET_BACK = 5 * SECOND  # a journal may run ahead of the wall by microseconds; by more the wall was set back


class DrillClock(WallClock):
    """The wall clock of a drill: `shift` makes good what the computer's clock was set back by, so that no time runs twice."""

    def __init__(self, wall: WallClock, shift: int = 0) -> None:
        self.wall = wall
        self.shift = shift

    def now(self) -> int:
        """The wall's time, as if it had never been set back."""
        return self.wall.now() + self.shift


@dataclass(frozen=True, slots=True)
class Tick:
    """An event of the clock: start, pause, resume, rate, jump or end, at a wall time. `value`: rate, or where to jump."""

    kind: str
    at: int
    value: int = 0


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the clock stood at `since`. `scenario` and `active` in microseconds."""

    phase: str = READY
    since: int = 0
    scenario: int = 0
    active: int = 0
    rate: int = UNIT

    def at(self, moment: int) -> Clock:
        """The clock at a later wall time; an earlier one gives the clock as it stood."""
        if self.phase != RUNNING or moment <= self.since:
            return self
        passed = moment - self.since
        return replace(
            self, since=moment, scenario=self.scenario + passed * self.rate // UNIT, active=self.active + passed
        )

    def wall_of(self, scenario: int) -> int | None:
        """When this scenario time is reached if nothing changes; None when the clock stands."""
        if self.phase != RUNNING:
            return None
        return self.since + max(0, -(-(scenario - self.scenario) * UNIT // self.rate))


_FROM = {
    "start": (READY,),
    "pause": (RUNNING,),
    "resume": (PAUSED,),
    "rate": (RUNNING, PAUSED),
    "jump": (RUNNING, PAUSED),
    "end": (READY, RUNNING, PAUSED),
}
_TO = {"start": RUNNING, "pause": PAUSED, "resume": RUNNING, "end": ENDED}


def step(clock: Clock, event: Tick) -> Clock:
    """The clock after an event; Refused for one that cannot be now."""
    if clock.phase not in _FROM[event.kind]:
        raise Refused(f"the drill is {clock.phase}: no {event.kind} now", guard="clock", hint="atttcli drill status")
    now = clock.at(event.at)
    now = replace(now, since=max(now.since, event.at), phase=_TO.get(event.kind, now.phase))
    if event.kind == "rate":
        if not 0 < event.value <= MAX_RATE:
            raise Refused("the rate is above 0 and at most 100", guard="rate", hint="--rate 2")
        return replace(now, rate=event.value)
    if event.kind == "jump":
        if event.value < now.scenario:
            raise Refused("the scenario's clock never goes back", guard="jump", hint="atttcli drill status")
        return replace(now, scenario=event.value)
    return now


def fold(events: Iterable[Tick], until: int | None = None) -> Clock:
    """The clock after events in order of their times; with `until` as it stood at that moment."""
    clock = Clock()
    for event in events:
        if until is not None and event.at > until:
            break
        clock = step(clock, event)
    return clock if until is None else clock.at(until)
