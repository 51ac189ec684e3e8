"""YAML with JSON's data model, for every YAML that people or attackers write.

No aliases, anchors, tags, implicit booleans (`yes`), dates or octals; bounded size and depth; a key twice is an error.
Built on the parser's events, which do not recurse: 50,000 nested brackets cost nothing (the loaders hang on them).
"""

from __future__ import annotations

import math
import re
from typing import Any

from atttcli.errors import InputError, LimitExceeded, Where

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\Z")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?\Z")
MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 32


class Mapping(dict[str, Any]):
    """A mapping that knows the line of each of its keys (from 1)."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}


def load(data: str | bytes, path: str = "", max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """One YAML document as dict, list, str, int, float, bool or None; InputError with file and line otherwise."""
    import yaml

    if len(data) > max_bytes:
        raise LimitExceeded(f"YAML larger than {max_bytes} bytes", where=Where(path))
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise InputError("YAML is not UTF-8", where=Where(path, offset=error.start)) from error
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _build(yaml, yaml.parse(text, Loader=loader), path, max_depth)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise InputError(f"not valid YAML: {problem}", where=Where(path, line=line)) from error


def _build(yaml: Any, events: Any, path: str, max_depth: int) -> Any:
    root: list[Any] = []
    stack: list[tuple[Any, list[str]]] = []  # container, pending key (at most one)
    documents = 0

    def refuse(message: str, event: Any) -> InputError:
        return InputError(message, where=Where(path, line=event.start_mark.line + 1))

    def place(value: Any, event: Any) -> None:
        if not stack:
            root.append(value)
            return
        container, pending = stack[-1]
        if isinstance(container, list):
            container.append(value)
        elif pending:
            container[pending.pop()] = value
        else:
            if not isinstance(value, str):
                value = getattr(event, "value", None)
                if value is None:
                    raise refuse("a key must be plain text", event)
            if value in container:
                raise refuse(f"the key {value!r} stands here twice", event)
            container.lines[value] = event.start_mark.line + 1
            container[value] = None
            pending.append(value)

    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise refuse("more than one YAML document", event)
        elif isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise refuse("anchors and aliases are not allowed", event)
        elif isinstance(event, yaml.ScalarEvent):
            if event.tag is not None and event.tag != "!":
                raise refuse("tags are not allowed", event)
            place(_scalar(event.value) if event.implicit[0] else event.value, event)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            if event.tag is not None:
                raise refuse("tags are not allowed", event)
            if len(stack) >= max_depth:
                raise LimitExceeded(
                    f"nested deeper than {max_depth}", where=Where(path, line=event.start_mark.line + 1)
                )
            container: Any = Mapping() if isinstance(event, yaml.MappingStartEvent) else []
            if stack and isinstance(stack[-1][0], dict) and not stack[-1][1]:
                raise refuse("a key must be plain text", event)
            place(container, event)
            stack.append((container, []))
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            stack.pop()
    return root[0] if root else None


def _scalar(text: str) -> Any:
    if text in ("", "null", "~"):
        return None
    if text == "true":
        return True
    if text == "false":
        return False
    if _INTEGER.match(text):
        return int(text)
    if _FLOAT.match(text):
        number = float(text)
        return text if math.isinf(number) else number
    return text
