"""The lifecycle as a machine: whatever people try, the guards hold, and an incident that is filled in can always end."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.errors import Refused
from atttcli.incident.lifecycle import EDGES, check_move, check_reopen, stuck_at
from atttcli.model.incident import ENDED, FORWARD, STATUSES, Facts

TRIES = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.sampled_from((*STATUSES, "x")), st.sampled_from(("", "lý do"))),
        st.tuples(st.just("reopen"), st.just(""), st.sampled_from(("", "lý do"))),
        st.tuples(
            st.sampled_from(("category", "severity", "owner", "resolution", "cause")),
            st.sampled_from(("", "y")),
            st.just(""),
        ),
        st.tuples(st.just("tasks"), st.sampled_from(("", "y")), st.just("")),
    ),
    max_size=60,
)


def attempt(facts, kind, value, reason):
    if kind == "move":
        check_move(facts, value, reason)
        return replace(facts, status=value)
    if kind == "reopen":
        return replace(facts, status=check_reopen(facts, reason))
    if kind == "tasks":
        return replace(facts, open_tasks=("NV-2026-0001",) if value else ())
    return facts if facts.status in ENDED else replace(facts, **{kind: value})


@settings(max_examples=300, deadline=None)
@given(TRIES)
def test_guards_hold_on_every_path(tries):
    facts = Facts("SC-2026-0001", "reported")
    for kind, value, reason in tries:
        before = facts
        try:
            facts = attempt(facts, kind, value, reason)
        except Refused as refusal:
            assert refusal.guard
            assert refusal.hint
            continue
        if facts.status == before.status:
            continue
        if before.status in ENDED:
            assert kind == "reopen"
            assert reason
        else:
            assert facts.status in EDGES[before.status]
        if before.status == "triage" and facts.status == "analysis":
            assert before.category
            assert before.severity
            assert before.owner
        if facts.status == "closed":
            assert before.resolution
            assert before.cause
            assert not before.open_tasks


@settings(max_examples=200, deadline=None)
@given(TRIES)
def test_from_anywhere_a_filled_in_incident_comes_to_its_end(tries):
    facts = Facts("SC-2026-0001", "reported")
    for kind, value, reason in tries:
        try:
            facts = attempt(facts, kind, value, reason)
        except Refused:
            continue
    facts = replace(facts, category="madoc", severity="M3", owner="lan", resolution="x", cause="y", open_tasks=())
    for _ in range(len(STATUSES)):
        if facts.status in ENDED:
            break
        assert stuck_at(facts) is None
        facts = replace(facts, status=FORWARD[facts.status])
    assert facts.status in ENDED
