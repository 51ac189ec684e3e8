"""Accounts of the host and their home folders, from its own files: a directory service is never asked. Python 3.8-clean."""

from __future__ import annotations

from typing import Iterator, List, NamedTuple

from atttcli.field.host.root import HostRoot
from atttcli.field.opening import NotReadable

_MOST = 4 * 1024 * 1024
_MOST_HOMES = 2000
NO_SHELL = ("nologin", "false", "sync", "shutdown", "halt")


class Account(NamedTuple):
    """One line of /etc/passwd."""

    name: str
    password: str
    uid: int
    gid: int
    comment: str
    home: str
    shell: str

    @property
    def may_log_on(self) -> bool:
        """Whether its shell is one (an empty field means /bin/sh)."""
        return self.shell.rpartition("/")[2] not in NO_SHELL


class Home(NamedTuple):
    """A home folder. `user` is empty for a folder in /home that no account names."""

    user: str
    path: str


def accounts(root: HostRoot) -> List[Account]:
    """All accounts; NotReadable when there is no list of them."""
    found = []
    for line in root.read("/etc/passwd", _MOST).text.split("\n"):
        words = line.split(":")
        if len(words) == 7 and words[2].isdigit() and words[3].isdigit() and len(words[2]) < 12:
            found.append(Account(words[0], words[1], int(words[2]), int(words[3]), *words[4:]))
    return found


def homes(root: HostRoot) -> Iterator[Home]:
    """Each home folder once: of the accounts, and those in /home that nobody owns any more."""
    told = {"", "/", "/nonexistent", "/dev", "/bin", "/usr/sbin", "/proc", "/sys"}
    try:
        listed = accounts(root)
    except NotReadable:
        listed = []
    for account in listed[:_MOST_HOMES]:
        path = account.home.rstrip("/")
        if path not in told and path.startswith("/"):
            told.add(path)
            yield Home(account.name, path)
    for path in ["/root", *("/home/" + name for name in root.names("/home")[:_MOST_HOMES])]:
        if path not in told:
            told.add(path)
            yield Home("", path)
