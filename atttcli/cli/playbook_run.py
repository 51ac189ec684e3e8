"""`atttcli playbook run`: starting a playbook on an incident, and following the run."""

from __future__ import annotations

from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.casework_words import localised, moment, status_word
from atttcli.cli.context import App, with_app
from atttcli.cli.current import incident_number
from atttcli.cli.playbook import book_or_file, library
from atttcli.cli.task import pairs
from atttcli.cli.task_view import due_words, status_words, task_json
from atttcli.clock import rfc3339
from atttcli.text.messages import _, language

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


@click.group()
def run() -> None:
    """Start, show, pause and cancel runs.

    \b
    Example:
      atttcli playbook run start tt20 --incident SC-2026-0001
    """


@run.command()
@click.argument("name", required=False, default="")
@click.option("--incident", default="@", metavar="ID", help="The incident; the current one by default.")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A variable's value; repeatable.")
@click.option("--dry-run", is_flag=True, help="Only print the path that people would walk; --set gives their answers.")
@_json
@with_app
def start(app: App, name: str, incident: str, given: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Start a playbook on an incident; its first tasks are open then. Without NAME, the one that fits the incident's type.

    \b
    Example:
      atttcli playbook run start
      atttcli playbook run start tt20-art11-ordinary --incident @
      atttcli playbook run start tt20 --dry-run --set stable=no
    """
    from atttcli.playbook.runs import descendants, start_run

    number = "" if name and dry_run else incident_number(app, incident)
    name = name or _fitting(app, number)
    if dry_run:
        _walk(app, name, pairs(given), as_json)
        return
    books = library(app)
    book = books.find(name)
    identity = start_run(app.journal, book, number, values=pairs(given), library=books)
    if as_json:
        render.emit_json(run_json(app, identity))
        return
    render.line(_("Run {run} of {name} on {incident}.", run=identity[:8], name=book.short, incident=number))
    mine = {identity, *descendants(app.journal, identity)}
    rows = app.store.rows("SELECT * FROM task WHERE incident = ? AND state = 'open' ORDER BY number", number)
    for row in rows:
        if row["run"] in mine:
            render.line(f"→ {row['number']}  {row['code']}/{row['round']}  {localised(row, 'title')}")


def _fitting(app: App, number: str) -> str:
    from atttcli.playbook.fitting import fitting_playbook

    row = app.store.row("SELECT category, profile FROM incident WHERE number = ?", number)
    assert row is not None
    return fitting_playbook(row["category"], row["profile"], app.workspace.root, app.store, app.clock.now())


def _walk(app: App, name: str, given: dict[str, str], as_json: bool) -> None:
    from atttcli.playbook.dry_run import dry_run

    for passed in dry_run(book_or_file(app, name), given):
        step = passed.step
        if as_json:
            render.emit_json(
                {
                    "step": step.id, "code": step.code, "round": passed.round, "kind": passed.kind, "title": step.name,
                    "title_en": step.name_en, "lead": list(step.lead), "assumed": dict(passed.assumed),
                }
            )  # fmt: skip
            continue
        title = (language() == "en" and step.name_en) or step.name
        assumed = ", ".join(f"{name}={value or '?'}" for name, value in passed.assumed)
        render.line(f"{step.code}/{passed.round}  {title}" + (f"  [{assumed}]" if assumed else ""))


@run.command("list")
@_json
@with_app
def runs(app: App, as_json: bool) -> None:
    """Every run, newest first.

    \b
    Example:
      atttcli playbook run list
    """
    rows = app.store.rows("SELECT * FROM playbook_run ORDER BY started DESC, parent, id")
    if as_json:
        render.emit_json_lines(run_json(app, row["id"]) for row in rows)
        return
    render.table(
        [_("Run"), _("Incident"), _("Status"), _("Started"), _("Finished"), _("Title")],
        (
            (r["id"][:8], r["incident"], run_word(r["state"]), moment(r["started"]), moment(r["finished"]), localised(r, "name"))
            for r in rows
        ),
    )  # fmt: skip


def run_word(state: str) -> str:
    """The state of a run as people say it."""
    return {"paused": _("paused"), "failed": _("ended by its exception step")}.get(state) or status_word(state)


def _which(app: App, which: str) -> Any:
    from atttcli.playbook.runs import run_row

    if which == "@" or which.upper().startswith("SC-"):
        which = incident_number(app, which)
    return run_row(app.journal, which)


@run.command("show")
@click.argument("which", metavar="[RUN|ID]", default="@")
@_json
@with_app
def show_run(app: App, which: str, as_json: bool) -> None:
    """Where a run stands: its tasks in order, with rounds, and the values so far.

    \b
    Example:
      atttcli playbook run show SC-2026-0001
    """
    row = _which(app, which)
    if as_json:
        render.emit_json(run_json(app, row["id"]))
        return
    _show(app, row, "")


def _show(app: App, row: Any, pad: str) -> None:
    import json

    now = app.clock.now()
    render.line(
        f"{pad}{row['id'][:8]}  {row['incident']}  {run_word(row['state'])}  {moment(row['started'])}  {localised(row, 'name')}"
    )
    for task in app.store.rows("SELECT * FROM task WHERE run = ? ORDER BY number", row["id"]):
        state = status_words(task, now)
        who = task["closed_by"] or task["assignee"]
        when = due_words(task, now) if task["state"] == "open" else ""
        place = f"{task['number']}  {task['code']}/{task['round']}"
        render.line(f"{pad}  {place}  {state:<10} {who:<12} {localised(task, 'title')}  {when}".rstrip())
        child = task["child"] and app.store.row("SELECT * FROM playbook_run WHERE id = ?", task["child"])
        if child:
            _show(app, child, pad + "    ")
    values = {key: value for key, value in json.loads(row["tokens"])["variables"].items() if value is not None}
    if values:
        render.line(pad + "  " + ", ".join(f"{key}={value}" for key, value in values.items()))


@run.command()
@click.argument("which", metavar="RUN|ID")
@_json
@with_app
def export(app: App, which: str, as_json: bool) -> None:
    """Print where a run stands for other tools: CACAO execution status, as JSON in any case.

    \b
    Example:
      atttcli playbook run export SC-2026-0001 > status.json
    """
    from atttcli.playbook.status import execution_status

    render.emit_json(execution_status(app.store, _which(app, which), app.clock.now()))


@run.command()
@click.argument("which", metavar="RUN|ID")
@click.option("--reason", default="", help="Why.")
@_json
@with_app
def cancel(app: App, which: str, reason: str, as_json: bool) -> None:
    """End a run and its open tasks.

    \b
    Example:
      atttcli playbook run cancel SC-2026-0001 --reason "chuyển sang quy trình nghiêm trọng"
    """
    from atttcli.playbook.runs import cancel_run

    row = _which(app, which)
    cancel_run(app.journal, row["id"], reason)
    _say(app, row["id"], as_json, _("Run {run} is cancelled.", run=row["id"][:8]))


@run.command()
@click.argument("which", metavar="RUN|ID")
@click.option("--reason", default="", help="Why.")
@_json
@with_app
def pause(app: App, which: str, reason: str, as_json: bool) -> None:
    """Take no answers until it is resumed. Due times stand: the law's clock does not pause.

    \b
    Example:
      atttcli playbook run pause SC-2026-0001 --reason "chờ cơ quan điều tra"
    """
    from atttcli.playbook.runs import pause_run

    row = _which(app, which)
    pause_run(app.journal, row["id"], reason)
    _say(app, row["id"], as_json, _("Run {run} is paused.", run=row["id"][:8]))


@run.command()
@click.argument("which", metavar="RUN|ID")
@_json
@with_app
def resume(app: App, which: str, as_json: bool) -> None:
    """Take answers again.

    \b
    Example:
      atttcli playbook run resume SC-2026-0001
    """
    from atttcli.playbook.runs import resume_run

    row = _which(app, which)
    resume_run(app.journal, row["id"])
    _say(app, row["id"], as_json, _("Run {run} goes on.", run=row["id"][:8]))


def _say(app: App, identity: str, as_json: bool, text: str) -> None:
    if as_json:
        render.emit_json(run_json(app, identity))
    else:
        render.line(text)


def run_json(app: App, identity: str) -> dict[str, Any]:
    """The stable JSON of a run."""
    import json

    row = app.store.row("SELECT * FROM playbook_run WHERE id = ?", identity)
    assert row is not None
    names = (
        "id",
        "incident",
        "playbook",
        "name",
        "name_en",
        "modified",
        "digest",
        "state",
        "parent",
        "parent_task",
        "reason",
    )
    body: dict[str, Any] = {key: row[key] for key in names}
    body |= {key: row[key] and rfc3339(row[key]) for key in ("started", "finished")}
    body["variables"] = json.loads(row["tokens"])["variables"]
    tasks = app.store.rows("SELECT * FROM task WHERE run = ? ORDER BY number", identity)
    return body | {"tasks": [task_json(task) for task in tasks]}
