"""Readers of JSON lines, CSV and name=value that no better reader knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from atttcli.model.event import Event
from atttcli.source import Input, Record, Source
from atttcli.sources.application.guess import Sample, csv_sample, guessed, json_sample, kv_sample, told
from atttcli.sources.mapping import MappedLog, Mapping


class Guessed:
    """A Source whose mapping is guessed from the file's own first records."""

    kind = "log"

    def __init__(self, name: str, score: int, sample: Callable[[Input], Sample | None]) -> None:
        self.name, self._score, self._sample = name, score, sample

    def mapping(self, given: Input) -> Mapping | None:
        """What is guessed of this input; None if it is not of this form."""
        sample = self._sample(given)
        return guessed(sample, self.name) if sample is not None else None

    def recognise(self, given: Input) -> int:
        """Low, so that every reader that knows the format goes before; 0 without a time and another known column."""
        mapping = self.mapping(given)
        if mapping is None or not mapping.columns:
            return 0
        return self._score if mapping.time_columns else 16

    def read(self, given: Input) -> Iterator[Record]:
        """As with a mapping file. The guess is noted in `given.assumed`."""
        mapping = self.mapping(given)
        if mapping is None:
            mapping = Mapping(
                self.name, {"generic-json": "jsonl", "generic-csv": "csv"}.get(self.name, "kv"), {}, {}, {}
            )
        if line := told(mapping):
            given.assumed["fields"] = line
        for record in MappedLog(mapping).read(given):
            if isinstance(record, Event) and record.outcome not in ("", "success", "failure"):
                record = msgspec.structs.replace(record, outcome="")
            yield record


APPLICATION_SOURCES: Final[tuple[Source, ...]] = (
    Guessed("generic-json", 30, json_sample),
    Guessed("generic-csv", 35, csv_sample),
    Guessed("generic-kv", 32, kv_sample),
)
