"""Number patterns: a small closed language, because `str.format` and regexes from a file would run what the file says."""

from __future__ import annotations

import re

_FIELD = re.compile(r"\{(year|seq|host|organ)\}|\{(seq):0([1-9])d\}")
_SENDER_FIELD = "{n}"


def check_number_pattern(pattern: str) -> str:
    """What is wrong with a pattern such as `SC-{year}-{seq:04d}`; empty when nothing is."""
    rest = _FIELD.sub("", pattern)
    if "{" in rest or "}" in rest:
        return "a pattern may hold only {year} {seq} {seq:04d} {host} {organ}"
    if "{seq" not in pattern:
        return "a pattern needs {seq}"
    return ""


def fill(pattern: str, year: int, seq: int, host: str, organ: str) -> str:
    """Fill a checked pattern."""

    def value(match: re.Match[str]) -> str:
        if match.group(2):
            return str(seq).zfill(int(match.group(3)))
        return {"year": str(year), "seq": str(seq), "host": host, "organ": organ}[match.group(1)]

    return _FIELD.sub(value, pattern)


def check_sender_pattern(pattern: str) -> str:
    """What is wrong with a pattern such as `{n}/CATTT-NCSC`; empty when nothing is."""
    if pattern.count(_SENDER_FIELD) != 1 or not pattern.startswith(_SENDER_FIELD) or pattern == _SENDER_FIELD:
        return "a sender's pattern starts with {n} and goes on with the fixed text of the number"
    return ""


def matches_sender(pattern: str, number: str) -> bool:
    """True when a document number such as `56/CATTT-NCSC` follows the pattern; case and spaces do not count."""
    tail = pattern[len(_SENDER_FIELD) :].casefold().replace(" ", "")
    given = number[:200].casefold().replace(" ", "")
    return given.endswith(tail) and given[: -len(tail)].isdecimal()
