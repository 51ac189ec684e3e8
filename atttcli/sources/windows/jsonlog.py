"""Windows events as JSON: Winlogbeat, NXLog, EvtxECmd, Get-WinEvent, evtx_dump and its like; lines, arrays or indented."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.jsonline import decode_object
from atttcli.sources.logs.jsonstream import head_objects, read_objects
from atttcli.sources.logs.stamps import Stamps
from atttcli.sources.windows.event import event_of
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
            record = decode_object(text)
            if isinstance(record, str):
                yield ReadProblem(number, record, excerpt=text[:200])
            else:
                yield of_object(record, text, number, stamps) or ReadProblem(number, REASON, excerpt=text[:200])


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
