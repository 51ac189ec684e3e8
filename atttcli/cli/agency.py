"""`atttcli agency`: the place as adopted, and whose an address is."""

from __future__ import annotations

import ipaddress
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.law_words import group_word
from atttcli.cli.lazy import LazyGroup
from atttcli.cli.system import level_text, named
from atttcli.errors import Conflict, NotFound, UsageError
from atttcli.text.fold import fold
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.model.inventory import Agency, Network

AS_JSON = click.option("--json", "as_json", is_flag=True, help="JSON: one object a line for lists, one object else.")
_CHANGE = "atttcli.cli.agency_change"
_WIDEST = {4: 8, 6: 19}  # an agency holds no larger range: a typing error would give it half the country


@click.group(
    cls=LazyGroup,
    lazy={
        "set": (_CHANGE, "set_", "Change what is known of an agency."),
        "merge": (_CHANGE, "merge", "Agencies become part of another one, from a day on."),
        "import": (_CHANGE, "import_", "Take in agencies and systems from a table, beside the organisation's file."),
        "export": (_CHANGE, "export", "Write agencies and systems as tables that can be edited and imported."),
    },
)
def agency() -> None:
    """Agencies, and which address belongs to whom."""


@agency.command("list")
@click.argument("words", nargs=-1)
@click.option("--group", help="Only this group: so_ban_nganh, huyen, xa, su_nghiep, doan_the.")
@AS_JSON
@with_app
def agency_list(app: App, words: tuple[str, ...], group: str | None, as_json: bool) -> None:
    """Agencies, all or those whose code or name holds WORDS, diacritics or not.

    \b
    Examples:
      atttcli agency list
      atttcli agency list "na ri" --group xa --json
    """
    wanted = fold(" ".join(words))
    found = [a for a in app.organisation.agencies if named(a, wanted) and group in (None, a.group)]
    counts = _counts(app)
    if as_json:
        render.emit_json_lines(_agency_json(app, a, counts) for a in found)
        return
    columns = (_("code"), _("name"), _("group"), _("networks"), _("contact"), _("alerts"))
    rows = [
        (a.code, a.name, group_word(a.group), len(_networks(app, a.code)), a.contact_email, counts.get(a.code, 0))
        for a in found
    ]
    render.table(columns, rows, wide=(1,))


def _counts(app: App) -> dict[str, int]:
    return {row[0]: row[1] for row in app.store.rows("SELECT agency, count(*) FROM alert GROUP BY agency")}


def _networks(app: App, code: str) -> list[Network]:
    return [*app.organisation.networks_of(code), *(n for n in learned_networks(app) if n.agency == code)]


def learned_networks(app: App) -> list[Network]:
    """Networks that people taught us beside the organisation, oldest first."""
    from atttcli.model.inventory import Network

    rows = app.store.rows("SELECT cidr, agency, valid_from, valid_until, note, ports FROM learned_network ORDER BY seq")
    return [Network(*tuple(row)) for row in rows]


def _agency_json(app: App, item: Agency, counts: dict[str, int]) -> dict[str, Any]:
    org = app.organisation
    return {
        **asdict(item),
        "networks": [asdict(network) for network in _networks(app, item.code)],
        "domains": [{"name": d.name, "kind": d.kind} for d in org.domains if d.agency == item.code],
        "mailboxes": [box.address for box in org.mailboxes if box.agency == item.code],
        "systems": [s.code for s in org.systems if item.code in (s.owner, s.operator)],
        "alerts": counts.get(item.code, 0),
    }


@agency.command("show")
@click.argument("name")
@AS_JSON
@with_app
def agency_show(app: App, name: str, as_json: bool) -> None:
    """One agency, by code or name: networks, domains, mailboxes, systems, alerts.

    \b
    Example:
      atttcli agency show so-y-te
    """
    item = find_agency(app, name)
    body = _agency_json(app, item, _counts(app))
    if as_json:
        render.emit_json(body)
        return
    render.line(f"{item.name} ({item.code})")
    for label, key in (
        (_("group"), "group"),
        (_("under"), "parent"),
        (_("contact"), "contact_email"),
        (_("backup contact"), "backup_email"),
        (_("phone"), "phone"),
        (_("antivirus"), "antivirus"),
        (_("successor"), "successor"),
    ):
        if body[key]:
            render.line(f"  {label}: {group_word(body[key]) if key == 'group' else body[key]}")
    if item.machines:
        render.line("  " + _("machines: {count}, of them old: {old}", count=item.machines, old=item.old_machines))
    for network in body["networks"]:
        span = " – ".join((network["valid_from"] or "…", network["valid_until"] or "…"))
        span += f"  {_('ports')} {network['ports']}" if network["ports"] else ""
        render.line(f"  {network['cidr']}  {span}  {retell(network['note'])}")
    for label, values in (
        (_("domains"), [domain["name"] for domain in body["domains"]]),
        (_("mailboxes"), body["mailboxes"]),
        (_("systems"), body["systems"]),
    ):
        if values:
            render.line(f"  {label}: {', '.join(values)}")
    render.line(f"  {_('alerts')}: {body['alerts']}")


def find_agency(app: App, name: str) -> Agency:
    """The agency that people mean, by code or name; NotFound."""
    found = app.inventory.find_agency(name)
    if found is None:
        wanted = fold(name)
        near = [a for a in app.organisation.agencies if named(a, wanted)]
        if len(near) == 1:
            return near[0]
        hint = _("one of: {codes}", codes=", ".join(a.code for a in near[:8])) if near else "atttcli agency list"
        raise NotFound(_("no single agency {name}", name=repr(name[:60])), hint=hint)
    return found


@agency.command("check")
@click.argument("source", required=False, metavar="[NAME|PATH]")
@AS_JSON
@with_app
def agency_check(app: App, source: str | None, as_json: bool) -> None:
    """What is missing or wrong in the organisation's data: the adopted one, or a file before it is adopted.

    Exit 1 when there is an error among the findings.

    \b
    Examples:
      atttcli agency check
      atttcli agency check ../my-province.xlsx --json
    """
    from atttcli.inventory import check_organisation, load_organisation

    place = load_organisation(source) if source else app.organisation
    findings = check_organisation(place)
    if as_json:
        render.emit_json_lines(
            {"severity": f.severity, "code": f.code, "where": str(f.where), "message": f.message, "hint": f.hint}
            for f in findings
        )
    else:
        rows = [(_(f.severity), f.where, retell(f.message), retell(f.hint)) for f in findings]
        if rows:
            render.table((_("severity"), _("where"), _("finding"), _("what to do")), rows, wide=(2, 3))
        render.line(ngettext("{count} finding.", "{count} findings.", len(rows)))
    if any(f.severity == "error" for f in findings):
        click.get_current_context().exit(1)


@agency.command("learn-ip")
@click.argument("address", metavar="ADDRESS|CIDR")
@click.argument("code")
@click.option(
    "--from", "valid_from", default="", metavar="YYYY-MM-DD[THH:MM]", help="First day or minute (else always)."
)
@click.option("--to", "valid_until", default="", metavar="YYYY-MM-DD[THH:MM]", help="Last day or minute (else open).")
@click.option(
    "--ports", default="", metavar="FIRST-LAST", help="Only these ports: an address that several share behind NAT."
)
@click.option("--note", default="", help="How it became known.")
@AS_JSON
@with_app
def learn_ip(
    app: App, address: str, code: str, valid_from: str, valid_until: str, ports: str, note: str, as_json: bool
) -> None:
    """Remember that an address belongs to an agency; journaled, and used by every look-up from now on.

    \b
    Examples:
      atttcli agency learn-ip 203.0.113.7 so-y-te --from 2024-01-01 --note "phone call with the office"
      atttcli agency learn-ip 2001:db8:5::/48 so-y-te
      atttcli agency learn-ip 203.0.113.7 x-vi-huong --ports 1024-2047 --from 2026-11-20T08:00 --to 2026-11-20T09:30
    """
    from atttcli.inventory.ranges import parse_ports

    owner = find_agency(app, code)
    cidr = _network_text(address)
    first, last = _day(valid_from), _day(valid_until)
    if first and last and last < first:
        raise UsageError(_("the last day lies before the first"), hint="--from YYYY-MM-DD --to YYYY-MM-DD")
    if ports and parse_ports(ports) is None:
        raise UsageError(_("no ports: {text}", text=repr(ports[:30])), hint="--ports 1024-2047")
    same = "SELECT 1 FROM learned_network WHERE cidr = ? AND agency = ? AND valid_from = ? AND valid_until = ? AND ports = ?"
    if app.store.value(same, cidr, owner.code, first, last, ports):
        raise Conflict(_("{cidr} is known as {code}'s already", cidr=cidr, code=owner.code))
    before = app.inventory.owner_of_address(cidr.partition("/")[0])
    body = {"cidr": cidr, "valid_from": first, "valid_until": last, "ports": ports, "note": note}
    entry = app.journal.append("network.learned", owner.code, body)
    if before is not None and before.code != owner.code:
        render.warn(_("warning: it was {code}'s until now", code=before.code))
    assigned = _assign_again(app)
    if as_json:
        render.emit_json({"entry": entry.seq, "agency": owner.code, **body, "alerts": assigned})
        return
    render.line(_("{cidr} belongs to {name} ({code}).", cidr=cidr, name=owner.name, code=owner.code))
    if assigned:
        render.line(ngettext("{count} alert found its agency.", "{count} alerts found their agency.", assigned))


def _assign_again(app: App) -> int:
    """Alerts that nobody owned are looked up anew; how many found their agency."""
    from atttcli.triage.desk import assign_again

    app.forget_place()
    return assign_again(app.store, app.inventory)


def _network_text(address: str) -> str:
    try:
        network = ipaddress.ip_network(address.strip(), strict=False)
    except ValueError as error:
        raise UsageError(
            _("no address or range: {text}", text=repr(address[:60])), hint="192.0.2.7, 192.0.2.0/29 or 2001:db8::/48"
        ) from error
    if network.prefixlen < _WIDEST[network.version]:
        raise UsageError(_("{cidr} is too large for one agency", cidr=network), hint=_("is the number behind / right?"))
    return str(network)


def _day(text: str) -> str:
    """A day, or a minute in local time."""
    try:
        if "T" in text:
            return datetime.fromisoformat(text).replace(tzinfo=None).isoformat(timespec="minutes")
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise UsageError(_("no day: {text}", text=repr(text[:30])), hint="YYYY-MM-DD[THH:MM]") from error


@agency.command()
@click.argument("value")
@click.option("--at", default="", metavar="TIME", help="At this time: networks and agencies change hands.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="The port of ours, where several share an address behind NAT."
)
@AS_JSON
@with_app
def whois(app: App, value: str, at: str, port: int | None, as_json: bool) -> None:
    """Whose is it? An address, range, domain, mailbox, URL or host. Exit 3 when it is nobody's of ours.

    \b
    Examples:
      atttcli agency whois 192.0.2.10
      atttcli agency whois vanthu@backan.gov.vn --json
      atttcli agency whois 203.0.113.7 --at "2026-11-20 08:30" --port 1500
    """
    from atttcli.cli.advisory_view import moment_of

    inventory = app.inventory
    moment = moment_of(app, at) if at else None
    owner = inventory.owner_of(value.strip().partition("/")[0] if _is_range(value) else value.strip(), moment, port)
    concerned = inventory.system_of(value.strip())
    body = {
        "value": value,
        "own": inventory.is_own(value),
        "agency": owner.code if owner else None,
        "agency_name": owner.name if owner else None,
        "system": concerned.code if concerned else None,
        "level": concerned.level if concerned else None,
    }
    if as_json:
        render.emit_json(body)
    elif owner or concerned:
        if owner:
            render.line(f"{owner.name} ({owner.code})")
        if concerned:
            render.line(
                _(
                    "system {name} ({code}), level {level}",
                    name=concerned.name,
                    code=concerned.code,
                    level=level_text(concerned),
                )
            )
    if not (owner or concerned or body["own"]):
        raise NotFound(_("{value} is nobody's of ours", value=value[:120]), hint="atttcli agency learn-ip ADDRESS CODE")


def _is_range(value: str) -> bool:
    try:
        ipaddress.ip_network(value.strip(), strict=False)
    except ValueError:
        return False
    return True
