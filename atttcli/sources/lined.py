"""A reader of logs whose every line stands alone: the loop that all such formats share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.lines import head_lines, read_blocks
from atttcli.sources.logs.stamps import Stamps

Parse = Callable[[str, int, Stamps], Event | None]


class LineLog:
    """A Source made of two functions: is this line mine, and what does it say (None: nothing that I know)."""

    kind = "log"

    def __init__(
        self, name: str, certain: Callable[[str], bool], parse: Parse, reason: str, score: int = 95,
        skip: Callable[[str], bool] | None = None, share: int = 3,
    ) -> None:  # fmt: skip
        self.name, self._skip, self._share = name, skip, share
        self._certain, self._parse, self._reason, self._score = certain, parse, reason, score

    def recognise(self, given: Input) -> int:
        """By the share of the first lines that are certain; one in `share` is the least."""
        lines = head_lines(given)
        if self._skip is not None:
            lines = [line for line in lines if not self._skip(line)]
        hits = sum(1 for line in lines if self._certain(line))
        return self._score * hits // len(lines) if hits * self._share >= len(lines) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a line that is not blank; what is no line of this format is a ReadProblem."""
        stamps, parse, skip = Stamps(given), self._parse, self._skip
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for index, line in enumerate(block.lines):
                if line and not line.isspace() and not (skip and skip(line)):
                    yield parse(line, block.number + index, stamps) or block.problem(index, self._reason)
