"""A reader of logs of JSON objects, a line each, indented or in an array: the loop that all such formats share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.jsonline import decode_object
from atttcli.sources.logs.jsonstream import head_objects, read_objects
from atttcli.sources.logs.lines import EXCERPT
from atttcli.sources.logs.stamps import Stamps

Tell = Callable[[dict[str, Any], str, int, Stamps], Event | None]


class ObjectLog:
    """A Source made of two functions: is this object mine, and what does it say (None: nothing that I know)."""

    kind = "log"

    def __init__(
        self, name: str, certain: Callable[[dict[str, Any]], object], tell: Tell, reason: str, score: int
    ) -> None:
        self.name = name
        self._certain, self._tell, self._reason, self._score = certain, tell, reason, score

    def recognise(self, given: Input) -> int:
        """By the share of the first objects that are certain; one in three is the least."""
        records = [decode_object(text) for text in head_objects(given)]
        hits = sum(1 for record in records if not isinstance(record, str) and self._certain(record))
        return self._score * hits // len(records) if hits * 3 >= len(records) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event an object; what is none of this format is a ReadProblem."""
        stamps, tell = Stamps(given), self._tell
        for item in read_objects(given):
            if isinstance(item, ReadProblem):
                yield item
                continue
            number, text = item
            record = decode_object(text)
            if isinstance(record, str):
                yield ReadProblem(number, record, excerpt=text[:EXCERPT])
            else:
                yield tell(record, text, number, stamps) or ReadProblem(number, self._reason, excerpt=text[:EXCERPT])
