"""The JSON form of papers' models: canonical, texts in NFC, times in RFC 3339; what it wrote it reads back as the same model.

Which fields are times is told by their name alone (`as_of`, `at`, `..._at`): see `is_time`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from atttcli.clock import from_micros, to_micros
from atttcli.errors import InputError

MAX_JSON = 64 * 1024 * 1024
_EARLIEST, _LATEST = -30_610_137_600_000_000, 253_370_678_400_000_000  # years 1000 to 9998: four digits in any zone
_SURROGATE = re.compile("[\ud800-\udfff]")
M = TypeVar("M", bound=msgspec.Struct)


def is_time(name: str) -> bool:
    """Whether a field of this name holds a moment: microseconds in memory, RFC 3339 in JSON."""
    return name in ("at", "as_of") or name.endswith("_at")


def to_json(report: msgspec.Struct) -> bytes:
    """Canonical JSON: keys sorted, NFC, UTF-8, indented, a line end at the end; no control or bidi character stands raw."""
    plain = _outward(msgspec.to_builtins(report))
    text = msgspec.json.format(msgspec.json.encode(plain, order="sorted"), indent=2).decode("utf-8")
    return (escape_unprintable(text) + "\n").encode("utf-8")


def schema_of(data: bytes) -> str:
    """The name of the schema that a model's JSON says it follows; empty when it says none. Raises InputError."""
    found = _decoded(data)
    name = found.get("schema") if isinstance(found, dict) else None
    return name if isinstance(name, str) else ""


def model_from_json(data: bytes, schema: str, kind: type[M]) -> M:
    """A model of any kind out of its JSON; InputError when the schema is another or something does not fit."""
    plain = _decoded(data)
    found = plain.get("schema") if isinstance(plain, dict) else None
    if found != schema:
        raise InputError(
            f"not a report that this version reads: schema {json.dumps(found)[:80]}",
            hint=f"expected {schema}; a newer report needs a newer atttcli",
        )
    try:
        return msgspec.convert(_inward(plain), kind)
    except msgspec.ValidationError as error:
        raise InputError(f"not a report: {error}") from error


def _decoded(data: bytes) -> Any:
    if len(data) > MAX_JSON:
        raise InputError(f"report larger than {MAX_JSON // 1024 // 1024} MiB")
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"not a report: {error}") from error


def time_schema(*, optional: bool) -> dict[str, Any]:
    """JSON Schema of a moment, of one that may be unknown where it is `optional`."""
    text = {"type": "string", "format": "date-time", "description": "RFC 3339, UTC, microseconds"}
    return {"anyOf": [text, {"type": "null"}]} if optional else text


def _outward(value: Any, name: str = "") -> Any:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, dict):
        return {key: _outward(item, key) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_outward(item) for item in value]
    if is_time(name) and isinstance(value, int):
        return _time_text(value)
    return value


def _inward(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _inward(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_inward(item) for item in value]
    if isinstance(value, str):
        return _time_value(value, name) if is_time(name) else _clean(value)
    return value


def _clean(text: str) -> str:
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _SURROGATE.sub(lambda m: f"\\u{ord(m.group()):04x}", text))


def _time_text(micros: int) -> str:
    """Moments outside the years 1000 to 9998 come only from crafted logs; they are shown at the edge, not refused."""
    bounded = min(max(micros, _EARLIEST), _LATEST)
    return from_micros(bounded).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _time_value(text: str, name: str) -> int:
    try:
        return to_micros(datetime.fromisoformat(text))
    except ValueError as error:
        raise InputError(f"not a report: {name} is not a time: {text[:40]!r}") from error


def escape_unprintable(text: str) -> str:
    """JSON escapes for what a terminal would obey (C1, bidi, zero-width); JSON itself only escapes C0. Lossless."""
    if text.isascii():
        return text.replace("\x7f", "\\u007f")
    return "\n".join("".join(map(_escape_char, line)) if not line.isprintable() else line for line in text.split("\n"))


def _escape_char(char: str) -> str:
    return char if char.isprintable() else json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"
