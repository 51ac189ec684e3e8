"""Bytes of a capture as text that neither a terminal nor a page acts on, and buffers that matched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from atttcli.rulepack.network.values import Pcre

if TYPE_CHECKING:
    from atttcli.engines.network.judge import Seen

EXCERPT = 48  # bytes shown of a buffer
BEFORE = 8  # bytes of them before the offset
MOST_FOUND = 32
MOST_WHAT = 200


def quoted(raw: bytes) -> str:
    """Bytes as rules write them: what is no plain text as hexadecimal between bars."""
    return f'"{escaped(raw)}"'


def escaped(raw: bytes) -> str:
    """The same without the quotes."""
    text = ""
    held: list[str] = []
    for byte in raw:
        if 32 <= byte < 127 and byte not in b'|"\\;':
            if held:
                text, held = f"{text}|{' '.join(held)}|", []
            text += chr(byte)
        else:
            held.append(f"{byte:02x}")
    return text + (f"|{' '.join(held)}|" if held else "")


def excerpt(raw: bytes, at: int = 0, size: int = EXCERPT) -> str:
    """Bytes round an offset."""
    begin = max(0, at - BEFORE)
    return escaped(raw[begin : begin + size])


def seen_object(one: Seen, most: int = MOST_FOUND) -> dict[str, Any]:
    """A buffer that matched: what was found at which offset, and the bytes there."""
    found: list[Mapping[str, Any]] = [
        {
            "offset": one.start + at,
            "length": None if isinstance(op, Pcre) else len(op.pattern),
            "what": (f"/{op.pattern.decode('latin-1')}/" if isinstance(op, Pcre) else quoted(op.pattern))[:MOST_WHAT],
        }
        for at, op in one.found[:most]
    ]
    first = one.found[0][0] if one.found else 0
    return {
        "buffer": one.buffer,
        "size": len(one.text),
        "excerpt": excerpt(one.text, first, 2 * EXCERPT),
        "found": found,
    }
