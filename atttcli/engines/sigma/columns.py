"""The literals of rules, looked for in the fields of events: in one pass over a block, or field by field with a memory.

A prefilter may let too much through, never too little; the rule decides.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from atttcli.engines.sigma.fields import reader, text_of
from atttcli.engines.sigma.literals import Literals
from atttcli.engines.sigma.pattern import any_literal, each_literal
from atttcli.model.event import Event

_MEMBERS = 256
_REMEMBERED = 512  # characters of a value that is worth remembering
_NONE: tuple[int, ...] = ()


class Prefilter:
    """The literals of several rules, looked for column by column: a field of all events of a block is one text."""

    def __init__(self, wanted_by: Iterable[Literals]) -> None:
        wanted: dict[str, set[str]] = {}
        for name, text in frozenset[tuple[str, str]]().union(*wanted_by):
            wanted.setdefault(name, set()).add(text)
        self._columns = [(reader(name), any_literal(texts)) for name, texts in sorted(wanted.items())]

    def hits(self, events: Sequence[Event]) -> set[int]:
        """Positions of the events in which a literal stands."""
        found: set[int] = set()
        for read, find in self._columns:
            values = list(map(read, events))
            try:
                joined = "\n".join(values)
            except TypeError:  # absent, a number or a list among them
                values = [_text(value) for value in values]
                joined = "\n".join(values)
            data = joined.lower().encode("utf-8", "replace")
            end = find(data, 0)
            if end >= 0:
                found.update(_positions(values, joined.isascii(), data, end, find))
        return found


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
        self.known = memory.column() if name else {}
        self._memory = memory
        self._keeps = bool(name)

    def reached(self, value: Any) -> tuple[int, ...]:
        """The rules that have a literal in a value met for the first time."""
        text = _text(value)
        places = self._find(text.lower())
        found = _NONE
        if places:
            found = self._rules[places[0]] if len(places) == 1 else _together(self._rules[place] for place in places)
        if self._keeps and len(text) <= _REMEMBERED and not isinstance(value, (list, dict)):
            self.known[value] = found
            self._memory.took_one()
        return found


def _together(rules: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple({rule for some in rules for rule in some})


class Columns:
    """The columns of one kind of event."""

    def __init__(self, wanted_by: Sequence[Literals], memory: Memory) -> None:
        wanted: dict[str, dict[str, list[int]]] = {}
        for rule, literals in enumerate(wanted_by):
            for name, text in literals:
                wanted.setdefault(name, {}).setdefault(text, []).append(rule)
        self._columns = [Column(name, texts, memory) for name, texts in sorted(wanted.items())]

    def reached(self, event: Event) -> Iterable[int]:
        """The rules, by place, of which a literal stands in the event."""
        found: set[int] = set()
        for column in self._columns:
            value = column.read(event)
            if value is None:
                continue
            try:
                hit = column.known.get(value)
            except TypeError:  # a list
                hit = None
            if hit is None:
                hit = column.reached(value)
            if hit:
                found.update(hit)
        return found
