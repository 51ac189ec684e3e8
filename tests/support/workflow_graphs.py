"""Random valid workflows as CACAO documents, grown by nesting, each with a plan that a trivial interpreter can walk.

sequence, parallel, if, switch, while (with its cap), a loop by going back, and a step with a failure branch.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from atttcli.playbook.sugar import AUTHOR, EXTENSION

SPACE = uuid.UUID("0b6f0e35-3a35-4c55-9d6e-0d7a3b3f8f10")
TEAM = f"group--{uuid.uuid5(SPACE, 'team')}"
CAP = 2
Decide = Callable[[str, int], Any]


@dataclass
class Plan:
    """What a tree became: `key` of the step that is met (or asked), `parts` the plans below it."""

    kind: str
    key: str = ""
    parts: list[Plan] = field(default_factory=list)
    variable: str = ""
    gate: str = ""


def document(workflow: dict[str, Any], start: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "playbook", "spec_version": "cacao-2.0", "id": f"playbook--{uuid.uuid5(SPACE, 'book')}", "name": "thử",
        "created_by": AUTHOR, "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z",
        "playbook_variables": variables or {}, "workflow_start": start, "workflow": workflow,
        "agent_definitions": {TEAM: {"type": "group", "name": "Đội ứng cứu"}},
        "extension_definitions": {
            EXTENSION: {"type": "extension-definition", "name": "x", "created_by": AUTHOR, "schema": "x", "version": "1"}
        },
    }  # fmt: skip


class Builder:
    def __init__(self) -> None:
        self.steps: dict[str, Any] = {}
        self.variables: dict[str, Any] = {}
        self.count = 0

    def add(self, kind: str, **body: Any) -> str:
        self.count += 1
        key = f"{kind}--{uuid.uuid5(SPACE, str(self.count))}"
        self.steps[key] = {"type": kind, **body}
        return key

    def variable(self, kind: str = "bool", value: str = "false") -> str:
        name = f"__v{len(self.variables)}__"
        self.variables[name] = {"type": kind, "value": value}
        return name

    def action(self, after: str, asks: str = "", on_failure: str = "") -> str:
        body: dict[str, Any] = {"commands": [{"type": "manual", "command": "làm"}], "agent": TEAM}
        body |= {"on_success": after, "on_failure": on_failure} if on_failure else {"on_completion": after}
        return self.add("action", **body, **({"out_args": [asks]} if asks else {}))

    def branch(self, tree: Any) -> tuple[str, Plan]:
        return self.grow(tree, self.add("end"))

    def grow(self, tree: Any, after: str) -> tuple[str, Plan]:
        """The first step of `tree`, which goes on to `after`, and its plan."""
        return getattr(self, f"grow_{tree[0]}")(tree[1], after)

    def grow_action(self, parts: Any, after: str) -> tuple[str, Plan]:
        key = self.action(after)
        return key, Plan("action", key)

    def grow_sequence(self, parts: Any, after: str) -> tuple[str, Plan]:
        plans = []
        for part in reversed(parts):
            after, plan = self.grow(part, after)
            plans.insert(0, plan)
        return after, Plan("sequence", parts=plans)

    def grow_failing(self, parts: Any, after: str) -> tuple[str, Plan]:
        other, plan = self.grow(parts[0], after)
        key = self.action(after, on_failure=other)
        return key, Plan("failing", key, [plan])

    def grow_parallel(self, parts: Any, after: str) -> tuple[str, Plan]:
        grown = [self.branch(part) for part in parts]
        key = self.add("parallel", next_steps=[head for head, _ in grown], on_completion=after)
        return key, Plan("parallel", parts=[plan for _, plan in grown])

    def grow_if(self, parts: Any, after: str) -> tuple[str, Plan]:
        name = self.variable()
        grown = [self.branch(part) for part in parts]
        body: dict[str, Any] = {"condition": f"{name}:value = true", "on_true": grown[0][0], "on_completion": after}
        if len(grown) > 1:
            body["on_false"] = grown[1][0]
        key = self.action(self.add("if-condition", **body), name)
        return key, Plan("if", key, [plan for _, plan in grown], name)

    def grow_switch(self, parts: Any, after: str) -> tuple[str, Plan]:
        name = self.variable("string", "")
        grown = [self.branch(part) for part in parts]
        cases = {("default" if index == 0 else f"c{index}"): head for index, (head, _) in enumerate(grown)}
        step = self.add("switch-condition", switch=f"{name}:value", cases=cases, on_completion=after)
        key = self.action(step, name)
        return key, Plan("switch", key, [plan for _, plan in grown], name)

    def grow_loop(self, parts: Any, after: str) -> tuple[str, Plan]:
        name = self.variable()
        check = self.add("if-condition", condition=f"{name}:value = true", on_true=after, on_false="")
        ask = self.action(check, name)
        first, plan = self.grow(parts[0], ask)
        self.steps[check]["on_false"] = first
        return first, Plan("loop", ask, [plan], name)

    def grow_while(self, parts: Any, after: str) -> tuple[str, Plan]:
        name = self.variable()
        words = {EXTENSION: {"max_rounds": CAP}}
        body = {
            "condition": f"NOT {name}:value = true",
            "on_true": "",
            "on_completion": after,
            "step_extensions": words,
        }
        gate = self.add("while-condition", **body)
        ask = self.action(self.add("end"), name)
        self.steps[gate]["on_true"], plan = self.grow(parts[0], ask)
        return gate, Plan("while", ask, [plan], name, gate)


def grown(tree: Any) -> tuple[dict[str, Any], Plan]:
    """A document and its plan."""
    builder = Builder()
    first, plan = builder.grow(tree, builder.add("end"))
    start = builder.add("start", on_completion=first)
    return document(builder.steps, start, builder.variables), plan


def build(tree: Any) -> dict[str, Any]:
    return grown(tree)[0]


class Reference:
    """The trivial interpreter: walks the plan as a person would say it aloud, one branch after the other."""

    def __init__(self, decide: Decide) -> None:
        self.decide = decide
        self.rounds: dict[str, int] = {}
        self.variables: dict[str, bool] = {}

    def meet(self, key: str) -> Any:
        self.rounds[key] = self.rounds.get(key, 0) + 1
        return self.decide(key, self.rounds[key])

    def walk(self, plan: Plan) -> None:
        if plan.kind == "action":
            self.meet(plan.key)
        elif plan.kind in {"sequence", "parallel"}:
            for part in plan.parts:
                self.walk(part)
        elif plan.kind == "failing":
            if self.meet(plan.key):
                self.walk(plan.parts[0])
        elif plan.kind == "if":
            if self.meet(plan.key):
                self.walk(plan.parts[0])
            elif len(plan.parts) > 1:
                self.walk(plan.parts[1])
        elif plan.kind == "switch":
            self.walk(plan.parts[self.meet(plan.key) % len(plan.parts)])
        elif plan.kind == "loop":
            self.walk(plan.parts[0])
            while not self.meet(plan.key):
                self.walk(plan.parts[0])
        else:
            self._while(plan)

    def _while(self, plan: Plan) -> None:
        turns = 0
        while not self.variables.get(plan.variable):
            if turns and turns % CAP == 0 and not self.meet(plan.gate):
                return
            self.walk(plan.parts[0])
            self.variables[plan.variable] = self.meet(plan.key)
            turns += 1


def _some(kind: str, inner: Any, low: int, high: int) -> Any:
    return st.tuples(st.just(kind), st.lists(inner, min_size=low, max_size=high))


TREES = st.recursive(
    st.just(("action", ())),
    lambda inner: st.one_of(
        _some("sequence", inner, 1, 3),
        _some("parallel", inner, 2, 3),
        _some("if", inner, 1, 2),
        _some("switch", inner, 1, 3),
        _some("loop", inner, 1, 1),
        _some("while", inner, 1, 1),
        _some("failing", inner, 1, 1),
    ),
    max_leaves=10,
)
