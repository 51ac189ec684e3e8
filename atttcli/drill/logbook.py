"""The log of an exercise on real systems: red and blue actions as they are read from the journal, and what was allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from atttcli.drill.clock import PAUSED
from atttcli.model.drill import LogLine, Said, Scenario, Scope
from atttcli.store.projection import Entry

RULED = {"accepted": 1.0, "partly": 0.5, "rejected": 0.0}
LEVELS = ("", "low", "medium", "high", "critical")
WHATS = ("", "detect", "contain")


@dataclass(frozen=True, slots=True)
class Permit:
    """What is in force: the scenario's scope and what the organiser set before the start. Times in microseconds UTC."""

    scope: Scope
    authority: str = ""
    begins: int | None = None
    ends: int | None = None
    missing: tuple[str, ...] = field(default=())


def permit_of(scenario: Scenario, planned: Mapping[str, Any], scoped: list[dict[str, Any]]) -> Permit:
    """Put together; `missing` names what CT 60 asks to be set beforehand and is not."""
    scope = scenario.scope or Scope((), (), (), Said(), Said())
    authority, begins, ends = str(planned.get("authority") or ""), None, None
    for body in scoped:
        new = tuple((str(one), Said(str(text), str(text))) for one, text in dict(body.get("targets") or {}).items())
        kept = tuple(one for one in scope.targets if one[0] not in dict(new))
        scope = replace(
            scope,
            targets=(*kept, *new),
            tools=(*scope.tools, *(Said(str(one), str(one)) for one in body.get("tools", ()))),
            forbidden=(*scope.forbidden, *(Said(str(one), str(one)) for one in body.get("forbidden", ()))),
            depth=_said(body, "depth", scope.depth),
            stop=_said(body, "stop", scope.stop),
        )
        authority = str(body.get("authority") or authority)
        begins, ends = body.get("begins") or begins, body.get("ends") or ends
    parts = {
        "targets": scope.targets, "tools": scope.tools, "depth": scope.depth.vi, "stop": scope.stop.vi,
        "authority": authority, "begins": begins, "ends": ends,
    }  # fmt: skip
    return Permit(scope, authority, begins, ends, tuple(name for name, value in parts.items() if not value))


def _said(body: Mapping[str, Any], name: str, default: Said) -> Said:
    text = str(body.get(name) or "")
    return Said(text, text) if text else default


def outside(permit: Permit, target: str, at: int, phase: str) -> tuple[str, ...]:
    """In which ways a red action left what was allowed; nothing: it did not."""
    found = []
    if target not in dict(permit.scope.targets):
        found.append("target")
    if (permit.begins is not None and at < permit.begins) or (permit.ends is not None and at > permit.ends):
        found.append("time")
    if phase == PAUSED:
        found.append("stopped")
    return tuple(found)


def line_of(entry: Entry, at: int, active: int) -> LogLine:
    """A line of the log as it was entered."""
    body = entry.payload
    return LogLine(
        id=str(body.get("id") or f"#{entry.seq}"),
        seq=entry.seq,
        at=at,
        active=active,
        side=str(body.get("side")),
        by=entry.actor,
        text=str(body.get("text") or ""),
        target=str(body.get("target") or ""),
        technique=str(body.get("technique") or ""),
        level=str(body.get("level") or ""),
        answers=str(body.get("answers") or ""),
        what=str(body.get("what") or ""),
        goal=str(body.get("goal") or ""),
        evidence=tuple((str(one["name"]), str(one["sha256"])) for one in body.get("evidence") or ()),
        outside=tuple(str(one) for one in body.get("outside") or ()),
    )


def next_id(lines: list[LogLine], side: str) -> str:
    """R1, R2 ... of red, B1 ... of blue, J1 ... of the judges' remarks."""
    letter = {"red": "R", "blue": "B", "judge": "J"}[side]
    taken = [int(one.id[1:]) for one in lines if one.id[:1] == letter and one.id[1:].isdigit()]
    return f"{letter}{max(taken, default=0) + 1}"
