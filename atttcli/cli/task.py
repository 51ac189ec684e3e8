"""`atttcli task`: what is to be done, by whom, until when; and its end."""

from __future__ import annotations

import json
from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.casework_words import localised, status_word
from atttcli.cli.context import App, with_app
from atttcli.cli.current import incident_number
from atttcli.cli.incident_input import until
from atttcli.cli.lazy import LazyGroup
from atttcli.cli.task_view import due_words, show_task, status_words, task_json
from atttcli.errors import UsageError
from atttcli.model.task import Answer
from atttcli.text.messages import _

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
_WORK = "atttcli.cli.task_work"
_MORE = {
    "start": (_WORK, "start", "Somebody works on it now."),
    "assign": (_WORK, "assign", "Change who does it, until when, or what must come before."),
    "remind": (_WORK, "remind", "Record a reminder; without an ID, show what is late."),
    "approve": (_WORK, "approve", "Approve what was handed in; the playbook goes on."),
    "return": (_WORK, "return_", "Do not approve: back to whoever did it, with the reason."),
    "run": (_WORK, "run", "Show a task's commands, and run them on this machine when told so."),
}


@click.group(cls=LazyGroup, lazy=_MORE)
def task() -> None:
    """List, work on and finish tasks.

    \b
    Example:
      atttcli task list --incident @
      atttcli task done NV-2026-0001 --note "đã lập phiếu" --evidence CC-2026-0001
    """


@task.command("list")
@click.option("--incident", metavar="ID", help="Of one incident; @ is the current one.")
@click.option("--all", "everything", is_flag=True, help="Finished ones too.")
@click.option("--agency", metavar="CODE", help="Only tasks that this agency must act on.")
@click.option("--late", is_flag=True, help="Only overdue ones.")
@_json
@with_app
def list_(app: App, incident: str | None, everything: bool, agency: str | None, late: bool, as_json: bool) -> None:
    """Open tasks, the most urgent first.

    \b
    Example:
      atttcli task list --all --json
      atttcli task list --agency x-vi-huong --late
    """
    number, now = incident_number(app, incident) if incident else "", app.clock.now()
    rows = app.store.rows(
        "SELECT * FROM task WHERE (?1 = '' OR incident = ?1) AND (?2 OR state = 'open')"
        " AND (?3 = '' OR EXISTS (SELECT 1 FROM json_each(agencies) WHERE value = ?3)) AND (?4 OR due < ?5)"
        " ORDER BY state != 'open', due IS NULL, due, number",
        number, everything, agency or "", not late, now,
    )  # fmt: skip
    if as_json:
        render.emit_json_lines(task_json(row) for row in rows)
        return
    render.table(
        [_("No."), _("Incident"), _("Step"), _("Status"), _("Due"), _("Lead"), _("Title")],
        (
            (
                row["number"], row["incident"], f"{row['code']}/{row['round']}" if row["code"] else "-",
                status_words(row, now), due_words(row, now),
                ", ".join(json.loads(row["agencies"])) or row["assignee"] or row["lead_name"], localised(row, "title"),
            )
            for row in rows
        ),
        wide=(6,),
    )  # fmt: skip


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
    row = task_row(app, number)
    if as_json:
        render.emit_json(task_json(row))
    else:
        show_task(app, row)


@task.command()
@click.argument("number", metavar="ID")
@click.option("--note", default="", help="What was done.")
@click.option("--evidence", multiple=True, metavar="CC-…", help="Evidence of it; repeatable.")
@click.option("--answer", type=click.Choice(("yes", "no")), help="For a task that asks.")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A value that the task asks for; repeatable.")
@_json
@with_app
def done(
    app: App,
    number: str,
    note: str,
    evidence: tuple[str, ...],
    answer: str | None,
    given: tuple[str, ...],
    as_json: bool,
) -> None:
    """Finish a task; the playbook goes on. One that needs approval is handed in.

    \b
    Examples:
      atttcli task done NV-2026-0007 --note "đã chặn" --evidence CC-2026-0002
      atttcli task done NV-2026-0010 --note "còn kết nối lạ" --answer no
      atttcli task done NV-2026-0011 --note "đã đếm" --set __pages__=12
    """
    from atttcli.store.numbers import resolve_number

    exhibits = tuple(resolve_number(app.store, "evidence", text) for text in evidence)
    values = pairs(given)
    row = task_row(app, number)
    yes = None if answer is None else answer == "yes"
    if render.is_interactive() and not as_json:
        yes, values = _ask(row, yes, values)
    finish(app, row["number"], Answer("done", yes, note, exhibits, tuple(values.items())), as_json)


@task.command()
@click.argument("number", metavar="ID")
@click.option("--reason", default="", help="Why it is not needed.")
@click.option("--agreed-by", default="", metavar="NAME", help="The lead who agrees; for a task that is required.")
@_json
@with_app
def skip(app: App, number: str, reason: str, agreed_by: str, as_json: bool) -> None:
    """Skip a task, with a reason; a required one only when the lead agrees.

    \b
    Example:
      atttcli task skip NV-2026-0004 --reason "không cần Ban Chỉ đạo"
    """
    finish(app, task_row(app, number)["number"], Answer("skipped", None, reason, agreed_by=agreed_by), as_json)


@task.command()
@click.argument("number", metavar="ID")
@click.option("--reason", default="", help="Why it could not be done.")
@click.option("--agreed-by", default="", metavar="NAME", help="The lead who agrees.")
@click.option("--evidence", multiple=True, metavar="CC-…", help="Evidence of it; repeatable.")
@_json
@with_app
def fail(app: App, number: str, reason: str, agreed_by: str, evidence: tuple[str, ...], as_json: bool) -> None:
    """It could not be done: the playbook goes on by its failure branch. Being late is no failure.

    \b
    Example:
      atttcli task fail NV-2026-0009 --reason "không vào được máy" --agreed-by "lan"
    """
    from atttcli.store.numbers import resolve_number

    exhibits = tuple(resolve_number(app.store, "evidence", text) for text in evidence)
    answer = Answer("failed", None, reason, exhibits, agreed_by=agreed_by)
    finish(app, task_row(app, number)["number"], answer, as_json)


@task.command()
@click.argument("title")
@click.option("--incident", default="@", metavar="ID", help="Its incident; the current one by default.")
@click.option("--lead", default="", help="Role or agency that leads.")
@click.option("--assignee", default="", help="Who does it.")
@click.option("--agency", multiple=True, metavar="CODE", help="An agency that must act; repeatable.")
@click.option("--due", metavar="TIME", help="Until when.")
@click.option("--after", multiple=True, metavar="NV-…", help="A task that must end before; repeatable.")
@click.option("--description", default="", help="What is to be done.")
@click.option("--needs-evidence", is_flag=True, help="It cannot be done without evidence.")
@click.option("--approval", multiple=True, metavar="ROLE", help="A role that must approve it; repeatable.")
@click.option("--optional", is_flag=True, help="Closing the incident does not wait for it.")
@_json
@with_app
def add(
    app: App, title: str, incident: str, lead: str, assignee: str, agency: tuple[str, ...], due: str | None,
    after: tuple[str, ...], description: str, needs_evidence: bool, approval: tuple[str, ...], optional: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Add a task beside the playbook, for the team or for agencies.

    \b
    Example:
      atttcli task add "Gọi nhà cung cấp Internet" --due "23/11/2026 17:00" --assignee lan
      atttcli task add "Quét lại 12 máy" --agency x-vi-huong --due "25/11/2026 17:00" --needs-evidence
    """
    from atttcli.playbook.tasks import add_task

    for code in agency:
        app.organisation.agency(code)
    number = add_task(
        app.journal, incident_number(app, incident), title, lead=lead, assignee=assignee, due=until(due, app.clock.now()),
        required=not optional, agencies=agency, after=[task_row(app, one)["number"] for one in after],
        needs_evidence=needs_evidence, description=description, approval=approval,
    )  # fmt: skip
    if as_json:
        render.emit_json(task_json(task_row(app, number)))
    else:
        render.line(number)


def task_row(app: App, text: str) -> Any:
    """A task by any unique part of its number."""
    from atttcli.store.numbers import resolve_number

    row = app.store.row("SELECT * FROM task WHERE number = ?", resolve_number(app.store, "task", text))
    assert row is not None
    return row


def pairs(given: tuple[str, ...]) -> dict[str, str]:
    """`NAME=VALUE` words; the name may be written without its underscores."""
    found: dict[str, str] = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"{word[:60]!r} is not NAME=VALUE", hint="as --set __hosts__=3")
        name = name.strip()
        found[name if name.startswith("__") else f"__{name}__"] = value
    return found


def _ask(row: Any, yes: bool | None, values: dict[str, str]) -> tuple[bool | None, dict[str, str]]:
    """On a terminal: what the task still asks for, until it fits its type."""
    from atttcli.playbook.variables import read_value

    if row["asks"]:
        return (click.confirm(localised(row, "title")) if yes is None and not values else yes), values
    for one in json.loads(row["detail"]).get("wants", ()):
        while one["name"] not in values:
            text = click.prompt(f"{one['description'] or one['name']} ({one['type']})", default="", show_default=False)
            try:
                read_value(one["type"], text) if text else None
            except ValueError:
                render.warn(_("{text} is not {type}", text=text, type=one["type"]))
                continue
            values[one["name"]] = text
    return yes, values


def finish(app: App, number: str, given: Answer, as_json: bool) -> None:
    """Answer a task and say what came of it."""
    from atttcli.playbook.library import Library
    from atttcli.playbook.tasks import finish_task

    opened = finish_task(app.journal, number, given, Library(app.workspace.root, app.store))
    say_opened(app, number, given.outcome, opened, as_json)


def say_opened(app: App, number: str, outcome: str, opened: tuple[str, ...], as_json: bool) -> None:
    """A task after its answer, and what it opened."""
    row = task_row(app, number)
    if as_json:
        render.emit_json(task_json(row) | {"opened": list(opened)})
        return
    handed_in = row["status"] == "await_user_input"
    state = status_words(row, app.clock.now()) if handed_in else status_word(outcome)
    render.line(_("{number}: {state}.", number=number, state=state))
    for new in opened:
        found = task_row(app, new)
        render.line(f"→ {new}  {found['code']}/{found['round']}  {localised(found, 'title')}")
