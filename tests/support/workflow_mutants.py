"""Ways to break a valid workflow, each of which `lint` must find. A mutant answers None where it cannot be made."""

from __future__ import annotations

import copy
import random
import uuid
from collections.abc import Callable
from typing import Any

from atttcli.playbook.structure import targets
from tests.support.workflow_graphs import SPACE

Mutant = Callable[[dict[str, Any], random.Random], bool]
_WAYS = ("on_completion", "on_success", "on_failure", "on_true", "on_false")


def _of(doc: dict[str, Any], *kinds: str) -> list[str]:
    return [key for key, body in doc["workflow"].items() if body["type"] in kinds]


def _redirect(body: dict[str, Any], old: str, new: str) -> None:
    for name in _WAYS:
        if body.get(name) == old:
            body[name] = new
    if "next_steps" in body:
        body["next_steps"] = [new if one == old else one for one in body["next_steps"]]
    if "cases" in body:
        body["cases"] = {case: new if one == old else one for case, one in body["cases"].items()}


def _main_end(doc: dict[str, Any]) -> str:
    return f"end--{uuid.uuid5(SPACE, '1')}"


def drop_a_step(doc: dict[str, Any], rng: random.Random) -> bool:
    victim = rng.choice([key for key in doc["workflow"] if not key.startswith("start--")])
    del doc["workflow"][victim]
    return True


def name_no_step(doc: dict[str, Any], rng: random.Random) -> bool:
    key = rng.choice([key for key, body in doc["workflow"].items() if targets(body)])
    body = doc["workflow"][key]
    _redirect(body, rng.choice(targets(body)), f"action--{uuid.uuid5(SPACE, 'nowhere')}")
    return True


def never_end(doc: dict[str, Any], rng: random.Random) -> bool:
    first = doc["workflow"][doc["workflow_start"]]["on_completion"]
    for body in doc["workflow"].values():
        if body["type"] != "start":
            _redirect(body, _main_end(doc), first)
    return True


def one_branch(doc: dict[str, Any], rng: random.Random) -> bool:
    for key in _of(doc, "parallel"):
        doc["workflow"][key]["next_steps"] = doc["workflow"][key]["next_steps"][:1]
        return True
    return False


def no_way_on(doc: dict[str, Any], rng: random.Random) -> bool:
    body = doc["workflow"][rng.choice(_of(doc, "action"))]
    body.pop("on_completion", None)
    body.pop("on_success", None)
    return True


def undefined_variable(doc: dict[str, Any], rng: random.Random) -> bool:
    used = sorted({name for body in doc["workflow"].values() for name in body.get("out_args", ())})
    if used:
        del doc["playbook_variables"][rng.choice(used)]
    return bool(used)


def undefined_agent(doc: dict[str, Any], rng: random.Random) -> bool:
    doc["workflow"][rng.choice(_of(doc, "action"))]["agent"] = f"group--{uuid.uuid5(SPACE, 'stranger')}"
    return True


def undefined_target(doc: dict[str, Any], rng: random.Random) -> bool:
    doc["workflow"][rng.choice(_of(doc, "action"))]["targets"] = [f"linux--{uuid.uuid5(SPACE, 'stranger')}"]
    return True


def run_out_of_the_branch(doc: dict[str, Any], rng: random.Random) -> bool:
    steps = doc["workflow"]
    framed = [key for key in _of(doc, "parallel", "if-condition", "while-condition") if steps[key].get("on_completion")]
    if not framed:
        return False
    key = rng.choice(framed)
    body = steps[key]
    head = rng.choice([one for one in targets(body) if one != body["on_completion"]])
    end = _first_end(doc, head)
    for other, one in steps.items():
        if end in targets(one) and (other != key):
            _redirect(one, end, body["on_completion"])
    return steps[head]["type"] != "end"


def _first_end(doc: dict[str, Any], at: str) -> str:
    body = doc["workflow"][at]
    seen = set()
    while body["type"] != "end" and at not in seen:
        seen.add(at)
        at = body.get("on_completion") or body.get("on_success") or body.get("on_true")
        body = doc["workflow"][at]
    return at


def orphan(doc: dict[str, Any], rng: random.Random) -> bool:
    doc["workflow"][f"end--{uuid.uuid5(SPACE, 'orphan')}"] = {"type": "end"}
    return True


def share_an_end(doc: dict[str, Any], rng: random.Random) -> bool:
    for key in _of(doc, "parallel"):
        ends = [_first_end(doc, head) for head in doc["workflow"][key]["next_steps"][:2]]
        for body in doc["workflow"].values():
            _redirect(body, ends[1], ends[0])
        del doc["workflow"][ends[1]]
        return True
    return False


def silent_while(doc: dict[str, Any], rng: random.Random) -> bool:
    for key in _of(doc, "while-condition"):
        end = f"end--{uuid.uuid5(SPACE, 'silent')}"
        doc["workflow"][end] = {"type": "end"}
        doc["workflow"][key]["on_true"] = end
        return True
    return False


def nobody_sets_it(doc: dict[str, Any], rng: random.Random) -> bool:
    loops = _of(doc, "while-condition")
    if not loops:
        return False
    name = "__" + doc["workflow"][loops[0]]["condition"].split("__")[1] + "__"
    for body in doc["workflow"].values():
        if name in body.get("out_args", ()):
            del body["out_args"]
    return True


def wrong_prefix(doc: dict[str, Any], rng: random.Random) -> bool:
    doc["workflow"][rng.choice(_of(doc, "end"))]["type"] = "start"
    return True


def unknown_type(doc: dict[str, Any], rng: random.Random) -> bool:
    doc["workflow"][rng.choice(list(doc["workflow"]))]["type"] = "teleport"
    return True


def both_ways(doc: dict[str, Any], rng: random.Random) -> bool:
    body = doc["workflow"][rng.choice(_of(doc, "action"))]
    end = _main_end(doc)
    body["on_completion"] = body["on_success"] = body.get("on_completion") or end
    return True


def wrong_value(doc: dict[str, Any], rng: random.Random) -> bool:
    doc["playbook_variables"]["__n__"] = {"type": "integer", "value": "ba"}
    return True


def broken_condition(doc: dict[str, Any], rng: random.Random) -> bool:
    for key in _of(doc, "if-condition", "while-condition"):
        doc["workflow"][key]["condition"] += " AND"
        return True
    return False


def set_a_constant(doc: dict[str, Any], rng: random.Random) -> bool:
    used = sorted({name for body in doc["workflow"].values() for name in body.get("out_args", ())})
    if used:
        doc["playbook_variables"][used[0]]["constant"] = True
    return bool(used)


def start_elsewhere(doc: dict[str, Any], rng: random.Random) -> bool:
    doc["workflow_start"] = rng.choice(_of(doc, "action"))
    return True


def back_to_the_start(doc: dict[str, Any], rng: random.Random) -> bool:
    body = doc["workflow"][rng.choice(_of(doc, "action"))]
    _redirect(body, rng.choice(targets(body)), doc["workflow_start"])
    return True


MUTANTS: tuple[Mutant, ...] = (
    drop_a_step, name_no_step, never_end, one_branch, no_way_on, undefined_variable, undefined_agent, undefined_target,
    run_out_of_the_branch, orphan, share_an_end, silent_while, nobody_sets_it, wrong_prefix, unknown_type, both_ways,
    wrong_value, broken_condition, set_a_constant, start_elsewhere, back_to_the_start,
)  # fmt: skip


def mutate(doc: dict[str, Any], mutant: Mutant, rng: random.Random) -> dict[str, Any] | None:
    broken = copy.deepcopy(doc)
    return broken if mutant(broken, rng) else None


def rewire(doc: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """One reference, turned to any other step: sometimes still a valid playbook."""
    broken = copy.deepcopy(doc)
    body = broken["workflow"][rng.choice([key for key, one in broken["workflow"].items() if targets(one)])]
    _redirect(body, rng.choice(targets(body)), rng.choice(list(broken["workflow"])))
    return broken
