"""`atttcli training`: what the team and the agencies were taught."""

from __future__ import annotations

import json
from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.day import DAY
from atttcli.text.messages import _

KINDS = ("course", "workshop", "awareness", "certificate", "exchange")
_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


@click.group()
def training() -> None:
    """Trainings held; the periodic report counts them.

    \b
    Example:
      atttcli training add "Tập huấn ứng cứu sự cố" --on 12/05/2026 --days 2 --attendees 60 --provider "Cục ATTT"
    """


@training.command()
@click.argument("title")
@click.option("--on", "held", type=DAY, required=True, help="Its first day.")
@click.option("--kind", type=click.Choice(KINDS), default="course", show_default=True, help="What it was.")
@click.option("--days", type=click.FloatRange(0.1, 366), default=1.0, show_default=True, help="How long.")
@click.option("--attendees", type=click.IntRange(0, 1_000_000), default=0, help="How many took part.")
@click.option("--place", default="", help="Where.")
@click.option("--provider", default="", help="Who taught.")
@click.option("--agency", "agencies", multiple=True, metavar="CODE", help="Whose staff took part; repeatable.")
@click.option("--user", "users", multiple=True, metavar="NAME", help="Team member who took part; repeatable.")
@click.option("--paper", default="", help="Number of its paper.")
@click.option("--note", default="", help="What else is to be known.")
@_json
@with_app
def add(app: App, as_json: bool, **given: Any) -> None:
    """Record a training.

    \b
    Example:
      atttcli training add "Nhận biết thư lừa đảo" --kind awareness --on 2026-09-04 --attendees 120 --agency h-babe
    """
    from atttcli.cli.user import agency_codes
    from atttcli.people.trainings import Training, hold_training
    from atttcli.people.users import find_user

    given["agencies"] = agency_codes(app, given["agencies"])
    given["users"] = tuple(find_user(app.store, name).name for name in given["users"])
    number = hold_training(app.journal, Training(**given))
    if as_json:
        render.emit_json(_as_json(app.store.row("SELECT * FROM training WHERE number = ?", number)))
    else:
        render.line(number)


@training.command("list")
@click.option("--from", "since", type=DAY, help="Held on this day or later.")
@click.option("--to", "until", type=DAY, help="Held on this day or earlier.")
@_json
@with_app
def list_(app: App, since: str | None, until: str | None, as_json: bool) -> None:
    """Trainings by day, with their sum.

    \b
    Example:
      atttcli training list --from 01/01/2026 --json
    """
    rows = app.store.rows(
        "SELECT * FROM training WHERE withdrawn IS NULL AND held BETWEEN ? AND ? ORDER BY held, number",
        since or "0000", until or "9999",
    )  # fmt: skip
    if as_json:
        render.emit_json_lines(map(_as_json, rows))
        return
    words = {
        "course": _("course"), "workshop": _("workshop"), "awareness": _("awareness"), "certificate": _("certificate"),
        "exchange": _("exchange"),
    }  # fmt: skip
    render.table(
        [_("No."), _("Day"), _("Days"), _("Kind"), _("Title"), _("Attendees"), _("Provider")],
        (
            (
                row["number"], row["held"], f"{row['days']:g}", words[row["kind"]], row["title"], row["attendees"],
                row["provider"] or "-",
            )
            for row in rows
        ),
        wide=(4,),
    )  # fmt: skip
    days, people = sum(row["days"] for row in rows), sum(row["attendees"] for row in rows)
    render.line(_("{n} trainings, {days} days, {people} attendees", n=len(rows), days=f"{days:g}", people=people))


@training.command()
@click.argument("number")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@_json
@with_app
def withdraw(app: App, number: str, reason: str, as_json: bool) -> None:
    """Take back a record that was entered in error.

    \b
    Example:
      atttcli training withdraw TH-2026-0001 --reason "nhập hai lần"
    """
    withdraw_record(app, "training", number, reason, as_json)


def withdraw_record(app: App, kind: str, text: str, reason: str, as_json: bool) -> None:
    """The command behind `training withdraw` and `inspection withdraw`."""
    from atttcli.people.records import withdraw as take_back
    from atttcli.store.numbers import resolve_number

    number = resolve_number(app.store, kind, text)
    take_back(app.journal, kind, number, reason)
    if as_json:
        render.emit_json({"number": number, "withdrawn": True})
    else:
        render.line(_("{number} no longer counts.", number=number))


def _as_json(row: Any) -> dict[str, Any]:
    body = dict(row)
    del body["withdrawn"]
    return body | {"agencies": json.loads(row["agencies"]), "users": json.loads(row["users"])}
