"""`atttcli advisory list | show | board`: reading only."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from atttcli.cli import render
from atttcli.cli.advisory_view import (
    AS_JSON,
    advisory_json,
    delivery_json,
    draw_advisory,
    draw_deliveries,
    headed,
    next_step,
    scanned_since,
    stage_word,
)
from atttcli.cli.casework_words import moment
from atttcli.cli.context import App, with_app
from atttcli.model.advisory import OPEN
from atttcli.text.messages import _


@click.command("list")
@click.option("--all", "everything", is_flag=True, help="Closed and withdrawn ones too.")
@click.option("--incident", default="", metavar="SC-…", help="Only of this incident.")
@click.option("--agency", default="", metavar="CODE", help="Only those that this agency received.")
@AS_JSON
@with_app
def list_(app: App, everything: bool, incident: str, agency: str, as_json: bool) -> None:
    """Advisories that run, newest first, with what each waits for.

    \b
    Examples:
      atttcli advisory list
      atttcli advisory list --all --agency so-y-te --json
    """
    from atttcli.advisory.board import Standing, listed, standings
    from atttcli.store.numbers import resolve_number

    wanted = resolve_number(app.store, "incident", incident) if incident else ""
    rows = listed(app.store, everything=everything, incident=wanted, agency=agency)
    figures = standings(app.store, app.clock.now())
    if as_json:
        render.emit_json_lines(advisory_json(row, figures.get(row["number"], Standing())) for row in rows)
        return
    columns = headed(
        _("number"), _("Title"), _("stage"), _("letter"), _("due"), _("agencies"), _("unanswered"), _("late"), _("machines"),
    )  # fmt: skip
    drawn = []
    for row in rows:
        one = figures.get(row["number"], Standing())
        drawn.append(
            (
                row["number"], row["title"], stage_word(row["stage"]), row["document"] or "-", moment(row["due"]),
                one.deliveries, one.unanswered, one.late, f"{one.handled}/{one.total}",
            )
        )  # fmt: skip
    render.table(columns, drawn, wide=(1,))


@click.command()
@click.argument("number")
@AS_JSON
@with_app
def show(app: App, number: str, as_json: bool) -> None:
    """One advisory: its text, its addressees, how far they are.

    \b
    Example:
      atttcli advisory show CV-2026-0001
    """
    from atttcli.advisory.board import Standing, standings
    from atttcli.advisory.board import board as rows_of
    from atttcli.advisory.desk import advisory_row, find_advisory

    found = find_advisory(app.store, number)
    row, now = advisory_row(app.store, found), app.clock.now()
    standing = standings(app.store, now, [found]).get(found, Standing())
    body = json.loads(row["body"])
    if as_json:
        rows = rows_of(app.store, found)
        seen = scanned_since(app, rows, now)
        deliveries = [delivery_json(app, one, now, seen) for one in rows]
        render.emit_json({**advisory_json(row, standing), "body": body, "deliveries": deliveries})
        return
    draw_advisory(row, standing)
    render.line()
    for text in body["opening"]:
        render.line(text)
    for place, text in enumerate(body["actions"], 1):
        render.line(f"{place}. {text}")
    if body["closing"]:
        render.line(body["closing"])
    render.line()
    draw_deliveries(app, rows_of(app.store, found), now)
    if next_step(found, row["stage"]):
        render.line(f"→ {next_step(found, row['stage'])}")


@click.command()
@click.argument("number", required=False)
@click.option("--open", "only_open", is_flag=True, help="Only what is not done yet.")
@click.option("--overdue", is_flag=True, help="Only what is past its term.")
@AS_JSON
@with_app
def board(app: App, number: str | None, only_open: bool, overdue: bool, as_json: bool) -> None:
    """How far each agency is: of one advisory, or over all of them; machines handled of all.

    \b
    Examples:
      atttcli advisory board CV-2026-0001 --open
      atttcli advisory board --overdue --json
    """
    from atttcli.advisory.board import Standing, standings
    from atttcli.advisory.board import board as rows_of
    from atttcli.advisory.desk import advisory_row, find_advisory
    from atttcli.advisory.lifecycle import is_overdue

    now = app.clock.now()
    if number is None:
        _every_agency(app, now, only_open, overdue, as_json)
        return
    found = find_advisory(app.store, number)
    rows = rows_of(app.store, found)
    if only_open:
        rows = [row for row in rows if row["state"] in OPEN]
    if overdue:
        rows = [row for row in rows if is_overdue(row["state"], row["due"], now)]
    if as_json:
        seen = scanned_since(app, rows, now)
        render.emit_json_lines(delivery_json(app, row, now, seen) for row in rows)
        return
    draw_advisory(advisory_row(app.store, found), standings(app.store, now, [found]).get(found, Standing()))
    draw_deliveries(app, rows, now)


def _every_agency(app: App, now: int, only_open: bool, overdue: bool, as_json: bool) -> None:
    from atttcli.advisory.board import agency_lines

    lines = [line for line in agency_lines(app.store, now, only_open) if line.late or not overdue]
    if as_json:
        render.emit_json_lines({**asdict(line), "agency_name": app.organisation.name_of(line.agency)} for line in lines)
        return
    columns = headed(
        _("agency"),
        _("name"),
        _("advisories"),
        _("open"),
        _("late"),
        _("to verify"),
        _("machines"),
        _("reminders"),
    )
    rows = [
        (
            line.agency, app.organisation.name_of(line.agency), line.advisories, line.open, line.late, line.unverified,
            f"{line.handled}/{line.total}", line.reminders,
        )
        for line in lines
    ]  # fmt: skip
    render.table(columns, rows, wide=(1,))
