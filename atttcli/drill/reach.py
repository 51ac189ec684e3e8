"""Which injects can ever be delivered: the earliest scenario time of each, from what it waits on. Linear in nodes and rounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from atttcli.drill.spans import span_text
from atttcli.model.drill import Condition, Finding, Scenario

NEVER = 1 << 62


def earliest(condition: Condition | None, delivered: Mapping[str, int], owner: Mapping[str, str]) -> int:
    """The first scenario time at which a condition may hold, NEVER for none, when injects come as early as `delivered` says."""
    if condition is None:
        return 0
    match condition.op:
        case "all":
            return max(earliest(one, delivered, owner) for one in condition.parts)
        case "any":
            return min(earliest(one, delivered, owner) for one in condition.parts)
        case "after":
            return min(NEVER, delivered.get(condition.name, NEVER) + condition.amount)
        case "done":
            return delivered.get(owner.get(condition.name, ""), NEVER)
        case "at" | "no_action_for":
            return condition.amount
    return 0  # `not` and `score_below` may hold at once


def arrivals(scenario: Scenario) -> dict[str, int]:
    """Inject -> the earliest scenario time at which it may come, NEVER for one that waits on what does not come."""
    owner = {one.id: one.inject for one in scenario.expectations}
    found = {one.id: NEVER if one.at is None else one.at for one in scenario.injects}
    waiting = [one for one in scenario.injects if one.at is None]
    for _round in range(len(waiting) + 1):
        new = {one.id: earliest(one.when, found, owner) for one in waiting}
        if all(found[name] == at for name, at in new.items()):
            break
        found |= new
    return found


def certain(condition: Condition, at: int) -> bool | None:
    """Whether it surely holds (True) or surely not (False) at a scenario time, whatever the team does; None: it depends."""
    match condition.op:
        case "at":
            return at >= condition.amount
        case "no_action_for":
            return None if at >= condition.amount else False
        case "not":
            inner = certain(condition.parts[0], at)
            return None if inner is None else not inner
        case "all" | "any":
            decides = condition.op == "any"
            found = [certain(one, at) for one in condition.parts]
            return decides if decides in found else None if None in found else not decides
    return None


def unreachable(scenario: Scenario) -> Iterator[Finding]:
    """Injects that wait on each other or on what never comes, that come after the end, or that are held back in any case."""
    found = arrivals(scenario)
    for inject in scenario.injects:
        at, name = found[inject.id], inject.id
        if at >= NEVER:
            said = f"{name} can never be delivered: what it waits on does not come"
        elif inject.at is None and at > scenario.duration:
            said = f"{name} can never be delivered: not before {span_text(at)}, after the end of the scenario"
        elif inject.unless is not None and certain(inject.unless, at):
            said = f"{name} can never be delivered: its `unless` holds by then whatever the team does"
        else:
            continue
        yield Finding("error", "unreachable", inject.line, said)
