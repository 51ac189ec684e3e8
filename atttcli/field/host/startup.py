"""Other places of Linux that start something: rc.local, init.d, profiles, the loader, udev, PAM, motd, desktops.

Python 3.8-clean.
"""

from __future__ import annotations

import re
import stat
from typing import Iterable, Iterator, List, Tuple

from atttcli.field import account
from atttcli.field.host.check import NAME, Missed, Observation, Scope, Seen
from atttcli.field.host.commands import asked_of, judge, masked, runs_hidden
from atttcli.field.host.cron import script
from atttcli.field.host.homes import homes
from atttcli.field.host.root import Entry, is_writable_by_all
from atttcli.field.opening import NotReadable

_SCRIPTS = (
    ("rc.local", ("/etc/rc.local", "/etc/rc.d/rc.local", "/etc/init.d", "/etc/rc.d/init.d")),
    (
        "shell profile",
        ("/etc/profile", "/etc/profile.d", "/etc/bash.bashrc", "/etc/bashrc", "/etc/zsh", "/etc/environment"),
    ),
    ("motd", ("/etc/update-motd.d",)),
    ("network", ("/etc/network/if-up.d", "/etc/NetworkManager/dispatcher.d", "/etc/networkd-dispatcher")),
    ("package manager", ("/etc/apt/apt.conf.d",)),
)
_PROFILES = (".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".profile", ".zshrc", ".zprofile", ".zshenv",
             ".zlogin", ".xinitrc", ".xsession", ".xprofile")  # fmt: skip
_DESKTOP = ("/etc/xdg/autostart",)
_UDEV = ("/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d", "/lib/udev/rules.d")
_RUN = re.compile(r"(?:RUN|PROGRAM)(?:\{\w{1,20}\})?\s{0,5}\+?={1,2}\s{0,5}\"([^\"]{1,2000})\"")
_PAM_MODULES = ("/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/")
_MOST = 1024 * 1024


def look(scope: Scope) -> Iterator[Seen]:
    """Place after place."""
    for kind, places in _SCRIPTS:
        for place in places:
            yield from _place(scope, kind, place)
    for home in homes(scope.root):
        for name in _PROFILES:
            path = f"{home.path}/{name}"
            if scope.root.status(path) is not None:
                yield from script(
                    scope, Entry(name, path, False, scope.root.link(path)), "shell profile", home.user or "?"
                )
        for entry in scope.root.files(f"{home.path}/.config/autostart"):
            yield from _desktop(scope, entry, home.user or "?")
    for folder in _DESKTOP:
        for entry in scope.root.files(folder):
            yield from _desktop(scope, entry, "")
    yield from _preload(scope)
    yield from _udev(scope)
    yield from _pam(scope)


def _place(scope: Scope, kind: str, place: str) -> Iterator[Seen]:
    info = scope.root.status(place)
    if info is None:
        return
    entries: Iterable[Entry] = scope.root.files(place)
    if not stat.S_ISDIR(info.st_mode):
        entries = [Entry(place.rpartition("/")[2], place, False, scope.root.link(place))]
    for entry in entries:
        if not entry.link or not entry.link.endswith("/null"):
            yield from script(scope, entry, kind)


def _desktop(scope: Scope, entry: Entry, user: str) -> Iterator[Seen]:
    """An autostart entry: what its Exec line runs."""
    if not entry.name.endswith(".desktop"):
        return
    try:
        file = scope.root.read(entry.path, _MOST)
    except NotReadable as refused:
        yield Missed(entry.path, refused.why)
        return
    scope.spending.spend(len(file.text))
    commands = [line.partition("=")[2].strip() for line in file.text.split("\n") if line.startswith("Exec")][:20]
    rules = [rule for command in commands for rule in judge(command)]
    rules += ["host.autorun-hidden"] if any(map(runs_hidden, commands)) else []
    rules += ["host.autorun-writable"] if is_writable_by_all(file.info) else []
    detail = {"kind": "desktop autostart", "user": user, "commands": [masked(one) for one in commands],
              "changed": int(file.info.st_mtime)}  # fmt: skip
    yield Observation(entry.path, detail, tuple(rules), tuple(one for command in commands for one in asked_of(command)))


def _preload(scope: Scope) -> Iterator[Seen]:
    """/etc/ld.so.preload hardly ever exists; each library that it names is told."""
    path = "/etc/ld.so.preload"
    if scope.root.status(path) is None:
        return
    try:
        file = scope.root.read(path, _MOST)
    except NotReadable as refused:
        yield Missed(path, refused.why)
        return
    for library in re.split(r"[\s:]+", file.text)[:200]:
        if library and not library.startswith("#"):
            detail = {
                "library": library,
                "there": scope.root.status(library) is not None,
                "changed": int(file.info.st_mtime),
            }
            yield Observation(f"{path}: {library}", detail, ("host.preload-file",), ((NAME, library),))


def _udev(scope: Scope) -> Iterator[Seen]:
    """What udev runs when a device comes: those of the distribution only when odd."""
    for folder in _UDEV:
        for entry in scope.root.files(folder):
            try:
                file = scope.root.read(entry.path, _MOST)
            except NotReadable as refused:
                if not entry.link:
                    yield Missed(entry.path, refused.why)
                continue
            scope.spending.spend(len(file.text))
            for command in _RUN.findall(file.text)[:500]:
                rules = (*judge(command), *(("host.autorun-hidden",) if runs_hidden(command) else ()))
                if rules or not folder.startswith(("/lib", "/usr/lib")):
                    detail = {"kind": "udev", "command": masked(command), "changed": int(file.info.st_mtime)}
                    yield Observation(f"{entry.path}: {masked(command)}", detail, rules, asked_of(command))


def _pam(scope: Scope) -> Iterator[Seen]:
    """Modules named by a path of their own, and what runs programs at log-on."""
    for entry in [*scope.root.files("/etc/pam.d"), Entry("pam.conf", "/etc/pam.conf", False, "")]:
        try:
            text = scope.root.read(entry.path, _MOST).text
        except NotReadable as refused:
            if refused.why != account.VANISHED:
                yield Missed(entry.path, refused.why)
            continue
        scope.spending.spend(len(text))
        for line in text.split("\n")[:2000]:
            module, arguments = pam_module(line)
            odd = module.startswith("/") and not module.startswith(_PAM_MODULES)
            if odd or module.rpartition("/")[2] in ("pam_exec.so", "pam_python.so", "pam_script.so"):
                rules = ("host.pam-odd", *judge(arguments))
                yield Observation(f"{entry.path}: {line.strip()[:300]}", {"module": module}, rules, asked_of(arguments))


def pam_module(line: str) -> Tuple[str, str]:
    """The module of one line of a PAM file and its arguments; empty for a comment or an include."""
    text = line.partition("#")[0].strip()
    words: List[str] = text.split()
    if len(words) < 3 or words[0].startswith("@"):
        return "", ""
    at = 2
    if words[1].startswith("["):  # a control of several words: [success=1 default=ignore]
        while at < len(words) and not words[at - 1].endswith("]"):
            at += 1
    return (words[at], " ".join(words[at + 1 :])) if at < len(words) else ("", "")
