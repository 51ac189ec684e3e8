"""What is to be done now, from rows alone: no profile, no inventory, nothing written. Most urgent first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atttcli.cli.alert_view import title_of
from atttcli.cli.casework_words import distance, guard_words, localised, status_word
from atttcli.clock import DAY
from atttcli.incident.lifecycle import stuck_at
from atttcli.model.incident import FORWARD, Facts
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from atttcli.store.connection import Store

HIGH = 3
SOON = DAY
GROUPS_SHOWN = 10
UNTRIAGED = (
    "alert a LEFT JOIN alert_state s ON s.alert = a.number WHERE a.muted = 0 AND (s.state IS NULL OR s.state = 'open')"
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do. `urgency` 0 is overdue; `kind` is stable for JSON; `due` microseconds UTC."""

    urgency: int
    kind: str
    object: str
    text: str
    command: str
    due: int | None = None


def agenda(store: Store, now: int) -> list[Item]:
    """Every item, the most urgent first."""
    from atttcli.cli.advisory_agenda import advisory_items

    found = [*_deadlines(store, now), *_tasks(store, now), *_alerts(store), *_incidents(store), *_unresolved(store)]
    found += advisory_items(store, now)
    found.sort(key=lambda item: (item.urgency, item.due if item.due is not None else 1 << 62, item.object))
    return found


def _urgency(due: int | None, now: int, later: int) -> int:
    if due is None:
        return later
    return 0 if due < now else 1 if due < now + SOON else later


def _deadlines(store: Store, now: int) -> Iterator[Item]:
    sql = (
        "SELECT d.incident, d.code, d.name, d.name_en, d.due FROM deadline d JOIN incident i ON i.number = d.incident"
        " WHERE d.met IS NULL AND i.status != 'rejected'"
    )
    for row in store.rows(sql):
        name = localised({"name": row["name"], "name_en": row["name_en"]}, "name")
        text = _(
            "{incident}: {code} {name} ({when})",
            incident=row["incident"], code=row["code"], name=name, when=distance(row["due"], now),
        )  # fmt: skip
        command = f'atttcli incident met {row["incident"]} --deadline {row["code"]} --paper "…"'
        yield Item(_urgency(row["due"], now, 3), "deadline", row["incident"], text, command, row["due"])


def _tasks(store: Store, now: int) -> Iterator[Item]:
    sql = (
        "SELECT number, incident, code, title, title_en, due, asks, needs_evidence, required FROM task"
        " WHERE state = 'open'"
    )
    for row in store.rows(sql):
        title = localised({"title": row["title"], "title_en": row["title_en"]}, "title")
        when = f" ({distance(row['due'], now)})" if row["due"] is not None else ""
        command = f'atttcli task done {row["number"]} --note "…"'
        command += " --evidence CC-…" if row["needs_evidence"] else ""
        command += " --answer yes|no" if row["asks"] else ""
        text = f"{row['incident']}: {row['code']} {title}{when}" if row["code"] else f"{row['incident']}: {title}{when}"
        later = 4 if row["required"] else 6
        yield Item(_urgency(row["due"], now, later), "task", row["number"], text, command, row["due"])


def _alerts(store: Store) -> Iterator[Item]:
    rows = store.rows(
        f"SELECT a.agency, a.rule_id, max(a.severity) AS worst, count(*) AS n, min(a.title) AS title,"
        f" min(a.number) AS first FROM {UNTRIAGED} AND a.severity >= ?"
        " GROUP BY a.agency, a.rule_id ORDER BY worst DESC, n DESC, first",
        HIGH,
    )
    for row in rows[:GROUPS_SHOWN]:
        first = store.row("SELECT kind, detail FROM alert WHERE number = ?", row["first"])
        assert first is not None
        alert = {"title": row["title"], "kind": first["kind"], "detail": json.loads(first["detail"])}
        text = ngettext(
            "{count} untriaged alert: {title} ({agency})", "{count} untriaged alerts: {title} ({agency})", row["n"],
            title=title_of(alert), agency=row["agency"] or _("no agency"),
        )  # fmt: skip
        yield Item(2 if row["worst"] > HIGH else 3, "alerts", row["first"], text, f"atttcli alert show {row['first']}")
    if len(rows) > GROUPS_SHOWN:
        text = _("{n} more groups of untriaged alerts", n=len(rows) - GROUPS_SHOWN)
        yield Item(3, "alerts", "", text, "atttcli alert triage")


def _incidents(store: Store) -> Iterator[Item]:
    sql = (
        "SELECT i.number, i.title, i.status, i.category, i.severity, i.owner, i.resolution, i.cause,"
        " (SELECT count(*) FROM task t WHERE t.incident = i.number AND t.state = 'open') AS tasks,"
        " (SELECT count(*) FROM playbook_run r WHERE r.incident = i.number) AS runs"
        " FROM incident i WHERE i.status NOT IN ('closed','rejected')"
    )
    for row in store.rows(sql):
        number = row["number"]
        facts = Facts(
            number, row["status"], row["category"], row["severity"], row["owner"], row["resolution"], row["cause"]
        )
        forward = FORWARD[row["status"]]
        stuck = stuck_at(facts)
        if row["runs"] == 0:
            text = _("{incident}: no playbook runs: {title}", incident=number, title=row["title"])
            command = f"atttcli playbook run start tt20-art11-ordinary --incident {number}"
            yield Item(3, "no-playbook", number, text, command)
        if stuck is not None and not (row["tasks"] and stuck.guard in {"resolution", "cause"}):
            text = _(
                "{incident} is {status}: {why}",
                incident=number,
                status=status_word(row["status"]),
                why=guard_words(stuck.guard),
            )
            yield Item(2, f"guard-{stuck.guard}", number, text, stuck.hint)
        elif row["status"] in {"reported", "triage"} or not row["tasks"]:
            text = _("{incident} may go on to: {status}", incident=number, status=status_word(forward))
            yield Item(5, "move", number, text, f"atttcli incident move {number} {forward}")


def _unresolved(store: Store) -> Iterator[Item]:
    row = store.row(
        f"SELECT count(*) AS n, min(a.victim) AS first FROM {UNTRIAGED} AND a.victim != '' AND a.agency = ''"
    )
    if row is not None and row["n"]:
        text = ngettext(
            "{count} alert whose victim no agency owns: {victim}",
            "{count} alerts whose victim no agency owns, first {victim}",
            row["n"],
            victim=row["first"],
        )
        yield Item(5, "unresolved", "", text, f"atttcli agency learn-ip {row['first']} CODE")
