"""What a drill leaves in the real journal: one summary, the only thing that reports and statistics read of it."""

from __future__ import annotations

from typing import Any

from atttcli.drill.cleaning import in_live
from atttcli.drill.room import Room
from atttcli.drill.score import score
from atttcli.drill.spans import seconds_of
from atttcli.store.connection import Store


def summary(room: Room, real: Store) -> dict[str, Any]:
    """The payload of `drill.held`. A drill whose data was taken into the real workspace is void."""
    play, scenario = room.play(), room.scenario
    found = score(scenario, play)
    gates = list(found.gates)
    if in_live(room, real) and "drill-data-in-live" not in gates:
        gates.append("drill-data-in-live")
    last = room.store.row("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
    assert last is not None
    return {
        "number": room.planned["drill"],
        "drill": room.code,
        "team": room.planned["team"],
        "scenario": scenario.code,
        "version": scenario.version,
        "sha256": scenario.digest,
        "name": {"vi": scenario.name.vi, "en": scenario.name.en},
        "format": scenario.format,
        "category": scenario.category,
        "started": play.started,
        "ended": play.ended,
        "active": play.clock.active,
        "injects": len(play.deliveries),
        "total": round(found.total, 2),
        "valid": not gates,
        "gates": gates,
        "goals": [
            {"id": one.id, "score": None if one.score is None else round(one.score, 2), "letter": one.letter}
            for one in found.goals
        ],
        "dims": {dim: None if value is None else round(value, 4) for dim, value in found.dims},
        "measures": {
            name: {"value": round(value, 4), "seconds": None if took < 0 else seconds_of(took)}
            for name, (value, took) in sorted(found.measure(scenario).items())
        },
        "journal": {"count": last["seq"], "hash": last["hash"]},
    }


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two summaries say the same of a drill; its journal may have grown by what changes no result."""
    return {**one, "journal": None} == {**other, "journal": None}
