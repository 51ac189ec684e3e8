"""The law as values. Every datum says where it comes from and whether its legal text was read by us."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TypeVar

from atttcli.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Datum:
    """`source` names text and article; `verified` is true only when that text itself was read."""

    source: str
    verified: bool


D = TypeVar("D", bound=Datum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role(Datum):
    """A part in the response: `holder` is who has it nationally; the organisation file names its own holders."""

    code: str
    name: str
    name_en: str
    legal_base: str
    holder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentType(Datum):
    """One row of the official list. `group` is `tan_cong` or `khong_tan_cong`; `tags` are our detection tags."""

    code: str
    name: str
    name_en: str
    group: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Level(Datum):
    """A system level 1-5 with its criteria in short."""

    number: int
    name: str
    criteria: str
    approver: str = ""
    check_every_months: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Datum):
    """A fact about an incident that the classification asks for."""

    code: str
    name: str
    name_en: str
    letter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClass(Datum):
    """A legal class of incident."""

    code: str
    name: str
    name_en: str
    default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Datum):
    """One row of the decision table: every condition that is set must hold."""

    outcome: str
    level_at_least: int = 0
    or_national_list: bool = False
    any_flag: tuple[str, ...] = ()
    owner_can_control: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Severity(Datum):
    """A step of the internal scale, worst first; `subjects` and `outage_hours` are thresholds (0: none).

    `approval`: the statuses that an incident of this severity enters only with an approval.
    """

    code: str
    name: str
    name_en: str
    meaning: str
    any_flag: tuple[str, ...] = ()
    subjects: int = 0
    outage_hours: int = 0
    deadlines: tuple[str, ...] = ()
    approval: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline(Datum):
    """A clock of the law.

    `kind`: after (`amount` `unit`s after the trigger) | at_once | continuous | fixed (before each `dates`, MM-DD) |
    periodic (every `every`) | open (a duty without a stated limit). `requires`: a deadline that must have been used.
    """

    id: str
    trigger: str
    kind: str
    name: str
    name_en: str
    sender: tuple[str, ...]
    recipients: tuple[str, ...]
    document: str
    legal_base: str
    amount: int = 0
    unit: str = ""
    calendar: str = "calendar"
    dates: tuple[str, ...] = ()
    every: tuple[str, ...] = ()
    requires: str = ""
    min_level: int = 0
    any_flag: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    penalty: str = ""
    note: str = ""

    @property
    def immediate(self) -> bool:
        """True when the law says at once."""
        return self.kind == "at_once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient(Datum):
    """An addressee list: `line` as printed under Kính gửi or Nơi nhận, `roles` whose holders it means."""

    code: str
    line: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberPattern(Datum):
    """`SC-{year}-{host}{seq:04d}`: only the fields year, seq, seq:0Nd, host and organ are filled."""

    kind: str
    pattern: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender(Datum):
    """Whose letters these are: `pattern` is a document number with `{n}` for digits; `kinds` what they usually are."""

    code: str
    name: str
    pattern: str
    role: str
    kinds: tuple[str, ...] = ()
    valid_from: str = ""
    valid_until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word(Datum):
    """A word that changes with the law."""

    key: str
    text: str
    english: str = ""


@dataclass(frozen=True, slots=True)
class FormSection:
    """A section of a form; a field that has `(*)` is obligatory. `mode`: fields, one_of or any_of.

    `record`: for each field (or for the section, when it has none, or is one question) the field of the incident's record
    that fills it; several are joined with `+`.
    """

    title: str
    fields: tuple[str, ...]
    mode: str = "fields"
    required: bool = False
    record: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form(Datum):
    """A paper: official form, free-form notice or internal record."""

    code: str
    title: str
    number: str = ""
    title_en: str = ""
    official: bool = False
    sections: tuple[FormSection, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention(Datum):
    """How long something is kept at least."""

    code: str
    name: str
    months: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStep(Datum):
    """A step of the legal process; `loops_to` is where it goes back when the check fails."""

    id: str
    process: str
    name: str
    lead: tuple[str, ...]
    support: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    optional: bool = False
    loops_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One dated legal regime. `valid_until` empty: still in force."""

    name: str
    title: str
    title_en: str
    valid_from: str
    valid_until: str
    zone: str
    bases: tuple[Word, ...]
    roles: tuple[Role, ...]
    incident_types: tuple[IncidentType, ...]
    levels: tuple[Level, ...]
    classes: tuple[IncidentClass, ...]
    flags: tuple[Flag, ...]
    decisions: tuple[Decision, ...]
    severities: tuple[Severity, ...]
    deadlines: tuple[Deadline, ...]
    recipients: tuple[Recipient, ...]
    numbers: tuple[NumberPattern, ...]
    senders: tuple[Sender, ...]
    vocabulary: tuple[Word, ...]
    forms: tuple[Form, ...]
    retention: tuple[Retention, ...]
    process: tuple[ProcessStep, ...]

    def data(self) -> Iterator[tuple[str, Datum]]:
        """Every datum with its address, such as `deadlines.A1`."""
        for field in fields(self):
            group = getattr(self, field.name)
            if isinstance(group, tuple):
                for place, datum in enumerate(group):
                    yield f"{field.name}.{datum_key(datum) or place}", datum

    def unverified(self) -> Iterator[tuple[str, Datum]]:
        """The data whose legal text we have not read: drafts that rest on them must say so."""
        return ((key, datum) for key, datum in self.data() if not datum.verified)

    def role(self, code: str) -> Role:
        """The role, or NotFound."""
        return _pick(self.roles, "code", code, "role", self.name)

    def incident_type(self, code: str) -> IncidentType:
        """The incident type, or NotFound."""
        return _pick(self.incident_types, "code", code, "incident type", self.name)

    def incident_class(self, code: str) -> IncidentClass:
        """The legal class, or NotFound."""
        return _pick(self.classes, "code", code, "class", self.name)

    def level(self, number: int) -> Level:
        """The system level, or NotFound."""
        return _pick(self.levels, "number", number, "level", self.name)

    def deadline(self, key: str) -> Deadline:
        """The deadline, or NotFound."""
        return _pick(self.deadlines, "id", key, "deadline", self.name)

    def form(self, code: str) -> Form:
        """The form, or NotFound."""
        return _pick(self.forms, "code", code, "form", self.name)

    def recipient(self, code: str) -> Recipient:
        """The addressee list, or NotFound."""
        return _pick(self.recipients, "code", code, "recipient list", self.name)

    def word(self, key: str) -> str:
        """The word this regime uses, such as `security` -> `an toàn thông tin mạng`; or NotFound."""
        return _pick(self.vocabulary, "key", key, "word", self.name).text

    def steps(self, process: str) -> tuple[ProcessStep, ...]:
        """The steps of one process (`ordinary`, `serious`), in order."""
        return tuple(step for step in self.process if step.process == process)

    def type_for_tags(self, tags: tuple[str, ...] | list[str]) -> str:
        """Code of the incident type that the first known detection tag means; empty when none does."""
        for tag in tags:
            wanted = tag.strip().lower().replace("-", "_")
            for kind in self.incident_types:
                if wanted in kind.tags:
                    return kind.code
        return ""


def datum_key(datum: Datum) -> str:
    """What identifies a datum within its list."""
    for name in ("code", "id", "key", "kind", "number"):
        value = getattr(datum, name, "")
        if value:
            return str(value)
    return ""


def _pick(group: tuple[D, ...], field: str, wanted: object, what: str, profile: str) -> D:
    for datum in group:
        if getattr(datum, field) == wanted:
            return datum
    known = ", ".join(str(getattr(datum, field)) for datum in group)
    raise NotFound(f"profile {profile} has no {what} {str(wanted)[:40]!r}", hint=f"known: {known}")
