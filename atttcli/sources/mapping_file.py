"""A mapping file: its shape and its check. `mapping` has the words and the reader made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from atttcli.errors import InputError, Where
from atttcli.sources.logs.stamps import offset
from atttcli.text import strict_yaml

FORMATS = ("csv", "jsonl", "kv", "regex")
TEXT = ("category", "product", "service", "host", "user", "domain", "url", "hash", "action", "outcome")
HEAD = frozenset((*TEXT, "src_ip", "src_port", "dst_ip", "dst_port"))
_KEYS = frozenset(
    ("name", "format", "delimiter", "separator", "header", "zone", "time", "set", "map", "values", "pattern", "starts", "when")
)  # fmt: skip
_MOST_CONDITIONS = 200


@dataclass(frozen=True, slots=True)
class When:
    """`set` and `map` that hold for records whose columns have these values (compared in lower case)."""

    wanted: dict[str, frozenset[str]]
    constant: dict[str, str]
    columns: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Mapping:
    """A checked mapping file. `pattern` and `starts` are compiled by a linear engine (google-re2)."""

    name: str
    format: str
    columns: dict[str, tuple[str, ...]]
    constant: dict[str, str]
    values: dict[str, dict[str, str]]
    delimiter: str = ","
    separator: str = "="
    header: tuple[str, ...] = ()  # empty: the file has a header line
    time_columns: tuple[str, ...] = ()
    time_format: str = "iso"
    zone: tzinfo | None = None
    pattern: Any = None
    starts: Any = None
    when: tuple[When, ...] = ()
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
    if kind not in FORMATS:
        raise checker.wrong("format", "must be csv, jsonl, kv or regex")
    pattern, starts = checker.regex("pattern"), checker.regex("starts")
    if (kind == "regex") != (pattern is not None):
        raise checker.wrong(
            "pattern" if pattern is not None else "format", "format regex needs `pattern`, and no other has one"
        )
    if kind == "csv" and starts is not None:
        raise checker.wrong("starts", "csv rows end by themselves")
    separator = checker.word("separator", "=")
    if separator not in ("=", ":"):
        raise checker.wrong("separator", "must be = or :")
    time_columns, time_format = checker.time()
    columns, when = checker.columns(), checker.when()
    if not columns and not time_columns and not any(one.columns for one in when):
        raise checker.wrong("map", "maps nothing")
    return Mapping(
        name=checker.word("name", "mapped"), format=kind, columns=columns, constant=checker.constants(),
        values=checker.values(), delimiter=checker.delimiter(), separator=separator, header=checker.header(),
        time_columns=time_columns, time_format=time_format, zone=checker.zone(), pattern=pattern, starts=starts, when=when,
        where=path,
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

    def regex(self, key: str) -> Any:
        """A regex of google-re2: linear in the text by construction, so a mapping file from outside may hold any."""
        value = self._loaded.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value or len(value) > 8192:
            raise self.wrong(key, "must be a regular expression")
        try:
            import re2
        except ImportError:
            raise self.wrong(key, "regular expressions need google-re2: pip install 'atttcli[fast]'") from None
        try:
            options = re2.Options()
            options.log_errors = False
            options.max_mem = 8 << 20
            return re2.compile(value, options)
        except re2.error as error:
            said = error.args[0] if error.args else ""
            reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
            raise self.wrong(key, f"not a regular expression of RE2: {reason[:100]}") from error

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

    def _table(self, key: str, within: dict[str, Any] | None = None) -> dict[str, Any]:
        value = (self._loaded if within is None else within).get(key) or {}
        if not isinstance(value, dict):
            raise self.wrong(key, "must be a mapping")
        if unknown := sorted(set(value) - HEAD):
            raise self.wrong(key, f"no such event field: {unknown[0]}; known are {', '.join(sorted(HEAD))}")
        return value

    def columns(self, within: dict[str, Any] | None = None) -> dict[str, tuple[str, ...]]:
        return {name: self._names("map", value) for name, value in self._table("map", within).items()}

    def constants(self, within: dict[str, Any] | None = None) -> dict[str, str]:
        table = self._table("set", within)
        if bad := [name for name, value in table.items() if name not in TEXT or not isinstance(value, str)]:
            raise self.wrong("set", f"{bad[0]} must be a text field")
        return dict(table)

    def values(self) -> dict[str, dict[str, str]]:
        table = self._table("values")
        for name, words in table.items():
            if not isinstance(words, dict) or not all(isinstance(word, str) for word in words.values()):
                raise self.wrong("values", f"{name} must map words to words")
        return {name: {str(key).lower(): word for key, word in words.items()} for name, words in table.items()}

    def when(self) -> tuple[When, ...]:
        """The conditions: a list of {if: {column: value or list}, set: ..., map: ...}."""
        found = self._loaded.get("when", [])
        if not isinstance(found, list) or len(found) > _MOST_CONDITIONS:
            raise self.wrong("when", f"must be a list of at most {_MOST_CONDITIONS} conditions")
        return tuple(self._condition(one) for one in found)

    def _condition(self, one: Any) -> When:
        if (
            not isinstance(one, dict)
            or set(one) - {"if", "set", "map"}
            or not isinstance(one.get("if"), dict)
            or not one["if"]
        ):
            raise self.wrong("when", "each condition is {if: {column: value}, set: {...}, map: {...}}")
        wanted = {}
        for name, value in one["if"].items():
            values = value if isinstance(value, list) else [value]
            if not all(isinstance(each, (str, int, bool)) for each in values):
                raise self.wrong("when", f"{name} must be a value or a list of values")
            wanted[str(name)] = frozenset(str(each).lower() for each in values)
        return When(wanted, self.constants(one), self.columns(one))

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
