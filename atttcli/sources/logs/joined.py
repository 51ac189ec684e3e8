"""Records of many lines: a line that begins one, and those that follow it (stack traces, mail headers), held within bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from atttcli.source import Input, ReadProblem
from atttcli.sources.logs.lines import EXCERPT, read_blocks

MAX_LINES = 200
MAX_CHARACTERS = 64 * 1024


@dataclass(frozen=True, slots=True)
class Joined:
    """The lines of one record from `number` on; `continues` is the first line of a record too long for one piece, else 0."""

    number: int
    lines: tuple[str, ...]
    continues: int = 0

    @property
    def text(self) -> str:
        """All lines, as they stood."""
        return "\n".join(self.lines)


def read_joined(given: Input, starts: Callable[[str], bool], reason: str) -> Iterator[Joined | ReadProblem]:
    """Every record; lines before the first are ReadProblems with `reason`. One beyond the bounds goes on in a further piece."""
    held: list[str] = []
    number = size = first = 0
    for block in read_blocks(given):
        if isinstance(block, ReadProblem):
            yield from _piece(number, held, first)
            held = []
            yield block
            continue
        for at, line in enumerate(block.lines, block.number):
            if starts(line):
                yield from _piece(number, held, first)
                held, number, size, first = [line], at, len(line), 0
            elif held:
                if len(held) >= MAX_LINES or size + len(line) > MAX_CHARACTERS:
                    yield from _piece(number, held, first)
                    held, first, number, size = [], first or number, at, 0
                held.append(line)
                size += len(line)
            elif line and not line.isspace():
                yield ReadProblem(at, reason, None, line[:EXCERPT])
    yield from _piece(number, held, first)


def _piece(number: int, held: list[str], first: int) -> Iterator[Joined]:
    while held and not held[-1].strip():
        held = held[:-1]
    if held:
        yield Joined(number, tuple(held), first)
