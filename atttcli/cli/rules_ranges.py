"""`atttcli rules ranges`: the table of address ranges and countries that rules for new countries use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.clock import local_text, rfc3339
from atttcli.errors import InputError, NotFound, Where
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.ingest.countries import Given

_SHOWN = 20
AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


@click.group()
def ranges() -> None:
    """The table of address ranges and countries, for rules such as a login from a new country."""


@ranges.command("add")
@click.argument("file", type=click.Path(path_type=Path))
@AS_JSON
@with_app
def add(app: App, file: Path, as_json: bool) -> None:
    """Use the ranges in FILE from now on, in place of those before: CSV with `cidr,country` or `start,end,country`.

    IPv4 and IPv6, with or without a heading; whole numbers as addresses and further columns are understood. A row that is no
    range is named and left out. Exit codes: 0 all taken, 2 a row was left out.

    \b
    Example:
      atttcli rules ranges add dbip-country-2026-11.csv
    """
    from atttcli.ingest.countries import adopt, in_force

    given = _read(file)
    for problem in given.problems:
        render.warn(f"{file}:{problem.line}: {retell(problem.reason)}")
    if given.rejected > len(given.problems):
        render.warn(_("… and {count} more rows that are no range", count=given.rejected - len(given.problems)))
    before = in_force(app.store)
    changed = before is None or before["source_digest"] != given.digest
    if changed:
        adopt(app.workspace, app.journal, given, file.name)
    if as_json:
        render.emit_json(_told(app) | {"changed": changed})
    else:
        _show(app)
    click.get_current_context().exit(2 if given.rejected else 0)


def _read(file: Path) -> Given:
    from atttcli.field.opening import NotReadable, open_regular
    from atttcli.ingest.countries import read_given

    try:
        descriptor, _info = open_regular(str(file.resolve()))
    except NotReadable as error:
        raise InputError(error.why, where=Where(str(file))) from error
    with open(descriptor, "rb") as stream:
        return read_given(stream, str(file), _SHOWN)


@ranges.command("show")
@click.argument("address", required=False)
@AS_JSON
@with_app
def show(app: App, address: str | None, as_json: bool) -> None:
    """The table in use: where it came from, how much it holds; with ADDRESS its country. Exit 3 when there is none.

    \b
    Examples:
      atttcli rules ranges show
      atttcli rules ranges show 203.0.113.7 --json
    """
    from atttcli.ingest.countries import in_force, stored_ranges

    table = stored_ranges(app.workspace, app.store)
    if table is None or in_force(app.store) is None:
        raise NotFound(_("no table of address ranges and countries is in use"), hint="atttcli rules ranges add FILE")
    country = table.country(address.strip()) if address else ""
    if as_json:
        render.emit_json(
            _told(app) | {"changed": False} | ({"address": address, "country": country} if address else {})
        )
        return
    if address:
        render.line(_("{address}: {country}", address=address, country=country or _("of no country in the table")))
        return
    _show(app)


def _told(app: App) -> dict[str, Any]:
    from atttcli.ingest.countries import in_force

    row = in_force(app.store) or {}
    row.pop("kind", None)
    return row | {"at": rfc3339(row["at"])}


def _show(app: App) -> None:
    from atttcli.ingest.countries import in_force

    row = in_force(app.store) or {}
    render.line(
        ngettext(
            "{count} address range of {countries} countries, from {source}",
            "{count} address ranges of {countries} countries, from {source}",
            row["ranges"], countries=row["countries"], source=row["source"],
        )
    )  # fmt: skip
    render.line(f"  sha256 {row['source_digest']}")
    render.line("  " + _("added by {actor}, {time}", actor=row["actor"], time=local_text(row["at"])))
    if row["rejected"]:
        render.line("  " + _("rows that were no range: {count}", count=row["rejected"]))
