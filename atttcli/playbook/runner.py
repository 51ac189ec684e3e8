"""The run of a playbook as a state machine: state and answer in, new state and opened steps out. No clock, no I/O.

Tokens stand on steps that wait for people, for weeks if need be: actions, playbook-actions (a child run or somebody who
says that it is done) and while-conditions that went round often enough to ask. A step that goes on after its branches makes
a frame; a branch's `end` pays into the innermost frame, and the last one moves the token on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from atttcli.errors import Conflict, InputError, Refused, UsageError
from atttcli.model.playbook import Frame, Moved, Opening, Playbook, RunState, Step, Token, Variable
from atttcli.model.task import Answer
from atttcli.playbook.condition import holds
from atttcli.playbook.variables import given_value, initial_value, read_value, shown

MAX_HOPS = 20_000  # steps passed without a person: more means a loop that nobody can leave
MAX_WAITING = 2_000  # tasks open at once: more means a parallel that breeds itself
_KINDS = {"playbook-action": "child", "while-condition": "again"}


class _Machine:
    """A run being moved; mutable for the length of one answer."""

    def __init__(self, playbook: Playbook, state: RunState) -> None:
        self.playbook = playbook
        self.waiting = list(state.tokens)
        self.frames = dict(state.frames)
        self.variables = dict(state.variables)
        self.locals = dict(state.locals)
        self.rounds = dict(state.rounds)
        self.made = state.made
        self.failed = state.failed
        self.opened: list[Opening] = []
        self.dropped: list[Token] = []
        self.hops = 0

    def moved(self) -> Moved:
        state = RunState(
            tuple(self.waiting),
            tuple(sorted(self.frames.items())),
            tuple(sorted(self.variables.items())),
            tuple(sorted(self.locals.items())),
            tuple(sorted(self.rounds.items())),
            self.made,
            self.failed,
        )
        return Moved(state, tuple(self.opened), tuple(self.dropped))

    def walk(self, *tokens: Token) -> None:
        """Move tokens until each waits or has ended."""
        moving = list(reversed(tokens))
        while moving:
            self.hops += 1
            if self.hops > MAX_HOPS or len(self.waiting) > MAX_WAITING:
                raise InputError(f"the playbook goes round without anybody's answer at {moving[-1].step}")
            moving.extend(reversed(self._pass(moving.pop())))

    def _pass(self, token: Token) -> list[Token]:
        step = step_of(self.playbook, token.step)
        if step.type in {"action", "playbook-action"}:
            return self.wait(step, token)
        if step.type == "start":
            return [Token(step.next, token.frames)]
        if step.type == "end":
            return self._end(token)
        if step.type == "parallel":
            return self._enter(step, token, step.branches)
        return self._decide(step, token)

    def wait(self, step: Step, token: Token) -> list[Token]:
        self.rounds[step.id] = self.rounds.get(step.id, 0) + 1
        self.waiting.append(Token(step.id, token.frames, self.rounds[step.id], token.turns))
        self.opened.append(Opening(step.id, self.rounds[step.id], _KINDS.get(step.type, "task")))
        return []

    def _end(self, token: Token) -> list[Token]:
        if not token.frames:
            return []
        key = token.frames[-1]
        frame = self.frames[key]
        if frame.left > 1:
            self.frames[key] = Frame(frame.step, frame.left - 1, frame.turns)
            return []
        del self.frames[key]
        step = step_of(self.playbook, frame.step)
        if step.type == "while-condition":
            return [Token(step.id, token.frames[:-1], turns=frame.turns)]
        return [Token(step.next, token.frames[:-1])]

    def _enter(self, step: Step, token: Token, targets: tuple[str, ...], turns: int = 0) -> list[Token]:
        """Into branches; when the step goes on afterwards they are counted in a frame."""
        frames = token.frames
        if step.next or step.type == "while-condition":
            self.made += 1
            self.frames[self.made] = Frame(step.id, len(targets), turns)
            frames = (*frames, self.made)
        return [Token(target, frames) for target in targets]

    def _decide(self, step: Step, token: Token) -> list[Token]:
        seen = self.seen_by(step)
        if step.type == "switch-condition":
            value = seen.get(step.condition)
            cases = dict(step.cases)
            chosen = (cases.get(shown(value)) if value is not None else "") or cases.get("default", "")
        else:
            chosen = step.on_true if holds(step.condition, seen) else step.on_false
        if chosen and step.type == "while-condition":
            if token.turns and token.turns % step.max_rounds == 0:
                return self.wait(step, token)
            return self._enter(step, token, (chosen,), token.turns + 1)
        if chosen:
            return self._enter(step, token, (chosen,))
        return [Token(step.next, token.frames)] if step.next else self._end(token)

    def seen_by(self, step: Step) -> dict[str, Any]:
        """The variables as a step sees them: its own hide the playbook's."""
        own = {one.name: self.locals.get(f"{step.id}/{one.name}", initial_value(one)) for one in step.variables}
        return {**self.variables, **own}

    def put(self, step: Step, variable: Variable, value: Any) -> None:
        """Set a variable where the step finds it."""
        if any(one.name == variable.name for one in step.variables):
            self.locals[f"{step.id}/{variable.name}"] = value
        else:
            self.variables[variable.name] = value

    def fail(self, step: Step, token: Token) -> None:
        """To the step's failure branch, else to the playbook's exception step, where all else is dropped."""
        if step.on_failure:
            self.walk(Token(step.on_failure, token.frames))
            return
        self.dropped += self.waiting
        self.waiting, self.frames, self.failed = [], {}, True
        self.walk(Token(self.playbook.exception))


def start(playbook: Playbook, given: Mapping[str, str] | None = None) -> Moved:
    """A new run: the steps that wait first. `given`: texts for variables from outside; UsageError for one of a wrong type.

    Refused when a variable that only the outside knows has no value.
    """
    values = {name: initial_value(one) for name, one in playbook.variables.items()}
    for name, text in (given or {}).items():
        values[name] = _outside(playbook, name, text)
    missing = [name for name, one in playbook.variables.items() if one.external and values[name] is None]
    if missing:
        raise Refused(
            f"the playbook needs a value for {', '.join(missing)}", guard="variable", hint=f"add --set {missing[0]}=…"
        )
    machine = _Machine(playbook, RunState(variables=tuple(sorted(values.items()))))
    machine.walk(Token(playbook.start))
    return machine.moved()


def _outside(playbook: Playbook, name: str, text: str) -> Any:
    variable = playbook.variables.get(name)
    if variable is None:
        known = ", ".join(playbook.variables) or "none"
        raise UsageError(f"the playbook has no variable {name[:60]!r}", hint=f"its variables: {known}")
    if variable.constant:
        raise Refused(f"{name} is a constant", guard="constant", hint="leave it out")
    return given_value(variable, text)


def answer(
    playbook: Playbook, state: RunState, step_id: str, given: Answer, *, round: int = 0, task: str = "",
    automatic: bool = False,
) -> Moved:  # fmt: skip
    """The run after the answer to a step that waits; Refused by a guard of the step, Conflict if it waits not.

    `automatic`: a child run answers, whom no guard asks.
    """
    machine = _Machine(playbook, state)
    token = next((t for t in machine.waiting if t.step == step_id and round in {0, t.round}), None)
    if token is None:
        raise Conflict("this step no longer waits for an answer", hint="atttcli task list")
    step = step_of(playbook, step_id)
    if not automatic:
        check_answer(playbook, step, given, task or step.code or step.id)
    for variable, value in values_given(playbook, step, given, task or step.id):
        machine.put(step, variable, value)
    machine.waiting.remove(token)
    if given.outcome == "failed":
        machine.fail(step, token)
    elif step.type == "while-condition":
        machine.walk(*_again(machine, step, token, given.yes is True))
    else:
        machine.walk(Token(step.next, token.frames))
    return machine.moved()


def _again(machine: _Machine, step: Step, token: Token, yes: bool) -> list[Token]:
    if yes:
        return machine._enter(step, token, (step.on_true,), token.turns + 1)
    return [Token(step.on_failure or step.next, token.frames)]


def values_given(playbook: Playbook, step: Step, given: Answer, task: str) -> list[tuple[Variable, Any]]:
    """The variables that an answer sets, typed; Refused for a constant, UsageError for a wrong type or name."""
    found: dict[str, tuple[Variable, Any]] = {}
    for name, text in given.values:
        variable = playbook.variable(step, name)
        if variable is None or name not in step.out_args:
            raise UsageError(
                f"{task} does not set {name[:60]!r}", hint="it sets: " + (", ".join(step.out_args) or "nothing")
            )
        if variable.constant:
            raise Refused(f"{name} is a constant", guard="constant", hint="leave it out")
        if text.strip():
            found[name] = (variable, given_value(variable, text))
        elif variable.type == "string":
            found[name] = (variable, "")
    asked = playbook.variable(step, step.asks) if step.asks else None
    if asked is not None and given.yes is not None:
        found[step.asks] = (asked, given.yes)
    return list(found.values())


def check_answer(playbook: Playbook, step: Step, given: Answer, task: str) -> None:
    """The guards of one step: reasons, agreement, evidence where it is demanded, and every question answered."""
    if given.outcome == "skipped":
        _check_skip(step, given, task)
    elif given.outcome == "failed":
        _check_failure(playbook, step, given, task)
    else:
        _check_done(step, given, task)


def _check_skip(step: Step, given: Answer, task: str) -> None:
    if not step.optional and not given.agreed_by.strip():
        raise Refused(
            f"{task} is required: skipping it needs the lead's agreement",
            guard="required",
            hint=f'atttcli task skip {task} --reason "…" --agreed-by NAME',
        )
    if not given.note.strip():
        raise Refused("skipping needs a reason", guard="reason", hint=f'atttcli task skip {task} --reason "…"')


def _check_failure(playbook: Playbook, step: Step, given: Answer, task: str) -> None:
    if not step.on_failure and not playbook.exception:
        raise Refused(
            f"{task} has no failure branch: the playbook does not say what follows",
            guard="failure-branch",
            hint=f'finish it, or: atttcli task skip {task} --reason "…" --agreed-by NAME',
        )
    if not given.note.strip():
        raise Refused("failing needs a reason", guard="reason", hint=f'atttcli task fail {task} --reason "…"')
    if not given.agreed_by.strip():
        raise Refused(
            "a step fails only when the lead agrees",
            guard="agreement",
            hint=f'atttcli task fail {task} --reason "…" --agreed-by NAME',
        )


def _check_done(step: Step, given: Answer, task: str) -> None:
    if step.needs_evidence and not given.evidence:
        raise Refused(
            f"{task} cannot be done without evidence",
            guard="evidence",
            hint=f'atttcli evidence add FILE, then: atttcli task done {task} --note "…" --evidence CC-…',
        )
    named = {name for name, _ in given.values}
    if ((step.asks and step.asks not in named) or step.type == "while-condition") and given.yes is None:
        raise Refused(
            f"{task} asks for yes or no", guard="answer", hint=f'atttcli task done {task} --note "…" --answer yes|no'
        )
    missing = [name for name in step.out_args if name not in named and name != step.asks]
    if missing and step.type == "action":
        raise Refused(
            f"{task} asks for {', '.join(missing)}",
            guard="answer",
            hint=f'atttcli task done {task} --note "…" ' + " ".join(f"--set {name}=…" for name in missing),
        )


def step_of(playbook: Playbook, step_id: str) -> Step:
    """A step by its id, or InputError."""
    step = playbook.steps.get(step_id)
    if step is None:
        raise InputError(f"the playbook has no step {step_id[:80]!r}")
    return step


def seen_values(playbook: Playbook, state: RunState, step: Step) -> dict[str, Any]:
    """The variables as one step of a run sees them."""
    return _Machine(playbook, state).seen_by(step)


def returned(playbook: Playbook, state: RunState, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """What a child run gives back: texts of its variables, for the `out_args` of the step that called it."""
    values = dict(state.variables)
    return tuple((name, shown(values[name])) for name in names if values.get(name) is not None)


def handed_in(playbook: Playbook, step: Step, values: Mapping[str, Any], child: Playbook) -> dict[str, str]:
    """What a child run is started with: `in_args` that it knows, and can take."""
    found: dict[str, str] = {}
    for name in step.in_args:
        variable, value = child.variables.get(name), values.get(name)
        if variable is None or variable.constant or value is None:
            continue
        try:
            read_value(variable.type, shown(value))
        except ValueError:
            continue
        found[name] = shown(value)
    return found
