"""`atttcli incident metrics`: how long it took to detect, acknowledge, contain and recover."""

from __future__ import annotations

from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.incident_input import json_option, when
from atttcli.clock import DAY, HOUR, MINUTE, SECOND
from atttcli.text.messages import _


@click.command()
@click.option("--by", type=click.Choice(["agency", "type", "month"]), help="One line for each, instead of one for all.")
@click.option("--from", "start", metavar="TIME", help="Incidents reported at this time or later.")
@click.option("--to", "end", metavar="TIME", help="Incidents reported before this time.")
@json_option
@with_app
def metrics(app: App, by: str | None, start: str | None, end: str | None, as_json: bool) -> None:
    """MTTD, MTTA, MTTC and MTTR: median and p90, counted from the transitions.

    MTTD: from when it occurred (as stated, else the first sighting of its alerts) to its detection. MTTA: from the report
    to the first move into triage. MTTC: from detection to leaving containment for good. MTTR: from detection to entering
    post_incident for good. Where an incident went back, only the last end counts. Exercises, rejected and merged incidents
    are never counted. p90 is by nearest rank.

    \b
    Examples:
      atttcli incident metrics
      atttcli incident metrics --by type --from 2026-01-01 --to 2026-07-01 --json
    """
    from atttcli.incident.metrics import MEASURES, is_drill, summarise, times

    if is_drill(app.workspace.root):
        render.warn(_("this is the workspace of a drill: exercises are not counted"))
        found = []
    else:
        found = summarise(times(app.store, when(start, app.clock.now()), when(end, app.clock.now())), by or "")
    if as_json:
        render.emit_json_lines(
            {
                "by": by or "all", "group": one.group, "incidents": one.incidents,
                **{
                    name: {
                        "count": measure.count, "median_seconds": _seconds(measure.median),
                        "p90_seconds": _seconds(measure.p90),
                    }
                    for name, measure in one.measures.items()
                },
            }
            for one in found
        )  # fmt: skip
        return
    heads = [f"{name.upper()} {word}" for name in MEASURES for word in (_("median"), "p90")]
    render.table(
        [_("Group"), _("Incidents"), *heads],
        (
            (
                _("all") if one.group == "all" else one.group or "-", one.incidents,
                *(_span(value) for m in one.measures.values() for value in (m.median, m.p90)),
            )
            for one in found
        ),
    )  # fmt: skip


def _seconds(micros: int | None) -> int | None:
    return None if micros is None else micros // SECOND


def _span(micros: Any) -> str:
    if micros is None:
        return "-"
    if micros >= 2 * DAY:
        return _("{n} d", n=round(micros / DAY, 1))
    return _("{n} h", n=round(micros / HOUR, 1)) if micros >= 2 * HOUR else _("{n} min", n=micros // MINUTE)
