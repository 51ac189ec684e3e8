"""FTP servers: proftpd and pure-ftpd in syslog and in their own files, vsftpd in syslog and in vsftpd.log."""

from __future__ import annotations

import re

from atttcli.model.event import Event
from atttcli.sources.lined import LineLog
from atttcli.sources.logs.message import MESSAGE_LIMIT, Pattern, Said, fill, first_match, pattern
from atttcli.sources.logs.stamps import Stamps

_PROFTPD = re.compile(
    r"\A\S{0,255} ?\((?P<client>[^\[\]()]{0,255})\[(?P<ip>[^\]\s]{2,70})\]\)(?: -|:)? (?P<text>.*)\Z", re.DOTALL
)
_PROFTPD_SAYS: tuple[Pattern, ...] = (
    pattern("(Login failed)", r"\AUSER (?P<user>.*) \(Login failed\):? ?(?P<reason>.*)\Z", "login", "failure"),
    pattern("no such user", r"\AUSER (?P<user>.*): no such user found", "login", "failure", "invalid-user"),
    pattern("Login successful", r"\A(?:USER|ANON) (?P<user>.*): Login successful", "login", "success"),
    pattern(
        "oot login attempted", r"\ASECURITY VIOLATION: [Rr]oot login attempted", "login", "failure", "root-refused"
    ),
    pattern("Maximum login attempts", r"\AMaximum login attempts", "login", "failure", "max-attempts"),
    pattern("denied", r"\AConnection from .* denied", "connect", "failure", "refused"),
    pattern("session opened", r"\AFTP session opened", "connect"),
    pattern("session closed", r"\AFTP session closed", "disconnect"),
)
_REFUSED = re.compile(r"\Arefused connect from \S{1,255} \((?P<ip>[^()\s]{2,70})\)\Z")
_PURE_HEAD = re.compile(
    r"\A\((?P<user>[^@()]{0,255})@(?P<ip>[^()\s]{1,255})\) \[(?P<level>\w+)\] (?P<text>.*)\Z", re.DOTALL
)
_PURE_SAYS: tuple[Pattern, ...] = (
    pattern("uthentication failed", r"\AAuthentication failed for user \[(?P<user>.*)\]\Z", "login", "failure"),
    pattern("now logged in", r"\A(?P<user>.*) is now logged in\Z", "login", "success"),
    pattern("ploaded", r"\A(?P<path>.*) uploaded", "upload", "success"),
    pattern("ownloaded", r"\A(?P<path>.*) downloaded", "download", "success"),
    pattern("Deleted", r"\ADeleted (?P<path>.*)\Z", "delete", "success"),
    pattern("New connection", r"\ANew connection from (?P<ip>\S+)\Z", "connect"),
    pattern("Logout", r"\ALogout", "logout"),
)
_VSFTPD = re.compile(
    r"\A(?:\[pid (?P<pid>\d{1,10})\] )?(?:\[(?P<user>[^\]]{0,255})\] )?(?:(?P<verdict>OK|FAIL) )?"
    r"(?P<command>[A-Z]{4,12}): Client \"(?P<ip>[^\"\s]{2,70})\"(?:, \"(?P<argument>[^\"]{0,4096})\")?(?P<rest>.*)\Z",
    re.DOTALL,
)
_STAMP = re.compile(
    r"[A-Z][a-z]{2} (?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2}) (?P<clock>\d\d:\d\d:\d\d) (?P<year>\d{4}) (?P<text>.+)\Z",
    re.DOTALL,
)
_ACTIONS = {"LOGIN": "login", "CONNECT": "connect", "UPLOAD": "upload", "DOWNLOAD": "download", "DELETE": "delete",
            "MKDIR": "mkdir", "RMDIR": "rmdir", "RENAME": "rename", "CHMOD": "chmod"}  # fmt: skip
REASON = "not a line of vsftpd.log"


class VsftpdLog(LineLog):
    """vsftpd.log."""

    def __init__(self) -> None:
        super().__init__("vsftpd", _is_vsftpd, _vsftpd_line, REASON, 93, share=2)


def _is_vsftpd(line: str) -> bool:
    found = _STAMP.match(line)
    return found is not None and found["text"].startswith("[pid ")


def _vsftpd_line(line: str, number: int, stamps: Stamps) -> Event | None:
    found = _STAMP.match(line.strip("\0"))
    if found is None:
        return None
    time = stamps.clf(f"{int(found['day']):02d}/{found['month']}/{found['year']}:{found['clock']}")
    said = vsftpd("vsftpd", found["text"][:MESSAGE_LIMIT].rstrip()) or Said("", "linux", "vsftpd")
    fields = {"message": found["text"], **said.fields}
    return Event(
        time, number, line, said.category, said.product, said.service, user=said.user, src_ip=said.src_ip,
        action=said.action, outcome=said.outcome, fields=fields,
    )  # fmt: skip


def vsftpd(program: str, message: str) -> Said | None:
    """vsftpd's own words; None for what PAM says in its name."""
    found = _VSFTPD.match(message)
    if found is None:
        return None
    action = _ACTIONS.get(found["command"], found["command"].lower())
    outcome = {"OK": "success", "FAIL": "failure"}.get(found["verdict"] or "", "")
    said = Said("authentication" if action in ("login", "connect") else "", "linux", "vsftpd", action, outcome)
    fill(said, {"user": found["user"], "ip": found["ip"]})
    if found["pid"]:
        said.fields["pid"] = int(found["pid"])
    if found["argument"]:
        said.fields["reason" if action == "login" else "path"] = found["argument"]
    return said


def proftpd(program: str, message: str) -> Said:
    """A message of proftpd: the client's address stands first, before anything that the client chose."""
    words = ("authentication", "linux", "proftpd")
    if refused := _REFUSED.match(message):
        said = Said(*words, "connect", "failure")
        fill(said, {"ip": refused["ip"]})
        return said
    head = _PROFTPD.match(message)
    if head is None:
        return Said("", "linux", "proftpd")
    said = first_match(head["text"], _PROFTPD_SAYS, words) or Said("", "linux", "proftpd")
    if said.fields.get("reason") == "root-refused":
        said.user = "root"
    fill(said, {"ip": head["ip"], "client": head["client"]})
    return said


def pureftpd(program: str, message: str) -> Said:
    """A message of pure-ftpd; `?` as user means that none has logged in."""
    head = _PURE_HEAD.match(message)
    if head is None:
        return Said("", "linux", "pure-ftpd")
    said = first_match(head["text"], _PURE_SAYS, ("authentication", "linux", "pure-ftpd")) or Said(
        "", "linux", "pure-ftpd"
    )
    said.user = said.user or head["user"].replace("?", "")
    if not said.src_ip:
        fill(said, {"ip": head["ip"]})
    said.fields["level"] = head["level"]
    return said
