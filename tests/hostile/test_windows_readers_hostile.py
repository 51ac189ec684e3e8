"""Readers of Windows, antivirus and mail systems over crafted input: problems as values, bounded work, never an exception."""

from __future__ import annotations

import io
import json
import random
import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as forall
from hypothesis import strategies as st

from atttcli.errors import InputError
from atttcli.limits import Budget, Limits
from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record, Source
from atttcli.sources.antivirus.table import ANTIVIRUS_SOURCES
from atttcli.sources.cloud.table import CLOUD_SOURCES
from atttcli.sources.logs.cef import CefLog
from atttcli.sources.logs.leef import LeefLog
from atttcli.sources.windows.evtx import CHUNK, HEADER
from atttcli.sources.windows.table import WINDOWS_SOURCES
from tests.support.evtx_writing import WrittenEvent, file_of
from tests.support.reader_samples import cases

SOURCES: tuple[Source, ...] = (*WINDOWS_SOURCES, *ANTIVIRUS_SOURCES, *CLOUD_SOURCES, CefLog(), LeefLog())
NAMES = {source.name for source in SOURCES}
SAMPLES = {case.name: case.sample.read_bytes() for case in cases() if case.source in NAMES}
MARKS = (b'"', b"{", b"[", b"\\", b"|", b"\0", b"\xff\xfe", b"<", b"]]>", b"\n", b"=", b",", b"&x;")
SOON = 5.0  # CPU seconds that nothing here may take


def given(data: bytes, limits: Limits | None = None) -> Input:
    budget = Budget(limits) if limits else Budget()
    return Input("x", "", len(data), data[:65536], io.BytesIO(data), modified=1_795_403_045_000_000, budget=budget)


def read(source: Source, data: bytes, limits: Limits | None = None) -> list[Record]:
    """All records; only InputError may end it."""
    records: list[Record] = []
    began = time.process_time()
    try:
        source.recognise(given(data, limits))
        records.extend(source.read(given(data, limits)))
    except InputError:
        pass
    assert time.process_time() - began < SOON
    for record in records:
        assert isinstance(record, (Event, ReadProblem))
        if isinstance(record, Event):
            json.dumps(record.fields, default=str)
            record.raw.encode("utf-8", "backslashreplace")
            assert 0 <= record.src_port < 65_536
            assert 0 <= record.dst_port < 65_536
            assert record.time is None or abs(record.time) < 2**62
    return records


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@forall(st.binary(max_size=600))
def test_any_bytes(source: Source, data: bytes) -> None:
    read(source, data)
    read(source, b"ElfFile\0" + bytes(4088) + b"ElfChnk\0" + data)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_damaged_samples(name: str) -> None:
    """Every sample with bytes changed, cut out, doubled: by every reader of ours."""
    rng = random.Random(name)
    own = next(source for source in SOURCES if source.name == name.partition(".")[0])
    for turn in range(40 if len(SAMPLES[name]) < 20_000 else 12):
        data = bytearray(SAMPLES[name])
        for _ in range(rng.choice((1, 3, 30))):
            at = rng.randrange(len(data))
            kind = rng.randrange(4)
            if kind == 0:
                data[at] = rng.randrange(256)
            elif kind == 1:
                del data[at : at + rng.randrange(1, 60)]
            elif kind == 2:
                data[at:at] = data[at : at + rng.randrange(1, 200)]
            else:
                data[at:at] = rng.choice(
                    (b'"', b"{", b"[", b"\\", b"|", b"\0", b"\xff\xfe", b"<", b"]]>", b"\n", b"=", b",", b"&x;")
                )
            if not data:
                break
        read(own, bytes(data))
        if turn < 3:
            for source in SOURCES:
                read(source, bytes(data[:3000]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["Event", "System", "EventData", "UserData", "EventID", "Channel", "winlog", "event_data", "data", "win", "system",
             "eventdata", "agent", "rule", "groups", "level", "AuditData", "Operation", "CreationTime", "Parameters", "Name",
             "Value", "#text", "#attributes", "TimeCreated", "SystemTime", "Payload", "EventId", "Provider", "ProviderName", "Id",
             "LogName", "Properties", "Message", "status", "ipAddress", "createdDateTime", "userPrincipalName", "syscheck",
             "EventType", "UtcTime", "Keywords", "process", "thread", "user", "_source"]
        ),
        inner,
        max_size=6,
    ),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@forall(st.lists(st.dictionaries(st.text(max_size=8), JSON, max_size=5) | JSON, min_size=1, max_size=4), st.booleans())
def test_any_json_of_these_names(records: list[object], as_array: bool) -> None:
    data = json.dumps(records) if as_array else "\n".join(json.dumps(record) for record in records)
    for source in SOURCES:
        if source.name in ("windows-json", "wazuh", "m365-json", "m365-csv"):
            read(source, data.encode())


def bombs() -> dict[str, Callable[[], bytes]]:
    lol = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    event = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>"
    return {
        "deep json": lambda: b'{"Event":' * 200_000 + b"1" + b"}" * 200_000,
        "deep array": lambda: b"[" * 2_000_000,
        "open objects": lambda: b'[{"a":1' * 300_000,
        "endless string": lambda: b'{"EventID":1,"Channel":"' + b"a" * 5_000_000,
        "quotes": lambda: b'[{"' + b'"' * 3_000_000,
        "backslashes": lambda: b'[{"a":"' + b"\\" * 3_000_000,
        "many keys": lambda: json.dumps(
            {"EventID": 1, "Channel": "Security", **{f"k{n}": n for n in range(60_000)}}
        ).encode(),
        "xml bomb": lambda: f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "lol">{lol}]>{event}&a11;</Event>'.encode(),
        "xml deep": lambda: (event + "<a>" * 100_000 + "</Event>").encode(),
        "xml endless": lambda: event.encode() + b"<EventData><Data>" + b"x" * 6_000_000,
        "xml starts": lambda: event.encode() * 60_000,
        "xml ends": lambda: b"</Event>" * 500_000,
        "av deep": lambda: b"<AVReport><Malware>" + b"<Machine>" * 100_000,
        "av bomb": lambda: (
            f'<!DOCTYPE x [<!ENTITY a0 "lol">{lol}]><AVReport><Machine>&a11;</Machine></AVReport>'.encode()
        ),
        "av attributes": lambda: (
            b"<AVReport><Machine " + b" ".join(b'a%d="1"' % n for n in range(50_000)) + b"/></AVReport>"
        ),
        "cef pairs": lambda: b"CEF:0|a|b|c|d|e|1|" + b" a=b" * 200_000,
        "cef escapes": lambda: b"CEF:0|" + b"\\|" * 400_000,
        "cef spaces": lambda: b"CEF:0|a|b|c|d|e|1|" + b" " * 900_000 + b"=",
        "leef equals": lambda: b"LEEF:2.0|a|b|c|d|" + b"=" * 900_000,
        "leef tabs": lambda: b"LEEF:1.0|a|b|c|d|" + b"a=b\t" * 200_000,
        "colons": lambda: b": " * 450_000 + b" FOUND\n" + b"x: y FOUND\n" * 10,
        "long lines of colons": lambda: (b": " * 2_000 + b" FOUND\n") * 700,
        "csv quotes": lambda: b"RecordId,AuditData\n" + b'"' * 3_000_000,
        "csv one field": lambda: b'RecordId,AuditData\n1,"' + b"a" * 3_000_000,
        "csv columns": lambda: b"Ten may,Ten virus,Duong dan" + b",x" * 400_000 + b"\n" + b"a,b,c\n" * 10,
        "exchange commas": lambda: b"#Fields: date-time,connector-id,remote-endpoint,event,data\n" + b"," * 900_000,
        "fields lines": lambda: b"#Fields: date-time,connector-id,remote-endpoint,event,data\n" * 20_000,
    }


@pytest.mark.parametrize("name", sorted(bombs()))
def test_bombs_cost_little(name: str) -> None:
    data = bombs()[name]()
    for source in SOURCES:
        read(source, data)


def test_a_record_beyond_the_limit_is_told_and_the_rest_is_read() -> None:
    limits = Limits(line_bytes=2000)
    good = json.dumps({"Event": {"System": {"EventID": 1, "Channel": "Security"}, "EventData": {}}})
    big = json.dumps({"Event": {"System": {"EventID": 2, "Channel": "Security"}, "EventData": {"a": "x" * 600_000}}})
    (source,) = (source for source in SOURCES if source.name == "windows-json")
    found = read(source, f"[\n{good},\n{big},\n{good}\n]".encode(), limits)
    assert [type(record).__name__ for record in found] == ["Event", "ReadProblem", "Event"]
    found = read(source, f"{good}\n{big}\n{good}\n".encode(), limits)
    assert [type(record).__name__ for record in found] == ["Event", "ReadProblem", "Event"]


@settings(max_examples=40, deadline=None)
@forall(st.lists(st.tuples(st.integers(0, CHUNK - 9), st.binary(min_size=1, max_size=8)), max_size=30))
def test_evtx_with_bytes_changed(changes: list[tuple[int, bytes]]) -> None:
    events = [WrittenEvent("p", 4624, "Security", "pc", number, 0, {"a": "b"}) for number in range(1, 20)]
    data = bytearray(file_of([events, events]))
    for at, new in changes:
        data[HEADER + at : HEADER + at + len(new)] = new
    found = read(SOURCES[0], bytes(data[: HEADER + 2 * CHUNK]))
    assert sum(isinstance(record, Event) for record in found) >= 19  # the second chunk is untouched
