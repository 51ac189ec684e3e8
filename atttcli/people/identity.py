"""Who works at this moment, and whether they may decide this.

The user of the operating system is who works, unless somebody says otherwise with a passphrase (`--as`, `user login`).
Without any recorded user everybody who can write the workspace may do everything. The honest limit (one file on one host:
who can write the file can write it without us) stands in docs/threat-model.md.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from atttcli.errors import Refused, UsageError
from atttcli.people.passphrase import fits
from atttcli.people.roles import ROLES, VIEWER, allowed
from atttcli.people.users import User, credential_of, find_user
from atttcli.text.display import display

if TYPE_CHECKING:
    from atttcli.store.connection import Store

SESSION_HOURS = 8  # a shift
UNDONE = "undone"  # asked as what it takes back, since it names nothing itself


@dataclass(frozen=True, slots=True)
class Identity:
    """Who decides. `agencies`: the scope, empty for all. `known`: the register names them. `shared`: a desk, nobody yet."""

    name: str
    roles: frozenset[str]
    agencies: frozenset[str] = frozenset()
    known: bool = True
    shared: bool = False


def os_login() -> str:
    """The account this process runs under, asked from the system and not from the environment where that is possible."""
    if hasattr(os, "getuid"):
        import pwd

        uid = os.getuid()
        if uid == 0 and os.environ.get("SUDO_USER"):
            return display(os.environ["SUDO_USER"], 64)
        try:
            return display(pwd.getpwuid(uid).pw_name, 64)
        except KeyError:
            return f"uid{uid}"
    try:
        return display(os.getlogin(), 64)
    except OSError:
        return display(getpass.getuser(), 64)


def actor_without_right(store: Store, actor: str) -> str:
    """Whose name stands under what needs no right (a copy that was restored): where users are recorded, their account's.

    `actor` may come from the environment; that is good enough only where names prove nothing anyway.
    """
    return os_login() if store.value("SELECT 1 FROM user WHERE removed IS NULL LIMIT 1") else actor


def is_superuser() -> bool:
    """Whether the operating system lets this process do anything anyway."""
    if hasattr(os, "geteuid"):
        return os.geteuid() == 0
    import ctypes

    return bool(ctypes.windll.shell32.IsUserAnAdmin())  # type: ignore[attr-defined,unused-ignore]


def identify(
    store: Store, actor: str, *, as_name: str = "", passphrase: Callable[[str], str] | None = None, token: str = "",
    now: int = 0,
) -> Identity:  # fmt: skip
    """Who works. `actor`: the name in use where nobody is recorded; `token`: that of a login in this terminal."""
    if not store.value("SELECT 1 FROM user WHERE removed IS NULL LIMIT 1"):
        if as_name:
            raise UsageError(
                "no users are recorded here, so there is nobody to be", hint="atttcli user add NAME --role …"
            )
        return Identity(actor, frozenset(ROLES), known=False)
    login = os_login()
    own = _of_login(store, login)
    if as_name:
        user = find_user(store, as_name)
        if own is None or own.name != user.name:
            prove(store, user, passphrase)
        return _identity(user)
    session = token and _of_token(store, token, now)
    if session:
        return _identity(find_user(store, session))
    return _identity(own) if own else Identity(login, frozenset({VIEWER}), known=False)


def require(store: Store, who: Identity, verb: str, subject: str, payload: Mapping[str, Any]) -> None:
    """Refused when this person may not write this entry; the guard is `identity`, `role` or `scope`."""
    if who.shared and verb.startswith("tick."):
        return  # what the clock says is nobody's decision: the desk's own timer may write it down
    if who.shared:
        raise Refused(
            f"{who.name} is a desk's account: say who you are",
            guard="identity",
            hint="atttcli user login NAME, or: atttcli --as NAME …",
        )
    needed = allowed(verb, payload)
    if verb == "user.passphrase_set" and who.known and subject == who.name:
        return  # one's own; the command asks for the present one first
    if not who.roles & needed:
        raise Refused(
            f"{who.name} ({', '.join(sorted(who.roles))}) may not decide this ({verb})",
            guard="role",
            hint="it needs one of: " + ", ".join(role for role in ROLES if role in needed),
        )
    if verb != UNDONE and who.agencies and not in_scope(store, who.agencies, verb, subject, payload):
        raise Refused(
            f"{who.name} works for {', '.join(sorted(who.agencies))} only",
            guard="scope",
            hint="ask the duty officer of the centre",
        )


def in_scope(store: Store, own: frozenset[str], verb: str, subject: str, payload: Mapping[str, Any]) -> bool:
    """Whether an entry concerns these agencies, and no object that has nothing to do with them.

    What an entry names is the writer's own word: naming an agency of one's own opens no incident of another. Only a new
    incident may name others beside it, since one case has many victims.
    """
    told = frozenset({str(payload.get("agency") or ""), *(str(code) for code in payload.get("agencies") or ())} - {""})
    if told and not (told & own if verb == "incident.opened" else told <= own):
        return False
    objects = [subject, *(str(payload.get(key) or "") for key in ("incident", "into", "source"))]
    known = [agencies for number in objects if (agencies := _agencies_of(store, number)) is not None]
    return bool(told or known) and all(agencies & own for agencies in known)


def _agencies_of(store: Store, number: str) -> frozenset[str] | None:
    """The agencies of an incident, or of what hangs on one; of an alert or inspection its own. None: no such object."""
    text = store.value("SELECT agencies FROM incident WHERE number = ?", number)
    if text is not None:
        return frozenset(json.loads(text))
    for query in _HANGING:
        incident = store.value(query, number)
        if incident:
            return _agencies_of(store, str(incident))
    agency = store.value(_OWN, number)
    return None if agency is None else frozenset({str(agency)} - {""})


_OWN = "SELECT agency FROM alert WHERE number = ?1 UNION ALL SELECT agency FROM inspection WHERE number = ?1"
_HANGING = (
    "SELECT incident FROM task WHERE number = ?",
    "SELECT incident FROM evidence WHERE number = ?",
    "SELECT incident FROM playbook_run WHERE id = ?",
)


def open_session(
    store: Store, name: str, passphrase: Callable[[str], str], now: int, hours: int = SESSION_HOURS
) -> str:
    """Log in for a shift; the token that the terminal keeps. Its digest is all that the workspace keeps."""
    user = find_user(store, name)
    prove(store, user, passphrase)
    token = secrets.token_hex(32)
    with store.transaction() as db:
        db.execute("DELETE FROM login WHERE expires <= ?", (now,))
        db.execute("INSERT INTO login VALUES (?,?,?,?)", (_digest(token), user.name, now, now + hours * 3_600_000_000))
    return token


def close_session(store: Store, token: str) -> bool:
    """Log out; whether there was such a session."""
    with store.transaction() as db:
        return db.execute("DELETE FROM login WHERE token = ?", (_digest(token),)).rowcount > 0


def prove(store: Store, user: User, passphrase: Callable[[str], str] | None) -> None:
    """Refused unless the passphrase that is asked for is this user's."""
    credential = credential_of(store, user.name)
    if user.shared or credential is None:
        raise Refused(
            f"{user.name} has no passphrase",
            guard="identity",
            hint=f"an admin sets one: atttcli user passphrase {user.name}",
        )
    if passphrase is None or not fits(credential, passphrase(user.name)):
        raise Refused("the passphrase is wrong", guard="identity", hint="try again")


def _of_login(store: Store, login: str) -> User | None:
    row = store.row(
        "SELECT user.* FROM user, json_each(user.logins) WHERE removed IS NULL AND json_each.value = ? LIMIT 1", login
    )
    return None if row is None else User.of(row)


def _of_token(store: Store, token: str, now: int) -> str:
    sql = "SELECT l.user FROM login l JOIN user u ON u.name = l.user WHERE l.token = ?1 AND ?2 BETWEEN l.opened AND l.expires - 1"
    return str(store.value(sql + " AND u.removed IS NULL", _digest(token), now) or "")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("ascii", "replace")).hexdigest()


def _identity(user: User) -> Identity:
    return Identity(user.name, frozenset(user.roles), frozenset(user.agencies), shared=user.shared)
