"""Wording of the papers of a drill, one table per language."""

from __future__ import annotations

from collections.abc import Mapping


def words_of(language: str) -> Mapping[str, str]:
    """The words of a language."""
    from atttcli.reports.wording import drill_en, drill_vi

    return drill_en.WORDS if language == "en" else drill_vi.WORDS
