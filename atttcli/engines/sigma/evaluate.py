"""A rule's tree as a function of an event, and what the tree says before it is run: its log source, its literals."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import Any

from atttcli.engines.sigma.fields import INDEXED, reader, text_of
from atttcli.engines.sigma.pattern import compile_search
from atttcli.model.event import Event
from atttcli.rulepack.sigma_nodes import And, Field, Node, Not, Or, Test

Predicate = Callable[[Event], bool]
Check = Callable[[Any], bool]
_MAX_MEMBERS = 256
_TEXT_KINDS = ("equals", "contains", "startswith", "endswith", "glob")


def compile_node(node: Node) -> Predicate:
    """The tree as one function. RuleError when a pattern in it cannot be run safely."""
    if isinstance(node, Field):
        return _field(node)
    if isinstance(node, Not):
        child = compile_node(node.child)
        return lambda event: not child(event)
    children = tuple(compile_node(one) for one in node.children)
    if isinstance(node, And):
        return lambda event: all(one(event) for one in children)
    return lambda event: any(one(event) for one in children)


def _field(node: Field) -> Predicate:
    read = reader(node.name or "raw")
    check = _any_text(node.tests) if not node.every else None
    checks = (check,) if check is not None else tuple(compile_test(test) for test in node.tests)
    every = node.every

    def holds(event: Event) -> bool:
        value = read(event)
        if isinstance(value, list):
            members = value[:_MAX_MEMBERS] or [None]
            found = (any(check(member) for member in members) for check in checks)
        else:
            found = (check(value) for check in checks)
        return all(found) if every else any(found)

    return holds


def _any_text(tests: tuple[Test, ...]) -> Check | None:
    """Many tests of text without regard to case as one: the text is folded once. None when there are others among them."""
    if any(test.cased or test.kind not in _TEXT_KINDS for test in tests):
        return None
    wanted = [(test.kind, text_of(test.value).lower()) for test in tests]
    whole = frozenset(text for kind, text in wanted if kind == "equals")
    heads_of = tuple(text for kind, text in wanted if kind == "startswith")
    tails = tuple(text for kind, text in wanted if kind == "endswith")
    inner = tuple(text for kind, text in wanted if kind == "contains")
    globs = tuple(glob(text) for kind, text in wanted if kind == "glob")

    def check(given: Any) -> bool:
        if given is None:
            return False
        text = text_of(given).lower()
        if text in whole or text.startswith(heads_of) or text.endswith(tails):
            return True
        return any(part in text for part in inner) or any(match(text) for match in globs)

    return check


def compile_test(test: Test) -> Check:
    """One test of one value."""
    kind, value = test.kind, test.value
    if kind == "null":
        return lambda given: given is None or given == ""
    if kind == "exists":
        return lambda given: (given is not None and given != "") is value
    if kind in ("lt", "lte", "gt", "gte"):
        return _ordered(kind, value)
    if kind == "cidr":
        return _within(str(value))
    if kind == "re":
        search = compile_search(str(value))
        return lambda given: given is not None and search(text_of(given))
    if not test.cased and (check := _any_text((test,))) is not None:
        return check
    compare = _compare(kind, text_of(value))
    return lambda given: given is not None and compare(text_of(given))


def _compare(kind: str, wanted: str) -> Callable[[str], bool]:
    if kind == "contains":
        return lambda text: wanted in text
    if kind == "startswith":
        return lambda text: text.startswith(wanted)
    if kind == "endswith":
        return lambda text: text.endswith(wanted)
    return glob(wanted) if kind == "glob" else lambda text: text == wanted


def _ordered(kind: str, bound: Any) -> Check:
    def number(given: Any) -> float | None:
        if isinstance(given, str) and re.fullmatch(r"-?[0-9]{1,18}(?:\.[0-9]{1,9})?", given):
            return float(given)
        return given if isinstance(given, (int, float)) and not isinstance(given, bool) else None

    def check(given: Any) -> bool:
        known = number(given)
        if known is None:
            return False
        if kind == "lt":
            return bool(known < bound)
        if kind == "lte":
            return bool(known <= bound)
        return bool(known > bound) if kind == "gt" else bool(known >= bound)

    return check


def _within(text: str) -> Check:
    network = ipaddress.ip_network(text)

    def check(given: Any) -> bool:
        if not isinstance(given, str) or len(given) > 64:
            return False
        try:
            return ipaddress.ip_address(given) in network
        except ValueError:
            return False

    return check


def glob(pattern: str) -> Callable[[str], bool]:
    """Sigma's `*` and `?` in time linear in the text for each piece between stars, whatever the text."""
    segments = [re.compile(_segment(part), re.DOTALL) for part in _split_stars(pattern)]
    first, last = segments[0], segments[-1]

    def match(text: str) -> bool:
        head = first.match(text)
        if head is None:
            return False
        if len(segments) == 1:
            return head.end() == len(text)
        at = head.end()
        for segment in segments[1:-1]:
            found = segment.search(text, at)
            if found is None:
                return False
            at = found.end()
        tail = len(text) - _width(last.pattern)
        return tail >= at and last.fullmatch(text, tail) is not None

    return match


def _split_stars(pattern: str) -> list[str]:
    parts, current, escaped = [], "", False
    for char in pattern:
        if escaped:
            current += "\\" + char
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == "*":
            parts.append(current)
            current = ""
        else:
            current += char
    return [*parts, current + ("\\" if escaped else "")]


def _pieces(part: str) -> Iterator[tuple[str, bool]]:
    """Characters of a segment, and whether each is a `?` that stands for any."""
    at = 0
    while at < len(part):
        if part[at] == "\\" and part[at + 1 : at + 2] in ("*", "?", "\\"):
            yield part[at + 1], False
            at += 2
        else:
            yield part[at], part[at] == "?"
            at += 1


def _segment(part: str) -> str:
    return "".join("." if any_char else re.escape(char) for char, any_char in _pieces(part))


def _width(regex: str) -> int:
    """Characters that a segment's expression takes (it has no repetition)."""
    return len(re.sub(r"\\.", "x", regex, flags=re.DOTALL))


def heads(node: Node) -> dict[str, frozenset[str]]:
    """What a matching event's indexed head fields must be; a field that is not bound is absent."""
    if isinstance(node, Field):
        plain = all(test.kind == "equals" and isinstance(test.value, str) for test in node.tests)
        if node.name not in INDEXED or not plain or (node.every and len(node.tests) > 1):
            return {}
        return {node.name: frozenset(str(test.value).lower() for test in node.tests)}
    if isinstance(node, Not):
        return {}
    bound = [heads(child) for child in node.children]
    if isinstance(node, And):
        merged: dict[str, frozenset[str]] = {}
        for one in bound:
            for name, values in one.items():
                merged[name] = merged[name] & values if name in merged else values
        return merged
    shared = set.intersection(*(set(one) for one in bound))
    return {name: frozenset().union(*(one[name] for one in bound)) for name in shared}


Literals = frozenset[tuple[str, str]]  # (field name, lower-case text): one of them stands in every matching event


def literals(node: Node) -> Literals | None:
    """A set of texts of which a matching event has at least one, or None when there is no such set."""
    if isinstance(node, Not):
        return None
    if isinstance(node, Field):
        if node.name in INDEXED:  # in every event that comes this far: as a literal it would let all through
            return None
        found = [_literal(test) for test in node.tests]
        if node.every:
            best = max((text for text in found if text), key=len, default=None)
            return frozenset({(node.name, best)}) if best else None
        if any(text is None for text in found):
            return None
        return frozenset((node.name, text) for text in found if text)
    children = [literals(child) for child in node.children]
    if isinstance(node, And):
        return max((one for one in children if one), key=_worth, default=None)
    if any(one is None for one in children):
        return None
    return frozenset().union(*(one for one in children if one))


def _worth(found: Literals) -> tuple[int, int]:
    return min(len(text) for _, text in found), -len(found)


def _literal(test: Test) -> str | None:
    if not isinstance(test.value, str) or test.kind not in _TEXT_KINDS:
        return None
    text = test.value.lower()
    if test.kind == "glob":
        runs = "".join(
            "\0" if any_char else char
            for part in _split_stars(text)
            for char, any_char in [*_pieces(part), ("?", True)]
        )
        text = max(runs.split("\0"), key=len)
    return text if len(text) >= 2 else None


def reasons(node: Node, event: Event) -> list[str]:
    """The positive tests that held: `url contains ../`."""
    found: list[str] = []
    for leaf in _positive(node):
        value = reader(leaf.name or "raw")(event)
        for test in leaf.tests:
            members = value if isinstance(value, list) else [value]
            if any(compile_test(test)(member) for member in members[:_MAX_MEMBERS]):
                name = leaf.name or "record"
                found.append(
                    f"{name} {test.kind} {text_of(test.value)}" if leaf.name != "raw" else f"record {test.kind}"
                )
    return found


def _positive(node: Node) -> Iterator[Field]:
    if isinstance(node, Field):
        yield node
    elif isinstance(node, (And, Or)):
        for child in node.children:
            yield from _positive(child)
