"""SSH keys that open an account: each with its options, its digest and its comment; the key itself is not kept.

Python 3.8-clean.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Dict, Iterator, List, NamedTuple, Optional

from atttcli.field import account
from atttcli.field.host.check import Missed, Observation, Scope, Seen
from atttcli.field.host.commands import asked_of, judge, masked
from atttcli.field.host.homes import Account, accounts, homes
from atttcli.field.host.root import HostRoot, is_writable_by_all
from atttcli.field.opening import NotReadable

_MOST = 1024 * 1024
_MOST_KEYS = 2000
_NAMES = (".ssh/authorized_keys", ".ssh/authorized_keys2")
_KINDS = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")
_POWERFUL = re.compile(r"(?:^|,)(?:command|environment|tunnel|permitopen|permitlisten)=", re.IGNORECASE)


class Key(NamedTuple):
    """One line of a list of keys."""

    options: str
    kind: str
    digest: str
    comment: str


def look(scope: Scope) -> Iterator[Seen]:
    """Keys of every account, and where sshd looks for keys beside the homes."""
    by_name = {one.name: one for one in _accounts(scope.root)}
    for home in homes(scope.root):
        for name in _NAMES:
            yield from _file(scope, f"{home.path}/{name}", by_name.get(home.user), home.user)
    for folder in ("/etc/ssh/authorized_keys", "/etc/ssh/authorized_keys.d"):
        for entry in scope.root.files(folder):
            yield from _file(scope, entry.path, by_name.get(entry.name), entry.name)
    yield from _daemon(scope)


def _accounts(root: HostRoot) -> List[Account]:
    try:
        return accounts(root)
    except NotReadable:
        return []


def _file(scope: Scope, path: str, owner: Optional[Account], user: str) -> Iterator[Seen]:
    if scope.root.status(path) is None:
        return
    try:
        file = scope.root.read(path, _MOST, follow=False)
    except NotReadable as refused:
        if refused.column == account.SKIPPED:  # a link, a pipe, a device
            detail = {"user": user, "link": scope.root.link(path), "reason": refused.why}
            yield Observation(path, detail, ("host.key-link",))
        else:
            yield Missed(path, refused.why)
        return
    scope.spending.spend(len(file.text))
    if is_writable_by_all(file.info):
        yield Observation(path, {"user": user, "mode": oct(file.info.st_mode & 0o7777)}, ("host.autorun-writable",))
    lines = file.text.split("\n")
    for line in lines[:_MOST_KEYS]:
        key = read_key(line)
        if key is not None:
            yield _observation(path, key, owner, user, int(file.info.st_mtime))
    if file.cut or len(lines) > _MOST_KEYS:
        yield Missed(path, "longer than the limit")


def _observation(path: str, key: Key, owner: Optional[Account], user: str, changed: int) -> Observation:
    rules: List[str] = []
    if _POWERFUL.search(key.options):
        rules += ["host.key-command", *judge(key.options)]
    if owner is not None and owner.uid != 0 and (owner.uid < 1000 or not owner.may_log_on):
        rules.append("host.key-odd-place")
    detail: Dict[str, object] = {**key._asdict(), "options": masked(key.options), "user": user, "changed": changed}
    return Observation(f"{path}: {key.kind} {key.digest}", detail, tuple(rules), asked_of(key.options))


def read_key(line: str) -> Optional[Key]:
    """A key of one line; None for comments and what is none. Options may hold blanks inside quotes."""
    text = line.strip()[:65_536]
    if not text or text.startswith("#"):
        return None
    options = ""
    if not text.startswith(_KINDS):
        end = _end_of_options(text)
        options, text = text[:end], text[end:].lstrip()
    words = text.split(None, 2)
    if len(words) < 2 or not words[0].startswith(_KINDS):
        return None
    try:
        blob = base64.b64decode(words[1] + "=" * (-len(words[1]) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    digest = "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return Key(options, words[0], digest, words[2][:200] if len(words) > 2 else "")


def _end_of_options(text: str) -> int:
    quoted = False
    for at, char in enumerate(text):
        if char == '"' and text[at - 1 : at] != "\\":
            quoted = not quoted
        elif char in " \t" and not quoted:
            return at
    return len(text)


def _daemon(scope: Scope) -> Iterator[Seen]:
    """Settings of sshd that say who may log on and where keys are taken from."""
    for path in ("/etc/ssh/sshd_config", *(one.path for one in scope.root.files("/etc/ssh/sshd_config.d"))):
        try:
            text = scope.root.read(path, _MOST).text
        except NotReadable as refused:
            if refused.why != account.VANISHED:
                yield Missed(path, refused.why)
            continue
        for line in text.split("\n")[:2000]:
            name, _, value = line.strip().replace("=", " ", 1).partition(" ")
            if name.lower() in _SETTINGS:
                yield Observation(
                    f"{path}: {line.strip()[:300]}", {"setting": name, "value": value.strip()}, judge(value)
                )


_SETTINGS = frozenset(
    ("authorizedkeysfile", "authorizedkeyscommand", "permitrootlogin", "passwordauthentication", "permitemptypasswords",
     "trustedusercakeys", "forcecommand", "allowusers", "allowgroups", "match", "port")
)  # fmt: skip
