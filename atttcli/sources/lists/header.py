"""Find the heading of a table: below title rows, of one or two lines, in Vietnamese or English, however spelt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from atttcli.sources.lists.cells import read_values
from atttcli.sources.lists.moments import zone_in
from atttcli.sources.lists.roles import (
    DECISIVE,
    VALUE_ROLES,
    Kind,
    Role,
    combined_role,
    kind_from_columns,
    role_of,
    sheet_kind,
    squash,
)
from atttcli.sources.lists.tables import Row
from atttcli.sources.observables import extract, parse_observable

WINDOW: Final = 40  # rows searched for a heading
_MAX_HEADING = 80
_COLUMN_NUMBER = re.compile(r"\(?\d{1,2}\)?\.?\Z")
# Headings of logs: a CSV with these is left to the log readers and their mapping files.
_LOG_HEADINGS = "status method useragent bytes action eventid level message user username process pid request uri"
_LOG_WORDS: Final = frozenset(_LOG_HEADINGS.split())
_LOG_ADDRESSES: Final = frozenset({"dstip", "destip", "destinationip", "remoteip", "host", "owner"})


@dataclass(frozen=True, slots=True)
class Header:
    """The heading: where the data starts (index into the rows looked at), and per column its words, role and zone."""

    first_data: int
    names: tuple[str, ...]
    roles: tuple[Role | None, ...]
    kind: Kind
    zone: tzinfo | None

    def columns(self, *wanted: Role) -> list[int]:
        """Indexes of the columns with one of these roles."""
        return [index for index, role in enumerate(self.roles) if role in wanted]

    @property
    def is_decisive(self) -> bool:
        """Whether the columns can only be a list's, not a log's."""
        words = [squash(name) for name, role in zip(self.names, self.roles, strict=True) if role in DECISIVE]
        return bool(set(words) - _LOG_ADDRESSES) and not {squash(name) for name in self.names} & _LOG_WORDS

    def repeats(self, texts: Sequence[str]) -> bool:
        """Whether a row is this heading again, as at the top of each printed page."""
        return tuple(texts[: len(self.names)]) == self.names[: len(texts)] and any(texts)


def find_header(name: str, rows: Sequence[Row]) -> Header | None:
    """The best heading among the first rows, or None if no row looks like one."""
    kind = sheet_kind(name)
    texts = [row.texts() for row in rows[:WINDOW]]
    best: Header | None = None
    best_score = 0
    for index in range(len(texts)):
        for height in (1, 2):
            candidate = _candidate(texts, index, height, kind, name)
            score = _score(candidate, texts) if candidate else 0
            if candidate is not None and score > best_score:
                best, best_score = candidate, score
    return best


def _candidate(texts: list[tuple[str, ...]], index: int, height: int, kind: Kind, name: str) -> Header | None:
    lines = texts[index : index + height]
    if len(lines) < height or not all(_could_head(line) for line in lines):
        return None
    if height == 2 and len({text for text in lines[0] if text}) < 2:
        return None  # a title, not the upper half of a heading
    width = max(len(line) for line in lines)
    tops = _spread(lines[0], width) if height == 2 else ("",) * width
    bottoms = tuple(lines[-1]) + ("",) * (width - len(lines[-1]))
    names = tuple(_joined(top, bottom) for top, bottom in zip(tops, bottoms, strict=True))
    if kind is Kind.UNKNOWN:
        title = "\n".join([name, *(cell for line in texts[:index] for cell in dict.fromkeys(line) if cell)])
        kind = kind_from_columns(names, title)
    roles = tuple(
        combined_role(top if top != bottom else "", bottom, kind) if height == 2 else role_of(bottom, kind)
        for top, bottom in zip(tops, bottoms, strict=True)
    )
    first = index + height
    while first < len(texts) and _numbers_columns(texts[first]):
        first += 1
    zones = (zone_in(heading) for heading, role in zip(names, roles, strict=True) if role is Role.TIME)
    return Header(first, names, roles, kind, next((zone for zone in zones if zone), None))


def _spread(top: tuple[str, ...], width: int) -> tuple[str, ...]:
    """The upper line with each group's title over all its columns (a merged cell gives its text only once)."""
    spread: list[str] = []
    for index in range(width):
        text = top[index] if index < len(top) else ""
        spread.append(text or (spread[-1] if spread else ""))
    return tuple(spread)


def _joined(top: str, bottom: str) -> str:
    if not top or top == bottom:
        return bottom
    return f"{top} {bottom}".strip()


def _could_head(texts: tuple[str, ...]) -> bool:
    filled = [text for text in texts if text]
    return bool(filled) and all(len(text) <= _MAX_HEADING and _holds_no_value(text) for text in filled)


def _holds_no_value(text: str) -> bool:
    return parse_observable(text) is None and next(extract(text), None) is None


def _score(header: Header, texts: list[tuple[str, ...]]) -> int:
    """How many different roles, and whether the row could be about anything at all."""
    known = {role for role in header.roles if role is not None}
    about = known & VALUE_ROLES or (header.kind is Kind.CVE and Role.PRODUCT in known)
    if not about:
        return 0
    recognised = sum(role is not None for role in header.roles)
    if recognised == 1 and sum(bool(name) for name in header.names) > 1 and not _values_below(header, texts):
        return 0  # one word among others is a heading only if its column says so
    return 10 * len(known) + recognised


def _values_below(header: Header, texts: list[tuple[str, ...]]) -> bool:
    (column,) = header.columns(*VALUE_ROLES)
    cells = [line[column] for line in texts[header.first_data :] if column < len(line) and line[column]]
    return bool(cells) and 2 * sum(bool(read_values(cell).values) for cell in cells) >= len(cells)


def _numbers_columns(texts: tuple[str, ...]) -> bool:
    """A row `(1) (2) (3) ...` below the heading."""
    filled = [text for text in texts if text]
    return len(filled) >= 3 and all(_COLUMN_NUMBER.match(text) for text in filled)
