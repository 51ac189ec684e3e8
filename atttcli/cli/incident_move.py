"""Moving an incident along its lifecycle: move, approve, close, reopen, and what was sent in time."""

from __future__ import annotations

import json
from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.casework_words import status_word
from atttcli.cli.context import App, with_app
from atttcli.cli.current import incident_number
from atttcli.cli.incident_input import json_option, number_argument, reason_option, recorded, vault_of, when
from atttcli.errors import UsageError
from atttcli.text.messages import _


@click.command()
@number_argument
@click.argument("status")
@reason_option
@json_option
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
    recorded(app, found, as_json)


@click.command()
@number_argument
@click.option(
    "--for", "gate", default="", metavar="STATUS", help="What is approved; else what comes next and needs it."
)
@click.option("--approved-by", "approver", default="", metavar="NAME", help="Who approved, when that is not yourself.")
@click.option("--paper", default="", metavar="NUMBER", help="Number of the paper it was approved by.")
@json_option
@with_app
def approve(app: App, number: str, gate: str, approver: str, paper: str, as_json: bool) -> None:
    """Approve a step of an incident of high severity, by your own entry, or record another's approval with its paper.

    Who opened, moved or leads the incident cannot approve it by an own entry. Which steps need an approval, by severity,
    is data of the profile.

    \b
    Examples:
      atttcli incident approve SC-2026-0001
      atttcli incident approve @ --for closed --approved-by "Giám đốc Sở" --paper "12/QĐ-STTTT"
    """
    from atttcli.incident.casework import approve as approve_incident

    found = incident_number(app, number)
    given = approve_incident(app.journal, found, gate, approver, paper)
    if as_json:
        recorded(app, found, as_json)
    else:
        render.line(_("{number}: approved: {gate}", number=found, gate=status_word(given)))


@click.command()
@number_argument
@click.option("--resolution", default="", help="How it ended.")
@click.option("--cause", default="", help='Root cause, or "not determined".')
@click.option("--cause-reason", default="", help="Why the cause was not determined.")
@click.option("--rsit", default="", help="Category of the RSIT taxonomy: malicious-code, intrusions …")
@click.option("--set", "values", multiple=True, metavar="FIELD=VALUE", help="Any field of the record; repeatable.")
@json_option
@with_app
def close(
    app: App, number: str, resolution: str, cause: str, cause_reason: str, rsit: str, values: tuple[str, ...],
    as_json: bool,
) -> None:  # fmt: skip
    """Close an incident: resolution, cause, no open required task or letter, evidence that verifies, approvals.

    \b
    Examples:
      atttcli incident close @ --resolution "đã gỡ bỏ, khôi phục" --cause "mật khẩu yếu của hộp thư"
      atttcli incident close @ --resolution "đã gỡ" --cause "lỗ hổng" --rsit intrusions --set veris_action=hacking
    """
    from atttcli.incident.casework import move as move_incident

    found = incident_number(app, number)
    given = {"resolution": resolution, "cause": cause, "cause_reason": cause_reason}
    fields: dict[str, Any] = {name: value for name, value in given.items() if value}
    texts = [*values, *([f"rsit={rsit}"] if rsit else [])]
    move_incident(app.journal, vault_of(app), found, "closed", "", **fields, **_at_close(app, found, texts))
    recorded(app, found, as_json)
    if not as_json:
        _ask_statistics(app, found)


def _ask_statistics(app: App, number: str) -> None:
    """What the periodic statistics lack of it; it can be given now."""
    from atttcli.model.record import STATISTICAL

    known = json.loads(app.store.value("SELECT fields FROM incident WHERE number = ?", number))
    missing = [name for name in STATISTICAL if not known.get(name)]
    if missing:
        render.line(
            _(
                "For the statistics still missing: {names} → {command}",
                names=", ".join(missing),
                command=f"atttcli incident set {number} " + " ".join(f"{name}=…" for name in missing),
            )
        )


def _at_close(app: App, number: str, texts: list[str]) -> dict[str, Any]:
    from atttcli.incident.assigning import COLUMNS, assignments
    from atttcli.profile import load_profile

    row = app.store.row("SELECT profile, fields FROM incident WHERE number = ?", number)
    if not texts or row is None:
        return {}
    changes = assignments(texts, json.loads(row["fields"]), load_profile(row["profile"]), app.clock.now())
    clocked = [name for name in changes if name in COLUMNS or name in {"flags", "level"}]
    if clocked:
        raise UsageError(
            f"{clocked[0]} moves the law's clocks and is set before closing",
            hint=f"atttcli incident set {number} {clocked[0]}=…",
        )
    return changes


@click.command()
@number_argument
@reason_option
@json_option
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
    recorded(app, found, as_json)


@click.command()
@number_argument
@click.option("--deadline", required=True, metavar="CODE", help="Code of the deadline: A1, A3 …")
@click.option("--paper", default="", help="Number of the paper that went out.")
@click.option("--at", metavar="TIME", help="When it went out; now by default.")
@json_option
@with_app
def met(app: App, number: str, deadline: str, paper: str, at: str | None, as_json: bool) -> None:
    """Record that a legal notice or report went out.

    \b
    Example:
      atttcli incident met @ --deadline A1 --paper "05/BC-STTTT"
    """
    from atttcli.incident.casework import meet_deadline

    found = incident_number(app, number)
    meet_deadline(app.journal, found, deadline, when(at, app.clock.now()) or app.clock.now(), paper)
    recorded(app, found, as_json)
