"""The ATT&CK Navigator layer of a drill: what was tested and how it went; what was not tested is grey, never 0."""

from __future__ import annotations

from typing import Any

from atttcli.model.drill import Scenario, Score

GREY = "#9e9e9e"


def layer(code: str, scenario: Scenario, score: Score) -> dict[str, Any]:
    """A layer in the format of version 4.5; sub-techniques are unfolded, else the Navigator hides what was tested in them."""
    return {
        "name": f"{code} (EXERCISE) {scenario.name.en}",
        "versions": {"layer": "4.5", "navigator": "4.9.0"},
        "domain": "enterprise-attack",
        "description": f"Exercise {code}; scenario {scenario.code} version {scenario.version}",
        "layout": {"layout": "side", "showID": True, "showName": True, "expandedSubtechniques": "annotated"},
        "techniques": [
            {"techniqueID": technique, "comment": "not tested", "color": GREY, "enabled": True}
            if value is None
            else {"techniqueID": technique, "score": round(100 * value), "comment": "exercise", "enabled": True}
            for technique, value in score.coverage
        ],
        "gradient": {"colors": ["#d73027", "#fee08b", "#1a9850"], "minValue": 0, "maxValue": 100},
        "legendItems": [{"label": "not tested", "color": GREY}],
    }
