from __future__ import annotations

from dataclasses import replace

import pytest

from atttcli.errors import Refused
from atttcli.incident.lifecycle import EDGES, REOPENED, check_move, check_reopen, stuck_at
from atttcli.model.incident import FORWARD, STATUSES, Facts

WHOLE = Facts("SC-2026-0001", "triage", "madoc", "M3", "lan", "gỡ bỏ", "mật khẩu yếu")
READY = replace(WHOLE, status="post_incident")


@pytest.mark.parametrize(
    ("facts", "to", "reason", "guard"),
    [
        (replace(WHOLE, category=""), "analysis", "", "category"),
        (replace(WHOLE, severity=""), "analysis", "", "severity"),
        (replace(WHOLE, owner=""), "analysis", "", "owner"),
        (WHOLE, "rejected", "", "reason"),
        (WHOLE, "closed", "", "edge"),
        (WHOLE, "nowhere", "", "status"),
        (replace(WHOLE, status="recovery"), "containment", " ", "reason"),
        (replace(READY, resolution=""), "closed", "", "resolution"),
        (replace(READY, cause=""), "closed", "", "cause"),
        (replace(READY, cause="Not determined"), "closed", "", "cause-reason"),
        (replace(READY, open_tasks=("NV-2026-0009",)), "closed", "", "tasks"),
        (replace(READY, broken_evidence=("CC-2026-0003",)), "closed", "", "evidence"),
        (replace(WHOLE, status="closed"), "analysis", "x", "edge"),
    ],
)
def test_each_guard_refuses_and_says_which_command_satisfies_it(facts, to, reason, guard):
    with pytest.raises(Refused) as caught:
        check_move(facts, to, reason)
    assert caught.value.guard == guard
    assert caught.value.exit_code == 4
    assert caught.value.hint


@pytest.mark.parametrize(
    ("facts", "to", "reason"),
    [
        (WHOLE, "analysis", ""),
        (replace(WHOLE, category="", severity="", owner=""), "rejected", "báo nhầm"),
        (replace(WHOLE, status="recovery"), "containment", "tái nhiễm"),
        (READY, "closed", ""),
        (replace(READY, cause="not determined", cause_reason="nhật ký đã mất"), "closed", ""),
    ],
)
def test_what_satisfies_the_guards_passes(facts, to, reason):
    check_move(facts, to, reason)


def test_every_status_can_be_left_and_every_one_reached():
    assert set(EDGES) == set(STATUSES)
    assert all(EDGES[s] or s in REOPENED for s in STATUSES)
    assert {t for targets in EDGES.values() for t in targets} | {"reported"} == set(STATUSES)
    assert all(to in EDGES[s] for s, to in FORWARD.items())


def test_reopening_needs_an_end_and_a_reason():
    assert check_reopen(replace(WHOLE, status="closed"), "tái nhiễm") == "analysis"
    assert check_reopen(replace(WHOLE, status="rejected"), "có thật") == "triage"
    for status, reason in (("analysis", "x"), ("closed", "")):
        with pytest.raises(Refused):
            check_reopen(replace(WHOLE, status=status), reason)


def test_stuck_at_names_the_guard_before_the_next_status():
    refusal = stuck_at(replace(WHOLE, severity=""))
    assert refusal is not None
    assert refusal.guard == "severity"
    assert "--severity" in refusal.hint
    assert stuck_at(WHOLE) is None
