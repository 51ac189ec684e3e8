"""`atttcli task start | assign | remind | approve | return | run`: what happens to a task before its end."""

from __future__ import annotations

from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.casework_words import moment
from atttcli.cli.context import App, with_app
from atttcli.cli.incident_input import until
from atttcli.cli.task import finish, say_opened, task_row
from atttcli.cli.task_view import task_json
from atttcli.model.task import Answer
from atttcli.text.messages import _

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


def _say(app: App, number: str, as_json: bool, text: str) -> None:
    if as_json:
        render.emit_json(task_json(task_row(app, number)))
    else:
        render.line(text)


@click.command()
@click.argument("number", metavar="ID")
@click.option("--assignee", default="", help="Who does it; you by default.")
@_json
@with_app
def start(app: App, number: str, assignee: str, as_json: bool) -> None:
    """Somebody works on it now.

    \b
    Example:
      atttcli task start NV-2026-0007 --assignee minh
    """
    from atttcli.playbook.tasks import begin_task

    found = task_row(app, number)["number"]
    begin_task(app.journal, found, assignee)
    _say(app, found, as_json, _("{number} is under way.", number=found))


@click.command()
@click.argument("number", metavar="ID")
@click.option("--assignee", default=None, help="Who does it.")
@click.option("--agency", multiple=True, metavar="CODE", help="An agency that must act; repeatable.")
@click.option("--due", metavar="TIME", help="Until when; moving it needs a reason.")
@click.option("--after", multiple=True, metavar="NV-…", help="A task that must end before; repeatable.")
@click.option("--reason", default="", help="Why.")
@_json
@with_app
def assign(
    app: App, number: str, assignee: str | None, agency: tuple[str, ...], due: str | None, after: tuple[str, ...],
    reason: str, as_json: bool,
) -> None:  # fmt: skip
    """Change who does it, until when, or what must come before.

    \b
    Example:
      atttcli task assign NV-2026-0007 --assignee minh --due "25/11/2026 17:00" --reason "đơn vị xin lùi"
    """
    from atttcli.playbook.tasks import assign_task

    for code in agency:
        app.organisation.agency(code)
    found = task_row(app, number)["number"]
    assign_task(
        app.journal, found, assignee=assignee, agencies=agency or None, due=until(due, app.clock.now()),
        after=[task_row(app, one)["number"] for one in after] or None, reason=reason,
    )  # fmt: skip
    _say(app, found, as_json, _("{number} is changed.", number=found))


@click.command()
@click.argument("number", metavar="[ID]", default="")
@click.option("--to", default="", help="Who was reminded.")
@click.option("--channel", default="", help="How: phone, zalo, mail ...")
@click.option("--note", default="", help="What was said.")
@_json
@with_app
def remind(app: App, number: str, to: str, channel: str, note: str, as_json: bool) -> None:
    """Record a reminder; without an ID, show what is late and whom to tell.

    \b
    Example:
      atttcli task remind
      atttcli task remind NV-2026-0007 --channel phone --note "hẹn xong trong chiều nay"
    """
    from atttcli.playbook import late

    if number:
        found = task_row(app, number)["number"]
        late.remind(app.journal, found, to=to, channel=channel, note=note)
        _say(app, found, as_json, _("{number}: reminded.", number=found))
        return
    from atttcli.deadline.tick import pending

    waiting = [one for one in pending(app.store, "", app.clock.now()) if one.watched.kind == "task"]
    if as_json:
        render.emit_json_lines(
            {"task": one.watched.object, "stage": one.stage, "at": _time(one.at), "due": _time(one.watched.due), "to": one.to}
            for one in waiting
        )  # fmt: skip
        return
    words = {"soon": _("remind: due soon"), "overdue": _("remind: overdue"), "escalated": _("escalate")}
    render.table(
        [_("No."), _("What"), _("Since"), _("Whom")],
        ((one.watched.object, words[one.stage], moment(one.at), one.to) for one in waiting),
    )


def _time(micros: int) -> str:
    from atttcli.clock import rfc3339

    return rfc3339(micros)


@click.command()
@click.argument("number", metavar="ID")
@click.option("--approved-by", default="", metavar="NAME", help="Who approved on paper.")
@click.option("--paper", default="", metavar="NUMBER", help="The paper's number.")
@_json
@with_app
def approve(app: App, number: str, approved_by: str, paper: str, as_json: bool) -> None:
    """Approve what was handed in; the playbook goes on.

    By the approver's own entry, or recorded by the duty officer with the paper's number.

    \b
    Example:
      atttcli task approve NV-2026-0007
      atttcli task approve NV-2026-0007 --approved-by "Phó Giám đốc Sở" --paper 15/QĐ-STTTT
    """
    from atttcli.playbook.library import Library
    from atttcli.playbook.tasks import approve_task

    found = task_row(app, number)["number"]
    library = Library(app.workspace.root, app.store)
    opened = approve_task(app.journal, found, approved_by=approved_by, paper=paper, library=library)
    say_opened(app, found, "done", opened, as_json)


@click.command("return")
@click.argument("number", metavar="ID")
@click.option("--reason", default="", help="What is missing.")
@_json
@with_app
def return_(app: App, number: str, reason: str, as_json: bool) -> None:
    """Do not approve: back to whoever did it, with the reason.

    \b
    Example:
      atttcli task return NV-2026-0007 --reason "thiếu nhật ký sau khi chặn"
    """
    from atttcli.playbook.tasks import return_task

    found = task_row(app, number)["number"]
    return_task(app.journal, found, reason)
    _say(app, found, as_json, _("{number} is returned.", number=found))


@click.command()
@click.argument("number", metavar="ID")
@click.option("--command", "place", type=int, help="Only the command of this number.")
@click.option("--yes", is_flag=True, help="Run it; without this it is only shown.")
@click.option("--done", "and_done", is_flag=True, help="Finish the task when every command ended with 0.")
@_json
@with_app
def run(app: App, number: str, place: int | None, yes: bool, and_done: bool, as_json: bool) -> None:
    """Show a task's commands, and run them on this machine when told so.

    Only bash and powershell commands of a trusted playbook run; others are shown for a person. The output becomes evidence.

    \b
    Example:
      atttcli task run NV-2026-0012
      atttcli task run NV-2026-0012 --yes
    """
    from atttcli.evidence.vault import Vault
    from atttcli.playbook.execute import execute, plan

    found = task_row(app, number)["number"]
    planned = [one for one in plan(app.journal, found) if place in {None, one.place}]
    if not planned:
        render.warn(_("{number} has no command to run: people do it.", number=found))
        return
    if not yes:
        yes = not as_json and _confirmed(planned)
    if not yes:
        _show(planned, as_json)
        return
    ran = [execute(app.journal, Vault(app.workspace.vault), one) for one in planned]
    for one in ran:
        _say_ran(one, as_json)
    if and_done and all(one.outcome.exit_code == 0 for one in ran):
        exhibits = tuple(dict.fromkeys(one.evidence for one in ran))
        finish(app, found, Answer("done", None, _("The commands ended with 0."), exhibits), as_json)


def _confirmed(planned: list[Any]) -> bool:
    if not render.is_interactive() or any(one.refusal for one in planned):
        return False
    _show(planned, False)
    return click.confirm(_("Run this on this machine?"))


def _show(planned: list[Any], as_json: bool) -> None:
    from atttcli.text.retell import retell

    for one in planned:
        if as_json:
            render.emit_json(_body(one))
            continue
        render.line(f"[{one.place}] {one.command.type}  {one.command.description}")
        render.block("\n".join(f"    {line}" for line in one.command.text.splitlines()))
        if one.refusal:
            render.line(_("  not run here: {why}", why=retell(one.refusal)))
            render.line(f"  → {one.hint}")
        else:
            for name, value in one.prepared.variables.items():
                render.line(f"    {name}={value}")
            render.line(f"  → atttcli task run {one.task} --yes")


def _body(one: Any) -> dict[str, Any]:
    return {
        "task": one.task, "place": one.place, "type": one.command.type, "command": one.command.text,
        "arguments": list(one.prepared.arguments) if one.prepared else [],
        "variables": one.prepared.variables if one.prepared else {}, "refusal": one.refusal, "ran": False,
        "exit_code": None, "stopped": "", "evidence": "",
    }  # fmt: skip


def _say_ran(ran: Any, as_json: bool) -> None:
    outcome = ran.outcome
    if as_json:
        body = _body(ran.planned) | {"ran": True, "exit_code": outcome.exit_code, "stopped": outcome.stopped}
        render.emit_json(body | {"evidence": ran.evidence})
        return
    text = outcome.output.decode("utf-8", "backslashreplace")
    render.block(text[:4000])
    if len(text) > 4000:
        render.line("…")
    how = (
        _("stopped: {why}", why=outcome.stopped) if outcome.stopped else _("ended with {code}", code=outcome.exit_code)
    )
    render.line(_("{task}: {how}; output is {evidence}.", task=ran.planned.task, how=how, evidence=ran.evidence))
