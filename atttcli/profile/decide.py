"""Questions answered from a profile's data: legal class, numbers, due times, who sent a letter."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta, tzinfo
from typing import Protocol

from atttcli.clock import DAY, HOUR, VIETNAM, from_micros
from atttcli.errors import NotFound, UsageError
from atttcli.profile.pattern import fill, matches_sender
from atttcli.profile.values import Deadline, Decision, Profile, Sender


def classify(
    profile: Profile, level: int | None, national_list: bool, flags: Iterable[str], owner_can_control: bool
) -> str:
    """Code of the legal class: the first row of the decision table that holds, else the default class.

    `level` is 1-5, or None when the system has none; `flags` are codes of `profile.flags`, others are a UsageError.
    """
    facts = frozenset(flags)
    unknown = facts - {flag.code for flag in profile.flags}
    if unknown:
        known = ", ".join(flag.code for flag in profile.flags)
        raise UsageError(f"profile {profile.name} knows no flag {sorted(unknown)[0]!r}", hint=f"known: {known}")
    for row in profile.decisions:
        if _holds(row, level or 0, national_list, facts, owner_can_control):
            return row.outcome
    return next(c.code for c in profile.classes if c.default)


def _holds(row: Decision, level: int, national_list: bool, facts: frozenset[str], owner_can_control: bool) -> bool:
    if row.level_at_least and level < row.level_at_least and not (row.or_national_list and national_list):
        return False
    if row.any_flag and facts.isdisjoint(row.any_flag):
        return False
    return row.owner_can_control is None or row.owner_can_control == owner_can_control


def number(profile: Profile, kind: str, year: int, seq: int, host_letter: str = "", *, organ: str = "") -> str:
    """A number such as `SC-2026-0042`; off the centre's host with its letter, `SC-2026-B0042`.

    `kind`: incident, alert, advisory, drill, evidence, task, or a kind of paper (bao_cao, cong_van ...) with `organ`,
    the issuing organ's symbol.
    """
    if not 1 <= year <= 9999 or seq < 1:
        raise UsageError(f"no number for year {year}, sequence {seq}")
    if host_letter and not (len(host_letter) == 1 and "A" <= host_letter <= "Z"):
        raise UsageError(f"a host's letter is one of A to Z, not {host_letter[:8]!r}")
    for pattern in profile.numbers:
        if pattern.kind == kind:
            return fill(pattern.pattern, year, seq, host_letter, organ)
    raise NotFound(f"profile {profile.name} has no number pattern {kind[:40]!r}")


def sender_of(profile: Profile, document_number: str) -> Sender | None:
    """Whose letter a document number belongs to: `56/CATTT-NCSC` -> the national centre."""
    return next((s for s in profile.senders if matches_sender(s.pattern, document_number)), None)


def applies(
    deadline: Deadline,
    *,
    flags: Collection[str] = (),
    incident_class: str = "",
    level: int | None = None,
    used: Collection[str] = (),
) -> bool:
    """True when the deadline's conditions hold for an incident with these facts; `used`: ids of deadlines used."""
    if deadline.any_flag and not set(deadline.any_flag) & set(flags):
        return False
    if deadline.classes and incident_class not in deadline.classes:
        return False
    if deadline.min_level and (level or 0) < deadline.min_level:
        return False
    return not deadline.requires or deadline.requires in used


def due(deadline: Deadline, at: int, zone: tzinfo = VIETNAM, holidays: Collection[date] = ()) -> int | None:
    """When (microseconds) a deadline whose trigger happened `at` falls due; None when no limit follows from a trigger.

    Calendar days are days of 24 hours from the minute of the trigger, the earlier of the two usual readings.
    """
    if deadline.kind == "at_once":
        return at
    if deadline.kind == "fixed":
        return _next_fixed(deadline.dates, at, zone)
    if deadline.kind != "after":
        return None
    if deadline.unit == "hour":
        return at + deadline.amount * HOUR
    if deadline.calendar == "calendar":
        return at + deadline.amount * DAY
    left, moment = deadline.amount, at
    while left:
        moment += DAY
        day = from_micros(moment, zone).date()
        if day.weekday() < 5 and day not in holidays:
            left -= 1
    return moment


def _next_fixed(dates: tuple[str, ...], at: int, zone: tzinfo) -> int | None:
    """The last moment before the next of the yearly dates ("before 20 June": the 19th is the last day)."""
    today = from_micros(at, zone)
    ends = []
    for year in (today.year, today.year + 1):
        for text in dates:
            month, day = text.split("-")
            start = today.replace(
                year=year, month=int(month), day=int(day), hour=0, minute=0, second=0, microsecond=0
            )  # fmt: skip
            distance = start - today
            if distance > timedelta(0):
                ends.append(at + (distance.days * 86_400 + distance.seconds) * 1_000_000 + distance.microseconds - 1)
    return min(ends, default=None)


class Span(Protocol):
    """A profile and the days (ISO) it is in force for an organisation; empty is open."""

    @property
    def profile(self) -> str:
        """Name of the profile."""

    @property
    def valid_from(self) -> str:
        """First day."""

    @property
    def valid_until(self) -> str:
        """Last day."""


class HasProfiles(Protocol):
    """What an organisation must offer here."""

    @property
    def profiles(self) -> tuple[Span, ...]:
        """In the order of time."""


def profile_in_force(organisation: HasProfiles, day: date | str | None = None) -> str:
    """Name of the profile for this organisation on a day; without a day the latest.

    Before the first span the first, after an organisation's end its last: a paper about an old case is still drawn up
    under the law that the organisation last worked under.
    """
    spans = organisation.profiles
    if not spans:
        raise NotFound("the organisation names no profile", hint="add `profiles:` to its file")
    if day is None:
        return spans[-1].profile
    text = day if isinstance(day, str) else day.isoformat()
    chosen = spans[0]
    for span in spans:
        if not span.valid_from or span.valid_from <= text:
            chosen = span
    return chosen.profile
