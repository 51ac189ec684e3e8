"""Whether the drill's rules would match what a scenario makes: each artefact is made small and shown to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from atttcli.drill.payload import Making, make
from atttcli.model.drill import MADE, Finding, Inject, Scenario
from atttcli.packaged import packaged

_SMALL = {"count": 3, "noise": 2, "copies": 1, "rows": 1}
_PLACE = {"name": "X", "code": "x", "domain": "x.example", "address": "203.0.113.10", "lan": "10.99.0.10"}


def unmatched(scenario: Scenario) -> Iterator[Finding]:
    """Injects whose artefact no rule of the drill's own pack matches: nobody would be shown an alert."""
    if not any("sig" in one.payload for one in scenario.injects):
        return
    import yara

    folder = packaged("seeds") / "drills" / "rules"
    files = {path.name: path.read_text("utf-8") for path in sorted((folder / "yara").iterdir())}
    rules = yara.compile(sources=files)
    wire = "".join(path.read_text("utf-8") for path in sorted((folder / "network").iterdir()))
    for inject in scenario.injects:
        if inject.channel in MADE and "sig" in inject.payload and not _is_matched(scenario, inject, rules, wire):
            yield Finding(
                "error", "rule", inject.line, f"{inject.id}: no rule matches what it makes ({inject.payload['sig']})"
            )


def _is_matched(scenario: Scenario, inject: Inject, rules: Any, wire: str) -> bool:
    small = {name: min(value, _SMALL[name]) if name in _SMALL else value for name, value in inject.payload.items()}
    places = {one.name: {"kind": one.kind, **_PLACE} for one in scenario.places}
    how = Making("DT-2000-0001", 1, "doi", "vi", 0, places)
    sig = inject.payload["sig"]
    for artefact in make(replace(inject, payload=small), how):
        if inject.channel == "capture":
            if f':{sig}}}"' in wire and f":{sig}}}".encode() in artefact.data:
                return True
        elif rules.match(data=artefact.data):
            return True
    return False
