"""Conditions of injects: read from a scenario, and judged on what has happened. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from atttcli.drill.spans import parse_span
from atttcli.errors import InputError
from atttcli.model.drill import Condition
from atttcli.profile.record import Record

OPERATORS = ("all", "any", "not", "after", "at", "done", "no_action_for", "score_below")


@dataclass(frozen=True, slots=True)
class Situation:
    """What conditions ask: scenario time now, when each inject was delivered and what was last done (scenario times)."""

    now: int
    delivered: Mapping[str, int]
    done: frozenset[str]
    last_action: int = 0
    score: Callable[[str], float] = field(default=lambda goal: 0.0)


def read_condition(given: Record) -> Condition:
    """A mapping with exactly one operator; InputError with the line otherwise."""
    if len(given.mapping) != 1:
        raise given.refuse("a condition has exactly one operator", hint="one of: " + ", ".join(OPERATORS))
    op = next(iter(given.mapping))
    if op not in OPERATORS:
        raise given.refuse(f"{op[:30]!r} is no condition", op, hint="one of: " + ", ".join(OPERATORS))
    if op in ("all", "any"):
        parts = tuple(read_condition(one) for one in given.records(op))
        if not parts:
            raise given.refuse(f"{op} needs a list of conditions", op)
        return Condition(op, parts)
    if op == "not":
        return Condition(op, (read_condition(given.record(op)),))
    if op in ("at", "no_action_for"):
        return Condition(op, amount=span(given, op))
    if op == "done" or (op == "after" and isinstance(given.mapping[op], str)):
        return Condition(op, name=given.code(op))
    inner = given.record(op)
    if op == "after":
        found = Condition(op, name=inner.code("inject"), amount=span(inner, "wait"))
    else:
        found = Condition(op, name=inner.code("goal", ""), amount=inner.integer("value", low=0, high=100))
    inner.finish()
    return found


def span(given: Record, key: str, default: str | None = None) -> int:
    """A span such as `15m` as microseconds."""
    text = given.text(key, default)
    try:
        return parse_span(text)
    except InputError as error:
        raise given.refuse(error.message, key, hint=error.hint) from None


def holds(condition: Condition, seen: Situation) -> bool:
    """Whether it holds now."""
    match condition.op:
        case "all":
            return all(holds(one, seen) for one in condition.parts)
        case "any":
            return any(holds(one, seen) for one in condition.parts)
        case "not":
            return not holds(condition.parts[0], seen)
        case "after":
            since = seen.delivered.get(condition.name)
            return since is not None and seen.now >= since + condition.amount
        case "at":
            return seen.now >= condition.amount
        case "done":
            return condition.name in seen.done
        case "no_action_for":
            return seen.now - seen.last_action >= condition.amount
    return seen.score(condition.name) < condition.amount


def leaves(condition: Condition | None) -> Iterator[Condition]:
    """Every condition that asks something, the nested ones too."""
    if condition is None:
        return
    if condition.parts:
        for part in condition.parts:
            yield from leaves(part)
    else:
        yield condition
