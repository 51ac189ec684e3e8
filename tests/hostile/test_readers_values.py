"""Every reader's own sample with impossible values put where its dates, numbers, addresses and words stand.

Nothing of it may end a reading: each record is an event that can be stored, shown in any zone and put in a column, or a
problem.
"""

from __future__ import annotations

import io
import json
import random
import re
from zoneinfo import ZoneInfo

import msgspec
import pytest

from atttcli.clock import from_micros
from atttcli.errors import InputError
from atttcli.ingest.route import recognise
from atttcli.model.event import Event
from atttcli.source import Input
from tests.support.reader_samples import ReaderCase, cases

ROUNDS = 25
ZONES = (ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Midway"))
TEXT = (
    "host",
    "user",
    "src_ip",
    "dst_ip",
    "domain",
    "url",
    "hash",
    "action",
    "outcome",
    "category",
    "product",
    "service",
)
VALUES = [
    b"0000-00-00T00:00:00Z", b"0001-01-01T00:00:00+23:59", b"9999-12-31T23:59:59.999999-23:59", b"9999-12-31T23:59:60Z",
    b"2026-02-30T25:61:61+99:99", b"2026-12-31T23:59:60+07:00", b"2026-11-23T10:00:00+99:99", b"31/02/2026", b"Feb 29 24:00:00",
    b"29/Feb/2025:10:00:00 +9999", b"Dec 31 23:59:60", b"99999999999999999999", b"1e400", b"-1e400", b"NaN", b"Infinity",
    b"-Infinity", b"1" + b"0" * 400, b"1" + b"0" * 5000, b"-9223372036854775809", b"9223372036854775807",
    b"18446744073709551616", b"253402300800", b"-62135596801", b"253402300799999", b"999999999999.999", b"\\ud800",
    b"\xed\xa0\x80", b"\xd9\xa3\xd9\xa4", b"\xc2\xb2", b"\xe2\x91\xa0", b"65536", b"-1", b"0", b"1.5", b"", b"null", b"true",
    b"[]", b"{}", b"[[]]", b'{"a":1}', b'""', b"[" * 3000, b'{"a":' * 3000, b"(" * 3000, b'"' * 3001, b"\\" * 3001,
    b"a=" * 3000, b" " * 3000, b"\x00" * 3000, b"::" * 500, b"1.1.1.1.1.1", b"999.999.999.999", b"fe80::1%" + b"x" * 200,
    b"[::1", b"http://[", b"http://[::1]:99999999/", b"//x:y@[z", b"user@" * 50, b"http://a:\xc2\xb2/",
]  # fmt: skip
PLACES = re.compile(
    rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|"
    rb"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}|\d{1,3}(?:\.\d{1,3}){3}|-?\d+(?:\.\d+)?|\"[^\"]*\"|[A-Za-z_@.-]{3,}"
)
CASES = [case for case in cases() if case.sample.suffix not in (".evtx", ".xlsx", ".gz")]


def spoiled(data: bytes, chance: random.Random) -> bytes:
    """The sample with one to five of its values replaced."""
    found = list(PLACES.finditer(data))
    out = bytearray(data)
    for place in sorted(
        chance.sample(found, min(len(found), chance.choice((1, 1, 2, 5)))), key=lambda one: -one.start()
    ):
        out[place.start() : place.end()] = chance.choice(VALUES)
    return bytes(out)


def given(case: ReaderCase, data: bytes) -> Input:
    return Input(case.sample.name, "ab" * 32, len(data), data[:65536], io.BytesIO(data), modified=1_795_000_000_000_000)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_value_ends_a_reading(case: ReaderCase) -> None:
    source, chance = case.reader(), random.Random(case.name)
    assert source is not None
    data = case.sample.read_bytes()
    for _ in range(ROUNDS):
        made = spoiled(data, chance)
        recognise(given(case, made))
        try:
            records = list(source.read(given(case, made)))
        except InputError:
            continue
        for record in records:
            if isinstance(record, Event):
                fits(record)


def fits(event: Event) -> None:
    assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event
    json.dumps(msgspec.to_builtins(event), allow_nan=False)
    assert 0 <= event.src_port < 65_536 and 0 <= event.dst_port < 65_536
    assert all(type(getattr(event, name)) is str for name in TEXT)
    if event.time is not None:
        for zone in ZONES:
            from_micros(event.time, zone)
