"""Reads a playbook file, YAML or JSON, as the CACAO document that it stands for; digests and canonical forms of it."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from atttcli.errors import InputError, LimitExceeded, Where
from atttcli.limits import read_bounded
from atttcli.playbook.sugar import expand
from atttcli.text import strict_yaml
from atttcli.text.fold import nfc
from atttcli.text.strict_yaml import Mapping

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 32
_KEY = re.compile(r'"([^"\\\n]{1,200})"[ \t]{0,20}:')


def read_bytes(path: Path) -> bytes:
    """A bounded regular file."""
    where = Where(str(path))
    try:
        if not path.is_file():
            raise InputError("not a regular file", where=where)
        with path.open("rb") as stream:
            return read_bounded(stream, MAX_BYTES, where)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=where) from error


def read_document(path: Path) -> Any:
    """The document of a playbook file as data that knows its lines; short forms are spelled out."""
    return parse_document(read_bytes(path), str(path))


def parse_document(data: bytes, path: str) -> Any:
    """A document of bytes: JSON where the name or the first character says so, else YAML."""
    if path.lower().endswith(".json"):
        return parse_json(data, path)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        try:
            return parse_json(data, path)
        except InputError:
            return expand(strict_yaml.load(data, path))  # a flow mapping of YAML
    return expand(strict_yaml.load(data, path))


def parse_json(data: bytes, path: str) -> Any:
    """JSON without duplicate keys, NaN, lone surrogates or depth; positions for keys that stand once or are ids."""
    where = Where(path)
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"JSON larger than {MAX_BYTES} bytes", where=where)
    try:
        text = data.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=_pairs, parse_constant=_no_constant, parse_float=_exact_float)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError("JSON is not UTF-8", where=Where(path, offset=error.start)) from error
    except UnicodeEncodeError as error:
        raise InputError("a text holds half of a surrogate pair", where=where) from error
    except json.JSONDecodeError as error:
        raise InputError(f"not valid JSON: {error.msg}", where=Where(path, error.lineno, error.colno)) from error
    except RecursionError as error:
        raise LimitExceeded(f"nested deeper than {MAX_DEPTH}", where=where) from error
    except ValueError as error:
        raise InputError(f"not valid JSON: {str(error)[:200]}", where=where) from error
    if _depth(value) > MAX_DEPTH:
        raise LimitExceeded(f"nested deeper than {MAX_DEPTH}", where=where)
    _give_lines(value, text)
    return value


def canonical(document: Any) -> str:
    """Canonical JSON in NFC: what a digest is taken of, and what the journal can hold unchanged."""
    return nfc(json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def digest(document: Any) -> str:
    """Sha256 of the canonical document."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def json_text(document: Any) -> str:
    """CACAO JSON for a file, in the document's own order."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _pairs(pairs: list[tuple[str, Any]]) -> Mapping:
    found = Mapping()
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:80]!r} stands here twice")
        found[key] = value
    return found


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _exact_float(text: str) -> float:
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        raise ValueError(f"the number {text[:40]} is too large")
    return value


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        if deepest > MAX_DEPTH:
            break
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
            if isinstance(inner, (dict, list))
        ]
    return deepest


def _give_lines(value: Any, text: str) -> None:
    """A message with a line helps; a key that stands often without being an id gets none rather than a wrong one."""
    lines: dict[str, int] = {}
    often: set[str] = set()
    line, last = 1, 0
    for match in _KEY.finditer(text):
        line += text.count("\n", last, match.start())
        last = match.start()
        if match[1] in lines:
            often.add(match[1])
        lines.setdefault(match[1], line)
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, Mapping):
            one.lines = {key: lines[key] for key in one if key in lines and ("--" in key or key not in often)}
            stack.extend(one.values())
        elif isinstance(one, list):
            stack.extend(one)
