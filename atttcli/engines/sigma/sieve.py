"""Asked by readers before they build an event: whether any rule may match it (source.Sieve).

Words that rules look for anywhere in a record are searched in whole blocks of the file as it stands, the rest is asked of the
native fields. Both may say yes too often, never too seldom; the engine judges what is let through as if nothing had been asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from atttcli.engines.sigma.dispatch import Dispatch, Key, Plan
from atttcli.engines.sigma.pattern import any_literal

# What `str.lower` turns into ASCII, as it stands and as JSON may write it.
_FOLDED = ("\u212a", "\u0130", "\\u212a", "\\u0130")
_KINDS = 4096
Ends = Callable[[bytes], Iterable[int]]


class Sieve:
    """The rules of an engine, as far as they concern Windows events."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        words = sorted(dispatch.words())
        self._ends = _ends([*words, *_FOLDED]) if words else None
        self._plans: dict[tuple[Key, int], Plan] = {}

    def marked(self, data: bytes) -> set[int]:
        """Lines (from 0) of the data in which a word stands."""
        found: set[int] = set()
        if self._ends is None:
            return found
        line = begun = 0
        for end in self._ends(data):
            line += data.count(b"\n", begun, end)
            begun = end
            found.add(line)
        return found

    def may_match(self, kind: Key, number: int, fields: Mapping[str, Any]) -> bool:
        """Whether a rule may match an unmarked event of this kind."""
        plan = self._plans.get((kind, number))
        if plan is None:
            plan = self._dispatch.plan(kind, str(number))
            if len(self._plans) >= _KINDS:
                self._plans.clear()
            self._plans[kind, number] = plan
        return plan.may_match(fields)


def _ends(words: list[str]) -> Ends:
    """Where occurrences of the words end, in order; of each line at least one. Case of ASCII does not count."""
    try:
        import hyperscan
    except ImportError:
        return _by_search(words)
    base = hyperscan.Database()
    flags = hyperscan.HS_FLAG_CASELESS
    expressions = [re.escape(word.encode()) for word in words]
    base.compile(expressions=expressions, ids=list(range(len(words))), elements=len(words), flags=[flags] * len(words))

    def ends(data: bytes) -> list[int]:
        found: list[int] = []

        def on_match(_id: int, _start: int, end: int, _flags: int, _context: Any) -> None:
            found.append(end)

        base.scan(data, match_event_handler=on_match)
        return found

    return ends


def _by_search(words: list[str]) -> Ends:
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
