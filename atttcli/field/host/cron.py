"""Jobs of cron, anacron and at, in all the places where they may stand. Python 3.8-clean."""

from __future__ import annotations

import re
from typing import Iterator, List, Tuple

from atttcli.field import account
from atttcli.field.host.check import Asked, Missed, Observation, Scope, Seen
from atttcli.field.host.commands import asked_of, judge, masked, runs_hidden
from atttcli.field.host.root import Entry, is_writable_by_all
from atttcli.field.opening import NotReadable

SYSTEM_TABLES = ("/etc/crontab", "/etc/anacrontab")
_FOLDERS = ("/etc/cron.d",)
USER_TABLES = ("/var/spool/cron/crontabs", "/var/spool/cron", "/var/spool/cron/tabs")
SCRIPTS = ("/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly")
AT = ("/var/spool/cron/atjobs", "/var/spool/at", "/var/spool/atjobs")
_MOST = 1024 * 1024
_MOST_LINES = 5000
_SETTING = re.compile(r"^\s{0,20}[A-Za-z_]\w{0,60}\s{0,20}=")
_FIELD = re.compile(r"[0-9*/,a-zA-Z~-]{1,200}\Z")


def look(scope: Scope) -> Iterator[Seen]:
    """Each line of a table, each script, each job of at."""
    root = scope.root
    for path in SYSTEM_TABLES:
        if root.status(path) is not None:
            yield from _table(scope, path, "", with_user=True)
    for folder in _FOLDERS:
        for entry in root.files(folder):
            yield from _table(scope, entry.path, "", with_user=True)
    for folder in USER_TABLES:
        for entry in root.files(folder):
            yield from _table(scope, entry.path, entry.name, with_user=False)
    for folder in SCRIPTS:
        for entry in root.files(folder):
            yield from script(scope, entry, "cron script")
    for folder in AT:
        for entry in root.files(folder):
            if not entry.name.startswith("."):
                yield from script(scope, entry, "at job")


def _table(scope: Scope, path: str, user: str, with_user: bool) -> Iterator[Seen]:
    if path.endswith("/.placeholder"):
        return
    try:
        file = scope.root.read(path, _MOST, follow=not user)
    except NotReadable as refused:
        yield Missed(path, refused.why)
        return
    scope.spending.spend(len(file.text))
    wide = is_writable_by_all(file.info)
    if wide:
        yield Observation(path, {"kind": "cron", "mode": oct(file.info.st_mode & 0o7777)}, ("host.autorun-writable",))
    count = 0
    for number, line in enumerate(file.text.split("\n"), 1):
        for when, who, command in jobs(line, with_user, "anacron" in path):
            count += 1
            rules = [*judge(command), *(("host.autorun-hidden",) if runs_hidden(command) else ())]
            detail = {"kind": "cron", "when": when, "user": who or user, "command": masked(command), "line": number,
                      "changed": int(file.info.st_mtime)}  # fmt: skip
            yield Observation(f"{path}: {masked(command)}", detail, tuple(rules), asked_of(command))
        if count >= _MOST_LINES:
            break
    if file.cut or count >= _MOST_LINES:
        yield Missed(path, "longer than the limit")


def jobs(line: str, with_user: bool, anacron: bool = False) -> Iterator[Tuple[str, str, str]]:
    """When, who, what of one line of a table; nothing for comments, settings and what cron itself would not take."""
    text = line.strip()
    if not text or text.startswith("#") or _SETTING.match(text):
        return
    times = 3 if anacron else 1 if text.startswith("@") else 5
    named = with_user and not anacron
    words = text.split(None, times + named)
    moments = words[: 2 if anacron else times]  # anacron's third is the job's name
    if len(words) <= times + named or not all(_FIELD.match(word.lstrip("@")) for word in moments):
        return
    who = words[times] if named else ""
    yield " ".join(words[:times]), who, words[-1]


def script(scope: Scope, entry: Entry, kind: str, user: str = "", rules: Tuple[str, ...] = ()) -> Iterator[Seen]:
    """A script that starts by itself, judged line by line; only lines that are odd are told beside the file itself."""
    if entry.name in (".placeholder", "README") or entry.is_folder:
        return
    try:
        file = scope.root.read(entry.path, _MOST)  # profiles are often links; only odd lines of them are kept
    except NotReadable as refused:
        if not (entry.link and refused.why == account.VANISHED):
            yield Missed(entry.path, refused.why)
        return
    scope.spending.spend(len(file.text))
    met: List[str] = list(rules)
    odd: List[str] = []
    asked: List[Asked] = []
    for line in script_lines(file.text):
        found = (*judge(line), *(("host.autorun-hidden",) if runs_hidden(line) else ()))
        if found:
            met.extend(found)
            odd.append(masked(line.strip())[:400])
        asked.extend(asked_of(line)[:8])
    if is_writable_by_all(file.info):
        met.append("host.autorun-writable")
    if entry.name.startswith(".") and kind not in ("shell profile",):
        met.append("host.autorun-hidden")
    detail = {"kind": kind, "user": user, "link": entry.link, "size": file.info.st_size, "changed": int(file.info.st_mtime),
              "odd_lines": odd}  # fmt: skip
    yield Observation(entry.path, detail, tuple(met), tuple(dict.fromkeys(asked))[:256])
    if file.cut:
        yield Missed(entry.path, "longer than the limit")


def script_lines(text: str) -> Iterator[str]:
    """Lines that are no comments, those that go on joined."""
    if "\0" in text[:4096]:
        return  # a program, not a script: programs are judged as files
    for line in text.replace("\\\n", " ").split("\n")[:_MOST_LINES]:
        if line.strip() and not line.lstrip().startswith("#"):
            yield line
