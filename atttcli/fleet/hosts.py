"""The machines that are to be scanned, by agency, and how often: without them coverage has no denominator.

All of it is decisions about one object, the fleet: an entry of the journal names any number of machines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from atttcli.errors import Conflict, InputError, NotFound, Refused, UsageError, Where
from atttcli.text.fold import fold, nfc

if TYPE_CHECKING:
    from atttcli.inventory import Inventory
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Store

FLEET: Final = "fleet"
DAYS: Final[Mapping[str, int]] = {"light": 7, "normal": 30, "full": 90}  # between two scans, unless told otherwise
USUAL: Final = "normal"
MOST: Final = 20_000  # machines in one entry
_LONGEST_NAME: Final = 253
_LONGEST_GAP: Final = 3650
_HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "agency": ("agency", "ma don vi", "don vi", "ten don vi", "co quan"),
    "name": ("host", "may", "ten may", "may tinh", "machine", "hostname", "computer"),
    "profile": ("profile", "che do", "che do quet"),
    "note": ("note", "ghi chu"),
}


@dataclass(frozen=True, slots=True)
class Expected:
    """A machine of an agency that is to be scanned. `profile`: light, normal or full."""

    agency: str
    name: str
    profile: str = USUAL
    note: str = ""

    @property
    def host(self) -> str:
        """What makes it the same machine: its name, however it is written."""
        return host_key(self.name)


def host_key(name: str) -> str:
    """A machine's name as it is compared."""
    return nfc(name.strip()).casefold()


def add_hosts(journal: Journal, wanted: Sequence[Expected]) -> list[Expected]:
    """Expect these machines from now on; those that are new or changed. One that was retired comes back."""
    with journal.transaction():
        known = {(row["agency"], row["host"]): tuple(row) for row in _rows(journal.store)}
        fresh = {
            (one.agency, one.host): one
            for one in map(_checked, wanted)
            if known.get((one.agency, one.host)) != (one.agency, one.host, one.name, one.profile, one.note)
        }
        if len(fresh) > MOST:
            raise UsageError(f"more than {MOST} machines at once", hint="give them in several files")
        if fresh:
            journal.append("fleet.hosts_added", FLEET, {"hosts": [_body(one) for one in fresh.values()]})
    return list(fresh.values())


def retire_hosts(journal: Journal, agency: str, names: Sequence[str], reason: str) -> list[str]:
    """Expect these machines of an agency no longer: they were scrapped, renamed or given away."""
    if not reason.strip():
        raise Refused(
            "retiring needs a reason",
            guard="reason",
            hint='atttcli fleet host retire HOST --agency CODE --reason "…"',
        )
    with journal.transaction():
        known = {row["host"]: row["name"] for row in _rows(journal.store, agency)}
        gone = list(dict.fromkeys(map(host_key, names)))
        for host in gone:
            if host not in known:
                raise NotFound(f"{agency} has no machine {host[:40]!r}", hint="atttcli fleet host list")
        journal.append(
            "fleet.hosts_retired",
            FLEET,
            {"hosts": [{"agency": agency, "host": host} for host in gone], "reason": reason},
        )
    return [known[host] for host in gone]


def set_interval(journal: Journal, days: int, agency: str = "", profile: str = "") -> None:
    """At most so many days between two scans: of one agency or all, of one profile or all."""
    if not 1 <= days <= _LONGEST_GAP:
        raise UsageError(f"{days} days between two scans", hint="1 to 3650 days")
    if profile and profile not in DAYS:
        raise UsageError(f"no profile {profile[:40]!r}", hint="one of: " + ", ".join(DAYS))
    with journal.transaction():
        if Intervals.of(journal.store).given.get((agency, profile)) == days:
            raise Conflict(f"{days} days are set already", hint="atttcli fleet board")
        journal.append("fleet.interval_set", FLEET, {"agency": agency, "profile": profile, "days": days})


@dataclass(frozen=True, slots=True)
class Intervals:
    """Days between two scans. `given`: (agency or empty, profile or empty) -> days, as people set them."""

    given: Mapping[tuple[str, str], int]

    @classmethod
    def of(cls, store: Store) -> Intervals:
        """Those of a workspace."""
        return cls({(row[0], row[1]): row[2] for row in store.rows("SELECT agency, profile, days FROM fleet_interval")})

    def days(self, agency: str, profile: str) -> int:
        """The nearest that was set: of the agency and profile, of the agency, of the profile, of all; else the usual."""
        for key in ((agency, profile), (agency, ""), ("", profile), ("", "")):
            if key in self.given:
                return self.given[key]
        return DAYS.get(profile, DAYS[USUAL])

    def covers(self, agency: str) -> bool:
        """Whether somebody said how often this agency's machines are scanned, whichever they are."""
        return any(named == agency for named, _profile in self.given)


def expected_hosts(store: Store, agency: str = "", *, retired: bool = False) -> list[dict[str, Any]]:
    """The register by agency and name; of one agency or all; with those that were retired only when asked."""
    rows = store.rows(
        "SELECT * FROM fleet_host WHERE (?1 = '' OR agency = ?1) AND (?2 OR retired IS NULL) ORDER BY agency, host",
        agency, int(retired),
    )  # fmt: skip
    return [dict(row) for row in rows]


def read_hosts(path: Path, inventory: Inventory, agency: str = "") -> tuple[list[Expected], list[tuple[Where, str]]]:
    """Machines of a CSV or XLSX sheet with a row of headings (agency, host, profile, note), and what was wrong with its rows.

    `agency`: whose machines they are where the sheet has no such column.
    """
    from atttcli.inventory.load import read_file
    from atttcli.inventory.sheets import sheets_of

    found: list[Expected] = []
    wrong: list[tuple[Where, str]] = []
    for sheet in sheets_of(str(path), read_file(path)):
        rows = iter(sheet.rows)
        columns = next((named for _at, cells in rows if "name" in (named := _columns(cells))), None)
        if columns is None:
            continue
        for number, cells in rows:
            try:
                one = _row(cells, columns, inventory, agency)
            except UsageError as error:
                wrong.append((Where(str(path), line=number), error.message))
                continue
            found += [one] if one else []
    if not found and not wrong:
        hint = "the first row needs headings: agency,host,profile,note"
        raise InputError("no sheet of machines", hint=hint, where=Where(str(path)))
    return found, wrong


def _columns(cells: Sequence[str]) -> dict[str, int]:
    """Column name -> place, of a row of headings."""
    named: dict[str, int] = {}
    for place, cell in enumerate(cells):
        word = " ".join(fold(cell).replace("_", " ").split())
        for name, headings in _HEADINGS.items():
            if word in headings:
                named.setdefault(name, place)
    return named


def _row(cells: Sequence[str], columns: Mapping[str, int], inventory: Inventory, agency: str) -> Expected | None:
    given = {name: cells[place].strip() for name, place in columns.items() if place < len(cells)}
    if not given.get("name"):
        return None
    text = given.get("agency") or agency
    owner = inventory.find_agency(text) if text else None
    if owner is None:
        raise UsageError(f"no agency {text[:40]!r}")
    profile = given.get("profile", "").lower() or USUAL
    return _checked(Expected(owner.code, given["name"], profile, given.get("note", "")))


def _checked(one: Expected) -> Expected:
    name = nfc(one.name.strip())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise UsageError(f"{one.name[:40]!r} is no name of a machine")
    if one.profile not in DAYS:
        raise UsageError(f"no profile {one.profile[:40]!r}", hint="one of: " + ", ".join(DAYS))
    return Expected(one.agency, name, one.profile, nfc(one.note.strip())[:500])


def _body(one: Expected) -> dict[str, str]:
    return {"agency": one.agency, "host": one.host, "name": one.name, "profile": one.profile, "note": one.note}


def _rows(store: Store, agency: str = "") -> Iterator[Any]:
    yield from store.rows(
        "SELECT agency, host, name, profile, note FROM fleet_host WHERE retired IS NULL AND (?1 = '' OR agency = ?1)",
        agency,
    )
