"""The axis of a timeline: moments to places between 0 and 1, idle stretches shortened, ticks in local time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from atttcli.clock import DAY, HOUR, MINUTE, SECOND, VIETNAM, from_micros, to_micros

_SHORT = 0.07  # of the axis: what an idle stretch is shortened to
_IDLE = 0.4  # of the axis: a stretch without anything that is longer is idle
_MOST_BREAKS = 4
_STEPS = (
    *(SECOND * n for n in (1, 5, 15, 30)),
    *(MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(HOUR * n for n in (1, 2, 3, 6, 12)),
    *(DAY * n for n in (1, 2, 5, 7, 14, 30, 60, 90, 180, 365, 730, 3650, 36500)),
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of the axis: from `start` to `end` in time, `left` to `right` on paper; `idle` ones are shortened."""

    start: int
    end: int
    left: float
    right: float
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """Stretches from left to right."""

    stretches: tuple[Stretch, ...]

    def place(self, moment: int) -> float:
        """Where a moment stands, 0 to 1; before the first and after the last at the edge."""
        for one in self.stretches:
            if moment <= one.end:
                part = (moment - one.start) / (one.end - one.start) if one.end > one.start else 0.0
                return one.left + max(part, 0.0) * (one.right - one.left)
        return 1.0

    @property
    def breaks(self) -> tuple[float, ...]:
        """The middles of shortened stretches."""
        return tuple((one.left + one.right) / 2 for one in self.stretches if one.idle)

    def ticks(self, most: int) -> Iterator[tuple[float, str]]:
        """At most about `most` round moments with their text, in order; each day is named once."""
        worked = sum(one.end - one.start for one in self.stretches if not one.idle) or 1
        step = next((step for step in _STEPS if worked / step <= most), _STEPS[-1])
        day = ""
        for one in self.stretches:
            moments = _edges(one) if one.idle else _round_moments(one, step)
            for moment in moments:
                told = from_micros(moment, VIETNAM)
                date = f"{told:%d/%m}" if step < 120 * DAY else f"{told:%m/%Y}"
                clock = f"{told:%H:%M:%S}" if step < MINUTE else f"{told:%H:%M}"
                text = date if step >= DAY else clock if date == day else f"{clock} {date}"
                if step < DAY or date != day:
                    yield self.place(moment), text
                day = date


def axis_of(moments: Iterable[int]) -> Axis:
    """The axis over all moments; stretches without any that would take most of the paper are shortened."""
    marks = sorted(set(moments))
    if len(marks) < 2:
        middle = marks[0] if marks else 0
        return Axis((Stretch(middle - 5 * MINUTE, middle + 5 * MINUTE, 0.0, 1.0),))
    gaps = {(first, second): second - first for first, second in pairwise(marks)}
    idle: set[tuple[int, int]] = set()
    for _step in range(_MOST_BREAKS):
        worked = {gap: long for gap, long in gaps.items() if gap not in idle}
        longest = max(worked, key=lambda gap: (worked[gap], -gap[0]))
        if len(worked) < 2 or worked[longest] < _IDLE * sum(worked.values()) or worked[longest] < HOUR:
            break
        idle.add(longest)
    worked_sum = sum(long for gap, long in gaps.items() if gap not in idle)
    scale = (1.0 - _SHORT * len(idle)) / worked_sum
    stretches: list[Stretch] = []
    left = 0.0
    for gap, long in gaps.items():
        right = left + (_SHORT if gap in idle else long * scale)
        last = stretches[-1] if stretches else None
        if last is not None and not last.idle and gap not in idle:
            stretches[-1] = Stretch(last.start, gap[1], last.left, right)
        else:
            stretches.append(Stretch(*gap, left, right, gap in idle))
        left = right
    return Axis(tuple(stretches))


def _edges(one: Stretch) -> tuple[int, ...]:
    """Where work went on after an idle stretch; and where the axis begins, when it begins with one."""
    return (one.start, one.end) if one.left == 0.0 else (one.end,)


def _round_moments(one: Stretch, step: int) -> Iterator[int]:
    """Whole multiples of the step, counted from local midnight of the stretch's first day; its own begin when there is none."""
    begin = from_micros(one.start, VIETNAM)
    midnight = to_micros(begin.replace(hour=0, minute=0, second=0, microsecond=0))
    moment = midnight + -(-(one.start - midnight) // step) * step
    if moment > one.end:
        yield one.start
    for _count in range(60):
        if moment > one.end:
            return
        yield moment
        moment += step
