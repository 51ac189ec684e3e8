"""The runner over random workflows: no token is lost, answering yes always ends, the order of answers does not matter."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.model.playbook import RunState
from atttcli.model.task import Answer
from atttcli.playbook import runner
from atttcli.playbook.lint import lint
from atttcli.playbook.load import from_document
from tests.support.workflow_graphs import TREES, build


@settings(max_examples=150, deadline=None)
@given(TREES, st.randoms(use_true_random=False), st.integers(0, 6))
def test_a_run_ends_and_loses_nothing(tree, rng, noes):
    document = build(tree)
    assert list(lint(document, "x")) == []
    book = from_document(document)
    state, opened = runner.start(book)
    waiting = [o.step for o in opened]
    answered = 0
    while not state.finished:
        assert sorted(waiting) == sorted(t.step for t in state.tokens)  # what was opened is what waits
        step = rng.choice(waiting)
        yes = answered >= noes
        state, opened = runner.answer(book, RunState.from_json(state.to_json()), step, Answer(yes=yes))
        waiting.remove(step)
        waiting += [o.step for o in opened]
        answered += 1
        assert answered < 5000
    assert waiting == []
    assert state.frames == ()  # every join was paid
    if noes == 0:
        actions = [k for k, s in book.steps.items() if s.type == "action"]
        assert all(dict(state.rounds).get(k, 0) <= 1 for k in actions)


@settings(max_examples=100, deadline=None)
@given(TREES, st.integers(0, 10_000))
def test_the_order_of_answers_of_parallel_branches_does_not_change_what_was_done(tree, seed):
    book = from_document(build(tree))

    def run(choose):
        state, _ = runner.start(book)
        while not state.finished:
            state, _ = runner.answer(book, state, choose([t.step for t in state.tokens]), Answer(yes=True))
        return dict(state.rounds)

    assert run(lambda steps: steps[0]) == run(random.Random(seed).choice)


@settings(max_examples=100, deadline=None)
@given(TREES, st.data())
def test_lint_finds_a_dropped_or_dangling_step(tree, data):
    document = build(tree)
    victim = data.draw(st.sampled_from([k for k in document["workflow"] if not k.startswith("start--")]))
    del document["workflow"][victim]
    assert any(p.fatal for p in lint(document, "x"))
