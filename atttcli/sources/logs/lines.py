"""From a stream of bytes to numbered lines of text, in blocks, whatever the bytes are.

A block is decoded and split by C code at once (a million lines a second); only blocks with invalid UTF-8 pay more. Bytes
that are not UTF-8 become `\\xNN` (backslashreplace): readable, without surrogates, so that every text of ours is valid
JSON. UTF-16 is recognised by its byte order mark or by its NULs and re-encoded first; offsets then count UTF-8 bytes.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

from atttcli.source import Input, ReadProblem

CHUNK = 256 * 1024
EXCERPT = 200
_SAMPLE = 4096
_UTF8_BOM = codecs.BOM_UTF8


@dataclass(slots=True)
class Block:
    """Some whole lines. `number` and `offset` are of the first; line ends (LF, CRLF) are cut off."""

    number: int
    offset: int
    data: bytes
    reached: tuple[int, int] = (0, 0)  # a line's index, and where it begins in `data`
    _lines: list[str] | None = None
    _count: int = -1

    @property
    def lines(self) -> list[str]:
        """As text."""
        if self._lines is None:
            self._lines = _lines(text_of(self.data))
            self._count = len(self._lines)
        return self._lines

    @property
    def encoded(self) -> list[bytes]:
        """`lines` in UTF-8, for readers that make text of few of them."""
        lines = _valid(self.data).split(b"\n")
        if not lines[-1]:
            lines.pop()
        self._count = len(lines)
        return [line[:-1] if line.endswith(b"\r") else line for line in lines] if b"\r" in self.data else lines

    @property
    def count(self) -> int:
        """Of lines."""
        if self._count < 0:
            self._count = self.data.count(b"\n") + (not self.data.endswith(b"\n"))
        return self._count

    def offset_of(self, index: int) -> int:
        """Byte offset of the line at `index`; searched only when a problem is reported, on from where the last one was."""
        known, at = self.reached if self.reached[0] <= index else (0, 0)
        for _ in range(index - known):
            at = self.data.index(b"\n", at) + 1
        self.reached = (index, at)
        return self.offset + at

    def problem(self, index: int, reason: str) -> ReadProblem:
        """The line at `index` as a ReadProblem."""
        return ReadProblem(self.number + index, reason, self.offset_of(index), self.lines[index][:EXCERPT])


def read_blocks(given: Input) -> Iterator[Block | ReadProblem]:
    """All lines of the input. A line longer than the budget's `line_bytes` is a problem and is skipped, unheld."""
    limit = given.budget.limits.line_bytes
    number, offset, carry, skipping = given.first_line, given.first_offset, b"", False
    for chunk in _chunks(given):
        if skipping:
            cut = chunk.find(b"\n") + 1
            offset += cut or len(chunk)
            if not cut:
                continue
            chunk, number, skipping = chunk[cut:], number + 1, False
        data = carry + chunk if carry else chunk
        end = data.rfind(b"\n") + 1
        data, carry = data[:end], data[end:]
        if data and (first := data.find(b"\n")) > limit:
            yield _too_long(number, offset, data, limit)
            number, offset, data = number + 1, offset + first + 1, data[first + 1 :]
        if data:
            block = Block(number, offset, data)
            yield block
            number, offset = number + block.count, offset + len(data)
        if len(carry) > limit:
            yield _too_long(number, offset, carry, limit)
            offset, carry, skipping = offset + len(carry), b"", True
    if carry:
        yield Block(number, offset, carry)


def text_of(data: bytes) -> str:
    """Bytes as text; what is not UTF-8 as `\\xNN`."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", "backslashreplace")


def head_lines(given: Input, count: int = 60) -> list[str]:
    """The first non-empty lines of the head (each at most 4 KiB), to recognise a format by; [] for binary content.

    The head's last line may be cut: it is left out unless it is the only one.
    """
    head = given.head
    encoding = utf16(head)
    if encoding:
        text = head.decode(encoding, "backslashreplace").removeprefix("\ufeff")
    else:
        if not looks_like_text(head):
            return []
        text = text_of(head[3:] if head.startswith(_UTF8_BOM) else head)
    lines = text.split("\n", count * 4)
    if len(lines) > 1:
        lines.pop()
    kept = [line.strip("\r\0")[:_SAMPLE] for line in lines if line.strip("\r\0 \t")]
    return kept[:count]


def looks_like_text(head: bytes) -> bool:
    """True if control bytes (other than tab and line ends) are rarer than one in twenty; runs of NUL that a power cut
    leaves in logs are not counted when whole lines follow."""
    sample = head[: 16 * _SAMPLE]
    if not sample:
        return False
    if sample.count(0):
        sample = sample.strip(b"\0")
        if not sample or sample.count(0) * 20 > len(sample):
            return False
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls * 20 <= len(sample)


def utf16(head: bytes) -> str:
    """`utf-16-le`, `utf-16-be`, or "" by the byte order mark or by NULs in every other place."""
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    even, odd = head[0:2048:2], head[1:2048:2]
    if len(odd) >= 16:
        if odd.count(0) * 10 > len(odd) * 8 and even.count(0) * 10 < len(even):
            return "utf-16-le"
        if even.count(0) * 10 > len(even) * 8 and odd.count(0) * 10 < len(odd):
            return "utf-16-be"
    return ""


_CONTROLS = bytes(c for c in range(32) if c not in b"\t\n\r\x1b") + b"\x7f"


def _chunks(given: Input) -> Iterator[bytes]:
    read = given.stream.read
    size = min(CHUNK, given.budget.limits.line_bytes)  # so that only the first line of a block can be too long
    encoding = utf16(given.head)
    decoder = codecs.getincrementaldecoder(encoding)("backslashreplace") if encoding else None
    first = given.first_offset == 0
    while chunk := read(size):
        data = decoder.decode(chunk).encode("utf-8", "backslashreplace") if decoder else chunk
        if first:
            first = not data
            data = data.removeprefix(_UTF8_BOM)
        if data:
            yield data
    if decoder and (rest := decoder.decode(b"", True)):
        yield rest.encode("utf-8", "backslashreplace")


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line[:-1] if line.endswith("\r") else line for line in lines] if "\r" in text else lines


def _valid(data: bytes) -> bytes:
    """The bytes themselves where they are UTF-8, as nearly all are; else as `text_of` reads them."""
    if data.isascii():
        return data
    try:
        data.decode()
    except UnicodeDecodeError:
        return text_of(data).encode()
    return data


def _too_long(number: int, offset: int, data: bytes, limit: int) -> ReadProblem:
    return ReadProblem(number, f"line longer than {limit} bytes; not read", offset, text_of(data[:EXCERPT]))
