"""Regular expressions of rules over text of attackers: RE2 (linear) where it is installed, else a guarded `re`.

Without RE2 only patterns are taken in which no repetition stands within another and nothing refers back, and at most
4 KiB of text is looked at; others are refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from atttcli.errors import RuleError

Search = Callable[[str], bool]
_GUARDED_TEXT = 4096


def _re2() -> Any:
    try:
        import re2
    except ImportError:
        return None
    return re2


def compile_search(pattern: str, cased: bool = True) -> Search:
    """A search for `pattern` anywhere in a text. RuleError when it cannot be run in bounded time."""
    re2 = _re2()
    if re2 is None:
        return _guarded(pattern, cased)
    options = re2.Options()
    options.case_sensitive = cased
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        compiled = re2.compile(pattern.encode(), options)
    except re2.error as error:
        raise RuleError(
            f"the regular expression is not one of RE2: {error}", hint="no look-around or back-references"
        ) from error

    def search(text: str) -> bool:
        return compiled.search(text.encode("utf-8", "replace")) is not None

    return search


def _guarded(pattern: str, cased: bool) -> Search:
    if not _is_tame(pattern):
        raise RuleError("the regular expression needs RE2", hint="pip install 'atttcli[fast]'")
    compiled = re.compile(pattern, 0 if cased else re.IGNORECASE)
    return lambda text: compiled.search(text[:_GUARDED_TEXT]) is not None


def _is_tame(pattern: str) -> bool:
    """No look-around, no back-reference, no repetition of a group that repeats, at most two unbounded repetitions."""
    if re.search(r"\\[1-9]|\(\?(?!:|i\))", pattern):
        return False
    plain = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "x", pattern)
    if re.search(r"\)[*+{?]", plain):
        return False
    return len(re.findall(r"[*+]|\{\d*,\}", plain)) <= 2


def any_literal(literals: Iterable[str]) -> Callable[[bytes, int], int]:
    """A search for any of many lower-case literals: (data, from) -> position of a hit's end, or -1."""
    ordered = sorted(set(literals))
    parts = [re.escape(literal.encode()) for literal in ordered]
    re2 = _re2()
    if re2 is None:
        compiled: Any = re.compile(b"|".join(parts))
    else:
        options = re2.Options()
        options.never_nl = False
        options.max_mem = 64 << 20
        compiled = re2.compile(b"|".join(parts), options)

    def find(data: bytes, start: int) -> int:
        match = compiled.search(data, start)
        return -1 if match is None else int(match.end())

    return find
