"""What the profile says about this incident: official strings, duties to tell, and which of it nobody has verified."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from atttcli.errors import NotFound
from atttcli.report import NoticeRow, Words
from atttcli.text.messages import _, language

if TYPE_CHECKING:
    from atttcli.inventory import Organisation
    from atttcli.profile import Datum, Deadline, Profile


class LegalWords:
    """The profile's words for one incident; remembers each datum that it handed out, to name the unverified ones."""

    def __init__(self, profile: Profile, row: Any) -> None:
        self.profile = profile
        self.row = row
        self._used: dict[str, Datum] = {}
        for base in profile.bases:
            self._used[base.text] = base

    def category(self) -> Words:
        """The official string of the incident type; the code itself when the profile does not know it."""
        code = self.row["category"]
        try:
            kind = self.profile.incident_type(code)
        except NotFound:
            return Words(code)
        self._used[kind.name] = kind
        return Words(kind.name, kind.name_en.capitalize())

    def legal_class(self) -> Words:
        """The legal class's name."""
        code = self.row["class"]
        try:
            found = self.profile.incident_class(code)
        except NotFound:
            return Words(code)
        self._used[found.name] = found
        return Words(found.name.capitalize(), found.name_en.capitalize())

    def severity(self) -> str:
        """`M2 (nghiêm trọng)`: the profile's internal scale; the stored word when it is none of its codes."""
        code = str(self.row["severity"])
        for step in self.profile.severities:
            if step.code == code:
                self._used[_("internal severity {code}", code=code)] = step
                return f"{code} ({step.name_en if language() == 'en' else step.name})"
        return code

    def words(self) -> dict[str, str]:
        """What the codes of duties, types and classes mean, in the language in use."""
        english = language() == "en"
        duties = {duty.id: duty.name_en if english and duty.name_en else duty.name for duty in self.profile.deadlines}
        types = duties | {kind.code: kind.name_en if english else kind.name for kind in self.profile.incident_types}
        return types | {one.code: one.name_en if english else one.name for one in self.profile.classes}

    def duty(self, deadline: Deadline) -> Deadline:
        """Remember a deadline that the paper names."""
        self._used[deadline.name] = deadline
        return deadline

    def unverified(self) -> Iterator[str]:
        """One line for each datum used whose legal text we have not read."""
        for name, datum in self._used.items():
            if not datum.verified:
                yield f"{name} ({datum.source})"


def notice_rows(law: LegalWords, clocks: Iterable[Any], organisation: Organisation) -> Iterator[NoticeRow]:
    """The incident's duties to tell, as its clocks were set (rows of table `deadline`), and what met them."""
    for clock in clocks:
        try:
            datum = law.duty(law.profile.deadline(clock["code"]))
        except NotFound:
            datum = None
        yield NoticeRow(
            name=Words(clock["name"], clock["name_en"].capitalize()),
            recipient=_recipient(datum, organisation, law.profile) if datum else Words(),
            due_at=clock["due"],
            sent_at=clock["met"],
            document=clock["paper"],
            basis=clock["basis"],
            verified=datum.verified if datum else True,
            now=datum is not None and datum.kind == "at_once",
        )


def _recipient(deadline: Deadline, organisation: Organisation, profile: Profile) -> Words:
    names = {role.code: role for role in profile.roles}
    earlier = profile.deadline(deadline.requires).recipients if deadline.requires else ()
    said = [c for code in deadline.recipients for c in (earlier if code == "earlier_recipients" else (code,))]
    codes = [code for code in said if code in names]
    local = dict.fromkeys(organisation.holder(code) or names[code].name for code in codes)
    return Words("; ".join(local), "; ".join(names[code].name_en for code in codes))
