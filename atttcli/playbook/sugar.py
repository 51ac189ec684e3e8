"""The short forms of a playbook's YAML, spelled out into CACAO 2.0. They hold only under `atttcli: 1` at the top.

A file without that line is the image of a CACAO document, key for key, and passes through untouched. What is written
wrongly stays as it was written: `lint` then says so with its line. docs/how-to-add-a-playbook.md is the manual.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from atttcli.playbook.durations import any_duration, iso_duration
from atttcli.text.strict_yaml import Mapping

MARK = "atttcli"
EXTENSION = "extension-definition--6f6b2f0a-6a86-5d0c-9a5e-3f0d7f1c2b11"
AUTHOR = "identity--8d22fadd-a571-5f2e-b28e-d34b49ecd1cc"
NAMESPACE = uuid.UUID("6f6b2f0a-6a86-5d0c-9a5e-3f0d7f1c2b11")
STEP_WORDS = (
    "code", "name_en", "description_en", "lead", "support", "org", "due", "due_from", "remind", "escalate",
    "escalate_to", "evidence", "approval", "optional", "outputs", "advisory", "reports", "deadlines", "ask", "ask_en",
    "max_rounds",
)  # fmt: skip
PLAYBOOK_WORDS = ("name_en", "description_en", "fits", "process")
_SHORT = re.compile(r"[a-z][a-z0-9_-]{0,60}\Z")
_STEP_REFERENCES = ("on_completion", "on_success", "on_failure", "on_true", "on_false")
_DEFINITIONS = (
    "agent_definitions", "target_definitions", "authentication_info_definitions", "data_marking_definitions",
)  # fmt: skip
_DURATIONS = ("due", "remind", "escalate")


def is_short_form(document: Any) -> bool:
    """Whether the short forms are switched on."""
    return isinstance(document, dict) and document.get(MARK) == 1


def expand(document: Any) -> Any:
    """The CACAO document that a short form stands for; anything else as it is."""
    return _Expansion(document).document() if is_short_form(document) else document


class _Expansion:
    def __init__(self, source: dict[str, Any]) -> None:
        self.source = source
        self.id = _named("playbook", source.get("id"))
        self.names: dict[str, str] = {}  # short name of a step -> its id
        self.others: dict[str, str] = {}  # short name of an agent, target, marking, login -> its id
        self.used = False

    def document(self) -> Mapping:
        source = self.source
        self._learn()
        out = Mapping()
        for key, value in (("type", "playbook"), ("spec_version", "cacao-2.0"), ("id", self.id)):
            _put(out, key, source.get(key) if key != "id" and key in source else value, source, key)
        for key, value in source.items():
            if key not in {MARK, "type", "spec_version", "id", "roles", *PLAYBOOK_WORDS}:
                _put(out, key, self._top(key, value), source, key)
        out.setdefault("created_by", AUTHOR)
        out.setdefault("created", out.get("modified"))
        self._roles(out)
        words = {key: source[key] for key in PLAYBOOK_WORDS if key in source}
        if words:
            out["playbook_extensions"] = self._extended(out.get("playbook_extensions"), words)
        if self.used:
            out["extension_definitions"] = {**_dict(out.get("extension_definitions")), EXTENSION: _definition()}
        return out

    def _learn(self) -> None:
        for name, body in _dict(self.source.get("workflow")).items():
            if _SHORT.match(name) and "--" not in name:
                self.names[name] = self._key(str(_dict(body).get("type", "action")), name)
        for kind in _DEFINITIONS:
            for name, body in _dict(self.source.get(kind)).items():
                if _SHORT.match(name) and "--" not in name:
                    self.others[name] = self._key(str(_dict(body).get("type", "group")), name)
        for name in _dict(self.source.get("roles")):
            if _SHORT.match(name):
                self.others.setdefault(name, self._key("group", name))

    def _key(self, kind: str, name: str) -> str:
        own = uuid.UUID(self.id.removeprefix("playbook--")) if _is_id(self.id) else NAMESPACE
        return f"{kind}--{uuid.uuid5(own, name)}"

    def _top(self, key: str, value: Any) -> Any:
        if key in {"workflow_start", "workflow_exception"}:
            return self._step_id(value)
        if key == "workflow" and isinstance(value, dict):
            steps = Mapping()
            for name, body in value.items():
                _put(steps, self.names.get(name, name), self._step(body), value, name)
            return steps
        if key == "playbook_variables":
            return _variables(value)
        if key in _DEFINITIONS and isinstance(value, dict):
            found = Mapping()
            for name, body in value.items():
                _put(found, self.others.get(name, name), self._definition(body), value, name)
            return found
        if key == "created_by":
            return _named("identity", value)
        if key == "markings" and isinstance(value, list):
            return [self._other(item) for item in value]
        return value

    def _definition(self, body: Any) -> Any:
        if not isinstance(body, dict):
            return body
        out = Mapping()
        words = {key: body[key] for key in ("role", "name_en") if key in body}
        for key, value in body.items():
            if key not in words:
                _put(out, key, self._other(value) if key == "authentication_info" else value, body, key)
        if words:
            out["agent_target_extensions"] = self._extended(out.get("agent_target_extensions"), words)
        return out

    def _step(self, body: Any) -> Any:
        if not isinstance(body, dict):
            return body
        out = Mapping()
        out["type"] = body.get("type", "action")
        words: dict[str, Any] = {}
        for key, value in body.items():
            if key in STEP_WORDS:
                words[key] = _word(key, value)
            elif key != "type":
                _put(out, key, self._step_value(key, value), body, key)
        if out["type"] == "action":
            self._action(out, body, words)
        if words:
            out["step_extensions"] = self._extended(out.get("step_extensions"), words)
        return out

    def _action(self, out: Mapping, body: dict[str, Any], words: dict[str, Any]) -> None:
        out.setdefault("commands", [{"type": "manual", "command": body.get("name") or body.get("description") or ""}])
        lead = words.get("lead")
        if "agent" not in out and isinstance(lead, list) and lead:
            out["agent"] = self._other(lead[0])

    def _step_value(self, key: str, value: Any) -> Any:
        if key in _STEP_REFERENCES:
            return self._step_id(value)
        if key == "next_steps" and isinstance(value, list):
            return [self._step_id(item) for item in value]
        if key == "cases" and isinstance(value, dict):
            return {str(case): self._step_id(target) for case, target in value.items()}
        if key in {"timeout", "delay"}:
            micros = any_duration(value) if isinstance(value, str) else None
            return value if micros is None else micros // 1000
        if key == "agent":
            return self._other(value)
        if key == "targets" and isinstance(value, list):
            return [self._other(item) for item in value]
        if key == "playbook_id":
            return _named("playbook", value)
        if key == "owner":
            return _named("identity", value)
        return _variables(value) if key == "step_variables" else value

    def _step_id(self, value: Any) -> Any:
        return self.names.get(value, value) if isinstance(value, str) else value

    def _other(self, value: Any) -> Any:
        return self.others.get(value, value) if isinstance(value, str) else value

    def _roles(self, out: Mapping) -> None:
        roles = _dict(self.source.get("roles"))
        if not roles:
            return
        agents = _dict(out.get("agent_definitions"))
        for role, body in roles.items():
            names = body if isinstance(body, dict) else {"name": body}
            words = {"role": role, **{key: names[key] for key in ("name_en",) if key in names}}
            group = {"type": "group", "name": names.get("name", role)}
            agents[self._other(role)] = group | {"agent_target_extensions": self._extended(None, words)}
        out["agent_definitions"] = agents
        out.lines["agent_definitions"] = getattr(self.source, "lines", {}).get("roles", 0)

    def _extended(self, given: Any, words: dict[str, Any]) -> dict[str, Any]:
        self.used = True
        own = _dict(_dict(given).get(EXTENSION))
        return {**_dict(given), EXTENSION: {**words, **own}}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _put(out: Mapping, key: Any, value: Any, source: Any, origin: str) -> None:
    out[key] = value
    line = getattr(source, "lines", {}).get(origin)
    if line:
        out.lines[key] = line


def _is_id(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        uuid.UUID(value.partition("--")[2])
    except ValueError:
        return False
    return "--" in value


def _named(kind: str, value: Any) -> Any:
    """`playbook--UUID` of a short name: the same wherever the name is written."""
    if isinstance(value, str) and _SHORT.match(value) and "--" not in value:
        return f"{kind}--{uuid.uuid5(NAMESPACE, f'{kind}:{value}')}"
    return "" if value is None else value


def _word(key: str, value: Any) -> Any:
    if key in {"lead", "support", "approval", "outputs", "advisory", "reports", "deadlines"} and isinstance(value, str):
        return [value]
    if key in _DURATIONS and isinstance(value, str):
        micros = any_duration(value)
        return value if micros is None else iso_duration(micros)
    return value


def _variables(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    out = Mapping()
    for name, body in value.items():
        _put(out, name, {"type": body} if isinstance(body, str) else _variable(body), value, name)
    return out


def _variable(body: Any) -> Any:
    if not isinstance(body, dict) or not isinstance(body.get("value"), (bool, int, float)):
        return body
    given = body["value"]
    return {**body, "value": ("true" if given else "false") if isinstance(given, bool) else str(given)}


def _definition() -> dict[str, Any]:
    """What CACAO wants to know of our extension."""
    return {
        "type": "extension-definition",
        "name": "atttcli coordination",
        "description": "Names in English, roles, due times, evidence, approval, papers: see the schema.",
        "created_by": AUTHOR,
        "schema": "docs/json/playbook-extension.schema.json",
        "version": "2",
    }
