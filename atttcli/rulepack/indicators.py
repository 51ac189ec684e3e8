"""Indicator packs: CSV, YAML or plain text with a header, read strictly; every refused row is a problem with file and line.

CSV: a header naming `type` and `value`, and any of `description kind valid_from valid_until severity tlp source`; lines that
begin with `#` are comments. YAML: the same words per entry under `indicators:`, defaults for all beside it. Plain text: one value
a line after comment lines such as `# type: domain-name` that say the rest. Defanged values are understood. Type `file` is
a file's name or the end of its path, with `*` and `?` (`svch0st.exe`, `AppData/Roaming/*.scr`, see atttcli.field.names).
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from atttcli.clock import VIETNAM, to_micros
from atttcli.engine import RuleProblem
from atttcli.errors import InputError, RuleError, Where
from atttcli.limits import DEFAULT, MIB, read_bounded
from atttcli.model.canonical import canonical, refang
from atttcli.model.observable import Indicator, ObservableType
from atttcli.model.severity import Severity
from atttcli.text import strict_yaml

KINDS = ("malicious", "c2", "phishing", "malware", "attacker", "scanner")
TLPS = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
COLUMNS = ("type", "value", "description", "kind", "valid_from", "valid_until", "severity", "tlp", "source")
_SUFFIXES = (".csv", ".yml", ".yaml", ".txt")
_HEADER = re.compile(r"#\s*([a-z_]+)\s*:\s*(.*)\Z")
_TYPES = {str(kind): kind for kind in ObservableType} | {"domain": ObservableType.DOMAIN, "ip": ObservableType.IPV4}
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
_TEXT = 2000
MOST_BYTES = 128 * MIB  # a million hashes with a word to each
_PROBLEMS = 1000


@dataclass(frozen=True, slots=True)
class IndicatorPack:
    """What was read. `digest` names the content of the files."""

    indicators: tuple[Indicator, ...]
    problems: tuple[RuleProblem, ...]
    digest: str


Row = tuple[int, Mapping[str, Any]]  # line, and the row's words


def load_indicator_packs(paths: Iterable[Path | str]) -> IndicatorPack:
    """Read files and folders (`*.csv *.yml *.yaml *.txt`, in name order); the same value of the same file counts once."""
    found: list[Indicator] = []
    problems: list[RuleProblem] = []
    digests: list[str] = []
    for file in indicator_files(paths):
        try:
            with file.open("rb") as stream:
                data = read_bounded(stream, MOST_BYTES, Where(str(file)))
        except (OSError, InputError) as error:
            problems.append(RuleProblem(Where(str(file)), getattr(error, "message", "") or f"cannot be read: {error}"))
            continue
        digests.append(hashlib.sha256(data).hexdigest())
        _read_file(data, file, found, problems)
    return IndicatorPack(tuple(found), tuple(problems), hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest())


def indicator_files(paths: Iterable[Path | str]) -> Iterator[Path]:
    """The files that `load_indicator_packs` reads, in its order."""
    for given in paths:
        path = Path(given)
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES and file.is_file())
        else:
            yield path


def _read_file(data: bytes, file: Path, found: list[Indicator], problems: list[RuleProblem]) -> None:
    path = str(file)
    seen: set[tuple[str, str]] = set()
    refused = 0
    try:
        for line, row in _rows(data, file):
            try:
                indicator = _indicator(row, file.stem)
            except RuleError as error:
                refused += 1
                if refused <= _PROBLEMS:
                    problems.append(RuleProblem(Where(path, line=line), error.message, error.hint))
                continue
            if (indicator.type, indicator.value) not in seen:
                seen.add((indicator.type, indicator.value))
                found.append(indicator)
    except InputError as error:
        problems.append(RuleProblem(error.where or Where(path), error.message, error.hint))
    if refused > _PROBLEMS:
        problems.append(RuleProblem(Where(path), f"{refused - _PROBLEMS} more rows refused"))


def _rows(data: bytes, file: Path) -> Iterator[Row]:
    if file.suffix.lower() in (".yml", ".yaml"):
        yield from _yaml_rows(strict_yaml.load(data, str(file), max_bytes=DEFAULT.document_bytes), str(file))
        return
    try:
        lines = data.decode("utf-8-sig").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise InputError("not UTF-8", where=Where(str(file), offset=error.start)) from error
    if file.suffix.lower() == ".csv":
        yield from _csv_rows(lines, str(file))
    else:
        yield from _text_rows(lines, str(file))


def _csv_rows(lines: list[str], path: str) -> Iterator[Row]:
    """One record a line: a quoted line break is refused rather than guessed at."""
    header: list[str] | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            cells = next(csv.reader([line], strict=True))
        except csv.Error as error:
            raise InputError(f"not CSV: {error}", where=Where(path, line=number)) from error
        if header is None:
            header = [cell.strip().lower() for cell in cells]
            unknown = sorted(set(header) - set(COLUMNS))
            if unknown or not {"type", "value"} <= set(header) or len(set(header)) < len(header):
                hint = "columns: " + ", ".join(COLUMNS)
                raise InputError("the header must name type and value, and known columns once", hint=hint,
                                 where=Where(path, line=number))  # fmt: skip
        elif len(cells) != len(header):
            yield number, {"": f"{len(cells)} cells, {len(header)} columns"}
        else:
            yield number, dict(zip(header, cells, strict=True))


def _text_rows(lines: list[str], path: str) -> Iterator[Row]:
    header: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text.startswith("#"):
            match = _HEADER.match(text)
            if match and match[1] in COLUMNS and match[1] != "value":
                header[match[1]] = match[2].strip()
        elif text:
            if "type" not in header:
                raise InputError("no `# type:` line before the first value", where=Where(path, line=number))
            yield number, {**header, "value": text.partition(" #")[0].strip()}


def _yaml_rows(document: Any, path: str) -> Iterator[Row]:
    entries = document.get("indicators") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise InputError("no list `indicators`", where=Where(path, line=1))
    unknown = sorted(set(document) - {*COLUMNS, "indicators", "name"})
    if unknown:
        line = document.lines.get(unknown[0])
        raise InputError(f"the key {unknown[0]!r} is not known here", where=Where(path, line=line))
    defaults = {key: value for key, value in document.items() if key in COLUMNS}
    for entry in entries:
        lines = getattr(entry, "lines", {})
        number = min(lines.values(), default=1)
        yield number, {**defaults, **entry} if isinstance(entry, dict) else {"": "an entry is a mapping"}


def _indicator(row: Mapping[str, Any], source: str) -> Indicator:
    if "" in row:
        raise RuleError(str(row[""]))
    unknown = sorted(set(row) - set(COLUMNS))
    if unknown:
        raise RuleError(f"the key {unknown[0]!r} is not known here")
    words = {key: "" if value is None else str(value).strip() for key, value in row.items()}
    kind = _TYPES.get(words.get("type", "").lower())
    if kind is None:
        raise RuleError(f"unknown type {words.get('type', '')[:50]!r}", hint="types: " + ", ".join(ObservableType))
    known = canonical(kind, refang(words.get("value", "")))
    if known is None:
        raise RuleError(f"{words.get('value', '')[:80]!r} is no {kind}")
    if known[0] is ObservableType.CIDR and int(known[1].rpartition("/")[2]) < (16 if ":" in known[1] else 8):
        raise RuleError(f"the range {known[1]} is too wide to be an indicator")
    starts, ends = _moment(words.get("valid_from", ""), False), _moment(words.get("valid_until", ""), True)
    if starts is not None and ends is not None and ends < starts:
        raise RuleError("valid_until lies before valid_from")
    return Indicator(
        *known,
        source=words.get("source") or source,
        description=words.get("description", "")[:_TEXT],
        kind=_one_of(words.get("kind") or "malicious", KINDS, "kind"),
        valid_from=starts,
        valid_until=ends,
        severity=_severity(words.get("severity", "")),
        tlp=_one_of((words.get("tlp") or "AMBER").upper(), TLPS, "tlp"),
    )


def _one_of(word: str, known: tuple[str, ...], column: str) -> str:
    if word not in known:
        raise RuleError(f"unknown {column} {word[:50]!r}", hint=f"{column}: " + ", ".join(known))
    return word


def _severity(word: str) -> int:
    if not word:
        return int(Severity.HIGH)
    names = {one.label: int(one) for one in Severity} | {str(int(one)): int(one) for one in Severity}
    if word.lower() not in names:
        raise RuleError(f"unknown severity {word[:50]!r}", hint="severity: " + ", ".join(one.label for one in Severity))
    return names[word.lower()]


def _moment(word: str, is_end: bool) -> int | None:
    """A day (in Viet Nam's zone; as an end, its last microsecond) or an RFC 3339 moment."""
    if not word:
        return None
    try:
        if _DATE.match(word):
            day = datetime.combine(date.fromisoformat(word), datetime.min.time(), VIETNAM)
            return to_micros(day + timedelta(days=1)) - 1 if is_end else to_micros(day)
        moment = datetime.fromisoformat(word)
    except (ValueError, OverflowError) as error:
        raise RuleError(f"{word[:50]!r} is no date", hint="2026-11-23 or 2026-11-23T10:04:00+07:00") from error
    if moment.tzinfo is None:
        raise RuleError(f"{word[:50]!r} has no zone", hint="2026-11-23T10:04:00+07:00")
    return to_micros(moment.astimezone(UTC))
