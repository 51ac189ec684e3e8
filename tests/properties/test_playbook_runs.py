"""The runner over random workflows: it ends, loses no token, joins, and meets what a trivial interpreter meets."""

from __future__ import annotations

import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.errors import Refused
from atttcli.model.playbook import RunState
from atttcli.model.task import Answer
from atttcli.playbook import runner
from atttcli.playbook.dry_run import dry_run
from atttcli.playbook.graph import mermaid
from atttcli.playbook.graph import tree as tree_of
from atttcli.playbook.lint import is_valid, lint
from atttcli.playbook.load import from_document
from tests.support.workflow_graphs import TREES, Reference, build, grown
from tests.support.workflow_mutants import MUTANTS, mutate, rewire

SEEDS = st.integers(0, 10_000)


def decider(seed):
    """A decision by step and round alone, whatever the order; after a few rounds always the one that leaves a loop."""

    def decide(key, turn):
        return zlib.crc32(f"{seed}{key}{turn}".encode()) % 7 if turn < 4 else 1

    return decide


def give(book, step, kind, decision):
    """A person's answer, from a decision: a yes, a case of the switch behind it, or a failure."""
    yes = bool(decision)
    if kind == "again":
        return Answer(yes=yes)
    if step.on_failure and decision:
        return Answer("failed", None, "không được", agreed_by="lan")
    if not step.out_args:
        return Answer()
    behind = book.steps[step.next]
    if behind.type == "switch-condition":
        cases = [case for case, _ in behind.cases]
        return Answer(values=((step.out_args[0], cases[decision % len(cases)]),))
    return Answer(yes=yes)


@settings(max_examples=200, deadline=None)
@given(TREES, SEEDS, st.randoms(use_true_random=False))
def test_a_run_ends_loses_nothing_joins_and_meets_what_the_reference_meets(tree, seed, rng):
    document, plan = grown(tree)
    assert list(lint(document, "x")) == []
    decide = decider(seed)
    reference = Reference(decide)
    reference.walk(plan)
    book = from_document(document)
    moved = runner.start(book)
    waiting = list(moved.opened)
    answered = 0
    while not moved.state.finished:
        assert sorted((o.step, o.round) for o in waiting) == sorted((t.step, t.round) for t in moved.state.tokens)
        opening = waiting.pop(rng.randrange(len(waiting)))
        step = book.steps[opening.step]
        answer = give(book, step, opening.kind, decide(step.id, opening.round))
        state = RunState.from_json(moved.state.to_json())
        assert state == moved.state
        moved = runner.answer(book, state, step.id, answer, round=opening.round)
        waiting += moved.opened
        answered += 1
        assert answered < 20_000
    assert waiting == []
    assert moved.state.frames == ()  # every join was paid
    assert dict(moved.state.rounds) == reference.rounds


@settings(max_examples=60, deadline=None)
@given(TREES, SEEDS)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.__name__)
def test_lint_finds_every_mutant(mutant, tree, seed):
    document = build(tree)
    broken = mutate(document, mutant, random.Random(seed))
    if broken is not None:
        assert not is_valid(lint(broken, "x"))


@settings(max_examples=300, deadline=None)
@given(TREES, SEEDS)
def test_what_lint_lets_pass_runs_without_losing_a_token(tree, seed):
    rng = random.Random(seed)
    document = rewire(build(tree), rng)
    if not is_valid(lint(document, "x")):
        return
    book = from_document(document)
    moved = runner.start(book)
    for _ in range(300):
        if moved.state.finished:
            assert moved.state.frames == ()
            return
        token = rng.choice(moved.state.tokens)
        step = book.steps[token.step]
        kind = "again" if step.type == "while-condition" else "task"
        try:
            moved = runner.answer(
                book, moved.state, step.id, give(book, step, kind, rng.randrange(7)), round=token.round
            )
        except Refused as refused:
            assert refused.guard == "failure-branch"


@settings(max_examples=60, deadline=None)
@given(TREES, SEEDS)
def test_a_failure_without_a_branch_goes_to_the_exception_step_and_drops_the_rest(tree, seed):
    document = build(tree)
    rng = random.Random(seed)
    end = f"end--{document['id'].partition('--')[2]}"
    document["workflow"][end] = {"type": "end"}
    document["workflow_exception"] = end
    assert list(lint(document, "x")) == []
    book = from_document(document)
    moved = runner.start(book)
    token = rng.choice(moved.state.tokens)
    step = book.steps[token.step]
    if step.type != "action" or step.on_failure:
        return
    before = moved.state.tokens
    moved = runner.answer(
        book, moved.state, step.id, Answer("failed", None, "hỏng", agreed_by="lan"), round=token.round
    )
    assert moved.state.finished
    assert moved.state.failed
    assert len(moved.dropped) == len(before) - 1


@settings(max_examples=150, deadline=None)
@given(TREES, SEEDS)
def test_whatever_may_be_kept_can_be_shown_and_drawn(tree, seed):
    document = rewire(build(tree), random.Random(seed))
    if not is_valid(lint(document, "x"), lenient=True):
        return
    book = from_document(document)
    assert len(list(tree_of(book))) >= 2
    drawn = list(mermaid(book))
    assert len(drawn) >= 1 + len(book.steps)
    walked = list(dry_run(book)) if is_valid(lint(document, "x")) else []
    assert len(walked) <= 500
