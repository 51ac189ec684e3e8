"""Open alerts in groups of one agency and one rule: four hundred rows are a dozen decisions.

Groups are made by the store; alerts are read when they are looked at, a page at a time, worst and newest first.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from atttcli.model.severity import Severity
from atttcli.store.connection import Store
from atttcli.store.facts.alerts import alerts_by_id

STATES = ("open", "linked", "closed", "muted", "all")
_PAGE = 500
_FROM = "FROM alert a LEFT JOIN alert_state s ON s.alert = a.number WHERE"
_ORDER = "ORDER BY a.severity DESC, a.last_seen DESC, a.id"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts. `state` open leaves the muted out; muted are open alerts that are muted; waiting are both.

    `agency` `-` is none; `rule` a rule's id, or the name at its end; `victim`: only such as name one.
    """

    agency: str = ""
    severity: Severity = Severity.INFORMATIONAL
    state: str = "open"
    rule: str = ""
    victim: bool = False

    def where(self) -> tuple[str, list[Any]]:
        """As SQL over `a` and `s`, with its values."""
        clauses, values = [], []  # type: list[str], list[Any]
        if self.severity:
            clauses.append("a.severity >= ?")
            values.append(int(self.severity))
        if self.agency:
            clauses.append("a.agency = ?")
            values.append("" if self.agency == "-" else self.agency)
        if self.rule:
            clauses.append("(a.rule_id = ? OR substr(a.rule_id, -length(?)) = ?)")
            values += [self.rule, f":{self.rule}", f":{self.rule}"]
        if self.victim:
            clauses.append("a.victim <> ''")
        if self.state in ("open", "muted", "waiting"):
            clauses.append("coalesce(s.state, 'open') = 'open'")
            clauses += [] if self.state == "waiting" else [f"a.muted {'!=' if self.state == 'muted' else '='} 0"]
        elif self.state != "all":
            clauses.append("s.state = ?")
            values.append(self.state)
        return " AND ".join(clauses) or "1", values


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts of one agency and rule: how many (`size`), their sightings (`count`), the worst severity, the last sighting.

    `newest` is the highest id: what came after a person saw the group is not decided with it.
    """

    agency: str
    rule_id: str
    severity: Severity
    size: int
    count: int
    last_seen: int | None
    newest: int

    @property
    def name(self) -> str:
        """`agency/rule`, as `--group` takes it."""
        return f"{self.agency or '-'}/{self.rule_id}"


def alerts(store: Store, wanted: Wanted, limit: int = -1) -> Iterator[dict[str, Any]]:
    """Alerts that fit, worst and newest first; only a page of them is held. `limit` -1 is all."""
    where, values = wanted.where()
    found = store.connection.execute(f"SELECT a.id {_FROM} {where} {_ORDER} LIMIT ?", (*values, limit))
    yield from _read(store, array("q", (row[0] for row in found)))


def how_many(store: Store, wanted: Wanted) -> int:
    """Number of alerts that fit."""
    where, values = wanted.where()
    return int(store.value(f"SELECT count(*) {_FROM} {where}", *values))


def groups(store: Store, wanted: Wanted) -> list[Group]:
    """Groups of the alerts that fit, worst first, then the most often seen."""
    where, values = wanted.where()
    sql = (
        "SELECT a.agency, a.rule_id, max(a.severity) AS worst, count(*) AS size, sum(a.count) AS times, max(a.last_seen), max(a.id)"
        f" {_FROM} {where} GROUP BY a.agency, a.rule_id"
        " ORDER BY worst DESC, times DESC, CASE a.agency WHEN '' THEN '-' ELSE a.agency END || '/' || a.rule_id"
    )
    return [Group(row[0], row[1], Severity(row[2]), *tuple(row)[3:]) for row in store.connection.execute(sql, values)]


def group_named(store: Store, name: str, wanted: Wanted | None = None) -> Group | None:
    """The group of that name (`agency/rule`), of open alerts unless others are wanted."""
    agency, _, rule = name.partition("/")
    if not agency:
        return None
    narrowed = replace(wanted or Wanted(), agency=agency)
    return next((group for group in groups(store, narrowed) if group.rule_id == rule), None)


def members(store: Store, group: Group, wanted: Wanted | None = None, limit: int = -1) -> Iterator[dict[str, Any]]:
    """A group's alerts, worst and newest first; only a page of them is held."""
    sql, values = _members("a.id", group, wanted or Wanted())
    yield from _read(store, array("q", (row[0] for row in store.connection.execute(sql, (*values, limit)))))


def first(store: Store, group: Group, wanted: Wanted | None = None) -> dict[str, Any]:
    """The worst and newest of a group."""
    return next(members(store, group, wanted, 1))


def numbers(store: Store, group: Group, wanted: Wanted | None = None) -> list[str]:
    """The numbers of a group's alerts, worst and newest first."""
    sql, values = _members("a.number", group, wanted or Wanted())
    return [row[0] for row in store.connection.execute(sql, (*values, -1))]


def _members(what: str, group: Group, wanted: Wanted) -> tuple[str, list[Any]]:
    where, values = replace(wanted, agency="", rule="").where()
    sql = f"SELECT {what} {_FROM} a.agency = ? AND a.rule_id = ? AND a.id <= ? AND {where} {_ORDER} LIMIT ?"
    return sql, [group.agency, group.rule_id, group.newest, *values]


def _read(store: Store, ids: array[int]) -> Iterator[dict[str, Any]]:
    """The alerts of these ids in their order. No cursor stays open: who pages through them for an hour keeps no snapshot."""
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        found = {row["id"]: row for row in alerts_by_id(store, page)}
        yield from (found[identity] for identity in page if identity in found)
