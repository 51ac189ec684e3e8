"""Why a rule matched: which selection, which field, which test, which value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from atttcli.engines.sigma.evaluate import MAX_MEMBERS, Predicate, are_plain, compile_node, meets, referring_test
from atttcli.engines.sigma.fields import reader, text_of
from atttcli.model.event import Event
from atttcli.rulepack.sigma_nodes import And, Field, Node, Not, Test

_VALUE = 400
_MOST = 64


@dataclass(frozen=True, slots=True)
class Reason:
    """One test that held. `field` is empty when words were looked for in the whole record."""

    selection: str
    field: str
    test: str
    wanted: str
    value: str

    def as_dict(self) -> dict[str, str]:
        """By the names of its fields."""
        return {
            "selection": self.selection,
            "field": self.field,
            "test": self.test,
            "wanted": self.wanted,
            "value": self.value,
        }

    def as_text(self) -> str:
        """`url contains ../`."""
        return f"{self.field or 'record'} {self.test} {self.wanted}"


def matched(node: Node, event: Event) -> list[Reason]:
    """The positive tests that held, of the branches that held; for a rule that only excludes, what was absent is no reason."""
    return [reason for leaf in _held(node, event) for reason in _of_leaf(leaf, event)][:_MOST]


def reasons(node: Node, event: Event) -> list[str]:
    """The same as text."""
    return [reason.as_text() for reason in matched(node, event)]


def _held(node: Node, event: Event) -> Iterator[Field]:
    if isinstance(node, Field):
        yield node
    elif not isinstance(node, Not):
        for child in node.children:
            if isinstance(node, And) or _branch(child)(event):
                yield from _held(child, event)


@lru_cache(maxsize=1024)
def _ready(leaf: Field) -> tuple[tuple[Test, Predicate], ...]:
    """The tests of a leaf, ready to run: the rules that match once match again."""
    return tuple((test, referring_test(leaf, test)) for test in leaf.tests)


@lru_cache(maxsize=1024)
def _branch(node: Node) -> Predicate:
    return compile_node(node)


def _of_leaf(leaf: Field, event: Event) -> Iterator[Reason]:
    value = reader(leaf.name)(event)
    if type(value) is str and are_plain(leaf.tests):
        folded = value.lower()
        held = (test for test in leaf.tests if meets(test, folded))
    else:
        held = (test for test, holds in _ready(leaf) if holds(event))
    for test in held:
        wanted = text_of(test.value)
        yield Reason(leaf.selection, leaf.name, test.kind, wanted, _shown(value, wanted))


def _shown(value: object, wanted: str) -> str:
    """The value, of a long one the part around what was looked for."""
    text = ", ".join(text_of(one) for one in value[:MAX_MEMBERS]) if isinstance(value, list) else text_of(value)
    if len(text) <= _VALUE:
        return text
    at = max(0, text.lower().find(wanted.lower()) - 100)
    return ("…" if at else "") + text[at : at + _VALUE] + ("…" if at + _VALUE < len(text) else "")
