"""Codes of the law in the profile's own words: `Tấn công mã độc (madoc)`. In `--json` a code stays a code."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from atttcli.errors import AtttError
from atttcli.text.messages import _, language

if TYPE_CHECKING:
    from atttcli.profile.values import Profile


class LawWords:
    """The words of one profile, read when first asked for; a code that it does not know is shown as it is."""

    def __init__(self, profile: str) -> None:
        self._name = profile
        self._known: dict[str, dict[str, str]] | None = None

    def category(self, code: str) -> str:
        """The official name of an incident type."""
        return self._told("category", code)

    def severity(self, code: str) -> str:
        """The name of a step of the internal scale."""
        return self._told("severity", code)

    def legal_class(self, code: str) -> str:
        """The legal class."""
        return self._told("class", code)

    def roles(self, codes: Iterable[str]) -> str:
        """Who takes part, by office."""
        return "; ".join(self._told("role", code) for code in codes)

    def papers(self, codes: Iterable[str]) -> str:
        """Papers by their titles."""
        return "; ".join(self._told("paper", code) for code in codes)

    def _told(self, kind: str, code: str) -> str:
        if not code:
            return ""
        if self._known is None:
            self._known = _words_of(self._name)
        name = self._known.get(kind, {}).get(code, "")
        return f"{name} ({code})" if name else code


def _words_of(name: str) -> dict[str, dict[str, str]]:
    from atttcli.profile.load import load_profile

    try:
        law = load_profile(name)
    except AtttError:  # a profile that is not there takes nothing away from what is shown but its words
        return {}
    return _by_kind(law, language() == "en")


def _by_kind(law: Profile, english: bool) -> dict[str, dict[str, str]]:
    return {
        "category": {one.code: one.name_en if english else one.name for one in law.incident_types},
        "severity": {one.code: one.name_en if english else one.name for one in law.severities},
        "class": {one.code: one.name_en if english else one.name for one in law.classes},
        "role": {one.code: one.name_en if english else one.name for one in law.roles},
        "paper": {one.code: one.title_en if english else one.title.capitalize() for one in law.forms},
    }


def category_of(profile: str, code: str) -> str:
    """The official name of an incident's type, by the profile that the incident is under."""
    return _law(profile, language()).category(code)


@lru_cache(maxsize=8)
def _law(profile: str, _language: str) -> LawWords:
    return LawWords(profile)


def group_word(code: str) -> str:
    """What kind of office an agency is."""
    words = {
        "so_ban_nganh": _("department or sector"),
        "huyen": _("district"),
        "xa": _("commune"),
        "su_nghiep": _("public service unit"),
        "doan_the": _("party or mass organisation"),
    }
    return words.get(code, code)
