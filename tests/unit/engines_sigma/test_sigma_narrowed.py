"""A rule of which an action decides some ways is looked at only where the others may hold; what it finds stays the same."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from atttcli.engines.correlation import CorrelationEngine
from atttcli.engines.sigma.dispatch import KEY, Dispatch, compile_rule
from atttcli.model.event import Event
from atttcli.rulepack.correlation import load_correlation_rules

RULE = """
title: Mail told to go elsewhere
id: test-narrowed
level: high
logsource: {category: mail}
detection:
  said:
    message|contains: redirecting
  set:
    action: [forward-set, Filter-Change]
    forward_to|exists: true
  failed:
    outcome: failure
  condition: (said or set) and not failed
"""
ACTIONS, OUTCOMES = ("", "connect", "forward-set", "FILTER-CHANGE"), ("", "success", "failure")
FIELDS = ({}, {"message": "redirecting to x"}, {"message": "hello"}, {"forward_to": "a@b.example"}, {"forward_to": ""})


@pytest.fixture(name="engine")
def _engine(tmp_path: Path) -> CorrelationEngine:
    (tmp_path / "rule.yml").write_text(RULE)
    return CorrelationEngine(load_correlation_rules([tmp_path]))


def events() -> list[Event]:
    made = product(ACTIONS, OUTCOMES, FIELDS)
    return [
        Event(0, line, str(fields), "mail", action=action, outcome=outcome, fields=dict(fields))
        for line, (action, outcome, fields) in enumerate(made, 1)
    ]


def test_the_same_events_are_found(engine: CorrelationEngine) -> None:
    wanted = [
        at
        for at, event in enumerate(events())
        if event.outcome != "failure"
        and (
            "redirecting" in event.fields.get("message", "")
            or (event.action.lower() in ("forward-set", "filter-change") and event.fields.get("forward_to"))
        )
    ]
    assert [at for at, _ in engine.matches(events())] == wanted
    assert len(wanted) == 12


def test_only_where_the_action_allows_it_must_the_rule_be_run(tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text(RULE)
    dispatch = Dispatch([compile_rule(rule) for rule in load_correlation_rules([tmp_path]).rules])

    def plan(action: str, outcome: str) -> tuple[int, int]:
        found = dispatch.plan(KEY(Event(0, 1, "", "mail", action=action, outcome=outcome)))
        return len(found.always), len(found.filtered)

    assert plan("connect", "success") == (0, 1)  # by its literal
    assert plan("forward-set", "") == (1, 0)
    assert plan("forward-set", "failure") == (0, 0)
