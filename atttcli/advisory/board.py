"""Questions about advisories and deliveries, answered from indexed rows: what waits for whom, and how far each agency is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from atttcli.model.advisory import OPEN, WAITING
from atttcli.store.connection import Row, Store
from atttcli.text.moments import close_of

_OPEN = ",".join(f"'{state}'" for state in sorted(OPEN - {"planned"}))
_WAITING = ",".join(f"'{state}'" for state in sorted(WAITING | {"queued"}))

# `Not affected` by mail is a claim as `fixed` is: whose mail it was, nobody has asked yet.
CLAIMED = "(state = 'not_affected' AND coalesce(json_extract(answer, '$.channel'), '') = 'email')"


@dataclass(frozen=True, slots=True)
class Standing:
    """One advisory in figures. `late`: deliveries past their term without an answer."""

    deliveries: int = 0
    unsent: int = 0
    unanswered: int = 0
    fixing: int = 0
    unverified: int = 0
    done: int = 0
    late: int = 0
    handled: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class AgencyLine:
    """One agency over all advisories."""

    agency: str
    advisories: int
    open: int
    late: int
    unverified: int
    handled: int
    total: int
    reminders: int


def standings(store: Store, now: int, numbers: Sequence[str] = ()) -> dict[str, Standing]:
    """Figures by advisory, of all or of these."""
    only = f"WHERE advisory IN ({','.join('?' * len(numbers))})" if numbers else ""
    found = store.rows(
        "SELECT advisory, count(*) AS deliveries, sum(state IN ('planned','queued')) AS unsent,"
        " sum(state IN ('sent','acknowledged')) AS unanswered, sum(state = 'fixing') AS fixing,"
        f" sum(state = 'fixed' OR {CLAIMED}) AS unverified,"
        f" sum(state IN ('not_affected','verified','exempt','withdrawn') AND NOT {CLAIMED}) AS done,"
        f" sum(state IN ({_WAITING}) AND due < ?) AS late, sum(min(handled, coalesce(total, handled))) AS handled,"
        f" sum(coalesce(total, handled)) AS total FROM delivery {only} GROUP BY advisory",
        now,
        *numbers,
    )
    return {row["advisory"]: Standing(*(row[name] or 0 for name in Standing.__slots__)) for row in found}


def agency_lines(store: Store, now: int, only_open: bool = False) -> list[AgencyLine]:
    """Figures by agency over every advisory that was issued; those that are furthest behind first."""
    rows = store.rows(
        f"SELECT agency, count(*) AS n, sum(state IN ({_OPEN}) OR {CLAIMED}) AS open,"
        f" sum(state IN ({_WAITING}) AND due < ?) AS late,"
        f" sum(state = 'fixed' OR {CLAIMED}) AS unverified, sum(min(handled, coalesce(total, handled))) AS handled,"
        " sum(coalesce(total, handled)) AS total, sum(reminders) AS reminders"
        " FROM delivery WHERE state NOT IN ('planned','withdrawn') GROUP BY agency",
        now,
    )
    lines = [AgencyLine(*tuple(row)) for row in rows if row["open"] or not only_open]
    return sorted(lines, key=lambda line: (-line.late, -line.open, line.agency))


def board(store: Store, number: str) -> list[Row]:
    """The deliveries of one advisory, with how many rows of the annex concern each."""
    return store.rows(
        "SELECT d.*, (SELECT count(*) FROM delivery_row r WHERE r.advisory = d.advisory AND r.agency = d.agency) AS rows"
        " FROM delivery d WHERE d.advisory = ? ORDER BY d.agency",
        number,
    )


def late(store: Store, now: int, number: str = "") -> list[Row]:
    """Deliveries whose term has passed without an answer that ends it, oldest term first."""
    return store.rows(
        f"SELECT * FROM delivery WHERE state IN ({_WAITING}) AND state != 'queued' AND due < ? AND (? = '' OR advisory = ?)"
        " ORDER BY due, advisory, agency",
        now,
        number,
        number,
    )


def listed(store: Store, *, everything: bool = False, incident: str = "", agency: str = "") -> list[Row]:
    """Advisories, newest first; without `everything` only those that still run."""
    clauses = ["1"]
    values: list[str] = []
    if not everything:
        clauses.append("stage NOT IN ('closed','withdrawn')")
    if incident:
        clauses.append("incident = ?")
        values.append(incident)
    if agency:
        clauses.append("number IN (SELECT advisory FROM delivery WHERE agency = ?)")
        values.append(agency)
    return store.rows(
        f"SELECT * FROM advisory WHERE {' AND '.join(clauses)} ORDER BY created DESC, number DESC", *values
    )


@dataclass(frozen=True, slots=True)
class Todo:
    """Something that an advisory waits for from us. `kind` is stable; `count` deliveries, `first` an agency among them."""

    kind: str
    advisory: str
    title: str
    count: int = 1
    first: str = ""
    due: int | None = None


_STAGE_KIND = {
    "draft": "advisory-approve",
    "approved": "advisory-issue",
    "awaiting_signature": "advisory-sign",
    "awaiting_number": "advisory-number",
}


def todos(store: Store, now: int) -> Iterator[Todo]:
    """What `next` shows of advisories: to approve, issue, sign, number, send, remind, verify, and to answer whoever warned."""
    for row in store.rows(
        "SELECT number, title, stage, due FROM advisory WHERE stage IN ('draft','approved','awaiting_signature','awaiting_number')"
    ):
        yield Todo(_STAGE_KIND[row["stage"]], row["number"], row["title"], due=row["due"])
    for kind, clause in (
        ("advisory-send", "d.state = 'queued' AND a.stage = 'numbered'"),
        ("advisory-remind", "d.state IN ('sent','acknowledged','fixing') AND d.due < ?1"),
        (
            "advisory-verify",
            "d.state = 'fixed' OR " + CLAIMED.replace("state", "d.state").replace("answer,", "d.answer,"),
        ),
    ):
        rows = store.rows(
            "SELECT d.advisory, a.title, count(*) AS n, min(d.agency) AS first, min(d.due) AS due FROM delivery d"
            f" JOIN advisory a ON a.number = d.advisory WHERE ({clause}) AND ?1 = ?1 GROUP BY d.advisory",
            now,
        )
        for row in rows:
            yield Todo(kind, row["advisory"], row["title"], row["n"], row["first"], row["due"])
    for row in store.rows(
        "SELECT number, title, json_extract(source, '$.deadline') AS day, due FROM advisory"
        " WHERE stage IN ('numbered','closed') AND answered IS NULL AND source != '{}'"
        " AND (json_extract(source, '$.sender') != '' OR json_extract(source, '$.number') != '')"
    ):
        yield Todo("advisory-answer", row["number"], row["title"], due=_day_end(row["day"]) if row["day"] else None)


def _day_end(day: str) -> int | None:
    try:
        return close_of(date.fromisoformat(day))
    except ValueError:
        return None
