"""Rules that a value of a document may have to keep: small checks that are put together into the shape of CACAO 2.0."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

ERROR, LAX, WARNING = "error", "lax", "warning"
Place = tuple[str | int, ...]
ID = re.compile(
    r"(?P<kind>[a-z][a-z0-9-]{1,60}[a-z0-9])--[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z",
    re.IGNORECASE,
)
_MOMENT = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]{1,9})?Z\Z"
)
_DEEP = 40


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a place of the document. `lax`: others write it so; it is kept, but not run."""

    place: Place
    message: str
    level: str = ERROR


Rule = Callable[[Any, Place], Iterator[Fault]]


@dataclass(frozen=True, slots=True)
class Shape:
    """A mapping with known keys. `required` faults are errors, `expected` ones lax; unknown keys are warnings."""

    fields: Mapping[str, Rule]
    required: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    excluded: tuple[str, ...] = field(default=())

    def __call__(self, value: Any, place: Place) -> Iterator[Fault]:
        """Every fault of one mapping."""
        if not isinstance(value, dict):
            yield Fault(place, f"`{_name(place)}` is not a mapping")
            return
        if len(place) > _DEEP:
            return
        for key, level in [(k, ERROR) for k in self.required] + [(k, LAX) for k in self.expected]:
            if key not in value:
                yield Fault(place, f"`{key}` is missing", level)
        for key, inner in value.items():
            if key in self.excluded:
                yield Fault((*place, key), f"`{key}` cannot stand here")
            elif key not in self.fields:
                yield Fault((*place, key), f"`{str(key)[:60]}` is not known to CACAO 2.0 and is only kept", WARNING)
            else:
                yield from self.fields[key](inner, (*place, key))


def text(value: Any, place: Place) -> Iterator[Fault]:
    """Text; a bare number is a common slip of YAML."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        yield Fault(place, f"`{_name(place)}` is not text")
    elif not isinstance(value, str):
        yield Fault(place, f"`{_name(place)}` is a number where text stands: put it in quotes")


def text_or_null(value: Any, place: Place) -> Iterator[Fault]:
    """Text, or null for what is not set yet."""
    if value is not None:
        yield from text(value, place)


def filled(value: Any, place: Place) -> Iterator[Fault]:
    """Text that says something."""
    yield from text(value, place)
    if isinstance(value, str) and not value.strip():
        yield Fault(place, f"`{_name(place)}` is empty")


def flag(value: Any, place: Place) -> Iterator[Fault]:
    """True or false."""
    if not isinstance(value, bool):
        yield Fault(place, f"`{_name(place)}` is not true or false")


def moment(value: Any, place: Place) -> Iterator[Fault]:
    """A time in UTC."""
    if not isinstance(value, str) or not _MOMENT.match(value):
        yield Fault(place, f"`{_name(place)}` is not a time such as 2026-01-01T00:00:00.000Z")


def anything(value: Any, place: Place) -> Iterator[Fault]:
    """What only others understand."""
    return iter(())


def whole(low: int, high: int = 1 << 53) -> Rule:
    """A whole number of a range."""

    def check(value: Any, place: Place) -> Iterator[Fault]:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            limit = f"from {low} to {high}" if high < 1 << 53 else f"not below {low}"
            yield Fault(place, f"`{_name(place)}` is not a whole number {limit}")

    return check


def one_of(*words: str, level: str = ERROR) -> Rule:
    """One of a closed vocabulary; with `level` warning, of an open one."""

    def check(value: Any, place: Place) -> Iterator[Fault]:
        if not isinstance(value, str):
            yield from text(value, place)
        elif value not in words:
            known = ", ".join(words) if len(words) < 8 else "the vocabulary of CACAO 2.0"
            yield Fault(place, f"`{_name(place)}` is {value[:60]!r}, not of {known}", level)

    return check


def identifier(*kinds: str, level: str = ERROR) -> Rule:
    """`kind--UUID`, of these kinds when some are named."""

    def check(value: Any, place: Place) -> Iterator[Fault]:
        match = ID.match(value) if isinstance(value, str) else None
        if match is None:
            wanted = kinds[0] if len(kinds) == 1 else "type"
            grade = level if isinstance(value, str) else ERROR
            yield Fault(place, f"`{_name(place)}` is not {wanted}--UUID: {str(value)[:80]!r}", grade)
        elif kinds and match["kind"] not in kinds:
            yield Fault(place, f"`{_name(place)}` is not {' or '.join(kinds)}--UUID: {value[:80]!r}", level)

    return check


def many(rule: Rule, least: int = 0) -> Rule:
    """A list, each item by the same rule."""

    def check(value: Any, place: Place) -> Iterator[Fault]:
        if not isinstance(value, list):
            yield Fault(place, f"`{_name(place)}` is not a list")
            return
        if len(value) < least:
            yield Fault(place, f"`{_name(place)}` needs {least} or more")
        for index, item in enumerate(value):
            yield from rule(item, (*place, index))

    return check


def table(key: Rule, rule: Rule, least: int = 0) -> Rule:
    """A mapping with names that are data: each name and each value by its rule."""

    def check(value: Any, place: Place) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield Fault(place, f"`{_name(place)}` is not a mapping")
            return
        if len(value) < least:
            yield Fault(place, f"`{_name(place)}` needs {least} or more")
        for name, inner in value.items():
            yield from key(name, (*place, name))
            yield from rule(inner, (*place, name))

    return check


def by_type(shapes: Mapping[str, Rule], other: Rule, level: str) -> Rule:
    """The shape that the mapping's own `type` names; for a type that is not known, `other` and a fault of `level`."""

    def check(value: Any, place: Place) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield Fault(place, f"`{_name(place)}` is not a mapping")
            return
        kind = value.get("type")
        if isinstance(kind, str) and kind in shapes:
            yield from shapes[kind](value, place)
            return
        if "type" in value:
            yield Fault((*place, "type"), f"`type` is {str(kind)[:60]!r}, which CACAO 2.0 does not know", level)
        yield from other(value, place)

    return check


def _name(place: Place) -> str:
    words = [str(part) for part in place if isinstance(part, str)]
    return words[-1][:80] if words else "playbook"
