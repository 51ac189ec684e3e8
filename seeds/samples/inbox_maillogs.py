"""The official mail server's evening: a password spray that finds one mailbox, and what that mailbox then sends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import inbox_story as story
from inbox_story import after, dice

_DELIVERED = 20
_THREAD = "qtp509886383-{0}:https://mail.backan.gov.vn/service/soap/AuthRequest"


def audit_log() -> str:
    """Zimbra audit.log: failures over forty mailboxes from one address, then success for one of them."""
    return "".join(_stamp(when) + text for when, text in sorted(_audit()))


def _audit() -> Iterator[tuple[datetime, str]]:
    boxes = story.mailboxes()
    for index, box in enumerate(boxes):  # people at work
        if index % 3 == 0:
            when = after(story.PHISH_AT, index * 97)
            yield when, _auth(index, box, f"10.10.{3 + index}.12", "ZimbraWebClient - GC90 (Win)", "")
    for turn in range(2):
        for index, box in enumerate(boxes):
            when = after(story.SPRAY_AT, turn * 900 + index * 15)
            yield when, _auth(100 + index, box, story.SPRAYER, "zclient/8.8.15_GA_3829", box)
    when = after(story.SPRAY_AT, 2280)
    yield when, _auth(190, story.COMMUNE_MAILBOX, story.SPRAYER, "zclient/8.8.15_GA_3829", "")


def _auth(number: int, box: str, address: str, agent: str, failed: str) -> str:
    head = f"[{_THREAD.format(number)}] [name={box};oip={address};ua={agent};soapId={number:x};]"
    end = f" error=authentication failed for [{failed}], invalid password;" if failed else ""
    level = "WARN " if failed else "INFO "
    return f" {level} {head} security - cmd=Auth; account={box}; protocol=soap;{end}\n"


def mailbox_log() -> str:
    """Zimbra mailbox.log of the same hours: the handler's view of failures, and the use of the taken mailbox."""
    rows: list[tuple[datetime, str]] = []
    for index, box in enumerate(story.mailboxes()[:20]):
        head = f"[{_THREAD.format(100 + index)}] [name={box};oip={story.SPRAYER};ua=zclient/8.8.15_GA_3829;soapId={index:x};]"
        text = f" INFO  {head} SoapEngine - handler exception: authentication failed for [{box}], invalid password\n"
        rows.append((after(story.SPRAY_AT, index * 15 + 0.2), text))
    box = story.COMMUNE_MAILBOX
    session = f"name={box};mid=88;oip={story.SPRAYER};ua=zclient/8.8.15_GA_3829;soapId=bf;"
    head = f"[qtp509886383-191:https://{story.MAIL_NAME}/service/soap/SearchRequest] [{session}]"
    rows.extend(
        (after(story.SPRAY_AT, 2300 + index * 9), f" INFO  {head} soap - SearchRequest elapsed={3 + index}\n")
        for index in range(6)
    )
    return "".join(_stamp(when) + text for when, text in sorted(rows))


def _stamp(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S},{when.microsecond // 1000:03d}"


def mail_log(messages: int = 12, recipients: int = 50) -> str:
    """Postfix: the taken mailbox sends 12 messages to 50 addresses each within ten minutes, among ordinary post.

    Twenty of each fifty are delivered or refused; the rest still waits in the queue when the log ends.
    """
    random = dice("postfix")
    rows: list[tuple[datetime, str]] = []
    for index in range(20):
        when = after(story.SENDING_AT, -7200 + index * 400)
        rows.extend(_message(when, f"3B{index:08X}", story.mailboxes()[index], "10.10.3.12", 1, random.randrange(900)))
    for index in range(messages):
        when = after(story.SENDING_AT, index * 45)
        rows.extend(
            _message(when, f"4F{index:08X}", story.COMMUNE_MAILBOX, story.SPRAYER, recipients, index * recipients)
        )
    rows.sort(key=lambda row: row[0])
    return "".join(f"{when:%b %e %H:%M:%S} {story.MAIL_HOST} {text}\n" for when, text in rows)


def _message(
    when: datetime, queue: str, sender: str, client: str, recipients: int, first: int
) -> Iterator[tuple[datetime, str]]:
    login = f"client=unknown[{client}], sasl_method=LOGIN, sasl_username={sender}"
    yield when, f"postfix/smtps/smtpd[2211]: {queue}: {login}"
    yield after(when, 1), f"postfix/qmgr[1201]: {queue}: from=<{sender}>, size=4312, nrcpt={recipients} (queue active)"
    for number in range(min(recipients, _DELIVERED)):
        to = f"nguoinhan{first + number}@dontri.example"
        state = "dsn=2.0.0, status=sent (250 2.0.0 Ok)"
        if number % 9 == 8:
            state = "dsn=5.1.1, status=bounced (host mx.dontri.example[2001:db8:2::25] said: 550 5.1.1 No such user)"
        relay = "relay=mx.dontri.example[2001:db8:2::25]:25, delay=1.2, delays=0.1/0/0.5/0.6"
        yield after(when, 2 + number / 25), f"postfix/smtp[2301]: {queue}: to=<{to}>, {relay}, {state}"
    if recipients <= _DELIVERED:
        yield after(when, 4), f"postfix/qmgr[1201]: {queue}: removed"
