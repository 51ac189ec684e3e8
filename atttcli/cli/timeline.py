"""`atttcli timeline`: events of all logs, alerts and decisions around one moment, in one order."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.text.display import display
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.hunt.timeline import Moment

_NARROWEST = 60


@click.command()
@click.option(
    "--around", "text", required=True, metavar="ALERT|EVENT|TIME", help="An alert, an event of a hunt, or a moment."
)
@click.option(
    "--minutes", type=click.FloatRange(0.01, 10_080), default=30.0, show_default=True, help="How far to both sides."
)
@click.option("--host", default="", help="Only what concerns this machine.")
@click.option("--user", default="", help="Only what concerns this account.")
@click.option("--address", default="", metavar="IP|CIDR", help="Only what concerns this address or network.")
@click.option(
    "--limit",
    "-n",
    type=click.IntRange(1, 100_000),
    default=500,
    show_default=True,
    help="How many lines at most: the nearest.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON lines on stdout.")
@with_app
def timeline(
    app: App, text: str, minutes: float, host: str, user: str, address: str, limit: int, as_json: bool
) -> None:  # fmt: skip
    """What happened around an alert, an event or a moment: all logs, alerts and decisions on incidents, in one order.

    An event's name is in the column `Event` (JSON: `ref`) of a hunt. Times without a zone are Viet Nam's.

    \b
    Examples:
      atttcli timeline --around CB-2026-0001 --minutes 10
      atttcli timeline --around "13/05/2021 08:30" --address 203.0.113.0/24 --json
    """
    from atttcli.cli.casework_words import entry_words
    from atttcli.hunt.ask import Bounds
    from atttcli.hunt.build import bring_up_to_date
    from atttcli.hunt.derived import is_behind
    from atttcli.hunt.timeline import Whom, around
    from atttcli.hunt.timeline import timeline as lines

    if is_behind(app.workspace, app.store):
        with render.progress(_("Hunting files"), quiet=as_json) as report:
            bring_up_to_date(app.workspace, app.store, report)
    about = around(app.workspace, app.store, text, minutes)
    whom = Whom(host, user, address)
    found, cut = lines(
        app.workspace, app.store, about, whom, Bounds(rows=limit), lambda entry: entry_words(entry.verb, entry.payload)
    )
    if as_json:
        render.emit_json_lines(_plain(one, about.name) for one in found)
    elif render.is_terminal():
        _draw(found, about.name)
    else:
        _listed(found)
    if cut:
        render.warn(_("Only the {count} nearest: --limit N gives more, --minutes less.", count=limit))


def _plain(one: Moment, name: str) -> dict[str, Any]:
    from atttcli.clock import rfc3339

    return {
        "time": rfc3339(one.at), "sort": one.sort, "object": one.object, "what": one.what, "who": one.who, "text": one.text,
        "source": one.source, "named": bool(name) and one.object == name,
    }  # fmt: skip


def _listed(found: Sequence[Moment]) -> None:
    from atttcli.clock import local_text

    columns = (_("Time"), _("Sort"), _("Object"), _("What"), _("Who"), _("Text"))
    render.table(
        columns, ((local_text(one.at), _sort(one.sort), one.object, one.what, one.who, one.text) for one in found)
    )


def _draw(found: Sequence[Moment], name: str) -> None:
    """A heading a day, a line each, cut to the screen: what was named is marked."""
    from atttcli.clock import local_text

    width = max(shutil.get_terminal_size((80, 24)).columns, _NARROWEST)
    day = ""
    for one in found:
        date, clock = local_text(one.at).split(" ")
        if date != day:
            day = date
            render.line(f"--- {day} ---")
        mark = ">" if name and one.object == name else {"event": " ", "alert": "!", "decision": "*"}[one.sort]
        named = "" if one.sort == "event" else f"{one.object} "
        who = f"[{display(one.who, 24)}] " if one.who else ""
        render.line(display(f"{clock} {mark} {display(one.what, 14):14} {named}{who}{display(one.text)}", width - 1))
    if found:
        render.line(_("! alert   * decision   > what was asked about"))
    else:
        render.line(_("Nothing found."))


def _sort(sort: str) -> str:
    return {"event": _("event"), "alert": _("alert"), "decision": _("decision")}[sort]
