"""`atttcli inspection`: systems inspected by their level, what was found, and what became of it."""

from __future__ import annotations

from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.day import DAY
from atttcli.errors import NotFound
from atttcli.text.messages import _

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


@click.group()
def inspection() -> None:
    """Inspections of systems by level, their findings, and which system is due.

    \b
    Example:
      atttcli inspection due
      atttcli inspection add cong-ttdt --on 10/06/2026 --by "Sở TTTT" --result partly \\
        --finding "high: không có bản sao lưu (2026-07-31)"
    """


@inspection.command()
@click.argument("system")
@click.option("--on", "held", type=DAY, required=True, help="The day.")
@click.option("--by", "inspector", required=True, help="Who inspected.")
@click.option("--result", type=click.Choice(("met", "partly", "not_met")), required=True, help="Against its level.")
@click.option(
    "--finding",
    "findings",
    multiple=True,
    metavar="TEXT",
    help="`high: what (2026-12-31)`: severity and due day may be left out.",
)
@click.option("--paper", default="", help="Number of the minutes.")
@click.option("--note", default="", help="What else is to be known.")
@_json
@with_app
def add(
    app: App, system: str, held: str, inspector: str, result: str, findings: tuple[str, ...], paper: str, note: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Record an inspection with its findings.

    \b
    Example:
      atttcli inspection add lgsp --on 2026-06-10 --by "Sở TTTT" --result met
    """
    from atttcli.inventory.inspections import Inspection, hold_inspection, parse_findings

    found = app.inventory.system(system)
    if found is None:
        raise NotFound(f"no system {system[:40]!r}", hint="atttcli system list")
    number = hold_inspection(
        app.journal,
        Inspection(
            system=found.code, agency=found.operator, level=found.level or 0, held=held, inspector=inspector,
            result=result, findings=parse_findings(findings), paper=paper, note=note,
        ),
    )  # fmt: skip
    if as_json:
        render.emit_json(_as_json(app, number))
    else:
        render.line(number)


@inspection.command("list")
@click.option("--system", default="", metavar="CODE", help="Of one system.")
@click.option("--from", "since", type=DAY, help="Held on this day or later.")
@click.option("--to", "until", type=DAY, help="Held on this day or earlier.")
@_json
@with_app
def list_(app: App, system: str, since: str | None, until: str | None, as_json: bool) -> None:
    """Inspections by day, with how many findings are open.

    \b
    Example:
      atttcli inspection list --from 01/01/2026
    """
    rows = app.store.rows(
        "SELECT number FROM inspection WHERE withdrawn IS NULL AND (?1 = '' OR system = ?1) AND held BETWEEN ?2 AND ?3"
        " ORDER BY held, number",
        system, since or "0000", until or "9999",
    )  # fmt: skip
    found = [_as_json(app, row[0]) for row in rows]
    if as_json:
        render.emit_json_lines(found)
        return
    render.table(
        [_("No."), _("Day"), _("System"), _("Level"), _("Inspector"), _("Result"), _("Open findings")],
        (
            (
                one["number"], one["held"], one["system"], one["level"] or "-", one["inspector"], result_word(one["result"]),
                f"{sum(f['state'] == 'open' for f in one['findings'])}/{len(one['findings'])}",
            )
            for one in found
        ),
    )  # fmt: skip


@inspection.command()
@click.argument("number")
@_json
@with_app
def show(app: App, number: str, as_json: bool) -> None:
    """One inspection with its findings.

    \b
    Example:
      atttcli inspection show KT-2026-0001
    """
    from atttcli.store.numbers import resolve_number

    body = _as_json(app, resolve_number(app.store, "inspection", number))
    if as_json:
        render.emit_json(body)
        return
    render.line(
        f"{body['number']}  {body['system']}  {body['held']}  {result_word(body['result'])}  {body['inspector']}"
    )
    states = {"open": _("open"), "fixed": _("fixed"), "accepted": _("accepted")}
    for finding in body["findings"]:
        due = f" → {finding['due']}" if finding["due"] else ""
        render.line(
            f"  {finding['place']}. [{severity_word(finding['severity'])}] {finding['text']}{due}: {states[finding['state']]}"
        )
        if finding["note"]:
            render.line(f"     {finding['note']}")


@inspection.command()
@click.argument("number")
@click.argument("place", type=click.IntRange(1))
@click.option("--fixed", "state", flag_value="fixed", default=True, help="It was mended (the default).")
@click.option("--accepted", "state", flag_value="accepted", help="The owner bears the risk.")
@click.option("--note", default="", metavar="TEXT", help="What was seen, or who bears it and why.")
@_json
@with_app
def close(app: App, number: str, place: int, state: str, note: str, as_json: bool) -> None:
    """Close one finding.

    \b
    Example:
      atttcli inspection close KT-2026-0001 2 --note "đã có bản sao lưu ngoài, kiểm tra ngày 01/08"
    """
    from atttcli.inventory.inspections import close_finding
    from atttcli.store.numbers import resolve_number

    found = resolve_number(app.store, "inspection", number)
    close_finding(app.journal, found, place, state, note)
    if as_json:
        render.emit_json(_as_json(app, found))
    else:
        render.line(_("Finding {place} of {number} is closed.", place=place, number=found))


@inspection.command()
@click.option("--all", "everything", is_flag=True, help="Also those that are not due yet.")
@_json
@with_app
def due(app: App, everything: bool, as_json: bool) -> None:
    """Systems whose level asks for an inspection now.

    \b
    Example:
      atttcli inspection due --json
    """
    from dataclasses import asdict

    from atttcli.clock import VIETNAM, from_micros
    from atttcli.inventory.inspections import inspections_due
    from atttcli.profile import load_profile

    today = from_micros(app.clock.now(), VIETNAM).date().isoformat()
    law = load_profile(app.workspace.profile)
    found = [one for one in inspections_due(app.store, app.organisation, law) if everything or one.due <= today]
    if as_json:
        render.emit_json_lines(asdict(one) | {"overdue": one.due <= today} for one in found)
        return
    if not found:
        render.line(_("No inspection is due."))
        return
    render.table(
        [_("System"), _("Operator"), _("Level"), _("Last"), _("Due"), _("Basis")],
        ((one.system, one.agency, one.level, one.last or _("never"), one.due or _("now"), one.basis) for one in found),
        wide=(5,),
    )


@inspection.command()
@click.argument("number")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@_json
@with_app
def withdraw(app: App, number: str, reason: str, as_json: bool) -> None:
    """Take back a record that was entered in error.

    \b
    Example:
      atttcli inspection withdraw KT-2026-0001 --reason "nhầm hệ thống"
    """
    from atttcli.cli.training import withdraw_record

    withdraw_record(app, "inspection", number, reason, as_json)


def result_word(code: str) -> str:
    """The result as people say it."""
    return {"met": _("met"), "partly": _("partly met"), "not_met": _("not met")}.get(code, code)


def severity_word(code: str) -> str:
    """A finding's severity as people say it."""
    return {"low": _("low"), "medium": _("medium"), "high": _("high")}.get(code, code)


def _as_json(app: App, number: str) -> dict[str, Any]:
    row = app.store.row("SELECT * FROM inspection WHERE number = ?", number)
    assert row is not None
    found = app.store.rows("SELECT * FROM inspection_finding WHERE inspection = ? ORDER BY place", number)
    keys = ("place", "text", "severity", "due", "state", "note")
    body = {key: row[key] for key in row.keys() if key != "withdrawn"}  # noqa: SIM118 - a Row, not a dict
    return body | {"findings": [{key: one[key] for key in keys} for one in found]}
