"""When somebody is reminded and when somebody else is told: pure, so that a drill runs the very same rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from atttcli.clock import DAY, HOUR

STAGES = ("soon", "overdue", "escalated")


@dataclass(frozen=True, slots=True)
class Watched:
    """Something with a clock. `object` is the human number (or a deadline's id); `code` tells its clocks apart.

    `since`: when the clock was started; `who` has to do it; `above` is told when they do not. `warn` and `wait`: how long
    before the end and after it that happens, where somebody laid it down (a playbook's step); else the rules below.
    """

    kind: str
    object: str
    code: str
    title: str
    due: int
    since: int
    who: str
    above: str
    command: str
    title_en: str = ""
    incident: str = ""
    warn: int | None = None
    wait: int | None = None


@dataclass(frozen=True, slots=True)
class Reminder:
    """A stage that a clock has reached; `to` is who is told."""

    watched: Watched
    stage: str
    to: str
    at: int


def lead_time(watched: Watched) -> int:
    """How long before the end people are reminded: a quarter of the span, at least an hour, at most two days."""
    if watched.warn is not None:
        return watched.warn
    return max(HOUR, min(2 * DAY, (watched.due - watched.since) // 4))


def grace(watched: Watched) -> int:
    """How long after the end it is told upwards: as long as the reminder came before it, at most a day."""
    return min(DAY, lead_time(watched)) if watched.wait is None else watched.wait


def reached(watched: Watched, now: int) -> Iterator[Reminder]:
    """The stages whose moment has come, in their order."""
    moments = (watched.due - lead_time(watched), watched.due, watched.due + grace(watched))
    for stage, at in zip(STAGES, moments, strict=True):
        if at <= now:
            yield Reminder(watched, stage, watched.above if stage == "escalated" else watched.who, at)


def fallen_due(watched: Iterable[Watched], now: int, told: Collection[tuple[str, str, str, int]]) -> Iterator[Reminder]:
    """What is to be told now. `told`: (object, code, stage, due) of what was; a re-planned clock begins anew.

    Of several stages that nobody was told, the last alone is told: after a long weekend nobody needs yesterday's warning.
    """
    for one in watched:
        stages = list(reached(one, now))
        if stages and (one.object, one.code, stages[-1].stage, one.due) not in told:
            yield stages[-1]
