"""Mailbox servers other than dovecot, as they stand in syslog: courier, cyrus (with sieve), UW imapd, perdition.

`imapd` and `pop3d` are names that courier, cyrus and UW share: what the message looks like decides.
"""

from __future__ import annotations

from atttcli.sources.logs.message import Pattern, Said, first_match, pattern

_PEER = r"(?P<client>[^\s\[\]]{0,255}) ?\[(?P<ip>[^\]\s]{2,60})\]"
_COURIER_END = r"ip=\[(?P<ip>[^\]\s]{2,60})\](?:, port=\[(?P<port>\d+)\])?"

# The user name stands before the address and is the client's choice: the greedy group leaves the last `ip=` to the server.
_COURIER: tuple[Pattern, ...] = (
    pattern("LOGIN FAILED", rf"\ALOGIN FAILED, (?:user=(?P<user>.*), |method=(?P<method>\w{{1,40}}), ){_COURIER_END}\Z", "login",
            "failure"),
    pattern("LOGIN, user=", rf"\ALOGIN, user=(?P<user>.*), {_COURIER_END}(?:, protocol=(?P<protocol>\w+))?(?:, stls=\d)?\Z",
            "login", "success"),
    pattern("LOGOUT, user=", rf"\ALOGOUT, user=(?P<user>.*), {_COURIER_END}", "logout"),
    pattern("DISCONNECTED, ", rf"\ADISCONNECTED, (?:user=(?P<user>.*), )?{_COURIER_END}", "disconnect"),
    pattern("TIMEOUT, user=", rf"\ATIMEOUT, user=(?P<user>.*), {_COURIER_END}", "disconnect", "", "timeout"),
    pattern("Connection, ip=", rf"\AConnection, {_COURIER_END}", "connect"),
)  # fmt: skip
_CYRUS: tuple[Pattern, ...] = (
    pattern("badlogin: ", rf"\Abadlogin: {_PEER} (?P<method>\S{{1,40}}) (?:(?P<user>[^\[\s]\S{{0,320}}) )??\[?"
            r"(?P<reason>(?:SASL\(|authentication failure|user not found|no secret).*)\Z", "login", "failure"),
    pattern("badlogin: ", rf"\Abadlogin: {_PEER} (?P<method>\S{{1,40}})(?: (?P<user>\S{{1,320}}))?(?P<reason>.*)\Z", "login",
            "failure"),
    pattern("login: ", rf"\Alogin: {_PEER} (?P<user>\S{{1,320}}) (?P<method>\S{{1,40}}) User logged in", "login", "success"),
    pattern("badlogin from: ", rf"\Abadlogin from: {_PEER}", "login", "failure"),
)  # fmt: skip
_UW: tuple[Pattern, ...] = (
    pattern("Login ", rf"\ALogin (?P<reason>failed|excessive login failures|disabled) user=(?P<user>.*) auth=\S* host={_PEER}",
            "login", "failure"),
    pattern("override of", rf"\AFailed \S+ override of user=(?P<user>.*?)\s+host={_PEER}", "login", "failure", "override"),
    pattern("ogin user=", rf"\A(?:Login|Authenticated|Auth) user=(?P<user>.*) host={_PEER}", "login", "success"),
    pattern("Logout user=", rf"\ALogout user=(?P<user>.*) host={_PEER}", "logout"),
)  # fmt: skip
_PERDITION: tuple[Pattern, ...] = (
    pattern("status=\"ok", r"\AAuth: (?P<ip>[^\s>]{2,60})->(?P<dst_ip>\S{2,60}) .*authentication_id=\"(?P<user>[^\"]*)\"", "login",
            "success"),
    pattern("Auth: ", r"\AAuth: (?P<ip>[^\s>]{2,60})->(?P<dst_ip>\S{2,60}) .*authentication_id=\"(?P<user>[^\"]*)\"", "login",
            "failure"),
    pattern("from client ", r"\AFatal Error (?P<reason>.*) from client (?P<ip>[^\s>]{2,60})->(?P<dst_ip>[^\s]{2,60}):? ", "connect",
            "failure"),
)  # fmt: skip
_ESMTPD: tuple[Pattern, ...] = (
    pattern("Authentication failed", r"\Aerror,relay=(?P<ip>[^,]{2,60})(?:,port=(?P<port>\d+))?,msg=\"(?P<reason>[^\"]*)\""
            r"(?:,cmd: (?:AUTH (?:LOGIN|PLAIN) )?(?P<command>.*))?\Z", "login", "failure"),
    pattern("error,relay=", r"\Aerror,relay=(?P<ip>[^,]{2,60})(?:,port=(?P<port>\d+))?(?:,ident=(?P<ident>[^,]*))?,from=<(?P<from>"
            r"[^>]*)>(?:,to=<(?P<to>[^>]*)>)?: (?P<status>\d{3}) (?P<reason>.*)\Z", "reject", "failure"),
    pattern("error,relay=", r"\Aerror,relay=(?P<ip>[^,]{2,60})(?:,port=(?P<port>\d+))?", "connect", "failure"),
    pattern("started,ip=", r"\Astarted,ip=\[(?P<ip>[^\]]{2,60})\](?:,port=\[(?P<port>\d+)\])?", "connect"),
)  # fmt: skip

COURIER = ("imapd", "imapd-ssl", "pop3d", "pop3d-ssl", "imaplogin", "pop3login", "courierpop3login", "courierimaplogin",
           "courierpop3d", "ipop3d", "ipop2d")  # fmt: skip
CYRUS = ("imap", "imaps", "pop3", "pop3s", "sieve", "timsieved", "lmtp", "lmtpunix")


def mailbox(program: str, message: str) -> Said:
    """A message of courier, cyrus or UW: the first table that knows it names the product."""
    service = program.removeprefix("cyrus/")
    for product, table in (("courier", _COURIER), ("cyrus", _CYRUS), ("uw-imap", _UW)):
        said = first_match(message, table, ("mail", product, service))
        if said is not None:
            if "reason" in said.fields:
                said.fields["reason"] = said.fields["reason"].strip(" ]")
            return said
    return Said("mail", "cyrus" if program.startswith("cyrus/") or program in CYRUS else "courier", service)


def esmtpd(program: str, message: str) -> Said:
    """A message of courier's SMTP server."""
    said = first_match(message, _ESMTPD, ("mail", "courier", "smtpd")) or Said("mail", "courier", "smtpd")
    command = said.fields.get("command", "")
    if said.action == "login" and command.count(" ") >= 1 and not said.user:
        said.user = command.rpartition(" ")[2]
    elif said.action == "login" and "@" in command:
        said.user = command
    return said


def perdition(program: str, message: str) -> Said:
    """A message of the IMAP and POP proxy."""
    words = ("mail", "perdition", program.rpartition(".")[2])
    return first_match(message, _PERDITION, words) or Said(*words)
