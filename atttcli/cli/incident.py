"""`atttcli incident`: open, follow, move and close incidents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.casework_words import status_word
from atttcli.cli.context import App, with_app
from atttcli.cli.current import incident_number, remember
from atttcli.cli.incident_view import incident_json, print_incident_json, show_incident
from atttcli.clock import parse_moment
from atttcli.errors import NotFound, UsageError
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atttcli.evidence.vault import Vault

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
_reason = click.option("--reason", default="", metavar="TEXT", help="Why; every step that is not forward needs it.")


@click.group()
def incident() -> None:
    """Open, follow and close incidents.

    ID is a number (SC-2026-0001), a unique prefix, its last digits (1), or @: the current one of this terminal.

    \b
    Example:
      atttcli incident open --from-alert CB-2026-0003 --owner lan
      atttcli incident set @ --category madoc --severity M3
    """


def when(text: str | None) -> int | None:
    """A moment that a person typed, or UsageError."""
    if not text:
        return None
    try:
        return parse_moment(text)
    except ValueError as error:
        raise UsageError(f"not a time: {text[:40]!r}", hint="as 2026-11-23 10:04 or 23/11/2026 10:04") from error


def vault_of(app: App) -> Vault:
    """The workspace's vault."""
    from atttcli.evidence.vault import Vault

    return Vault(app.workspace.vault)


def _alerts(app: App, texts: Sequence[str]) -> list[str]:
    from atttcli.store.numbers import resolve_number

    return [resolve_number(app.store, "alert", text) for text in texts]


def _places(app: App, agencies: Sequence[str], systems: Sequence[str]) -> tuple[tuple[str, ...], int | None]:
    """Agency codes checked and the highest level of the systems; NotFound for a code that nobody has."""
    codes = []
    for text in agencies:
        found = app.inventory.find_agency(text)
        if found is None:
            raise NotFound(f"no agency {text[:40]!r}", hint="atttcli agency list")
        codes.append(found.code)
    levels = []
    for code in systems:
        system = app.inventory.system(code)
        if system is None:
            raise NotFound(f"no system {code[:40]!r}", hint="atttcli system list")
        levels.append(system.level or 0)
    return tuple(codes), max(levels, default=0) or None


@incident.command("open")
@click.option("--from-alert", "alerts", multiple=True, metavar="CB-…", help="Alert to open it from; repeatable.")
@click.option("--title", default="", help="Else the first alert's title.")
@click.option("--category", default="", help="Code of the profile: madoc, giamao, truycap, mahoa …")
@click.option("--severity", default="", help="M1 (worst) to M4.")
@click.option("--owner", default="", help="Who leads it.")
@click.option("--agency", "agencies", multiple=True, help="Code of an agency concerned; repeatable.")
@click.option("--system", "systems", multiple=True, help="Code of a system concerned; repeatable.")
@click.option("--detected", metavar="TIME", help="When it was detected: the law's clocks start here.")
@_json
@with_app
def open_(
    app: App, alerts: tuple[str, ...], title: str, category: str, severity: str, owner: str,
    agencies: tuple[str, ...], systems: tuple[str, ...], detected: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Open an incident, from alerts or from nothing.

    \b
    Examples:
      atttcli incident open --from-alert CB-2026-0003 --from-alert 4 --owner lan
      atttcli incident open --title "Máy bị mã hóa" --category mahoa --agency yt-cho-don --detected "23/11/2026 08:10"
    """
    from atttcli.incident.casework import NewIncident, open_incident

    numbers = _alerts(app, alerts)
    known = [app.store.value("SELECT system FROM alert WHERE number = ?", number) for number in numbers]
    codes, level = _places(app, agencies, [*systems, *(code for code in known if code and app.inventory.system(code))])
    new = NewIncident(
        title=title, category=category, severity=severity, owner=owner, agencies=codes, systems=systems,
        detected=when(detected), level=level,
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


@incident.command("list")
@click.option("--all", "everything", is_flag=True, help="Closed and rejected ones too.")
@_json
@with_app
def list_(app: App, everything: bool, as_json: bool) -> None:
    """Incidents, newest first.

    \b
    Example:
      atttcli incident list --all
    """
    sql = (
        "SELECT i.*, (SELECT count(*) FROM incident_alert a WHERE a.incident = i.number) AS alerts,"
        " (SELECT count(*) FROM task t WHERE t.incident = i.number AND t.state = 'open') AS tasks"
        " FROM incident i WHERE ? OR status NOT IN ('closed','rejected') ORDER BY opened DESC, number DESC"
    )
    rows = app.store.rows(sql, everything)
    if as_json:
        render.emit_json_lines(incident_json(app, row["number"], brief=True) for row in rows)
        return
    render.table(
        [_("No."), _("Status"), _("Severity"), _("Incident type"), _("Owner"), _("Alerts"), _("Tasks"), _("Title")],
        (
            (
                row["number"], status_word(row["status"]), row["severity"] or "-", row["category"] or "-",
                row["owner"] or "-", row["alerts"], row["tasks"], row["title"],
            )
            for row in rows
        ),
        wide=(7,),
    )  # fmt: skip


@incident.command()
@click.argument("number", metavar="[ID]", required=False)
@_json
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


@incident.command("set")
@click.argument("number", metavar="ID")
@click.option("--title")
@click.option("--category", help="Code of the profile.")
@click.option("--severity", help="M1 (worst) to M4.")
@click.option("--owner")
@click.option("--agency", "agencies", multiple=True, help="Replaces the agencies; repeatable.")
@click.option("--system", "systems", multiple=True, help="Replaces the systems; repeatable.")
@click.option("--detected", metavar="TIME")
@click.option(
    "--flag", "flags", multiple=True, help="A fact of the profile (beyond_capacity, personal_data …); repeatable."
)
@click.option("--summary")
@click.option("--scope")
@click.option("--measures")
@click.option("--result")
@click.option("--lessons")
@click.option("--proposals")
@_json
@with_app
def set_(
    app: App, number: str, agencies: tuple[str, ...], systems: tuple[str, ...], detected: str | None,
    flags: tuple[str, ...], as_json: bool, **texts: str | None,
) -> None:  # fmt: skip
    """Change facts of an incident; class and clocks follow.

    \b
    Examples:
      atttcli incident set @ --category madoc --severity M3 --owner lan
      atttcli incident set SC-2026-0001 --flag beyond_capacity
    """
    from atttcli.incident.casework import set_fields

    found = incident_number(app, number)
    codes, level = _places(app, agencies, systems)
    fields: dict[str, Any] = {name: value for name, value in texts.items() if value is not None}
    if agencies:
        fields["agencies"] = list(codes)
    if systems:
        fields |= {"systems": list(systems), "level": level}
    if detected:
        fields["detected"] = when(detected)
    if flags:
        old = app.store.value("SELECT fields FROM incident WHERE number = ?", found)
        kept = json.loads(old).get("flags", {})
        fields["flags"] = {flag: app.clock.now() for flag in flags} | kept
    set_fields(app.journal, found, fields)
    _done(app, found, as_json)


@incident.command()
@click.argument("number", metavar="ID")
@click.argument("status")
@_reason
@_json
@with_app
def move(app: App, number: str, status: str, reason: str, as_json: bool) -> None:
    """Move an incident to its next status, or back with a reason.

    reported → triage → analysis (or rejected) → containment → eradication → recovery → post_incident → closed

    \b
    Examples:
      atttcli incident move @ triage
      atttcli incident move @ containment --reason "mã độc xuất hiện lại"
    """
    from atttcli.incident.casework import move as move_incident

    found = incident_number(app, number)
    move_incident(app.journal, vault_of(app), found, status, reason)
    _done(app, found, as_json)


@incident.command()
@click.argument("number", metavar="ID")
@click.argument("text")
@_json
@with_app
def note(app: App, number: str, text: str, as_json: bool) -> None:
    """Write a line into the timeline.

    \b
    Example:
      atttcli incident note @ "Đã gọi lại Sở Y tế, máy đã rút khỏi mạng"
    """
    from atttcli.incident.casework import add_note

    found = incident_number(app, number)
    add_note(app.journal, found, text)
    _done(app, found, as_json)


@incident.command()
@click.argument("number", metavar="ID")
@click.argument("alerts", metavar="ALERT...", nargs=-1, required=True)
@_json
@with_app
def link(app: App, number: str, alerts: tuple[str, ...], as_json: bool) -> None:
    """Link alerts to an incident; their full records go into the journal.

    \b
    Example:
      atttcli incident link @ CB-2026-0005 6 7
    """
    from atttcli.incident.casework import link_alerts

    found = incident_number(app, number)
    link_alerts(app.journal, found, _alerts(app, alerts))
    _done(app, found, as_json)


@incident.command()
@click.argument("number", metavar="ID")
@click.argument("alerts", metavar="ALERT...", nargs=-1, required=True)
@_reason
@_json
@with_app
def unlink(app: App, number: str, alerts: tuple[str, ...], reason: str, as_json: bool) -> None:
    """Take alerts out of an incident.

    \b
    Example:
      atttcli incident unlink @ CB-2026-0005 --reason "máy khác"
    """
    from atttcli.incident.casework import unlink_alerts

    found = incident_number(app, number)
    unlink_alerts(app.journal, found, _alerts(app, alerts), reason)
    _done(app, found, as_json)


@incident.command()
@click.argument("number", metavar="ID")
@click.option("--resolution", default="", help="How it ended.")
@click.option("--cause", default="", help='Root cause, or "not determined".')
@click.option("--cause-reason", default="", help="Why the cause was not determined.")
@_json
@with_app
def close(app: App, number: str, resolution: str, cause: str, cause_reason: str, as_json: bool) -> None:
    """Close an incident: resolution, cause, no open required task, evidence that verifies.

    \b
    Example:
      atttcli incident close @ --resolution "đã gỡ bỏ, khôi phục" --cause "mật khẩu yếu của hộp thư"
    """
    from atttcli.incident.casework import move as move_incident

    found = incident_number(app, number)
    given = {"resolution": resolution, "cause": cause, "cause_reason": cause_reason}
    fields = {name: value for name, value in given.items() if value}
    move_incident(app.journal, vault_of(app), found, "closed", "", **fields)
    _done(app, found, as_json)


@incident.command()
@click.argument("number", metavar="ID")
@_reason
@_json
@with_app
def reopen(app: App, number: str, reason: str, as_json: bool) -> None:
    """Reopen a closed or rejected incident, with a reason.

    \b
    Example:
      atttcli incident reopen SC-2026-0001 --reason "tái nhiễm"
    """
    from atttcli.incident.casework import reopen as reopen_incident

    found = incident_number(app, number)
    reopen_incident(app.journal, found, reason)
    _done(app, found, as_json)


@incident.command()
@click.argument("number", metavar="ID")
@click.option("--deadline", required=True, metavar="CODE", help="Code of the deadline: A1, A3 …")
@click.option("--paper", default="", help="Number of the paper that went out.")
@click.option("--at", metavar="TIME", help="When it went out; now by default.")
@_json
@with_app
def met(app: App, number: str, deadline: str, paper: str, at: str | None, as_json: bool) -> None:
    """Record that a legal notice or report went out.

    \b
    Example:
      atttcli incident met @ --deadline A1 --paper "05/BC-STTTT"
    """
    from atttcli.incident.casework import meet_deadline

    found = incident_number(app, number)
    meet_deadline(app.journal, found, deadline, when(at) or app.clock.now(), paper)
    _done(app, found, as_json)


@incident.command()
@click.argument("number", metavar="ID")
@_json
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


def _done(app: App, number: str, as_json: bool) -> None:
    if as_json:
        print_incident_json(app, number)
        return
    status = app.store.value("SELECT status FROM incident WHERE number = ?", number)
    render.line(_("{number}: recorded; status {status}.", number=number, status=status_word(str(status))))
