# ruff: noqa: E501 - hostile lines are long
"""Whatever stands in a log: every line is accounted for as an event, an alert or a problem, quickly, and can be stored."""

from __future__ import annotations

import io
import random
import time
import tracemalloc
from collections.abc import Iterator

import msgspec
import pytest

from atttcli.errors import InputError
from atttcli.limits import MIB, Budget, Limits
from atttcli.model.alert import Alert
from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record, Source
from atttcli.sources import LOG_SOURCES
from atttcli.sources.mapping import MappedLog, load_mapping

MAPPED = (
    MappedLog(load_mapping("map: {user: user, src_ip: ip}\ntime: time\nheader: [time, user, ip]\nname: csv")),
    MappedLog(load_mapping("format: jsonl\nmap: {user: user, src_ip: src_ip}\ntime: timestamp\nname: json")),
)
ALL: tuple[Source, ...] = (*LOG_SOURCES, *MAPPED)
# Readers whose record is no line: a whole file (workbook, event log, XML), an entry, or some lines that belong together.
NOT_BY_LINE = frozenset(
    [
        "windows-evtx",
        "windows-xml",
        "windows-json",
        "edxml-avreport",
        "antivirus-xlsx",
        "antivirus-csv",
        "m365-csv",
        "m365-json",
        "exchange",
        "auditd",
        "iis",
        "modsecurity",
        "exim",
        "application",
        "journal-export",
        "wazuh",
        "windows-dns",
        "postgresql",
        "postgresql-csv",
        "mysql-error",
        "mysql-general",
        "mssql",
        "generic-csv",
    ]
)
BY_LINE = tuple(source for source in ALL if source.name not in NOT_BY_LINE)
SEEDS = [
    b'192.0.2.7 - an [23/Nov/2026:10:04:05 +0700] "GET /a?b=c HTTP/1.1" 200 5123 "https://p.example/" "Mozilla \\" x" "203.0.113.1"',
    b"Nov 23 10:04:05 web1 sshd[812]: Failed password for invalid user root from 192.0.2.7 port 50122 ssh2",
    b"<38>1 2026-11-23T10:04:05.678901+07:00 web1 sshd 812 ID1 [x@1 a=\"b\"] Invalid user an from 192.0.2.7 port 5",
    b"2026-11-23T10:04:05Z web1 sudo: an : TTY=pts/4 ; PWD=/home/an ; USER=root ; COMMAND=/bin/cat /etc/shadow",
    b"Nov 23 10:04:05 m dovecot: imap-login: Disconnected (auth failed, 3 attempts): user=<an>, method=PLAIN, rip=192.0.2.7, lip=::1",
    b"Nov 23 10:04:05 m postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 454 4.7.1 <v@z.example>: Relay access denied;"
    b" from=<s@z.example> to=<v@z.example> proto=ESMTP helo=<WIN-1>",
    b"2026-11-23 10:04:05,678 WARN  [qtp1] [oip=192.0.2.7;ua=x;] security - cmd=Auth; account=an; protocol=soap; error=failed;",
    b"\tat com.zimbra.cs.Class.method(Class.java:1)",
    b'2026/11/23 10:04:05 [error] 9#9: *1 open() "/x" failed, client: 192.0.2.7, server: p.example, request: "GET /x HTTP/1.1"',
    b'[Mon Nov 23 10:04:05.123456 2026] [core:error] [pid 7:tid 140] [client 192.0.2.7:5123] AH00126: Invalid URI',
    b'{"timestamp":"2026-11-23T10:04:05.1+0700","flow_id":1,"event_type":"alert","src_ip":"192.0.2.7","alert":{"signature_id":1}}',
    b'{"timestamp":"2026-11-23T10:04:05.1+0700","event_type":"dns","dns":{"rrname":"a.example"}}',
    b'2026-11-23T10:04:05Z,an,"192.0.2.7"',
]  # fmt: skip
JUNK = [b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\x1b]52;c;x\x07", b'"', b"[", b"]", b"\\", b" ", b"=", b"{", b"\xe2\x80\xae",
        b"-", b"9" * 40, b"\x85", b"\xe2\x80\xa8", b"\r", b"\x0b", b"<", b">", b": ", b";", b"$(x)", b"%s", b"\xf0\x9f\x92\xa9"]  # fmt: skip


def given(data: bytes, limits: Limits | None = None) -> Input:
    return Input(
        "h.log", "ab" * 32, len(data), data[:65536], io.BytesIO(data), modified=0, budget=Budget(limits or Limits())
    )


def named(name: str) -> Source:
    return next(source for source in ALL if source.name == name)


def mutated(count: int, seed: int) -> Iterator[bytes]:
    chance = random.Random(seed)
    for _ in range(count):
        line = bytearray(chance.choice(SEEDS))
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(line) + 1)
            kind = chance.randrange(5)
            if kind == 0:
                line[at:at] = chance.choice(JUNK) * chance.choice((1, 1, 3, 50))
            elif kind == 1:
                del line[at : at + chance.randrange(20)]
            elif kind == 2 and line:
                line[at % len(line)] = chance.randrange(256)
            elif kind == 3:
                other = chance.choice(SEEDS)
                line[at:] = other[chance.randrange(len(other)) :]
            else:
                line[at:at] = line[: chance.randrange(40)]
        yield bytes(line).replace(b"\n", b" ")


def account(source: Source, data: bytes) -> list[Record]:
    """Read all and prove that everything can be stored and comes back."""
    try:
        records = list(source.read(given(data)))
    except InputError as error:  # the whole file is none of this reader's; never of a text log
        assert source.name in NOT_BY_LINE, error
        return []
    for record in records:
        assert isinstance(record, (Event, Alert, ReadProblem))
        if isinstance(record, Event):
            stored = msgspec.json.encode(record)
            assert msgspec.json.decode(stored, type=Event) == record
            assert record.raw
        elif isinstance(record, Alert):
            msgspec.json.encode(record)
        else:
            assert record.reason
            record.excerpt.encode()
    return records


@pytest.mark.parametrize("source", ALL, ids=lambda source: source.name)
def test_thousands_of_mutated_lines_all_accounted_for(source: Source) -> None:
    lines = list(mutated(4000, 5))
    data = b"\n".join(lines)
    full = [line for line in data.split(b"\n") if line.decode("utf-8", "backslashreplace").strip("\r").strip()]
    start = time.process_time()
    records = account(source, data)
    assert time.process_time() - start < 10
    if source.name in NOT_BY_LINE:
        return
    held = sum(record.raw.count("\n") + 1 if isinstance(record, Event) else 1 for record in records)
    if source.name == "zimbra":  # blank lines at a record's end are dropped, within it kept
        assert len(full) - 50 <= held <= len(lines)
    elif source.name == "csv":  # a quoted record over some lines, with too many columns, is one problem
        assert len(full) - 50 <= held <= len(full)
    else:
        assert held == len(full)


@pytest.mark.parametrize("source", ALL, ids=lambda source: source.name)
@pytest.mark.parametrize("seed", range(3))
def test_random_bytes(source: Source, seed: int) -> None:
    data = random.Random(seed).randbytes(100_000)
    account(source, data)
    assert source.recognise(given(data)) == 0


@pytest.mark.parametrize("source", BY_LINE, ids=lambda source: source.name)
def test_a_huge_line_is_a_problem_and_is_not_held(source: Source) -> None:
    limits = Limits(line_bytes=64 * 1024)
    good = SEEDS[0] + b"\n"
    data = good + b"x" * (8 * MIB) + b"\n" + good + b"\0" * (8 * MIB)
    tracemalloc.start()
    records = list(source.read(given(data, limits)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    long = [record for record in records if isinstance(record, ReadProblem) and "longer than" in record.reason]
    assert [record.line for record in long] == [2, 4]
    assert long[0].offset == len(good)
    assert len(long[0].excerpt) <= 200
    assert len(records) == 4
    assert peak < 4 * MIB


BLOWUPS = {
    "blanks": b" " * 60_000,
    "quotes": b'"' * 60_000,
    "escapes": b"\\" * 60_000,
    "brackets": b"[" * 60_000,
    "from": b" from 192.0.2.1 port 1" * 2_700,
    "for": b"Failed for for for " * 3_000,
    "pairs": b"; a=b" * 12_000,
    "colons": b"a: " * 20_000,
    "rip": b"user=<rip=1, rip=" * 3_500,
    "pam": b" ruser= rhost=" * 4_000,
    "client": b", client: x" * 5_000,
    "params": b' a="b' * 12_000,
    "attempts": b"maximum authentication attempts exceeded for " * 1_300,
    "hex": b"a:" * 30_000,
    "dots": b"a." * 30_000,
}
PREFIXES = [
    b"", b"Nov 23 10:04:05 web1 sshd[812]: ", b"Nov 23 10:04:05 web1 sshd[812]: Failed password for ", b"Nov 23 10:04:05 w sudo: an : ",
    b"Nov 23 10:04:05 w sshd[1]: error: PAM: ", b"Nov 23 10:04:05 w sshd[1]: pam_unix(sshd:auth): authentication failure; logname= uid=0 "
    b"euid=0 tty=ssh", b"Nov 23 10:04:05 m postfix/smtpd[1]: NOQUEUE: reject: RCPT from a[1]: 454 ", b"Nov 23 10:04:05 m dovecot: auth: pam(",
    b"Nov 23 10:04:05 m postfix/smtp[1]: 4F1D2A: to=<a> status=", b"Nov 23 10:04:05 m dovecot: imap-login: Disconnected: ",
    b'192.0.2.7 - - [23/Nov/2026:10:04:05 +0700] "GET ', b"<38>1 2026-11-23T10:04:05Z web1 sshd 812 ID1 [x@1",
    b"2026-11-23 10:04:05,678 WARN  [q] [", b"2026-11-23 10:04:05,678 WARN  [q] [] security - cmd=Auth; ",
    b'2026/11/23 10:04:05 [error] 9#9: *1 user "', b"[Mon Nov 23 10:04:05 2026] [core:error] ", b'{"event_type":"',
    b"2026-11-23 10:04:05 login authenticator failed for ", b"2026-11-23 10:04:05 H=a (", b"2026-11-23 10:04:05 <= a", b"2026-11-23 10:04:05 "
    b"SMTP protocol error in \"", b"2026-11-23 10:04:05 => a H=", b"2026-11-23 10:04:05 SA: Action: a:", b"2026-11-23 10:04:05,678 ERROR [",
    b"Nov 23 10:04:05 m sendmail[1]: s1GNXHYB005133: AUTH failure (a): ", b"Nov 23 10:04:05 m sendmail[1]: s1GNXHYB005133: to=<a>,",
    b"Nov 23 10:04:05 m sendmail[1]: s1GNXHYB005133: from=<a>, size=1, class=0, nrcpts=1", b"Nov 23 10:04:05 m imapd: LOGIN FAILED, user=",
    b"Nov 23 10:04:05 m imapd: LOGIN, user=", b"Nov 23 10:04:05 m cyrus/imap[1]: badlogin: a [192.0.2.7] plain ", b"Nov 23 10:04:05 m imapd[1]: "
    b"Login failed user=", b"Nov 23 10:04:05 m perdition.imap[1]: Auth: 192.0.2.7:1->192.0.2.8:2 ", b"Nov 23 10:04:05 m courieresmtpd: "
    b'error,relay=192.0.2.7,msg="', b"Nov 23 10:04:05 m proftpd[1]: a (b[192.0.2.7]) - USER ", b"Nov 23 10:04:05 m vsftpd[1]: [",
    b"Nov 23 10:04:05 m pure-ftpd: (a@192.0.2.7) [INFO] ", b"Nov 23 10:04:05 m dropbear[1]: Bad password attempt for '", b"Nov 23 10:04:05 m "
    b"haproxy[1]: 192.0.2.7:1 [x] f b/s 0/0/0/0/0 200 1 - - ---- 1/1/1/1/0 0/0 {", b"Nov 23 10:04:05 m roundcube: Login failed for ",
    b"Nov 23 10:04:05 m sogod [1]: Login from '192.0.2.7' for user '", b"Nov 23 10:04:05 m HORDE [error] FAILED LOGIN for ",
    b"Nov 23 10:04:05 m fail2ban.actions ", b"Nov 23 10:04:05 m systemd[1]: ", b"Nov 23 10:04:05 m useradd[1]: new user: name=",
    b"[23-Nov-2026 10:04:05 +0700]: Login failed for ", b"11/23/2026 10:04:05 [LOGIN_ERROR] ", b"Mon Nov 23 10:04:05 2026 [pid 1] [",
    b"1386543323.000 4 192.0.2.7 TCP_MISS/200 1 GET ", b"type=EXECVE msg=audit(1.1:1): ", b"type=USER_LOGIN msg=audit(1.1:2): msg='",
    b"type=SYSCALL msg=audit(1.1:3): a=\"", b"#Fields: date cs-method sc-status ", b"--abcdefgh-A--", b'{"method":"GET","uri":"/","status":200,"x":"',
    b'{"__REALTIME_TIMESTAMP":"1","MESSAGE":"',
]  # fmt: skip


@pytest.mark.parametrize("name", BLOWUPS)
def test_no_line_costs_more_than_its_length(name: str) -> None:
    data = b"\n".join(prefix + BLOWUPS[name] + tail for prefix in PREFIXES for tail in (b"", b" x", b"\\"))
    for source in ALL:
        start = time.process_time()
        account(source, data)
        source.recognise(given(data))
        spent = time.process_time() - start
        assert spent < 2.0, (source.name, spent)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n\n"])
def test_line_ends_and_nothing(end: bytes) -> None:
    for source in BY_LINE:
        assert list(source.read(given(end))) == []
    (event,) = named("web-access").read(given(SEEDS[0] + end))
    assert isinstance(event, Event)
    assert event.raw == SEEDS[0].decode()


def test_a_run_of_nul_before_a_line_costs_nothing_but_itself() -> None:
    for seed, source in ((SEEDS[0], named("web-access")), (SEEDS[1], named("syslog")), (SEEDS[6], named("zimbra"))):
        first, second = source.read(given(seed + b"\n" + b"\0" * 500 + seed + b"\n"))
        assert isinstance(first, Event)
        assert isinstance(second, Event)
        assert (second.src_ip, second.time) == (first.src_ip, first.time)
        assert second.raw.startswith("\0" * 500)


def test_a_stream_that_gives_single_bytes() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 1, 1) if size != -1 else 1)

    data = b"\n".join([*SEEDS[:2], b"x\xff"])
    slow = Input("h.log", "", len(data), data, Slow(data), modified=0)
    for source in BY_LINE:
        at_once = list(source.read(given(data)))
        slow.stream = Slow(data)
        assert [type(record) for record in source.read(slow)] == [type(record) for record in at_once]
