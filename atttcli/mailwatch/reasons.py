"""Why an account stands where it stands: reasons by family, what each is worth, and the sum, so that people can add it up again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from atttcli.clock import HOUR
from atttcli.model.severity import Severity

MAX_ADDRESSES: Final = 20
MAX_KEPT: Final = 50


class Worth(NamedTuple):
    """Points of the first finding of a family, of each further one, and how many further ones count."""

    base: int
    step: int
    most: int
    severity: Severity
    travels: bool = False  # known travel silences it


WORTH: Final[dict[str, Worth]] = {
    "spray-success": Worth(40, 10, 2, Severity.CRITICAL),
    "locked-login": Worth(40, 5, 2, Severity.HIGH),
    "mass-sending": Worth(35, 5, 2, Severity.HIGH),
    "session-two-networks": Worth(35, 5, 2, Severity.HIGH),
    "impossible-travel": Worth(30, 5, 2, Severity.HIGH, travels=True),
    "forward-rule": Worth(30, 10, 1, Severity.HIGH),
    "forward-setting": Worth(30, 10, 1, Severity.HIGH),
    "success-after-failures": Worth(25, 5, 2, Severity.HIGH),
    "token-use": Worth(25, 5, 2, Severity.HIGH),
    "shared-address": Worth(25, 5, 2, Severity.HIGH),
    "new-country": Worth(20, 5, 2, Severity.HIGH, travels=True),
    "dormant": Worth(20, 5, 1, Severity.MEDIUM),
    "many-recipients": Worth(20, 5, 2, Severity.MEDIUM),
    "leaked": Worth(15, 0, 0, Severity.MEDIUM),
    "filter-rule": Worth(15, 5, 1, Severity.MEDIUM),
    "filter-setting": Worth(15, 5, 1, Severity.MEDIUM),
    "legacy-first": Worth(8, 2, 2, Severity.LOW),
    "brute-force": Worth(5, 1, 5, Severity.MEDIUM),
    "slow-brute-force": Worth(5, 1, 5, Severity.MEDIUM),
    "quick-change": Worth(4, 1, 3, Severity.LOW, travels=True),
    "new-network": Worth(3, 1, 4, Severity.LOW, travels=True),
    "spray-target": Worth(2, 1, 3, Severity.LOW),
    "rule-critical": Worth(40, 10, 2, Severity.CRITICAL),
    "rule-high": Worth(25, 5, 2, Severity.HIGH),
    "rule-medium": Worth(10, 2, 3, Severity.MEDIUM),
    "rule-low": Worth(3, 1, 3, Severity.LOW),
}
"""Proposals, to be tuned where they are used. `rule-*`: rules given with --rules, by their level."""
ACT, ASK, WATCH = 60, 25, 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `rule` is the rule's id, `detail` small and JSON; `countries` are those that it is about."""

    family: str
    rule: str
    account: str
    time: int
    addresses: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    path: str = ""
    line: int | None = None
    detail: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Reason:
    """All findings of one family about one account. Findings within an hour of the last one are the same happening."""

    family: str
    count: int = 0
    first: int = 0
    last: int = 0
    addresses: list[str] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    silenced: list[str] = field(default_factory=list)  # by which travel; never counted
    silent: int = 0
    detail: dict[str, object] = field(default_factory=dict)

    def take(self, found: Finding, silenced: str = "") -> None:
        """Add a finding, or count it as silenced."""
        _some(self.rules, found.rule)
        for address in found.addresses:
            _some(self.addresses, address)
        for country in found.countries:
            _some(self.countries, country)
        self.detail = self.detail or dict(found.detail)
        if silenced:
            self.silent += 1
            _some(self.silenced, silenced)
            if not self.count:
                self.first = min(self.first or found.time, found.time)
                self.last = max(self.last, found.time)
            return
        if not self.count:
            self.first = self.last = found.time
            self.count = 1
            return
        if not self.first - HOUR <= found.time <= self.last + HOUR:
            self.count += 1
        self.first, self.last = min(self.first, found.time), max(self.last, found.time)

    @property
    def points(self) -> int:
        """What it adds to the score."""
        worth = WORTH[self.family]
        return worth.base + worth.step * min(self.count - 1, worth.most) if self.count else 0

    @property
    def arithmetic(self) -> str:
        """How its points come about: `30 + 2×5`."""
        worth = WORTH[self.family]
        more = min(self.count - 1, worth.most)
        if not self.count:
            return "0"
        return f"{worth.base} + {more}×{worth.step}" if more > 0 and worth.step else str(worth.base)


def _some(values: list[str], value: str) -> None:
    if value and value not in values and len(values) < MAX_ADDRESSES:
        values.append(value)


@dataclass(slots=True)
class Standing:
    """An account in the ranking."""

    account: str
    reasons: dict[str, Reason] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def score(self) -> int:
        """The sum of its reasons' points."""
        return sum(reason.points for reason in self.reasons.values())

    @property
    def band(self) -> str:
        """`act`, `ask`, `watch`, or `note` for less."""
        score = self.score
        return "act" if score >= ACT else "ask" if score >= ASK else "watch" if score >= WATCH else "note"

    @property
    def ordered(self) -> list[Reason]:
        """Reasons, the heaviest first."""
        return sorted(self.reasons.values(), key=lambda reason: (-reason.points, reason.first, reason.family))

    @property
    def arithmetic(self) -> str:
        """`40 + (30 + 2×5) = 80`."""
        parts = [reason.arithmetic for reason in self.ordered if reason.points]
        text = " + ".join(f"({part})" if "×" in part and len(parts) > 1 else part for part in parts)
        return f"{text or 0} = {self.score}"


class Ranking:
    """Standings by account; bounded: what finds no room is counted in `left_out`."""

    def __init__(self, capacity: int = 50_000) -> None:
        self._capacity = capacity
        self._standings: dict[str, Standing] = {}
        self.left_out = 0

    def take(self, found: Finding, silenced: str = "") -> None:
        """Add a finding to its account."""
        standing = self._standings.get(found.account)
        if standing is None:
            if len(self._standings) >= self._capacity and not self._make_room(found):
                self.left_out += 1
                return
            standing = self._standings[found.account] = Standing(found.account)
        standing.reasons.setdefault(found.family, Reason(found.family)).take(found, silenced)
        if not silenced and len(standing.findings) < MAX_KEPT:
            standing.findings.append(found)

    def _make_room(self, found: Finding) -> bool:
        """Names that were only tried give way to what weighs more: a list of invented names must not hide a real account."""
        if WORTH[found.family].base < WATCH:
            return False
        light = [name for name, one in self._standings.items() if one.score < WATCH]
        for name in light:
            del self._standings[name]
        self.left_out += len(light)
        return bool(light)

    def accounts(self) -> Iterable[str]:
        """All accounts with a reason."""
        return self._standings.keys()

    def get(self, account: str) -> Standing | None:
        """One account's standing."""
        return self._standings.get(account)

    def ordered(self) -> Iterator[Standing]:
        """The highest score first."""
        yield from sorted(self._standings.values(), key=lambda one: (-one.score, one.account))
