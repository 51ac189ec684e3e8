"""`field=value` as people type it, checked against the record's types and the profile's codes: the changes to record."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

from atttcli.clock import parse_moment
from atttcli.errors import UsageError
from atttcli.model.record import FIELDS, Field
from atttcli.profile import Profile
from atttcli.text.fold import fold, nfc

MAX_TEXT = 8000
MAX_ITEMS = 2000
COLUMNS = ("title", "category", "severity", "owner", "detected", "resolution", "cause")
_ASSIGNMENT = re.compile(r"([a-z][a-z0-9_]{0,40})([+-]?)=(.*)\Z", re.DOTALL)
_ATTACK = re.compile(r"T\d{4}(\.\d{3})?\Z")
_WORDS = {
    "yes": "yes", "y": "yes", "true": "yes", "1": "yes", "co": "yes", "c": "yes", "no": "no", "n": "no", "false": "no", "0": "no",
    "khong": "no", "k": "no", "unknown": "unknown", "khong ro": "unknown", "?": "unknown",
}  # fmt: skip


def assignments(texts: Iterable[str], known: Mapping[str, Any], law: Profile, now: int) -> dict[str, Any]:
    """Changes that `field=value`, `field+=value`, `field-=value` and `field=` (empty it) make. UsageError for others.

    `known`: the fields as they are. A flag of the profile is a field too: `beyond_capacity=yes`; personal data involved
    states the flag of that name, so that its own clock runs.
    """
    changes: dict[str, Any] = {}
    flags = dict(known.get("flags", {}))
    codes = {flag.code for flag in law.flags}
    for text in texts:
        name, sign, value = _parts(text)
        if name in codes:
            _flag(flags, name, yes(name, value), now)
        if name in FIELDS:
            changes[name] = _value(FIELDS[name], sign, value, changes.get(name, known.get(name)))
        elif name in COLUMNS:
            changes[name] = _column(name, value)
        elif name not in codes:
            raise _unknown(name, codes)
    if flags != known.get("flags", {}):
        changes["flags"] = flags
    return changes


def _parts(text: str) -> tuple[str, str, str]:
    found = _ASSIGNMENT.match(text)
    if found is None:
        raise UsageError(
            f"not field=value: {text[:60]!r}", hint="atttcli incident set @ tlp=amber machines+=PC-01 personal_data=yes"
        )
    return found[1], found[2], nfc(found[3].strip())


def _unknown(name: str, codes: Iterable[str]) -> UsageError:
    near = [known for known in (*FIELDS, *COLUMNS, *codes) if known[:4] == name[:4] or name in known]
    return UsageError(
        f"there is no field {name!r}",
        hint="did you mean " + ", ".join(near[:5]) if near else "all fields: atttcli incident form @ --fields",
    )


def _flag(flags: dict[str, int], name: str, answer: str, now: int) -> None:
    if answer == "yes":
        flags.setdefault(name, now)
    else:
        flags.pop(name, None)


def yes(name: str, value: str) -> str:
    """`yes`, `no` or `unknown` from what people type, in both languages."""
    word = _WORDS.get(fold(value), "")
    if not word:
        raise UsageError(f"{name} is yes, no or unknown, not {value[:40]!r}", hint=f"{name}=yes")
    return word


def _column(name: str, value: str) -> Any:
    if name == "detected":
        return None if not value else _moment(name, value)
    if name == "title" and not value:
        raise UsageError("an incident keeps a title", hint='title="…"')
    return _limited(name, value)


def _value(spec: Field, sign: str, value: str, before: Any) -> Any:
    if sign and not spec.many:
        raise UsageError(f"{spec.name} holds one value", hint=f"{spec.name}=VALUE")
    if not value and not sign:
        return None
    if not spec.many:
        return _one(spec, value)
    items = [_item(spec, item.strip()) for item in value.split(",") if item.strip()]
    old = list(before or ())
    if sign == "-":
        items = [item for item in old if item not in items]
    elif sign == "+":
        items = [*old, *items]
    items = list(dict.fromkeys(items))
    if len(items) > MAX_ITEMS:
        raise UsageError(f"{spec.name} holds at most {MAX_ITEMS} values")
    return items or None


def _one(spec: Field, value: str) -> Any:
    if spec.kind == "yes":
        return yes(spec.name, value)
    if spec.kind == "moment":
        return _moment(spec.name, value)
    if spec.kind == "number":
        digits = value.replace(".", "").replace(",", "").replace(" ", "")
        if not digits.isdecimal() or len(digits) > 18 or int(digits) > spec.high:
            raise UsageError(f"{spec.name} is a number from 0 to {spec.high}, not {value[:40]!r}")
        return int(digits)
    if spec.kind == "choice":
        return _among(spec, value)
    return _limited(spec.name, value)


def _item(spec: Field, value: str) -> str:
    if spec.kind == "choices":
        return _among(spec, value)
    if spec.kind == "attack":
        code = value.upper()
        if not _ATTACK.match(code):
            raise UsageError(f"{value[:40]!r} is no ATT&CK technique", hint="as T1486 or T1059.001")
        return code
    if spec.kind == "addresses":
        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            raise UsageError(f"{value[:60]!r} is no address", hint="as 203.0.113.7 or 2001:db8::7") from None
    return _limited(spec.name, value)


def _among(spec: Field, value: str) -> str:
    code = value.lower()
    if code not in spec.choices:
        raise UsageError(f"{spec.name} is never {value[:40]!r}", hint="one of: " + ", ".join(spec.choices))
    return code


def _moment(name: str, value: str) -> int:
    try:
        return parse_moment(value)
    except ValueError as error:
        raise UsageError(
            f"{name} is no time: {value[:40]!r}", hint="as 2026-11-23 10:04 or 23/11/2026 10:04"
        ) from error


def _limited(name: str, value: str) -> str:
    if len(value) > MAX_TEXT:
        raise UsageError(f"{name} has {len(value)} characters; at most {MAX_TEXT}")
    return value
