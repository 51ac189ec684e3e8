"""The golden cases of log readers (tests/cases/readers): a sample of ours and every record that must come out of it."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from atttcli.clock import parse_moment, rfc3339
from atttcli.ingest.route import recognise
from atttcli.model.alert import Alert
from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record, Source

CASES = Path(__file__).resolve().parents[1] / "cases" / "readers"
MODIFIED = parse_moment("2026-11-23 12:00")
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class ReaderCase:
    """One folder: `<source name>` or `<source name>.<variant>` with `sample.*`, `expected.jsonl`, perhaps `mapping.yaml`."""

    folder: Path
    sample: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def source(self) -> str:
        """The name of the reader that must recognise the sample."""
        return self.folder.name.partition(".")[0]

    def given(self) -> Input:
        data = self.sample.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        return Input(
            self.sample.name, digest, len(data), data[:65536], io.BytesIO(data), modified=MODIFIED, zone=ZONE,
            file=self.sample, own_networks=("10.0.0.0/8", "192.168.0.0/16"),
        )  # fmt: skip

    def reader(self) -> Source | None:
        """What the router chooses; with `mapping.yaml`, the reader that it makes."""
        mapping = self.folder / "mapping.yaml"
        if mapping.is_file():
            from atttcli.sources.mapping import MappedLog, load_mapping

            return MappedLog(load_mapping(mapping.read_bytes(), str(mapping)))
        return recognise(self.given())[1]

    def records(self) -> list[Record]:
        reader = self.reader()
        return list(reader.read(self.given())) if reader is not None else []

    def expected(self) -> list[dict[str, Any]]:
        lines = (self.folder / "expected.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line]


def cases() -> Iterator[ReaderCase]:
    """Every case, sorted by name."""
    for folder in sorted(path for path in CASES.iterdir() if path.is_dir()):
        samples = sorted(folder.glob("sample.*"))
        if len(samples) == 1:
            yield ReaderCase(folder, samples[0])


def told(record: Record) -> dict[str, Any]:
    """A record in JSON: what stands in `expected.jsonl`, a line each. `raw` is left out: it is the sample's line."""
    if isinstance(record, Event):
        made: dict[str, Any] = msgspec.to_builtins(record)
        made.pop("raw", None)
        made["time"] = rfc3339(record.time) if record.time is not None else None
    elif isinstance(record, ReadProblem):
        made = {"line": record.line, "problem": record.reason}
    elif isinstance(record, Alert):
        made = {
            "line": record.origin.line, "alert": record.rule_id, "title": record.title, "severity": record.severity.label,
            "time": rfc3339(record.time) if record.time is not None else None, "victim": record.victim,
            "observables": [[one.type.value, one.value, one.role] for one in record.observables],
        }  # fmt: skip
    else:
        made = {"other": type(record).__name__}
    return json.loads(json.dumps(made, ensure_ascii=False, default=str))
