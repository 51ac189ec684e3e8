"""Changing what is known of an incident: fields, owner, notes, alerts."""

from __future__ import annotations

import json
from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.current import incident_number
from atttcli.cli.incident_input import (
    alert_numbers,
    json_option,
    number_argument,
    places,
    reason_option,
    recorded,
    when,
)
from atttcli.text.messages import _


@click.command("set")
@number_argument
@click.argument("values", metavar="[FIELD=VALUE]...", nargs=-1)
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
@json_option
@with_app
def set_(
    app: App, number: str, values: tuple[str, ...], agencies: tuple[str, ...], systems: tuple[str, ...],
    detected: str | None, flags: tuple[str, ...], as_json: bool, **texts: str | None,
) -> None:  # fmt: skip
    """Change facts of an incident; class and clocks follow.

    FIELD=VALUE sets any field of the record (all of them: `atttcli incident form ID --fields`), FIELD+=VALUE and
    FIELD-=VALUE add to a list and take from it, FIELD= empties it. A fact of the profile is a field too:
    beyond_capacity=yes.

    \b
    Examples:
      atttcli incident set @ --category madoc --severity M3 --owner lan
      atttcli incident set @ personal_data=yes personal_data_subjects=1200 machines+=PC-KT-02 attack+=T1486 tlp=amber
    """
    from atttcli.incident.casework import set_fields

    found = incident_number(app, number)
    changes: dict[str, Any] = {name: value for name, value in texts.items() if value is not None}
    codes, level = places(app, agencies, systems)
    if agencies:
        changes["agencies"] = list(codes)
    if systems:
        changes |= {"systems": list(systems), "level": level}
    if detected:
        changes["detected"] = when(detected, app.clock.now())
    changes |= _assigned(app, found, [*values, *(f"{flag}=yes" for flag in flags)])
    set_fields(app.journal, found, changes)
    if not as_json:
        _warn_of_severity(app, found)
    recorded(app, found, as_json)


def _assigned(app: App, number: str, values: list[str]) -> dict[str, Any]:
    from atttcli.incident.assigning import assignments
    from atttcli.profile import load_profile

    row = app.store.row("SELECT profile, fields FROM incident WHERE number = ?", number)
    if not values or row is None:
        return {}
    return assignments(values, json.loads(row["fields"]), load_profile(row["profile"]), app.clock.now())


def _warn_of_severity(app: App, number: str) -> None:
    """In doubt the higher one: say so when the facts call for a worse severity than the one that was set."""
    from atttcli.incident.facts import incident_row, worse_severity

    worse = worse_severity(incident_row(app.journal, number))
    if worse:
        render.warn(
            _(
                "the facts call for severity {code}; in doubt the higher one: {command}",
                code=worse,
                command=f"atttcli incident set {number} --severity {worse}",
            )
        )


@click.command()
@number_argument
@click.argument("owner", metavar="NAME")
@json_option
@with_app
def assign(app: App, number: str, owner: str, as_json: bool) -> None:
    """Give an incident to somebody.

    \b
    Example:
      atttcli incident assign @ lan
    """
    from atttcli.incident.casework import set_fields

    found = incident_number(app, number)
    set_fields(app.journal, found, {"owner": owner.strip()})
    recorded(app, found, as_json)


@click.command()
@number_argument
@click.argument("text")
@json_option
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
    recorded(app, found, as_json)


@click.command()
@number_argument
@click.argument("alerts", metavar="ALERT...", nargs=-1, required=True)
@json_option
@with_app
def link(app: App, number: str, alerts: tuple[str, ...], as_json: bool) -> None:
    """Link alerts to an incident; their full records go into the journal.

    \b
    Example:
      atttcli incident link @ CB-2026-0005 6 7
    """
    from atttcli.incident.casework import link_alerts

    found = incident_number(app, number)
    link_alerts(app.journal, found, alert_numbers(app, alerts))
    recorded(app, found, as_json)


@click.command()
@number_argument
@click.argument("alerts", metavar="ALERT...", nargs=-1, required=True)
@reason_option
@json_option
@with_app
def unlink(app: App, number: str, alerts: tuple[str, ...], reason: str, as_json: bool) -> None:
    """Take alerts out of an incident.

    \b
    Example:
      atttcli incident unlink @ CB-2026-0005 --reason "máy khác"
    """
    from atttcli.incident.casework import unlink_alerts

    found = incident_number(app, number)
    unlink_alerts(app.journal, found, alert_numbers(app, alerts), reason)
    recorded(app, found, as_json)
