"""Windows events as JSON: Winlogbeat, NXLog, EvtxECmd, Get-WinEvent, evtx_dump and its like; lines, arrays or indented."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from typing import Any

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record, Sieve
from atttcli.sources.logs.jsonline import decode_object
from atttcli.sources.logs.jsonstream import AROUND, is_lines, unmarked
from atttcli.sources.logs.lines import read_blocks
from atttcli.sources.logs.objects import ObjectLog
from atttcli.sources.logs.stamps import Stamps
from atttcli.sources.windows.event import event_of, sifted
from atttcli.sources.windows.outline import NESTED, outlines_of
from atttcli.sources.windows.shapes import Parts, shape_of

_AROUND = AROUND.encode()
REASON = "JSON, but no Windows event"


class WindowsJson(ObjectLog):
    """One event an object, in whichever shape."""

    def __init__(self) -> None:
        super().__init__("windows-json", lambda record: shape_of(_inner(record)), of_object, REASON, 96)

    def read_where(self, given: Input, sieve: Sieve) -> Iterator[Record | None]:
        """See SiftingSource. Only lines are sifted."""
        if not is_lines(given):
            yield from self.read(given)
            return
        stamps, outlines = Stamps(given), outlines_of(sieve)
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            marked, nested = sieve.marked(block.data, NESTED)
            for number, line in enumerate(block.encoded, block.number):
                line = line.strip(_AROUND)
                if line.startswith(BOM_UTF8):
                    line = unmarked(line.decode()).encode()
                if not line:
                    continue
                index = number - block.number
                may = True if index in marked else None if index in nested else outlines.may_match(line)
                if may is False:
                    yield None
                elif may:
                    yield _record(line.decode(), number, stamps)
                else:
                    yield _sifted(line.decode(), number, stamps, sieve)


def _record(text: str, number: int, stamps: Stamps) -> Record:
    parts = _parts(text, number, stamps)
    return parts if isinstance(parts, ReadProblem) else event_of(*parts, text, number)


def _sifted(text: str, number: int, stamps: Stamps, sieve: Sieve) -> Record | None:
    parts = _parts(text, number, stamps)
    return parts if isinstance(parts, ReadProblem) else sifted(*parts, text, number, sieve)


def _parts(text: str, number: int, stamps: Stamps) -> Parts | ReadProblem:
    record = decode_object(text)
    if isinstance(record, str):
        return ReadProblem(number, record, excerpt=text[:200])
    return _of_shape(record, stamps) or ReadProblem(number, REASON, excerpt=text[:200])


def of_object(record: Mapping[str, Any], text: str, number: int, stamps: Stamps) -> Event | None:
    """The event of one object, or None if it is none of Windows."""
    parts = _of_shape(record, stamps)
    return event_of(*parts, text, number) if parts is not None else None


def _of_shape(record: Mapping[str, Any], stamps: Stamps) -> Parts | None:
    record = _inner(record)
    shape = shape_of(record)
    return shape(record, stamps) if shape is not None else None


def _inner(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an export of Elasticsearch or OpenSearch wraps."""
    inner = record.get("_source")
    return inner if isinstance(inner, dict) else record
