"""The run of a playbook as a state machine: state and answer in, new state and opened steps out. No clock, no I/O.

Tokens stand on action steps and wait for people, for weeks if need be. A parallel, if or while step that goes on after its
branches makes a frame; a branch's `end` step pays into the innermost frame, and the last one moves the token on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from atttcli.errors import Conflict, InputError, Refused
from atttcli.model.playbook import Frame, Opening, Playbook, RunState, Step, Token
from atttcli.model.task import Answer
from atttcli.playbook.condition import holds

MAX_HOPS = 10_000  # steps passed without a person: more means a loop that nobody can leave


class _Machine:
    """A run being moved; mutable for the length of one answer."""

    def __init__(self, playbook: Playbook, state: RunState) -> None:
        self.playbook = playbook
        self.waiting = list(state.tokens)
        self.frames = dict(state.frames)
        self.variables = dict(state.variables)
        self.rounds = dict(state.rounds)
        self.made = state.made
        self.opened: list[Opening] = []
        self.hops = 0

    def state(self) -> RunState:
        return RunState(
            tuple(self.waiting),
            tuple(sorted(self.frames.items())),
            tuple(sorted(self.variables.items())),
            tuple(sorted(self.rounds.items())),
            self.made,
        )

    def walk(self, *tokens: Token) -> None:
        """Move tokens until each waits at an action or has ended."""
        moving = list(reversed(tokens))
        while moving:
            self.hops += 1
            if self.hops > MAX_HOPS:
                raise InputError(f"the playbook goes round without anybody's answer at {moving[-1].step}")
            moving.extend(reversed(self._pass(moving.pop())))

    def _pass(self, token: Token) -> list[Token]:
        step = _step(self.playbook, token.step)
        if step.type == "action":
            self.rounds[step.id] = self.rounds.get(step.id, 0) + 1
            self.waiting.append(token)
            self.opened.append(Opening(step.id, self.rounds[step.id]))
            return []
        if step.type == "start":
            return [Token(step.next, token.frames)]
        if step.type == "end":
            return self._end(token)
        if step.type == "parallel":
            return self._enter(step, token, step.branches)
        return self._decide(step, token)

    def _end(self, token: Token) -> list[Token]:
        if not token.frames:
            return []
        key = token.frames[-1]
        frame = self.frames[key]
        if frame.left > 1:
            self.frames[key] = Frame(frame.step, frame.left - 1)
            return []
        del self.frames[key]
        step = _step(self.playbook, frame.step)
        again = step.id if step.type == "while-condition" else step.next
        return [Token(again, token.frames[:-1])]

    def _enter(self, step: Step, token: Token, targets: tuple[str, ...]) -> list[Token]:
        """Into branches; when the step goes on afterwards they are counted in a frame."""
        frames = token.frames
        if step.next or step.type == "while-condition":
            self.made += 1
            self.frames[self.made] = Frame(step.id, len(targets))
            frames = (*frames, self.made)
        return [Token(target, frames) for target in targets]

    def _decide(self, step: Step, token: Token) -> list[Token]:
        if step.type == "switch-condition":
            value = str(self.variables.get(step.condition, ""))
            cases = dict(step.cases)
            chosen = cases.get(value) or cases.get("default", "")
        else:
            chosen = step.on_true if holds(step.condition, self.variables) else step.on_false
        if chosen:
            return self._enter(step, token, (chosen,))
        if step.next:
            return [Token(step.next, token.frames)]
        return self._end(token)


def start(playbook: Playbook) -> tuple[RunState, tuple[Opening, ...]]:
    """A new run: the steps that wait for people first."""
    machine = _Machine(playbook, RunState(variables=tuple(sorted(playbook.variables.items()))))
    machine.walk(Token(playbook.start))
    return machine.state(), tuple(machine.opened)


def answer(
    playbook: Playbook, state: RunState, step_id: str, given: Answer, *, task: str = ""
) -> tuple[RunState, tuple[Opening, ...]]:
    """The run after a person's answer to the step that waits; Refused by a guard of the step, Conflict if it waits not."""
    machine = _Machine(playbook, state)
    token = next((t for t in machine.waiting if t.step == step_id), None)
    if token is None:
        raise Conflict("this step no longer waits for an answer", hint="atttcli task list")
    step = _step(playbook, step_id)
    check_answer(step, given, task or step.code or step.id)
    machine.waiting.remove(token)
    if step.asks and given.yes is not None:
        machine.variables[step.asks] = given.yes
    failed = given.yes is False and not step.asks and step.on_failure
    machine.walk(Token(step.on_failure if failed else step.next, token.frames))
    return machine.state(), tuple(machine.opened)


def check_answer(step: Step, given: Answer, task: str) -> None:
    """The guards of one step: a reason to skip, only what may be skipped, evidence where it is demanded, yes or no."""
    if given.outcome == "skipped":
        if not step.optional:
            raise Refused(
                f"{task} is required and cannot be skipped",
                guard="required",
                hint=f'atttcli task done {task} --note "…"',
            )
        if not given.note.strip():
            raise Refused("skipping needs a reason", guard="reason", hint=f'atttcli task skip {task} --reason "…"')
        return
    if step.needs_evidence and not given.evidence:
        raise Refused(
            f"{task} cannot be done without evidence",
            guard="evidence",
            hint=f'atttcli evidence add FILE, then: atttcli task done {task} --note "…" --evidence CC-…',
        )
    if step.asks and given.yes is None:
        raise Refused(
            f"{task} asks for yes or no", guard="answer", hint=f'atttcli task done {task} --note "…" --answer yes|no'
        )


def _step(playbook: Playbook, step_id: str) -> Step:
    step = playbook.steps.get(step_id)
    if step is None:
        raise InputError(f"the playbook has no step {step_id[:80]!r}")
    return step


def variables_of(state: RunState) -> Mapping[str, Any]:
    """The run's variables as they stand."""
    return dict(state.variables)
