"""From a checked document to the values that the runner reads."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from atttcli.errors import InputError, NotFound
from atttcli.model.playbook import Command, Party, Playbook, Step, Variable
from atttcli.packaged import packaged
from atttcli.playbook.condition import variable_name
from atttcli.playbook.document import digest, read_document
from atttcli.playbook.durations import duration
from atttcli.playbook.lint import Problem, is_valid, lint
from atttcli.playbook.sugar import EXTENSION
from atttcli.playbook.variables import is_bool
from atttcli.text.fold import nfc

_DUE_OF_TIMEOUT = 1000  # a CACAO timeout is in milliseconds


def playbook_files() -> Iterator[Path]:
    """The shipped playbooks."""
    yield from sorted(packaged("playbooks").glob("*.yaml"))


def shipped() -> list[Playbook]:
    """The shipped playbooks, read and checked."""
    return [checked(read_document(path), str(path), path.stem, origin="shipped") for path in playbook_files()]


def find_playbook(name: str) -> Playbook:
    """A shipped playbook by its file's name, its id, or a unique prefix of either."""
    return pick(shipped(), name)


def pick(found: list[Playbook], name: str) -> Playbook:
    """The one that `name` means, or NotFound with what there is."""
    exact = [p for p in found if name in {p.id, p.short}]
    near = exact or [p for p in found if name and (p.short.startswith(name) or p.id.startswith(name))]
    if len(near) != 1:
        known = near or found
        raise NotFound(f"no playbook {name[:60]!r}", hint="known: " + ", ".join(p.short for p in known))
    return near[0]


def check_file(path: Path) -> tuple[Problem, ...]:
    """Every problem of a playbook file; none: it is valid."""
    return tuple(lint(read_document(path), str(path)))


def load_playbook(path: Path, *, lenient: bool = False) -> Playbook:
    """A valid playbook; InputError with the first problem otherwise."""
    return checked(read_document(path), str(path), path.stem, lenient=lenient)


def checked(document: Any, path: str, short: str, *, lenient: bool = False, origin: str = "file") -> Playbook:
    """A document as a playbook when it is valid; InputError with the first problem otherwise."""
    problems = tuple(lint(document, path))
    if not is_valid(problems, lenient=lenient):
        first = next(p for p in problems if not is_valid((p,), lenient=lenient))
        raise InputError(first.message, where=first.where, hint=f"atttcli playbook lint {path}")
    return from_document(document, short, origin)


def from_document(document: Mapping[str, Any], short: str = "", origin: str = "run") -> Playbook:
    """A checked document as the runner reads it; also how a pinned run comes back from the store."""
    plain = json.loads(nfc(json.dumps(document, ensure_ascii=False)))
    extra = _extra(plain, "playbook_extensions")
    parties = {
        key: _party(key, body)
        for kind in ("target_definitions", "agent_definitions")
        for key, body in plain.get(kind, {}).items()
    }
    return Playbook(
        id=plain["id"],
        name=plain["name"],
        name_en=str(extra.get("name_en", plain["name"])),
        modified=plain["modified"],
        digest=digest(plain),
        start=plain["workflow_start"],
        steps={key: _step(key, body, plain) for key, body in plain["workflow"].items()},
        variables={name: _variable(name, body) for name, body in plain.get("playbook_variables", {}).items()},
        parties=parties,
        roles={one.role: one.name for one in parties.values() if one.role},
        exception=_known(plain, plain.get("workflow_exception")),
        fits=tuple(extra.get("fits", ())),
        process=str(extra.get("process", "")),
        document=plain,
        short=short,
        origin=origin,
    )


def _known(document: Mapping[str, Any], step: Any) -> str:
    return str(step) if step in document["workflow"] else ""


def _extra(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    extension = body.get(key, {}).get(EXTENSION, {})
    return extension if isinstance(extension, dict) else {}


def _variable(name: str, body: Mapping[str, Any]) -> Variable:
    return Variable(
        name, body["type"], body.get("value"), body.get("description", ""), body.get("constant") is True,
        body.get("external") is True,
    )  # fmt: skip


def _party(key: str, body: Mapping[str, Any]) -> Party:
    more = _extra(body, "agent_target_extensions")
    address = body.get("address", {})
    return Party(
        key, str(body.get("type", "")), str(body.get("name", "")), str(more.get("role", "")), str(more.get("name_en", "")),
        tuple((kind, str(value)) for kind, values in address.items() for value in values),
    )  # fmt: skip


def _command(body: Mapping[str, Any]) -> Command:
    text = body.get("command")
    if text is None and body.get("command_b64"):
        try:
            text = base64.b64decode(body["command_b64"], validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            text = body["command_b64"]
    said = {"type", "command", "command_b64", "description", "external_references", "playbook_activity"}
    more = tuple(
        (key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for key, value in body.items()
        if key not in said
    )
    return Command(str(body.get("type", "")), str(text or ""), str(body.get("description", "")), more)


def _step(key: str, body: Mapping[str, Any], document: Mapping[str, Any]) -> Step:
    more = _extra(body, "step_extensions")
    commands = tuple(_command(one) for one in body.get("commands", ()))
    variables = tuple(_variable(name, one) for name, one in body.get("step_variables", {}).items())
    timeout = body.get("timeout")
    return Step(
        id=key,
        type=body["type"],
        name=str(body.get("name", "")),
        description=str(body.get("description", "") or (commands[0].text if commands else "")),
        next=body.get("on_completion") or body.get("on_success") or "",
        on_failure=body.get("on_failure", ""),
        on_true=body.get("on_true", ""),
        on_false=body.get("on_false", ""),
        condition=body.get("condition") or variable_name(str(body.get("switch", ""))),
        branches=tuple(body.get("next_steps", ())),
        cases=tuple(body.get("cases", {}).items()),
        commands=commands,
        agent=str(body.get("agent", "")),
        targets=tuple(body.get("targets", ())),
        in_args=tuple(body.get("in_args", ())),
        out_args=tuple(body.get("out_args", ())),
        variables=variables,
        playbook_id=str(body.get("playbook_id", "")),
        playbook_version=str(body.get("playbook_version", "")),
        delay=int(body.get("delay", 0)) * _DUE_OF_TIMEOUT,
        timeout=None if timeout is None else timeout * _DUE_OF_TIMEOUT,
        **_extension_words(more, timeout),
        asks=_asks(body, document),
    )


def _extension_words(more: Mapping[str, Any], timeout: int | None) -> dict[str, Any]:
    texts = {name: str(more.get(name, "")) for name in ("code", "name_en", "description_en", "ask", "ask_en")}
    names = ("lead", "support", "outputs", "advisory", "reports", "deadlines", "approval")
    lists = {name: tuple(more.get(name, ())) for name in names}
    times = {name: duration(str(more.get(name, ""))) for name in ("due", "remind", "escalate")}
    if times["due"] is None and timeout:
        times["due"] = timeout * _DUE_OF_TIMEOUT
    org, evidence = more.get("org", ()), more.get("evidence")
    return {
        **texts, **lists, **times, "org": (org,) if isinstance(org, str) else tuple(org),
        "due_from": str(more.get("due_from", "opened")), "escalate_to": str(more.get("escalate_to", "")),
        "needs_evidence": bool(evidence), "evidence": tuple(evidence) if isinstance(evidence, list) else (),
        "optional": more.get("optional") is True, "max_rounds": int(more.get("max_rounds", 10)),
    }  # fmt: skip


def _asks(body: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """The one boolean that a plain yes or no answers, when the step asks for nothing else."""
    asked = body.get("out_args", ())
    if len(asked) != 1 or body["type"] != "action":
        return ""
    known = {**document.get("playbook_variables", {}), **body.get("step_variables", {})}
    return str(asked[0]) if is_bool(str(known.get(asked[0], {}).get("type"))) else ""
