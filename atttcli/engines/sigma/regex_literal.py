"""Texts of which one stands in everything that a regular expression matches, for the prefilter; None where none is certain.

Read from Python's own parse of the expression: what Python does not parse has no such texts, and its rule always runs.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from typing import Any

LONG_S = "\u017f"  # folds to s in RE2, and not by `lower`: a text that has it is always looked at
_SHORTEST = 2
_MOST = 64


def literals_of_regex(pattern: str) -> frozenset[str] | None:
    """The texts, in lower case."""
    try:
        from re import _parser  # type: ignore[attr-defined]  # the module that `re` compiles by

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = _parser.parse(pattern)
    except (ImportError, re.error, RecursionError, OverflowError):
        return None
    if parsed.state.flags & re.VERBOSE:
        return None
    found = _of_sequence(parsed)
    if found is None or len(found) > _MOST or any(not text.isascii() for text in found):
        return None
    folded = bool(parsed.state.flags & re.IGNORECASE) or "(?i" in pattern
    return found | {LONG_S} if folded and any("s" in text for text in found) else found


def _of_sequence(parts: Iterable[Any]) -> frozenset[str] | None:
    """The best of: the longest run of plain characters, and what a group or an alternative must hold."""
    best: frozenset[str] | None = None
    run = ""
    for kind, said in parts:
        name = str(kind)
        if name == "LITERAL":
            run += chr(said).lower()
            continue
        best, run = _better(best, _whole(run)), ""
        if name == "SUBPATTERN":
            best = _better(best, _of_sequence(said[3]))
        elif name == "BRANCH":
            best = _better(best, _of_branches(said[1]))
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT") and said[0] >= 1:
            best = _better(best, _of_sequence(said[2]))
        elif name == "ATOMIC_GROUP":
            best = _better(best, _of_sequence(said))
    return _better(best, _whole(run))


def _of_branches(branches: Iterable[Any]) -> frozenset[str] | None:
    found = [_of_sequence(branch) for branch in branches]
    return None if any(one is None for one in found) else frozenset().union(*(one for one in found if one))


def _whole(run: str) -> frozenset[str] | None:
    return frozenset({run}) if len(run) >= _SHORTEST else None


def _better(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda texts: (min(map(len, texts)), -len(texts)))
