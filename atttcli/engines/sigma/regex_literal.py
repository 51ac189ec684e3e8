"""A text that stands in everything a regular expression matches, for the prefilter; None where none is plain to see."""

from __future__ import annotations

import re

_SHORTEST = 2
_FOLDED = frozenset("skſKSﬀﬁﬂ")  # letters with a third form under (?i): `lower` does not meet RE2's folding there
_FLAGS = re.compile(r"\(\?([a-zA-Z]*)\)")


def literal_of_regex(pattern: str) -> str | None:
    """The longest run of plain characters outside groups, classes and repetitions, in lower case."""
    flags = _FLAGS.match(pattern)
    rest = pattern[flags.end() :] if flags else pattern
    letters = flags[1] if flags else ""
    if "x" in letters or "(?" in rest.replace("(?:", "("):
        return None
    runs = _runs(rest, folded="i" in letters)
    best = max(runs, key=len, default="") if runs is not None else ""
    return best.lower() if len(best) >= _SHORTEST and best.isascii() else None


def _runs(text: str, folded: bool) -> list[str] | None:
    """Runs of plain characters; None when an alternative at the top or an odd escape makes them no longer certain."""
    runs, run, at = [], "", 0
    while at < len(text):
        char = text[at]
        step, plain = 1, ""
        if char == "\\":
            step = 2
            following = text[at + 1 : at + 2]
            if not following or following in "QE" or following.isdigit():
                return None
            if following in "xpPucN":  # a code follows
                return None
            plain = "" if following.isalnum() else following
        elif char in "([":
            end = _closing(text, at)
            if end is None:
                return None
            step = end + 1 - at
        elif char == "|" or char == ")":
            return None
        elif char not in ".^$*+?{":
            plain = char
        else:
            if char in "*?{":
                run = run[:-1]  # it may be absent
            if char == "{":
                end = text.find("}", at)
                step = end + 1 - at if end > 0 else 1
        if plain and not (folded and plain in _FOLDED):
            run += plain
        else:
            runs.append(run)
            run = ""
        at += step
    return [*runs, run]


def _closing(text: str, at: int) -> int | None:
    """Where the group or class that opens at `at` ends."""
    if text[at] == "[":
        start = at + 2 if text[at + 1 : at + 2] == "^" else at + 1
        found = re.compile(r"\]?(?:\\.|[^\]\\])*\]").match(text, start)
        return found.end() - 1 if found and "[:" not in found[0] else None
    depth, place = 0, at
    while place < len(text):
        char = text[place]
        if char == "\\":
            place += 1
        elif char == "[":
            end = _closing(text, place)
            if end is None:
                return None
            place = end
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return place
        place += 1
    return None
