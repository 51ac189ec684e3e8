"""From a profile's YAML to a Profile: every field checked, every reference resolved, each error with file and line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from atttcli.profile.pattern import check_number_pattern, check_sender_pattern
from atttcli.profile.record import Record
from atttcli.profile.values import (
    Datum,
    Deadline,
    Decision,
    Flag,
    Form,
    FormSection,
    IncidentClass,
    IncidentType,
    Level,
    NumberPattern,
    ProcessStep,
    Profile,
    Recipient,
    Retention,
    Role,
    Sender,
    Severity,
    Word,
    datum_key,
)
from atttcli.text import strict_yaml

FORMAT = "atttcli/profile/1"
KINDS = ("after", "at_once", "continuous", "fixed", "periodic", "open")
TRIGGERS = (
    "detected",
    "handling_ended",
    "beyond_capacity",
    "during_case",
    "response_ended",
    "notice_received",
    "found_by_specialised_unit",
    "contact_changed",
    "incident_closed",
    "calendar",
)
EVERY = ("week", "month", "quarter", "half_year", "year", "two_years")
MODES = ("fields", "one_of", "any_of")
# Who a deadline may name beside the profile's roles: everybody, and whoever was told before.
EXTRA_PARTIES = ("all", "earlier_recipients", "sender_of_notice", "data_protection")
_T = TypeVar("_T", bound=Datum)


def read_profile(data: bytes, path: str, name: str) -> Profile:
    """Parse and check one profile; InputError with file and line when anything does not fit."""
    root = Record(strict_yaml.load(data, path), path, 1, "profile")
    if root.text("format") != FORMAT:
        raise root.refuse(f"the format is not {FORMAT}", "format")
    if root.code("name") != name:
        raise root.refuse(f"the name differs from the file's name {name!r}", "name")
    reader = _Reader(root)
    profile = Profile(
        name=name,
        title=root.text("title"),
        title_en=root.text("title_en"),
        valid_from=root.day("valid_from", None),
        valid_until=root.day("valid_until"),
        zone=root.text("zone"),
        bases=reader.group("bases", _word),
        roles=reader.group("roles", _role),
        flags=reader.group("flags", _flag),
        classes=reader.group("classes", _class),
        incident_types=reader.group("incident_types", _incident_type),
        levels=reader.group("levels", _level),
        forms=reader.group("forms", _form),
        recipients=reader.group("recipients", _recipient),
        deadlines=reader.group("deadlines", _deadline),
        decisions=reader.group("decisions", _decision),
        severities=reader.group("severities", _severity),
        numbers=reader.group("numbers", _number),
        senders=reader.group("senders", _sender),
        vocabulary=reader.group("vocabulary", _word),
        retention=reader.group("retention", _retention),
        process=reader.group("process", _step),
    )
    root.finish()
    _check_references(root, profile, reader.lines)
    return profile


class _Reader:
    """Reads the lists of data and remembers the record of each datum for later complaints."""

    def __init__(self, root: Record) -> None:
        self.root = root
        self.lines: dict[tuple[str, str], Record] = {}

    def group(self, key: str, build: Callable[[Record], _T]) -> tuple[_T, ...]:
        found: list[_T] = []
        for record in self.root.records(key):
            record.what = key
            datum = build(record)
            record.finish()
            name = (key, datum_key(datum) or str(len(found)))
            if name in self.lines:
                raise record.refuse(f"{name[1]!r} stands here twice")
            self.lines[name] = record
            found.append(datum)
        if not found:
            raise self.root.refuse(f"{key} is missing or empty", key)
        return tuple(found)


def _source(record: Record) -> str:
    source = record.text("source")
    if not source:
        raise record.refuse("source is empty", "source")
    return source


def _role(r: Record) -> Role:
    return Role(
        code=r.code(), name=r.text("name"), name_en=r.text("name_en"), legal_base=r.text("legal_base"),
        holder=r.text("holder", ""), source=_source(r), verified=r.flag("verified"),
    )  # fmt: skip


def _incident_type(r: Record) -> IncidentType:
    return IncidentType(
        code=r.code(), name=r.text("name"), name_en=r.text("name_en"),
        group=r.choice("group", ("tan_cong", "khong_tan_cong")), tags=r.texts("tags"),
        source=_source(r), verified=r.flag("verified"),
    )  # fmt: skip


def _level(r: Record) -> Level:
    return Level(
        number=r.integer("number", low=1, high=5), name=r.text("name"), criteria=r.text("criteria"),
        approver=r.text("approver", ""), check_every_months=r.integer("check_every_months", 0, high=120),
        source=_source(r), verified=r.flag("verified"),
    )  # fmt: skip


def _flag(r: Record) -> Flag:
    return Flag(
        code=r.code(), name=r.text("name"), name_en=r.text("name_en"), letter=r.text("letter", ""),
        source=_source(r), verified=r.flag("verified"),
    )  # fmt: skip


def _class(r: Record) -> IncidentClass:
    return IncidentClass(
        code=r.code(), name=r.text("name"), name_en=r.text("name_en"), default=r.flag("default", False),
        source=_source(r), verified=r.flag("verified"),
    )  # fmt: skip


def _decision(r: Record) -> Decision:
    return Decision(
        outcome=r.code("outcome"), level_at_least=r.integer("level_at_least", 0, high=5),
        or_national_list=r.flag("or_national_list", False), any_flag=r.texts("any_flag"),
        owner_can_control=r.flag("owner_can_control") if r.has("owner_can_control") else None,
        source=_source(r), verified=r.flag("verified"),
    )  # fmt: skip


def _severity(r: Record) -> Severity:
    return Severity(
        code=r.code(), name=r.text("name"), name_en=r.text("name_en"), meaning=r.text("meaning"),
        any_flag=r.texts("any_flag"), subjects=r.integer("subjects", 0), outage_hours=r.integer("outage_hours", 0),
        deadlines=r.texts("deadlines"), approval=r.texts("approval"), source=_source(r), verified=r.flag("verified"),
    )  # fmt: skip


def _deadline(r: Record) -> Deadline:
    deadline = Deadline(
        id=r.code("id"), trigger=r.choice("trigger", TRIGGERS), kind=r.choice("kind", KINDS),
        name=r.text("name"), name_en=r.text("name_en"), sender=r.texts("from"), recipients=r.texts("to"),
        document=r.code("document", ""), legal_base=r.text("legal_base"), amount=r.integer("amount", 0, high=10_000),
        unit=r.choice("unit", ("", "hour", "day"), ""),
        calendar=r.choice("calendar", ("calendar", "working"), "calendar"), dates=r.texts("dates"),
        every=r.texts("every"), requires=r.code("requires", ""), min_level=r.integer("min_level", 0, high=5),
        any_flag=r.texts("any_flag"), classes=r.texts("classes"), penalty=r.text("penalty", ""),
        note=r.text("note", ""), source=_source(r), verified=r.flag("verified"),
    )  # fmt: skip
    if (deadline.kind == "after") != bool(deadline.amount and deadline.unit):
        raise r.refuse("kind `after` needs amount and unit, and only it has them", "kind")
    if (deadline.kind == "fixed") != bool(deadline.dates) or not all(map(_is_month_day, deadline.dates)):
        raise r.refuse("kind `fixed` needs dates as MM-DD, and only it has them", "kind")
    if (deadline.kind == "periodic") != bool(deadline.every) or not set(deadline.every) <= set(EVERY):
        raise r.refuse("kind `periodic` needs every: " + " | ".join(EVERY) + ", and only it has it", "kind")
    return deadline


def _is_month_day(text: str) -> bool:
    try:  # a common year: a date of the law stands in every year
        return len(text) == 5 and bool(date.fromisoformat(f"2023-{text}"))
    except ValueError:
        return False


def _recipient(r: Record) -> Recipient:
    return Recipient(
        code=r.code(), line=r.text("line"), roles=r.texts("roles"), source=_source(r), verified=r.flag("verified")
    )


def _number(r: Record) -> NumberPattern:
    pattern = r.text("pattern")
    problem = check_number_pattern(pattern)
    if problem:
        raise r.refuse(problem, "pattern")
    return NumberPattern(
        kind=r.code("kind"), pattern=pattern, name=r.text("name"), source=_source(r), verified=r.flag("verified")
    )


def _sender(r: Record) -> Sender:
    pattern = r.text("pattern")
    problem = check_sender_pattern(pattern)
    if problem:
        raise r.refuse(problem, "pattern")
    return Sender(
        code=r.code(), name=r.text("name"), pattern=pattern, role=r.code("role"), kinds=r.texts("kinds"),
        valid_from=r.day("valid_from"), valid_until=r.day("valid_until"),
        source=_source(r), verified=r.flag("verified"),
    )  # fmt: skip


def _word(r: Record) -> Word:
    return Word(
        key=r.code("key"), text=r.text("text"), english=r.text("english", ""),
        source=_source(r), verified=r.flag("verified"),
    )  # fmt: skip


def _form(r: Record) -> Form:
    sections = []
    for inner in r.records("sections"):
        sections.append(
            FormSection(
                inner.text("title", ""), inner.texts("fields"), inner.choice("mode", MODES, "fields"),
                inner.flag("required", False), inner.texts("record"),
            )
        )  # fmt: skip
        inner.finish()
    return Form(
        code=r.code(), title=r.text("title"), number=r.text("number", ""), title_en=r.text("title_en", ""),
        official=r.flag("official", False), sections=tuple(sections), note=r.text("note", ""),
        source=_source(r), verified=r.flag("verified"),
    )  # fmt: skip


def _retention(r: Record) -> Retention:
    return Retention(
        code=r.code(), name=r.text("name"), months=r.integer("months", 0, high=1200),
        days=r.integer("days", 0, high=36500), source=_source(r), verified=r.flag("verified"),
    )  # fmt: skip


def _step(r: Record) -> ProcessStep:
    return ProcessStep(
        id=r.code("id"), process=r.code("process"), name=r.text("name"), lead=r.texts("lead"),
        support=r.texts("support"), outputs=r.texts("outputs"), optional=r.flag("optional", False),
        loops_to=r.code("loops_to", ""), source=_source(r), verified=r.flag("verified"),
    )  # fmt: skip


def _check_references(root: Record, profile: Profile, lines: dict[tuple[str, str], Record]) -> None:
    known = {
        "role": {r.code for r in profile.roles},
        "party": {r.code for r in profile.roles} | set(EXTRA_PARTIES),
        "flag": {f.code for f in profile.flags},
        "class": {c.code for c in profile.classes},
        "form": {f.code for f in profile.forms},
        "deadline": {d.id for d in profile.deadlines},
        "step": {s.id for s in profile.process},
    }

    def check(group: str, datum: Datum, key: str, kind: str, values: tuple[str, ...], place: int) -> None:
        for value in values:
            if value and value not in known[kind]:
                record = lines[(group, datum_key(datum) or str(place))]
                raise record.refuse(f"{key} names the unknown {kind} {value[:40]!r}", key)

    for place, deadline in enumerate(profile.deadlines):
        check("deadlines", deadline, "from", "party", deadline.sender, place)
        check("deadlines", deadline, "to", "party", deadline.recipients, place)
        check("deadlines", deadline, "document", "form", (deadline.document,), place)
        check("deadlines", deadline, "requires", "deadline", (deadline.requires,), place)
        check("deadlines", deadline, "any_flag", "flag", deadline.any_flag, place)
        check("deadlines", deadline, "classes", "class", deadline.classes, place)
    for place, row in enumerate(profile.decisions):
        check("decisions", row, "outcome", "class", (row.outcome,), place)
        check("decisions", row, "any_flag", "flag", row.any_flag, place)
    for place, severity in enumerate(profile.severities):
        check("severities", severity, "any_flag", "flag", severity.any_flag, place)
        check("severities", severity, "deadlines", "deadline", severity.deadlines, place)
    for place, recipient in enumerate(profile.recipients):
        check("recipients", recipient, "roles", "party", recipient.roles, place)
    for place, sender in enumerate(profile.senders):
        check("senders", sender, "role", "role", (sender.role,), place)
    for place, step in enumerate(profile.process):
        check("process", step, "lead", "role", step.lead, place)
        check("process", step, "support", "role", step.support, place)
        check("process", step, "outputs", "form", step.outputs, place)
        check("process", step, "loops_to", "step", (step.loops_to,), place)
    if sum(c.default for c in profile.classes) != 1:
        raise root.refuse("exactly one class must be the default", "classes")
    if [level.number for level in profile.levels] != [1, 2, 3, 4, 5]:
        raise root.refuse("the levels must be 1 to 5, in order", "levels")
