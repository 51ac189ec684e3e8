"""What a document's steps refer to: agents, targets, logins, markings, variables, conditions; and its times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from atttcli.errors import AtttError
from atttcli.playbook.condition import Compare, comparisons, number_of, variable_name
from atttcli.playbook.rules import ID, LAX, WARNING, Fault, Place
from atttcli.playbook.shape import LOGIN_TYPES, PARTY_TYPES
from atttcli.playbook.variables import is_bool, read_value, references

_CONDITIONS = ("if-condition", "while-condition")
_NUMERIC = frozenset({"integer", "long", "float"})


def reference_faults(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Every reference that leads nowhere or to the wrong thing, of a document whose shape is right."""
    yield from _identities(document)
    yield from _times(document)
    variables = document.get("playbook_variables", {})
    yield from _values(variables, ("playbook_variables",))
    for key, body in document["workflow"].items():
        place: Place = ("workflow", key)
        own = {**variables, **body.get("step_variables", {})}
        yield from _values(body.get("step_variables", {}), (*place, "step_variables"))
        yield from _parties(document, body, place)
        yield from _arguments(own, body, place)
        yield from _condition(own, body, place)
        yield from _texts(own, body, place)
        if body.get("delay") and body["type"] not in {"action", "playbook-action"}:
            yield Fault((*place, "delay"), "`delay` of a step that nobody does is kept but not waited for", WARNING)
        unknown = set(body.get("step_extensions", {})) - set(document.get("extension_definitions", {}))
        if unknown:
            yield Fault((*place, "step_extensions"), "`step_extensions` uses an extension that is not defined")


def _identities(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Ids whose prefix contradicts what they name; a prefix of others' own types is theirs."""
    for key, body in document["workflow"].items():
        match = ID.match(key)
        if match and match["kind"] != body["type"]:
            yield Fault(("workflow", key), f"the step's id {key[:80]!r} is not {body['type']}--UUID")
    for kind in ("agent_definitions", "target_definitions", "authentication_info_definitions"):
        types = LOGIN_TYPES if kind.startswith("auth") else PARTY_TYPES
        for key, body in document.get(kind, {}).items():
            match = ID.match(key)
            prefix, named = match["kind"] if match else "", str(body.get("type"))
            if prefix != named and (prefix in types or (prefix and named in types)):
                yield Fault((kind, key), f"the id {key[:80]!r} is not of type {named[:40]!r}")
    markings = document.get("data_marking_definitions", {})
    for marking in document.get("markings", ()):
        if markings and marking not in markings:
            yield Fault(("markings",), f"the marking {marking[:80]!r} is not defined", WARNING)
    for key, body in markings.items():
        if key != body.get("id") or not key.startswith(f"{body.get('type')}--"):
            yield Fault(("data_marking_definitions", key), "a marking's key, id and type disagree", LAX)
    extensions = document.get("extension_definitions", {})
    for key in document.get("playbook_extensions", {}):
        if key not in extensions:
            yield Fault(("playbook_extensions", key), f"the extension {key[:80]!r} is not defined")


def _times(document: Mapping[str, Any]) -> Iterator[Fault]:
    if document["modified"] < document["created"]:
        yield Fault(("modified",), "`modified` is before `created`", WARNING)
    if document.get("valid_until", "9999") <= document.get("valid_from", ""):
        yield Fault(("valid_until",), "`valid_until` is not after `valid_from`")


def _values(variables: Mapping[str, Any], place: Place) -> Iterator[Fault]:
    for name, body in variables.items():
        kind, value = body["type"], body.get("value")
        if value is None:
            if body.get("constant"):
                yield Fault((*place, name), f"the constant {name} has no value", WARNING)
            continue
        try:
            read_value(kind, value)
        except ValueError:
            yield Fault((*place, name), f"the value of {name} is not {kind}: {value[:60]!r}")


def _parties(document: Mapping[str, Any], body: Mapping[str, Any], place: Place) -> Iterator[Fault]:
    known = {**document.get("agent_definitions", {}), **document.get("target_definitions", {})}
    agent = body.get("agent")
    if body["type"] == "action" and agent is not None and agent not in known:
        yield Fault((*place, "agent"), f"the agent {agent[:80]!r} is not defined")
    for target in body.get("targets", ()) if body["type"] == "action" else ():
        if target not in known:
            yield Fault((*place, "targets"), f"the target {target[:80]!r} is not defined")
    logins = document.get("authentication_info_definitions", {})
    for one in (agent, *body.get("targets", ())):
        login = known.get(one, {}).get("authentication_info") if isinstance(one, str) else None
        if login is not None and login not in logins:
            yield Fault((*place, "targets"), f"the login {str(login)[:80]!r} is not defined", WARNING)


def _arguments(own: Mapping[str, Any], body: Mapping[str, Any], place: Place) -> Iterator[Fault]:
    for kind in ("in_args", "out_args"):
        for name in body.get(kind, ()):
            if name not in own:
                yield Fault((*place, kind), f"the variable {name[:60]} is not defined")
            elif kind == "out_args" and own[name].get("constant"):
                yield Fault((*place, kind), f"{name[:60]} is a constant and cannot be set")


def _condition(own: Mapping[str, Any], body: Mapping[str, Any], place: Place) -> Iterator[Fault]:
    if body["type"] == "switch-condition":
        name = variable_name(body["switch"])
        if name not in own:
            yield Fault((*place, "switch"), f"the variable {name[:60]} is not defined")
        else:
            yield from _cases(own[name]["type"], name, body["cases"], (*place, "cases"))
        return
    if body["type"] not in _CONDITIONS or "condition" not in body:
        return
    where = (*place, "condition")
    try:
        found = comparisons(body["condition"])
    except AtttError as error:
        yield Fault(where, error.message)
        return
    for leaf in found:
        if leaf.name not in own:
            yield Fault(where, f"the variable {leaf.name[:60]} is not defined")
        else:
            yield from _comparable(leaf, own[leaf.name]["type"], where)


def _cases(kind: str, name: str, cases: Mapping[str, Any], place: Place) -> Iterator[Fault]:
    for case in cases:
        try:
            read_value(kind, case)
        except ValueError:
            if case != "default":
                yield Fault(place, f"{name} is {kind} and never {case[:60]!r}", WARNING)


def _comparable(leaf: Compare, kind: str, place: Place) -> Iterator[Fault]:
    wanted = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    for value in wanted:
        if leaf.op not in {"=", "!=", "<", "<=", ">", ">=", "IN"}:
            continue
        odd = is_bool(kind) and str(value).lower() not in {"true", "false"}
        odd |= kind in _NUMERIC and number_of(value) is None
        if odd:
            yield Fault(place, f"{leaf.name} is {kind} and is compared with {str(value)[:60]!r}", WARNING)


def _texts(own: Mapping[str, Any], body: Mapping[str, Any], place: Place) -> Iterator[Fault]:
    for index, command in enumerate(body.get("commands", ())):
        for key in ("command", "content", "description"):
            for name in references(str(command.get(key, ""))):
                if name not in own:
                    yield Fault((*place, "commands", index), f"the variable {name[:60]} is not defined")
        if command.get("type") == "manual" and not (command.get("command") or command.get("command_b64")):
            yield Fault((*place, "commands", index), "a manual command says nothing", WARNING)


def number_faults(document: Any) -> Iterator[Fault]:
    """Fractions in YAML: CACAO has none, so each was meant as text (`1.10` would become 1.1)."""
    waiting: list[tuple[Any, Place]] = [(document, ())]
    while waiting:
        value, place = waiting.pop()
        if isinstance(value, float):
            message = f"{value} is read as a number: put what is a version or a code in quotes"
            yield Fault(place, message, WARNING)
        elif isinstance(value, dict):
            waiting += [(inner, (*place, key)) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(inner, (*place, index)) for index, inner in enumerate(value)]
