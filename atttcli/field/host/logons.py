"""Who logged on lately: the binary records of Linux (wtmp, btmp, utmp, lastlog). Python 3.8-clean.

A record of utmp is 384 bytes with 32-bit times on all common machines (glibc); one of lastlog is 292.
"""

from __future__ import annotations

import os
import socket
import struct
from collections import Counter
from typing import Dict, Generator, Iterator, List, NamedTuple, Tuple

from atttcli.field import account
from atttcli.field.host.check import ADDRESS, Asked, Missed, Observation, Scope, Seen
from atttcli.field.host.commands import remote_address
from atttcli.field.host.homes import accounts
from atttcli.field.opening import NotReadable

RECORD = struct.Struct("<hxxi32s4s32s256shhiii16s20x")
LAST = struct.Struct("<i32s256s")
_MOST = 32 * 1024 * 1024
_MOST_SHOWN = 500
_MOST_ACCOUNTS = 20_000
_USER, _BOOT, _DEAD = 7, 2, 8
_MANY_FAILED = 1000
_BACKWARDS = 86_400  # a clock that is set back by less is no sign


class Logon(NamedTuple):
    """One record. `time` in seconds since 1970; `address` is empty for the console."""

    kind: int
    pid: int
    line: str
    user: str
    host: str
    time: int
    address: str


def read_records(data: bytes) -> Iterator[Tuple[int, Logon]]:
    """Whole records with their number; those that are all zero are given as kind 0 without a time."""
    for number in range(len(data) // RECORD.size):
        kind, pid, line, _id, user, host, _term, _exit, _session, at, _micros, address = RECORD.unpack_from(
            data, number * RECORD.size
        )
        yield number, Logon(kind, pid, _text(line), _text(user), _text(host), at & 0xFFFFFFFF, _address(address))


def look(scope: Scope) -> Iterator[Seen]:
    """Log-ons (the latest), holes in their record, failed ones by source, last log-on of each account."""
    for path in ("/var/log/wtmp", "/run/utmp"):
        data = yield from _data(scope, path)
        records = [one for _number, one in read_records(data)]
        users = [one for one in records if one.kind == _USER]
        for one in users[-_MOST_SHOWN:]:
            yield _logon(path, one)
        if path.endswith("wtmp"):
            yield from _holes(path, records)
    data = yield from _data(scope, "/var/log/btmp")
    yield from _failed("/var/log/btmp", [one for _number, one in read_records(data)])
    yield from _last(scope)


def _data(scope: Scope, path: str) -> Generator[Seen, None, bytes]:
    """The latest records of a file; empty when there is none."""
    try:
        data, _before = scope.root.read_end(path, _MOST, RECORD.size)
    except NotReadable as refused:
        if refused.why != account.VANISHED:
            yield Missed(path, refused.why)
        return b""
    scope.spending.spend(len(data))
    return data


def _logon(path: str, one: Logon) -> Observation:
    detail = {"user": one.user, "line": one.line, "from": one.host or one.address, "time": one.time}
    return Observation(f"{path}: {one.user}@{one.host or one.address or one.line}", detail, (), _asked(one))


def _asked(one: Logon) -> Tuple[Asked, ...]:
    found = {remote_address(text) for text in (one.address, one.host) if text}
    return tuple((ADDRESS, address) for address in sorted(filter(None, found)))


def _holes(path: str, records: List[Logon]) -> Iterator[Seen]:
    """Blank records in the middle, and times that go back by more than a day."""
    blank = sum(1 for one in records[:-1] if one.kind == 0 and not one.time and not one.line and not one.user)
    back, latest = 0, 0
    for one in records:
        if one.time and one.time < latest - _BACKWARDS and one.kind in (_USER, _BOOT, _DEAD):
            back += 1
        latest = max(latest, one.time)
    if blank or back:
        yield Observation(path, {"blank": blank, "back_in_time": back, "records": len(records)}, ("host.logon-erased",))


def _failed(path: str, records: List[Logon]) -> Iterator[Seen]:
    sources: Dict[str, int] = Counter(one.host or one.address or "console" for one in records)
    for source, count in sorted(sources.items(), key=lambda pair: (-pair[1], pair[0]))[:200]:
        users = sorted({one.user for one in records if (one.host or one.address or "console") == source})[:20]
        rules = ("host.logon-many-failed",) if count >= _MANY_FAILED else ()
        address = remote_address(source)
        asked = ((ADDRESS, address),) if address else ()
        yield Observation(f"{path}: {source}", {"count": count, "users": users}, rules, asked)


def _last(scope: Scope) -> Iterator[Seen]:
    """One record for each user number, at its place: the file is as long as the highest number, and mostly a hole."""
    path = "/var/log/lastlog"
    try:
        listed = accounts(scope.root)
        fd, info = scope.root.open(path)
    except NotReadable as refused:
        if refused.why != account.VANISHED:
            yield Missed(path, refused.why)
        return
    try:
        for one in listed[:_MOST_ACCOUNTS]:
            place = one.uid * LAST.size
            if place + LAST.size > info.st_size:
                continue
            os.lseek(fd, place, os.SEEK_SET)
            data = os.read(fd, LAST.size)
            time, line, host = LAST.unpack(data) if len(data) == LAST.size else (0, b"", b"")
            if time:
                address = remote_address(_text(host))
                detail = {"user": one.name, "line": _text(line), "from": _text(host), "time": time & 0xFFFFFFFF}
                yield Observation(f"{path}: {one.name}", detail, (), ((ADDRESS, address),) if address else ())
    finally:
        os.close(fd)


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def _address(raw: bytes) -> str:
    if not any(raw):
        return ""
    if not any(raw[4:]):
        return socket.inet_ntoa(raw[:4])
    return socket.inet_ntop(socket.AF_INET6, raw) if hasattr(socket, "inet_ntop") else ""
