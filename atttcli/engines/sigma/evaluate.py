"""A rule's tree as a function of an event."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from atttcli.engines.sigma.fields import reader, text_of
from atttcli.engines.sigma.networks import within
from atttcli.engines.sigma.pattern import compile_search
from atttcli.model.event import Event
from atttcli.rulepack.sigma_modifiers import TIME_PARTS
from atttcli.rulepack.sigma_nodes import And, Field, Node, Not, Test

Predicate = Callable[[Event], bool]
Check = Callable[[Any], bool]
MAX_MEMBERS = 256
TEXT_KINDS = ("equals", "contains", "startswith", "endswith", "glob")
_PLAIN = frozenset(("equals", "contains", "startswith", "endswith"))
_REFERENCE = "fieldref"


def compile_node(node: Node) -> Predicate:
    """The tree as one function. RuleError when a pattern in it cannot be run safely."""
    if isinstance(node, Field):
        return _field(node)
    if isinstance(node, Not):
        child = compile_node(node.child)
        return lambda event: not child(event)
    children = tuple(compile_node(one) for one in node.children)
    return _both(children) if isinstance(node, And) else _either(children)


def _both(children: tuple[Predicate, ...]) -> Predicate:
    if len(children) == 2:
        first, second = children
        return lambda event: first(event) and second(event)

    def holds(event: Event) -> bool:
        for one in children:  # noqa: SIM110 - all() over a generator takes twice as long
            if not one(event):
                return False
        return True

    return holds


def _either(children: tuple[Predicate, ...]) -> Predicate:
    if len(children) == 2:
        first, second = children
        return lambda event: first(event) or second(event)

    def holds(event: Event) -> bool:
        for one in children:  # noqa: SIM110
            if one(event):
                return True
        return False

    return holds


def _field(node: Field) -> Predicate:
    read = reader(node.name)
    if any(test.kind.startswith(_REFERENCE) for test in node.tests):
        return _referring(node)
    check = (_any_text(node.tests) or _any_network(node.tests)) if not node.every else None
    if check is not None:
        return _one_check(read, check)
    checks = tuple(compile_test(test) for test in node.tests)
    if len(checks) == 1:
        return _one_check(read, checks[0])
    every = node.every

    def holds(event: Event) -> bool:
        value = read(event)
        if isinstance(value, list):
            members = value[:MAX_MEMBERS] or [None]
            found = (any(check(member) for member in members) for check in checks)
        else:
            found = (check(value) for check in checks)
        return all(found) if every else any(found)

    return holds


def _one_check(read: Callable[[Event], Any], check: Check) -> Predicate:
    def holds(event: Event) -> bool:
        value = read(event)
        if type(value) is list:
            return any(check(member) for member in value[:MAX_MEMBERS] or [None])
        return check(value)

    return holds


def _referring(node: Field) -> Predicate:
    """Tests of which some compare the field with another field of the same event."""
    checks = tuple(referring_test(node, test) for test in node.tests)
    return _both(checks) if node.every else _either(checks)


def referring_test(node: Field, test: Test) -> Predicate:
    """One test of a field as a function of the event."""
    if not test.kind.startswith(_REFERENCE):
        return _one_check(reader(node.name), compile_test(test))
    read, other = reader(node.name), reader(str(test.value))
    shape = test.kind.partition("-")[2] or "equals"
    cased = test.cased

    def holds(event: Event) -> bool:
        wanted, given = other(event), read(event)
        if wanted is None or given is None or wanted == "":
            return False
        texts = [text_of(one) for one in (wanted[:MAX_MEMBERS] if isinstance(wanted, list) else [wanted])]
        values = [text_of(one) for one in (given[:MAX_MEMBERS] if isinstance(given, list) else [given])]
        if not cased:
            texts, values = [text.lower() for text in texts], [value.lower() for value in values]
        return any(_compare(shape, text)(value) for text in texts if text for value in values)

    return holds


def _any_text(tests: tuple[Test, ...]) -> Check | None:
    """Many tests of text without regard to case as one: the text is folded once. None when there are others among them."""
    if not _are_text(tests):
        return None
    folded: Callable[[str], bool] | None = None

    def check(given: Any) -> bool:
        nonlocal folded
        if given is None:
            return False
        if folded is None:  # most tests of most trees are never come to
            folded = _folded(tests)
        return folded(text_of(given).lower())

    return check


def _any_network(tests: tuple[Test, ...]) -> Check | None:
    """Several networks as one test. None when there are others among them."""
    if any(test.kind != "cidr" for test in tests):
        return None
    return within(tuple([str(test.value) for test in tests]))


def folded_check(tests: tuple[Test, ...]) -> Callable[[str], bool] | None:
    """Whether a text in lower case meets any of some tests of text without regard to case; None when others are among them."""
    return _folded(tests) if _are_text(tests) else None


def _are_text(tests: tuple[Test, ...]) -> bool:
    for test in tests:  # noqa: SIM110 - all() over a generator takes twice as long
        if test.cased or test.kind not in TEXT_KINDS:
            return False
    return True


def _folded(tests: tuple[Test, ...]) -> Callable[[str], bool]:
    wanted = [(test.kind, text_of(test.value).lower()) for test in tests]
    if len(wanted) == 1:
        return _compare(*wanted[0])
    whole = frozenset(text for kind, text in wanted if kind == "equals")
    heads_of = tuple(text for kind, text in wanted if kind == "startswith")
    tails = tuple(text for kind, text in wanted if kind == "endswith")
    inner = tuple(text for kind, text in wanted if kind == "contains")
    globs = tuple(glob(text) for kind, text in wanted if kind == "glob")

    def check(text: str) -> bool:
        if text in whole or text.startswith(heads_of) or text.endswith(tails):
            return True
        for part in inner:
            if part in text:
                return True
        return any(match(text) for match in globs) if globs else False

    return check


def folded_tree(node: Node) -> Callable[[str], bool] | None:
    """Whether a field's text, in lower case, meets a tree of tests of that field; None where some look at its case or at what
    is no text."""
    if isinstance(node, Field):
        return _folded_field(node)
    if isinstance(node, Not):
        child = folded_tree(node.child)
        return None if child is None else lambda text: not child(text)
    children = [folded_tree(one) for one in node.children]
    ready = tuple(one for one in children if one is not None)
    if len(ready) < len(children):
        return None
    return lambda text: _every(ready, text) if isinstance(node, And) else not _every(ready, text, False)


def _every(checks: tuple[Callable[[str], bool], ...], text: str, wanted: bool = True) -> bool:
    for check in checks:  # noqa: SIM110 - all() over a generator takes twice as long
        if check(text) is not wanted:
            return False
    return True


def _folded_field(node: Field) -> Callable[[str], bool] | None:
    if len(node.tests) == 1 and node.tests[0].kind == "exists":
        wanted = node.tests[0].value
        return lambda text: (text != "") is wanted
    if not node.every:
        return folded_check(node.tests)
    children = [folded_check((test,)) for test in node.tests]
    ready = tuple(one for one in children if one is not None)
    return (lambda text: _every(ready, text)) if len(ready) == len(children) else None


def are_plain(tests: tuple[Test, ...]) -> bool:
    """Whether `meets` takes all of them."""
    return all(test.kind in _PLAIN and not test.cased for test in tests)


def meets(test: Test, text: str) -> bool:
    """Whether a text in lower case meets a plain test; for what is asked too seldom to be made ready first."""
    kind, wanted = test.kind, text_of(test.value).lower()
    if kind == "contains":
        return wanted in text
    if kind == "endswith":
        return text.endswith(wanted)
    return text.startswith(wanted) if kind == "startswith" else text == wanted


def holds_of_text(node: Node, text: str) -> bool | None:
    """Whether a tree of plain tests of one field holds of its text in lower case; None where other tests have a say."""
    if isinstance(node, Field):
        every = node.every
        for test in node.tests:
            if test.cased or test.kind not in _PLAIN:
                return None
            if meets(test, text) is not every:
                return not every
        return every
    if isinstance(node, Not):
        told = holds_of_text(node.child, text)
        return None if told is None else not told
    ends = not isinstance(node, And)
    for child in node.children:
        told = holds_of_text(child, text)
        if told is None or told is ends:
            return told
    return not ends


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
        return within((str(value),))
    if kind in TIME_PARTS:
        return _time_part(kind, value)
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


def _time_part(kind: str, wanted: Any) -> Check:
    """A part of a date that stands in the field as ISO 8601 text, read in UTC."""

    def check(given: Any) -> bool:
        if not isinstance(given, str) or not 10 <= len(given) <= 40:
            return False
        try:
            moment = datetime.fromisoformat(given.strip())
        except ValueError:
            return False
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC)
        known = moment.isocalendar().week if kind == "week" else getattr(moment, kind)
        return bool(known == wanted)

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
