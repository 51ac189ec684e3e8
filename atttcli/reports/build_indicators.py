"""Indicators of an incident: what its alerts saw of the other side, each value once, nothing of our own."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from atttcli.report import IndicatorRow

if TYPE_CHECKING:
    from atttcli.inventory import Inventory

# The first role that any alert gives wins: what a thing does says more than where it stood in a packet.
_ORDER = ("c2", "phishing", "malware", "attacker", "scanner", "malicious", "source", "target", "")
_HASHES = frozenset({"md5", "sha1", "sha256"})


def indicator_rows(alerts: Iterable[dict[str, Any]], inventory: Inventory) -> Iterator[IndicatorRow]:
    """The rows, the telling roles first, then by type and value."""
    found: dict[tuple[str, str], IndicatorRow] = {}
    for alert in alerts:
        for seen in alert["observables"]:
            kind, value, role = _parts(seen)
            if not value or role == "victim" or _is_ours(kind, value, role, inventory):
                continue
            row = _row(alert, kind, value, role)
            known = found.get((kind, value))
            found[(kind, value)] = row if known is None else _merged(known, row)
    yield from sorted(found.values(), key=lambda row: (_rank(row.role), row.type, row.value))


def _parts(seen: Any) -> tuple[str, str, str]:
    if isinstance(seen, dict):
        return str(seen.get("type", "")), str(seen.get("value", "")), str(seen.get("role", ""))
    kind, value, *rest = seen
    return str(kind), str(value), str(rest[0]) if rest else ""


def _row(alert: dict[str, Any], kind: str, value: str, role: str) -> IndicatorRow:
    source = str(alert.get("source_path") or "").replace("\\", "/").partition("!")[0].rsplit("/", 1)[-1]
    return IndicatorRow(type=kind, value=value, role=role, first_at=alert.get("first_seen"), source=source)


def _merged(known: IndicatorRow, other: IndicatorRow) -> IndicatorRow:
    first, second = sorted((known, other), key=lambda row: _rank(row.role))
    moments = [at for at in (known.first_at, other.first_at) if at is not None]
    sources = dict.fromkeys([*known.source.split(", "), other.source])
    return IndicatorRow(
        type=first.type,
        value=first.value,
        role=first.role or second.role,
        first_at=min(moments, default=None),
        source=", ".join(filter(None, list(sources)[:4])),
    )


def _rank(role: str) -> int:
    return _ORDER.index(role) if role in _ORDER else len(_ORDER)


def _is_ours(kind: str, value: str, role: str, inventory: Inventory) -> bool:
    if kind in _HASHES:
        return False
    if kind == "email-addr" and role == "target":
        return True  # who got a mail is no indicator, whoever they are
    if kind in ("ipv4-addr", "ipv6-addr"):
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            return False
        if inventory.owner_of_address(value) is not None:
            return True
        return address.is_loopback or address.is_unspecified or address in _PRIVATE.get(address.version, ())
    return inventory.owner_of(value) is not None


class _Ranges(tuple[Any, ...]):
    def __contains__(self, address: object) -> bool:
        return any(address in network for network in self)


# Not `is_private`: Python counts documentation ranges as private, and exercises live there.
_PRIVATE = {
    4: _Ranges(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"))),
    6: _Ranges(map(ipaddress.ip_network, ("fc00::/7", "fe80::/10"))),
}
