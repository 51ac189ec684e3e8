"""`atttcli fleet`: the board of machines, and the register of those that are to be scanned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.clock import local_text, rfc3339
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from atttcli.fleet.hosts import Expected

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
_agency = click.option("--agency", default="", metavar="CODE", help="Only those of this agency.")
PROFILES = ("light", "normal", "full")


@click.group()
def fleet() -> None:
    """The machines of agencies: which are to be scanned, which were, and what was found.

    \b
    Example:
      atttcli fleet board
      atttcli fleet host add --file may-tram.csv
    """


@fleet.command()
@_agency
@click.option("--overdue", is_flag=True, help="Only machines whose scan is overdue.")
@_json
@with_app
def board(app: App, agency: str, overdue: bool, as_json: bool) -> None:
    """Which agency and machine was scanned when, with which rules, how completely, and what came of it.

    A line for each agency; with --agency or --overdue a line for each machine. Exit codes: 0, or 1 when a machine is overdue
    or has findings that wait for a decision.

    \b
    Examples:
      atttcli fleet board
      atttcli fleet board --agency x-vi-huong
      atttcli fleet board --overdue --json
    """
    from atttcli.cli.fleet_view import emit_board, show_board
    from atttcli.cli.user import agency_codes
    from atttcli.fleet.board import OPEN
    from atttcli.fleet.board import board as read_board
    from atttcli.fleet.kits import kits

    code = agency_codes(app, (agency,))[0] if agency else ""
    found = read_board(app.store, app.clock.now(), app.inventory.current, agency=code)
    show = emit_board if as_json else show_board
    show(app, found, kits(app.store, code), each=bool(code), overdue=overdue)
    click.get_current_context().exit(int(any(one.overdue or one.state == OPEN for one in found.machines)))


@fleet.command()
@click.argument("days", type=click.IntRange(1, 3650))
@click.option("--agency", default="", metavar="CODE", help="Only for this agency.")
@click.option("--profile", type=click.Choice(PROFILES), default=None, help="Only for machines of this profile.")
@_json
@with_app
def interval(app: App, days: int, agency: str, profile: str | None, as_json: bool) -> None:
    """At most so many DAYS between two scans of a machine (usually light 7, normal 30, full 90).

    What is set for an agency and a profile goes before what is set for the agency, then for the profile, then for all.

    \b
    Example:
      atttcli fleet interval 14 --agency x-vi-huong
    """
    from atttcli.cli.user import agency_codes
    from atttcli.fleet.hosts import set_interval

    code = agency_codes(app, (agency,))[0] if agency else ""
    set_interval(app.journal, days, code, profile or "")
    if as_json:
        render.emit_json({"agency": code, "profile": profile or "", "days": days})
        return
    text = ngettext("A scan at least every {count} day: {whom}", "A scan at least every {count} days: {whom}", days,
                    whom=", ".join(filter(None, (code, profile))) or _("all agencies"))  # fmt: skip
    render.line(text)


@fleet.group()
def host() -> None:
    """The register of machines that are to be scanned: what coverage is counted against.

    \b
    Example:
      atttcli fleet host list --agency x-vi-huong
    """


@host.command()
@click.argument("names", nargs=-1, metavar="[HOST]...")
@click.option("--agency", default="", metavar="CODE", help="Whose machines (also where the file does not say).")
@click.option(
    "--profile", type=click.Choice(PROFILES), default="normal", show_default=True, help="How they are scanned."
)
@click.option("--note", default="", metavar="TEXT", help="Where it stands, who uses it.")
@click.option(
    "--file", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV or XLSX with headings agency,host,profile,note.",
)  # fmt: skip
@_json
@with_app
def add(
    app: App, names: tuple[str, ...], agency: str, profile: str, note: str, file: Path | None, as_json: bool
) -> None:
    """Expect machines from now on, by name or from a sheet; one that stands there already is brought up to date.

    \b
    Examples:
      atttcli fleet host add PC-KETOAN-01 PC-VANTHU-02 --agency x-vi-huong
      atttcli fleet host add --file may-tram.csv
    """
    from atttcli.cli.user import agency_codes
    from atttcli.errors import UsageError
    from atttcli.fleet.hosts import Expected, add_hosts, read_hosts

    code = agency_codes(app, (agency,))[0] if agency else ""
    wanted: list[Expected] = []
    wrong: list[Any] = []
    if file is not None:
        wanted, wrong = read_hosts(file, app.inventory, code)
    elif not names or not code:
        raise UsageError("name the machines and their agency", hint="atttcli fleet host add PC-01 --agency CODE")
    wanted += [Expected(code, name, profile, note) for name in names]
    fresh = add_hosts(app.journal, wanted)
    for where, reason in wrong:
        render.warn(f"atttcli: {where}: {_told(reason)}")
    _tell_added(wanted, fresh, as_json)
    click.get_current_context().exit(2 if wrong else 0)


def _told(reason: str) -> str:
    from atttcli.text.retell import retell

    return retell(reason)


def _tell_added(wanted: list[Expected], fresh: list[Expected], as_json: bool) -> None:
    if as_json:
        render.emit_json_lines(
            {"agency": one.agency, "host": one.name, "profile": one.profile, "note": one.note} for one in fresh
        )
        return
    known = len(wanted) - len(fresh)
    text = ngettext(
        "{count} machine is expected from now on.", "{count} machines are expected from now on.", len(fresh)
    )
    text += " " + _("{count} stood there already.", count=known) if known else ""
    render.line(text)


@host.command()
@click.argument("names", nargs=-1, required=True, metavar="HOST...")
@click.option("--agency", required=True, metavar="CODE", help="Whose machines.")
@click.option("--reason", default="", metavar="TEXT", help="Why: scrapped, renamed, given away.")
@_json
@with_app
def retire(app: App, names: tuple[str, ...], agency: str, reason: str, as_json: bool) -> None:
    """Expect these machines no longer.

    \b
    Example:
      atttcli fleet host retire PC-CU-07 --agency x-vi-huong --reason "thanh lý"
    """
    from atttcli.cli.user import agency_codes
    from atttcli.fleet.hosts import retire_hosts

    (code,) = agency_codes(app, (agency,))
    gone = retire_hosts(app.journal, code, names, reason)
    if as_json:
        render.emit_json_lines({"agency": code, "host": name, "reason": reason} for name in gone)
        return
    text = ngettext("{count} machine is no longer expected.", "{count} machines are no longer expected.", len(gone))
    render.line(text)


@host.command("list")
@_agency
@click.option("--all", "everything", is_flag=True, help="Also those that were retired.")
@_json
@with_app
def list_(app: App, agency: str, everything: bool, as_json: bool) -> None:
    """The register by agency and name.

    \b
    Example:
      atttcli fleet host list --agency x-vi-huong --json
    """
    from atttcli.cli.user import agency_codes
    from atttcli.fleet.hosts import expected_hosts

    code = agency_codes(app, (agency,))[0] if agency else ""
    found = expected_hosts(app.store, code, retired=everything)
    if as_json:
        render.emit_json_lines(_host_object(one) for one in found)
        return
    render.table(
        (_("Agency"), _("Machine"), _("Profile"), _("Since"), _("Note")),
        (
            (
                one["agency"], one["name"], one["profile"], local_text(one["added"], seconds=False),
                one["note"] if one["retired"] is None else _("retired: {why}", why=one["why"]),
            )
            for one in found
        ),
        wide=(1, 4),
    )  # fmt: skip


def _host_object(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "agency": one["agency"], "host": one["name"], "profile": one["profile"], "note": one["note"],
        "added": rfc3339(one["added"]), "actor": one["actor"],
        "retired": None if one["retired"] is None else rfc3339(one["retired"]), "why": one["why"],
    }  # fmt: skip
