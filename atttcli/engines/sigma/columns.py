"""The literals of rules, looked for in the fields of events: in one pass over a block, or field by field with a memory.

A prefilter may let too much through, never too little; the rule decides.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from operator import attrgetter
from typing import Any

from atttcli.engines.sigma.fields import native_names, reader, text_of
from atttcli.engines.sigma.grams import each_literal
from atttcli.engines.sigma.literals import Literals
from atttcli.engines.sigma.pattern import any_literal
from atttcli.model.event import Event

_MEMBERS = 256
_REMEMBERED = 512  # characters of a value that is worth remembering
_NONE: tuple[int, ...] = ()
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


class Memory:
    """Bounds what all columns remember together."""

    def __init__(self, room: int = 100_000) -> None:
        self._room = self._free = room
        self._columns: list[dict[Any, tuple[int, ...]]] = []

    def column(self) -> dict[Any, tuple[int, ...]]:
        """A new one to fill."""
        self._columns.append({})
        return self._columns[-1]

    def took_one(self) -> None:
        """An entry was added somewhere: forget all when there are too many."""
        self._free -= 1
        if self._free <= 0:
            self._free = self._room
            for column in self._columns:
                column.clear()


class Column:
    """The literals that rules want in one field. Values repeat from event to event: what one holds is remembered."""

    def __init__(self, name: str, wanted: dict[str, list[int]], memory: Memory) -> None:
        texts = sorted(wanted)
        self._rules = [tuple(wanted[text]) for text in texts]
        self._find = each_literal(texts)
        self.read = reader(name)
        self.known = memory.column()
        self._memory = memory

    def reached(self, value: Any) -> tuple[int, ...]:
        """The rules that have a literal in a value met for the first time."""
        text = _text(value)
        places = self._find(text.lower())
        found = _NONE
        if places:
            found = self._rules[places[0]] if len(places) == 1 else _together(self._rules[place] for place in places)
        if len(text) <= _REMEMBERED and not isinstance(value, (list, dict)):
            self.known[value] = found
            self._memory.took_one()
        return found


def _together(rules: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple({rule for some in rules for rule in some})


class Columns:
    """The columns of one kind of event, for rules whose literals stand in fields (not anywhere in the record)."""

    def __init__(self, wanted_by: Sequence[Literals], memory: Memory) -> None:
        wanted: dict[str, dict[str, list[int]]] = {}
        for rule, literals in enumerate(wanted_by):
            for name, text in literals:
                wanted.setdefault(name, {}).setdefault(text, []).append(rule)
        self._columns = [Column(name, texts, memory) for name, texts in sorted(wanted.items())]

    def reached(self, events: Sequence[Event]) -> Iterator[tuple[int, set[int]]]:
        """Positions of events in which literals stand, with the rules, by place, that want these."""
        found: dict[int, set[int]] = {}
        for column in self._columns:
            read, known, ask = column.read, column.known.get, column.reached
            for position, value in enumerate(map(read, events)):
                if value is None:
                    continue
                try:
                    hit = known(value)
                except TypeError:  # a list
                    hit = None
                if hit is None:
                    hit = ask(value)
                if hit:
                    if position in found:
                        found[position].update(hit)
                    else:
                        found[position] = set(hit)
        yield from found.items()
