"""Composes the report of one incident: which parts, in which order, with which words. No format is known here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from atttcli.report import IncidentReport, TaskRow
from atttcli.reports.chart_blocks import chart_blocks
from atttcli.reports.course_chart import course_timeline
from atttcli.reports.incident_annexes import annexes, cut, filled, hidden_rows, listed, roman
from atttcli.reports.outline import (
    Block,
    Bullets,
    Column,
    Fields,
    Heading,
    Masthead,
    Outline,
    Paragraph,
    Signature,
    Table,
)
from atttcli.reports.wording import IncidentWording, wording

ORGAN_LINE = 28  # capitals of 12 pt bold that fit the left block of the header (73.6 of 74.6 mm for that many)
_SEVERITIES = ("critical", "high", "medium", "low", "informational")


def compose(report: IncidentReport, language: str) -> Outline:
    """The paper as an outline. `report` should be normalised: texts NFC, times in range."""
    say = wording(language)
    organ = _running(report.header.organ.say(language)) or say.unknown
    incident = report.incident
    closed = incident.closed_at is not None
    facts = {
        "field": report.header.field.say(language),
        "number": incident.number,
        "organ": organ,
        "title": incident.title,
    }
    tlp = f"TLP:{report.marks.tlp}" if report.marks.tlp else ""
    return Outline(
        language=language,
        kind=say.kind,
        summary=(say.summary_closed if closed else say.summary_open).format_map(facts),
        masthead=_masthead(report, say),
        addressees_label=say.addressees,
        addressees=report.header.addressees,
        blocks=tuple(_body(report, say, facts)),
        signature=_signature(report, say),
        annexes=annexes(report, say, organ),
        foot=" · ".join(filter(None, (incident.number, say.exercise if report.marks.exercise else "", tlp))),
        subject=f"{incident.number} {incident.title}",
        author=organ,
        as_of=report.as_of,
    )


def organ_lines(name: str) -> tuple[str, ...]:
    """A name in capitals, broken where its owner broke it, else into lines of about equal length that fit the header."""
    lines: list[str] = []
    for part in name.upper().split("\n"):
        lines.extend(_balanced(part.split(), -(-len(part) // ORGAN_LINE)))
    return tuple(line for line in lines if line)


def _balanced(words: list[str], count: int) -> Iterator[str]:
    total = sum(map(len, words)) + len(words)
    line: list[str] = []
    used = 0
    for word in words:
        if line and used + len(word) / 2 > total / max(count, 1):
            yield " ".join(line)
            line, used = [], 0
        line.append(word)
        used += len(word) + 1
    yield " ".join(line)


def _running(name: str) -> str:
    return " ".join(name.split())


def _masthead(report: IncidentReport, say: IncidentWording) -> Masthead:
    head, marks = report.header, report.marks
    shown = (
        say.exercise if marks.exercise else "",
        say.draft if marks.draft else "",
        say.unverified_mark if marks.draft and marks.unverified else "",
    )
    return Masthead(
        superior=organ_lines(head.superior.say(say.language)),
        organ=organ_lines(head.organ.say(say.language)),
        nation=say.nation,
        motto=say.motto,
        number=say.number(head.number, head.symbol),
        place_date=say.place_date(head.place, head.date, report.as_of),
        marks=tuple(filter(None, shown)),
    )


def _signature(report: IncidentReport, say: IncidentWording) -> Signature:
    head = report.header
    first = (say.same_as_above,) if head.addressees else ()
    listed = tuple(f"- {name.rstrip(';.')};" for name in (*first, *head.recipients))
    return Signature(
        recipients_label=say.recipients,
        recipients=(*listed, "- " + say.file_copy.format(archive=head.archive)),
        authority=tuple(line.upper() for line in head.authority),
        signer=head.signer,
    )


def _body(report: IncidentReport, say: IncidentWording, facts: dict[str, str]) -> Iterator[Block]:
    bases = [say.basis(basis.say(say.language).strip().rstrip(";. ")) for basis in report.header.legal_bases]
    for index, basis in enumerate(bases, 1):
        yield Paragraph(basis + (";" if index < len(bases) else "."), "basis")
    yield Paragraph(say.intro.format(**facts, as_of=say.long_moment(report.as_of)))
    parts = [
        ("general", _general(report, say)),
        ("course", _course(report, say)),
        ("analysis", _analysis(report, say)),
        ("response", _response(report, say)),
        ("evidence", _evidence(report, say)),
        ("review", _review(report, say)),
    ]
    if report.marks.draft or _unknown(report):  # a paper that is whole has no chapter on what it lacks
        parts.append(("missing", _missing(report, say)))
    for index, (name, blocks) in enumerate(parts, 1):
        yield Heading(1, f"{roman(index)}. {say.headings[name]}")
        yield from blocks
    yield Paragraph(say.closing.format(**facts), "end")


def _general(report: IncidentReport, say: IncidentWording) -> Iterator[Block]:
    yield Heading(2, f"1. {say.headings['incident']}")
    yield Fields("incident", tuple((say.fields[name], value) for name, value in _facts(report, say)))
    yield Heading(2, f"2. {say.headings['affected']}")
    rows = [
        (
            row.agency,
            row.system or "-",
            "-" if row.level is None else str(row.level),
            filled((row.owner, row.operator)),
        )
        for row in cut(report.affected)
    ]
    yield from _table(say, "affected", [("agency", 28), ("system", 27), ("level", 9), ("operator", 30)], rows)
    yield from hidden_rows(report.affected, say)


def _facts(report: IncidentReport, say: IncidentWording) -> Iterator[tuple[str, str]]:
    incident = report.incident
    yield "number", incident.number
    yield "title", incident.title
    yield "category", incident.category.say(say.language) or say.unknown
    yield "legal_class", incident.legal_class.say(say.language) or say.unknown
    if incident.severity:
        yield "severity", say.severity.get(incident.severity, incident.severity)
    yield "status", incident.status.say(say.language) or incident.status_code or say.unknown
    if incident.occurred_at is not None:
        yield "occurred_at", say.long_moment(incident.occurred_at)
    yield "detected_at", say.unknown if incident.detected_at is None else say.long_moment(incident.detected_at)
    yield "detected_by", incident.detected_by or say.unknown
    if incident.opened_at is not None:
        yield "opened_at", say.long_moment(incident.opened_at)
    if incident.closed_at is not None:
        yield "closed_at", say.long_moment(incident.closed_at)
    yield "owner", incident.owner or say.unknown
    yield "personal_data", {None: say.unknown, True: say.yes, False: say.no}[incident.personal_data]


def _course(report: IncidentReport, say: IncidentWording) -> Iterator[Block]:
    told = report.narrative
    index = 1
    for name, text in (("summary", told.summary), ("cause", told.cause), ("scope", told.scope)):
        if text or name == "summary":
            yield from _told(say, f"{index}. ", name, text)
            index += 1
    yield Heading(2, f"{index}. {say.headings['timeline']}")
    drawn = course_timeline(report, say.language)
    if drawn is not None:
        yield from chart_blocks(drawn, say.language)
    rows = [
        ("-" if entry.at is None else say.moment(entry.at), entry.actor or "-", entry.text)
        for entry in cut(report.timeline)
    ]
    yield from _table(say, "timeline", [("at", 23), ("actor", 21), ("text", 56)], rows, index=False)
    yield from hidden_rows(report.timeline, say)


def _told(say: IncidentWording, number: str, name: str, text: str) -> Iterator[Block]:
    yield Heading(2, number + say.headings[name])
    yield Paragraph(text if text.strip() else say.not_told)


def _analysis(report: IncidentReport, say: IncidentWording) -> Iterator[Block]:
    yield Heading(2, f"1. {say.headings['alerts']}")
    if report.alerts:
        counted = {
            "count": say.count(len(report.alerts)),
            "sightings": say.count(sum(row.count for row in report.alerts)),
            "annex": say.annex.format(roman=roman(1)),
        }
        yield Paragraph(say.sentences["alerts"].format_map(counted))
        yield from _table(
            say, "severity", [("severity", 34), ("alerts", 33), ("sightings", 33)], _by_severity(report, say), False
        )
    else:
        yield Paragraph(say.none)
    yield Heading(2, f"2. {say.headings['indicators']}")
    annex = say.annex.format(roman=roman(2 if report.alerts else 1))
    sentence = say.sentences["indicators"].format(count=say.count(len(report.indicators)), annex=annex)
    yield Paragraph(sentence if report.indicators else say.none)


def _by_severity(report: IncidentReport, say: IncidentWording) -> list[tuple[str, ...]]:
    alerts: Counter[str] = Counter()
    sightings: Counter[str] = Counter()
    for row in report.alerts:
        alerts[row.severity] += 1
        sightings[row.severity] += row.count
    order = [*_SEVERITIES, *sorted(set(alerts) - set(_SEVERITIES))]
    return [
        (say.severity.get(name, name or say.unknown), say.count(alerts[name]), say.count(sightings[name]))
        for name in order
        if alerts[name]
    ]


def _response(report: IncidentReport, say: IncidentWording) -> Iterator[Block]:
    told = report.narrative
    yield from _told(say, "1. ", "measures", told.measures)
    yield Heading(2, f"2. {say.headings['tasks']}")
    columns = [("step", 7), ("task", 23), ("lead", 20), ("state", 26), ("note", 24)]
    yield from _table(say, "tasks", columns, [_task(row, say) for row in cut(report.tasks)], index=False)
    yield from hidden_rows(report.tasks, say)
    yield from _told(say, "3. ", "result", told.result)
    yield Heading(2, f"4. {say.headings['notices']}")
    yield from _table(
        say,
        "notices",
        [("duty", 28), ("recipient", 24), ("due", 21), ("sent", 21)],
        list(_notices(report, say)),
    )


def _task(row: TaskRow, say: IncidentWording) -> tuple[str, ...]:
    talk = say.sentences
    lead = [row.lead.say(say.language)]
    if row.assignee:
        lead.append(talk["assignee"].format(who=row.assignee))
    state = [say.states.get(row.state, row.state)]
    if row.due_at is not None:
        state.append(talk["due"].format(at=say.minute(row.due_at)))
    if row.done_at is not None:
        state.append(talk["done"].format(at=say.minute(row.done_at)))
    note = [row.note]
    if row.done_by and row.done_by != row.assignee:
        note.append(talk["done_by"].format(who=row.done_by))
    if row.evidence:
        note.append(talk["evidence_of"].format(numbers=", ".join(row.evidence)))
    return (row.step, row.title.say(say.language), filled(lead), filled(state), filled(note))


def _notices(report: IncidentReport, say: IncidentWording) -> Iterator[tuple[str, ...]]:
    for row in cut(report.notices):
        basis = (
            row.basis
            if row.verified or not row.basis or not report.marks.draft
            else say.sentences["unverified_basis"].format(basis=row.basis)
        )
        sent = [say.sentences["not_sent"] if row.sent_at is None else say.minute(row.sent_at), row.document]
        due = "-" if row.due_at is None else say.minute(row.due_at)
        yield filled([row.name.say(say.language), basis]), row.recipient.say(say.language) or "-", due, filled(sent)


def _evidence(report: IncidentReport, say: IncidentWording) -> Iterator[Block]:
    if report.evidence:
        yield Paragraph(say.sentences["evidence"])
    rows = [
        (
            row.number,
            filled([row.name, row.note]),
            row.sha256 or "-",
            "-" if row.size is None else say.size(row.size),
            filled(["" if row.collected_at is None else say.moment(row.collected_at), row.collected_by, row.source]),
        )
        for row in cut(report.evidence)
    ]
    yield from _table(
        say,
        "evidence",
        [("number", 16), ("name", 17), ("sha256", 32), ("size", 13), ("collected", 22)],
        rows,
        index=False,
    )
    yield from hidden_rows(report.evidence, say)


def _review(report: IncidentReport, say: IncidentWording) -> Iterator[Block]:
    told = report.narrative
    yield from _told(say, "1. ", "lessons", told.lessons)
    yield from _told(say, "2. ", "proposals", told.proposals)
    if report.notes:
        yield Heading(2, f"3. {say.headings['notes']}")
        rows = [
            ("-" if note.at is None else say.moment(note.at), note.actor or "-", note.text)
            for note in cut(report.notes)
        ]
        yield from _table(say, "notes", [("at", 23), ("actor", 21), ("text", 56)], rows, index=False)
        yield from hidden_rows(report.notes, say)


def _unknown(report: IncidentReport) -> list[str]:
    return [name for name in report.missing if report.marks.draft or not name.startswith("header.")]


def _missing(report: IncidentReport, say: IncidentWording) -> Iterator[Block]:
    """Fields of the paper's own head are the drafter's business and are named on the terminal, not in the paper."""
    names = _unknown(report)
    if not names:
        yield Paragraph(say.none)
        return
    shown = [say.missing.get(name, name) for name in cut(names)]
    yield Paragraph(say.sentences["missing"])
    yield Bullets(listed(shown))


def _table(
    say: IncidentWording, name: str, columns: list[tuple[str, int]], rows: Iterable[tuple[str, ...]], index: bool = True
) -> Iterator[Block]:
    """A table, numbered in a first column unless told not to; the sentence for nothing when there are no rows."""
    listed = [(str(at), *row) if index else row for at, row in enumerate(rows, 1)]
    if not listed:
        yield Paragraph(say.none)
        return
    heads = [("index", 7), *columns] if index else columns
    centred = {"index", "level", "step", "at", "due", "sent", "size", "alerts", "sightings", "number"}
    yield Table(
        name,
        tuple(
            Column(say.columns[key], share, "center" if key in centred else "left", key == "sha256")
            for key, share in heads
        ),
        tuple(listed),
    )
