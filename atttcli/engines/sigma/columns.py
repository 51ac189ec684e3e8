"""The literals of rules, looked for in the fields of events in one pass over a block.

A prefilter may let too much through, never too little; the rule decides.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from operator import attrgetter
from typing import Any

from atttcli.engines.sigma.fields import native_names, reader, text_of
from atttcli.engines.sigma.literals import Literals
from atttcli.engines.sigma.pattern import any_literal
from atttcli.model.event import Event

_MEMBERS = 256
_RECORDS = 256
_RAW: Callable[[Event], Any] = attrgetter("raw")


class Prefilter:
    """The literals of several rules, looked for column by column: a field of all events of a block is one text."""

    def __init__(self, wanted_by: Iterable[Literals]) -> None:
        wanted: dict[str, set[str]] = {}
        for name, text in frozenset[tuple[str, str]]().union(*wanted_by):
            wanted.setdefault(name, set()).add(text)
        self._columns = [(name, _source(name), any_literal(texts)) for name, texts in sorted(wanted.items())]

    def hits(self, events: Sequence[Event]) -> set[int]:
        """Positions of the events in which a literal stands."""
        found: set[int] = set()
        natives = [event.fields for event in events]
        for name, read, find in self._columns:
            if name:
                found.update(_hits(*_column(name, read, events, natives), find))
                continue
            for start in range(0, len(events), _RECORDS):  # whole records are long: their joined text stays small
                values = [event.raw for event in events[start : start + _RECORDS]]
                found.update(start + place for place in _hits(values, "\n".join(values), find))
        return found


def _column(
    name: str, read: Callable[[Event], Any], events: Sequence[Event], natives: Sequence[dict[str, Any]]
) -> tuple[list[str], str]:
    """The texts of one field, and all of them joined. Nearly always each event has it, or none; both are told at once."""
    names = native_names(name)
    for native in names:
        values: list[Any] = [fields.get(native) for fields in natives]
        try:
            return values, "\n".join(values)
        except TypeError:  # absent, a number or a list among them
            if any(values):
                break
    else:
        if names:
            return [], ""
    texts = [_text(value) for value in map(read, events)]
    return texts, "\n".join(texts)


def _hits(values: Sequence[str], joined: str, find: Callable[[bytes, int], int]) -> Iterable[int]:
    data = joined.lower().encode("utf-8", "replace")
    end = find(data, 0)
    return _positions(values, joined.isascii(), data, end, find) if end >= 0 else ()


def _positions(
    values: Sequence[str], plain: bool, data: bytes, end: int, find: Callable[[bytes, int], int]
) -> Iterator[int]:
    """The values in which the search hits, skipping to the next value after each hit."""
    lengths = map(len, values) if plain else (len(value.lower().encode("utf-8", "replace")) for value in values)
    starts = [0, *accumulate(length + 1 for length in lengths)]
    while end >= 0:
        index = bisect_right(starts, end - 1) - 1
        yield index
        if starts[index + 1] >= len(data):
            return
        end = find(data, starts[index + 1])


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(text_of(member) for member in value[:_MEMBERS])
    return text_of(value)


def _source(name: str) -> Callable[[Event], Any]:
    """What is searched for a field's literals: for keywords the record as it stands (literals._anywhere allows for that)."""
    return reader(name) if name else _RAW
