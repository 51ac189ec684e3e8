"""Merging incidents, parting them again, and splitting one in two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.current import incident_number, remember
from atttcli.cli.incident_input import alert_numbers, json_option, number_argument, reason_option, recorded
from atttcli.cli.incident_view import print_incident_json
from atttcli.text.messages import _

if TYPE_CHECKING:
    from collections.abc import Sequence

_alerts = click.option("--alert", "alerts", multiple=True, metavar="CB-…", help="This alert; repeatable.")
_tasks = click.option("--task", "tasks", multiple=True, metavar="NV-…", help="This task; repeatable.")
_evidence = click.option("--evidence", "exhibits", multiple=True, metavar="CC-…", help="This exhibit; repeatable.")


def _numbers(app: App, table: str, texts: Sequence[str]) -> tuple[str, ...]:
    from atttcli.store.numbers import resolve_number

    return tuple(resolve_number(app.store, table, text) for text in texts)


@click.command()
@number_argument
@click.argument("into", metavar="SURVIVOR")
@reason_option
@json_option
@with_app
def merge(app: App, number: str, into: str, reason: str, as_json: bool) -> None:
    """Merge incident ID into SURVIVOR: alerts, evidence, tasks, runs, letters and deadlines follow. `unmerge` restores.

    \b
    Example:
      atttcli incident merge SC-2026-0007 SC-2026-0003 --reason "cùng một máy chủ điều khiển"
    """
    from atttcli.incident.joining import merge as merge_incidents

    found, survivor = incident_number(app, number), incident_number(app, into)
    merge_incidents(app.journal, found, survivor, reason)
    remember(app, survivor)
    if as_json:
        print_incident_json(app, survivor)
    else:
        render.line(_("{number} is merged into {survivor}.", number=found, survivor=survivor))


@click.command()
@number_argument
@_alerts
@_tasks
@_evidence
@reason_option
@json_option
@with_app
def unmerge(
    app: App, number: str, alerts: tuple[str, ...], tasks: tuple[str, ...], exhibits: tuple[str, ...], reason: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Part incident ID from the one it was merged into, with all that it brought.

    What came after the merge stays with the survivor, unless it is named here.

    \b
    Example:
      atttcli incident unmerge SC-2026-0007 --reason "hai vụ khác nhau" --task NV-2026-0031
    """
    from atttcli.incident.joining import Part
    from atttcli.incident.joining import unmerge as part_incidents

    found = incident_number(app, number)
    also = Part(tuple(alert_numbers(app, alerts)), _numbers(app, "task", tasks), _numbers(app, "evidence", exhibits))
    part_incidents(app.journal, found, reason, also)
    recorded(app, found, as_json)


@click.command()
@number_argument
@click.option("--title", default="", help="Title of the new incident.")
@_alerts
@click.option("--agency", "agencies", multiple=True, help="This agency, with its alerts; repeatable.")
@click.option("--system", "systems", multiple=True, help="This system, with its alerts; repeatable.")
@_tasks
@_evidence
@reason_option
@json_option
@with_app
def split(
    app: App, number: str, title: str, alerts: tuple[str, ...], agencies: tuple[str, ...], systems: tuple[str, ...],
    tasks: tuple[str, ...], exhibits: tuple[str, ...], reason: str, as_json: bool,
) -> None:  # fmt: skip
    """Split named alerts, agencies and systems off into a new incident of the same type, severity and owner.

    \b
    Example:
      atttcli incident split @ --title "Lừa đảo ở Sở Y tế" --agency so-y-te --reason "nguyên nhân khác"
    """
    from atttcli.incident.joining import Part
    from atttcli.incident.joining import split as split_incident

    found = incident_number(app, number)
    known = ((app.inventory.find_agency(text), text) for text in agencies)
    codes = tuple(text if agency is None else agency.code for agency, text in known)
    part = Part(
        tuple(alert_numbers(app, alerts)), _numbers(app, "task", tasks), _numbers(app, "evidence", exhibits), codes, systems
    )  # fmt: skip
    new = split_incident(app.journal, found, title, part, reason)
    if as_json:
        print_incident_json(app, new)
    else:
        render.line(_("{new} is split off from {number}.", new=new, number=found))
