"""`atttcli agency set | merge | import | export`: the organisation's data as people change it, beside its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.agency import find_agency
from atttcli.cli.context import App, with_app
from atttcli.errors import InputError, Refused, UsageError, WorkspaceError
from atttcli.inventory.organisation import CLEARABLE, GROUPS
from atttcli.text.messages import _, ngettext

AS_JSON = click.option("--json", "as_json", is_flag=True, help="JSON: one object a line for lists, one object else.")
_SHOWN = 20
_NUMBERS = ("machines", "old_machines")


@click.command("set")
@click.argument("code")
@click.option("--name", help="Its name.")
@click.option("--group", type=click.Choice(GROUPS), help="What kind of agency it is.")
@click.option("--parent", metavar="CODE", help="The agency above it (empty: none).")
@click.option(
    "--network", "networks", multiple=True, metavar="CIDR", help="Also has this address or range; repeatable."
)
@click.option("--drop-network", multiple=True, metavar="CIDR", help="No longer has it; repeatable.")
@click.option("--domain", "domains", multiple=True, metavar="NAME", help="Also has this domain; repeatable.")
@click.option("--drop-domain", multiple=True, metavar="NAME", help="No longer has it; repeatable.")
@click.option("--contact", "contact_role", help="Main contact: an office or a role, no person's name.")
@click.option("--email", "contact_email", help="The contact's mailbox.")
@click.option("--backup-email", "backup_email", help="The backup contact's mailbox.")
@click.option("--phone", help="The office's telephone.")
@click.option("--machines", type=click.IntRange(0, 1_000_000), help="How many machines.")
@click.option("--old-machines", type=click.IntRange(0, 1_000_000), help="How many of them are old.")
@click.option("--antivirus", help="Its antivirus.")
@click.option("--it-officer/--no-it-officer", "has_it_officer", default=None, help="Whether it has an IT officer.")
@click.option("--from", "valid_from", metavar="YYYY-MM-DD", help="Its first day.")
@click.option("--until", "valid_until", metavar="YYYY-MM-DD", help="Its last day.")
@click.option("--note", default="", help="How it became known.")
@AS_JSON
@with_app
def set_(
    app: App, code: str, networks: tuple[str, ...], drop_network: tuple[str, ...], domains: tuple[str, ...],
    drop_domain: tuple[str, ...], note: str, as_json: bool, **given: Any,
) -> None:  # fmt: skip
    """Change what is known of an agency; journaled, and used from now on instead of what its file says.

    An empty value takes out what is there: --phone "".

    \b
    Examples:
      atttcli agency set x-vi-huong --machines 14 --old-machines 5 --note "kiểm kê 2026"
      atttcli agency set so-yt --email cntt.soyt@backan.gov.vn
      atttcli agency set x-vi-huong --network 203.0.113.16/29 --domain vihuong.backan.gov.vn
    """
    from atttcli.inventory.changes import domains_after, networks_after

    item = find_agency(app, code)
    fields = {name: value for name, value in given.items() if value is not None}
    for name in ("valid_from", "valid_until"):
        if name in fields:
            fields[name] = _day(fields[name])
    for name in ("contact_email", "backup_email"):
        fields |= {name: _mailbox(fields[name])} if name in fields else {}
    if fields.get("parent"):
        fields["parent"] = _parent(app, item.code, fields["parent"])
    changed = {name: value for name, value in fields.items() if getattr(item, name) != value}
    if networks or drop_network:
        changed["networks"] = networks_after(app.organisation, item.code, networks, drop_network)
    if domains or drop_domain:
        changed["domains"] = domains_after(app.organisation, item.code, domains, drop_domain)
    if not changed:
        raise UsageError(_("nothing to change"), hint="atttcli agency set --help")
    _write(app, "agency.changed", item.code, [("agency", item.code, changed)], {"note": note})
    _tell(app, [("agency", item.code, changed)], as_json)


def _parent(app: App, code: str, word: str) -> str:
    """The agency above; Refused when it stands below."""
    parent = find_agency(app, word).code
    above: str | None = parent
    for _step in app.organisation.agencies:
        if above == code:
            raise Refused(
                _("{code} would be above itself", code=code), guard="circle", hint=f"atttcli agency show {parent}"
            )
        found = app.inventory.agency(above) if above else None
        above = found.parent if found else None
    return parent


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise UsageError(_("no day: {text}", text=repr(text[:30])), hint="YYYY-MM-DD") from error


def _mailbox(text: str) -> str:
    from atttcli.inventory.check import is_domain

    address = text.strip().lower()
    local, at, domain = address.rpartition("@")
    if address and not (local and at and is_domain(domain)):
        raise UsageError(_("no mailbox: {text}", text=repr(text[:60])), hint="vanthu@backan.gov.vn")
    return address


def _write(
    app: App, verb: str, subject: str, changes: Sequence[tuple[str, str, Mapping[str, Any]]], more: Mapping[str, Any]
) -> None:
    """One entry for one decision; refused before it is written when the organisation would not bear it."""
    from atttcli.inventory.changes import with_changes

    with_changes(app.organisation, changes)
    body = {"changes": [{"kind": kind, "code": code, "fields": dict(fields)} for kind, code, fields in changes], **more}
    app.journal.append(verb, subject, body)
    app.forget_place()
    from atttcli.triage.desk import assign_again

    assign_again(app.store, app.inventory)


def _tell(app: App, changes: Sequence[tuple[str, str, Mapping[str, Any]]], as_json: bool) -> None:
    if as_json:
        render.emit_json_lines({"kind": kind, "code": code, "fields": dict(fields)} for kind, code, fields in changes)
        return
    for kind, code, fields in changes[:_SHOWN]:
        words = ", ".join(f"{name}={_value(value)}" for name, value in fields.items())
        render.line(f"{code}: {words}" if kind == "agency" else f"{kind} {code}: {words}")
    if len(changes) > _SHOWN:
        render.line(_("… and {n} more", n=len(changes) - _SHOWN))


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ngettext("{count} entry", "{count} entries", len(value))
    return str(value)


@click.command()
@click.argument("codes", nargs=-1, required=True)
@click.option("--into", required=True, metavar="CODE", help="The agency that takes them over.")
@click.option("--from", "day", required=True, metavar="YYYY-MM-DD", help="The first day on which they are one.")
@click.option("--paper", default="", help="The decision that says so.")
@AS_JSON
@with_app
def merge(app: App, codes: tuple[str, ...], into: str, day: str, paper: str, as_json: bool) -> None:
    """Agencies become part of another one: they end the day before, and what is theirs is looked up as its own from then on.

    \b
    Example:
      atttcli agency merge so-khdt --into so-tc --from 2025-03-01 --paper 12/QĐ-UBND
    """
    target = find_agency(app, into)
    first = _day(day)
    last = (date.fromisoformat(first) - timedelta(days=1)).isoformat()
    changes: list[tuple[str, str, Mapping[str, Any]]] = []
    for word in codes:
        item = find_agency(app, word)
        if app.inventory.current(target.code) == item.code or item.code == target.code:
            raise Refused(
                _("{code} would take itself over", code=item.code),
                guard="circle",
                hint="atttcli agency show " + item.code,
            )
        changes.append(("agency", item.code, {"valid_until": last, "successor": target.code}))
    _write(app, "agency.merged", target.code, changes, {"from": first, "paper": paper})
    _tell(app, changes, as_json)


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only tell what would change.")
@click.option(
    "--clear", type=click.Choice(CLEARABLE), multiple=True, help="An empty cell empties this field; repeatable."
)
@AS_JSON
@with_app
def import_(app: App, path: Path, dry_run: bool, clear: tuple[str, ...], as_json: bool) -> None:
    """Take in agencies and systems from CSV, XLSX or a folder of sheets: what differs is changed, who is new is added.

    Who is not in the table stays as it is, and an empty cell changes nothing unless --clear names its field. Bad rows are
    told and left out (exit 2); the same table again changes nothing.

    \b
    Examples:
      atttcli agency import don-vi.xlsx --dry-run
      atttcli agency import don-vi.xlsx
      atttcli agency import don-vi.xlsx --clear phone --clear antivirus
    """
    from dataclasses import replace
    from hashlib import sha256

    from atttcli.inventory.changes import differences
    from atttcli.inventory.load import read_file
    from atttcli.inventory.sheets import read_sheets

    old = app.organisation
    place = read_sheets(path, replace(old, agencies=(), systems=(), networks=(), domains=(), mailboxes=()))
    bad = [finding for finding in place.problems if finding.severity in ("error", "warning")]
    if not place.agencies and not place.systems:
        raise InputError("no agency and no system in this table", hint="atttcli agency export don-vi.xlsx")
    changes = list(differences(old, place, clear))
    if changes and not dry_run:
        digest = sha256(read_file(path)).hexdigest() if path.is_file() else ""
        _write(app, "agency.imported", old.code, changes, {"file": path.name, "sha256": digest})
    _tell(app, changes, as_json)
    if not as_json:
        count = len(changes)
        said = ngettext("{count} change.", "{count} changes.", count) if not dry_run else ngettext(
            "{count} change would be made.", "{count} changes would be made.", count
        )  # fmt: skip
        render.line(said)
    for finding in bad:
        render.warn(f"{finding.where}: {finding.message}")
    if any(finding.severity == "error" for finding in bad):
        click.get_current_context().exit(2)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@AS_JSON
@with_app
def export(app: App, path: Path, as_json: bool) -> None:
    """Write agencies, systems, mailboxes, networks and domains: a workbook (.xlsx), agencies only (.csv), or a folder of CSV.

    \b
    Examples:
      atttcli agency export don-vi.xlsx
      atttcli agency export to-khai/
    """
    from dataclasses import replace

    from atttcli.cli.agency import learned_networks
    from atttcli.inventory.tables import pages, to_csv, to_xlsx

    org = replace(app.organisation, networks=(*app.organisation.networks, *learned_networks(app)))
    made = pages(org)
    try:
        if path.suffix.lower() == ".xlsx":
            path.write_bytes(to_xlsx(made))
            written = [path]
        elif path.suffix.lower() == ".csv":
            path.write_bytes(to_csv(made[0]))
            written = [path]
        else:
            path.mkdir(parents=True, exist_ok=True)
            written = [path / f"{page.name}.csv" for page in made]
            for target, page in zip(written, made, strict=True):
                target.write_bytes(to_csv(page))
    except OSError as error:
        raise WorkspaceError(
            f"{path} cannot be written: {error.strerror}", hint="is it open in another program?"
        ) from error
    if as_json:
        render.emit_json(
            {"files": [str(one) for one in written], "agencies": len(org.agencies), "systems": len(org.systems)}
        )
        return
    for one in written:
        render.line(_("Written: {path}", path=one))
