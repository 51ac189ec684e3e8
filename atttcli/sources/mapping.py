"""CSV and JSON lines of any make, read by a mapping file: which column is which field of the event.

    name: fortigate-csv
    format: csv                  # or jsonl
    delimiter: ","               # csv only; also "\\t" or ";"
    header: true                 # or the list of column names, for files without a header line
    zone: "+07:00"               # or Asia/Ho_Chi_Minh; for stamps without a zone
    time:
      columns: [date, time]      # joined by one blank; jsonl: dotted paths (a.b)
      format: "%Y-%m-%d %H:%M:%S"  # or iso, epoch, epoch-ms
    set: {category: firewall, product: fortigate}
    map: {src_ip: [srcip, source], dst_port: dstport, user: user}
    values:
      outcome: {accept: success, deny: failure}

Every column stays in `fields` under its own name. The recogniser asks for the mapped columns in the file's first line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any

from atttcli.errors import InputError, Where
from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.address import address_port, port
from atttcli.sources.logs.jsonline import decode_object
from atttcli.sources.logs.lines import head_lines, read_blocks
from atttcli.sources.logs.stamps import Stamps, offset
from atttcli.text import strict_yaml

_TEXT = ("category", "product", "service", "host", "user", "domain", "url", "hash", "action", "outcome")
_HEAD = frozenset((*_TEXT, "src_ip", "src_port", "dst_ip", "dst_port"))
_KEYS = frozenset(("name", "format", "delimiter", "header", "zone", "time", "set", "map", "values"))
MAX_RECORD_LINES = 1000
MAX_RECORD_CHARACTERS = 256 * 1024


@dataclass(frozen=True, slots=True)
class Mapping:
    """A checked mapping file."""

    name: str
    format: str
    columns: dict[str, tuple[str, ...]]
    constant: dict[str, str]
    values: dict[str, dict[str, str]]
    delimiter: str = ","
    header: tuple[str, ...] = ()  # empty: the file has a header line
    time_columns: tuple[str, ...] = ()
    time_format: str = "iso"
    zone: tzinfo | None = None
    where: str = field(default="", compare=False)


def load_mapping(data: bytes | str, path: str = "") -> Mapping:
    """Read and check a mapping file; InputError with file and line for whatever is wrong in it."""
    loaded = strict_yaml.load(data, path, max_bytes=256 * 1024)
    if not isinstance(loaded, dict):
        raise InputError("a mapping file is a YAML mapping", where=Where(path, line=1))
    checker = _Checker(loaded, path)
    if unknown := sorted(set(loaded) - _KEYS):
        raise checker.wrong(unknown[0], f"unknown key; known are {', '.join(sorted(_KEYS))}")
    kind = checker.word("format", "csv")
    if kind not in ("csv", "jsonl"):
        raise checker.wrong("format", "must be csv or jsonl")
    time_columns, time_format = checker.time()
    columns = checker.columns()
    if not columns and not time_columns:
        raise checker.wrong("map", "maps nothing")
    return Mapping(
        name=checker.word("name", "mapped"), format=kind, columns=columns, constant=checker.constants(),
        values=checker.values(), delimiter=checker.delimiter(), header=checker.header(), time_columns=time_columns,
        time_format=time_format, zone=checker.zone(), where=path,
    )  # fmt: skip


class _Checker:
    """Takes a loaded mapping file apart; every complaint names the key's line."""

    def __init__(self, loaded: dict[str, Any], path: str) -> None:
        self._loaded, self._path = loaded, path

    def wrong(self, key: str, reason: str) -> InputError:
        line = getattr(self._loaded, "lines", {}).get(key)
        return InputError(f"mapping file: `{key}`: {reason}", where=Where(self._path, line=line))

    def word(self, key: str, default: str) -> str:
        value = self._loaded.get(key, default)
        if not isinstance(value, str) or not value or len(value) > 200:
            raise self.wrong(key, "must be a short text")
        return value

    def delimiter(self) -> str:
        value = self.word("delimiter", ",").replace("\\t", "\t")
        if len(value) != 1 or value in '"\r\n\0':
            raise self.wrong("delimiter", "must be one character")
        return value

    def header(self) -> tuple[str, ...]:
        value = self._loaded.get("header", True)
        if value is True:
            return ()
        return self._names("header", value)

    def _names(self, key: str, value: Any) -> tuple[str, ...]:
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
            raise self.wrong(key, "must be a column name or a list of them")
        return tuple(names)

    def _table(self, key: str) -> dict[str, Any]:
        value = self._loaded.get(key) or {}
        if not isinstance(value, dict):
            raise self.wrong(key, "must be a mapping")
        if unknown := sorted(set(value) - _HEAD):
            raise self.wrong(key, f"no such event field: {unknown[0]}; known are {', '.join(sorted(_HEAD))}")
        return value

    def columns(self) -> dict[str, tuple[str, ...]]:
        return {name: self._names("map", value) for name, value in self._table("map").items()}

    def constants(self) -> dict[str, str]:
        table = self._table("set")
        if bad := [name for name, value in table.items() if name not in _TEXT or not isinstance(value, str)]:
            raise self.wrong("set", f"{bad[0]} must be a text field")
        return dict(table)

    def values(self) -> dict[str, dict[str, str]]:
        table = self._table("values")
        for name, words in table.items():
            if not isinstance(words, dict) or not all(isinstance(word, str) for word in words.values()):
                raise self.wrong("values", f"{name} must map words to words")
        return {name: {key.lower(): word for key, word in words.items()} for name, words in table.items()}

    def time(self) -> tuple[tuple[str, ...], str]:
        value = self._loaded.get("time")
        if value is None:
            return (), "iso"
        if isinstance(value, (str, list)):
            return self._names("time", value), "iso"
        if not isinstance(value, dict) or set(value) - {"columns", "format"} or "columns" not in value:
            raise self.wrong("time", "must be a column, a list of columns, or {columns, format}")
        pattern = value.get("format", "iso")
        if not isinstance(pattern, str) or not ("%" in pattern or pattern in ("iso", "epoch", "epoch-ms")):
            raise self.wrong("time", "format must be iso, epoch, epoch-ms or a strptime pattern")
        return self._names("time", value["columns"]), pattern

    def zone(self) -> tzinfo | None:
        value = self._loaded.get("zone")
        if value is None:
            return None
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            return offset(str(value)) or ZoneInfo(str(value))
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise self.wrong("zone", "must be like +07:00 or Asia/Ho_Chi_Minh") from error


class MappedLog:
    """A Source made of a mapping file."""

    kind = "log"

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.name = mapping.name

    def recognise(self, given: Input) -> int:
        """80 if every mapped field has one of its columns in the first record; 0 if half of them are missing."""
        lines = head_lines(given, 5)
        if not lines:
            return 0
        names = self._first_columns(lines[0])
        wanted = [*self.mapping.columns.values(), *((name,) for name in self.mapping.time_columns)]
        hits = sum(1 for choices in wanted if any(choice in names for choice in choices))
        return 80 * hits // len(wanted) if hits * 2 > len(wanted) else 0

    def _first_columns(self, line: str) -> set[str]:
        if self.mapping.format == "jsonl":
            record = decode_object(line)
            return _paths(record) if isinstance(record, dict) else set()
        names = next(csv.reader([line], delimiter=self.mapping.delimiter), [])
        if self.mapping.header:
            return set(self.mapping.header) if len(names) == len(self.mapping.header) else set()
        return {name.strip() for name in names}

    def read(self, given: Input) -> Iterator[Record]:
        """An Event or a ReadProblem a record."""
        stamps = Stamps(replace(given, zone=self.mapping.zone) if self.mapping.zone else given)
        yield from self._read_jsonl(given, stamps) if self.mapping.format == "jsonl" else self._read_csv(given, stamps)

    def _read_jsonl(self, given: Input, stamps: Stamps) -> Iterator[Record]:
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for index, line in enumerate(block.lines):
                if not line or line.isspace():
                    continue
                record = decode_object(line)
                if isinstance(record, str):
                    yield block.problem(index, record)
                else:
                    yield self._event(record, line, block.number + index, stamps)

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
        for name, choices in mapping.columns.items():
            text = next((text for choice in choices if (text := _text(record, choice))), "")
            if not text:
                continue
            text = mapping.values.get(name, {}).get(text.lower(), text)
            if name in ("src_ip", "dst_ip"):
                head[name], found = address_port(text)
                if found and not head.get(port_name := name.replace("ip", "port")):
                    head[port_name] = found
            else:
                head[name] = port(text) if name.endswith("_port") else text
        moment = None
        if mapping.time_columns:
            stamp = " ".join(text for column in mapping.time_columns if (text := _text(record, column)))
            moment = stamps.format(stamp, mapping.time_format) if stamp else None
        return Event(moment, number, raw, fields=record, **head)


def _text(record: dict[str, Any], path: str) -> str:
    value: Any = record.get(path)
    if value is None and "." in path:
        value = record
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def _paths(record: dict[str, Any], prefix: str = "", depth: int = 6) -> set[str]:
    found = set()
    for name, value in record.items():
        found.add(prefix + name)
        if isinstance(value, dict) and depth:
            found |= _paths(value, f"{prefix}{name}.", depth - 1)
    return found


def csv_records(given: Input, delimiter: str) -> Iterator[tuple[int, str, list[str]] | ReadProblem]:
    """Rows with their first line's number and raw text. A quoted field may hold line ends, up to a bound: beyond it the
    line that opened the quote is a problem by itself and reading goes on with the next one."""
    held: list[str] = []
    first = quotes = size = 0
    for block in read_blocks(given):
        if isinstance(block, ReadProblem):
            if held:
                yield from _broken(held, first, delimiter)
                held, quotes, size = [], 0, 0
            yield block
            continue
        for index, line in enumerate(block.lines):
            if not held and (not line or line.isspace()):
                continue
            first = first if held else block.number + index
            held.append(line)
            quotes += line.count('"')
            size += len(line)
            if quotes % 2 == 0:
                row = _row(held, first, delimiter)
                if isinstance(row, ReadProblem) and len(held) > 1:  # a stray quote paired with another line's
                    yield from _broken(held, first, delimiter)
                else:
                    yield row
            elif len(held) < MAX_RECORD_LINES and size < MAX_RECORD_CHARACTERS:
                continue
            else:
                yield from _broken(held, first, delimiter)
            held, quotes, size = [], 0, 0
    if held:
        yield from _broken(held, first, delimiter)


def _row(held: list[str], first: int, delimiter: str, strict: bool = False) -> tuple[int, str, list[str]] | ReadProblem:
    raw = "\n".join(held)
    try:
        rows = list(csv.reader([line + "\n" for line in held], delimiter=delimiter, strict=strict))
    except csv.Error as error:
        return ReadProblem(first, f"not valid CSV: {error}", excerpt=raw[:200])
    return (
        (first, raw, rows[0]) if len(rows) == 1 else ReadProblem(first, "not valid CSV: stray quote", excerpt=raw[:200])
    )


def _broken(held: list[str], first: int, delimiter: str) -> Iterator[tuple[int, str, list[str]] | ReadProblem]:
    """Lines that make no record together, each for itself: one without a quote left open is a record."""
    for number, line in enumerate(held, first):
        if line and not line.isspace():
            yield _row([line], number, delimiter, strict=True)
