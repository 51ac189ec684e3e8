"""`atttcli task`: what is to be done, by whom, until when; and its end."""

from __future__ import annotations

import json

import click

from atttcli.cli import render
from atttcli.cli.casework_words import distance, localised, moment, status_word
from atttcli.cli.context import App, with_app
from atttcli.cli.current import incident_number
from atttcli.cli.incident import when
from atttcli.cli.incident_view import task_json
from atttcli.cli.law_words import LawWords
from atttcli.model.task import Answer
from atttcli.text.messages import _
from atttcli.text.retell import retell

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


@click.group()
def task() -> None:
    """List and finish tasks.

    \b
    Example:
      atttcli task list --incident @
      atttcli task done NV-2026-0001 --note "đã lập phiếu" --evidence CC-2026-0001
    """


@task.command("list")
@click.option("--incident", metavar="ID", help="Of one incident; @ is the current one.")
@click.option("--all", "everything", is_flag=True, help="Finished ones too.")
@_json
@with_app
def list_(app: App, incident: str | None, everything: bool, as_json: bool) -> None:
    """Open tasks, the most urgent first.

    \b
    Example:
      atttcli task list --all --json
    """
    number = incident_number(app, incident) if incident else ""
    rows = app.store.rows(
        "SELECT * FROM task WHERE (?1 = '' OR incident = ?1) AND (?2 OR state = 'open')"
        " ORDER BY state != 'open', due IS NULL, due, number",
        number,
        everything,
    )
    if as_json:
        render.emit_json_lines(task_json(row) for row in rows)
        return
    now = app.clock.now()
    render.table(
        [_("No."), _("Incident"), _("Step"), _("Status"), _("Due"), _("Lead"), _("Title")],
        (
            (
                row["number"], row["incident"], f"{row['code']}/{row['round']}" if row["code"] else "-",
                status_word(row["state"]), _due(row["due"], row["state"], now), row["lead_name"] or row["assignee"],
                localised(row, "title"),
            )
            for row in rows
        ),
        wide=(6,),
    )  # fmt: skip


def _due(due: int | None, state: str, now: int) -> str:
    if due is None:
        return "-"
    return f"{moment(due)} ({distance(due, now)})" if state == "open" else moment(due)


@task.command()
@click.argument("number", metavar="ID")
@_json
@with_app
def show(app: App, number: str, as_json: bool) -> None:
    """One task: what to do, who leads, what it demands.

    \b
    Example:
      atttcli task show NV-2026-0001
    """
    from atttcli.store.numbers import resolve_number

    row = app.store.row("SELECT * FROM task WHERE number = ?", resolve_number(app.store, "task", number))
    assert row is not None
    if as_json:
        render.emit_json(task_json(row))
        return
    render.line(f"{row['number']}  {row['code']}  {localised(row, 'title')}")
    law = LawWords(str(app.store.value("SELECT profile FROM incident WHERE number = ?", row["incident"]) or ""))
    facts = [
        (_("Incident"), row["incident"]),
        (_("Status"), status_word(row["state"])),
        (_("Round"), row["round"]),
        (_("Lead"), row["lead_name"] or "-"),
        (_("Support"), law.roles(json.loads(row["support"])) or "-"),
        (_("Due"), _due(row["due"], row["state"], app.clock.now())),
        (_("Required"), _("yes") if row["required"] else _("no")),
        (_("Papers"), law.papers(json.loads(row["outputs"])) or "-"),
        (_("Evidence"), ", ".join(json.loads(row["evidence"])) or (_("demanded") if row["needs_evidence"] else "-")),
        (_("Asks"), _("yes or no (--answer)") if row["asks"] else "-"),
        (_("Answer"), retell(row["answer"] or "-")),
        (_("Note"), row["note"] or "-"),
    ]
    for name, value in facts:
        render.line(f"  {name + ':':<14} {value}")
    render.line(localised(row, "description"))


@task.command()
@click.argument("number", metavar="ID")
@click.option("--note", default="", help="What was done.")
@click.option("--evidence", multiple=True, metavar="CC-…", help="Evidence of it; repeatable.")
@click.option("--answer", type=click.Choice(("yes", "no")), help="For a task that asks.")
@_json
@with_app
def done(app: App, number: str, note: str, evidence: tuple[str, ...], answer: str | None, as_json: bool) -> None:
    """Finish a task; the playbook goes on.

    \b
    Examples:
      atttcli task done NV-2026-0007 --note "đã chặn" --evidence CC-2026-0002
      atttcli task done NV-2026-0010 --note "còn kết nối lạ" --answer no
    """
    from atttcli.store.numbers import resolve_number

    exhibits = tuple(resolve_number(app.store, "evidence", text) for text in evidence)
    yes = None if answer is None else answer == "yes"
    _finish(app, number, Answer("done", yes, note, exhibits), as_json)


@task.command()
@click.argument("number", metavar="ID")
@click.option("--reason", default="", help="Why it is not needed.")
@_json
@with_app
def skip(app: App, number: str, reason: str, as_json: bool) -> None:
    """Skip an optional task, with a reason.

    \b
    Example:
      atttcli task skip NV-2026-0004 --reason "không cần Ban Chỉ đạo"
    """
    _finish(app, number, Answer("skipped", None, reason), as_json)


@task.command()
@click.argument("title")
@click.option("--incident", default="@", metavar="ID", help="Its incident; the current one by default.")
@click.option("--lead", default="", help="Role or agency that leads.")
@click.option("--assignee", default="", help="Who does it.")
@click.option("--due", metavar="TIME", help="Until when.")
@click.option("--optional", is_flag=True, help="Closing the incident does not wait for it.")
@_json
@with_app
def add(
    app: App, title: str, incident: str, lead: str, assignee: str, due: str | None, optional: bool, as_json: bool
) -> None:
    """Add a task beside the playbook.

    \b
    Example:
      atttcli task add "Gọi nhà cung cấp Internet" --due "23/11/2026 17:00" --assignee lan
    """
    from atttcli.playbook.runs import add_task

    number = add_task(
        app.journal, incident_number(app, incident), title, lead=lead, assignee=assignee, due=when(due),
        required=not optional,
    )  # fmt: skip
    if as_json:
        render.emit_json(task_json(app.store.row("SELECT * FROM task WHERE number = ?", number)))
    else:
        render.line(number)


def _finish(app: App, text: str, given: Answer, as_json: bool) -> None:
    from atttcli.playbook.runs import finish_task
    from atttcli.store.numbers import resolve_number

    number = resolve_number(app.store, "task", text)
    opened = finish_task(app.journal, number, given)
    if as_json:
        body = task_json(app.store.row("SELECT * FROM task WHERE number = ?", number))
        render.emit_json(body | {"opened": list(opened)})
        return
    render.line(_("{number}: {state}.", number=number, state=status_word(given.outcome)))
    for new in opened:
        row = app.store.row("SELECT * FROM task WHERE number = ?", new)
        if row is not None:
            render.line(f"→ {new}  {row['code']}/{row['round']}  {localised(row, 'title')}")
    run = app.store.row("SELECT run FROM task WHERE number = ?", number)
    if (
        run
        and run[0]
        and not opened
        and app.store.value("SELECT state FROM playbook_run WHERE id = ?", run[0]) == "finished"
    ):
        render.line(_("The playbook has come to its end."))
