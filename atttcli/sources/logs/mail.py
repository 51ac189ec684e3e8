"""Messages of mail servers as they stand in syslog: postfix and dovecot. (Zimbra writes both into /var/log/zimbra.log.)

Actions: `login` (SASL and IMAP/POP verdicts), `authentication` (dovecot's back end on the same attempt), `connect`,
`disconnect`, `receive` (queued: who sent how much to how many), `deliver` (per recipient), `reject`.
"""

from __future__ import annotations

import re

from atttcli.sources.logs.address import port
from atttcli.sources.logs.message import Pattern, Said, fill, first_match, pattern

_CLIENT = r"(?P<client>[^\s\[\],]*)\[(?P<ip>[^\]\s]+)\](?::(?P<port>\d+))?"
_QUEUE = r"\A(?P<queue_id>[0-9A-Za-z]{5,20}): "
_SMTPD: tuple[Pattern, ...] = (
    pattern("authentication failed", rf"\A(?:warning: )?{_CLIENT}: SASL (?P<method>\S+) authentication failed:?"
            r"(?: (?P<reason>.*?))?(?:, sasl_username=(?P<user>.*))?\Z", "login", "failure"),
    pattern("authentication aborted", rf"\A(?:warning: )?{_CLIENT}: SASL (?P<method>\S+) authentication aborted",
            "login", "failure"),
    pattern("sasl_username=", _QUEUE + rf"client={_CLIENT}, sasl_method=(?P<method>[^,\s]+), sasl_username=(?P<user>.*?)"
            r"(?:, sasl_sender=(?P<sasl_sender>.*))?\Z", "login", "success"),
    pattern("client=", _QUEUE + rf"client={_CLIENT}", "connect", "success"),
    pattern("reject", r"\A(?P<queue_id>[0-9A-Za-z]{5,20}): (?:milter-)?reject(?:_warning)?: (?P<stage>\S+) from "
            rf"{_CLIENT}: (?P<status>\d{{3,4}})(?: (?P<dsn>\d\.\d{{1,3}}\.\d{{1,3}}))? (?P<reason>.*?)(?:; from=<(?P<from>[^>]*)>"
            r"(?: to=<(?P<to>[^>]*)>)?(?: proto=(?P<proto>\S+))?(?: helo=<(?P<helo>[^>]*)>)?.*)?\Z", "reject", "failure"),
    pattern("connect from", rf"\Adisconnect from {_CLIENT}", "disconnect"),
    pattern("connect from", rf"\Aconnect from {_CLIENT}", "connect"),
    pattern("lost connection", rf"\Alost connection after (?P<stage>.*?) from {_CLIENT}\Z", "disconnect", "", "lost"),
    pattern("timeout", rf"\Atimeout after (?P<stage>.*?) from {_CLIENT}\Z", "disconnect", "", "timeout"),
    pattern("too many errors", rf"\Atoo many errors after (?P<stage>.*?) from {_CLIENT}\Z", "disconnect", "failure",
            "too-many-errors"),
    pattern("non-SMTP command", rf"non-SMTP command from {_CLIENT}: (?P<text>.*)\Z", "connect", "failure", "non-smtp-command"),
    pattern("SSL_accept error", rf"SSL_accept error from {_CLIENT}", "connect", "failure", "tls"),
    pattern("improper command pipelining", rf"improper command pipelining after (?P<stage>\S+) from {_CLIENT}", "connect",
            "failure", "pipelining"),
    pattern(" does not resolve to address ", r"hostname (?P<client>\S+) does not resolve to address (?P<ip>[^\s:]\S*?)"
            r"(?:: .*)?\Z", "connect", "", "reverse-lookup"),
    pattern("rate", rf"(?:rate|count) limit exceeded: \d+ from {_CLIENT}", "reject", "failure", "rate-limit"),
)  # fmt: skip
_POSTSCREEN: tuple[Pattern, ...] = (
    pattern("PREGREET", r"\APREGREET \d+ after \S+ from \[(?P<ip>[^\]]+)\]:(?P<port>\d+): (?P<text>.*)\Z", "connect", "failure",
            "pregreet"),
    pattern("CONNECT from", r"\ACONNECT from \[(?P<ip>[^\]]+)\]:(?P<port>\d+) to \[(?P<dst_ip>[^\]]+)\]", "connect"),
    pattern(" from [", r"\A(?:DISCONNECT|HANGUP|PASS \w+|DNSBL|COMMAND .*?|NON-SMTP COMMAND).*? from \[(?P<ip>[^\]]+)\]"
            r":(?P<port>\d+)", "connect"),
)  # fmt: skip
_QMGR: tuple[Pattern, ...] = (
    pattern("nrcpt=", _QUEUE + r"from=<(?P<user>[^>]*)>, size=(?P<size>\d{1,15}), nrcpt=(?P<nrcpt>\d{1,9})", "send",
            "success"),
    pattern("status=expired", _QUEUE + r"from=<(?P<user>[^>]*)>, status=(?P<status>expired)", "send", "failure"),
    pattern("removed", _QUEUE + r"removed", "removed"),
)  # fmt: skip
_DELIVERY = re.compile(
    _QUEUE + r"to=<(?P<to>[^>]*)>,(?: orig_to=<(?P<orig_to>[^>]*)>,)? relay=(?P<relay>[^,]*), (?:conn_use=\d+, )?"
    r"delay=(?P<delay>[\d.]+),(?: delays=\S+,)?(?: dsn=(?P<dsn>[\d.]+),)? status=(?P<status>\w+)(?: \((?P<text>.*)\))?",
    re.DOTALL,
)
_RELAY = re.compile(r"(?P<name>[^\[\s]+)\[(?P<ip>[^\]\s]+)\](?::(?P<port>\d+))?\Z")
_CLEANUP: tuple[Pattern, ...] = (
    pattern("message-id=", _QUEUE + r"message-id=<?(?P<message_id>[^>]*)>?", "queue"),
    pattern("reject:", _QUEUE + r"(?:milter-)?reject: (?P<stage>\S+) (?P<text>.*?) from (?P<client>[^\s\[]*)\[(?P<ip>[^\]]+)\]",
            "reject", "failure"),
)  # fmt: skip
_SASL_NAME = re.compile(r", sasl_username=(\S{1,320})")


def postfix(daemon: str, message: str) -> Said:
    """A message of `postfix/<...>/daemon`."""
    words = ("mail", "postfix", daemon)
    said: Said | None = None
    if daemon in ("smtpd", "postscreen"):
        said = first_match(message, _SMTPD, words) or first_match(message, _POSTSCREEN, words)
    elif daemon in ("qmgr", "nqmgr"):
        said = first_match(message, _QMGR, words)
        if said is not None:
            said.fields |= {name: int(said.fields[name]) for name in ("size", "nrcpt") if name in said.fields}
    elif daemon == "cleanup":
        said = first_match(message, _CLEANUP, words)
    elif " status=" in message and (found := _DELIVERY.match(message)):
        return _delivery(found, daemon)
    return said or Said(*words)


def _delivery(found: re.Match[str], daemon: str) -> Said:
    status = found["status"]
    outcome = "success" if status == "sent" else "" if status == "deferred" else "failure"
    said = Said("mail", "postfix", daemon, "deliver", outcome)
    fill(said, found.groupdict())
    if relay := _RELAY.match(found["relay"]):
        fill(said, {"dst_ip": relay["ip"], "domain": relay["name"]})
        said.dst_port = port(relay["port"] or "")
    return said


_RIP = re.compile(r"(?:\A|[\s,])rip=(?P<ip>[0-9A-Fa-f.:%]+)")
_DOVECOT_HEAD = re.compile(
    r"(?P<process>[a-z0-9-]{2,30})(?:\([^()]*\))?(?:<\d+><[^<>]*>)?: (?:(?:Info|Warning|Error|Debug|Fatal|Panic): )?"
)
_DOVECOT_USER = re.compile(r"user=<(?P<user>[^>]*)>")
_DOVECOT_PAIR = re.compile(r"(?:\A|[\s,])(method|lip|lport|rport|session|mpid)=(<[^>]*>|[^,\s]+)")
_ATTEMPTS = re.compile(r"\(auth failed, (\d{1,6}) attempts?")
_BACKEND = re.compile(
    r"(?P<backend>pam|sql|ldap|passwd-file|passwd|shadow|static|lua|imap|oauth2|dict|checkpassword|policy|auth)"
    r"\((?P<user>.*?),(?P<ip>[0-9A-Fa-f.:%]{2,60})(?:,(?P<session><[^<>]*>))?\): (?P<reason>.*)\Z",
    re.DOTALL,
)
_FAILURES = ("unknown user", "mismatch", "pam_authenticate() failed", "authentication failure", "invalid credentials",
             "user not found", "no such user", "account disabled", "password expired", "pam_acct_mgmt() failed")  # fmt: skip


def dovecot(message: str) -> Said:
    """A message after `dovecot: ` (syslog), or a line of dovecot's own log file."""
    head = _DOVECOT_HEAD.match(message)
    process = head["process"] if head else ""
    text = message[head.end() :] if head else message
    said = Said("mail", "dovecot", process)
    if process.endswith("-login"):
        _dovecot_login(said, text)
    elif process in ("auth", "auth-worker") and (found := _BACKEND.search(text)):
        fill(said, found.groupdict())
        if any(word in found["reason"].lower() for word in _FAILURES):
            said.action, said.outcome = "authentication", "failure"
        said.fields["reason"] = re.sub(r"\((?:given password|SHA1 of given password):.*\Z", "", found["reason"]).strip()
    return said


def _dovecot_login(said: Said, text: str) -> None:
    lower = text.lower()
    if text.startswith("Login: "):
        said.action, said.outcome = "login", "success"
    elif "auth failed" in lower or "authentication failed" in lower or "disallowed" in lower or "auth process" in lower:
        said.action, said.outcome = "login", "failure"
        if found := _ATTEMPTS.search(text):
            said.fields["attempts"] = int(found[1])
    else:
        said.action = "disconnect"
    said.fields["reason"] = text.split(":", 1)[0] if said.action != "login" else text.split(": user=", 1)[0]
    # The user name comes first and is chosen by the client: rip= is looked for only after it.
    after = 0
    if user := _DOVECOT_USER.search(text):
        said.user, after = user["user"], user.end()
    if ip := _RIP.search(text, after):
        fill(said, {"ip": ip["ip"]})
    for name, value in _DOVECOT_PAIR.findall(text[after:]):
        if name == "lip":
            fill(said, {"dst_ip": value})
        elif name == "rport":
            fill(said, {"port": value})
        elif name not in said.fields:
            said.fields[name] = value.strip("<>")
