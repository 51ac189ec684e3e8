"""Writes a CACAO document as YAML that reads back equal: the 1:1 image, without short forms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from atttcli.errors import InputError
from atttcli.playbook.sugar import MARK, is_short_form
from atttcli.text import strict_yaml

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,200}\Z")
_PLAIN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9_./-]{0,60}\Z")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "none", "nan", "inf"})
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def to_yaml(document: Any) -> str:
    """YAML text; InputError for a number that YAML cannot carry unchanged."""
    if is_short_form(document):
        raise InputError(f"a key {MARK!r} would switch on the short forms in YAML", hint="keep it as JSON")
    text = "\n".join(_lines(document, 0)) + "\n"
    if strict_yaml.load(text, "") != document:
        raise InputError("a number of this document would change in YAML", hint="keep it as JSON")
    return text


def _lines(value: Any, depth: int) -> Iterator[str]:
    pad = "  " * depth
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            head = f"{pad}{_key(key)}:"
            if isinstance(inner, (dict, list)) and inner:
                yield head
                yield from _lines(inner, depth + 1)
            else:
                yield f"{head} {_scalar(inner)}"
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _item(inner, pad, depth)
    else:
        yield pad + _scalar(value)


def _item(inner: Any, pad: str, depth: int) -> Iterator[str]:
    if not (isinstance(inner, (dict, list)) and inner):
        yield f"{pad}- {_scalar(inner)}"
        return
    first, *rest = _lines(inner, depth + 1)
    yield f"{pad}- {first.lstrip(' ')}"
    yield from rest


def _key(key: str) -> str:
    return key if _PLAIN_KEY.match(key) and key.lower() not in _WORDS else _quoted(key)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return value if _PLAIN_TEXT.match(value) and value.lower() not in _WORDS else _quoted(value)
    return json.dumps(value)  # null, true, false, numbers, {} and [] are the same in both


def _quoted(text: str) -> str:
    plain = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", plain)
