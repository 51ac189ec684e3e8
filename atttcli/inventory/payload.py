"""An organisation as JSON and back, so that the journal carries it as it was adopted."""

from __future__ import annotations

from dataclasses import MISSING, fields
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from atttcli.errors import InputError
from atttcli.inventory.organisation import Domain, Mailbox, Organ, Organisation, Party, ProfileSpan
from atttcli.model.inventory import Agency, Network, System

SCHEMA = "atttcli/organisation/1"
MAX_ITEMS = 50_000
_MAX_TEXT = 4000
_T = TypeVar("_T")
_LISTS: dict[str, type[Any]] = {
    "profiles": ProfileSpan,
    "organs": Organ,
    "parties": Party,
    "agencies": Agency,
    "networks": Network,
    "domains": Domain,
    "mailboxes": Mailbox,
    "systems": System,
}
_LOCAL = ("positions", "problems")
_SHAPES: dict[type[Any], tuple[dict[str, Any], frozenset[str]]] = {}


def to_payload(organisation: Organisation) -> dict[str, Any]:
    """The organisation as JSON values, empty fields left out. The same organisation gives the same payload."""
    payload: dict[str, Any] = {"schema": SCHEMA}
    for field in fields(organisation):
        value = getattr(organisation, field.name)
        if field.name in _LISTS:
            payload[field.name] = [_plain(item) for item in value]
        elif field.name == "roles":
            payload["roles"] = [list(pair) for pair in value]
        elif field.name not in _LOCAL:
            payload[field.name] = value
    return payload


def _plain(item: Any) -> dict[str, Any]:
    values = ((field.name, getattr(item, field.name)) for field in fields(item))
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values if value not in ("", ())}


def from_payload(payload: Any) -> Organisation:
    """The organisation of a payload; InputError when it is not one (a payload may come in a bundle from outside)."""
    if not isinstance(payload, dict) or payload.get("schema") != SCHEMA:
        raise InputError(f"not an organisation's payload ({SCHEMA})")
    values = {key: value for key, value in payload.items() if key != "schema"}
    for name, kind in _LISTS.items():
        items = values.get(name, [])
        if not isinstance(items, list) or len(items) > MAX_ITEMS:
            raise InputError(f"organisation payload: {name} is not a list of at most {MAX_ITEMS}")
        values[name] = tuple(_build(kind, item, name) for item in items)
    values["roles"] = _pairs(values.get("roles", []))
    lists = {name: values.pop(name) for name in (*_LISTS, "roles")}
    header = checked(Organisation, values, "organisation")
    return Organisation(**header, **lists)


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list) or len(value) > 1000:
        raise InputError("organisation payload: roles is not a list of pairs")
    pairs = []
    for item in value:
        if not isinstance(item, list) or len(item) != 2 or not all(isinstance(part, str) for part in item):
            raise InputError("organisation payload: roles is not a list of pairs")
        pairs.append((item[0], item[1]))
    return tuple(pairs)


def _build(kind: type[_T], item: Any, what: str) -> _T:
    if not isinstance(item, dict):
        raise InputError(f"organisation payload: an entry of {what} is not an object")
    return kind(**checked(kind, item, what))


def checked(kind: type[Any], item: dict[str, Any], what: str) -> dict[str, Any]:
    """The values of a record, each of the type its field declares; InputError for a field that it has not."""
    hints, needed = _shape(kind)
    found: dict[str, Any] = {}
    for name, value in item.items():
        if name not in hints or name in _LOCAL:
            raise InputError(f"organisation payload: {what} has the unknown field {name[:40]!r}")
        fitting = tuple(value) if isinstance(value, list) else value
        if not _fits(fitting, hints[name]):
            raise InputError(f"organisation payload: {what}.{name} has the wrong type")
        found[name] = fitting
    missing = needed - found.keys()
    if missing:
        raise InputError(f"organisation payload: {what} has no {min(missing)}")
    return found


def _shape(kind: type[Any]) -> tuple[dict[str, Any], frozenset[str]]:
    """What a record's fields hold, and which it must name: asked once a kind, not for each of a province's thousand records."""
    shape = _SHAPES.get(kind)
    if shape is None:
        hints = get_type_hints(kind)
        defaulted = {field.name for field in fields(kind) if field.default is not MISSING}
        needed = frozenset({"code", "name", "cidr", "address", "profile"} & hints.keys() - defaulted)
        shape = _SHAPES[kind] = hints, needed
    return shape


def _fits(value: Any, hint: Any) -> bool:
    if get_origin(hint) is UnionType:
        return any(_fits(value, part) for part in get_args(hint))
    if get_origin(hint) is tuple:
        return isinstance(value, tuple) and len(value) <= MAX_ITEMS and all(_fits(part, str) for part in value)
    if hint is str:
        return isinstance(value, str) and len(value) <= _MAX_TEXT
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
    if hint is type(None):
        return value is None
    return isinstance(value, hint)
