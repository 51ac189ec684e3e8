"""Open alerts in groups of one agency and one rule: four hundred rows are a dozen decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from atttcli.model.severity import Severity
from atttcli.store.connection import Store
from atttcli.store.facts.alerts import alert_rows

STATES = ("open", "linked", "closed", "muted", "all")


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts of one agency and rule, worst first. `count` is of sightings."""

    agency: str
    rule_id: str
    alerts: tuple[dict[str, Any], ...]

    @property
    def name(self) -> str:
        """`agency/rule`, as `--group` takes it."""
        return f"{self.agency or '-'}/{self.rule_id}"

    @property
    def count(self) -> int:
        """Sightings of all its alerts."""
        return sum(alert["count"] for alert in self.alerts)

    @property
    def severity(self) -> Severity:
        """The worst of its alerts."""
        return Severity(max(alert["severity"] for alert in self.alerts))

    @property
    def last_seen(self) -> int | None:
        """Of any of its alerts."""
        return max((alert["last_seen"] for alert in self.alerts if alert["last_seen"] is not None), default=None)


def chosen(
    store: Store, *, agency: str = "", severity: Severity = Severity.INFORMATIONAL, state: str = "open", rule: str = ""
) -> list[dict[str, Any]]:
    """Alerts that fit, worst and newest first. `state` open leaves the muted out; muted are open alerts that are muted."""
    clauses, values = ["a.severity >= ?"], [int(severity)]  # type: list[str], list[Any]
    if agency:
        clauses.append("a.agency = ?")
        values.append("" if agency == "-" else agency)
    if rule:
        clauses.append("(a.rule_id = ? OR a.rule_id LIKE ?)")
        values += [rule, f"%:{rule}"]
    if state in ("open", "muted"):
        clauses.append("coalesce(s.state, 'open') = 'open' AND a.muted = ?")
        values.append(int(state == "muted"))
    elif state != "all":
        clauses.append("s.state = ?")
        values.append(state)
    return alert_rows(store, " AND ".join(clauses), *values)


def grouped(alerts: Iterable[dict[str, Any]]) -> list[Group]:
    """Groups, worst first, then the most often seen."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for alert in alerts:
        found.setdefault((alert["agency"], alert["rule_id"]), []).append(alert)
    groups = [Group(agency, rule, tuple(members)) for (agency, rule), members in found.items()]
    return sorted(groups, key=lambda group: (-group.severity, -group.count, group.name))


def group_named(groups: Sequence[Group], name: str) -> Group | None:
    """The group of that name."""
    return next((group for group in groups if group.name == name), None)
