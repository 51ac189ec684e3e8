"""Packing a drill for a team without a network: all of it for a controller there, or what players may have; and the way back.

The players' scenario holds what happens, not what is right: no truth, no reasons, no grades, no wording of what is expected. The
digest of the truth stands in `drill.planned`, so that nobody can change it afterwards either.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from atttcli.drill.bundle import JOURNAL, SCENARIO, write_bundle
from atttcli.drill.condition import leaves
from atttcli.drill.room import SCENARIO as SEALED
from atttcli.drill.room import Room
from atttcli.errors import Refused
from atttcli.journal.carry import carried, to_lines
from atttcli.limits import read_bounded
from atttcli.model.drill import Scenario
from atttcli.text import strict_yaml

KINDS = ("controller", "player", "run")
MAX_BYTES = 1024 * 1024


def pack(room: Room, kind: str) -> bytes:
    """The bundle. `run` brings back what a site did; the others are made where the whole scenario is, before the start."""
    if kind != "run":
        _refuse_late(room)
    data = _sealed(room.workspace.root / SEALED)
    stripped = players_copy(data, room.scenario) if kind != "run" else b""
    if stripped:
        digest = hashlib.sha256(stripped).hexdigest()
        with room.journal.transaction():
            known = {one.payload.get("sha256") for one in room.journal.entries(verbs=("drill.packed",))}
            if digest not in known:
                room.journal.append("drill.packed", room.code, {"sha256": digest})
    lines = to_lines(carried(room.journal))
    last = room.store.row("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
    assert last is not None
    manifest: dict[str, Any] = {
        "kind": kind, "drill": room.code, "team": room.planned["team"], "scenario": room.planned["scenario"],
        "sha256": room.planned["sha256"], "truth": room.planned["truth"], "workspace": room.workspace.id,
        "organisation": room.workspace.organisation, "profile": room.workspace.profile, "language": room.workspace.language,
        "entries": last["seq"], "hash": last["hash"],
    }  # fmt: skip
    members = {JOURNAL: lines} | ({SCENARIO: stripped if kind == "player" else data} if kind != "run" else {})
    return write_bundle(manifest, members)


def _refuse_late(room: Room) -> None:
    if room.is_sealed:
        raise Refused("this copy holds no answers: it can only be brought back", guard="sealed", hint="--for run")
    if room.play().started is not None:
        raise Refused("the drill has begun", guard="clock", hint=f"atttcli drill pack {room.code} --for run")


def _sealed(path: Path) -> bytes:
    with path.open("rb") as stream:
        return read_bounded(stream, MAX_BYTES)


def players_copy(data: bytes, scenario: Scenario) -> bytes:
    """The scenario as players may have it, as JSON (which is YAML). The same scenario is the same bytes."""
    whole = strict_yaml.load(data, "scenario.yaml", max_bytes=MAX_BYTES)
    asked = {
        leaf.name for one in scenario.injects for leaf in (*leaves(one.when), *leaves(one.unless)) if leaf.op == "done"
    }
    found = {
        key: value for key, value in whole.items() if key not in ("techniques", "injects", "goals", "category", "name")
    }
    found["category"] = "kin"
    found["name"] = {"vi": "Diễn tập", "en": "Exercise"}
    found["techniques"] = []
    found["goals"] = [{"id": one.id, "capability": one.capability, "text": _bare(one.id)} for one in scenario.goals]
    found["injects"] = [_inject(one, asked) for one in whole.get("injects") or ()]
    return json.dumps(_plain(found), ensure_ascii=False, sort_keys=True, indent=1).encode()


def _inject(given: Any, asked: set[str]) -> dict[str, Any]:
    found = {key: value for key, value in given.items() if key not in ("truth", "hint", "expect", "branch")}
    found["expect"] = [_expectation(one, asked) for one in given.get("expect") or ()]
    return found


def _expectation(given: Any, asked: set[str]) -> dict[str, Any]:
    """Its id, its options without grades, its fields without truth. What later injects wait for keeps how it is noticed."""
    kept = given["id"] in asked
    kind = given["kind"] if kept or given["kind"] in ("decision", "report") else "step"
    found: dict[str, Any] = {"id": given["id"], "kind": kind, "goal": given["goal"], "text": _bare(given["id"])}
    if kept and given.get("on"):
        found["on"] = given["on"]
    if given.get("options"):
        options = sorted(given["options"], key=lambda one: str(one["id"]))
        found["options"] = [{"id": one["id"], "text": one["text"], "grade": "0"} for one in options]
    if given.get("fields"):
        found["fields"] = dict.fromkeys(given["fields"], "")
    return found


def _bare(id: str) -> dict[str, str]:
    return {"vi": str(id), "en": str(id)}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
