"""`atttcli incident`: open, list, show; what changes, moves, joins and measures incidents stands beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.casework_words import status_word
from atttcli.cli.context import App, with_app
from atttcli.cli.current import incident_number, remember
from atttcli.cli.incident_call import call, card
from atttcli.cli.incident_change import assign, link, note, set_, unlink
from atttcli.cli.incident_input import alert_numbers, json_option, places, vault_of, when
from atttcli.cli.incident_join import merge, split, unmerge
from atttcli.cli.incident_metrics import metrics
from atttcli.cli.incident_move import approve, close, met, move, reopen
from atttcli.cli.incident_study import form, timeline
from atttcli.cli.incident_view import incident_json, print_incident_json, show_incident
from atttcli.cli.law_words import category_of
from atttcli.errors import UsageError
from atttcli.model.incident import MERGED, STATUSES
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["incident", "vault_of"]


@click.group()
def incident() -> None:
    """Open, follow and close incidents.

    ID is a number (SC-2026-0001), a unique prefix, its last digits (1), or @: the current one of this terminal.

    \b
    Example:
      atttcli incident open --from-alert CB-2026-0003 --owner lan
      atttcli incident set @ --category madoc --severity M3
    """


for _command in (
    set_, assign, note, link, unlink, move, close, reopen, approve, met, merge, unmerge, split, form, timeline, metrics,
    call, card,
):  # fmt: skip
    incident.add_command(_command)


@incident.command("open")
@click.option("--from-alert", "alerts", multiple=True, metavar="CB-…", help="Alert to open it from; repeatable.")
@click.option("--title", default="", help="Else the first alert's title.")
@click.option("--category", default="", help="Code of the profile: madoc, giamao, truycap, mahoa …")
@click.option("--severity", default="", help="M1 (worst) to M4.")
@click.option("--owner", default="", help="Who leads it.")
@click.option("--agency", "agencies", multiple=True, help="Code of an agency concerned; repeatable.")
@click.option("--system", "systems", multiple=True, help="Code of a system concerned; repeatable.")
@click.option("--detected", metavar="TIME", help="When it was detected: the law's clocks start here.")
@click.option("--exercise", is_flag=True, help="An exercise: marked as one, and in no metrics.")
@json_option
@with_app
def open_(
    app: App, alerts: tuple[str, ...], title: str, category: str, severity: str, owner: str,
    agencies: tuple[str, ...], systems: tuple[str, ...], detected: str | None, exercise: bool, as_json: bool,
) -> None:  # fmt: skip
    """Open an incident, from alerts or from nothing. In the workspace of a drill it is an exercise.

    \b
    Examples:
      atttcli incident open --from-alert CB-2026-0003 --from-alert 4 --owner lan
      atttcli incident open --title "Máy bị mã hóa" --category mahoa --agency yt-cho-don --detected "23/11/2026 08:10"
    """
    from atttcli.incident.casework import NewIncident, open_incident
    from atttcli.incident.metrics import is_drill

    numbers = alert_numbers(app, alerts)
    known = [app.store.value("SELECT system FROM alert WHERE number = ?", number) for number in numbers]
    codes, level = places(app, agencies, [*systems, *(code for code in known if code and app.inventory.system(code))])
    if numbers and not title.strip():
        title = _title_of(app, numbers[0])
    new = NewIncident(
        title=title, category=category, severity=severity, owner=owner, agencies=codes, systems=systems,
        detected=when(detected, app.clock.now()), level=level, exercise=exercise or is_drill(app.workspace.root),
    )  # fmt: skip
    number = open_incident(app.journal, app.workspace.organisation, app.workspace.profile, new, numbers)
    remember(app, number)
    if as_json:
        print_incident_json(app, number)
        return
    opened = ngettext(
        "{number} is open, with {count} alert.", "{number} is open, with {count} alerts.", len(numbers), number=number
    )
    render.line(opened)
    render.line(_("Next: {command}", command=f"atttcli incident move {number} triage"))


def _title_of(app: App, number: str) -> str:
    """The alert's title in the workspace's language: it is that of papers too."""
    from atttcli.model.title import rule_title
    from atttcli.store.facts.alerts import alert_rows

    alert = alert_rows(app.store, "a.number = ?", number)[0]
    return rule_title(alert["detail"], app.workspace.language) or str(alert["title"])


@incident.command("list")
@click.option("--all", "everything", is_flag=True, help="Closed, rejected and merged ones too.")
@click.option("--status", "statuses", multiple=True, metavar="STATUS", help="Only in this status; repeatable.")
@click.option("--severity", "severities", multiple=True, metavar="CODE", help="Only of this severity; repeatable.")
@click.option("--category", "categories", multiple=True, metavar="CODE", help="Only of this type; repeatable.")
@click.option("--owner", metavar="NAME", help="Only of this owner; - for nobody.")
@click.option("--agency", metavar="CODE", help="Only those that concern this agency.")
@click.option("--from", "start", metavar="TIME", help="Opened at this time or later.")
@click.option("--to", "end", metavar="TIME", help="Opened before this time.")
@click.option("--limit", "-n", default=0, show_default=True, help="How many; 0 for all.")
@json_option
@with_app
def list_(app: App, as_json: bool, limit: int, **given: Any) -> None:
    """Incidents, newest first.

    \b
    Examples:
      atttcli incident list --severity M1 --severity M2
      atttcli incident list --all --agency so-y-te --from 2026-01-01 --json
    """
    clauses, values = _filters(app.clock.now(), **given)
    sql = (
        "SELECT i.*, (SELECT count(*) FROM incident_alert a WHERE a.incident = i.number) AS alerts,"
        " (SELECT count(*) FROM task t WHERE t.incident = i.number AND t.state = 'open') AS tasks"
        f" FROM incident i WHERE {' AND '.join(clauses)} ORDER BY opened DESC, number DESC LIMIT ?"
    )
    rows = app.store.rows(sql, *values, limit or -1)
    if as_json:
        render.emit_json_lines(incident_json(app, row["number"], brief=True) for row in rows)
        return
    render.table(
        [_("No."), _("Status"), _("Severity"), _("Incident type"), _("Owner"), _("Alerts"), _("Tasks"), _("Title")],
        (
            (
                row["number"], status_word(row["status"]), row["severity"] or "-",
                category_of(row["profile"], row["category"]) or "-",
                row["owner"] or "-", row["alerts"], row["tasks"], row["title"],
            )
            for row in rows
        ),
        wide=(7,),
    )  # fmt: skip


def _filters(
    now: int, everything: bool, statuses: tuple[str, ...], severities: tuple[str, ...], categories: tuple[str, ...],
    owner: str | None, agency: str | None, start: str | None, end: str | None,
) -> tuple[list[str], list[Any]]:  # fmt: skip
    known = (*STATUSES, MERGED)
    for status in statuses:
        if status not in known:
            raise UsageError(f"there is no status {status[:40]!r}", hint="one of: " + ", ".join(known))
    clauses, values = ["1"], list[Any]()
    if not (everything or statuses):
        clauses.append("i.status NOT IN ('closed','rejected','merged')")
    for column, wanted in _wanted(statuses, severities, categories, owner):
        clauses.append(f"i.{column} IN ({','.join('?' * len(wanted))})")
        values += wanted
    if agency:
        clauses.append("EXISTS (SELECT 1 FROM json_each(i.agencies) WHERE value = ?)")
        values.append(agency)
    for sign, text in ((">=", start), ("<", end)):
        if text:
            clauses.append(f"i.opened {sign} ?")
            values.append(when(text, now))
    return clauses, values


def _wanted(
    statuses: tuple[str, ...], severities: tuple[str, ...], categories: tuple[str, ...], owner: str | None
) -> Iterator[tuple[str, tuple[str, ...]]]:
    owners = () if owner is None else ("" if owner == "-" else owner,)
    for column, wanted in (
        ("status", statuses), ("severity", severities), ("category", categories), ("owner", owners),
    ):  # fmt: skip
        if wanted:
            yield column, wanted


@incident.command()
@click.argument("number", metavar="[ID]", required=False)
@json_option
@with_app
def show(app: App, number: str | None, as_json: bool) -> None:
    """One incident with alerts, deadlines, tasks, evidence and timeline.

    \b
    Examples:
      atttcli incident show SC-2026-0001
      atttcli incident show @ --json
    """
    found = incident_number(app, number)
    remember(app, found)
    if as_json:
        print_incident_json(app, found)
    else:
        show_incident(app, found)


@incident.command()
@click.argument("number", metavar="ID")
@json_option
@with_app
def use(app: App, number: str, as_json: bool) -> None:
    """Make an incident the current one (@) of this terminal.

    \b
    Example:
      atttcli incident use 12
    """
    found = incident_number(app, number)
    remember(app, found)
    if as_json:
        render.emit_json({"incident": found})
    else:
        render.line(_("@ is {number}", number=found))
