"""`mail watch --addresses`: who tries passwords, from where, what they opened, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any

from atttcli.cli import render
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from atttcli.cli.context import App
    from atttcli.mailwatch.attackers import Attacker
    from atttcli.mailwatch.watch import Watch

_NAMES = 5  # accounts in a row of the table
_HINTED = 3  # addresses in the line below the ranking of accounts


def show(app: App, watch: Watch, limit: int, form: str | None) -> int:
    """Print the addresses, at most `limit`; how many there are in all."""
    from atttcli.cli.casework_words import moment

    every = list(watch.attackers)
    found = every[:limit]
    if form == "json":
        render.emit_json_lines(as_json(app, watch, one) for one in found)
    elif form == "csv":
        _csv(app, watch, found)
    elif found:
        columns = [_("Address"), _("Whose"), _("Failures"), _("Mailboxes tried"), _("Opened"), _("Times"), _("Do next")]
        render.table(columns, (
            (
                one.address, _whose(app, watch, one), one.failures, _some(one.tried, one.more), _some(one.forced),
                f"{moment(one.first)} – {moment(one.last)}", next_step(watch, one),
            )
            for one in found
        ), wide=(3, 6), whole=(0, 2))  # fmt: skip
    if form is None:
        render.warn(ngettext("{count} address tries passwords.", "{count} addresses try passwords.", len(every)))
        if len(every) > limit:
            render.warn(_("… and {count} more addresses (--limit)", count=len(every) - limit))
    if watch.attackers.let_go:
        render.warn(
            _("To bound memory, {count} addresses that did least were forgotten.", count=watch.attackers.let_go)
        )
    return len(every)


def hint(watch: Watch) -> str:
    """One line below the ranking of accounts: who tries passwords. Empty when nobody does."""
    every = list(watch.attackers)
    if not every:
        return ""
    told = "; ".join(
        ngettext("{address} ({count} mailbox)", "{address} ({count} mailboxes)", len(one.tried), address=one.address)
        for one in every[:_HINTED]
    )
    more = "" if len(every) <= _HINTED else f" +{len(every) - _HINTED}"
    return _("Passwords are tried by {addresses}{more}: mail watch --addresses", addresses=told, more=more)


def next_step(watch: Watch, one: Attacker) -> str:
    """What to do about an address."""
    if one.forced:
        return _("Block it; change the password of what it opened and end its sessions (mail watch --explain).")
    if watch.places.of(one.sample).inside:
        return _("It is inside: a proxy, or a machine of ours; find it, scan it, ask its people.")
    return _("Block it at the firewall and the mail server; tell its provider.")


def as_json(app: App, watch: Watch, one: Attacker) -> dict[str, Any]:
    """docs/json/mail-address.schema.json."""
    from atttcli.cli.log_findings import stamp
    from atttcli.cli.mail_words import both

    place = watch.places.of(one.sample)
    return {
        "address": one.address,
        "inside": place.inside,
        "country": place.country,
        "agency": _agency(app, one.sample),
        "failures": one.failures,
        "tried": sorted(one.tried),
        "more": one.more,
        "opened": [{"account": account, "time": stamp(time)} for account, time in sorted(one.forced.items())],
        "first": stamp(one.first),
        "last": stamp(one.last),
        "next": both(next_step, watch, one),
    }


def _csv(app: App, watch: Watch, found: list[Attacker]) -> None:
    """The first column alone is a list that `--indicators` and firewalls take: what is inside is left out."""
    from atttcli.cli.log_findings import stamp

    render.csv_line(["address", "inside", "country", "agency", "failures", "tried", "opened", "first", "last"])
    for one in found:
        place = watch.places.of(one.sample)
        if place.inside:
            render.warn(_("{address} is inside: it is left out of the list.", address=one.address))
            continue
        render.csv_line([one.address, place.inside, place.country, _agency(app, one.sample), one.failures, len(one.tried),
                  " ".join(sorted(one.forced)), stamp(one.first) or "", stamp(one.last) or ""])  # fmt: skip


def _whose(app: App, watch: Watch, one: Attacker) -> str:
    place = watch.places.of(one.sample)
    where = _("inside") if place.inside else place.country or "-"
    agency = _agency(app, one.sample)
    return f"{where} · {agency}" if agency else where


def _agency(app: App, address: str) -> str:
    if app.workspace_if_any() is None:
        return ""
    found = app.inventory.owner_of_address(address)
    return found.code if found else ""


def _some(names: Iterable[str], more: bool = False) -> str:
    ordered = sorted(names)
    told = " ".join(islice(ordered, _NAMES))
    rest = len(ordered) - _NAMES
    return f"{told} +{rest}{'…' if more else ''}" if rest > 0 else told or "-"
