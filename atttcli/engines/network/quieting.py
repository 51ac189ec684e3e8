"""What `threshold.config` does to the matches of a run: silence by address, other rates, another action for a while."""

from __future__ import annotations

from typing import NamedTuple

from atttcli.clock import SECOND
from atttcli.engines.network.threshold import Thresholds
from atttcli.rulepack.network.limits import Limits, RateFilter, Suppression
from atttcli.rulepack.network.values import AddressSet, Rule, Threshold

MAX_TRACKED = 200_000


class Wanted(NamedTuple):
    """What concerns one rule."""

    suppressions: tuple[Suppression, ...]
    thresholds: tuple[Threshold, ...]  # in place of the rule's own
    rates: tuple[RateFilter, ...]


class Quieting:
    """Counts for one capture, as Thresholds do."""

    def __init__(self, limits: Limits | None) -> None:
        self._limits = limits or Limits()
        self._known: dict[int, Wanted] = {}
        self._rates = Thresholds()
        self._until: dict[tuple[int, int, bytes, bytes], int] = {}
        self.idle = not (self._limits.suppressions or self._limits.filters or self._limits.rates)

    def thresholds(self, number: int, rule: Rule) -> tuple[Threshold, ...]:
        """The rates that hold for a rule."""
        return rule.thresholds if self.idle else self._of(number, rule).thresholds

    def action(self, number: int, rule: Rule, src: bytes, dst: bytes, time: int) -> str:
        """What becomes of a match: the rule's own action, another one, or `suppress`."""
        if self.idle:
            return rule.action
        wanted = self._of(number, rule)
        if any(_covers(one, src, dst) for one in wanted.suppressions):
            return "suppress"
        action = rule.action
        for index, one in enumerate(wanted.rates):
            if self._exceeded(number, index, one, src, dst, time):
                action = one.action
        return action

    def _exceeded(self, number: int, index: int, one: RateFilter, src: bytes, dst: bytes, time: int) -> bool:
        track = one.rate.track
        sides = src if track in ("by_src", "by_both") else b"", dst if track in ("by_dst", "by_both") else b""
        key = (number, index, *sides)
        if self._until.get(key, -1) >= time:
            return True
        if not self._rates.allows(number, index, one.rate, src, dst, time):
            return False
        if one.timeout and (key in self._until or len(self._until) < MAX_TRACKED):
            self._until[key] = time + one.timeout * SECOND
        return True

    def _of(self, number: int, rule: Rule) -> Wanted:
        known = self._known.get(number)
        if known is None:
            limits = self._limits
            exact = tuple(f.rate for f in limits.filters if (f.gid, f.sid) == (rule.gid, rule.sid))
            common = tuple(f.rate for f in limits.filters if not f.sid and f.gid in (0, rule.gid))
            own = tuple(rate for rate in rule.thresholds if not exact or rate.kind == "filter")
            known = self._known[number] = Wanted(
                tuple(one for one in limits.suppressions if _meant(one.gid, one.sid, rule)),
                own + exact or common,
                tuple(one for one in limits.rates if _meant(one.gid, one.sid, rule)),
            )
        return known


def _meant(gid: int, sid: int, rule: Rule) -> bool:
    return gid in (0, rule.gid) and sid in (0, rule.sid)


def _covers(one: Suppression, src: bytes, dst: bytes) -> bool:
    if one.addresses is None:
        return True
    sides = {"by_src": (src,), "by_dst": (dst,), "by_either": (src, dst)}[one.track]
    return any(_holds(one.addresses, side) for side in sides)


def _holds(addresses: AddressSet, raw: bytes) -> bool:
    if len(raw) == 4:
        value = int.from_bytes(raw, "big")
        return any(low <= value <= high for low, high in addresses.v4)
    return any(low <= raw <= high for low, high in addresses.v6)
