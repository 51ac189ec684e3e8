"""`atttcli mail`: which mailboxes need a look and why; whose they are; who is travelling."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.day import DAY
from atttcli.cli.lazy import LazyGroup
from atttcli.errors import InputError, Where
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from atttcli.mailwatch.accounts import MailAccount
    from atttcli.mailwatch.travel import Journey

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
_FILE = click.Path(path_type=Path)


@click.group(
    cls=LazyGroup,
    lazy={"watch": ("atttcli.cli.mail_watch", "watch", "A ranking of accounts with reasons, out of mail logs.")},
)
def mail() -> None:
    """Mailboxes: which need a look and why, whose they are, who is travelling.

    \b
    Examples:
      atttcli mail watch /var/log/zimbra/audit.log*
      atttcli mail accounts import zmprov-gaa.txt
      atttcli mail travel add an@backan.gov.vn --country LA --from 01/11/2026 --to 10/11/2026 --reason "công tác"
    """


@mail.group()
def accounts() -> None:
    """Accounts as the mail system exports them: whose, in which state, when last opened.

    \b
    Example:
      atttcli mail accounts import zmprov-gaa.txt
    """


@accounts.command("import")
@click.argument("file", type=_FILE)
@_json
@with_app
def import_(app: App, file: Path, as_json: bool) -> None:
    """Take in accounts: `zmprov -l gaa -v`, `zmaccts`, or a table (CSV, XLSX) with mailbox, agency, state, last login.

    The same export again changes nothing; what it leaves empty stays as it was. Exit code 2: a row was left out or names an
    agency that there is not.

    \b
    Examples:
      atttcli mail accounts import zmprov-gaa.txt
      atttcli mail accounts import hop-thu.xlsx --json
    """
    import hashlib

    from atttcli.mailwatch.accounts import MailAccount, import_accounts, read_accounts
    from atttcli.text.retell import retell

    data = _read(file)
    given: list[MailAccount] = []
    problems = 0
    for one in read_accounts(str(file), data, lambda text: _agency(app, text)):
        if isinstance(one, MailAccount):
            given.append(one)
            continue
        problems += 1
        if problems <= 20:
            render.warn(f"{file}:{one.line}: {retell(one.reason)}: {one.excerpt}")
    done = import_accounts(app.journal, given, file.name, hashlib.sha256(data).hexdigest())
    app.forget_place()
    if as_json:
        told = {"read": done.read, "new": done.new, "changed": done.changed, "same": done.same, "problems": problems}
        render.emit_json({"source": file.name, **told})
    else:
        render.line(_("{read} accounts read: {new} new, {changed} changed, {same} as before.",
                      read=done.read, new=done.new, changed=done.changed, same=done.same))  # fmt: skip
    if problems:
        render.warn(ngettext("{count} row has something that was not understood.",
                             "{count} rows have something that was not understood.", problems))  # fmt: skip
    click.get_current_context().exit(2 if problems else 0)


@accounts.command("list")
@click.option("--agency", default="", metavar="CODE", help="Only those of an agency.")
@click.option("--text", default="", help="Only addresses with this in them.")
@_json
@with_app
def list_(app: App, agency: str, text: str, as_json: bool) -> None:
    """Accounts that were imported, by address.

    \b
    Example:
      atttcli mail accounts list --agency x-vi-huong
    """
    from atttcli.mailwatch.accounts import accounts as every

    found = [(one, _owner(app, one)) for one in every(app.store)]
    found = [(one, owner) for one, owner in found if agency in ("", owner) and text.lower() in one.address]
    if as_json:
        render.emit_json_lines(_account_json(one, owner) for one, owner in found)
        return
    _accounts_table(found)


@accounts.command()
@click.argument("account")
@_json
@with_app
def show(app: App, account: str, as_json: bool) -> None:
    """One account, with its journeys.

    \b
    Example:
      atttcli mail accounts show an@backan.gov.vn
    """
    from atttcli.mailwatch.accounts import account as one_account
    from atttcli.mailwatch.travel import as_json as journey_json
    from atttcli.mailwatch.travel import journeys

    one = one_account(app.store, account)
    travel = [journey for journey in journeys(app.store) if journey.account == one.address]
    if as_json:
        render.emit_json(
            _account_json(one, _owner(app, one)) | {"travel": [journey_json(journey) for journey in travel]}
        )
        return
    _accounts_table([(one, _owner(app, one))])
    if travel:
        _travel_table(travel)


@mail.group()
def travel() -> None:
    """Known travel: logins from there are then no reason in the ranking, and it says so.

    \b
    Example:
      atttcli mail travel list
    """


@travel.command()
@click.argument("account")
@click.option("--country", default="", metavar="CODE", help="Two letters of the country: LA, TH, CN.")
@click.option("--network", default="", metavar="CIDR", help="Or the network that the account is used from.")
@click.option("--from", "valid_from", type=DAY, required=True, help="The first day.")
@click.option("--to", "valid_until", type=DAY, required=True, help="The last day.")
@click.option("--reason", default="", metavar="TEXT", help="Who told it, and why.")
@_json
@with_app
def add(app: App, as_json: bool, **given: str) -> None:
    """Tell that an account's owner is elsewhere.

    \b
    Example:
      atttcli mail travel add an@backan.gov.vn --country LA --from 01/11/2026 --to 10/11/2026 --reason "công tác, VP báo"
    """
    from atttcli.mailwatch.travel import add_journey, journeys
    from atttcli.mailwatch.travel import as_json as journey_json

    number = add_journey(app.journal, given)
    if as_json:
        render.emit_json(next(journey_json(one) for one in journeys(app.store) if one.number == number))
    else:
        render.line(number)


@travel.command("list")
@click.option("--all", "everything", is_flag=True, help="Also journeys that are over.")
@_json
@with_app
def list_travel(app: App, everything: bool, as_json: bool) -> None:
    """Journeys, the latest first.

    \b
    Example:
      atttcli mail travel list --all
    """
    from atttcli.clock import VIETNAM, from_micros
    from atttcli.mailwatch.travel import as_json as journey_json
    from atttcli.mailwatch.travel import journeys

    today = from_micros(app.clock.now(), VIETNAM).date().isoformat()
    found = [one for one in journeys(app.store) if everything or (not one.ended and one.valid_until >= today)]
    if as_json:
        render.emit_json_lines(map(journey_json, found))
    else:
        _travel_table(found)


@travel.command()
@click.argument("number")
@click.option("--on", "day", type=DAY, required=True, help="Its last day.")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@_json
@with_app
def end(app: App, number: str, day: str, reason: str, as_json: bool) -> None:
    """A journey ended before its last day.

    \b
    Example:
      atttcli mail travel end DL-2026-0001 --on 05/11/2026 --reason "về sớm"
    """
    from atttcli.mailwatch.travel import as_json as journey_json
    from atttcli.mailwatch.travel import end_journey
    from atttcli.store.numbers import resolve_number

    one = end_journey(app.journal, resolve_number(app.store, "mail_travel", number), day, reason)
    if as_json:
        render.emit_json(journey_json(one))
    else:
        render.line(_("{number} ended on {day}.", number=one.number, day=day))


def _read(file: Path) -> bytes:
    from atttcli.limits import read_bounded
    from atttcli.mailwatch.accounts import MAX_BYTES

    try:
        with file.open("rb") as stream:
            return read_bounded(stream, MAX_BYTES, Where(str(file)))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=Where(str(file))) from error


def _agency(app: App, text: str) -> str:
    found = app.inventory.agency(text) or app.inventory.find_agency(text)
    return found.code if found else ""


def _owner(app: App, one: MailAccount) -> str:
    """The agency that was imported, else that of the mailbox or its domain."""
    found = app.inventory.owner_of_mailbox(one.address)
    return found.code if found else one.agency


def _account_json(one: MailAccount, owner: str) -> dict[str, Any]:
    from atttcli.clock import rfc3339

    last = rfc3339(one.last_login) if one.last_login is not None else None
    return {"account": one.address, "agency": owner, "status": one.status, "last_login": last}


def _accounts_table(found: list[tuple[MailAccount, str]]) -> None:
    from atttcli.cli.casework_words import moment

    render.table(
        [_("Mailbox"), _("Agency"), _("State"), _("Last login")],
        ((one.address, owner or "-", one.status or "-", moment(one.last_login)) for one, owner in found),
        wide=(0,),
    )


def _travel_table(found: list[Journey]) -> None:
    render.table(
        [_("No."), _("Mailbox"), _("Where"), _("From"), _("To"), _("Reason"), _("Ended")],
        (
            (one.number, one.account, f"{one.country} {one.network}".strip(), one.valid_from, one.valid_until, one.reason,
             one.ended or "-")
            for one in found
        ),
        wide=(1, 5),
    )  # fmt: skip
