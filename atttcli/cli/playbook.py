"""`atttcli playbook`: what playbooks there are, and running them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.casework_words import moment, status_word
from atttcli.cli.context import App, with_app
from atttcli.cli.current import incident_number
from atttcli.clock import parse_moment, rfc3339
from atttcli.text.messages import _, language, ngettext
from atttcli.text.retell import retell

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


@click.group()
def playbook() -> None:
    """List playbooks and run them.

    \b
    Example:
      atttcli playbook run start tt20 --incident @
    """


@playbook.command("list")
@_json
@with_app
def list_(app: App, as_json: bool) -> None:
    """The playbooks that are shipped.

    \b
    Example:
      atttcli playbook list
    """
    from atttcli.playbook.load import load_playbook, playbook_files

    found = [load_playbook(path) for path in playbook_files()]
    if as_json:
        render.emit_json_lines(_summary(p) for p in found)
        return
    render.table(
        [_("Name"), _("Steps"), _("Changed"), _("Title")],
        (
            (p.short, _actions(p), moment(parse_moment(p.modified))[:10], p.name_en if language() == "en" else p.name)
            for p in found
        ),
        wide=(3,),
    )


def _actions(book: Any) -> int:
    return sum(1 for step in book.steps.values() if step.type == "action")


def _summary(book: Any) -> dict[str, Any]:
    return {
        "id": book.id, "name": book.short, "title": book.name, "title_en": book.name_en, "modified": book.modified,
        "digest": book.digest, "actions": _actions(book),
    }  # fmt: skip


@playbook.command()
@click.argument("name")
@_json
@with_app
def show(app: App, name: str, as_json: bool) -> None:
    """One playbook: its steps with lead, due time and what each demands. --json prints its CACAO document.

    \b
    Example:
      atttcli playbook show tt20
    """
    from atttcli.clock import HOUR
    from atttcli.playbook.load import find_playbook

    book = find_playbook(name)
    if as_json:
        render.emit_json(book.document)
        return
    english = language() == "en"
    render.line(f"{book.short}  {book.name_en if english else book.name}")
    render.table(
        [_("Step"), _("Title"), _("Lead"), _("Due"), _("Demands")],
        (
            (
                step.code or step.type,
                (english and step.name_en) or step.name,
                "; ".join(book.roles.get(role, role) for role in step.lead),
                f"+{step.due // HOUR} h" if step.due else "-",
                _demands(step),
            )
            for step in book.steps.values()
            if step.type == "action" or step.condition
        ),
        wide=(1,),
    )


def _demands(step: Any) -> str:
    words = [_("evidence")] if step.needs_evidence else []
    words += [_("yes or no")] if step.asks else []
    words += [_("optional")] if step.optional else []
    return ", ".join(words) or "-"


@playbook.command()
@click.argument("file", type=click.Path(path_type=Path))
@_json
@click.pass_context
def lint(ctx: click.Context, file: Path, as_json: bool) -> None:
    """Check a playbook file (YAML or CACAO JSON); exits 0 only when it is valid.

    \b
    Example:
      atttcli playbook lint my-playbook.yaml
    """
    from atttcli.playbook.load import check_file

    problems = check_file(file)
    if as_json:
        render.emit_json_lines(
            {"path": p.where.path, "line": p.where.line, "message": p.message, "fatal": p.fatal} for p in problems
        )
    else:
        for problem in problems:
            render.line(f"{problem.where}: {retell(problem.message)}")
        render.warn(ngettext("{count} problem", "{count} problems", len(problems)))
    ctx.exit(2 if any(p.fatal for p in problems) else 0)


@playbook.group()
def run() -> None:
    """Start, show and cancel runs.

    \b
    Example:
      atttcli playbook run start tt20 --incident SC-2026-0001
    """


@run.command()
@click.argument("name")
@click.option("--incident", default="@", metavar="ID", help="The incident; the current one by default.")
@_json
@with_app
def start(app: App, name: str, incident: str, as_json: bool) -> None:
    """Start a playbook on an incident; its first tasks are open then.

    \b
    Example:
      atttcli playbook run start tt20-art11-ordinary --incident @
    """
    from atttcli.playbook.load import find_playbook
    from atttcli.playbook.runs import start_run

    number = incident_number(app, incident)
    book = find_playbook(name)
    identity = start_run(app.journal, book, number)
    if as_json:
        render.emit_json(run_json(app, identity))
        return
    render.line(_("Run {run} of {name} on {incident}.", run=identity[:8], name=book.short, incident=number))
    for row in app.store.rows("SELECT * FROM task WHERE run = ? AND state = 'open' ORDER BY number", identity):
        render.line(f"→ {row['number']}  {row['code']}/{row['round']}  {_title(row)}")


@run.command("list")
@_json
@with_app
def runs(app: App, as_json: bool) -> None:
    """Every run, newest first.

    \b
    Example:
      atttcli playbook run list
    """
    rows = app.store.rows(
        "SELECT id, incident, playbook, state, started, finished FROM playbook_run ORDER BY started DESC"
    )
    if as_json:
        render.emit_json_lines(run_json(app, row["id"]) for row in rows)
        return
    render.table(
        [_("Run"), _("Incident"), _("Status"), _("Started"), _("Finished")],
        (
            (r["id"][:8], r["incident"], status_word(r["state"]), moment(r["started"]), moment(r["finished"]))
            for r in rows
        ),
    )


@run.command("show")
@click.argument("which", metavar="[RUN|ID]", default="@")
@_json
@with_app
def show_run(app: App, which: str, as_json: bool) -> None:
    """Where a run stands: its tasks in order, with rounds.

    \b
    Example:
      atttcli playbook run show SC-2026-0001
    """
    from atttcli.playbook.runs import run_row

    row = run_row(app.journal, incident_number(app, which) if which == "@" else which)
    if as_json:
        render.emit_json(run_json(app, row["id"]))
        return
    render.line(f"{row['id'][:8]}  {row['incident']}  {status_word(row['state'])}  {moment(row['started'])}")
    for task in app.store.rows("SELECT * FROM task WHERE run = ? ORDER BY number", row["id"]):
        state = status_word(task["state"])
        render.line(
            f"  {task['number']}  {task['code']}/{task['round']}  {state:<10} {task['closed_by']:<12} {_title(task)}"
        )


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
    from atttcli.playbook.runs import cancel_run, run_row

    row = run_row(app.journal, incident_number(app, which) if which == "@" else which)
    cancel_run(app.journal, row["id"], reason)
    if as_json:
        render.emit_json(run_json(app, row["id"]))
    else:
        render.line(_("Run {run} is cancelled.", run=row["id"][:8]))


def run_json(app: App, identity: str) -> dict[str, Any]:
    """The stable JSON of a run."""
    from atttcli.cli.incident_view import task_json

    row = app.store.row("SELECT * FROM playbook_run WHERE id = ?", identity)
    assert row is not None
    body: dict[str, Any] = {key: row[key] for key in ("id", "incident", "playbook", "modified", "digest", "state")}
    body |= {key: row[key] and rfc3339(row[key]) for key in ("started", "finished")}
    tasks = app.store.rows("SELECT * FROM task WHERE run = ? ORDER BY number", identity)
    return body | {"tasks": [task_json(task) for task in tasks]}


def _title(row: Any) -> str:
    from atttcli.cli.casework_words import localised

    return localised(row, "title")
