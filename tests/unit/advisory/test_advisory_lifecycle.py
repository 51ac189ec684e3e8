"""The state machines alone: no walk leaves them, nothing is verified that was not sent and answered, every way has an end."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.advisory.lifecycle import (
    STAGE_AFTER,
    STATE_AFTER,
    answered_deed,
    is_overdue,
    stage_after,
    state_after,
)
from atttcli.errors import Refused
from atttcli.model.advisory import OPEN, STAGES, STATES, Answer, Delivery

DEEDS = sorted({deed for ways in STATE_AFTER.values() for deed in ways})
ANSWERS = {"answer-none", "answer-some", "answer-all"}


def walk(deeds: list[str]) -> list[tuple[str, str, str]]:
    """The deeds that were allowed, with the states around them."""
    state, done = "planned", []
    for deed in deeds:
        try:
            after = state_after(Delivery("CV-2026-0001", "so-xd", state), deed)
        except Refused as refused:
            assert refused.guard == "state"
            assert refused.hint.startswith("atttcli advisory ")
            continue
        done.append((state, deed, after))
        state = after
    return done


@given(st.lists(st.sampled_from(DEEDS), max_size=40))
def test_nothing_is_verified_that_was_not_sent_and_answered(deeds: list[str]) -> None:
    done = walk(deeds)
    said = [deed for _, deed, _ in done]
    for place, (_, _, after) in enumerate(done):
        assert after in STATES
        before = said[: place + 1]
        if after == "verified":
            assert ("send" in before or "resume" in before) and ANSWERS & set(before)
        if after in ("sent", "acknowledged", "fixing", "fixed", "not_affected"):
            assert "queue" in before


def test_from_every_open_state_there_is_a_way_to_an_end() -> None:
    for start in STATES:
        seen, waiting = {start}, [start]
        while waiting:
            for after in STATE_AFTER[waiting.pop()].values():
                if after not in seen:
                    seen.add(after)
                    waiting.append(after)
        assert seen - OPEN, start


def test_the_tables_know_every_stage_and_state() -> None:
    assert set(STATE_AFTER) == set(STATES) and set(STAGE_AFTER) == set(STAGES)
    assert {after for ways in STATE_AFTER.values() for after in ways.values()} <= set(STATES)
    assert {after for ways in STAGE_AFTER.values() for after in ways.values()} <= set(STAGES)


def test_the_database_allows_the_same_words() -> None:
    import atttcli.store.migrations as folder

    text = next(iter(folder.__path__)) + "/0007_advisories.sql"
    with open(text, encoding="utf-8") as stream:
        stage, state = re.findall(r"(?:stage|state) IN\s+\(([^)]+)\)", stream.read())
    assert tuple(re.findall(r"'(\w+)'", stage)) == STAGES
    assert tuple(re.findall(r"'(\w+)'", state)) == STATES


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_says_which_command_it_waits_for(stage: str) -> None:
    with pytest.raises(Refused) as refused:
        stage_after("CV-2026-0001", stage, "no-such-deed")
    assert refused.value.hint.startswith("atttcli advisory ")


@given(st.integers(0, 9), st.none() | st.integers(0, 9), st.none() | st.integers(0, 9), st.booleans())
def test_an_answer_is_one_deed_or_refused(handled: int, total: int | None, known: int | None, affected: bool) -> None:
    delivery = Delivery("CV-2026-0001", "so-xd", "sent", known)
    answer = Answer("so-xd", handled, total, affected)
    of = total if total is not None else known
    if affected and of is not None and handled > of:
        with pytest.raises(Refused):
            answered_deed(delivery, answer)
        return
    deed = answered_deed(delivery, answer)
    assert (deed == "answer-all") == (affected and of is not None and handled == of > 0)
    assert (deed == "answer-none") == (not affected or of == 0)


def test_who_answered_is_not_late() -> None:
    assert [state for state in STATES if is_overdue(state, 1, 2)] == [
        "planned",
        "queued",
        "sent",
        "acknowledged",
        "fixing",
    ]
    assert not is_overdue("sent", None, 2) and not is_overdue("sent", 3, 2)
