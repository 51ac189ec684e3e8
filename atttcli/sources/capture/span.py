"""When a capture begins and ends, and whether the next one goes on where it stops (a ring of files, a capture cut in two)."""

from __future__ import annotations

from typing import BinaryIO

from atttcli.errors import InputError
from atttcli.limits import Budget
from atttcli.sources.capture.records import Record, read_records

JOINT = 5_000_000  # microseconds between the last packet of a file and the first of the file that goes on with it

Span = tuple[int, int]


def span_of(stream: BinaryIO, path: str = "", budget: Budget | None = None) -> Span | None:
    """Times of the first and the last packet in microseconds; None where there are none."""
    first: int | None = None
    last = 0
    try:
        for record in read_records(stream, path, budget):
            if isinstance(record, Record):
                first = record.time if first is None else first
                last = record.time
    except InputError:
        return None
    return (first, last) if first is not None else None


def goes_on(before: Span | None, after: Span | None) -> bool:
    """Whether the connections of one capture may go on in the other: it begins when the other ends."""
    return before is not None and after is not None and 0 <= after[0] - before[1] <= JOINT
