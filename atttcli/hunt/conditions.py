"""`--field NAME=VALUE` and its kin as SQL with values apart, so that no value is ever read as SQL."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from atttcli.errors import UsageError
from atttcli.hunt.columns import ADDRESSES, NAMES, NUMBERS, quoted

_CONDITION = re.compile(r"(?P<name>[^=!<>]+?)\s*(?P<sign>!=|>=|<=|=|>|<)(?P<value>.*)\Z", re.DOTALL)
_HINT = "--field user=admin, --field src_ip=203.0.113.0/24, --field 'sc-status>=500'"


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison: `sign` is =, !=, <, <=, > or >=."""

    name: str
    sign: str
    value: str


@dataclass(frozen=True, slots=True)
class Where:
    """SQL with a `?` for every value."""

    sql: str
    values: tuple[object, ...]


def parse_condition(text: str) -> Condition:
    """`user=admin`, `src_ip=203.0.113.0/24`, `url=*/wp-login*`, `sc-status>=500`, `user!=`. UsageError otherwise."""
    found = _CONDITION.match(text.strip())
    if found is None:
        raise UsageError(f"not a condition: {text[:60]!r}", hint=_HINT)
    name = found["name"].strip()
    return Condition(name.lower() if name.lower() in NAMES else name, found["sign"], found["value"].strip())


def where(conditions: Iterable[Condition], text: str = "") -> Where:
    """All must hold; several `=` of one name are alternatives. `text` must stand in the raw record, in any case."""
    sqls: list[str] = []
    values: list[object] = []
    alternatives: dict[str, list[Condition]] = {}
    for one in conditions:
        alternatives.setdefault(one.name if one.sign == "=" else f"{one.name}\0{one.sign}{one.value}", []).append(one)
    for group in alternatives.values():
        parts = [_one(condition) for condition in group]
        sqls.append("(" + " OR ".join(part.sql for part in parts) + ")")
        values += [value for part in parts for value in part.values]
    if text:
        sqls.append("contains(lower(raw), lower(?))")
        values.append(text)
    return Where(" AND ".join(sqls) or "true", tuple(values))


def _one(one: Condition) -> Where:
    column, given = _column(one.name)
    if one.sign in ("=", "!="):
        equal = _equal(one, column, given)
        return equal if one.sign == "=" else Where(f"NOT coalesce({equal.sql}, false)", equal.values)
    return _ordered(one, column, given)


def _column(name: str) -> tuple[str, tuple[object, ...]]:
    """The expression of a head column or of a native field, as text where it is none of ours."""
    if name in NAMES:
        return quoted(name), ()
    keys = [f"/{_pointer(name)}"]
    if "." in name:  # nested, as EVE and audit records are
        keys.append("/" + "/".join(_pointer(part) for part in name.split(".")))
    marks = ", ".join("fields ->> ?" for _ in keys)
    return (f"coalesce({marks})" if len(keys) > 1 else f"({marks})"), tuple(keys)


def _pointer(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _equal(one: Condition, column: str, given: tuple[object, ...]) -> Where:
    if one.name in NUMBERS:
        return Where(f"{column} = ?", (_whole(one),))
    network = _network(one.value) if "/" in one.value else None
    if network is not None and (one.name in ADDRESSES or one.name not in NAMES):
        return _inside(network, column, given)
    if one.name == "time" or one.name == "day":
        raise UsageError(f"not a condition: {one.name}", hint="--day 2021-05-13, --since, --until")
    value = one.value
    if one.name in ADDRESSES:
        value = _address(value)
    if "*" in value:
        return Where(f"lower(CAST({column} AS VARCHAR)) LIKE lower(?) ESCAPE '\\'", (*given, _like(value)))
    if one.name in ADDRESSES or one.name in ("segment", "source_sha256", "ref", "hash"):
        return Where(f"{column} = ?", (*given, value.lower()))
    return Where(f"lower(CAST({column} AS VARCHAR)) = lower(?)", (*given, value))


def _ordered(one: Condition, column: str, given: tuple[object, ...]) -> Where:
    try:
        number = float(one.value)
    except ValueError:
        raise UsageError(f"not a number: {one.value[:60]!r}", hint=_HINT) from None
    return Where(f"TRY_CAST({column} AS DOUBLE) {one.sign} ?", (*given, number))


def _whole(one: Condition) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", one.value):
        raise UsageError(f"not a number: {one.value[:60]!r}", hint=_HINT)
    return int(one.value)


def _like(value: str) -> str:
    for special in ("\\", "%", "_"):
        value = value.replace(special, "\\" + special)
    return value.replace("*", "%")


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        return value


_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(value: str) -> _Network | None:
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


def _inside(network: _Network, column: str, given: tuple[object, ...]) -> Where:
    """Addresses of a network by their text: readers write one spelling of each address."""
    if isinstance(network, ipaddress.IPv6Network):
        return _inside_v6(network, column, given)
    octets = str(network.network_address).split(".")
    whole, rest = divmod(network.prefixlen, 8)
    text = f"CAST({column} AS VARCHAR)"
    shape = f"regexp_full_match({text}, '[0-9]{{1,3}}(\\.[0-9]{{1,3}}){{3}}')"
    sqls, values = [shape], list(given)
    if whole:
        sqls.insert(0, f"starts_with({text}, ?)")
        values = [*given, ".".join(octets[:whole]) + ("." if whole < 4 else ""), *given]
        if whole == 4:
            return Where(f"{text} = ?", (*given, ".".join(octets)))
    if rest:
        low = int(octets[whole])
        sqls.append(f"TRY_CAST(split_part({text}, '.', {whole + 1}) AS INTEGER) BETWEEN ? AND ?")
        values += [*given, low, low + (1 << (8 - rest)) - 1]
    return Where("(" + " AND ".join(sqls) + ")", tuple(values))


def _inside_v6(network: ipaddress.IPv6Network, column: str, given: tuple[object, ...]) -> Where:
    """The address written out in full, as hexadecimal digits, compared as text."""
    text = f"CAST({column} AS VARCHAR)"
    low = network.network_address.exploded.replace(":", "")
    high = network.broadcast_address.exploded.replace(":", "")
    left = f"split_part({text}, '::', 1)"
    right = f"split_part({text}, '::', 2)"
    one, two = (
        # An empty side of `::` splits into one empty group, which lpad would make four digits: it counts for nothing.
        f"CASE WHEN {side} = '' THEN ''"
        f" ELSE array_to_string(list_transform(string_split({side}, ':'), lambda x: lpad(x, 4, '0')), '') END"
        for side in (left, right)
    )
    digits = f"(({one}) || repeat('0', greatest(0, 32 - length({one}) - length({two}))) || ({two}))"
    uses = digits.count(text)
    shape = f"regexp_full_match({text}, '[0-9a-f:]{{2,39}}') AND contains({text}, ':')"
    values = (*given, *given, *(given * uses), low, high)
    return Where(f"({shape} AND {digits} BETWEEN ? AND ?)", values)
