"""Reads a YAML mapping field by field; whatever does not fit is an InputError with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from atttcli.errors import InputError, Where
from atttcli.text.fold import nfc
from atttcli.text.strict_yaml import Mapping

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}\Z")
_KEY_CODE = re.compile(r"[a-z0-9_][a-z0-9_.-]{0,63}\Z")
MAX_TEXT = 4000


class Record:
    """One mapping being read. Each getter marks its key as known; `finish` refuses the keys nobody asked for."""

    def __init__(self, mapping: Any, path: str = "", line: int | None = None, what: str = "record") -> None:
        if not isinstance(mapping, dict):
            raise InputError(f"{what}: a mapping is expected here", where=Where(path, line=line))
        self.mapping: dict[str, Any] = mapping
        self.path = path
        self.what = what
        self._lines: dict[str, int] = mapping.lines if isinstance(mapping, Mapping) else {}
        self.line = min(self._lines.values(), default=line)
        self._asked: set[str] = set()

    def where(self, key: str = "") -> Where:
        """File and line of a key, or of the record."""
        return Where(self.path, line=self._lines.get(key, self.line))

    def refuse(self, message: str, key: str = "", hint: str = "") -> InputError:
        """The error to raise about `key`."""
        return InputError(f"{self.what}: {message}", where=self.where(key), hint=hint)

    def has(self, key: str) -> bool:
        """True when the key is present and not null."""
        self._asked.add(key)
        return self.mapping.get(key) is not None

    def text(self, key: str, default: str | None = None) -> str:
        """A text in NFC; required when `default` is None."""
        if not self.has(key):
            if default is None:
                raise self.refuse(f"{key} is missing")
            return default
        value = self.mapping[key]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            raise self.refuse(f"{key} must be a text of at most {MAX_TEXT} characters", key)
        return nfc(value.strip())

    def code(self, key: str = "code", default: str | None = None) -> str:
        """A short ASCII code such as `so-tttt`."""
        value = self.text(key, default)
        if value and not _CODE.match(value):
            raise self.refuse(f"{key} {value[:40]!r} is not a code (ASCII letters, digits, - _ .)", key)
        return value

    def integer(self, key: str, default: int | None = None, low: int = 0, high: int = 10**9) -> int:
        """A whole number between `low` and `high`; required when `default` is None."""
        if not self.has(key):
            if default is None:
                raise self.refuse(f"{key} is missing")
            return default
        value = self.mapping[key]
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.refuse(f"{key} must be a whole number from {low} to {high}", key)
        return value

    def flag(self, key: str, default: bool | None = None) -> bool:
        """`true` or `false`; required when `default` is None."""
        if not self.has(key):
            if default is None:
                raise self.refuse(f"{key} is missing")
            return default
        value = self.mapping[key]
        if not isinstance(value, bool):
            raise self.refuse(f"{key} must be true or false", key)
        return value

    def choice(self, key: str, allowed: Iterable[str], default: str | None = None) -> str:
        """One of the allowed words."""
        value = self.text(key, default)
        words = tuple(allowed)
        if value not in words:
            raise self.refuse(f"{key} {value[:40]!r} is not known", key, hint="one of: " + ", ".join(words))
        return value

    def day(self, key: str, default: str | None = "") -> str:
        """An ISO date `YYYY-MM-DD`, or empty."""
        value = self.text(key, default)
        if value:
            try:
                date.fromisoformat(value)
            except ValueError:
                raise self.refuse(f"{key} {value[:20]!r} is not a date", key, hint="write YYYY-MM-DD") from None
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; one text alone is a list of one; absent is empty."""
        if not self.has(key):
            return ()
        value = self.mapping[key]
        items = value if isinstance(value, list) else [value]
        found = []
        for item in items:
            if isinstance(item, bool) or not isinstance(item, (str, int, float)) or len(str(item)) > MAX_TEXT:
                raise self.refuse(f"{key} must be a list of texts", key)
            found.append(nfc(str(item).strip()))
        return tuple(found)

    def records(self, key: str) -> Iterator[Record]:
        """The mappings of a list, each as a Record; absent is empty."""
        if not self.has(key):
            return
        value = self.mapping[key]
        if not isinstance(value, list):
            raise self.refuse(f"{key} must be a list", key)
        for item in value:
            yield Record(item, self.path, self._lines.get(key, self.line), f"{self.what} {key}".strip())

    def record(self, key: str) -> Record:
        """A mapping inside this one; absent is an empty Record."""
        value = self.mapping[key] if self.has(key) else {}
        return Record(value, self.path, self._lines.get(key, self.line), key)

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """A mapping of short keys to texts, in the order of the file."""
        inner = self.record(key)
        for name in inner.mapping:
            if not _KEY_CODE.match(name):
                raise inner.refuse(f"{name[:40]!r} is not a key (small ASCII letters, digits, _ - .)", name)
        return tuple((name, inner.text(name)) for name in inner.mapping)

    def finish(self) -> None:
        """Refuse keys that nobody asked for: a misspelt key must not be silently lost."""
        for key in self.mapping:
            if key not in self._asked:
                hint = "known here: " + ", ".join(sorted(self._asked))
                raise self.refuse(f"the key {key[:40]!r} is not known", key, hint=hint)
