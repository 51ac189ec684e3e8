"""Checks a playbook: the shape of CACAO 2.0 as far as this version runs it, and what no schema sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from atttcli.errors import Where
from atttcli.playbook.condition import check_condition, variables_in

_ID = re.compile(r"[a-z][a-z0-9-]{2,40}--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z\Z")
RUN = ("start", "end", "action", "parallel", "if-condition", "while-condition", "switch-condition")
MAX_STEPS = 2000
_REQUIRED = {
    "start": ("on_completion",),
    "parallel": ("next_steps",),
    "if-condition": ("condition", "on_true"),
    "while-condition": ("condition", "on_true"),
    "switch-condition": ("switch", "cases"),
}
_TARGETS = ("on_completion", "on_success", "on_failure", "on_true", "on_false")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong; `fatal`: the playbook must not run."""

    message: str
    where: Where
    fatal: bool = True


def lint(document: Any, path: str) -> Iterator[Problem]:
    """Every problem of one document; a broken shape ends the check early."""
    if not isinstance(document, dict):
        yield Problem("a playbook is a mapping", Where(path, line=1))
        return
    shape = list(_shape(document, path))
    yield from shape
    if shape:
        return
    steps = document["workflow"]
    broken = False
    for key, body in steps.items():
        for problem in _step(document, key, body, path):
            broken = True
            yield problem
    if not broken:
        yield from _graph(document, path)


def _at(owner: Any, key: str, path: str) -> Where:
    return Where(path, line=getattr(owner, "lines", {}).get(key))


def _shape(doc: dict[str, Any], path: str) -> Iterator[Problem]:
    if doc.get("type") != "playbook":
        yield Problem("`type` is not playbook", _at(doc, "type", path))
    if doc.get("spec_version") != "cacao-2.0":
        yield Problem("`spec_version` is not cacao-2.0", _at(doc, "spec_version", path))
    if not (_id(doc.get("id")) and str(doc["id"]).startswith("playbook--")):
        yield Problem("`id` is not playbook--UUID", _at(doc, "id", path))
    if not isinstance(doc.get("name"), str) or not doc["name"].strip():
        yield Problem("`name` is missing", _at(doc, "name", path))
    for key in ("created", "modified"):
        if not isinstance(doc.get(key), str) or not _MOMENT.match(doc[key]):
            yield Problem(f"`{key}` is not a time such as 2026-01-01T00:00:00Z", _at(doc, key, path))
    for key in ("playbook_variables", "agent_definitions", "extension_definitions", "playbook_extensions"):
        value = doc.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(item, dict) for item in value.values()):
            yield Problem(f"`{key}` is not a mapping of mappings", _at(doc, key, path))
    steps = doc.get("workflow")
    if not isinstance(steps, dict) or not steps or not all(isinstance(body, dict) for body in steps.values()):
        yield Problem("`workflow` is not a mapping of steps", _at(doc, "workflow", path))
    elif len(steps) > MAX_STEPS:
        yield Problem(f"more than {MAX_STEPS} steps", _at(doc, "workflow", path))
    elif not isinstance(doc.get("workflow_start"), str) or doc["workflow_start"] not in steps:
        yield Problem("`workflow_start` names no step", _at(doc, "workflow_start", path))
    elif steps[doc["workflow_start"]].get("type") != "start":
        yield Problem("`workflow_start` names a step that is no start", _at(doc, "workflow_start", path))


def _id(value: object) -> bool:
    return isinstance(value, str) and _ID.match(value) is not None


def _step(doc: dict[str, Any], key: str, body: dict[str, Any], path: str) -> Iterator[Problem]:
    here = _at(doc["workflow"], key, path)
    kind = body.get("type")
    if kind not in RUN:
        yield Problem(f"step type {str(kind)[:40]!r} is not one that this version runs", _at(body, "type", path))
        return
    if not _id(key) or not key.startswith(f"{kind}--"):
        yield Problem(f"the step's id {key[:80]!r} is not {kind}--UUID", here)
    for name in _REQUIRED.get(kind, ()):
        if not body.get(name):
            yield Problem(f"a {kind} step needs `{name}`", here)
    for name in _TARGETS:
        if name in body and not isinstance(body[name], str):
            yield Problem(f"`{name}` is not a step's id", _at(body, name, path))
    if kind == "action":
        yield from _action(doc, body, here, path)
    if "next_steps" in body and not _texts(body["next_steps"]):
        yield Problem("`next_steps` is not a list of step ids", _at(body, "next_steps", path))
    elif kind == "parallel" and len(body.get("next_steps") or ()) < 2:
        yield Problem("a parallel step needs two branches or more", here)
    if "cases" in body and not (isinstance(body["cases"], dict) and _texts(list(body["cases"].values()))):
        yield Problem("`cases` is not a mapping to step ids", _at(body, "cases", path))
    if "condition" in body:
        yield from _condition(doc, body, path)


def _condition(doc: dict[str, Any], body: dict[str, Any], path: str) -> Iterator[Problem]:
    where = _at(body, "condition", path)
    condition = body["condition"]
    wrong = check_condition(condition) if isinstance(condition, str) else "`condition` is not text"
    if wrong:
        yield Problem(wrong, where)
        return
    for name in variables_in(condition):
        if name not in doc.get("playbook_variables", {}):
            yield Problem(f"the variable {name} is not defined", where)


def _action(doc: dict[str, Any], body: dict[str, Any], here: Where, path: str) -> Iterator[Problem]:
    if not (body.get("on_completion") or body.get("on_success")):
        yield Problem("an action needs `on_completion` or `on_success`", here)
    if body.get("on_completion") and (body.get("on_success") or body.get("on_failure")):
        yield Problem("`on_completion` excludes `on_success` and `on_failure`", here)
    commands = body.get("commands")
    if not isinstance(commands, list) or not commands or not all(isinstance(c, dict) for c in commands):
        yield Problem("an action needs a list of commands", here)
    else:
        for command in commands:
            if command.get("type") != "manual":
                kind = str(command.get("type"))[:40]
                yield Problem(f"command type {kind!r} is not run by this version", _at(command, "type", path))
    if "agent" in body and body["agent"] not in doc.get("agent_definitions", {}):
        yield Problem("`agent` is not defined", _at(body, "agent", path))
    for name in body.get("out_args") or ():
        if name not in doc.get("playbook_variables", {}):
            yield Problem(f"the variable {str(name)[:60]} is not defined", _at(body, "out_args", path))
    extensions = body.get("step_extensions", {})
    if not isinstance(extensions, dict) or not set(extensions) <= set(doc.get("extension_definitions", {})):
        yield Problem("`step_extensions` uses an extension that is not defined", _at(body, "step_extensions", path))
    else:
        yield from _roles(extensions, body, path)


def _roles(extensions: dict[str, Any], body: dict[str, Any], path: str) -> Iterator[Problem]:
    for extension in extensions.values():
        if not isinstance(extension, dict):
            yield Problem("an extension is a mapping", _at(body, "step_extensions", path))
            continue
        for name in ("lead", "support", "outputs"):
            if not _texts(extension.get(name, [])):
                yield Problem(f"`{name}` is not a list of words", _at(extension, name, path))


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def targets(body: dict[str, Any]) -> list[str]:
    """The ids of the steps that may follow."""
    found = [body[name] for name in _TARGETS if body.get(name)]
    return found + list(body.get("next_steps", ())) + list(body.get("cases", {}).values())


def _graph(doc: dict[str, Any], path: str) -> Iterator[Problem]:
    steps = doc["workflow"]
    dangling = False
    for key, body in steps.items():
        for target in targets(body):
            if target not in steps:
                dangling = True
                yield Problem(f"{key} goes on to {target[:80]!r}, which is no step", _at(steps, key, path))
    if dangling:
        return
    reached = _closure(steps, [doc["workflow_start"]])
    for key in steps:
        if key not in reached:
            yield Problem(f"{key} is never reached", _at(steps, key, path))
    ends = [key for key, body in steps.items() if body["type"] == "end"]
    back: dict[str, list[str]] = {key: [] for key in steps}
    for key, body in steps.items():
        for target in targets(body):
            back[target].append(key)
    leaving = _walk(back, ends)
    for key in steps:
        if key in reached and key not in leaving:
            yield Problem(f"{key} never comes to an end", _at(steps, key, path))
    for key in _silent_loops(steps):
        yield Problem(f"{key} goes round without a step for a person", _at(steps, key, path))


def _closure(steps: dict[str, Any], start: list[str]) -> set[str]:
    return _walk({key: targets(body) for key, body in steps.items()}, start)


def _walk(edges: dict[str, list[str]], start: list[str]) -> set[str]:
    seen, todo = set(start), list(start)
    while todo:
        for target in edges[todo.pop()]:
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return seen


def _silent_loops(steps: dict[str, Any]) -> list[str]:
    """Steps on a cycle without any action: what is left after taking away, again and again, steps with nothing after."""
    edges = {
        k: {t for t in targets(b) if steps[t]["type"] != "action"} for k, b in steps.items() if b["type"] != "action"
    }
    while True:
        dead = [key for key, after in edges.items() if not after & edges.keys()]
        if not dead:
            return sorted(edges)
        for key in dead:
            del edges[key]
