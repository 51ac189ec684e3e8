"""`atttcli contract`: who is paid to watch or support which systems, and until when."""

from __future__ import annotations

import json
from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.day import DAY
from atttcli.clock import VIETNAM, from_micros
from atttcli.errors import NotFound
from atttcli.text.messages import _

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


@click.group()
def contract() -> None:
    """Monitoring and support contracts: provider, systems, term.

    \b
    Example:
      atttcli contract add "Thuê dịch vụ giám sát" --provider "Đơn vị giám sát" --from 01/01/2026 --to 31/12/2026 --system cong-ttdt
    """


@contract.command()
@click.argument("title")
@click.option("--provider", required=True, help="Who serves.")
@click.option("--from", "valid_from", type=DAY, required=True, help="Its first day.")
@click.option("--to", "valid_until", type=DAY, required=True, help="Its last day.")
@click.option("--system", "systems", multiple=True, metavar="CODE", help="System it covers; repeatable.")
@click.option("--contact", default="", help="Whom to call: an office, no person.")
@click.option("--paper", default="", help="Number of the contract.")
@click.option("--note", default="", help="What else is to be known.")
@_json
@with_app
def add(app: App, as_json: bool, **given: Any) -> None:
    """Record a contract.

    \b
    Example:
      atttcli contract add "Giám sát hệ thống" --provider "Nhà cung cấp A" --from 2026-01-01 --to 2026-12-31
    """
    from atttcli.inventory.contracts import Contract, add_contract

    for code in given["systems"]:
        if app.inventory.system(code) is None:
            raise NotFound(f"no system {code[:40]!r}", hint="atttcli system list")
    number = add_contract(app.journal, Contract(**given))
    if as_json:
        render.emit_json(_as_json(app.store.row("SELECT * FROM contract WHERE number = ?", number)))
    else:
        render.line(number)


@contract.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that have ended.")
@_json
@with_app
def list_(app: App, everything: bool, as_json: bool) -> None:
    """Contracts by their last day.

    \b
    Example:
      atttcli contract list --json
    """
    today = from_micros(app.clock.now(), VIETNAM).date().isoformat()
    rows = app.store.rows(
        "SELECT * FROM contract WHERE ?1 OR (ended = '' AND valid_until >= ?2) ORDER BY valid_until, number",
        everything, today,
    )  # fmt: skip
    if as_json:
        render.emit_json_lines(map(_as_json, rows))
        return
    render.table(
        [_("No."), _("Title"), _("Provider"), _("From"), _("To"), _("Systems"), _("Ended")],
        (
            (
                row["number"], row["title"], row["provider"], row["valid_from"], row["valid_until"],
                ", ".join(json.loads(row["systems"])) or "-", row["ended"] or "-",
            )
            for row in rows
        ),
        wide=(1,),
    )  # fmt: skip


@contract.command()
@click.argument("number")
@click.option("--on", "day", type=DAY, required=True, help="The day it ended.")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@_json
@with_app
def end(app: App, number: str, day: str, reason: str, as_json: bool) -> None:
    """Record that a contract ended before its last day.

    \b
    Example:
      atttcli contract end HD-2026-0001 --on 30/06/2026 --reason "hết kinh phí"
    """
    from atttcli.inventory.contracts import end_contract
    from atttcli.store.numbers import resolve_number

    found = resolve_number(app.store, "contract", number)
    end_contract(app.journal, found, day, reason)
    row = app.store.row("SELECT * FROM contract WHERE number = ?", found)
    if as_json:
        render.emit_json(_as_json(row))
    else:
        render.line(_("{number} ended on {day}.", number=found, day=day))


def _as_json(row: Any) -> dict[str, Any]:
    return dict(row) | {"systems": json.loads(row["systems"])}
