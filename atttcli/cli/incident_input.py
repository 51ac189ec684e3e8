"""What people type about incidents, and what they are told after each decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from atttcli.cli import render
from atttcli.cli.casework_words import status_word
from atttcli.cli.incident_view import print_incident_json
from atttcli.errors import NotFound
from atttcli.text.messages import _
from atttcli.text.moments import due_moment, past_moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atttcli.cli.context import App
    from atttcli.evidence.vault import Vault

json_option = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
reason_option = click.option(
    "--reason", default="", metavar="TEXT", help="Why; every step that is not forward needs it."
)
number_argument = click.argument("number", metavar="ID")


def when(text: str | None, now: int) -> int | None:
    """When something was, as a person typed it (`8:30`, `2h` ago, `hôm qua 9:15`, a date), or UsageError."""
    return past_moment(text, now) if text else None


def until(text: str | None, now: int) -> int | None:
    """Until when, as a person typed it (`3d`, `4h`, `mai 9:00`, a date's close of business), or UsageError."""
    return due_moment(text, now) if text else None


def vault_of(app: App) -> Vault:
    """The workspace's vault."""
    from atttcli.evidence.vault import Vault

    return Vault(app.workspace.vault)


def alert_numbers(app: App, texts: Sequence[str]) -> list[str]:
    """Alerts by number, prefix or last digits."""
    from atttcli.store.numbers import resolve_number

    return [resolve_number(app.store, "alert", text) for text in texts]


def places(app: App, agencies: Sequence[str], systems: Sequence[str]) -> tuple[tuple[str, ...], int | None]:
    """Agency codes checked and the highest level of the systems; NotFound for a code that nobody has."""
    codes = []
    for text in agencies:
        found = app.inventory.find_agency(text)
        if found is None:
            raise NotFound(f"no agency {text[:40]!r}", hint="atttcli agency list")
        codes.append(found.code)
    levels = []
    for code in systems:
        system = app.inventory.system(code)
        if system is None:
            raise NotFound(f"no system {code[:40]!r}", hint="atttcli system list")
        levels.append(system.level or 0)
    return tuple(codes), max(levels, default=0) or None


def recorded(app: App, number: str, as_json: bool) -> None:
    """The incident as it is after a decision: JSON, or one line."""
    if as_json:
        print_incident_json(app, number)
        return
    status = app.store.value("SELECT status FROM incident WHERE number = ?", number)
    render.line(_("{number}: recorded; status {status}.", number=number, status=status_word(str(status))))
