"""A scenario as a graph: what comes when, what leads to what. Texts for the terminal, and DOT."""

from __future__ import annotations

from collections.abc import Iterator

from atttcli.drill.condition import leaves
from atttcli.drill.spans import span_text
from atttcli.model.drill import Condition, Scenario


def condition_text(condition: Condition | None) -> str:
    """The condition on one line, as it is written."""
    if condition is None:
        return ""
    if condition.parts:
        return f"{condition.op}({', '.join(map(condition_text, condition.parts))})"
    if condition.op in ("at", "no_action_for"):
        return f"{condition.op} {span_text(condition.amount)}"
    if condition.op == "score_below":
        return f"score {condition.name} < {condition.amount}"
    wait = f" + {span_text(condition.amount)}" if condition.amount else ""
    return f"{condition.op} {condition.name}{wait}"


def edges(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """From inject, to inject, why."""
    owner = {one.id: one.inject for one in scenario.expectations}
    for inject in scenario.injects:
        for way, root in (("when", inject.when), ("unless", inject.unless)):
            for leaf in leaves(root):
                origin = leaf.name if leaf.op == "after" else owner.get(leaf.name, "") if leaf.op == "done" else ""
                if origin:
                    yield origin, inject.id, f"{way} {condition_text(leaf)}"


def rows(scenario: Scenario) -> Iterator[tuple[str, str, str, str, str]]:
    """Id, when, channel, to whom, what is expected."""
    for one in scenario.injects:
        when = span_text(one.at) if one.at is not None else condition_text(one.when)
        if one.unless is not None:
            when += f" unless {condition_text(one.unless)}"
        yield one.id, when, one.channel, one.to, " ".join(f"{e.id}:{e.kind}" for e in one.expects)


def dot(scenario: Scenario) -> str:
    """The graph in DOT."""
    lines = [f'digraph "{scenario.code}" {{', "  rankdir=LR;"]
    for one in scenario.injects:
        shape = "ellipse" if one.when else "box"
        lines.append(f'  {one.id} [shape={shape}, label="{one.id}\\n{one.channel}"];')
    lines += [f'  {a} -> {b} [label="{why}"];' for a, b, why in edges(scenario)]
    return "\n".join([*lines, "}"]) + "\n"
