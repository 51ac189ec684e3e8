"""What is to be done now, from rows alone: no profile, no inventory, nothing written. Most urgent first."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from atttcli.cli.alert_view import title_of
from atttcli.cli.casework_words import distance, localised
from atttcli.clock import DAY
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from atttcli.store.connection import Row, Store

HIGH = 3
SOON = DAY
GROUPS_SHOWN = 10
UNTRIAGED = (
    "alert a LEFT JOIN alert_state s ON s.alert = a.number WHERE a.muted = 0 AND (s.state IS NULL OR s.state = 'open')"
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do. `urgency` 0 is overdue; `kind` is stable for JSON; `due` microseconds UTC.

    `text` may be a function: of thousands of items only those that are shown are put into words.
    """

    urgency: int
    kind: str
    object: str
    text: str | Callable[[], str]
    command: str
    due: int | None = None

    @property
    def words(self) -> str:
        """The text, put into words when it was not."""
        return self.text if isinstance(self.text, str) else self.text()


# What each room adds: (module, function, question). A function takes the store and the moment and yields items; its module
# is loaded only when the question (`:now` in microseconds) has a row: `next` answers in the time of two bare starts.
ROOMS: tuple[tuple[str, str, str], ...] = (
    ("atttcli.cli.agenda", "deadline_items", "SELECT 1 FROM deadline WHERE met IS NULL"),
    ("atttcli.cli.agenda", "task_items", "SELECT 1 FROM task WHERE closed IS NULL"),
    ("atttcli.cli.agenda", "alert_items", "SELECT 1 FROM alert"),
    (
        "atttcli.cli.agenda_incidents",
        "incident_items",
        "SELECT 1 FROM incident WHERE status NOT IN ('closed','rejected','merged')",
    ),
    ("atttcli.cli.agenda", "unresolved_items", "SELECT 1 FROM alert WHERE agency = ''"),
    ("atttcli.cli.log_source", "unplaced_items", "SELECT 1 FROM alert WHERE agency = '' AND system = ''"),
    (
        "atttcli.cli.advisory_agenda",
        "advisory_items",
        "SELECT 1 FROM advisory WHERE stage NOT IN ('closed','withdrawn')",
    ),
    (
        "atttcli.cli.agenda_clocks",
        "clock_items",
        "SELECT 1 FROM organisation WHERE coalesce(json_extract(payload, '$.valid_until'), '') = ''"
        " OR json_extract(payload, '$.valid_until') >= date(:now / 1000000, 'unixepoch')"
        " UNION ALL SELECT 1 FROM contract WHERE ended = '' UNION ALL SELECT 1 FROM inspection_finding WHERE state = 'open'",
    ),
    ("atttcli.cli.drill_agenda", "action_items", "SELECT 1 FROM action"),
    (
        "atttcli.cli.fleet_agenda",
        "fleet_items",
        "SELECT 1 FROM fleet_host WHERE retired IS NULL UNION ALL SELECT 1 FROM fleet_interval WHERE agency <> ''",
    ),
    ("atttcli.cli.agenda_clocks", "desk_items", "SELECT 1 FROM call WHERE ended IS NULL UNION ALL SELECT 1 FROM shift"),
)


def agenda(store: Store, now: int) -> list[Item]:
    """Every item, the most urgent first."""
    found: list[Item] = []
    for module, function, question in ROOMS:
        if store.connection.execute(f"SELECT EXISTS ({question})", {"now": now}).fetchone()[0]:
            found.extend(getattr(import_module(module), function)(store, now))
    found.sort(key=lambda item: (item.urgency, item.due if item.due is not None else 1 << 62, item.object))
    return found


def urgency(due: int | None, now: int, later: int) -> int:
    """0 overdue, 1 due within a day, else `later`."""
    if due is None:
        return later
    return 0 if due < now else 1 if due < now + SOON else later


def deadline_items(store: Store, now: int) -> Iterator[Item]:
    """The law's clocks of incidents."""
    sql = (
        "SELECT d.incident, d.code, d.name, d.name_en, d.due FROM deadline d JOIN incident i ON i.number = d.incident"
        " WHERE d.met IS NULL AND i.status NOT IN ('rejected','merged')"
    )
    for row in store.rows(sql):
        command = f'atttcli incident met {row["incident"]} --deadline {row["code"]} --paper "…"'
        yield Item(
            urgency(row["due"], now, 3), "deadline", row["incident"], partial(_deadline_words, row, now), command,
            row["due"],
        )  # fmt: skip


def _deadline_words(row: Row, now: int) -> str:
    return _(
        "{incident}: {code} {name} ({when})",
        incident=row["incident"], code=row["code"], name=localised(row, "name"), when=distance(row["due"], now),
    )  # fmt: skip


def task_items(store: Store, now: int) -> Iterator[Item]:
    """Open tasks."""
    sql = (
        "SELECT t.number, t.incident, t.code, t.title, t.title_en, t.due, t.asks, t.needs_evidence, t.required, t.status,"
        " t.detail, r.state AS run_state, substr(t.run, 1, 8) AS run FROM task t LEFT JOIN playbook_run r ON r.id = t.run"
        " WHERE t.state = 'open' AND t.kind != 'child'"
        " AND (t.status != 'waiting' OR (t.depends = '[]' AND t.not_before <= ?))"
    )
    for row in store.rows(sql, now):
        command = _task_command(row)
        later = 4 if row["required"] else 6
        yield Item(
            urgency(row["due"], now, later), "task", row["number"], partial(_task_words, row, now), command, row["due"]
        )


def _task_command(row: Row) -> str:
    if row["run_state"] == "paused":
        return f"atttcli playbook run resume {row['run']}"
    if row["status"] == "await_user_input":
        return f"atttcli task approve {row['number']}"
    command = f'atttcli task done {row["number"]} --note "…"'
    command += " --evidence CC-…" if row["needs_evidence"] else ""
    if row["asks"]:
        return command + " --answer yes|no"
    wants = json.loads(row["detail"]).get("wants", ())
    return command + "".join(f" --set {one['name']}=…" for one in wants)


def _task_words(row: Row, now: int) -> str:
    title = localised(row, "title")
    when = f" ({distance(row['due'], now)})" if row["due"] is not None else ""
    return f"{row['incident']}: {row['code']} {title}{when}" if row["code"] else f"{row['incident']}: {title}{when}"


def alert_items(store: Store, _now: int) -> Iterator[Item]:
    """Untriaged alerts, by agency and rule, the gravest first."""
    rows = store.rows(
        "SELECT agency, rule_id, max(severity) AS worst, sum(waiting) AS n FROM alert_desk WHERE waiting > 0 AND severity >= ?"
        " GROUP BY agency, rule_id ORDER BY worst DESC, n DESC, agency, rule_id",
        HIGH,
    )
    for row in rows[:GROUPS_SHOWN]:
        first = store.row(
            f"SELECT a.number, a.title, a.kind, a.detail FROM {UNTRIAGED} AND a.agency = ? AND a.rule_id = ? AND a.severity >= ?"
            " ORDER BY a.severity DESC, a.last_seen DESC, a.id LIMIT 1",
            row["agency"], row["rule_id"], HIGH,
        )  # fmt: skip
        if first is None:
            continue
        alert = {"title": first["title"], "kind": first["kind"], "detail": json.loads(first["detail"])}
        text = ngettext(
            "{count} untriaged alert: {title} ({agency})", "{count} untriaged alerts: {title} ({agency})", row["n"],
            title=title_of(alert), agency=row["agency"] or _("no agency"),
        )  # fmt: skip
        command = f"atttcli alert show {first['number']}"
        yield Item(2 if row["worst"] > HIGH else 3, "alerts", first["number"], text, command)
    if len(rows) > GROUPS_SHOWN:
        text = _("{n} more groups of untriaged alerts", n=len(rows) - GROUPS_SHOWN)
        yield Item(3, "alerts", "", text, "atttcli alert triage")


def unresolved_items(store: Store, _now: int) -> Iterator[Item]:
    """Victims in lists whom no agency owns."""
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
