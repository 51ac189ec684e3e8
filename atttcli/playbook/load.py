"""Reads playbooks: YAML that is a 1:1 image of CACAO 2.0 JSON, or the JSON itself; every problem with file and line."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from atttcli.errors import InputError, NotFound, Where
from atttcli.limits import read_bounded
from atttcli.model.playbook import Playbook, Step
from atttcli.packaged import packaged
from atttcli.playbook.lint import Problem, lint
from atttcli.playbook.sugar import EXTENSION, expand
from atttcli.text import strict_yaml

MAX_BYTES = 4 * 1024 * 1024
_DURATION = re.compile(r"P(?:([0-9]{1,4})D)?(?:T(?:([0-9]{1,4})H)?(?:([0-9]{1,5})M)?)?\Z")
_UNITS = (86_400_000_000, 3_600_000_000, 60_000_000)


def playbook_files() -> Iterator[Path]:
    """The shipped playbooks."""
    yield from sorted(packaged("playbooks").glob("*.yaml"))


def find_playbook(name: str) -> Playbook:
    """A shipped playbook by its file's name, its id, or a unique prefix of either."""
    found = [load_playbook(path) for path in playbook_files()]
    exact = [p for p in found if name in {p.id, p.short}]
    near = exact or [p for p in found if p.short.startswith(name) or p.id.startswith(name)]
    if len(near) != 1:
        raise NotFound(f"no playbook {name[:60]!r}", hint="known: " + ", ".join(p.short for p in found))
    return near[0]


def read_document(path: Path) -> Any:
    """The document of a playbook file as data that knows its lines."""
    where = Where(str(path))
    try:
        if not path.is_file():
            raise InputError("not a regular file", where=where)
        with path.open("rb") as stream:
            data = read_bounded(stream, MAX_BYTES, where)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=where) from error
    return expand(strict_yaml.load(data, str(path)))


def check_file(path: Path) -> tuple[Problem, ...]:
    """Every problem of a playbook file; none: it is valid."""
    return tuple(lint(read_document(path), str(path)))


def load_playbook(path: Path) -> Playbook:
    """A valid playbook; InputError with the first problem otherwise."""
    document = read_document(path)
    problems = [p for p in lint(document, str(path)) if p.fatal]
    if problems:
        first = problems[0]
        raise InputError(first.message, where=first.where, hint=f"atttcli playbook lint {path}")
    return from_document(document, path.stem)


def from_document(document: dict[str, Any], short: str = "") -> Playbook:
    """A checked document as the runner reads it; also how a pinned run comes back from the store."""
    plain = json.loads(json.dumps(document))
    canonical = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    extra = _extra(plain, "playbook_extensions")
    agents = plain.get("agent_definitions", {})
    roles = {
        str(_extra(agent, "agent_target_extensions").get("role", "")): str(agent.get("name", ""))
        for agent in agents.values()
    }
    return Playbook(
        id=plain["id"],
        name=plain["name"],
        name_en=str(extra.get("name_en", plain["name"])),
        modified=plain["modified"],
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
        start=plain["workflow_start"],
        steps={key: _step(key, body) for key, body in plain["workflow"].items()},
        variables={name: _value(body) for name, body in plain.get("playbook_variables", {}).items()},
        roles={role: name for role, name in roles.items() if role},
        document=plain,
        short=short,
    )


def duration(text: str) -> int | None:
    """ISO 8601 duration of days, hours, minutes (`P1D`, `PT4H`) in microseconds; None when it is none."""
    match = _DURATION.match(text)
    if match is None or not any(match.groups()):
        return None
    return sum(int(part or 0) * unit for part, unit in zip(match.groups(), _UNITS, strict=True))


def _extra(body: dict[str, Any], key: str) -> dict[str, Any]:
    extension = body.get(key, {}).get(EXTENSION, {})
    return extension if isinstance(extension, dict) else {}


def _value(body: dict[str, Any]) -> Any:
    value = body.get("value", "")
    if body.get("type") == "boolean":
        return value is True or str(value).lower() == "true"
    return value


def _step(key: str, body: dict[str, Any]) -> Step:
    more = _extra(body, "step_extensions")
    commands = body.get("commands", [])
    asked = body.get("out_args", [])
    return Step(
        id=key,
        type=body["type"],
        name=str(body.get("name", "")),
        name_en=str(more.get("name_en", "")),
        description=str(body.get("description", "") or (commands[0].get("command", "") if commands else "")),
        description_en=str(more.get("description_en", "")),
        code=str(more.get("code", "")),
        next=body.get("on_completion") or body.get("on_success") or "",
        on_failure=body.get("on_failure", ""),
        on_true=body.get("on_true", ""),
        on_false=body.get("on_false", ""),
        condition=body.get("condition") or body.get("switch", ""),
        branches=tuple(body.get("next_steps", ())),
        cases=tuple(body.get("cases", {}).items()),
        lead=tuple(more.get("lead", ())),
        support=tuple(more.get("support", ())),
        outputs=tuple(more.get("outputs", ())),
        asks=str(asked[0]) if asked else "",
        due=duration(str(more.get("due", ""))),
        needs_evidence=more.get("evidence") == "required",
        optional=more.get("optional") is True,
    )
