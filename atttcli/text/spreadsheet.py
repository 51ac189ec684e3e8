"""Cells that no spreadsheet will run (CWE-1236). Python 3.8-clean."""

from __future__ import annotations

import unicodedata

_TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def inert_cell(value: str) -> str:
    """Prefix a quote where a spreadsheet could read a formula, full-width forms included."""
    head = unicodedata.normalize("NFKC", value[:1]) if value else ""
    stripped = unicodedata.normalize("NFKC", value.lstrip()[:1]) if value else ""
    if head in _TRIGGERS or stripped in _TRIGGERS[:4]:
        return "'" + value
    return value
