"""The board of machines: which was scanned when and with which rules, what was found, what is overdue, what is missing.

A machine stands on it when it is expected (the register) or was scanned. Its state is that of its last scan:
never (not scanned), clean (all of it was judged, nothing found), holes (nothing found, not all of it judged),
open (something found that waits for a decision), handled (found, and decided on).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from atttcli.clock import DAY
from atttcli.fleet.hosts import USUAL, Intervals, expected_hosts, host_key
from atttcli.store.facts import board as facts
from atttcli.store.facts.rulepacks import rules_version

if TYPE_CHECKING:
    from collections.abc import Callable

    from atttcli.store.connection import Row, Store

NEVER, CLEAN, HOLES, OPEN, HANDLED = "never", "clean", "holes", "open", "handled"
STATES: Final = (OPEN, NEVER, HOLES, HANDLED, CLEAN)  # the worst first
_EVER: Final = 1 << 62
_NUMBER: Final = re.compile(r"\d+")
_BUILT: Final = re.compile(r"20\d{10}")
_Key = tuple[str, str]  # agency, host as it is compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """The last scan of a machine. `source`: kit, collector (which nobody signed) or local; times in microseconds UTC."""

    source: str
    kit: str
    machine: str
    started: int
    finished: int
    rules_version: str
    rules_digest: str
    behind: bool
    complete: bool
    holes: int
    files: int
    findings: int
    bundle: str
    run: int | None
    flags: tuple[str, ...]

    @property
    def signed(self) -> bool:
        """Whether somebody vouches for it: our own scan, or a kit's signature."""
        return self.source != "collector"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine on the board. `expected`: it stands in the register; `due`: when its next scan is owed (None: never)."""

    agency: str
    name: str
    expected: bool
    profile: str
    days: int
    due: int | None
    overdue: bool
    scan: Scanned | None
    waiting: tuple[str, ...]  # numbers of its alerts that wait for a decision

    @property
    def state(self) -> str:
        """never, clean, holes, open or handled."""
        if self.scan is None:
            return NEVER
        if self.scan.findings:
            return OPEN if self.waiting else HANDLED
        return CLEAN if self.scan.complete else HOLES

    @property
    def key(self) -> str:
        """What a figure of a paper calls it."""
        return f"{self.agency or '-'}/{self.name}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """Machines counted: all that are meant, and of these how many are in each state. `others` are not in the register."""

    machines: tuple[Machine, ...]
    others: int = 0

    @property
    def total(self) -> int:
        """The denominator."""
        return len(self.machines)

    def of(self, *states: str) -> list[Machine]:
        """Machines in these states."""
        return [one for one in self.machines if one.state in states]

    @property
    def scanned(self) -> int:
        """Machines that were scanned at all."""
        return sum(one.scan is not None for one in self.machines)


@dataclass(frozen=True, slots=True)
class Board:
    """All of it, machines by agency and name. `newest`: the rules in force, without a pack the newest that any scan ran with."""

    now: int
    newest: str
    machines: tuple[Machine, ...]
    gaps: tuple[Mapping[str, Any], ...] = ()
    _by_agency: dict[str, list[Machine]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for one in self.machines:
            self._by_agency.setdefault(one.agency, []).append(one)

    @property
    def agencies(self) -> list[str]:
        """Codes of those that have machines, in order."""
        return sorted(self._by_agency)

    def of(self, agency: str) -> list[Machine]:
        """The machines of one agency."""
        return self._by_agency.get(agency, [])

    def coverage(self, agencies: Iterable[str] | None = None) -> Coverage:
        """Of some agencies or of all. Where an agency has a register, only what stands in it is meant."""
        meant: list[Machine] = []
        others = 0
        for code in self.agencies if agencies is None else agencies:
            mine = self.of(code)
            listed = [one for one in mine if one.expected]
            meant += listed or mine
            others += len(mine) - len(listed) if listed else 0
        return Coverage(tuple(meant), others)

    @property
    def overdue(self) -> list[Machine]:
        """Machines whose scan is owed, the longest first."""
        return sorted((one for one in self.machines if one.overdue), key=lambda one: (one.due or 0, one.key))


def board(
    store: Store, now: int, current: Callable[[str], str] = str, since: int = 0, until: int = _EVER, agency: str = ""
) -> Board:
    """The board as of now, or of a span: the last scans that ended in it, the machines that were expected at its end.

    `current`: an agency's code -> the code that stands for it now; `agency`: only that one's.
    """
    newest = rules_version(store) or max(facts.versions(store), key=version_key, default="")
    listed = {(current(one["agency"]), one["host"]): one for one in expected_hosts(store, retired=True)}
    key_of = _keys(listed, current)
    scans = _scans(facts.last_scans(store, since, until), key_of, newest)
    wanted = {
        key: one
        for key, one in listed.items()
        if one["added"] < until and (one["retired"] is None or one["retired"] >= until)
    }
    gone = {
        key for key in listed.keys() - wanted.keys() if not _scanned_since(scans.get(key, ()), listed[key]["retired"])
    }
    keys = [key for key in (scans.keys() | wanted.keys()) - gone if not agency or key[0] == agency]
    waiting = _waiting(store, (one for key in keys for one in scans.get(key, ())), key_of)
    gaps = tuple({**one, "agency": current(one["agency"])} for one in facts.gaps(store))
    machines = _machines(sorted(keys), scans, wanted, waiting, Intervals.of(store), now)
    return Board(now, newest, tuple(machines), tuple(one for one in gaps if not agency or one["agency"] == agency))


def overdue_count(store: Store, now: int) -> int:
    """How many machines are overdue: what `next` asks, without the inventory (an agency's code is taken as it stands)."""
    intervals, last = Intervals.of(store), dict[_Key, int]()
    listed = {(one["agency"], one["host"]): one for one in expected_hosts(store, retired=True)}
    key_of = _keys(listed, str)
    for agency, host, finished in facts.last_seen(store):
        key = key_of(agency, host)
        last[key] = max(finished, last.get(key, 0))
    due = [
        max(last.get(key, 0), one["added"]) + intervals.days(key[0], one["profile"]) * DAY
        for key, one in listed.items()
        if one["retired"] is None
    ]
    for key, finished in last.items():
        known = listed.get(key)
        if intervals.covers(key[0]) and (
            known is None or (known["retired"] is not None and finished > known["retired"])
        ):
            due.append(finished + intervals.days(key[0], USUAL) * DAY)
    return sum(one < now for one in due)


def is_behind(version: str, newest: str) -> bool:
    """Whether rules of this version are older than the newest. Kits of before the first pack bear the minute they were built."""
    if not version or not newest:
        return False
    built, dated = _BUILT.fullmatch(version) is not None, _BUILT.fullmatch(newest) is not None
    return built if built != dated else version_key(version) < version_key(newest)


def version_key(text: str) -> tuple[int, ...]:
    """Versions in order: by the numbers in them (2026.9 before 2026.11)."""
    return tuple(int(number[:18]) for number in _NUMBER.findall(text)[:8])


def _keys(listed: Iterable[_Key], current: Callable[[str], str]) -> Callable[[str, str], _Key]:
    """Agency and host as a fact names them -> the machine. What names no agency is of the one agency that has such a name."""
    owners: dict[str, set[str]] = {}
    for agency, host in listed:
        owners.setdefault(host, set()).add(agency)

    def key(agency: str, host: str) -> _Key:
        folded = host_key(host)
        mine = owners.get(folded, set()) if not agency else set()
        return (next(iter(mine)) if len(mine) == 1 else current(agency), folded)

    return key


def _scans(
    rows: Sequence[Row], key_of: Callable[[str, str], _Key], newest: str
) -> dict[_Key, list[tuple[Row, Scanned]]]:
    """Of each host its last scan, of several machines that call themselves alike the last of each; rows oldest first."""
    found: dict[_Key, dict[str, tuple[Row, Scanned]]] = {}
    for row in rows:
        key = key_of(row["agency"], row["host"])
        mine = found.setdefault(key, {})
        mine.pop(row["machine"], None)
        mine[row["machine"]] = (row, _scanned(row, newest))
    return {key: _merged(mine) for key, mine in found.items()}


def _merged(mine: dict[str, tuple[Row, Scanned]]) -> list[tuple[Row, Scanned]]:
    """A scan of ours does not know a machine's identity: it is of the one that bears the name, when there is but one."""
    if "" in mine and len(mine) == 2:
        return [max(mine.values(), key=lambda one: one[1].finished)]
    return list(mine.values())


def _scanned(row: Row, newest: str) -> Scanned:
    account = json.loads(row["account"])
    unread = sum(account.get("failed", {}).values()) + account.get("member_problems", 0)
    version = row["rules_version"]
    return Scanned(
        source=row["source"], kit=row["kit"], machine=row["machine"], started=row["started"], finished=row["finished"],
        rules_version=version, rules_digest=row["rules_digest"], behind=is_behind(version, newest),
        complete=bool(row["complete"]), holes=max(row["holes"] or 0, unread), files=account.get("found", 0),
        findings=row["findings"], bundle=row["bundle"], run=row["run"], flags=tuple(json.loads(row["flags"])),
    )  # fmt: skip


def _scanned_since(scans: Iterable[tuple[Row, Scanned]], retired: int | None) -> bool:
    """Whether a machine that was taken out of the register lives on."""
    return any(scan.finished > (retired or 0) for _row, scan in scans)


def _waiting(
    store: Store, scans: Iterable[tuple[Row, Scanned]], key_of: Callable[[str, str], _Key]
) -> dict[_Key, list[tuple[str, str]]]:
    """(machine or empty, alert) that wait for a decision, by agency and host; asked only of hosts with findings."""
    hosts = {row["host"] for row, scan in scans if scan.findings}
    found: dict[_Key, list[tuple[str, str]]] = {}
    for agency, host, machine, number in facts.undecided(store, sorted(hosts)) if hosts else ():
        key = key_of(agency, host)
        found.setdefault(key, []).append((machine.rpartition("/")[2], number))
    return found


def _machines(
    keys: Sequence[_Key], scans: Mapping[_Key, list[tuple[Row, Scanned]]], wanted: Mapping[_Key, Mapping[str, Any]],
    waiting: Mapping[_Key, list[tuple[str, str]]], intervals: Intervals, now: int,
) -> Iterator[Machine]:  # fmt: skip
    for key in keys:
        agency, _host = key
        listed = wanted.get(key)
        profile = listed["profile"] if listed else USUAL
        days = intervals.days(agency, profile)
        for row, scan in scans.get(key, ((None, None),)):
            due = None
            if listed is not None or (scan is not None and intervals.covers(agency)):
                since = max(scan.finished if scan else 0, listed["added"] if listed else 0)
                due = since + days * DAY
            alerts = waiting.get(key, ()) if scan is not None else ()
            yield Machine(
                agency=agency, name=listed["name"] if listed else row["host"] if row else key[1],
                expected=listed is not None, profile=profile, days=days, due=due,
                overdue=due is not None and due < now, scan=scan,
                waiting=tuple(number for machine, number in alerts if scan and machine in ("", scan.machine)),
            )  # fmt: skip
