"""`next`, `status`, `undo`, `log`: the duty officer's four. The first two read rows only and import nothing heavy."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.agenda import agenda
from atttcli.cli.casework_words import entry_words, moment, status_word
from atttcli.cli.context import App, with_app
from atttcli.clock import parse_moment, rfc3339
from atttcli.text.messages import _, speaking

if TYPE_CHECKING:
    from atttcli.store.connection import Store

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
_SEVERITIES = ("informational", "low", "medium", "high", "critical")


@click.command("next")
@click.option("--limit", "-n", default=20, show_default=True, help="How many; 0 for all.")
@_json
@with_app
def next_(app: App, limit: int, as_json: bool) -> None:
    """What to do now, most urgent first, with the command for each. Writes nothing.

    \b
    Examples:
      atttcli next
      atttcli next --limit 0 --json
    """
    with speaking("en") if as_json else nullcontext():
        found = agenda(app.store, app.clock.now())
        if (app.workspace.root / "drills").is_dir():
            from atttcli.cli.drill_next import drill_items

            found = sorted([*found, *drill_items(app)], key=lambda item: item.urgency)
        shown = [(item, item.words) for item in (found[:limit] if limit else found)]
    if as_json:
        render.emit_json_lines(
            {
                "urgency": item.urgency, "kind": item.kind, "object": item.object, "text": words,
                "command": item.command, "due": item.due and rfc3339(item.due),
            }
            for item, words in shown
        )  # fmt: skip
        return
    if not found:
        render.line(_("Nothing is waiting."))
    for place, (item, words) in enumerate(shown, 1):
        render.line(f"{place:>2}. {'! ' if item.urgency == 0 else ''}{words}")
        render.line(f"      → {item.command}")
    if len(found) > len(shown):
        render.line(_("… and {n} more: atttcli next --limit 0", n=len(found) - len(shown)))


@click.command()
@click.option("--line", "one_line", is_flag=True, help="One short line, for a prompt.")
@_json
@with_app
def status(app: App, one_line: bool, as_json: bool) -> None:
    """The state of things in one screen. Writes nothing.

    \b
    Examples:
      atttcli status
      PS1='$(atttcli status --line) $ '
    """
    facts = _status(app.store, app.clock.now())
    if as_json:
        render.emit_json({"workspace": str(app.workspace.root), **facts})
    elif one_line:
        alerts = facts["untriaged"]
        render.line(
            f"SC:{sum(facts['incidents'].values())} CB:{alerts['critical']}/{alerts['high']}"
            f" NV:{facts['tasks_open']}{'!' + str(facts['tasks_overdue']) if facts['tasks_overdue'] else ''}"
        )
    else:
        _draw(app, facts)


def _status(store: Store, now: int) -> dict[str, Any]:
    untriaged = dict.fromkeys(reversed(_SEVERITIES), 0)
    for severity, count in store.rows(
        "SELECT severity, sum(waiting) FROM alert_desk WHERE waiting > 0 GROUP BY severity"
    ):
        untriaged[_SEVERITIES[min(max(severity, 0), 4)]] += count
    live = "SELECT status, count(*) FROM incident WHERE status NOT IN ('closed','rejected','merged') GROUP BY status"
    tasks = store.row("SELECT count(*), coalesce(sum(due < ?), 0) FROM task WHERE state = 'open'", now)
    clocks = store.row("SELECT count(*), coalesce(sum(due < ?), 0) FROM deadline WHERE met IS NULL", now)
    head = store.row("SELECT seq, hash, time FROM journal ORDER BY seq DESC LIMIT 1")
    ingested = store.value("SELECT max(finished) FROM ingest_run")
    assert tasks is not None
    assert clocks is not None
    return {
        "untriaged": untriaged,
        "incidents": {row[0]: row[1] for row in store.rows(live)},
        "ended": store.value("SELECT count(*) FROM incident WHERE status IN ('closed','rejected','merged')"),
        "tasks_open": tasks[0],
        "tasks_overdue": tasks[1],
        "deadlines_open": clocks[0],
        "deadlines_overdue": clocks[1],
        "evidence": store.value("SELECT count(*) FROM evidence WHERE withdrawn IS NULL"),
        "last_ingest": ingested and rfc3339(ingested),
        "journal": {"entries": head[0], "head": head[1], "time": rfc3339(head[2])} if head else None,
    }


def _draw(app: App, facts: dict[str, Any]) -> None:
    alerts = ", ".join(f"{_(name)} {count}" for name, count in facts["untriaged"].items() if count)
    incidents = ", ".join(f"{status_word(code)} {count}" for code, count in facts["incidents"].items())
    head = facts["journal"]
    lines = [
        (_("Workspace"), f"{app.workspace.root} ({app.workspace.organisation}, {app.workspace.profile})"),
        (_("Untriaged alerts"), alerts or "0"),
        (_("Incidents"), incidents or "0"),
        (_("Ended"), facts["ended"]),
        (_("Tasks"), _("{open} open, {late} overdue", open=facts["tasks_open"], late=facts["tasks_overdue"])),
        (
            _("Deadlines"),
            _("{open} open, {late} overdue", open=facts["deadlines_open"], late=facts["deadlines_overdue"]),
        ),
        (_("Evidence"), facts["evidence"]),
        (_("Last ingest"), moment(facts["last_ingest"] and parse_moment(facts["last_ingest"]))),
        (_("Journal"), f"{head['entries']} · {head['head'][:16]}…" if head else "-"),
    ]
    width = max(len(name) for name, _value in lines) + 1
    for name, value in lines:
        render.line(f"{name + ':':<{width}} {value}")


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be taken back.")
@_json
@with_app
def undo(app: App, dry_run: bool, as_json: bool) -> None:
    """Take back your own last entry, by a compensating entry: nothing is deleted.

    Refused for what has left the house, for others' entries, and for what others built on.

    \b
    Example:
      atttcli undo
    """
    from atttcli.incident.undo import last_own
    from atttcli.incident.undo import undo as take_back
    from atttcli.text.retell import retell

    entry = last_own(app.journal) if dry_run else take_back(app.journal)
    if as_json:
        render.emit_json({"seq": entry.seq, "verb": entry.verb, "object": entry.object, "undone": not dry_run})
        return
    words = entry_words(entry.verb, entry.payload)
    what = f"{entry.seq} {retell(entry.verb)} {entry.object}" + (f" ({words})" if words else "")
    render.line(_("Would take back: {what}", what=what) if dry_run else _("Taken back: {what}", what=what))


@click.command()
@click.option("--object", "subject", metavar="ID", help="Only entries about this: SC-…, CC-…, NV-…, a run, an agency.")
@click.option("--limit", "-n", default=50, show_default=True, help="The last so many; 0 for all.")
@_json
@with_app
def log(app: App, subject: str | None, limit: int, as_json: bool) -> None:
    """The journal: who decided what, and when. What was taken back is marked.

    \b
    Examples:
      atttcli log
      atttcli log --object SC-2026-0001 --json
    """
    from collections import deque

    from atttcli.incident.timeline import timeline
    from atttcli.journal.journal import undone_seqs
    from atttcli.store.numbers import resolve_number
    from atttcli.text.retell import retell

    undone = undone_seqs(app.store.connection)
    if subject and subject.upper().startswith("SC-"):
        entries = timeline(app.journal, resolve_number(app.store, "incident", subject))
    else:
        entries = app.journal.entries(subject)
    for entry in deque(entries, maxlen=limit or None):
        if as_json:
            render.emit_json(
                {
                    "seq": entry.seq, "time": rfc3339(entry.time), "host": entry.host, "actor": entry.actor,
                    "verb": entry.verb, "object": entry.object, "hash": entry.hash, "undone": entry.seq in undone,
                    "payload": entry.payload,
                }
            )  # fmt: skip
            continue
        mark = _("[taken back] ") if entry.seq in undone else ""
        words = entry_words(entry.verb, entry.payload)
        render.line(
            f"{entry.seq:>5}  {moment(entry.time)}  {entry.actor}  {retell(entry.verb)}  {entry.object[:20]}  {mark}{words}"
        )
