"""Compiled Sigma selections against a slow, obviously right reading of the specification; the prefilter loses nothing."""

from __future__ import annotations

import random
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.engines.sigma.dispatch import Dispatch, compile_rule
from atttcli.engines.sigma.evaluate import compile_node, glob
from atttcli.errors import Where
from atttcli.model.event import Event
from atttcli.rulepack.sigma import text_test
from atttcli.rulepack.sigma_nodes import And, Field, Meta, Node, Not, Or, SigmaRule, Test

ALPHABET = "abAB.*?\\é Σ\n"
texts = st.one_of(st.text("abA", min_size=1, max_size=3), st.text(ALPHABET, max_size=8))  # short ones meet often
values = st.one_of(texts, st.none(), st.integers(0, 3), st.lists(texts, max_size=3))
kinds = st.sampled_from(["equals", "contains", "startswith", "endswith"])
tests = st.builds(
    text_test,
    st.one_of(st.text("ab*?", min_size=1, max_size=2), st.text(ALPHABET, min_size=1, max_size=6)),
    kinds,
    st.booleans(),
)
leaves: st.SearchStrategy[Node] = st.builds(
    Field,
    st.sampled_from(["f", "g", "url", "action"]),
    st.lists(tests, min_size=1, max_size=3).map(tuple),
    st.booleans(),
)
nodes = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda c: And(tuple(c))),
        st.lists(inner, min_size=1, max_size=3).map(lambda c: Or(tuple(c))),
        inner.map(Not),
    ),
    max_leaves=6,
)
events = st.builds(
    lambda f, g, url, action: Event(None, 1, "r", "webserver", url=url, action=action, fields={"f": f, "g": g}),
    values, values, texts, st.sampled_from(["", "ab", "AB", "b"]),
)  # fmt: skip


def naive_glob(pattern: str) -> str:
    """Sigma's escapes, character by character, as an anchored expression."""
    out, at = "", 0
    while at < len(pattern):
        if pattern[at] == "\\" and pattern[at + 1 : at + 2] in ("*", "?", "\\") and at + 1 < len(pattern):
            out += re.escape(pattern[at + 1])
            at += 2
            continue
        out += {"*": ".*", "?": "."}.get(pattern[at]) or re.escape(pattern[at])
        at += 1
    return out


def naive_test(test: Test, value: Any) -> bool:
    if test.kind == "null":
        return value is None or value == ""
    if test.kind == "exists":
        return (value is not None and value != "") is test.value
    if value is None:
        return False
    text, wanted = str(value), str(test.value)
    if not test.cased:
        text, wanted = text.lower(), wanted.lower()
    if test.kind == "glob":
        return re.fullmatch(naive_glob(wanted), text, re.DOTALL) is not None
    return {"equals": text == wanted, "contains": wanted in text, "startswith": text.startswith(wanted),
            "endswith": text.endswith(wanted)}[test.kind]  # fmt: skip


def naive(node: Node, event: Event) -> bool:
    if isinstance(node, Not):
        return not naive(node.child, event)
    if isinstance(node, And):
        return all(naive(child, event) for child in node.children)
    if isinstance(node, Or):
        return any(naive(child, event) for child in node.children)
    value = (
        (event.url or None)
        if node.name == "url"
        else (event.action or None)
        if node.name == "action"
        else event.fields[node.name]
    )
    members = value or [None] if isinstance(value, list) else [value]
    found = [any(naive_test(test, member) for member in members) for test in node.tests]
    return all(found) if node.every else any(found)


@settings(max_examples=500, deadline=None)
@given(nodes, events)
def test_as_the_specification_reads(node: Node, event: Event) -> None:
    assert compile_node(node)(event) is naive(node, event)


@settings(max_examples=300, deadline=None)
@given(st.lists(nodes, min_size=1, max_size=4), st.lists(events, min_size=1, max_size=8))
def test_dispatch_and_prefilter_lose_nothing(given_nodes: list[Node], given_events: list[Event]) -> None:
    rules = [
        compile_rule(SigmaRule(Meta(str(n), "", "t", "t", "", "low", "", (), (), Where()), ("webserver", "", ""), node))
        for n, node in enumerate(given_nodes)
    ]
    dispatch = Dispatch(rules)
    reached: set[tuple[str, int]] = set()
    for action in {event.action for event in given_events}:
        plan = dispatch.plan(("webserver", "", "", action, ""))
        chosen = [index for index, event in enumerate(given_events) if event.action == action]
        hits = plan.prefilter.hits([given_events[index] for index in chosen]) if plan.prefilter else set()
        reached |= {(one.rule.meta.id, index) for one in plan.always for index in chosen}
        reached |= {(one.rule.meta.id, chosen[hit]) for one in plan.filtered for hit in hits}
    for rule in rules:
        for index, event in enumerate(given_events):
            if naive(rule.rule.node, event):
                assert (rule.rule.meta.id, index) in reached


def test_prefilter_on_drawn_inputs_that_often_match() -> None:
    """The same on inputs of which it is known that many match only by folding of case, beside others that do not."""
    draw = random.Random(5)
    held = 0
    for _ in range(300):
        word = "".join(draw.choice("abé") for _ in range(draw.choice((2, 3))))
        kind = draw.choice(["equals", "contains", "startswith", "endswith"])
        rule = compile_rule(
            SigmaRule(
                Meta("x", "", "t", "t", "", "low", "", (), (), Where()),
                ("", "", ""),
                Field("url", (text_test(word, kind, False),)),
            )
        )
        batch = [
            Event(
                None,
                1,
                "r",
                "webserver",
                url="".join(draw.choice(["a", "b", "A", "B", "é", "É", "\n", "İ"]) for _ in range(draw.randrange(6))),
            )
            for _ in range(12)
        ]
        plan = Dispatch([rule]).plan(("webserver", "", "", "", ""))
        assert plan.prefilter is not None and not plan.always
        expected = {index for index, event in enumerate(batch) if naive(rule.rule.node, event)}
        assert expected <= plan.prefilter.hits(batch)
        held += bool(expected)
    assert held >= 60, held


@settings(max_examples=300, deadline=None)
@given(st.text("ab*?\\", min_size=1, max_size=8), st.text("ab*?\\", max_size=10))
def test_wildcards_as_an_expression(pattern: str, text: str) -> None:
    assert glob(pattern)(text) is (re.fullmatch(naive_glob(pattern), text, re.DOTALL) is not None)


@settings(max_examples=300, deadline=None)
@given(st.text("ab*?\\", min_size=1, max_size=8), st.text("ab*?\\", max_size=10))
def test_reduced_wildcards_mean_the_same(pattern: str, text: str) -> None:
    test = text_test(pattern, "equals", cased=True)
    said = naive_test(test, text) if test.kind != "exists" else True
    if text:  # an empty field counts as absent
        assert said is (re.fullmatch(naive_glob(pattern), text, re.DOTALL) is not None)
