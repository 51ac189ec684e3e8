"""Run host checks one after another: what they see as records, indicator lists asked, bounds kept, problems counted.

Python 3.8-clean.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Callable, Dict, Iterator, NamedTuple, Optional, Sequence

from atttcli.field.host.check import (
    LINUX,
    WINDOWS,
    Bounds,
    Check,
    Exceeded,
    LookUp,
    Missed,
    Observation,
    Scope,
    Seen,
    Spending,
    Verdict,
    bounded,
    bounded_detail,
)
from atttcli.field.host.root import HostRoot
from atttcli.field.host.rules import RULES
from atttcli.field.opening import NotReadable
from atttcli.field.records import HIT, OBSERVATION, PROBLEM, HostRecord, KnownBad

if TYPE_CHECKING:
    from atttcli.field.examine import Examiner

KNOWN_BAD = "host.known-bad"


class HostSettings(NamedTuple):
    """How the checks run. `root` is `/` or a mounted disk; `only`: names of checks, empty for all."""

    root: str = os.sep
    only: Sequence[str] = ()
    memory: bool = False
    bounds: Bounds = Bounds()
    look_up: Optional[LookUp] = None
    examiner: Optional["Examiner"] = None
    now: float = 0.0
    clock: Callable[[], float] = time.monotonic
    pause: Optional[Callable[[], None]] = None  # called between two pieces of work (a Throttle's)


def run_checks(settings: HostSettings, checks: Optional[Sequence[Check]] = None) -> Iterator[HostRecord]:
    """What every check that means something here saw: observations, hits right behind theirs, problems."""
    if checks is None:
        from atttcli.field.host.catalogue import CHECKS

        checks = CHECKS
    root = HostRoot(settings.root)
    system = system_of(root)
    api = _windows_api() if root.is_own and system == WINDOWS else None
    live = root.is_own or root.status("/proc/self") is not None
    for check in checks:
        if system not in check.systems or (settings.only and check.name not in settings.only):
            continue
        if check.live and not live:
            continue
        spending = Spending(settings.bounds, settings.clock, settings.pause)
        now = settings.now or time.time()
        scope = Scope(root, now, spending, system, live, settings.examiner, settings.memory, api)
        yield from _records(check, scope, settings)


def system_of(root: HostRoot) -> str:
    """Whose files these are."""
    if root.is_own:
        return WINDOWS if os.name == "nt" else LINUX
    names = {name.lower() for name in root.names("/")}
    return WINDOWS if "windows" in names and "etc" not in names else LINUX


def _records(check: Check, scope: Scope, settings: HostSettings) -> Iterator[HostRecord]:
    count = 0
    try:
        for seen in check.look(scope):
            count += 1
            if count > settings.bounds.observations:
                raise Exceeded("more to see than the check's limit")
            scope.spending.spend()
            yield from _told(check, seen, settings.look_up)
    except Exceeded as limit:
        yield HostRecord(check.name, PROBLEM, check.name, {"why": str(limit)})
    except NotReadable as refused:
        yield HostRecord(check.name, PROBLEM, check.name, {"why": refused.why})
    except OSError as error:
        yield HostRecord(check.name, PROBLEM, check.name, {"why": (error.strerror or "cannot be read").lower()})
    for path, why in scope.root.closed.items():
        yield HostRecord(check.name, PROBLEM, bounded(path), {"why": why})
    scope.root.closed.clear()


def _told(check: Check, seen: Seen, look_up: Optional[LookUp]) -> Iterator[HostRecord]:
    subject = bounded(seen.subject)
    if isinstance(seen, Missed):
        yield HostRecord(check.name, PROBLEM, subject, {"why": seen.why})
        return
    detail = bounded_detail(seen.detail)
    if isinstance(seen, Verdict):
        yield HostRecord(check.name, HIT, subject, detail, seen.rule, seen.title, seen.severity, seen.category)
        return
    yield HostRecord(check.name, OBSERVATION, subject, detail)
    for name in dict.fromkeys(seen.rules):
        yield _hit(check, subject, detail, name)
    if look_up is not None:
        yield from _known(check, seen, subject, detail, look_up)


def _hit(check: Check, subject: str, detail: Dict[str, object], name: str) -> HostRecord:
    rule = RULES[name]
    told = {**detail, "why": rule.why, "innocent": rule.innocent, "technique": rule.technique}
    return HostRecord(check.name, HIT, subject, told, rule.id, rule.title, rule.severity, rule.category)


def _known(
    check: Check, seen: Observation, subject: str, detail: Dict[str, object], look_up: LookUp
) -> Iterator[HostRecord]:
    rule = RULES[KNOWN_BAD]
    met: Dict[KnownBad, str] = {}
    for kind, value in dict.fromkeys(seen.asked):
        for one in look_up(kind, value):
            met.setdefault(one, value)
    for one, value in met.items():
        told = {**detail, "why": rule.why, "innocent": rule.innocent, "technique": rule.technique,
                "indicator": bounded(one._asdict()), "matched": bounded(value)}  # fmt: skip
        title = f"{one.kind}: {one.value}" + (f" ({one.description})" if one.description else "")
        name = f"{KNOWN_BAD}:{one.value}"[:256]
        yield HostRecord(check.name, HIT, subject, told, name, title[:500], one.severity, rule.category)


def _windows_api() -> object:
    from atttcli.field.host import windows_api

    return windows_api
