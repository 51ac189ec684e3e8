"""Objects of JSON text of any layout: a line each, indented, in an array, or in the array of one wrapping object.

Objects are cut out by a scanner that is linear in the text and holds one object at a time (at most the budget's
`line_bytes`), so that an export of gigabytes in one line is read in little memory; what stands in them is judged by the caller.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from atttcli.source import Input, ReadProblem
from atttcli.sources.logs.jsonline import decode_object
from atttcli.sources.logs.lines import EXCERPT, read_blocks, text_of, utf16

_CHUNK = 256 * 1024
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]]|"', re.DOTALL)
_WRAPPED = re.compile(
    r'\s*+\{(?:\s*+"[^"]{0,64}"\s*+:\s*+(?:"[^"]{0,400}"|[-0-9.truefalsn]{1,24})\s*+,){0,8}\s*+"[^"]{1,64}"\s*+:\s*+\[\s*+\{'
)
MARK = "\ufeff"
AROUND = " \t\0"  # what may stand about the object of a line


def read_objects(given: Input) -> Iterator[tuple[int, str] | ReadProblem]:
    """(number, text) of every object: the number of its line, or of the object where these are not a line each."""
    if is_lines(given):
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for number, line in enumerate(block.lines, block.number):
                text = line.strip(AROUND)
                if text.startswith(MARK):
                    text = unmarked(text)
                if text:
                    yield number, text
        return
    yield from _Cutter(given).objects()


def unmarked(text: str) -> str:
    """Without byte order marks: one stands within a log where files were put one after the other."""
    return text.lstrip(MARK + AROUND)


def head_objects(given: Input, count: int = 10) -> list[str]:
    """The first whole objects of the head, to recognise a format by; [] for what is no JSON."""
    text = _head(given)
    start = text[:64].lstrip()[:1]
    if start not in ("{", "["):
        return []
    if is_lines(given):
        lines = text.split("\n")
        kept = [unmarked(line.strip()) for line in (lines[:-1] if len(lines) > 1 else lines) if line.strip()]
        return kept[:count]
    cutter = _Cutter(given)
    return [piece for piece in cutter.cut(text) if isinstance(piece, str)][:count]


def is_lines(given: Input) -> bool:
    """Whether the first line is an object by itself."""
    first, _, rest = _head(given).lstrip().partition("\n")
    if not first.startswith("{"):
        return False
    return not isinstance(decode_object(first.strip()), str) and not (not rest.strip() and _WRAPPED.match(first))


def _head(given: Input) -> str:
    encoding = utf16(given.head)
    text = given.head.decode(encoding, "backslashreplace") if encoding else text_of(given.head)
    return text.lstrip(MARK)


class _Cutter:
    """Cuts objects out of text that comes in pieces."""

    def __init__(self, given: Input) -> None:
        self._given = given
        self._limit = given.budget.limits.line_bytes
        self._depth = 0
        head = _head(given).lstrip()
        self._base = 1 if head.startswith("[") else 2 if _WRAPPED.match(head[:8192]) else 0
        self._held = ""
        self._start = -1  # of the object under way, in what is held
        self._at = 0

    def objects(self) -> Iterator[tuple[int, str] | ReadProblem]:
        number = 0
        for text in self._texts():
            for piece in self.cut(text):
                number += 1
                yield ReadProblem(number, *_long(piece)) if isinstance(piece, bytes) else (number, piece)
        if self._start >= 0:
            yield ReadProblem(number + 1, "JSON ends within an object", excerpt=self._held[self._start :][:EXCERPT])

    def _texts(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(utf16(self._given.head) or "utf-8")("backslashreplace")
        while data := self._given.stream.read(_CHUNK):
            self._given.budget.spend_bytes(0)
            yield decoder.decode(data)
        yield decoder.decode(b"", True)

    def cut(self, text: str) -> Iterator[str | bytes]:
        """Every object that ends in this piece; one that is too long as bytes (its beginning)."""
        self._held += text
        for token in _TOKEN.finditer(self._held, self._at):
            mark = token[0]
            if mark == '"':  # a string that goes on in the next piece
                self._at = token.start()
                break
            self._at = token.end()
            if mark in ("{", "["):
                if mark == "{" and self._depth == self._base:
                    self._start = token.start()
                self._depth += 1
            elif mark in ("}", "]"):
                self._depth = max(0, self._depth - 1)
                if self._start >= 0 and self._depth <= self._base:
                    yield self._held[self._start : self._at]
                    self._start = -1
        else:
            self._at = len(self._held)
        keep = self._start if self._start >= 0 else self._at
        self._held, self._at = self._held[keep:], self._at - keep
        if self._start >= 0:
            self._start = 0
        if len(self._held) > self._limit:
            if self._start >= 0:
                yield self._held[:EXCERPT].encode("utf-8", "backslashreplace")
            self._held, self._start, self._at = self._open_string(), -1, 0

    def _open_string(self) -> str:
        """What must be kept of a string that goes on: its quote, and a backslash that escapes what comes next."""
        if self._at >= len(self._held):
            return ""
        backslashes = len(self._held) - len(self._held.rstrip("\\"))
        return '"' + "\\" * (backslashes % 2)


def _long(beginning: bytes) -> tuple[str, None, str]:
    return "JSON object longer than the limit; not read", None, beginning.decode()
