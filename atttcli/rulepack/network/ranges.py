"""Address and port groups of rule headers: `[10.0.0.0/8,!10.1.0.0/16]`, `!$HOME_NET`, `[1:80,!8080,$HTTP_PORTS]`."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping

from atttcli.errors import RuleError
from atttcli.rulepack.network.values import AddressSet, Ranges

MAX_DEPTH = 16
V4_TOP = (1 << 32) - 1
V6_TOP = (1 << 128) - 1

# A space is ("4" or "6", top); a parsed item gives ranges in each space.
Spans = list[tuple[int, int]]


def merge(spans: Spans) -> Spans:
    """Sorted, overlapping and touching ranges joined."""
    merged: Spans = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def subtract(spans: Spans, holes: Spans) -> Spans:
    """What of merged `spans` is outside merged `holes`."""
    result: Spans = []
    for low, high in spans:
        for hole_low, hole_high in holes:
            if hole_high < low or hole_low > high:
                continue
            if hole_low > low:
                result.append((low, hole_low - 1))
            low = hole_high + 1
            if low > high:
                break
        if low <= high:
            result.append((low, high))
    return result


def split_group(text: str) -> list[str]:
    """The members of `[a,[b,c],!d]` (one bracket level removed), or the single item."""
    text = text.strip()
    if not text.startswith("["):
        return [text]
    if not text.endswith("]"):
        raise RuleError(f"unbalanced brackets in {text[:60]!r}")
    members: list[str] = []
    depth = start = 0
    body = text[1:-1]
    for index, char in enumerate(body):
        if char == "[":
            depth += 1
        elif char == "]":
            depth -= 1
            if depth < 0:
                raise RuleError(f"unbalanced brackets in {text[:60]!r}")
        elif char == "," and depth == 0:
            members.append(body[start:index].strip())
            start = index + 1
    if depth:
        raise RuleError(f"unbalanced brackets in {text[:60]!r}")
    members.append(body[start:].strip())
    return members


class _Space:
    """One kind of range (IPv4, IPv6 or ports): the item parser and the top of the number line."""

    def __init__(self, top: int, item: Callable[[str], Spans], variables: Mapping[str, str]) -> None:
        self.top = top
        self.item = item
        self.variables = variables

    def parse(self, text: str, depth: int = 0) -> Spans:
        if depth > MAX_DEPTH:
            raise RuleError("address or port groups nested too deep, or a variable that names itself")
        text = text.strip()
        if text.startswith("!"):
            return subtract([(0, self.top)], self.parse(text[1:], depth + 1))
        if text.startswith("$"):
            return self.parse(self._variable(text[1:]), depth + 1)
        if not text.startswith("["):
            return self.item(text)
        return self._group(text, depth)

    def _group(self, text: str, depth: int) -> Spans:
        wanted: Spans = []
        unwanted: Spans = []
        only_negated = True
        for member in split_group(text):
            if member.startswith("!"):
                unwanted += self.parse(member[1:], depth + 1)
            else:
                only_negated = False
                wanted += self.parse(member, depth + 1)
        base = [(0, self.top)] if only_negated else merge(wanted)
        return subtract(base, merge(unwanted))

    def _variable(self, name: str) -> str:
        if name not in self.variables:
            raise RuleError(f"unknown variable ${name}", hint=f"give it with --var {name}=VALUE")
        return self.variables[name]


def parse_addresses(text: str, variables: Mapping[str, str]) -> AddressSet:
    """One side's addresses; RuleError for what is no address, an empty set or an unknown variable."""
    v4 = _Space(V4_TOP, lambda item: _address(item, 4), variables).parse(text)
    v6 = _Space(V6_TOP, lambda item: _address(item, 6), variables).parse(text)
    if not v4 and not v6:
        raise RuleError(f"no address is left in {text[:60]!r}")
    ends = tuple((low.to_bytes(16, "big"), high.to_bytes(16, "big")) for low, high in merge(v6))
    return AddressSet(tuple(merge(v4)), ends)


def _address(item: str, version: int) -> Spans:
    if item.lower() == "any":
        return [(0, V4_TOP if version == 4 else V6_TOP)]
    low, dash, high = item.partition("-")
    try:
        if dash:
            first, last = ipaddress.ip_address(low.strip()), ipaddress.ip_address(high.strip())
            if first.version != last.version or int(first) > int(last):
                raise RuleError(f"{item[:60]!r} is no address range")
            return [(int(first), int(last))] if first.version == version else []
        network = ipaddress.ip_network(item, strict=False)
    except ValueError:
        raise RuleError(f"{item[:60]!r} is no address", hint="an address, CIDR, range, group or variable") from None
    if network.version != version:
        return []
    return [(int(network.network_address), int(network.broadcast_address))]


def parse_ports(text: str, variables: Mapping[str, str]) -> Ranges:
    """One side's ports; RuleError for what is no port or an empty set."""
    spans = merge(_Space(65_535, _port, variables).parse(text))
    if not spans:
        raise RuleError(f"no port is left in {text[:60]!r}")
    return tuple(spans)


def _port(item: str) -> Spans:
    if item.lower() == "any":
        return [(0, 65_535)]
    low, colon, high = item.partition(":")
    try:
        first = int(low) if low.strip() else 0
        last = (int(high) if high.strip() else 65_535) if colon else first
    except ValueError:
        raise RuleError(f"{item[:60]!r} is no port") from None
    if not 0 <= first <= last <= 65_535:
        raise RuleError(f"{item[:60]!r} is no port range")
    return [(first, last)]
