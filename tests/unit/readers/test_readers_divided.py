"""A log cut between lines reads part by part as it does whole, for the readers of which `dividing` says so."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from atttcli.source import Input, Record, Source
from atttcli.sources import LOG_SOURCES
from atttcli.sources.dividing import BY_LINES, is_divisible
from atttcli.sources.logs.webformat import web_format
from tests.support.reader_samples import cases

READERS: dict[str, Source] = {one.name: one for one in LOG_SOURCES}
READERS["web-format"] = web_format('%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"')
SAMPLES = [case for case in cases() if (case.source in BY_LINES and not (case.folder / "mapping.yaml").exists())]
LINED = [case for case in SAMPLES if is_divisible(READERS[case.source], case.given())]
ODD = [
    b"", b"   ", b"\t\0", b"\xff\xfe nothing of this kind", b"{broken", b"\xef\xbb\xbf{}", b"last message repeated 3 times",
    b"\0" * 40, b"--MARK--", b"x" * 300, '{"a": "\u212a"}'.encode(), b"    at com.example.Main(Main.java:1)", b"#Fields: a b",
]  # fmt: skip


def lines_of(name: str) -> list[bytes]:
    """Lines of our samples that this reader takes one by one."""
    source = "web-access" if name == "web-format" else name
    found = [
        line
        for case in SAMPLES
        if case.source == source and is_divisible(READERS[source], case.given())
        for line in case.given().stream.read().split(b"\n")
    ]
    return [line for line in found if line.strip()]


def objects_of(name: str) -> list[bytes]:
    """The objects of a sample that is one array, a line each."""
    data = next(case.sample for case in SAMPLES if case.source == name).read_bytes()
    return [json.dumps(one).encode() for one in json.loads(data)]


LINES = {name: lines_of(name) for name in sorted(BY_LINES)}
LINES["m365-json"] += objects_of("m365-json")
LINES["text-lines"] += [b"2026-11-23 10:00:00 something happened", b"and Nov 23 10:00:01 something else"]


def read(reader: Source, whole: Input, data: bytes, first_line: int = 1, first_offset: int = 0) -> list[Record]:
    part = replace(whole, stream=io.BytesIO(data), first_line=first_line, first_offset=first_offset, assumed={})
    return list(reader.read(part))


def in_parts(reader: Source, whole: Input, data: bytes, cuts: set[int]) -> list[Record]:
    """Read by pieces; `cuts` are the numbers of lines (from 0) before which a part begins."""
    lines = io.BytesIO(data).readlines()
    found: list[Record] = []
    begun, offset = 0, 0
    for number in [*sorted(cut for cut in cuts if 0 < cut < len(lines)), len(lines)]:
        part = b"".join(lines[begun:number])
        found += read(reader, whole, part, begun + 1, offset)
        begun, offset = number, offset + len(part)
    return found


def test_every_such_reader_has_lines_of_ours() -> None:
    assert READERS.keys() >= BY_LINES
    assert [name for name, lines in LINES.items() if not lines] == []


@pytest.mark.parametrize("case", LINED, ids=[case.name for case in LINED])
def test_a_sample_line_by_line(case) -> None:
    given = case.given()
    reader = READERS[case.source]
    data = given.stream.read()
    assert in_parts(reader, given, data, set(range(data.count(b"\n") + 1))) == read(reader, given, data)


@pytest.mark.parametrize("name", sorted(BY_LINES))
@settings(max_examples=25)
@drawn(data=st.data())
def test_any_lines_cut_anywhere(name: str, data: st.DataObject) -> None:
    reader = READERS[name]
    first = LINES[name][0]  # a log of theirs begins with a line of theirs
    rest = data.draw(st.lists(st.sampled_from([*LINES[name], *LINES[name], *ODD]), max_size=12))
    content = b"\n".join([first, *rest]) + data.draw(st.sampled_from([b"", b"\n"]))
    whole = Input("a.log", "", len(content), content[:65536], io.BytesIO(content), modified=1_795_400_000_000_000)
    if not is_divisible(reader, whole):
        return
    cuts = data.draw(st.sets(st.integers(1, 13)))
    assert in_parts(reader, whole, content, cuts) == read(reader, whole, content)


def test_what_is_wider_than_a_byte_or_of_several_lines_stays_whole() -> None:
    reader = READERS["web-access"]
    text = '192.0.2.1 - - [23/Nov/2026:10:04:05 +0700] "GET / HTTP/1.1" 200 1\n' * 3
    wide = text.encode("utf-16")
    assert not is_divisible(reader, Input("a.log", "", len(wide), wide, io.BytesIO(wide)))
    several = b'[\n{"Event": {}}\n]'
    assert not is_divisible(READERS["windows-json"], Input("a.json", "", len(several), several, io.BytesIO(several)))
