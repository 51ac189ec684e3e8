"""`threshold` and `detection_filter`: how often a rule may speak. Windows begin with the first event, in packet time."""

from __future__ import annotations

from atttcli.clock import SECOND
from atttcli.rulepack.network.values import Threshold

MAX_TRACKED = 200_000

Key = tuple[int, int, bytes, bytes]


class Thresholds:
    """Counters of every rule and tracked address, bounded: the oldest windows are forgotten first."""

    def __init__(self) -> None:
        self._windows: dict[Key, list[int]] = {}

    def allows(self, rule: int, index: int, rate: Threshold, src: bytes, dst: bytes, time: int) -> bool:
        """Count one match of a rule; whether it becomes an alert."""
        key = self._key(rule, index, rate.track, src, dst)
        window = self._windows.get(key)
        if window is None or time - window[0] > rate.seconds * SECOND:
            if window is None and len(self._windows) >= MAX_TRACKED:
                for old in list(self._windows)[: MAX_TRACKED // 10]:
                    del self._windows[old]
            self._windows[key] = [time, 1]
            return self._first(rate)
        window[1] += 1
        return self._again(rate, window)

    def _key(self, rule: int, index: int, track: str, src: bytes, dst: bytes) -> Key:
        return (
            rule,
            index,
            src if track in ("by_src", "by_both") else b"",
            dst if track in ("by_dst", "by_both") else b"",
        )

    def _first(self, rate: Threshold) -> bool:
        if rate.kind == "limit":
            return True
        return rate.kind != "filter" and rate.count == 1

    def _again(self, rate: Threshold, window: list[int]) -> bool:
        count = window[1]
        if rate.kind == "limit":
            return count <= rate.count
        if rate.kind == "both":
            return count == rate.count
        if rate.kind == "filter":
            return count > rate.count
        if count >= rate.count:
            window[1] = 0
            return True
        return False
