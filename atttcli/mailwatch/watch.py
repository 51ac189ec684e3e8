"""The watch over a stream of mail events: rules and signs, known travel, and the ranking that they add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from atttcli.engine import EngineProblem
from atttcli.engines.correlation import CorrelationEngine
from atttcli.mailwatch.attackers import Attackers
from atttcli.mailwatch.merge import Item
from atttcli.mailwatch.places import Places
from atttcli.mailwatch.reasons import MAX_KEPT, WORTH, Finding, Ranking
from atttcli.mailwatch.seen import LOGIN, Names, Seen, as_mail, seen_of
from atttcli.mailwatch.signs import Signs
from atttcli.mailwatch.told import findings_of
from atttcli.mailwatch.travel import Travel
from atttcli.model.alert import Detection, Origin
from atttcli.model.event import Event

_BLOCK: Final = 1024
_RECENT: Final = 50_000
_SAME: Final = 2_000_000  # microseconds within which two logs of one server tell of the same attempt
_MAX_DETECTIONS: Final = 200_000


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at: accounts in one spelling (empty: all), a span of time in microseconds (from, to before)."""

    account: str = ""
    since: int | None = None
    until: int | None = None


@dataclass(slots=True)
class Watch:
    """Feed it items in the order of time, then `finish`. What is before `since` is learned from and not told."""

    engine: CorrelationEngine
    places: Places
    names: Names
    signs: Signs
    travel: Travel = field(default_factory=Travel)
    scope: Scope = field(default_factory=Scope)
    every_event: bool = False  # rules of others see all
    disabled: Callable[[str], bool] = lambda rule: False  # rules that people switched off
    ranking: Ranking = field(default_factory=Ranking)
    attackers: Attackers = field(init=False)
    logins: int = 0
    failures: int = 0
    detections: dict[str, list[Detection]] = field(default_factory=dict)  # of rules, by account
    _held: int = 0
    _origins: dict[str, Origin] = field(default_factory=dict)
    _recent: dict[tuple[str, int | None], str] = field(default_factory=dict)
    _older: dict[tuple[str, int | None], str] = field(default_factory=dict)
    _last: dict[str, tuple[int, str, str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.attackers = Attackers(self.scope.account)

    def feed(self, items: Iterable[Item]) -> Iterator[EngineProblem]:
        """Judge items; yields what could not be judged."""
        block: list[Event] = []
        origins: list[Origin] = []
        for item in items:
            if isinstance(item, EngineProblem):
                yield item
                continue
            path, event = item
            if self.scope.until is not None and event.time is not None and event.time >= self.scope.until:
                continue
            mail = as_mail(event, self.names)
            if mail is None or not self._look(mail, path):
                continue
            origin = self._origins.get(path)
            if origin is None:
                origin = self._origins[path] = Origin("", path)
            block.append(mail)
            origins.append(origin)
            if len(block) >= _BLOCK:
                yield from self._judge(block, origins)
                block, origins = [], []
        yield from self._judge(block, origins)

    def finish(self) -> Iterator[EngineProblem]:
        """The end: bursts that are still open, and what was forgotten to bound memory."""
        for found in self.engine.finish():
            yield from self._told(found)
        for finding in self.signs.finish():
            self.add(finding)

    def add(self, finding: Finding) -> None:
        """A finding from elsewhere (settings, a leaked list), or of a sign."""
        if self.scope.account and finding.account != self.scope.account:
            return
        if self.scope.since is not None and 0 < finding.time < self.scope.since:
            return
        self.ranking.take(finding, self.travel.silences(finding) if WORTH[finding.family].travels else "")

    def _look(self, event: Event, path: str) -> bool:
        """The signs of one event; False when another log of the server has told of the same attempt."""
        seen = seen_of(event, path)
        if seen is None:
            return self._ruled(event)
        if event.action == "login":
            if self._twice(event, seen):
                return False
            if seen.kind == LOGIN:
                self.logins += 1
                self._remember(seen)
            else:
                self.failures += 1
            if self.scope.since is None or seen.time >= self.scope.since:
                self.attackers.see(seen)
        for finding in self.signs.see(seen):
            self.add(finding)
        return self._ruled(event)

    def _ruled(self, event: Event) -> bool:
        """Whether our rules can concern it: an action, or words of forwarding and filters. Most uses of a mailbox are neither."""
        return self.every_event or bool(event.action) or "orward" in event.raw or "ilter" in event.raw

    def _twice(self, event: Event, seen: Seen) -> bool:
        """Zimbra's audit.log and mailbox.log, and the mail server in front, each tell of an attempt."""
        writer = f"{event.product}/{event.service}"
        before = self._last.get(seen.account)
        if len(self._last) > _RECENT:
            self._last.clear()
        if before is not None:
            time, address, kind, wrote = before
            if wrote != writer and address == seen.address and kind == seen.kind and abs(seen.time - time) <= _SAME:
                return True
        self._last[seen.account] = (seen.time, seen.address, seen.kind, writer)
        return False

    def _remember(self, seen: Seen) -> None:
        if len(self._recent) >= _RECENT:
            self._older, self._recent = self._recent, {}
        self._recent[seen.path, seen.line] = seen.address

    def _judge(self, events: Sequence[Event], origins: Sequence[Origin]) -> Iterator[EngineProblem]:
        for found in self.engine.feed(zip(origins, events, strict=True)):
            yield from self._told(found)

    def _told(self, found: Detection | EngineProblem) -> Iterator[EngineProblem]:
        if isinstance(found, EngineProblem):
            yield found
            return
        if self.disabled(found.rule_id):
            return
        place = (found.origin.path, found.origin.line)
        address = self._recent.get(place) or self._older.get(place) or ""
        for finding in findings_of(found, self.places, address):
            self.add(finding)
            kept = self.detections.setdefault(finding.account, []) if self._held < _MAX_DETECTIONS else []
            if len(kept) < MAX_KEPT:
                self._held += 1
                kept.append(found)
