"""The fixed words of a paper, one module per language: official wording is not put together from catalogue entries.

Both modules fill the same `Wording`, so that a missing word is a type error. What the law words itself (incident types,
classes, roles, duties) is not here: it comes with the report, out of the profile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IncidentWording:
    """Everything printed on an incident report that is not data. Placeholders in braces are filled by `str.format`."""

    language: str
    nation: str
    motto: str
    number: Callable[[str, str], str]
    place_date: Callable[[str, str, int], str]
    moment: Callable[[int], str]
    minute: Callable[[int], str]
    long_moment: Callable[[int], str]
    count: Callable[[int], str]
    size: Callable[[int], str]
    kind: str
    summary_open: str
    summary_closed: str
    about: str
    addressees: str
    basis: Callable[[str], str]
    intro: str
    closing: str
    recipients: str
    same_as_above: str
    file_copy: str
    exercise: str
    draft: str
    unverified_mark: str
    none: str
    not_told: str
    unknown: str
    yes: str
    no: str
    more_rows: str
    headings: Mapping[str, str]
    fields: Mapping[str, str]
    columns: Mapping[str, str]
    sentences: Mapping[str, str]
    severity: Mapping[str, str]
    states: Mapping[str, str]
    types: Mapping[str, str]
    roles: Mapping[str, str]
    missing: Mapping[str, str]
    annex: str
    attached: Callable[[str, str, str, str], str]
    annex_titles: Mapping[str, str]


def wording(language: str) -> IncidentWording:
    """The words for `vi` or `en`."""
    from atttcli.reports.wording import en, vi

    return en.INCIDENT if language == "en" else vi.INCIDENT
