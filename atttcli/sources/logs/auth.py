"""Authentication messages of Unix programs: sshd, PAM, sudo, su, systemd-logind, account changes, cron.

Words: `login` is a program's own verdict on an attempt; `authentication` is PAM's word on the same attempt (counting both
would count twice); programs that leave the verdict to PAM (vsftpd, login ...) get `login` from it.
"""

from __future__ import annotations

import re

from atttcli.sources.logs.address import port as port_number
from atttcli.sources.logs.message import Pattern, Said, fill, first_match, pattern

_PEER = r"(?P<ip>[^\s\[]+)(?: port (?P<port>\d+))?"
_PEER_PORT = r"(?P<ip>[^\s\[]+) port (?P<port>\d+)"
_END = r"(?: \[preauth\])?\Z"  # messages come stripped: a \s* here would cost n² on a run of blanks

_SSHD: tuple[Pattern, ...] = (
    pattern("Accepted ", rf"\AAccepted (?P<method>\S+) for (?P<user>.*) from {_PEER}(?: ssh\d?)?(?:: (?P<key>.*))?\Z",
            "login", "success"),
    pattern("Failed ", rf"\AFailed (?P<method>\S+) for (?:invalid|illegal) user (?P<user>.*) from {_PEER}(?: ssh\d?)?"
            rf"(?:: .*)?{_END}", "login", "failure", "invalid-user"),
    pattern("Failed ", rf"\AFailed (?P<method>\S+) for (?P<user>.*) from {_PEER}(?: ssh\d?)?(?:: .*)?{_END}",
            "login", "failure"),
    pattern("nvalid user ", rf"\AInvalid user (?P<user>.*) from {_PEER}{_END}", "login", "failure", "invalid-user"),
    pattern("llegal user ", rf"\AIllegal user (?P<user>.*) from {_PEER}{_END}", "login", "failure", "invalid-user"),
    pattern(" not allowed because ", r"\AUser (?P<user>.*) from (?P<ip>\S+) not allowed because (?P<reason>[^:]*)\Z",
            "login", "failure"),
    pattern(" not allowed because ", r"\AUser (?P<user>.*) not allowed because (?P<reason>[^:]*)\Z", "login", "failure"),
    pattern("maximum authentication attempts", r"maximum authentication attempts exceeded for (?:invalid user )?"
            rf"(?P<user>.*) from {_PEER}(?: ssh\d?)?{_END}", "login", "failure", "max-attempts"),
    pattern("PAM: ", r"PAM: (?P<reason>[^:]*?) for (?:illegal|invalid) user (?P<user>.*) from (?P<ip>\S+)\Z",
            "authentication", "failure"),
    pattern("PAM: ", r"PAM: (?P<reason>[^:]*?) for (?P<user>.*) from (?P<ip>\S+)\Z", "authentication", "failure"),
    pattern("Postponed ", rf"\APostponed (?P<method>\S+) for (?:invalid user )?(?P<user>.*) from {_PEER}(?: ssh\d?)?{_END}",
            "authentication"),
    pattern(" invalid user ", rf"\A(?:Connection \w+ by|Disconnected from|Disconnecting) invalid user (?P<user>.*) {_PEER_PORT}"
            rf"(?:: (?P<text>[^:]*))?{_END}", "disconnect", "failure", "invalid-user"),
    pattern(" user ", rf"\A(?:Connection \w+ by|Disconnected from|Disconnecting) authenticating user (?P<user>.*) {_PEER_PORT}"
            rf"(?:: (?P<text>[^:]*))?{_END}", "disconnect", "failure", "not-authenticated"),
    pattern("isconnected from", rf"\ADisconnected from (?:\w+ )?user (?P<user>.*) {_PEER_PORT}{_END}", "disconnect"),
    pattern("onnect", rf"\A(?:Connection \w+ by|Disconnected from|Received disconnect from) {_PEER}"
            rf"(?::\s?(?P<text>.*?))?{_END}", "disconnect"),
    pattern("Connection from", rf"\AConnection from {_PEER}(?: on (?P<dst_ip>\S+) port (?P<dst_port>\d+).*)?\Z", "connect"),
    pattern("Unable to negotiate", rf"Unable to negotiate with (?P<ip>[^\s:]\S*?)(?: port (?P<port>\d+))?: (?P<text>.*?){_END}",
            "connect", "failure", "negotiation"),
    pattern("Timeout before", r"Timeout before authentication for (?:connection from )?(?P<ip>\S+?)(?: port (?P<port>\d+)"
            r"| to .*)?\Z", "connect", "failure", "timeout"),
    pattern("identification string", rf"\ADid not receive identification string from {_PEER}\Z", "connect", "failure",
            "no-identification"),
    pattern("Bad protocol version", rf"\ABad protocol version identification '.*' from {_PEER}\Z", "connect", "failure",
            "bad-protocol"),
    pattern("Connection from", r"(?:banner exchange|ssh_dispatch_run_fatal|kex_exchange_identification): Connection from "
            r"(?:(?:invalid |authenticating )?user (?P<user>.*) )?"
            rf"(?P<ip>\S+) port (?P<port>\d+): (?P<text>[^:]*?){_END}", "connect", "failure", "protocol"),
    pattern("refused connect", r"\Arefused connect from .*\((?P<ip>[^()\s]+)\)\Z", "connect", "failure", "refused"),
    pattern("obfuscated handshake", rf"obfuscated handshake from {_PEER}\Z", "connect", "failure", "protocol"),
    pattern("BREAK-IN", r"for (?P<domain>\S+) \[(?P<ip>[^\]\s]+)\] failed - POSSIBLE BREAK-IN ATTEMPT!", "connect", "",
            "reverse-lookup"),
    pattern("BREAK-IN", r"\AAddress (?P<ip>\S+) maps to (?P<domain>\S+), but this does not map back", "connect", "",
            "reverse-lookup"),
    pattern("session", rf"\A(?:Starting|Close) session: (?:.* for )?(?:user )?(?P<user>\S+) from {_PEER}(?: id \d+)?\Z",
            "session"),
    pattern("ROOT LOGIN REFUSED", r"ROOT LOGIN REFUSED FROM (?P<ip>\S+)", "login", "failure", "root-refused"),
    pattern("remote host", rf"\ARead error from remote host {_PEER}: (?P<text>.*)\Z", "disconnect"),
)  # fmt: skip

_PAM_DETAIL = re.compile(
    r"authentication failures?; logname=\S* uid=\d* euid=\d* tty=\S* ruser=(?P<ruser>.*?) rhost=(?P<ip>\S*)"
    r"(?:\s+user=(?P<user>.*))?\Z",
    re.DOTALL,
)
_PAM_HEAD = re.compile(r"\(?(?P<module>pam_\w+)\)?(?:\((?P<pam_service>[^:()]*)(?::(?P<pam_type>[^()]*))?\))?[:\s]\s?")
_PAM: tuple[Pattern, ...] = (
    pattern("session ", r"\Asession opened for user (?P<user>.+?)(?:\(uid=(?P<uid>\d+)\))?(?: by (?P<by>.*))?\Z",
            "session", "success"),
    pattern("session ", r"\Asession closed for user (?P<user>.+?)\Z", "logout"),
    pattern("user unknown", r"\Acheck pass; user unknown", "authentication", "failure", "invalid-user"),
    pattern("tally", r"\Auser (?P<user>.+?) \(\d+\) tally (?P<tally>\d+), deny (?P<deny>\d+)", "authentication", "failure",
            "locked"),
    pattern("account", r"\A(?:account|user) (?P<user>\S+) (?:account )?has (?P<reason>expired|password expired)",
            "authentication", "failure"),
    pattern("onsecutive", r"Consecutive login failures for user (?P<user>.+?) account temporarily locked", "authentication",
            "failure", "locked"),
)  # fmt: skip
_OWN_VERDICT = frozenset({"sshd", "su", "su-l", "sudo", "sudo-i", "dovecot", "cron", "crond", "smtp", "imap", "pop3"})

_SUDO: tuple[Pattern, ...] = (
    pattern(" : ", r"\A\s*(?P<user>\S+) : (?:(?P<reason>\d+ incorrect password attempts?|user NOT [^;]*|command not allowed"
            r"|[^;=]*(?:required|not allowed|denied)[^;=]*) ; )(?:TTY=(?P<tty>.*?) ; )?PWD=(?P<pwd>.*?) ; USER=(?P<target>\S+) ;"
            r".*?(?:COMMAND=(?P<command>.*))?\Z", "command", "failure"),
    pattern(" : ", r"\A\s*(?P<user>\S+) : (?:HOST=\S+ ; )?(?:TTY=(?P<tty>.*?) ; )?PWD=(?P<pwd>.*?) ; USER=(?P<target>\S+) ;"
            r".*?COMMAND=(?P<command>.*)\Z", "command", "success"),
)  # fmt: skip
_SU: tuple[Pattern, ...] = (
    pattern("FAILED SU", r"\AFAILED SU \(to (?P<target>\S+)\) (?P<user>\S+) on (?P<tty>\S+)", "switch-user", "failure"),
    pattern("(to ", r"\A\(to (?P<target>\S+)\) (?P<user>\S+) on (?P<tty>\S+)", "switch-user", "success"),
    pattern("su for", r"\ASuccessful su for (?P<target>\S+) by (?P<user>\S+)", "switch-user", "success"),
    pattern("su for", r"\AFAILED su for (?P<target>\S+) by (?P<user>\S+)", "switch-user", "failure"),
    pattern("BAD SU", r"\ABAD SU (?P<user>\S+) to (?P<target>\S+) on (?P<tty>\S+)", "switch-user", "failure"),
    pattern(
        "failed", r"\Afailed: (?P<tty>\S+) changing from (?P<user>\S+) to (?P<target>\S+)", "switch-user", "failure"
    ),
    pattern("+ ", r"\A\+ (?P<tty>\S+) (?P<user>[^\s:]+)[:-](?P<target>\S+)\Z", "switch-user", "success"),
    pattern("- ", r"\A- (?P<tty>\S+) (?P<user>[^\s:]+)[:-](?P<target>\S+)\Z", "switch-user", "failure"),
    pattern(" to ", r"\A(?P<user>\S+) to (?P<target>\S+) on (?P<tty>\S+)\Z", "switch-user", "success"),
)
_LOGIND: tuple[Pattern, ...] = (
    pattern("New session", r"\ANew session (?P<session>\S+) of user (?P<user>.+?)\.", "session", "success"),
    pattern("session", r"\ARemoved session (?P<session>\S+?)\.", "logout"),
    pattern("logged out", r"\ASession (?P<session>\S+) logged out", "logout"),
)
_CRON: tuple[Pattern, ...] = (
    pattern("CMD", r"\A\((?P<user>[^()]*)\) CMD \((?P<command>.*)\)\Z", "command", "success"),
    pattern(") ", r"\A\((?P<user>[^()]*)\) (?P<text>(?:BEGIN|END) EDIT|REPLACE|RELOAD|LIST|DELETE)", "crontab"),
)
_LOGIN: tuple[Pattern, ...] = (
    pattern("FAILED LOGIN", r"\AFAILED LOGIN (?:SESSION |\(?\d+\)? )?(?:on '[^']*' )?(?:FROM '?(?P<ip>[^\s']+)'? )?FOR "
            r"'?(?P<user>[^',]*)'?", "login", "failure"),
    pattern("LOGIN ON", r"\A(?:ROOT )?LOGIN ON (?P<tty>\S+)(?: BY (?P<user>\S+))?(?: FROM (?P<ip>\S+))?", "login", "success"),
)  # fmt: skip
_ID = re.compile(r"\[ID \d+ \w+\.\w+\] ")
_COUNT = re.compile("[0-9]{1,9}")
_REPEATED = re.compile(r"message repeated (?P<times>\d{1,9}) times: \[ ?(?P<message>.*)\]\Z", re.DOTALL)
_LEVEL = re.compile(r"(?:error|fatal|warning|notice|info): ")
_TABLES: dict[str, tuple[Pattern, ...]] = {
    "sshd": _SSHD, "sshd-session": _SSHD, "sshd-auth": _SSHD, "dropbear": _SSHD,
    "sudo": _SUDO, "su": _SU, "systemd-logind": _LOGIND, "login": _LOGIN,
    "CRON": _CRON, "cron": _CRON, "crond": _CRON, "crontab": _CRON,
}  # fmt: skip


def understand(program: str, hint: str, message: str) -> Said | None:
    """Said for an authentication message, None for anything else. `hint` is what stands in `su(pam_unix)[1]:`."""
    if (unpacked := _REPEATED.match(message)) is not None:
        said = understand(program, hint, unpacked["message"])
        if said is not None:
            said.fields["repeated"] = int(unpacked["times"])
        return said
    if message.startswith("[ID "):
        message = _ID.sub("", message, count=1)
    if hint.startswith("pam_") or message.startswith(("pam_", "(pam_", "PAM ")):
        return _pam(program, hint, message)
    table = _TABLES.get(program)
    if table is None:
        return None
    service = "sshd" if program.startswith("sshd") else program
    if table is _SSHD:
        message = _LEVEL.sub("", message, count=1) if _LEVEL.match(message) else message
    said = first_match(message, table, ("authentication", "linux", service))
    if said is None and table is _SSHD:
        return Said("authentication", "linux", service)
    if said is not None and "dst_port" in said.fields:
        said.dst_port = port_number(said.fields.pop("dst_port"))
    return said


def _pam(program: str, hint: str, message: str) -> Said:
    head = _PAM_HEAD.match(message)
    text = message[head.end() :] if head else message.removeprefix("PAM ")
    said = Said("authentication", "linux", program)
    if "authentication failure" in text and (found := _PAM_DETAIL.search(text)):
        said.action = "authentication" if program.lower() in _OWN_VERDICT else "login"
        said.outcome = "failure"
        fill(said, found.groupdict())
        if "more authentication failures" in text:
            said.fields["repeated"] = int(count[0]) if (count := _COUNT.match(text)) else 1
    else:
        said = first_match(text, _PAM, ("authentication", "linux", program)) or said
    if head:
        fill(said, head.groupdict())
    elif hint:
        said.fields["module"] = hint
    return said
