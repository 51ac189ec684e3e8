"""One JSON object from one line, whatever stands there: bounded depth, no surrogates, a reason instead of an error."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

MAX_DEPTH = 64
_SURROGATE = re.compile("[\ud800-\udfff]")
_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


def decode_object(line: str) -> dict[str, Any] | str:
    """The object, or why there is none (a short English sentence)."""
    try:
        value = _DECODER.decode(line)
    except RecursionError:
        return f"JSON nested deeper than {MAX_DEPTH}"
    except (msgspec.DecodeError, UnicodeError):
        value = _tolerant(line)
    if not isinstance(value, dict):
        return value if isinstance(value, str) else "not a JSON object"
    if line.count("{") + line.count("[") > MAX_DEPTH and _deeper(value, MAX_DEPTH):
        return f"JSON nested deeper than {MAX_DEPTH}"
    return value


def _tolerant(line: str) -> Any:
    """What msgspec refuses and Python reads: lone surrogates (replaced) and raw control characters in strings."""
    try:
        value = json.loads(line, strict=False, parse_constant=str, parse_int=_whole)
        return _DECODER.decode(_SURROGATE.sub(_spelled_out, json.dumps(value, ensure_ascii=False)))
    except (RecursionError, ValueError) as error:
        return "not valid JSON: " + str(error).splitlines()[0][:80]


def _spelled_out(found: re.Match[str]) -> str:
    return f"\\\\u{ord(found[0]):04x}"


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= 30 else digits


def _deeper(value: Any, depth: int) -> bool:
    level = [value]
    for _ in range(depth):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True
