"""`atttcli system log-source`: which system a log is of, when its lines name no host."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.errors import NotFound, UsageError
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from atttcli.cli.agenda import Item
    from atttcli.store.connection import Store

_ROTATED = re.compile(r"([.-]\d{1,10})?(\.(gz|bz2|xz|zst))?\Z")  # a log's number or day, and how it is packed
AS_JSON = click.option("--json", "as_json", is_flag=True, help="JSON: one object a line for lists, one object else.")


@click.group("log-source")
def log_source() -> None:
    """Which system a log is of: for alerts of logs whose lines name no host."""


@log_source.command("add")
@click.argument("system")
@click.argument("pattern")
@click.option("--note", default="", help="How it became known.")
@AS_JSON
@with_app
def add(app: App, system: str, pattern: str, note: str, as_json: bool) -> None:
    """Remember that logs whose path (or `ingest --source` name) fits PATTERN are of SYSTEM; journaled.

    Alerts of such logs get the system and the agency that owns it, those made before too. `*` and `?` as in a shell, from any
    folder inwards; the longest pattern decides.

    \b
    Examples:
      atttcli system log-source add cong-ttdt '05-cong-ttdt/access.log*'
      atttcli system log-source add thu-cong-vu 'zimbra/*' --note "sent by the mail administrators every morning"
    """
    from atttcli.cli.system import find_system
    from atttcli.inventory import Inventory
    from atttcli.inventory.log_sources import LONGEST
    from atttcli.triage.desk import hint_again

    item = find_system(app, system)
    wanted = pattern.strip()
    if not wanted.strip("*?/ ") or len(wanted) > LONGEST:
        raise UsageError(_("a pattern names a log"), hint="'portal/access.log*'")
    known = app.store.value("SELECT system FROM log_source WHERE pattern = ?", wanted)
    if known != item.code:
        app.journal.append("log-source.added", item.code, {"pattern": wanted, "note": note})
    told = [(row["pattern"], row["system"]) for row in app.store.rows("SELECT * FROM log_source")]
    placed = hint_again(app.store, Inventory(app.organisation, (), told))
    if as_json:
        render.emit_json({"pattern": wanted, "system": item.code, "note": note, "alerts": placed})
        return
    render.line(_("Logs {pattern} are of {name} ({code}).", pattern=wanted, name=item.name, code=item.code))
    if placed:
        render.line(ngettext("{count} alert found its system.", "{count} alerts found their system.", placed))


@log_source.command("list")
@AS_JSON
@with_app
def list_(app: App, as_json: bool) -> None:
    """The patterns that people gave, with their systems.

    \b
    Example:
      atttcli system log-source list
    """
    found = app.store.rows("SELECT pattern, system, note FROM log_source ORDER BY system, pattern")
    if as_json:
        render.emit_json_lines(dict(row) for row in found)
        return
    columns = (_("system"), _("pattern"), _("note"))
    render.table(columns, [(row["system"], row["pattern"], row["note"]) for row in found], wide=(1, 2))


@log_source.command("remove")
@click.argument("pattern")
@click.option("--reason", default="", help="Why; it stands in the journal.")
@AS_JSON
@with_app
def remove(app: App, pattern: str, reason: str, as_json: bool) -> None:
    """Forget a pattern. Alerts that have their system keep it.

    \b
    Example:
      atttcli system log-source remove 'zimbra/*'
    """
    row = app.store.row("SELECT pattern, system, note FROM log_source WHERE pattern = ?", pattern.strip())
    if row is None:
        raise NotFound(
            _("no such pattern: {pattern}", pattern=repr(pattern[:60])), hint="atttcli system log-source list"
        )
    app.journal.append("log-source.removed", row["system"], {"pattern": row["pattern"], "reason": reason})
    if as_json:
        render.emit_json({**dict(row), "alerts": 0})
    else:
        render.line(_("Forgotten: {pattern}", pattern=row["pattern"]))


def command_for(path: str) -> str:
    """The command that tells the system of a log, to be completed."""
    last = "/".join(path.replace("\\", "/").replace("!", "/").split("/")[-2:])
    return f"atttcli system log-source add SYSTEM {shlex.quote(_ROTATED.sub('', last) + '*')}"


def unplaced_items(store: Store, _now: int) -> Iterator[Item]:
    """For the agenda: logs whose alerts name neither agency nor system."""
    from atttcli.cli.agenda import Item
    from atttcli.store.facts.alerts import logs_without_place

    found: list[Any] = logs_without_place(store, 4)
    for sha256, path, count in found[:3]:
        text = ngettext(
            "{count} alert of no agency in a log whose system nobody told: {path}",
            "{count} alerts of no agency in a log whose system nobody told: {path}",
            count,
            path=path,
        )
        yield Item(5, "log-source", sha256[:12], text, command_for(path))
