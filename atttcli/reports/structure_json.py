"""JSON of models that are plain structures (letters, custody forms): their name and version first, then their fields."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from atttcli.errors import InputError
from atttcli.report_json import escape_unprintable

S = TypeVar("S")


def structure_json(value: Any, model: str) -> bytes:
    """Sorted, indented, UTF-8: the same value gives the same bytes; no control or bidi character stands raw.

    Times stay microseconds, as their docstrings say.
    """
    body = {"schema": model, **msgspec.to_builtins(value)}
    text = msgspec.json.format(msgspec.json.encode(body, order="sorted"), indent=2).decode("utf-8")
    return (escape_unprintable(text) + "\n").encode("utf-8")


def structure_from_json(data: bytes, model: str, kind: type[S]) -> S:
    """What `structure_json` wrote; InputError for another model, a newer one, or what does not fit."""
    try:
        body = msgspec.json.decode(data)
        found = body.pop("schema", "") if isinstance(body, dict) else ""
        if found != model:
            raise InputError(
                f"not the model that is read here: {str(found)[:80] or 'it names none'!r}",
                hint=f"expected {model}; a newer one needs a newer atttcli",
            )
        return msgspec.convert(body, kind)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"not {model}: {error}") from error
