"""Regular expressions of rules over text of attackers: RE2 (linear) where it is installed, else a guarded engine.

What RE2 does not take (look-around, back-references) PCRE2 runs under limits of matching and depth; a search that meets one
is given up and says no, and is counted.
Without either only patterns are taken in which no repetition stands within another and nothing refers back, and at most 4 KiB
of text is looked at; others are refused by name.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from atttcli.errors import RuleError

Search = Callable[[str], bool]
_GUARDED_TEXT = 4096
_LIMITED_TEXT = 65_536
_SET_MEMORY = 12 << 20
_MANY_TEXT = 20_000  # characters of literals, from which an automaton needs more room to begin at all
_given_up: deque[str] = deque(maxlen=1_000_000)
_LONG_LINE = re.compile(r"\.\{(\d{1,3}|1000),\}")
_LIMITS = "(*LIMIT_MATCH=10000)(*LIMIT_DEPTH=1000)"


def _re2() -> Any:
    try:
        import re2
    except ImportError:
        return None
    return re2


def _pcre2() -> Any:
    try:
        import pcre2
    except ImportError:
        return None
    return pcre2


def compile_search(pattern: str, cased: bool = True) -> Search:
    """A search for `pattern` anywhere in a text. RuleError when it cannot be run in bounded time."""
    if long_line := _LONG_LINE.fullmatch(pattern):
        return _of_length(int(long_line[1]))
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
        reason = error.args[0] if error.args else b""
        return _limited(pattern, cased, reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason))

    def search(text: str) -> bool:
        return compiled.search(text.encode("utf-8", "replace")) is not None

    return search


def _of_length(least: int) -> Search:
    """Whether a line is so long: an automaton that counts to a thousand takes longer to make than hundreds of events to judge."""
    return lambda text: len(text) >= least and any(len(line) >= least for line in text.split("\n"))


def _limited(pattern: str, cased: bool, reason: str) -> Search:
    """By PCRE2, whose limits end a search that backtracks too long. RuleError when it cannot take the pattern either."""
    refused = RuleError(f"the regular expression is not one of RE2: {reason}", hint="no look-around or back-references")
    pcre2 = _pcre2()
    if pcre2 is None:
        raise refused
    text = _LIMITS + ("" if cased else "(?i)") + pattern
    try:
        compiled = pcre2.compile(text, jit=False)
    except (pcre2.PatternError, ValueError) as error:
        raise refused from error
    failure = pcre2.LibraryError

    def search(given: str) -> bool:
        try:
            return compiled.search(given[:_LIMITED_TEXT]) is not None
        except (failure, UnicodeError):
            _given_up.append(pattern)
            return False

    return search


def given_up() -> int:
    """How many searches met a limit since this was last asked."""
    count = len(_given_up)
    _given_up.clear()
    return count


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
        options.max_mem = _SET_MEMORY if sum(map(len, parts)) < _MANY_TEXT else 16 * _SET_MEMORY  # a bound, not a cost
        compiled = re2.compile(b"|".join(parts), options)

    def find(data: bytes, start: int) -> int:
        match = compiled.search(data, start)
        return -1 if match is None else int(match.end())

    return find


Finder = Callable[[str], Sequence[int]]


def literal_set(literals: Sequence[str]) -> Finder | None:
    """Which of the lower-case literals stand in a lower-case text, by an automaton of RE2. None where it is not installed,
    or cannot hold them (it would then say nothing, and rules would be missed)."""
    re2 = _re2()
    if re2 is None:
        return None
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # bytes: the literals and the text are UTF-8 alike
    options.max_mem = _SET_MEMORY
    options.never_nl = False
    options.log_errors = False
    chosen = re2.Set.SearchSet(options)
    try:
        for literal in literals:
            chosen.Add(re2.escape(literal.encode("utf-8", "replace")))
        chosen.Compile()
    except re2.error:
        return None
    match = chosen.Match

    def find(text: str) -> Sequence[int]:
        found: Sequence[int] | None = match(text.encode("utf-8", "replace"))
        return found or ()

    # an automaton without room fails from its first state on
    return find if all(place in find(literals[place]) for place in (0, len(literals) - 1)) else None
