"""`atttcli user`: who works here, in which role, for which agencies; and who sits at the shared desk now."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.casework_words import moment
from atttcli.cli.context import App, with_app
from atttcli.clock import rfc3339
from atttcli.errors import UsageError
from atttcli.text.messages import _, speaking

if TYPE_CHECKING:
    from atttcli.people.users import User

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
_role = click.option("--role", "roles", multiple=True, metavar="ROLE", help="Repeatable; see `user roles`.")
_agency = click.option("--agency", "agencies", multiple=True, metavar="CODE", help="Only this agency; repeatable.")
_login = click.option("--login", "logins", multiple=True, metavar="NAME", help="Account of the system; repeatable.")
_stdin = click.option("--passphrase-stdin", "from_stdin", is_flag=True, help="Read the passphrase from standard input.")


@click.group()
def user() -> None:
    """Who works here, in which role; and who sits at a shared desk.

    While nobody is recorded, everybody who can write the workspace may do everything.

    \b
    Example:
      atttcli user add lan --role admin --role lead --role duty --full-name "Nguyễn Thị Lan"
      atttcli user add truc-ban --shared --login trucban
      atttcli user login lan
    """


@user.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those who left.")
@_json
@with_app
def list_(app: App, everything: bool, as_json: bool) -> None:
    """The register.

    \b
    Example:
      atttcli user list --json
    """
    from atttcli.people.users import users

    found = users(app.store, removed=everything)
    if as_json:
        render.emit_json_lines(map(_as_json, found))
        return
    if not found:
        render.line(_("Nobody is recorded: everybody who can write the workspace may do everything."))
        return
    render.table(
        [_("Name"), _("Full name"), _("Roles"), _("Agencies"), _("Accounts"), _("Left")],
        (
            (
                one.name, one.full_name or "-", ", ".join(one.roles) or _("shared desk"), ", ".join(one.agencies) or _("all"),
                ", ".join(one.logins) or "-", moment(one.removed),
            )
            for one in found
        ),
    )  # fmt: skip


@user.command()
@click.argument("name")
@_json
@with_app
def show(app: App, name: str, as_json: bool) -> None:
    """One user.

    \b
    Example:
      atttcli user show lan
    """
    from atttcli.people.users import find_user

    _tell(find_user(app.store, name), as_json)


@user.command()
@_json
@with_app
def roles(app: App, as_json: bool) -> None:
    """The roles and what each is for.

    \b
    Example:
      atttcli user roles
    """
    with speaking("en") if as_json else nullcontext():
        meanings = _meanings()
    if as_json:
        render.emit_json_lines({"role": role, "meaning": text} for role, text in meanings.items())
    else:
        render.table([_("Role"), _("Meaning")], meanings.items(), wide=(1,))


@user.command()
@click.argument("name")
@click.option("--full-name", default="", help="As it stands on papers.")
@_role
@_agency
@_login
@click.option("--shared", is_flag=True, help="A desk's account: who uses it says who they are.")
@_json
@with_app
def add(
    app: App, name: str, full_name: str, roles: tuple[str, ...], agencies: tuple[str, ...], logins: tuple[str, ...],
    shared: bool, as_json: bool,
) -> None:  # fmt: skip
    """Enter a user. The first one is whoever administers, with this system account unless --login says another.

    \b
    Examples:
      atttcli user add lan --role admin --role lead --role duty
      atttcli user add binh.bb --role reporter --agency h-babe
    """
    from atttcli.people.identity import os_login
    from atttcli.people.users import User, add_user, users

    first = not users(app.store)
    mine = (os_login(),) if first and not logins else ()
    new = User(name.strip().lower(), full_name, roles, agency_codes(app, agencies), logins or mine, shared)
    add_user(app.journal, new)
    _tell(new, as_json)


@user.command("set")
@click.argument("name")
@click.option("--full-name", default=None, help="As it stands on papers.")
@_role
@_agency
@_login
@click.option("--all-agencies", is_flag=True, help="No longer bound to single agencies.")
@_json
@with_app
def set_(
    app: App, name: str, full_name: str | None, roles: tuple[str, ...], agencies: tuple[str, ...],
    logins: tuple[str, ...], all_agencies: bool, as_json: bool,
) -> None:  # fmt: skip
    """Change a user: what is given replaces what stood there.

    \b
    Example:
      atttcli user set lan --role lead --role approver
    """
    from atttcli.people.users import change_user, find_user

    given: dict[str, Any] = {"roles": roles, "agencies": agency_codes(app, agencies), "logins": logins}
    changes = {key: value for key, value in given.items() if value}
    if full_name is not None:
        changes["full_name"] = full_name
    if all_agencies:
        changes["agencies"] = ()
    if not changes:
        raise UsageError("nothing to set", hint="see: atttcli user set --help")
    change_user(app.journal, name, changes)
    _tell(find_user(app.store, name), as_json)


@user.command()
@click.argument("name")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@_json
@with_app
def remove(app: App, name: str, reason: str, as_json: bool) -> None:
    """Take a user's rights away; what they decided stays theirs.

    \b
    Example:
      atttcli user remove binh.bb --reason "chuyển công tác"
    """
    from atttcli.people.users import find_user, remove_user

    leaving = find_user(app.store, name)
    remove_user(app.journal, leaving.name, reason)
    if as_json:
        render.emit_json({"name": leaving.name, "removed": True})
    else:
        render.line(_("{name} has no rights here any more.", name=leaving.name))


@user.command()
@click.argument("name")
@_stdin
@_json
@with_app
def passphrase(app: App, name: str, from_stdin: bool, as_json: bool) -> None:
    """Set a personal passphrase, for `--as` and `user login` on a shared account.

    An admin sets anybody's; everybody changes their own, and is asked for the present one first.

    \b
    Examples:
      atttcli user passphrase lan
      atttcli user passphrase lan --passphrase-stdin < secret.txt
    """
    from atttcli.people.identity import prove
    from atttcli.people.users import credential_of, find_user, set_passphrase

    found = find_user(app.store, name)
    app.permit("user.passphrase_set", found.name)
    if app.identity.name == found.name and "admin" not in app.identity.roles and credential_of(app.store, found.name):
        prove(app.store, found, lambda who: read_passphrase(who, from_stdin=from_stdin))
    text = read_passphrase(found.name, from_stdin=from_stdin, confirm=True)
    set_passphrase(app.journal, found.name, text)
    if as_json:
        render.emit_json({"name": found.name, "passphrase": True})
    else:
        render.line(_("The passphrase of {name} is set.", name=found.name))


@user.command()
@click.argument("name")
@click.option("--login", "account", default="", metavar="NAME", help="The new account; else the one that runs this.")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@_json
@with_app
def recover(app: App, name: str, account: str, reason: str, as_json: bool) -> None:
    """Give an admin whose account was renamed or lost a new one. Only as root (Windows: Administrator).

    Whoever is that can change the workspace's file anyway; this way the journal says so.

    \b
    Example:
      sudo atttcli user recover lan --login lan.nt --reason "tài khoản máy đổi tên"
    """
    from atttcli.errors import Refused
    from atttcli.journal.journal import Journal
    from atttcli.people.identity import is_superuser, os_login
    from atttcli.people.users import find_user, recover_admin

    if not is_superuser():
        raise Refused(
            "only the system's administrator recovers an admin",
            guard="superuser",
            hint=f"sudo atttcli user recover {name}",
        )
    login_ = os_login()
    recover_admin(Journal(app.store, login_, app.clock), name, account or login_, reason)
    _tell(find_user(app.store, name), as_json)


@user.command()
@click.argument("name")
@click.option("--hours", type=click.IntRange(1, 24), default=8, show_default=True, help="For how long: a shift.")
@_stdin
@_json
@with_app
def login(app: App, name: str, hours: int, from_stdin: bool, as_json: bool) -> None:
    """Say who sits at this terminal, for a shift. `user logout` ends it.

    \b
    Example:
      atttcli user login lan
    """
    from atttcli.people.identity import open_session

    now = app.clock.now()
    token = open_session(app.store, name, lambda who: read_passphrase(who, from_stdin=from_stdin), now, hours)
    app.keep_token(token)
    until = now + hours * 3_600_000_000
    if as_json:
        render.emit_json({"name": name.strip().lower(), "until": rfc3339(until)})
    else:
        render.line(_("{name} works at this terminal until {until}.", name=name.strip().lower(), until=moment(until)))


@user.command()
@_json
@with_app
def logout(app: App, as_json: bool) -> None:
    """End this terminal's login.

    \b
    Example:
      atttcli user logout
    """
    from atttcli.people.identity import close_session

    ended = close_session(app.store, app.token())
    app.keep_token("")
    if as_json:
        render.emit_json({"ended": ended})
    else:
        render.line(_("Logged out.") if ended else _("Nobody was logged in here."))


@user.command()
@_json
@with_app
def whoami(app: App, as_json: bool) -> None:
    """Who the next entry will be by.

    \b
    Example:
      atttcli user whoami
    """
    who = app.identity
    if as_json:
        render.emit_json(
            {"name": who.name, "roles": sorted(who.roles), "agencies": sorted(who.agencies), "recorded": who.known}
        )
        return
    scope = ", ".join(sorted(who.agencies)) or _("all agencies")
    if who.shared:
        render.line(_("{name}: a shared desk; say who you are: atttcli user login NAME", name=who.name))
    elif not who.known and len(who.roles) > 1:
        render.line(_("{name}: nobody is recorded here, so everything is allowed", name=who.name))
    else:
        render.line(f"{who.name}: {', '.join(sorted(who.roles))} · {scope}")


def _meanings() -> dict[str, str]:
    return {
        "viewer": _("reads everything, decides nothing"),
        "reporter": _("enters calls, messages and evidence, answers for an agency"),
        "responder": _("works on incidents, tasks and evidence"),
        "duty": _("runs the day: advisories, deadlines, hand-over; records approvals by their paper"),
        "lead": _("as duty; rules on playbooks, merges and drills"),
        "approver": _("approves by an entry of their own"),
        "drill": _("plans and runs exercises"),
        "admin": _("users, rules, the organisation's data, retention"),
    }


def read_passphrase(
    name: str,
    *,
    from_stdin: bool = False,
    confirm: bool = False,
    hint: str = "ATTTCLI_PASSPHRASE_FILE=… atttcli …, or --passphrase-stdin",
) -> str:
    """From standard input, ATTTCLI_PASSPHRASE or ATTTCLI_PASSPHRASE_FILE, or typed unseen on a terminal."""
    if from_stdin:
        return sys.stdin.readline(4096).rstrip("\r\n")
    if os.environ.get("ATTTCLI_PASSPHRASE"):
        return os.environ["ATTTCLI_PASSPHRASE"]
    path = os.environ.get("ATTTCLI_PASSPHRASE_FILE")
    if path:
        with suppress(OSError, UnicodeDecodeError), Path(path).open(encoding="utf-8") as stream:
            return stream.readline(4096).rstrip("\r\n")
        raise UsageError(f"{path} cannot be read", hint="see ATTTCLI_PASSPHRASE_FILE")
    if not sys.stdin.isatty():
        raise UsageError("no passphrase was given", hint=hint)
    return str(
        click.prompt(_("Passphrase of {name}", name=name), hide_input=True, confirmation_prompt=confirm, err=True)
    )


def agency_codes(app: App, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Codes of agencies that were typed, or NotFound."""
    from atttcli.errors import NotFound

    found = [(text, app.inventory.find_agency(text)) for text in texts]
    for text, agency in found:
        if agency is None:
            raise NotFound(f"no agency {text[:40]!r}", hint="atttcli agency list")
    return tuple(agency.code for _text, agency in found if agency)


def _as_json(one: User) -> dict[str, Any]:
    return {
        "name": one.name, "full_name": one.full_name, "roles": list(one.roles), "agencies": list(one.agencies),
        "logins": list(one.logins), "shared": one.shared, "removed": one.removed and rfc3339(one.removed),
    }  # fmt: skip


def _tell(one: User, as_json: bool) -> None:
    if as_json:
        render.emit_json(_as_json(one))
        return
    scope = ", ".join(one.agencies) or _("all agencies")
    roles_ = _("shared desk") if one.shared else ", ".join(one.roles)
    render.line(f"{one.name}  {one.full_name}  {roles_} · {scope} · {', '.join(one.logins) or '-'}")
