"""The workflow as a graph: where every step leads, what is never reached, which branches do not join, which loops never end.

A step *frames* its branches when it goes on afterwards: a parallel, or an if, switch or while with `on_completion` (or
`on_success`). What lies between such a step's branch and that branch's `end` is a level of its own. An if or switch that
names nothing to go on with frames nothing: its branches are the level's own way on, also back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from atttcli.errors import InputError
from atttcli.playbook.condition import variable_name, variables_in
from atttcli.playbook.rules import ERROR, LAX, WARNING, Fault

_HUMAN = frozenset({"action", "playbook-action"})
_DECIDING = frozenset({"if-condition", "switch-condition", "while-condition"})


@dataclass(frozen=True, slots=True)
class Node:
    """A step as the graph sees it. `after`: where the level goes on; `branches`: heads of framed branches."""

    id: str
    kind: str
    after: tuple[str, ...]
    branches: tuple[str, ...] = ()
    optional: bool = False  # a framed if without else, a switch without default: it may pass without any branch

    @property
    def all(self) -> tuple[str, ...]:
        """Every successor."""
        return self.after + self.branches


def targets(body: Mapping[str, Any]) -> list[str]:
    """The ids of the steps that may follow a step of a document."""
    names = ("on_completion", "on_success", "on_failure", "on_true", "on_false")
    found = [body[name] for name in names if isinstance(body.get(name), str)]
    found += [one for one in body.get("next_steps", ()) if isinstance(one, str)]
    return found + [one for one in body.get("cases", {}).values() if isinstance(one, str)]


def node(key: str, body: Mapping[str, Any]) -> Node:
    """One step of a document."""
    kind = str(body["type"])
    after = tuple(body[name] for name in ("on_completion", "on_success", "on_failure") if body.get(name))
    heads = tuple(one for one in targets(body) if one not in after)
    if kind in {"action", "playbook-action", "start", "end"}:
        return Node(key, kind, after)
    goes_on = bool(body.get("on_completion") or body.get("on_success"))
    if not goes_on:
        return Node(key, kind, tuple(dict.fromkeys(targets(body))))
    heads = tuple(dict.fromkeys(_heads(body)))
    optional = kind == "if-condition" and not body.get("on_false")
    optional |= kind == "switch-condition" and "default" not in body.get("cases", {})
    return Node(key, kind, after, heads, optional or kind == "while-condition")


def _heads(body: Mapping[str, Any]) -> Iterator[str]:
    yield from (body[name] for name in ("on_true", "on_false") if body.get(name))
    yield from body.get("next_steps", ())
    yield from body.get("cases", {}).values()


def structure_faults(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Every fault of the graph of a document whose shape is right."""
    steps = document["workflow"]
    dangling = list(_dangling(document))
    yield from dangling
    if any(fault.level == ERROR for fault in dangling):
        return
    nodes = {key: node(key, body) for key, body in steps.items()}
    starts = [str(key) for key in (document["workflow_start"], document.get("workflow_exception")) if key in nodes]
    reached = closure(starts, lambda key: nodes[key].all)
    for key in steps:
        if key not in reached:
            yield Fault(("workflow", key), f"{key} is never reached")
    yield from _levels(nodes, starts)
    yield from _silent(nodes, reached)
    yield from _endless(nodes, starts, document)


def _dangling(document: Mapping[str, Any]) -> Iterator[Fault]:
    steps = document["workflow"]
    if not steps:
        yield Fault(("workflow",), "`workflow` has no step")
        return
    start = document["workflow_start"]
    if start not in steps:
        yield Fault(("workflow_start",), "`workflow_start` names no step")
    elif steps[start]["type"] != "start":
        yield Fault(("workflow_start",), "`workflow_start` names a step that is no start", LAX)
    exception = document.get("workflow_exception")
    if exception is not None and exception not in steps:
        yield Fault(("workflow_exception",), f"`workflow_exception` names {exception[:80]!r}, which is no step", LAX)
    for key, body in steps.items():
        for target in targets(body):
            if target not in steps:
                yield Fault(("workflow", key), f"{key} goes on to {target[:80]!r}, which is no step")
            elif steps[target]["type"] == "start":
                yield Fault(("workflow", key), f"{key} goes back to the start step")
        yield from _ways_on(key, body)


def _ways_on(key: str, body: Mapping[str, Any]) -> Iterator[Fault]:
    kind, place = body["type"], ("workflow", key)
    on = [name for name in ("on_completion", "on_success", "on_failure") if name in body]
    if "on_completion" in on and len(on) > 1:
        yield Fault(place, "`on_completion` excludes `on_success` and `on_failure`")
    goes_on = "on_completion" in on or "on_success" in on
    if kind in _HUMAN | {"while-condition"} and not goes_on:
        yield Fault(place, f"a step of type {kind} needs `on_completion` or `on_success`")
    elif kind == "parallel" and not goes_on:
        yield Fault(place, "a parallel step needs `on_completion`: where its branches join", LAX)
    elif kind == "if-condition" and not goes_on and not body.get("on_false"):
        yield Fault(place, "nothing follows when the condition is false: neither `on_false` nor `on_completion`")
    elif kind == "switch-condition" and not goes_on and "default" not in body["cases"]:
        yield Fault(place, "nothing follows when no case fits: neither `default` nor `on_completion`")
    if kind == "switch-condition" and not body["cases"]:
        yield Fault(place, "a switch has at least one case")
    branches = list(_heads(body))
    if kind == "parallel" and len(set(branches)) != len(branches):
        yield Fault(place, "two branches of a parallel step are the same")


def closure(start: Iterable[str], after: Callable[[str], Iterable[str]]) -> set[str]:
    """Everything that can be reached."""
    seen, waiting = set(start), list(start)
    while waiting:
        for target in after(waiting.pop()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def _levels(nodes: Mapping[str, Node], starts: list[str]) -> Iterator[Fault]:
    """Each step belongs to one level; each level comes to an end."""
    owner: dict[str, int] = {}
    parents: list[int] = []
    waiting: list[tuple[str, int]] = [(start, -1) for start in starts]
    exceptional = set(starts[1:])
    said: set[tuple[str, str]] = set()
    while waiting:
        head, parent = waiting.pop(0)
        level = closure([head], lambda key: nodes[key].after)
        number = len(parents)
        parents.append(parent)
        fresh = [key for key in nodes if key in level and key not in owner]
        for key in nodes:
            if key in level and key in owner and head not in exceptional and ("join", key) not in said:
                said.add(("join", key))
                yield _misjoined(key, head, _is_above(owner[key], number, parents))
        owner |= dict.fromkeys(fresh, number)
        yield from _never_ending(nodes, level, fresh)
        waiting += [(branch, number) for key in fresh for branch in nodes[key].branches]


def _misjoined(key: str, head: str, above: bool) -> Fault:
    if above:
        return Fault(("workflow", head), f"the branch of {head} runs out into {key}, which lies outside of it")
    return Fault(("workflow", key), f"{key} is shared by two branches: each branch ends in an end step of its own", LAX)


def _is_above(one: int, number: int, parents: list[int]) -> bool:
    while number != -1:
        number = parents[number]
        if number == one:
            return True
    return False


def _never_ending(nodes: Mapping[str, Node], level: set[str], fresh: list[str]) -> Iterator[Fault]:
    back: dict[str, list[str]] = {key: [] for key in level}
    for key in level:
        for target in nodes[key].after:
            back[target].append(key)
    ending = closure([key for key in level if not nodes[key].after], lambda key: back[key])
    for key in fresh:
        if key not in ending:
            yield Fault(("workflow", key), f"{key} never comes to an end")


def _silent(nodes: Mapping[str, Node], reached: set[str]) -> Iterator[Fault]:
    """Cycles and while bodies on which nobody is asked anything."""
    passing: dict[str, bool] = {}
    for _ in range(len(nodes)):  # a least fixed point: at most one step more is found in each round
        before = len(passing)
        for one in nodes.values():
            if one.id not in passing and _ends_silently(one, nodes, passing):
                passing[one.id] = True
        if len(passing) == before:
            break
    for one in nodes.values():
        if one.kind == "while-condition" and any(head in passing for head in one.branches):
            yield Fault(("workflow", one.id), f"{one.id} goes round without a step for a person")
    edges = {
        one.id: {target for target in _silent_next(one, passing) if nodes[target].kind not in _HUMAN}
        for one in nodes.values()
        if one.kind not in _HUMAN and one.id in reached
    }
    while dead := [key for key, after in edges.items() if not after & edges.keys()]:
        for key in dead:
            del edges[key]
    for key in sorted(edges):
        yield Fault(("workflow", key), f"{key} goes round without a step for a person")


def _ends_silently(one: Node, nodes: Mapping[str, Node], passing: Mapping[str, bool]) -> bool:
    """Whether the end of the level can be reached from here with nobody asked."""
    if one.kind in _HUMAN:
        return False
    after = _silent_next(one, passing)
    return not one.after or any(target in passing for target in after if target not in one.branches)


def _silent_next(one: Node, passing: Mapping[str, bool]) -> tuple[str, ...]:
    if not one.branches:
        return one.after
    ready = [head in passing for head in one.branches]
    through = all(ready) if one.kind == "parallel" else one.optional or any(ready)
    return one.branches + (one.after if through else ())


def _endless(nodes: Mapping[str, Node], starts: list[str], document: Mapping[str, Any]) -> Iterator[Fault]:
    steps = document["workflow"]
    variables = document.get("playbook_variables", {})
    free = {name for name, body in variables.items() if body.get("external")}
    everywhere = {name for body in steps.values() for name in body.get("out_args", ())}
    for loop, deciding in _loops(nodes):
        read = {name for key in deciding for name in _reads(steps[key])}
        inside = {name for key in loop for name in steps[key].get("out_args", ())}
        if not read or read & (inside | free):
            continue
        level = WARNING if read & everywhere else ERROR
        names = ", ".join(sorted(read))
        yield Fault(("workflow", min(deciding)), f"nothing in the loop sets {names}, so it never ends", level)


def _loops(nodes: Mapping[str, Node]) -> Iterator[tuple[set[str], set[str]]]:
    """Each loop with everything inside of it, and the deciding steps by which alone it can be left (none: a person can)."""
    for one in nodes.values():
        if one.kind == "while-condition" and one.branches:
            yield closure(one.branches, lambda key: nodes[key].all), {one.id}
    for ring in _rings(nodes):
        leaving = {key for key in ring if set(nodes[key].after) - ring}
        inner = {key for key in ring for head in nodes[key].branches for key in closure([head], lambda k: nodes[k].all)}
        if leaving and all(nodes[key].kind in _DECIDING and not nodes[key].branches for key in leaving):
            yield ring | inner, leaving


def _rings(nodes: Mapping[str, Node]) -> list[set[str]]:
    """Strongly connected parts of the levels: each step that comes back to itself, with those that share its way."""
    ahead = {key: closure(one.after, lambda k: nodes[k].after) for key, one in nodes.items() if one.after}
    found: list[set[str]] = []
    seen: set[str] = set()
    for key, reached in ahead.items():
        if key in reached and key not in seen:
            ring = {other for other in reached if key in ahead.get(other, ())}
            seen |= ring
            found.append(ring)
    return found


def _reads(body: Mapping[str, Any]) -> tuple[str, ...]:
    if body["type"] == "switch-condition":
        return (variable_name(str(body.get("switch", ""))),)
    try:
        return variables_in(str(body.get("condition", "")))
    except InputError:
        return ()
