"""Linux, web and mail readers against generated lines: what was put in comes out, whatever the client chose as its name."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Source
from atttcli.sources import LOG_SOURCES
from atttcli.sources.logs.webformat import web_format

ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6).filter(lambda one: one.ipv4_mapped is None)).map(str)  # type: ignore[union-attr]
# Names that imitate what the server writes after them: brackets, `ip=[...]`, `from 192.0.2.1`.
NAMES = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20),
    st.sampled_from(
        ["an", "x, ip=[192.0.2.1]", "x from 192.0.2.1", "a@b.example", "x, relay=[192.0.2.1]", "x' from 192.0.2.1:1"]
    ),
)
MINE = ("exim", "vsftpd", "webmail", "modsecurity", "iis", "squid", "web-json", "auditd", "journal-json", "journal-export",
        "application", "syslog", "web-access", "web-error", "zimbra")  # fmt: skip
FEW = settings(max_examples=60, deadline=None)


def named(name: str) -> Source:
    return next(source for source in LOG_SOURCES if source.name == name)


def inputs(data: bytes) -> Input:
    return Input("p.log", "", len(data), data[:65536], io.BytesIO(data), modified=1_795_402_345_000_000)


def one(name: str, line: str) -> Event:
    (found,) = named(name).read(inputs(line.encode() + b"\n"))
    assert isinstance(found, Event), found
    return found


LOGINS = {
    "courier": "Nov 23 10:04:05 m imapd: LOGIN FAILED, user={user}, ip=[{ip}]",
    "sendmail": "Nov 23 10:04:05 m sm-mta[1]: 14NNx65Q065815: AUTH failure (LOGIN): x, user={user}, relay=[{ip}]",
    "uw": "Nov 23 10:04:05 m imapd[1]: Login failed user={user} auth=x host=y [{ip}]",
    "dropbear": "Nov 23 10:04:05 m dropbear[1]: Bad password attempt for '{user}' from {ip}:4000",
    "proftpd": "Nov 23 10:04:05 m proftpd[1]: h (c[{ip}]) - USER {user} (Login failed): Incorrect password.",
    "sogo": "Nov 23 10:04:05 m sogod [1]: Login from '{ip}' for user '{user}' might not have worked - x",
}


@FEW
@pytest.mark.parametrize("form", LOGINS)
@given(user=NAMES, ip=ADDRESSES)
def test_no_name_changes_the_address_of_a_failed_login(form: str, user: str, ip: str) -> None:
    found = one("syslog", LOGINS[form].format(user=user, ip=ip))
    assert (found.action, found.outcome) == ("login", "failure")
    assert found.src_ip == ip


@FEW
@given(user=st.from_regex(r"[a-z0-9._@-]{1,30}", fullmatch=True), ip=ADDRESSES, port=st.integers(1, 65535))
def test_exim(user: str, ip: str, port: int) -> None:
    found = one(
        "exim", f"2026-11-23 10:04:05 login authenticator failed for (x) [{ip}]:{port}: 535 Incorrect (set_id={user})"
    )
    assert (found.action, found.outcome, found.user, found.src_ip, found.src_port) == (
        "login",
        "failure",
        user,
        ip,
        port,
    )


@FEW
@given(
    argv=st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=12),
        min_size=1,
        max_size=6,
    )
)
def test_auditd_gives_back_the_arguments(argv: list[str]) -> None:
    argv = [text.rstrip("\0").replace("\0", " ") or "x" for text in argv]
    encoded = " ".join(f"a{number}={text.encode().hex().upper()}" for number, text in enumerate(argv))
    log = (
        f'type=SYSCALL msg=audit(1795402345.678:1): syscall=59 success=yes ppid=1 pid=2 uid=0 exe="/bin/x"\n'
        f"type=EXECVE msg=audit(1795402345.678:1): argc={len(argv)} {encoded}\n"
    )
    (found,) = named("auditd").read(inputs(log.encode()))
    assert isinstance(found, Event)
    assert found.category == "process_creation"
    assert found.fields["CommandLine"] == " ".join(argv)
    assert [found.fields[f"a{number}"] for number in range(len(argv))] == argv


@FEW
@given(order=st.permutations(range(12)), serials=st.lists(st.integers(1, 4), min_size=12, max_size=12))
def test_auditd_joins_by_serial_in_any_order(order: list[int], serials: list[int]) -> None:
    lines = [f'type=PATH msg=audit(1795402345.000:{serials[at]}): item={at} name="/f{at}"' for at in order]
    found = [record for record in named("auditd").read(inputs("\n".join(lines).encode())) if isinstance(record, Event)]
    assert len(found) == len(set(serials))
    assert sorted(line for event in found for line in event.raw.split("\n")) == sorted(lines)


@FEW
@given(message=st.binary(max_size=300), name=st.sampled_from(["sshd", "app", "postfix/smtpd"]))
def test_journal_export_keeps_any_bytes_in_their_field(message: bytes, name: str) -> None:
    entry = b"__CURSOR=s\n__REALTIME_TIMESTAMP=1795402345000000\nSYSLOG_IDENTIFIER=" + name.encode() + b"\nMESSAGE\n"
    data = (entry + len(message).to_bytes(8, "little") + message + b"\n_PID=7\n\n") * 2
    found = list(named("journal-export").read(inputs(data)))
    assert len(found) == 2
    for event in found:
        assert isinstance(event, Event)
        assert event.fields["MESSAGE"] == message.decode("utf-8", "backslashreplace")
        assert event.fields["pid"] == 7
        json.dumps(event.fields)


@FEW
@given(
    agent=st.text(st.characters(codec="ascii", exclude_categories=("C",)), max_size=30),
    ip=ADDRESSES,
    status=st.integers(100, 599),
)
def test_a_format_reads_what_it_writes(agent: str, ip: str, status: int) -> None:
    quoted = agent.replace("\\", "\\\\").replace('"', '\\"')
    line = f'{ip} [23/Nov/2026:10:04:05 +0700] "GET /a HTTP/1.1" {status} "{quoted}" 12'
    (found,) = web_format('%h %t "%r" %>s "%{User-Agent}i" %D').read(inputs(line.encode() + b"\n"))
    assert isinstance(found, Event), found
    assert (found.src_ip, found.fields["sc-status"], found.url, found.fields["D"]) == (ip, status, "/a", "12")
    assert found.fields.get("cs-user-agent", quoted) == quoted or quoted == "-"


@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("name", MINE)
@given(
    data=st.one_of(
        st.binary(max_size=400), st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass"))
    )
)
def test_garbage_gives_problems_never_exceptions(name: str, data: bytes) -> None:
    source = named(name)
    source.recognise(inputs(data))
    for record in source.read(inputs(data)):
        assert isinstance(record, (Event, ReadProblem))
