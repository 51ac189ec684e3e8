"""`atttcli kit`: the sticks that go out to agencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.kit_build import build, check
from atttcli.clock import local_text, rfc3339
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.fleet.kits import Kit

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


@click.group()
def kit() -> None:
    """Kits: a folder for a USB stick that scans one agency's machines and brings a sealed bundle back.

    \b
    Example:
      atttcli kit build --agency x-vi-huong --os windows -o /media/usb
      atttcli kit check /media/usb
      atttcli kit revoke K-2026-0003 --reason "mất USB"
    """


kit.add_command(build)
kit.add_command(check)


@kit.command("list")
@click.option("--agency", default="", metavar="CODE", help="Only those of this agency.")
@_json
@with_app
def list_(app: App, agency: str, as_json: bool) -> None:
    """Kits that were issued, newest first, and whether their keys are still believed.

    \b
    Example:
      atttcli kit list --agency x-vi-huong --json
    """
    from atttcli.cli.user import agency_codes
    from atttcli.fleet.kits import kits

    code = agency_codes(app, (agency,))[0] if agency else ""
    found, now = kits(app.store, code), app.clock.now()
    if as_json:
        render.emit_json_lines(kit_object(one, now) for one in found)
        return
    render.table(
        (_("Kit"), _("Agency"), _("System"), _("Issued"), _("Expires"), _("State"), _("Note")),
        (
            (
                one.number, one.agency, f"{one.os} {one.arch}", local_text(one.issued, seconds=False),
                local_text(one.expires, seconds=False), _state(one, now), one.note,
            )
            for one in found
        ),
        wide=(6,),
    )  # fmt: skip


@kit.command()
@click.argument("number", metavar="KIT")
@click.option("--reason", default="", metavar="TEXT", help="Why: lost, stolen, no longer wanted.")
@_json
@with_app
def revoke(app: App, number: str, reason: str, as_json: bool) -> None:
    """Believe nothing more that this kit's key signs, also bundles that come back later.

    \b
    Example:
      atttcli kit revoke K-2026-0003 --reason "mất USB"
    """
    from atttcli.fleet.kits import revoke_kit

    gone = revoke_kit(app.journal, number, reason)
    if as_json:
        render.emit_json(kit_object(gone, app.clock.now()))
    else:
        render.line(_("{number} is revoked: its bundles are refused from now on.", number=gone.number))


def kit_object(one: Kit, now: int) -> dict[str, Any]:
    """A kit as `--json` tells it."""
    return {
        "number": one.number, "agency": one.agency, "os": one.os, "arch": one.arch, "public_key": one.public_key.hex(),
        "centre": one.centre.hex(), "issued": rfc3339(one.issued), "actor": one.actor, "expires": rfc3339(one.expires),
        "note": one.note, "state": one.state(now), "revoked": None if one.revoked is None else rfc3339(one.revoked),
        "why": one.why,
    }  # fmt: skip


def _state(one: Kit, now: int) -> str:
    words = {"active": _("in force"), "expired": _("expired"), "revoked": _("revoked: {why}", why=one.why)}
    return words[one.state(now)]
