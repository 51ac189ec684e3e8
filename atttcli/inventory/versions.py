"""Is this version meant? `8.8.15` against `<8.8.15_p40`, `>=9,<9.0.2`, `7.78`, `<7.58|>=8,<8.5.1`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from atttcli.errors import UsageError

_TOKEN = re.compile(r"\d{1,18}|[a-z]+")
_CONDITION = re.compile(r"(<=|>=|<|>|==|=|)\s*v?(\d[0-9a-z._+ -]*)\Z")
_BEFORE = {"alpha", "beta", "rc", "pre", "preview", "dev", "snapshot"}
_EARLIER, _END, _WORD, _NUMBER = 0, 1, 2, 3
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "==": operator.eq,
    "": operator.eq,
}  # fmt: skip
_WORDS = {
    "vi": {"<": "trước", "<=": "đến", ">": "sau", ">=": "từ", "=": "", "==": "", "": "", "and": " và "},
    "en": {"<": "before", "<=": "up to", ">": "after", ">=": "from", "=": "", "==": "", "": "", "and": " and "},
}
Key = tuple[tuple[int, int, str], ...]


def version_key(text: str) -> Key:
    """A key in the order of versions: 9 = 9.0 < 9.0.1, 10rc1 < 10 < 10p1 < 10.1."""
    tokens: list[tuple[int, int, str]] = []
    for token in _TOKEN.findall(text.lower()[:100]):
        if token.isdigit():
            tokens.append((_NUMBER, int(token), ""))
            continue
        _drop_zeros(tokens)
        tokens.append((_EARLIER if token in _BEFORE else _WORD, 0, token))
    _drop_zeros(tokens)
    return (*tokens, (_END, 0, ""))


def _drop_zeros(tokens: list[tuple[int, int, str]]) -> None:
    while len(tokens) > 1 and tokens[-1] == (_NUMBER, 0, ""):
        tokens.pop()


def version_matches(version: str, condition: str) -> bool:
    """True when the version meets every part of the condition, or when no version is known: then it must be looked at.

    `|` parts the branches of a product, of which one must fit. A condition that cannot be read is a UsageError: guessing would
    leave affected agencies out.
    """
    found = [_meets(version, branch) for branch in condition[:1000].split("|")]
    return any(found)


def _meets(version: str, condition: str) -> bool:
    parts = [part.strip() for part in condition.lower().split(",") if part.strip()]
    parsed = [_CONDITION.match(part[:100]) for part in parts]
    if not parts or not all(parsed):
        raise UsageError(f"not a version condition: {condition[:60]!r}", hint="write `<8.8.15`, `>=9,<9.0.2` or `7.78`")
    if not _TOKEN.search(version.lower()[:100]):
        return True
    key = version_key(version)
    return all(_COMPARE[match[1]](key, version_key(match[2])) for match in parsed if match)


def version_words(condition: str, language: str) -> str:
    """A condition as a letter says it: `<8.8.15_p34|>=9,<9.0.0_p27` -> `trước 8.8.15_p34; từ 9 và trước 9.0.0_p27`."""
    said = _WORDS["en" if language == "en" else "vi"]
    branches = []
    for branch in condition[:1000].split("|"):
        parts = (_CONDITION.match(part.strip()[:100].lower()) for part in branch.split(",") if part.strip())
        branches.append(said["and"].join(f"{said[match[1]]} {match[2]}".strip() for match in parts if match))
    return "; ".join(branch for branch in branches if branch)
