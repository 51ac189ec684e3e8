"""`atttcli action`: what is to be improved, until a later drill or incident has shown that it is."""

from __future__ import annotations

from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.day import DAY
from atttcli.cli.drill_open import json_option
from atttcli.clock import rfc3339
from atttcli.text.messages import _


@click.group()
def action() -> None:
    """Improvement actions: open, done, and verified only when a later drill or incident meets the same measure.

    \b
    Example:
      atttcli action add "Dán số trực ban cạnh điện thoại" --drill DT-2026-0001 --measure ransomware-isolate
    """


@action.command()
@click.argument("title")
@click.option("--drill", default="", metavar="DRILL", help="The drill that it came of.")
@click.option(
    "--measure",
    default="",
    metavar="WORD",
    help="What must be met later: a drill's measure, or mttd, mtta, mttc, mttr.",
)
@click.option("--target", type=click.IntRange(1), metavar="SECONDS", help="Within how many seconds.")
@click.option("--owner", default="", metavar="WHO", help="Who sees to it.")
@click.option("--due", type=DAY, help="By which day.")
@json_option
@with_app
def add(
    app: App, title: str, drill: str, measure: str, target: int | None, owner: str, due: str | None, as_json: bool
) -> None:
    """Decide on an improvement.

    \b
    Example:
      atttcli action add "Diễn lại bước cô lập máy" --drill DT-2026-0001 --measure ransomware-isolate --due 2026-12-31
    """
    from atttcli.drill.improve import add_action
    from atttcli.drill.room import find_code

    code = find_code(app.workspace.root, drill) if drill else ""
    _tell(
        app,
        add_action(app.journal, title, drill=code, measure=measure, target=target, owner=owner, due=due or ""),
        as_json,
    )


@action.command("list")
@click.option("--all", "everything", is_flag=True, help="Verified ones too.")
@json_option
@with_app
def list_(app: App, everything: bool, as_json: bool) -> None:
    """Actions, those that are not verified yet first.

    \b
    Example:
      atttcli action list --all
    """
    rows = app.store.rows("SELECT * FROM action ORDER BY status = 'verified', number")
    shown = [row for row in rows if everything or row["status"] != "verified"]
    if as_json:
        render.emit_json_lines(map(_as_json, shown))
        return
    if render.is_terminal():
        _lines(shown)
        return
    render.table(
        (_("No."), _("State"), _("Measure"), _("Owner"), _("Due"), _("Drill"), _("Action")),
        (
            (
                row["number"], state_word(row["status"]), row["measure"] or "-", row["owner"] or "-", row["due"] or "-",
                row["drill"] or "-", row["title"],
            )
            for row in shown
        ),
    )  # fmt: skip


def _lines(rows: list[Any]) -> None:
    """For a screen of any width: what is to be done, then how it stands and what will verify it."""
    if not rows:
        render.line(_("No improvement action is open."))
    for row in rows:
        render.line(f"{row['number']}  {row['title']}")
        due = _("due {day}", day="/".join(reversed(row["due"].split("-")))) if row["due"] else ""
        by = _("verified by {what}", what=row["verified_by"]) if row["verified_by"] else ""
        measure = _("measure {name}", name=row["measure"]) if row["measure"] else _("no measure")
        told = (state_word(row["status"]), by, due, row["owner"], measure, row["drill"])
        render.line("      " + " · ".join(word for word in told if word))


def state_word(status: str) -> str:
    """The state as people say it."""
    return {"open": _("open"), "done": _("done"), "verified": _("verified"), "reopened": _("reopened")}[status]


@action.command()
@click.argument("number", metavar="ACTION")
@click.option("--note", required=True, metavar="TEXT", help="What was done.")
@json_option
@with_app
def done(app: App, number: str, note: str, as_json: bool) -> None:
    """Say that it was done. It is verified later, by what happens.

    \b
    Example:
      atttcli action done 1 --note "Đã dán ở 108 xã"
    """
    from atttcli.drill.improve import find_action, finish_action

    found = find_action(app.store, number)
    finish_action(app.journal, found, note)
    _tell(app, found, as_json)


@action.command()
@click.argument("number", metavar="ACTION")
@click.option("--by", required=True, metavar="DRILL|INCIDENT", help="The later drill or incident that met the measure.")
@json_option
@with_app
def verify(app: App, number: str, by: str, as_json: bool) -> None:
    """Put it to the test of a later drill or incident: verified if that one met the same measure, opened again if it missed it.

    Ends with 1 when it was missed.

    \b
    Example:
      atttcli action verify 1 --by DT-2026-0002
    """
    from atttcli.drill.improve import find_action, verify_action
    from atttcli.drill.room import find_code
    from atttcli.store.numbers import resolve_number

    found = find_action(app.store, number)
    other = (
        resolve_number(app.store, "incident", by) if by.upper().startswith("SC") else find_code(app.workspace.root, by)
    )
    state = verify_action(app.journal, found, other)
    _tell(app, found, as_json)
    if state != "verified":
        click.get_current_context().exit(1)


@action.command()
@click.argument("number", metavar="ACTION")
@click.option("--reason", required=True, metavar="TEXT", help="Why it did not hold.")
@json_option
@with_app
def reopen(app: App, number: str, reason: str, as_json: bool) -> None:
    """Open it again.

    \b
    Example:
      atttcli action reopen 1 --reason "Diễn tập sau vẫn chậm"
    """
    from atttcli.drill.improve import find_action, reopen_action

    found = find_action(app.store, number)
    reopen_action(app.journal, found, reason)
    _tell(app, found, as_json)


def _tell(app: App, number: str, as_json: bool) -> None:
    row = app.store.row("SELECT * FROM action WHERE number = ?", number)
    assert row is not None
    if as_json:
        render.emit_json(_as_json(row))
    else:
        render.line(f"{number}: {state_word(row['status'])}")


def _as_json(row: Any) -> dict[str, Any]:
    body = {
        name: row[name] for name in ("number", "title", "drill", "measure", "target", "owner", "due", "status", "note")
    }
    body |= {name: None if row[name] is None else rfc3339(row[name]) for name in ("added", "done", "verified")}
    return body | {"verified_by": row["verified_by"]}
