"""Mail logs: postfix, dovecot, Zimbra, nginx as mail proxy."""

from __future__ import annotations

import pytest
from log_reading import chosen, event, read

from atttcli.clock import parse_moment
from atttcli.model.event import Event
from atttcli.source import ReadProblem

HEAD = "Nov 23 10:04:05 mail "


def test_postfix_sasl_failure() -> None:
    found = event(
        "syslog", HEAD + "postfix/smtpd[1]: warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6"
    )
    assert (found.category, found.product, found.service) == ("mail", "postfix", "smtpd")
    assert (found.action, found.outcome, found.src_ip) == ("login", "failure", "192.0.2.7")
    assert found.fields["method"] == "LOGIN"


def test_postfix_sasl_failure_with_a_name() -> None:
    found = event(
        "syslog",
        HEAD + "postfix/submission/smtpd[1]: warning: host.example[2001:db8::7]: SASL PLAIN authentication failed: "
        "(reason unavailable), sasl_username=an@backan.example",
    )
    assert (found.user, found.src_ip, found.outcome) == ("an@backan.example", "2001:db8::7", "failure")


def test_postfix_login_and_mass_sending() -> None:
    login = event(
        "syslog",
        HEAD + "postfix/smtpd[1]: 4F1D2A: client=unknown[192.0.2.7], sasl_method=LOGIN, sasl_username=an@x.example",
    )
    assert (login.action, login.outcome, login.user, login.fields["queue_id"]) == (
        "login",
        "success",
        "an@x.example",
        "4F1D2A",
    )
    queued = event("syslog", HEAD + "postfix/qmgr[1]: 4F1D2A: from=<an@x.example>, size=1234, nrcpt=250 (queue active)")
    assert (queued.action, queued.user, queued.fields["nrcpt"], queued.fields["size"]) == (
        "send",
        "an@x.example",
        250,
        1234,
    )


@pytest.mark.parametrize(("status", "outcome"), [("sent", "success"), ("bounced", "failure"), ("deferred", "")])
def test_postfix_delivery(status: str, outcome: str) -> None:
    found = event(
        "syslog",
        HEAD + "postfix/smtp[1]: 4F1D2A: to=<b@y.example>, orig_to=<c@y.example>, relay=mx.y.example[198.51.100.3]:25, "
        f"delay=1.2, delays=0.1/0/0.5/0.6, dsn=2.0.0, status={status} (250 2.0.0 Ok: queued as X)",
    )
    assert (found.action, found.outcome, found.dst_ip, found.dst_port) == ("deliver", outcome, "198.51.100.3", 25)
    assert (found.fields["to"], found.fields["status"], found.domain) == ("b@y.example", status, "mx.y.example")


def test_postfix_reject_and_connections() -> None:
    found = event(
        "syslog",
        HEAD
        + "postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 454 4.7.1 <v@z.example>: Relay access denied; "
        "from=<s@z.example> to=<v@z.example> proto=ESMTP helo=<WIN-1>",
    )
    assert (found.action, found.src_ip, found.fields["helo"], found.fields["from"]) == (
        "reject",
        "192.0.2.7",
        "WIN-1",
        "s@z.example",
    )
    assert event("syslog", HEAD + "postfix/smtpd[1]: connect from a.example[192.0.2.7]").action == "connect"
    gone = event("syslog", HEAD + "postfix/smtpd[1]: disconnect from a.example[192.0.2.7] ehlo=1 auth=0/1 commands=1/2")
    assert (gone.action, gone.src_ip) == ("disconnect", "192.0.2.7")
    lost = event("syslog", HEAD + "postfix/smtpd[1]: lost connection after AUTH from unknown[192.0.2.7]")
    assert (lost.action, lost.fields["stage"], lost.src_ip) == ("disconnect", "AUTH", "192.0.2.7")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("imap-login: Login: user=<an@x.example>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1, mpid=5, TLS, session=<ab>",
         ("login", "success", "an@x.example", "192.0.2.7")),
        ("pop3-login: Disconnected (auth failed, 3 attempts in 6 secs): user=<an>, method=PLAIN, rip=2001:db8::7, lip=::1",
         ("login", "failure", "an", "2001:db8::7")),
        ("imap-login: Aborted login (auth failed, 1 attempts): user=<rip=203.0.113.9>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1",
         ("login", "failure", "rip=203.0.113.9", "192.0.2.7")),
        ("imap-login: Disconnected (no auth attempts in 2 secs): user=<>, rip=192.0.2.7, lip=192.0.2.1",
         ("disconnect", "", "", "192.0.2.7")),
        ("auth-worker(5): pam(an,192.0.2.7): unknown user", ("authentication", "failure", "an", "192.0.2.7")),
        ("auth: passwd-file(an@x.example,192.0.2.7,<s>): Password mismatch", ("authentication", "failure", "an@x.example",
          "192.0.2.7")),
    ],
)  # fmt: skip
def test_dovecot(message: str, expected: tuple[str, str, str, str]) -> None:
    for line in (HEAD + "dovecot: " + message, "2026-11-23T10:04:05.123456+07:00 mail dovecot[7]: " + message):
        found = event("syslog", line)
        assert (found.action, found.outcome, found.user, found.src_ip) == expected
    own_file = event("syslog", "Nov 23 10:04:05 " + message)
    assert (own_file.product, own_file.action, own_file.src_ip) == ("dovecot", expected[0], expected[3])


def test_a_password_that_dovecot_wrote_is_not_repeated_in_the_fields() -> None:
    found = event("syslog", HEAD + "dovecot: auth-worker(1): sql(an,192.0.2.7): unknown user (given password: hunter2)")
    assert "hunter2" not in found.fields["reason"]


AUDIT = (
    "2026-11-23 10:04:05,678 {level}  [qtp1-7:https://mail/service/soap/AuthRequest] [{context}] security - {message}"
)


def test_zimbra_audit() -> None:
    context = "name=an@x.example;oip=192.0.2.7;ip=10.0.0.2;port=5123;ua=ZimbraWebClient - GC88;soapId=1;"
    good = event(
        "zimbra", AUDIT.format(level="INFO", context=context, message="cmd=Auth; account=an@x.example; protocol=soap;")
    )
    assert (good.service, good.action, good.outcome, good.user, good.src_ip) == (
        "audit",
        "login",
        "success",
        "an@x.example",
        "192.0.2.7",
    )
    assert good.time == parse_moment("2026-11-23 10:04:05") + 678_000
    bad = event(
        "zimbra",
        AUDIT.format(
            level="WARN", context="ip=192.0.2.8;ua=x;",
            message="cmd=Auth; account=an@x.example; protocol=imap; error=authentication failed for [an], invalid password;",
        ),
    )  # fmt: skip
    assert (bad.outcome, bad.src_ip, bad.fields["protocol"]) == ("failure", "192.0.2.8", "imap")
    assert bad.fields["error"].startswith("authentication failed")


def test_zimbra_mailbox_with_a_stack_trace() -> None:
    log = (
        "2026-11-23 10:04:05,678 WARN  [qtp1] [name=an@x.example;oip=192.0.2.7;] SoapEngine - handler exception\n"
        "com.zimbra.cs.account.AccountServiceException$AuthFailedServiceException: authentication failed for [an]\n"
        "\tat com.zimbra.cs.account.AccountServiceException.AUTH_FAILED(AccountServiceException.java:100)\n"
        "2026-11-23 10:04:06,000 INFO  [qtp1] [oip=192.0.2.7;] SoapEngine - handler exception: "
        "authentication failed for [an@x.example], account not found\n"
    )
    first, second = read("zimbra", log)
    assert isinstance(first, Event)
    assert isinstance(second, Event)
    assert first.raw.count("\n") == 2
    assert first.fields["trace"].startswith("com.zimbra")
    assert (second.action, second.outcome, second.user, second.line) == ("login", "failure", "an@x.example", 4)
    assert chosen(log) == "zimbra"


def test_an_endless_trace_goes_on_in_further_events() -> None:
    log = "2026-11-23 10:04:05,678 WARN  [q] [] soap - x\n" + "\tat a.b.C\n" * 1000
    records = read("zimbra", "\tat orphan\n" + log)
    assert isinstance(records[0], ReadProblem)
    events = [record for record in records if isinstance(record, Event)]
    assert sum(event.raw.count("\n") + 1 for event in events) == 1001
    assert {event.fields.get("continues") for event in events} == {None, 2}
    assert {event.time for event in events} == {events[0].time}


def test_nginx_mail_proxy() -> None:
    found = event(
        "web-error",
        '2026/11/23 10:04:05 [info] 8#8: *66 client login failed: "Authentication credentials invalid" while in http auth state, '
        'client: 192.0.2.7, server: 0.0.0.0:143, login: "an@x.example"',
    )
    assert (found.category, found.action, found.outcome) == ("mail", "login", "failure")
    assert (found.user, found.src_ip) == ("an@x.example", "192.0.2.7")
