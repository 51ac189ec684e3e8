"""`atttcli timeline`: events of all logs, alerts and decisions around one moment, in one order."""

from __future__ import annotations

import shlex
import shutil
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.alert_view import severity_word
from atttcli.cli.context import App, with_app
from atttcli.clock import HOUR
from atttcli.model.title import rule_title
from atttcli.text.display import display
from atttcli.text.messages import _, language

if TYPE_CHECKING:
    from atttcli.hunt.timeline import Around, Moment, Whom

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
    if not as_json:
        _hints(app, about, whom, empty=not any(one.sort == "event" for one in found))


def _hints(app: App, about: Around, whom: Whom, empty: bool) -> None:
    """What to try next; on stderr, so that a pipe stays a table."""
    from atttcli.clock import local_text
    from atttcli.hunt.ask import Bounds
    from atttcli.hunt.nearby import addresses_of, nearest, shifted

    bounds = Bounds(seconds=20)
    if empty:
        before, after = nearest(app.workspace, app.store, about, whom, bounds)
        for told, at in ((_("the last event before"), before), (_("the first event after"), after)):
            if at is not None:
                again = f"atttcli timeline --around '{local_text(at)}'" + _asked(whom)
                render.warn(_("Nothing is kept of that time; {what}: {again}", what=told, again=again))
        if before is None and after is None:
            render.warn(
                _("No log that is kept names it: try without --host, --user, --address. The logs: atttcli hunt sources")
                if whom.any
                else _("No event is kept. Take logs in: atttcli ingest PATH")
            )
    for one in shifted(app.workspace, app.store, about, addresses_of(app.store, about, whom), bounds):
        render.warn(
            _(
                "{log}: names the same address only {hours} h away ({count} events): is its clock or time zone right?"
                " atttcli timeline --around '{time}'",
                log=display(one.source.rpartition("/")[2], 60), hours=f"{one.hours:+d}", count=one.events,
                time=local_text(about.middle + one.hours * HOUR),
            )
        )  # fmt: skip


def _asked(whom: Whom) -> str:
    given = (("--host", whom.host), ("--user", whom.user), ("--address", whom.address))
    return "".join(f" {name} {shlex.quote(value)}" for name, value in given if value)


def _plain(one: Moment, name: str) -> dict[str, Any]:
    from atttcli.clock import rfc3339

    return {
        "time": rfc3339(one.at), "sort": one.sort, "object": one.object, "what": one.what, "who": one.who, "text": one.text,
        "source": one.source, "named": bool(name) and one.object == name,
    }  # fmt: skip


def _listed(found: Sequence[Moment]) -> None:
    from atttcli.clock import local_text

    columns = (_("Time"), _("Sort"), _("Object"), _("What"), _("Who"), _("Text"), _("File"))
    render.table(
        columns,
        ((local_text(one.at), _sort(one.sort), one.object, one.what, one.who, _told(one), one.source) for one in found),
    )


def _told(one: Moment) -> str:
    """An alert's title in the reader's language; all else as it stands."""
    title = rule_title(one.detail, language()) if one.sort == "alert" else ""
    return title or one.text


def _draw(found: Sequence[Moment], name: str) -> None:
    """A heading a day, a line each, cut to the screen: what was named is marked. Then which logs spoke."""
    from atttcli.clock import local_text

    width = max(shutil.get_terminal_size((80, 24)).columns, _NARROWEST)
    room = 14 if width < 110 else 20
    day = ""
    for one in found:
        date, clock = local_text(one.at).split(" ")
        if date != day:
            day = date
            render.line(f"--- {day} ---")
        mark = ">" if name and one.object == name else {"event": " ", "alert": "!", "decision": "*"}[one.sort]
        what = severity_word(one.severity) if one.sort == "alert" else one.what
        who = f"[{display(one.who, 24)}]" if one.who else ""
        if one.sort == "alert":  # the title before the party, so that a narrow screen cuts off the lesser
            said = f"{one.object} {display(_told(one))} {who}"
        else:
            said = " ".join(
                (one.object, who, display(one.text)) if one.sort == "decision" else (who, display(one.brief))
            )
        render.line(display(f"{clock} {mark} {display(what, room):{room}} {said.strip()}", width - 1))
    if not found:
        render.line(_("Nothing found."))
        return
    render.line(_("! alert   * decision   > what was asked about"))
    spoken = Counter(one.source.rpartition("/")[2] for one in found if one.sort == "event")
    if spoken:
        names = ", ".join(f"{log} ({count})" for log, count in spoken.most_common(20))
        render.line(display(_("Logs: {names}", names=names), width * 3))


def _sort(sort: str) -> str:
    return {"event": _("event"), "alert": _("alert"), "decision": _("decision")}[sort]
