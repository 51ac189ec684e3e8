"""Walks a playbook with nothing written: the path that people would go, with what was assumed on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from atttcli.model.playbook import Moved, Opening, Playbook, RunState, Step
from atttcli.model.task import Answer
from atttcli.playbook import runner
from atttcli.playbook.variables import is_bool

MAX_STEPS = 500


@dataclass(frozen=True, slots=True)
class Passed:
    """A step that people would meet. `assumed`: the values that its answer was taken to give."""

    step: Step
    round: int
    kind: str
    assumed: tuple[tuple[str, str], ...] = ()


def dry_run(playbook: Playbook, given: Mapping[str, str] | None = None) -> Iterator[Passed]:
    """The steps in the order of their opening. `given`: values that the answers would set; a bool that is not given is yes.

    Asked again, a bool is answered the other way round, so that a loop is walked once and left.
    """
    wanted = dict(given or {})
    asked = {name for step in playbook.steps.values() for name in step.out_args}
    moved = runner.start(playbook, {name: text for name, text in wanted.items() if name not in asked})
    waiting = list(moved.opened)
    state = moved.state
    for _ in range(MAX_STEPS):
        if not waiting:
            return
        opening = waiting.pop(0)
        step = playbook.steps[opening.step]
        values = _values(playbook, step, opening.round, wanted) if opening.kind == "task" else ()
        yield Passed(step, opening.round, opening.kind, values)
        moved = _pass(playbook, state, opening, values)
        state = moved.state
        waiting += moved.opened


def _values(playbook: Playbook, step: Step, round: int, wanted: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    found = []
    for name in step.out_args:
        variable = playbook.variable(step, name)
        if variable is None:
            continue
        text = wanted.get(name, "")
        if is_bool(variable.type):
            first = (text or "true").lower() in {"true", "yes", "1"}
            text = "true" if first == (round % 2 == 1) else "false"
        found.append((name, text))
    return tuple(found)


def _pass(playbook: Playbook, state: RunState, opening: Opening, values: tuple[tuple[str, str], ...]) -> Moved:
    given = Answer("done", False if opening.kind == "again" else None, "", (), values)
    return runner.answer(playbook, state, opening.step, given, round=opening.round, automatic=True)
