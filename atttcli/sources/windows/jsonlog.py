"""Windows events as JSON: Winlogbeat, NXLog, EvtxECmd, Get-WinEvent, evtx_dump and its like; lines, arrays or indented."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record, Sieve
from atttcli.sources.logs.jsonline import decode_object
from atttcli.sources.logs.jsonstream import head_objects, is_lines, read_objects
from atttcli.sources.logs.lines import read_blocks
from atttcli.sources.logs.stamps import Stamps
from atttcli.sources.windows.event import event_of, may_match
from atttcli.sources.windows.outline import fields_of
from atttcli.sources.windows.shapes import shape_of

REASON = "JSON, but no Windows event"


class WindowsJson:
    """One event an object, in whichever shape."""

    name = "windows-json"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the share of the first objects that have the shape of a Windows event."""
        records = [decode_object(text) for text in head_objects(given)]
        hits = sum(1 for record in records if not isinstance(record, str) and shape_of(_inner(record)))
        return 96 * hits // len(records) if hits * 3 >= len(records) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event an object; any other is a ReadProblem."""
        stamps = Stamps(given)
        for item in read_objects(given):
            if isinstance(item, ReadProblem):
                yield item
                continue
            number, text = item
            yield _record(text, number, stamps)

    def read_where(self, given: Input, sieve: Sieve) -> Iterator[Record | None]:
        """See SiftingSource. Only lines are sifted."""
        if not is_lines(given):
            yield from self.read(given)
            return
        stamps = Stamps(given)
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            marked = sieve.marked(block.data)
            for index, line in enumerate(block.lines):
                text = line.strip(" \t\0")
                if not text:
                    continue
                number = block.number + index
                if index not in marked and (fields := fields_of(text)) is not None and not may_match(sieve, fields):
                    yield None
                else:
                    yield _record(text, number, stamps)


def _record(text: str, number: int, stamps: Stamps) -> Record:
    record = decode_object(text)
    if isinstance(record, str):
        return ReadProblem(number, record, excerpt=text[:200])
    return of_object(record, text, number, stamps) or ReadProblem(number, REASON, excerpt=text[:200])


def of_object(record: Mapping[str, Any], text: str, number: int, stamps: Stamps) -> Event | None:
    """The event of one object, or None if it is none of Windows."""
    record = _inner(record)
    shape = shape_of(record)
    if shape is None:
        return None
    system, data = shape(record, stamps)
    return event_of(system, data, text, number)


def _inner(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an export of Elasticsearch or OpenSearch wraps."""
    inner = record.get("_source")
    return inner if isinstance(inner, dict) else record
