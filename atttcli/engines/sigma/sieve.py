"""Asked by readers before they build an event: whether any rule may match it (source.Sieve).

Words that rules look for anywhere in a record are searched in whole blocks of the file as it stands, the rest is asked of the
native fields. Both may say yes too often, never too seldom; the engine judges what is let through as if nothing had been asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from atttcli.engines.sigma.dispatch import Dispatch, Key, Plan
from atttcli.engines.sigma.pattern import any_literal

# What `str.lower` turns into ASCII, as it stands and as JSON may write it.
_FOLDED = ("\u212a", "\u0130", "\\u212a", "\\u0130")
_KINDS = 4096
Marks = tuple[set[int], set[int]]
Finder = Callable[[bytes], Marks]


class Sieve:
    """The rules of an engine, as far as they concern Windows events."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        words = sorted(dispatch.words())
        self._words = [*words, *_FOLDED] if words else []
        self._finders: dict[tuple[str, ...], Finder] = {}
        self._plans: dict[tuple[Key, int], Plan] = {}

    def marked(self, data: bytes, also: tuple[str, ...] = ()) -> Marks:
        """Lines (from 0) of the data in which a word stands, and those in which one of `also` does."""
        find = self._finders.get(also)
        if find is None:
            find = self._finders[also] = _finder(self._words, also)
        return find(data)

    def asks(self, kind: Key, number: int) -> frozenset[str] | None:
        """See `Plan.asks`."""
        return self._plan(kind, number).asks()

    def may_match(self, kind: Key, number: int, fields: Mapping[str, Any], awaited: bool = False) -> bool:
        """Whether a rule may match an unmarked event of this kind."""
        return self._plan(kind, number).may_match(fields, awaited)

    def _plan(self, kind: Key, number: int) -> Plan:
        plan = self._plans.get((kind, number))
        if plan is None:
            plan = self._dispatch.plan(kind, str(number))
            if len(self._plans) >= _KINDS:
                self._plans.clear()
            self._plans[kind, number] = plan
        return plan


def _finder(words: Sequence[str], also: Sequence[str]) -> Finder:
    """A search for two sets of words at once. Case of ASCII does not count."""
    every = [*words, *also]
    if not every:
        return lambda _data: (set(), set())
    try:
        import hyperscan
    except ImportError:
        searches = _search(words), _search(also)
        return lambda data: (_lines(data, searches[0](data)), _lines(data, searches[1](data)))
    base = hyperscan.Database()
    base.compile(
        expressions=[re.escape(word.encode()) for word in every],
        ids=[int(place >= len(words)) for place in range(len(every))],
        elements=len(every),
        flags=[hyperscan.HS_FLAG_CASELESS] * len(every),
    )

    def find(data: bytes) -> Marks:
        ends: tuple[list[int], list[int]] = ([], [])

        def on_match(which: int, _start: int, end: int, _flags: int, _context: Any) -> None:
            ends[which].append(end)

        base.scan(data, match_event_handler=on_match)
        return _lines(data, ends[0]), _lines(data, ends[1])

    return find


def _lines(data: bytes, ends: Iterable[int]) -> set[int]:
    """The lines in which occurrences end, which are told in order."""
    found: set[int] = set()
    line = begun = 0
    for end in ends:
        line += data.count(b"\n", begun, end)
        begun = end
        found.add(line)
    return found


def _search(words: Sequence[str]) -> Callable[[bytes], Iterable[int]]:
    """Where occurrences of the words end, in order; of each line at least one."""
    if not words:
        return lambda _data: ()
    find = any_literal([word.lower() if word.isascii() else word for word in words])

    def ends(data: bytes) -> Iterable[int]:
        lowered = data.lower()  # of ASCII alone, which keeps places
        end = find(lowered, 0)
        while end >= 0:
            yield end
            after = lowered.find(b"\n", end)
            if after < 0:
                return
            end = find(lowered, after)

    return ends
