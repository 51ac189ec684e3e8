"""Random valid workflows as CACAO documents, grown by nesting: sequence, parallel, if, while, switch."""

from __future__ import annotations

import uuid
from typing import Any

from hypothesis import strategies as st


def document(workflow: dict[str, Any], start: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "playbook", "spec_version": "cacao-2.0", "id": f"playbook--{uuid.uuid4()}", "name": "thử",
        "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z", "workflow_start": start,
        "playbook_variables": variables or {}, "workflow": workflow,
    }  # fmt: skip


class Builder:
    def __init__(self) -> None:
        self.steps: dict[str, Any] = {}
        self.variables: dict[str, Any] = {}
        self.count = 0

    def add(self, kind: str, **body: Any) -> str:
        self.count += 1
        key = f"{kind}--{uuid.UUID(int=self.count)}"
        self.steps[key] = {"type": kind, **body}
        return key

    def variable(self) -> str:
        name = f"__v{len(self.variables)}__"
        self.variables[name] = {"type": "boolean", "value": "false"}
        return name

    def action(self, after: str, asks: str = "") -> str:
        body: dict[str, Any] = {"commands": [{"type": "manual", "command": "làm"}], "on_completion": after}
        return self.add("action", **body, **({"out_args": [asks]} if asks else {}))

    def branch(self, tree: Any) -> str:
        return self.grow(tree, self.add("end"))

    def grow(self, tree: Any, after: str) -> str:
        """The first step of `tree`, which goes on to `after`."""
        kind, parts = tree
        if kind == "action":
            return self.action(after)
        if kind == "sequence":
            for part in reversed(parts):
                after = self.grow(part, after)
            return after
        if kind == "parallel":
            return self.add("parallel", next_steps=[self.branch(p) for p in parts], on_completion=after)
        name = self.variable()
        if kind == "loop":  # back to its own beginning until somebody says yes
            check = self.add("if-condition", condition=f"{name}:value = true", on_true=after, on_false="")
            first = self.grow(parts[0], self.action(check, name))
            self.steps[check]["on_false"] = first
            return first
        if kind == "while":  # asked inside; leaves once the answer is yes
            loop = self.add("while-condition", condition=f"{name}:value = false", on_true="", on_completion=after)
            self.steps[loop]["on_true"] = self.grow(parts[0], self.action(self.add("end"), name))
            return loop
        targets = [self.branch(p) for p in parts]
        return self.action(
            self.add(
                "if-condition", condition=f"{name}:value = true", on_true=targets[0], on_false=targets[-1],
                on_completion=after,
            ),
            name,
        )  # fmt: skip


def build(tree: Any) -> dict[str, Any]:
    builder = Builder()
    start = builder.add("start", on_completion=builder.grow(tree, builder.add("end")))
    return document(builder.steps, start, builder.variables)


TREES = st.recursive(
    st.just(("action", ())),
    lambda inner: st.one_of(
        st.tuples(st.just("sequence"), st.lists(inner, min_size=1, max_size=3)),
        st.tuples(st.just("parallel"), st.lists(inner, min_size=2, max_size=3)),
        st.tuples(st.just("if"), st.lists(inner, min_size=2, max_size=2)),
        st.tuples(st.just("loop"), st.lists(inner, min_size=1, max_size=1)),
        st.tuples(st.just("while"), st.lists(inner, min_size=1, max_size=1)),
    ),
    max_leaves=10,
)
