"""The register of users: decisions of the journal, so that who might do what at which time stays provable."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from atttcli.errors import Conflict, NotFound, Refused, UsageError
from atttcli.people.passphrase import Credential, make_credential
from atttcli.people.roles import ADMIN, ROLES

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Row, Store

_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}\Z")


@dataclass(frozen=True, slots=True)
class User:
    """One who works here.

    `logins`: accounts of the operating system that are this user. `shared`: the account of a desk, behind which people
    say who they are (`--as`). `agencies`: the scope, empty for all.
    """

    name: str
    full_name: str = ""
    roles: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()
    shared: bool = False
    removed: int | None = None

    @classmethod
    def of(cls, row: Row) -> User:
        """From a projected row."""
        lists = (tuple(json.loads(row[column])) for column in ("roles", "agencies", "logins"))
        roles, agencies, logins = lists
        return cls(row["name"], row["full_name"], roles, agencies, logins, bool(row["shared"]), row["removed"])


def users(store: Store, *, removed: bool = False) -> list[User]:
    """The register, by name; with `removed` those who left too."""
    rows = store.rows("SELECT * FROM user WHERE ? OR removed IS NULL ORDER BY name", removed)
    return [User.of(row) for row in rows]


def full_names(store: Store) -> dict[str, str]:
    """Name -> the name as it stands on papers, of everybody who has one; those who left too: what they did stays theirs."""
    return {one.name: one.full_name for one in users(store, removed=True) if one.full_name}


def find_user(store: Store, name: str) -> User:
    """The user of this name who works here, or NotFound."""
    row = store.row("SELECT * FROM user WHERE name = ? AND removed IS NULL", name.strip().lower())
    if row is None:
        raise NotFound(f"no user {name[:40]!r}", hint="atttcli user list")
    return User.of(row)


def add_user(journal: Journal, new: User) -> None:
    """Enter a user. The first one must be able to administer: nobody else could add the next."""
    _check(new)
    with journal.transaction():
        known = {user.name: user for user in users(journal.store, removed=True)}
        present = [user for user in known.values() if user.removed is None]
        if new.name in known and known[new.name].removed is None:
            raise Conflict(f"{new.name} is a user already", hint=f"atttcli user set {new.name} --role …")
        if not present and (ADMIN not in new.roles or new.shared):
            raise Refused(
                "the first user must be an admin with an account of their own",
                guard="first-admin",
                hint=f"atttcli user add {new.name} --role admin --role lead --role duty",
            )
        _refuse_taken(present, new)
        journal.append("user.added", new.name, _payload(new))


def change_user(journal: Journal, name: str, changes: Mapping[str, Any]) -> None:
    """Change what the register says of a user; the last admin stays one."""
    with journal.transaction():
        user = find_user(journal.store, name)
        after = User(
            user.name,
            changes.get("full_name", user.full_name),
            tuple(changes.get("roles", user.roles)),
            tuple(changes.get("agencies", user.agencies)),
            tuple(changes.get("logins", user.logins)),
            bool(changes.get("shared", user.shared)),
        )
        _check(after)
        others = [other for other in users(journal.store) if other.name != user.name]
        _refuse_taken(others, after)
        if ADMIN in user.roles and ADMIN not in after.roles:
            _refuse_last_admin(others, user.name)
        journal.append("user.changed", user.name, _payload(after))


def recover_admin(journal: Journal, name: str, login: str, reason: str) -> None:
    """Tie an admin to another account: when theirs was renamed or lost, nobody could else enter another.

    The journal is one without a guard: the caller has made sure that the operating system would let them do anything.
    """
    if not reason.strip():
        raise Refused(
            "recovering an admin needs a reason", guard="reason", hint=f'atttcli user recover {name} --reason "…"'
        )
    with journal.transaction():
        user = find_user(journal.store, name)
        if ADMIN not in user.roles:
            raise Refused(
                f"{user.name} is no admin", guard="admin", hint=f"an admin does it: atttcli user set {user.name}"
            )
        after = replace(user, logins=(login,))
        _refuse_taken([one for one in users(journal.store) if one.name != user.name], after)
        journal.append("user.changed", user.name, {**_payload(after), "recovered": True, "reason": reason})


def remove_user(journal: Journal, name: str, reason: str) -> None:
    """Take a user's rights away; what they decided stays theirs."""
    if not reason.strip():
        raise Refused("removing a user needs a reason", guard="reason", hint=f'atttcli user remove {name} --reason "…"')
    with journal.transaction() as db:
        user = find_user(journal.store, name)
        if ADMIN in user.roles:
            _refuse_last_admin([one for one in users(journal.store) if one.name != user.name], user.name)
        journal.append("user.removed", user.name, {"reason": reason})
        db.execute("DELETE FROM credential WHERE user = ?", (user.name,))
        db.execute("DELETE FROM login WHERE user = ?", (user.name,))


def set_passphrase(journal: Journal, name: str, passphrase: str) -> None:
    """Keep the digest of a new passphrase; sessions that were opened with the old one end."""
    credential = make_credential(passphrase)
    with journal.transaction() as db:
        user = find_user(journal.store, name)
        if user.shared:
            raise UsageError(f"{user.name} is a desk's account", hint="each person behind it has a user of their own")
        journal.append("user.passphrase_set", user.name)
        row = (user.name, credential.salt, credential.digest, credential.cost, journal.clock.now())
        db.execute("INSERT OR REPLACE INTO credential VALUES (?,?,?,?,?)", row)
        db.execute("DELETE FROM login WHERE user = ?", (user.name,))


def credential_of(store: Store, name: str) -> Credential | None:
    """What is kept of a user's passphrase, or None when none was set."""
    row = store.row("SELECT salt, digest, cost FROM credential WHERE user = ?", name)
    return None if row is None else Credential(*row)


def _payload(user: User) -> dict[str, Any]:
    return {
        "full_name": user.full_name, "roles": list(user.roles), "agencies": list(user.agencies),
        "logins": list(user.logins), "shared": user.shared,
    }  # fmt: skip


def _check(user: User) -> None:
    if not _NAME.match(user.name):
        raise UsageError(
            f"not a user name: {user.name[:40]!r}", hint="2 to 32 of a-z 0-9 . _ - beginning with a letter, as lan.nt"
        )
    unknown = [role for role in user.roles if role not in ROLES]
    if unknown:
        raise UsageError(f"no role {unknown[0][:40]!r}", hint="one of: " + ", ".join(ROLES))
    if not user.roles and not user.shared:
        raise UsageError(f"{user.name} needs a role", hint="one of: " + ", ".join(ROLES))


def _refuse_taken(others: Iterable[User], user: User) -> None:
    """An account belongs to one user, else nobody could say who worked."""
    for other in others:
        for login in {*user.logins} & {*other.logins}:
            raise Conflict(f"account {login} belongs to {other.name} already", hint=f"atttcli user show {other.name}")


def _refuse_last_admin(others: Iterable[User], name: str) -> None:
    if not any(ADMIN in other.roles for other in others):
        raise Refused(f"{name} is the last admin", guard="last-admin", hint="atttcli user set SOMEBODY --role admin")
