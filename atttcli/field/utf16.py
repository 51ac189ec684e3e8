"""UTF-16 text read as text: Windows tools write it, and rules made for plain text never meet it otherwise.

The text is recoded to UTF-8 and judged again; offsets are told as they stand in the file. Python 3.8-clean.
"""

from __future__ import annotations

from typing import Iterable, List, Sequence, Union

from atttcli.field.match import RuleHit, StringHit

MOST_BYTES = 16 * 1024 * 1024
_LEAST = 16  # bytes below which nobody can tell
_HALF = 0.4  # of the bytes in one place of each pair are zero in Western, Vietnamese and most machine-made text


def codec_of(head: Union[bytes, memoryview]) -> str:
    """`utf-16-le` or `utf-16-be` when the first bytes of a file are such text, else empty."""
    sample = bytes(head[:512])
    if sample[:4] == b"\xff\xfe\0\0":  # UTF-32
        return ""
    if sample[:2] in (b"\xff\xfe", b"\xfe\xff"):
        codec = "utf-16-le" if sample[0] == 0xFF else "utf-16-be"
        return codec if _is_text(sample[2:], codec) else ""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2 * _HALF
    for codec, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if len(sample) >= _LEAST and zeros >= half and not others and _is_text(sample, codec):
            return codec
    return ""


def _is_text(sample: bytes, codec: str) -> bool:
    text = sample[: len(sample) // 2 * 2].decode(codec, "ignore")
    bad = sum(not (char.isprintable() or char in "\r\n\t\f") for char in text)
    return bool(text) and bad * 50 <= len(text)


def as_utf8(data: Union[bytes, memoryview], codec: str) -> bytes:
    """The text in UTF-8, the mark at its beginning included; what is no text becomes U+FFFD."""
    return bytes(data).decode(codec, "replace").encode("utf-8", "replace")


def told_in_place(hits: Sequence[RuleHit], known: Sequence[RuleHit], text: bytes, codec: str) -> List[RuleHit]:
    """Rules that only the text met, marked with its encoding, their offsets and lengths as bytes of the file."""
    before = {(hit.namespace, hit.rule) for hit in known}
    fresh = [hit for hit in hits if (hit.namespace, hit.rule) not in before]
    places = _places({at for hit in fresh for s in hit.strings for at in (s.offset, s.offset + s.length)}, text, codec)
    return [
        hit._replace(
            encoding=codec,
            strings=tuple(
                StringHit(s.identifier, places[s.offset], places[s.offset + s.length] - places[s.offset], s.excerpt)
                for s in hit.strings
            ),
        )
        for hit in fresh
    ]


def _places(offsets: Iterable[int], text: bytes, codec: str) -> "dict[int, int]":
    """Where bytes of the UTF-8 text stand in the UTF-16 file, in one pass."""
    found, at, place = {}, 0, 0
    for offset in sorted(offsets):
        place += len(text[at:offset].decode("utf-8", "ignore").encode(codec, "replace"))
        found[offset], at = place, offset
    return found
