"""Logs of any make, read by a mapping file: which column is which field of the event.

    name: fortigate-csv
    format: csv                  # or jsonl, kv (name=value), regex
    delimiter: ","               # csv only; also "\\t" or ";"
    separator: "="               # kv only; or ":"
    pattern: '^(?P<ip>\\S+) (?P<user>\\S+) (?P<what>.*)$'   # regex only: named groups are the columns (RE2's syntax)
    starts: '^\\d{4}-'            # jsonl, kv, regex: a line that fits begins a record, others belong to the one before
    header: true                 # or the list of column names, for files without a header line
    zone: "+07:00"               # or Asia/Ho_Chi_Minh; for stamps without a zone
    time:
      columns: [date, time]      # joined by one blank; jsonl: dotted paths (a.b, a.0.b)
      format: "%Y-%m-%d %H:%M:%S"  # or iso, epoch, epoch-ms
    set: {category: firewall, product: fortigate}
    map: {src_ip: [srcip, source], dst_port: dstport, user: user}
    values:
      outcome: {accept: success, deny: failure}
    when:                        # conditions, in order; a later one overrides
      - if: {type: event, action: [login, logon]}
        set: {category: authentication, action: login}
        map: {outcome: status}

Every column stays in `fields` under its own name. The recogniser asks for the mapped columns in the file's first lines. Where kv
and regex lines have no mapped time, a syslog header before them tells time and host.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.csvrows import csv_records
from atttcli.sources.firewall.envelope import opened
from atttcli.sources.keyvalue import LOOKED_AT, dated_pairs
from atttcli.sources.logs.address import address_port, port
from atttcli.sources.logs.joined import read_joined
from atttcli.sources.logs.jsonline import decode_object
from atttcli.sources.logs.lines import head_lines, read_blocks
from atttcli.sources.logs.stamps import Stamps
from atttcli.sources.mapping_file import Mapping, When, load_mapping

__all__ = ["MappedLog", "Mapping", "column_text", "load_mapping", "paths"]


class MappedLog:
    """A Source made of a mapping file."""

    kind = "log"

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.name = mapping.name

    def recognise(self, given: Input) -> int:
        """80 if every mapped field has one of its columns in the first records; 0 if half of them are missing."""
        lines = head_lines(given, 20)
        if not lines:
            return 0
        names = self._first_columns(lines)
        wanted = [*self.mapping.columns.values(), *((name,) for name in self.mapping.time_columns)]
        if not wanted:
            return 60 if names else 0
        hits = sum(1 for choices in wanted if any(choice in names for choice in choices))
        return 80 * hits // len(wanted) if hits * 2 > len(wanted) else 0

    def _first_columns(self, lines: list[str]) -> set[str]:
        if self.mapping.format == "csv":
            names = next(csv.reader([lines[0]], delimiter=self.mapping.delimiter), [])
            if self.mapping.header:
                return set(self.mapping.header) if len(names) == len(self.mapping.header) else set()
            return {name.strip() for name in names}
        whole = ["\n".join(lines)] if self.mapping.starts is not None else lines[:5]
        for text in whole:
            if isinstance(record := self._record(text), dict) and record:
                return paths(record)
        return set()

    def read(self, given: Input) -> Iterator[Record]:
        """An Event or a ReadProblem a record."""
        stamps = Stamps(replace(given, zone=self.mapping.zone) if self.mapping.zone else given)
        if self.mapping.format == "csv":
            yield from self._read_csv(given, stamps)
            return
        for found in self._pieces(given):
            if isinstance(found, ReadProblem):
                yield found
                continue
            number, text = found
            record = self._record(text)
            if isinstance(record, str):
                yield ReadProblem(number, record, excerpt=text[:200])
            else:
                yield self._event(record, text, number, stamps)

    def _pieces(self, given: Input) -> Iterator[tuple[int, str] | ReadProblem]:
        """(number, text) of each record: a line, or the lines that `starts` joins."""
        if (starts := self.mapping.starts) is not None:
            begins = lambda line: starts.search(line) is not None  # noqa: E731
            for piece in read_joined(given, begins, "stands before the first record"):
                yield piece if isinstance(piece, ReadProblem) else (piece.number, piece.text)
            return
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for number, line in enumerate(block.lines, block.number):
                if line and not line.isspace():
                    yield number, line

    def _record(self, text: str) -> dict[str, Any] | str:
        """The columns of one record, or why there are none."""
        if self.mapping.format == "jsonl":
            return decode_object(text)
        if self.mapping.format == "kv":
            return dated_pairs(text, self.mapping.separator) or "no pairs of name and value"
        found = self.mapping.pattern.search(text[:LOOKED_AT])
        if found is None:
            return "does not fit the pattern"
        return {name: value for name, value in found.groupdict().items() if value is not None}

    def _read_csv(self, given: Input, stamps: Stamps) -> Iterator[Record]:
        header = self.mapping.header
        for found in csv_records(given, self.mapping.delimiter):
            if isinstance(found, ReadProblem):
                yield found
                continue
            number, raw, row = found
            if not header:
                header = tuple(name.strip() for name in row)
            elif len(row) != len(header):
                yield ReadProblem(number, f"{len(row)} columns where {len(header)} are named", excerpt=raw[:200])
            else:
                yield self._event(dict(zip(header, row, strict=True)), raw, number, stamps)

    def _event(self, record: dict[str, Any], raw: str, number: int, stamps: Stamps) -> Event:
        mapping = self.mapping
        head: dict[str, Any] = dict(mapping.constant)
        self._fill(head, record, mapping.columns)
        for condition in mapping.when:
            if _holds(condition, record):
                head.update(condition.constant)
                self._fill(head, record, condition.columns)
        moment = None
        if mapping.time_columns:
            stamp = " ".join(text for column in mapping.time_columns if (text := column_text(record, column)))
            moment = stamps.format(stamp, mapping.time_format) if stamp else None
        if moment is None and mapping.format in ("kv", "regex"):
            envelope = opened(raw, stamps)
            moment = envelope.time
            if envelope.host:
                head.setdefault("host", envelope.host)
        return Event(moment, number, raw, fields=record, **head)

    def _fill(self, head: dict[str, Any], record: dict[str, Any], columns: dict[str, tuple[str, ...]]) -> None:
        for name, choices in columns.items():
            text = next((text for choice in choices if (text := column_text(record, choice))), "")
            if not text:
                continue
            text = self.mapping.values.get(name, {}).get(text.lower(), text)
            if name in ("src_ip", "dst_ip"):
                head[name], found = address_port(text)
                if found and not head.get(port_name := name.replace("ip", "port")):
                    head[port_name] = found
            else:
                head[name] = port(text) if name.endswith("_port") else text


def _holds(condition: When, record: dict[str, Any]) -> bool:
    return all(column_text(record, name).lower() in values for name, values in condition.wanted.items())


def column_text(record: dict[str, Any], path: str) -> str:
    """The value at a dotted path as text; "" for none, and for what is no plain value."""
    value: Any = record.get(path)
    if value is None and "." in path:
        value = record
        for part in path.split("."):
            if isinstance(value, list):
                value = value[int(part)] if part.isascii() and part.isdigit() and int(part[:9]) < len(value) else None
            else:
                value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else ""


def paths(record: dict[str, Any], prefix: str = "", depth: int = 6) -> set[str]:
    """Every name in a record, dotted, down to `depth` levels."""
    found = set()
    for name, value in record.items():
        found.add(prefix + name)
        if isinstance(value, list):
            value = {str(place): each for place, each in enumerate(value[:8])}
        if isinstance(value, dict) and depth:
            found |= paths(value, f"{prefix}{name}.", depth - 1)
    return found
