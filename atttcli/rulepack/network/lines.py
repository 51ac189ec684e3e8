"""Rule files as logical lines: UTF-8 or Latin-1, BOM, CRLF, comments and continuation lines."""

from __future__ import annotations

from collections.abc import Iterator

MAX_RULE_CHARS = 65_536  # the longest rule seen in public sets is about 8,000


def decode(data: bytes) -> str:
    """UTF-8 where it is, else Latin-1 (old rule sets): never fails."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """(line number of its start, rule text) for everything that is not empty and not a comment."""
    parts: list[str] = []
    start = 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip("\r").rstrip(" \t")
        if not parts:
            start = number
            line = line.lstrip(" \t")
            if not line or line.startswith("#"):
                continue
        if line.endswith("\\"):
            parts.append(line[:-1])
            continue
        parts.append(line)
        yield start, "".join(parts) if len(parts) > 1 else line
        parts = []
    if parts:
        yield start, "".join(parts)
