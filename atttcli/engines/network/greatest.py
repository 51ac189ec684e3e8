"""The greatest of very many: totals by key in bounded memory."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Greatest(Generic[Key]):
    """Several totals for each key, ordered by the first. Where there are more than `most` keys the lesser half is forgotten:
    totals of what stays may then be too low, by what was forgotten of the same key before (`exact` says whether they are).
    """

    def __init__(self, width: int, most: int = 20_000) -> None:
        self._width = width
        self._most = most
        self._totals: dict[Key, list[int]] = {}
        self._times: dict[Key, list[int]] = {}
        self.exact = True

    def add(self, key: Key, time: int, *amounts: int) -> None:
        """Add to a key's totals; `time` in microseconds widens its first and last."""
        known = self._totals.get(key)
        if known is None:
            if len(self._totals) >= self._most:
                self._forget()
            known = self._totals[key] = [0] * self._width
            self._times[key] = [time, time]
        for index, amount in enumerate(amounts):
            known[index] += amount
        span = self._times[key]
        if time < span[0]:
            span[0] = time
        elif time > span[1]:
            span[1] = time

    def _forget(self) -> None:
        self.exact = False
        kept = sorted(self._totals, key=lambda key: -self._totals[key][0])[: self._most // 2]
        self._totals = {key: self._totals[key] for key in kept}
        self._times = {key: self._times[key] for key in kept}

    def __len__(self) -> int:
        return len(self._totals)

    def first(self, count: int) -> Iterator[tuple[Key, list[int], int, int]]:
        """The greatest: key, totals, first and last time; equals in order of first sight."""
        for key in sorted(self._totals, key=lambda key: -self._totals[key][0])[:count]:
            low, high = self._times[key]
            yield key, self._totals[key], low, high


class Timeline:
    """An amount over time in at most `most` steps: the steps grow wider as the time grows longer."""

    def __init__(self, most: int = 240) -> None:
        self._most = most
        self._steps: dict[int, int] = {}
        self.width = 1_000_000  # microseconds of one step

    def add(self, time: int, amount: int) -> None:
        """An amount at a time."""
        step = time // self.width
        if step not in self._steps:
            self._steps[step] = 0
            self._widen()
            step = time // self.width
        self._steps[step] += amount

    def _widen(self) -> None:
        while self._steps and max(self._steps) - min(self._steps) >= self._most:
            wider: dict[int, int] = {}
            for step, amount in self._steps.items():
                wider[step // 2] = wider.get(step // 2, 0) + amount
            self._steps = wider
            self.width *= 2

    def steps(self) -> list[tuple[int, int]]:
        """Begin of each step in microseconds and its amount, empty ones between the first and the last included."""
        if not self._steps:
            return []
        low, high = min(self._steps), max(self._steps)
        return [(step * self.width, self._steps.get(step, 0)) for step in range(low, high + 1)]
