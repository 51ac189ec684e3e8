"""Our one extension: what its words on a playbook and on a step may be (docs/json/playbook-extension.schema.json)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from atttcli.playbook.durations import duration
from atttcli.playbook.rules import WARNING, Fault, Place, Rule, Shape, filled, flag, many, one_of, text, whole
from atttcli.playbook.sugar import EXTENSION

APPROVING = ("duty", "lead", "approver")
TELLING = ("responder", "duty", "lead", "approver", "admin")


def _span(value: Any, place: Place) -> Iterator[Fault]:
    if not isinstance(value, str) or duration(value) is None:
        yield Fault(place, f"`{place[-1]}` is not a duration such as 4h or PT4H: {str(value)[:40]!r}")


def _evidence(value: Any, place: Place) -> Iterator[Fault]:
    if value != "required":
        if not isinstance(value, list) or not value:
            yield Fault(place, "`evidence` is neither `required` nor a list of what is expected")
        else:
            yield from many(filled)(value, place)


def _org(value: Any, place: Place) -> Iterator[Fault]:
    yield from (many(filled, 1) if isinstance(value, list) else filled)(value, place)


_STEP_FIELDS: Mapping[str, Rule] = {
    **dict.fromkeys(("code", "name_en", "description_en", "ask", "ask_en"), text),
    **dict.fromkeys(("lead", "support", "outputs", "advisory", "reports", "deadlines"), many(filled)),
    **dict.fromkeys(("due", "remind", "escalate"), _span),
    "due_from": one_of("opened", "detected"), "escalate_to": one_of(*TELLING), "evidence": _evidence, "org": _org,
    "approval": many(one_of(*APPROVING), 1), "optional": flag, "max_rounds": whole(1, 1000),
}  # fmt: skip
_STEP = Shape(_STEP_FIELDS)
_PLAYBOOK = Shape(
    {"name_en": text, "description_en": text, "fits": many(filled), "process": one_of("ordinary", "serious")}
)
_AGENT = Shape({"role": filled, "name_en": text})


def extension_faults(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Every fault of our extension in a document whose shape is right."""
    roles = set()
    for key, body in document.get("agent_definitions", {}).items():
        own = body.get("agent_target_extensions", {}).get(EXTENSION)
        if own is not None:
            yield from _AGENT(own, ("agent_definitions", key, "agent_target_extensions", EXTENSION))
            roles.add(own.get("role"))
    own = document.get("playbook_extensions", {}).get(EXTENSION)
    if own is not None:
        yield from _PLAYBOOK(own, ("playbook_extensions", EXTENSION))
    for key, body in document["workflow"].items():
        own = body.get("step_extensions", {}).get(EXTENSION)
        if own is None:
            continue
        place: Place = ("workflow", key, "step_extensions", EXTENSION)
        faults = list(_STEP(own, place))
        yield from faults
        if not any(fault.level != WARNING for fault in faults):
            yield from _roles(own, roles, place)


def _roles(own: Mapping[str, Any], roles: set[str], place: Place) -> Iterator[Fault]:
    for word in ("lead", "support"):
        for role in own.get(word, ()):
            if roles and role not in roles:
                yield Fault((*place, word), f"the role {role[:40]!r} is not among the playbook's roles")
