"""What is judged as it stands, without being made ready, says what the rest says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.engines.sigma.evaluate import compile_node, holds_of_text
from atttcli.engines.sigma.grams import each_literal
from atttcli.engines.sigma.literals import literals
from atttcli.engines.sigma.pattern import compile_search
from atttcli.engines.sigma.reasons import matched
from atttcli.engines.sigma.slots import Memory, Slots
from atttcli.model.event import Event
from atttcli.rulepack.sigma_nodes import And, Field, Node, Not, Or, Test

TEXTS = st.text("abA\u00e9\U0001f98a.\\*", max_size=6)
TESTS = st.builds(
    Test,
    st.sampled_from(["contains", "startswith", "endswith", "equals", "contains", "glob", "null"]),
    TEXTS,
    st.sampled_from([False, False, False, True]),
)
FIELDS = st.builds(Field, st.just("f"), st.lists(TESTS, min_size=1, max_size=4).map(tuple), st.booleans())
NODES: st.SearchStrategy[Node] = st.recursive(
    FIELDS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


def event(value: object) -> Event:
    return Event(None, 1, "{}", "process_creation", "windows", "", fields={"f": value})


@given(NODES, st.text("abA\u00e9\U0001f98a.\\*", max_size=20))
def test_a_tree_as_it_stands_says_what_the_ready_one_says(node: Node, text: str) -> None:
    told = holds_of_text(node, text.lower())
    assert told is None or told == compile_node(node)(event(text))


@given(st.lists(NODES, min_size=1, max_size=30), st.lists(st.one_of(TEXTS, st.lists(TEXTS), st.integers(0, 3))))
def test_a_column_asked_in_any_order_never_loses_a_rule(nodes: list[Node], values: list[object]) -> None:
    slots = Slots([[{"f": node}] for node in nodes], Memory())
    for value in (*values, *values, *values):
        sure = {place for place, node in enumerate(nodes) if compile_node(node)(event(value))}
        assert sure <= set(slots.possible({"f": value}))


def test_single_characters_beyond_ascii_are_literals() -> None:
    """Rules name hundreds of emoji: each would have to be looked for in each value."""
    node = Field("f", tuple(Test("contains", text) for text in ("\U0001f98a", "\u0416", "ab")))
    assert literals(node) == {("f", "\U0001f98a"), ("f", "\u0436"), ("f", "ab")}
    assert literals(Field("f", (Test("contains", "a"),))) is None
    find = each_literal(["\u0436", "ab", "\U0001f98a"])
    assert sorted(find("x\u0436\U0001f98a")) == [0, 2] and list(find("abc")) == [1] and not find("xyz")


@pytest.mark.parametrize(("text", "held"), [("x" * 20, True), ("x" * 19, False), ("x" * 10 + "\n" + "x" * 10, False)])
def test_a_long_line_is_counted(text: str, held: bool) -> None:
    assert compile_search(".{20,}")(text) is held
    assert compile_search(".{20,}y?")(text) is held  # by the engine of expressions


def test_reasons_of_plain_and_other_tests() -> None:
    plain = Field("f", (Test("contains", "A"), Test("endswith", "z"), Test("startswith", "x")), False, "s")
    other = Field("f", (Test("re", "a.z"), Test("contains", "q")), False, "t")
    found = matched(And((plain, other)), event("xaaz"))
    assert [(one.selection, one.test, one.wanted) for one in found] == [
        ("s", "contains", "A"),
        ("s", "endswith", "z"),
        ("s", "startswith", "x"),
        ("t", "re", "a.z"),
    ]
    assert found[0].as_dict() == {"selection": "s", "field": "f", "test": "contains", "wanted": "A", "value": "xaaz"}
