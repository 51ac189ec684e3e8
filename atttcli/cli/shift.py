"""`atttcli shift`: the leaving officer tells the next one; the next one says that it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.casework_words import distance, localised, moment, status_word
from atttcli.cli.context import App, with_app
from atttcli.clock import rfc3339
from atttcli.text.display import display
from atttcli.text.messages import _, speaking

if TYPE_CHECKING:
    from pathlib import Path

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


@click.group()
def shift() -> None:
    """Hand a shift over, and take it.

    \b
    Example:
      atttcli shift handover --to minh --note "chờ xã Vi Hương gọi lại"
      atttcli shift take
    """


@shift.command()
@click.option("--to", "coming", required=True, metavar="NAME", help="Who comes.")
@click.option("--note", default="", metavar="TEXT", help="What no list says.")
@click.option("--dry-run", is_flag=True, help="Only show it.")
@_json
@with_app
def handover(app: App, coming: str, note: str, dry_run: bool, as_json: bool) -> None:
    """Write what the next officer must know: open incidents, clocks of the next day, what this shift decided.

    It is recorded, and stands as text in the workspace's outbox.

    \b
    Example:
      atttcli shift handover --to minh --note "nhà cung cấp hẹn 15 giờ"
    """
    from atttcli.deadline.shift import as_payload, draw_up, hand_over

    profile = app.workspace.profile
    made = draw_up(app.store, profile, leaving=app.identity.name, coming=coming, note=note, now=app.clock.now())
    body = {"number": "", "at": made.at, "taken": None, "taken_by": "", "body": as_payload(made)}
    if not dry_run:
        body["number"] = hand_over(app.journal, made)
        with speaking(app.workspace.language):  # the paper is the workspace's, whoever looks on
            path = _write(app, str(body["number"]), "\n".join(_lines(body)) + "\n")
    if as_json:
        render.emit_json(_as_json(body))
        return
    for text in _lines(body):
        render.line(text)
    if not dry_run:
        render.line(_("Recorded as {number}; the text stands in {path}", number=body["number"], path=path))


@shift.command()
@click.argument("number", required=False, default="")
@_json
@with_app
def show(app: App, number: str, as_json: bool) -> None:
    """A hand-over as it was recorded; the last one by default.

    \b
    Example:
      atttcli shift show
    """
    from atttcli.deadline.shift import last

    body = last(app.store, number.strip().upper())
    if as_json:
        render.emit_json(_as_json(body))
        return
    for text in _lines(body):
        render.line(text)


@shift.command()
@click.argument("number", required=False, default="")
@_json
@with_app
def take(app: App, number: str, as_json: bool) -> None:
    """Say that you have read it and are on duty now.

    \b
    Example:
      atttcli shift take
    """
    from atttcli.deadline.shift import last
    from atttcli.deadline.shift import take as record

    taken = record(app.journal, number.strip().upper())
    if as_json:
        render.emit_json(_as_json(last(app.store, taken)))
    else:
        render.line(_("{number} is taken: {name} is on duty.", number=taken, name=app.identity.name))


def _lines(row: dict[str, Any]) -> list[str]:
    body, at = row["body"], row["at"]
    lines = [
        _("HAND-OVER {number}", number=row["number"]).rstrip(),
        f"{moment(body['since'])} – {moment(at)}: {body['leaving']} → {body['coming']}",
    ]
    if row["taken"]:
        lines.append(_("taken by {name} at {time}", name=row["taken_by"], time=moment(row["taken"])))
    if body["note"]:
        lines += ["", *_("Note: {note}", note=body["note"]).splitlines()]
    lines += ["", _("Open incidents: {n}", n=len(body["detail"]["incidents"]))]
    for one in body["detail"]["incidents"]:
        who = one["owner"] or _("no owner")
        lines.append(
            f"  {one['number']}  {one['severity'] or '-'}  {status_word(one['status'])}  {who}  {one['title']}"
        )
    lines += ["", _("Due within a day, or overdue: {n}", n=len(body["detail"]["due"]))]
    for one in body["detail"]["due"]:
        lines.append(f"  {moment(one['due'])} ({distance(one['due'], at)})  {one['object']}  {localised(one, 'title')}")
        lines.append(f"      → {one['command']}")
    lines += ["", _("Untriaged alerts: {n}", n=body["untriaged"])]
    done = ", ".join(f"{verb} {count}" for verb, count in body["counts"].items())
    lines.append(_("Entries of this shift: {list}", list=done or "0"))
    return [display(text) for text in lines]  # titles are others' words: each stays one line, in the file too


def _write(app: App, number: str, text: str) -> Path:
    from atttcli.incident.metrics import is_drill
    from atttcli.store.durable import write_whole

    if is_drill(app.workspace.root):
        mark = _("EXERCISE - NOT A REAL INCIDENT")
        text = f"{mark}\n{text}{mark}\n"
    path = app.workspace.outbox / f"{number}.txt"
    app.workspace.outbox.mkdir(exist_ok=True)
    write_whole(path, text.encode("utf-8"))
    return path


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    body = row["body"]
    return {
        "number": row["number"], "at": rfc3339(row["at"]), "leaving": body["leaving"], "coming": body["coming"],
        "since": body["since"] and rfc3339(body["since"]), "note": body["note"], "untriaged": body["untriaged"],
        "counts": body["counts"], "incidents": body["detail"]["incidents"],
        "due": [one | {"due": rfc3339(one["due"])} for one in body["detail"]["due"]],
        "taken": row["taken"] and rfc3339(row["taken"]), "taken_by": row["taken_by"],
    }  # fmt: skip
