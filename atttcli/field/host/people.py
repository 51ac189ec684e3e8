"""Accounts of Linux: who there is, who is root by another name, who may become root, what is new. Python 3.8-clean."""

from __future__ import annotations

from typing import Dict, Iterator, List, Sequence

from atttcli.field import account
from atttcli.field.host.check import Missed, Observation, Scope, Seen
from atttcli.field.host.homes import Account, accounts
from atttcli.field.opening import NotReadable

DAY = 86_400
RECENT_DAYS = 14
_MOST = 4 * 1024 * 1024
_POWER = ("sudo", "wheel", "admin", "docker", "lxd", "root")
_LAST_SYSTEM = 999


def look(scope: Scope) -> Iterator[Seen]:
    """Accounts with the age of their passwords, groups with power, the rules of sudo."""
    listed = accounts(scope.root)
    shadow: Dict[str, Sequence[str]] = {}
    try:
        for line in scope.root.read("/etc/shadow", _MOST).text.split("\n"):
            words = line.split(":")
            if len(words) >= 3:
                shadow[words[0]] = words
    except NotReadable as refused:
        yield Missed("/etc/shadow", refused.why)
    for one in listed:
        yield _account(one, shadow.get(one.name, ()), scope.now)
    yield from _groups(scope, {one.gid: one.name for one in listed})
    yield from _sudo(scope)


def _account(one: Account, shadow: Sequence[str], now: float) -> Observation:
    password = password_state(one.password, shadow[1] if shadow else "x")
    changed = int(shadow[2]) * DAY if len(shadow) > 2 and shadow[2].isdigit() and len(shadow[2]) < 7 else 0
    rules: List[str] = []
    if one.uid == 0 and one.name != "root":
        rules.append("host.account-second-root")
    if password == "empty" and one.may_log_on:  # noqa: S105
        rules.append("host.account-no-password")
    if password == "set" and 0 < one.uid <= _LAST_SYSTEM and one.may_log_on:  # noqa: S105
        rules.append("host.account-service-shell")
    if password == "set" and 0 <= now - changed <= RECENT_DAYS * DAY:  # noqa: S105
        rules.append("host.account-new")
    detail = {"uid": one.uid, "gid": one.gid, "home": one.home, "shell": one.shell, "password": password,
              "password_changed": changed}  # fmt: skip
    return Observation(one.name, detail, tuple(rules))


def password_state(passwd: str, shadow: str) -> str:
    """`set`, `locked`, `empty` or `unknown`; the hash itself is never kept."""
    field = shadow if passwd == "x" else passwd  # noqa: S105
    if field == "":
        return "empty"
    if field == "x":
        return "unknown"
    return "locked" if field[0] in "!*" else "set"


def _groups(scope: Scope, by_gid: Dict[int, str]) -> Iterator[Seen]:
    try:
        text = scope.root.read("/etc/group", _MOST).text
    except NotReadable as refused:
        yield Missed("/etc/group", refused.why)
        return
    for line in text.split("\n"):
        words = line.split(":")
        if len(words) == 4 and words[0] in _POWER:
            members = [name for name in words[3].split(",") if name][:200]
            if words[2].isdigit() and int(words[2]) in by_gid:
                members.append(by_gid[int(words[2])])
            yield Observation(f"group {words[0]}", {"members": sorted(set(members))})


def _sudo(scope: Scope) -> Iterator[Seen]:
    paths = ["/etc/sudoers", *(one.path for one in scope.root.files("/etc/sudoers.d"))]
    for path in paths:
        try:
            file = scope.root.read(path, _MOST)
        except NotReadable as refused:
            if refused.why != account.VANISHED:
                yield Missed(path, refused.why)
            continue
        changed = int(file.info.st_mtime)
        recent = 0 <= scope.now - changed <= RECENT_DAYS * DAY
        yield Observation(path, {"changed": changed}, ("host.sudo-changed",) if recent else ())
        for line in file.text.replace("\\\n", " ").split("\n")[:5000]:
            text = line.strip()
            if text and not text.startswith(("#", "Defaults", "@include")):
                everything = "NOPASSWD:" in text and text.replace(",", " ").split()[-1] == "ALL"
                yield Observation(
                    f"{path}: {text[:300]}", {"changed": changed}, ("host.sudo-everything",) if everything else ()
                )
