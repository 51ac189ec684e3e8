"""What a rule calls its match, in the reader's language: each kind of rule keeps its Vietnamese words in its own place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def rule_title(detail: Mapping[str, Any], language: str) -> str:
    """The title that the rule itself has in this language, from an alert's `detail`; empty where it has none.

    Sigma rules and correlations give `titles`, YARA rules `meta.description_vi`, network rules (and Suricata's own alerts)
    `alert.metadata.description_vi`, a list of one.
    """
    titles = detail.get("titles")
    if isinstance(titles, dict) and titles.get(language):
        return str(titles[language])
    if language != "vi":
        return ""
    alert = detail.get("alert")
    for meta in (detail.get("meta"), alert.get("metadata") if isinstance(alert, dict) else None):
        told = meta.get("description_vi") if isinstance(meta, dict) else None
        if isinstance(told, list):
            told = told[0] if told else None
        if isinstance(told, str) and told:
            return told
    return ""
