"""Reading made-up logs in tests."""

from __future__ import annotations

import io
from typing import Any

from atttcli.clock import parse_moment
from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record, Source
from atttcli.sources import LOG_SOURCES

MODIFIED = parse_moment("2026-11-23 12:00")


def given(data: bytes | str, **words: Any) -> Input:
    raw = data.encode() if isinstance(data, str) else data
    words.setdefault("modified", MODIFIED)
    return Input("a.log", "ab" * 32, len(raw), raw[:65536], io.BytesIO(raw), **words)


def source(name: str) -> Source:
    return next(item for item in LOG_SOURCES if item.name == name)


def chosen(data: bytes | str) -> str:
    return max(LOG_SOURCES, key=lambda item: item.recognise(given(data))).name


def read(name: str, data: bytes | str, **words: Any) -> list[Record]:
    return list(source(name).read(given(data, **words)))


def event(name: str, line: str, **words: Any) -> Event:
    (found,) = read(name, line + "\n", **words)
    assert isinstance(found, Event), found
    return found


def problem(name: str, data: bytes | str, **words: Any) -> ReadProblem:
    (found,) = [record for record in read(name, data, **words) if isinstance(record, ReadProblem)]
    return found
