"""`atttcli agency` and `atttcli system`: the place as adopted, and whose an address is."""

from __future__ import annotations

import ipaddress
import sys
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.log_source import log_source
from atttcli.cli.law_words import group_word
from atttcli.errors import Conflict, NotFound, UsageError
from atttcli.text.fold import fold
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.model.inventory import Agency, Network, System

AS_JSON = click.option("--json", "as_json", is_flag=True, help="JSON: one object a line for lists, one object else.")
_WIDEST = {4: 8, 6: 19}  # an agency holds no larger range: a typing error would give it half the country


@click.group()
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
    found = [a for a in app.organisation.agencies if _named(a, wanted) and group in (None, a.group)]
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


def _named(item: Agency | System, wanted: str) -> bool:
    short = getattr(item, "short_name", "")
    return not wanted or any(wanted in fold(text) for text in (item.code, item.name, short))


def _counts(app: App) -> dict[str, int]:
    return {row[0]: row[1] for row in app.store.rows("SELECT agency, count(*) FROM alert GROUP BY agency")}


def _networks(app: App, code: str) -> list[Network]:
    return [*app.organisation.networks_of(code), *(n for n in _learned(app) if n.agency == code)]


def _learned(app: App) -> list[Network]:
    from atttcli.model.inventory import Network

    rows = app.store.rows("SELECT cidr, agency, valid_from, valid_until, note FROM learned_network ORDER BY seq")
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
    item = _find_agency(app, name)
    body = _agency_json(app, item, _counts(app))
    if as_json:
        render.emit_json(body)
        return
    render.line(f"{item.name} ({item.code})")
    for label, key in (
        (_("group"), "group"),
        (_("under"), "parent"),
        (_("contact"), "contact_email"),
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
        render.line(f"  {network['cidr']}  {span}  {retell(network['note'])}")
    for label, values in (
        (_("domains"), [domain["name"] for domain in body["domains"]]),
        (_("mailboxes"), body["mailboxes"]),
        (_("systems"), body["systems"]),
    ):
        if values:
            render.line(f"  {label}: {', '.join(values)}")
    render.line(f"  {_('alerts')}: {body['alerts']}")


def _find_agency(app: App, name: str) -> Agency:
    found = app.inventory.find_agency(name)
    if found is None:
        wanted = fold(name)
        near = [a for a in app.organisation.agencies if _named(a, wanted)]
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
@click.option("--from", "valid_from", default="", metavar="YYYY-MM-DD", help="First day (else always).")
@click.option("--to", "valid_until", default="", metavar="YYYY-MM-DD", help="Last day (else open).")
@click.option("--note", default="", help="How it became known.")
@AS_JSON
@with_app
def learn_ip(app: App, address: str, code: str, valid_from: str, valid_until: str, note: str, as_json: bool) -> None:
    """Remember that an address belongs to an agency; journaled, and used by every look-up from now on.

    \b
    Examples:
      atttcli agency learn-ip 203.0.113.7 so-y-te --from 2024-01-01 --note "phone call with the office"
      atttcli agency learn-ip 2001:db8:5::/48 so-y-te
    """
    from atttcli.inventory import Inventory
    from atttcli.triage.desk import assign_again

    owner = _find_agency(app, code)
    cidr = _network_text(address)
    first, last = _day(valid_from), _day(valid_until)
    if first and last and last < first:
        raise UsageError(_("the last day lies before the first"), hint="--from YYYY-MM-DD --to YYYY-MM-DD")
    same = "SELECT 1 FROM learned_network WHERE cidr = ? AND agency = ? AND valid_from = ? AND valid_until = ?"
    if app.store.value(same, cidr, owner.code, first, last):
        raise Conflict(_("{cidr} is known as {code}'s already", cidr=cidr, code=owner.code))
    before = app.inventory.owner_of_address(cidr.partition("/")[0])
    body = {"cidr": cidr, "valid_from": first, "valid_until": last, "note": note}
    entry = app.journal.append("network.learned", owner.code, body)
    if before is not None and before.code != owner.code:
        render.warn(_("warning: it was {code}'s until now", code=before.code))
    assigned = assign_again(app.store, Inventory(app.organisation, learned=_learned(app)))
    if as_json:
        render.emit_json({"entry": entry.seq, "agency": owner.code, **body, "alerts": assigned})
        return
    render.line(_("{cidr} belongs to {name} ({code}).", cidr=cidr, name=owner.name, code=owner.code))
    if assigned:
        render.line(ngettext("{count} alert found its agency.", "{count} alerts found their agency.", assigned))


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
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise UsageError(_("no day: {text}", text=repr(text[:30])), hint="YYYY-MM-DD") from error


@agency.command()
@click.argument("value")
@AS_JSON
@with_app
def whois(app: App, value: str, as_json: bool) -> None:
    """Whose is it? An address, range, domain, mailbox, URL or host. Exit 3 when it is nobody's of ours.

    \b
    Examples:
      atttcli agency whois 192.0.2.10
      atttcli agency whois vanthu@backan.gov.vn --json
    """
    inventory = app.inventory
    owner = inventory.owner_of(value.strip().partition("/")[0] if _is_range(value) else value.strip())
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
                    level=_level(concerned),
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


@click.group()
def system() -> None:
    """Information systems with their level and what concerns them."""


@system.command("list")
@click.argument("words", nargs=-1)
@click.option("--level", type=click.IntRange(1, 5), help="Only systems of this level.")
@AS_JSON
@with_app
def system_list(app: App, words: tuple[str, ...], level: int | None, as_json: bool) -> None:
    """Systems with level, product, owner, operator, and the log sources, rules, playbooks and drills that concern each.

    \b
    Examples:
      atttcli system list
      atttcli system list --level 3 --json
    """
    wanted = fold(" ".join(words))
    found = [s for s in app.organisation.systems if _named(s, wanted) and level in (None, s.level)]
    if as_json:
        render.emit_json_lines(_system_json(app, item) for item in found)
        return
    if sys.stdout.isatty():
        for item in found:
            _draw_system(item)
        return
    columns = (
        _("code"), _("name"), _("level"), _("product"), _("owner"), _("operator"),
        _("log sources"), _("rules"), _("playbooks"), _("drills"),
    )  # fmt: skip
    render.table(columns, [_system_row(item) for item in found])


def _draw_system(item: System) -> None:
    """On a terminal ten columns would fold beyond reading: a system is a few lines there."""
    code, name, level, product, owner, operator, *concerns = _system_row(item)
    render.line(f"{code}  {name} · {_('level')} {level}")
    render.line(f"    {product or '–'} · {owner} / {operator}")
    labels = (_("log sources"), _("rules"), _("playbooks"), _("drills"))
    for label, values in zip(labels, concerns, strict=True):
        if values:
            render.line(f"    {label}: {values}")


def _level(item: System) -> str:
    return _("external") if item.level is None else str(item.level)


def _system_row(item: System) -> tuple[object, ...]:
    concerns = (", ".join(values) for values in (item.log_sources, item.rules, item.playbooks, item.drills))
    product = f"{item.product} {item.version}".strip()
    return (item.code, item.name, _level(item), product, item.owner, item.operator, *concerns)


def _system_json(app: App, item: System) -> dict[str, Any]:
    alerts = app.store.value("SELECT count(*) FROM alert WHERE system = ?", item.code)
    names = {
        f"{part}_name": app.organisation.name_of(getattr(item, part)) for part in ("owner", "operator", "provider")
    }
    return {**asdict(item), **names, "alerts": alerts}


@system.command("show")
@click.argument("name")
@AS_JSON
@with_app
def system_show(app: App, name: str, as_json: bool) -> None:
    """One system, by code or name.

    \b
    Example:
      atttcli system show lgsp
    """
    item = find_system(app, name)
    body = _system_json(app, item)
    if as_json:
        render.emit_json(body)
        return
    render.line(f"{item.name} ({item.code})")
    facts = (
        (_("level"), _level(item)),
        (_("product"), f"{item.product} {item.version}".strip()),
        (_("owner"), body["owner_name"]),
        (_("operator"), body["operator_name"]),
        (_("provider"), body["provider_name"]),
        (_("monitored by"), item.monitored_by),
        (_("users"), item.users or ""),
        (_("domains"), ", ".join(item.domains)),
        (_("addresses"), ", ".join(item.addresses)),
        (_("hosts"), ", ".join(item.hosts)),
        (_("log sources"), ", ".join(item.log_sources)),
        (_("rules"), ", ".join(item.rules)),
        (_("playbooks"), ", ".join(item.playbooks)),
        (_("drills"), ", ".join(item.drills)),
        (_("alerts"), body["alerts"]),
        (_("note"), item.note),
    )
    for label, value in facts:
        if value != "":
            render.line(f"  {label}: {value}")


def find_system(app: App, name: str) -> System:
    """The one system of this code or name; NotFound with those that are near."""
    exact = app.inventory.system(name)
    if exact is not None:
        return exact
    near = [s for s in app.organisation.systems if _named(s, fold(name))] if fold(name) else []
    if len(near) != 1:
        hint = _("one of: {codes}", codes=", ".join(s.code for s in near[:8])) if near else "atttcli system list"
        raise NotFound(_("no single system {name}", name=repr(name[:60])), hint=hint)
    return near[0]


system.add_command(log_source)
