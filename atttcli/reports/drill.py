"""The papers of a drill: plan, the books of controller, players and observers, the after-action report.

Forms of our own (no official one is public). Every one carries the exercise mark at the head and at the foot of each page. The
report's two first pages are for the committee; scores, robots and statistics stand in its annexes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from atttcli.clock import VIETNAM, from_micros, local_text
from atttcli.errors import UsageError
from atttcli.model.drill_report import DrillHead, DrillPlan, DrillReport, PlannedInject, ReportAction
from atttcli.reports.drill_words import words_of
from atttcli.reports.incident import organ_lines
from atttcli.reports.incident_annexes import roman
from atttcli.reports.outline import (
    Annex,
    Block,
    Bullets,
    Chart,
    Column,
    Fields,
    Heading,
    Masthead,
    Outline,
    Paragraph,
    Signature,
    Table,
)
from atttcli.reports.wording import wording
from atttcli.text.fold import nfc

DRILL_FORMATS = ("docx", "pdf", "html", "md", "txt", "json")
BOOKS = ("plan", "controller", "player", "observer")


def render_drill(outline: Outline, format: str) -> bytes:
    """A composed paper in one of DRILL_FORMATS but json, or UsageError."""
    from atttcli.reports.outline_formats import render_outline

    return render_outline(outline, format, DRILL_FORMATS)


def model_json(model: DrillPlan | DrillReport) -> bytes:
    """The model itself, sorted: the same model is the same bytes."""
    import msgspec

    kind = "plan" if isinstance(model, DrillPlan) else "report"
    told = msgspec.to_builtins(msgspec.convert(msgspec.to_builtins(model), type(model)))  # 1 and 1.0 are one number
    body = {"schema": f"atttcli/drill-{kind}/1", **told}
    return msgspec.json.encode(body, order="deterministic") + b"\n"


def report_from_json(data: bytes) -> DrillReport:
    """The report that `model_json` wrote; InputError for anything else."""
    import msgspec

    from atttcli.errors import InputError

    try:
        body: Any = msgspec.json.decode(data)
        if not isinstance(body, dict) or body.pop("schema", "") != "atttcli/drill-report/1":
            raise InputError("this is no report of a drill")
        return msgspec.convert(body, DrillReport)
    except msgspec.DecodeError as error:
        raise InputError(f"this is no report of a drill: {error}") from error


def _paper(
    head: DrillHead, language: str, kind: str, summary: str, blocks: Iterator[Block], annexes: tuple[Annex, ...]
) -> Outline:
    say, own = wording(language), words_of(language)
    return Outline(
        language=language,
        kind=kind,
        summary=nfc(summary),
        masthead=Masthead(
            superior=organ_lines(nfc(head.superior)),
            organ=organ_lines(nfc(head.organ)),
            nation=say.nation,
            motto=say.motto,
            number=say.number("", head.symbol),
            place_date=say.place_date(head.place, "", head.as_of),
            marks=(say.exercise,),
        ),
        addressees_label=say.addressees,
        addressees=(),
        blocks=tuple(blocks),
        signature=Signature(
            recipients_label=say.recipients,
            recipients=(f"- {own['organisers']};", "- " + say.file_copy.format(archive="VT")),
            authority=tuple(line.upper() for line in head.signatures),
            signer="",
        ),
        annexes=annexes,
        foot=f"{head.code} · {say.exercise}",
        subject=nfc(summary),
        author=nfc(head.organ),
        as_of=head.as_of,
    )


def compose_plan(plan: DrillPlan, language: str, book: str = "plan") -> Outline:
    """The plan, or a book. The player's book says what is played, by which rules and when it begins: nothing else."""
    own, head = words_of(language), plan.head
    if book not in BOOKS:
        raise UsageError(f"no such book: {book[:20]}", hint="one of: " + ", ".join(BOOKS))
    annexes = () if book in ("plan", "player") else (_injects_annex(plan, language, book),)
    summary = (
        f"{own['drill']} {head.code}: {head.name.say(language)}" if book != "player" else f"{own['drill']} {head.code}"
    )
    return _paper(head, language, own[f"kind_{book}"], summary, _plan_body(plan, language, book), annexes)


def _plan_body(plan: DrillPlan, language: str, book: str) -> Iterator[Block]:
    own, head = words_of(language), plan.head
    yield Heading(1, f"I. {own['general']}")
    rows = [
        (own["code"], head.code),
        (own["begins"], local_text(plan.begins, seconds=False)),
        (own["format"], own[f"format_{head.format}"]),
        (own["team"], head.team),
        (own["duration"], own["minutes"].format(n=head.duration // 60_000_000)),
    ]
    if book != "player":
        rows.insert(1, (own["name"], head.name.say(language)))
        rows += [(own["scenario"], f"{head.scenario} v{head.version}"), (own["seal"], f"{head.truth[:32]}…")]
    if head.authority:
        rows.append((own["authority"], head.authority))
    yield Fields("drill", tuple(rows))
    yield Heading(1, f"II. {own['situation']}")
    yield Paragraph(head.situation.say(language))
    if book != "player":
        yield Heading(1, f"III. {own['objectives']}")
        columns = (Column(own["no"], 8, "center"), Column(own["objective"], 62), Column(own["capability"], 30))
        rows3 = tuple((id, text.say(language), own[f"cap_{cap}"]) for id, text, cap in plan.goals)
        yield Table("objectives", columns, rows3)
    yield Heading(1, f"{'III' if book == 'player' else 'IV'}. {own['rules']}")
    yield Bullets(tuple([rule.say(language) for rule in plan.rules] + [own["stop"]]))
    yield Heading(1, f"{'IV' if book == 'player' else 'V'}. {own['roles']}")
    yield Bullets(tuple(name.say(language) for _code, name in plan.roles))
    if book == "plan":
        yield Heading(1, f"VI. {own['go']}")
        yield Bullets(tuple(own["checklist"].split("|")))
    yield Paragraph(own["end"], "end")


def _injects_annex(plan: DrillPlan, language: str, book: str) -> Annex:
    own = words_of(language)
    blocks: list[Block] = []
    for one in plan.injects:
        blocks += _inject_blocks(one, language, book)
    attached = own["attached"].format(code=plan.head.code)
    return Annex(own["annex"], own[f"annex_{book}"].upper(), attached, tuple(blocks))


def _inject_blocks(one: PlannedInject, language: str, book: str) -> Iterator[Block]:
    own = words_of(language)
    yield Heading(2, f"{one.id}. {own['channel_' + one.channel]} ({one.when}) → {one.to.say(language)}")
    if book == "controller":
        yield Paragraph(one.text)
        if one.truth:
            yield Paragraph(f"{own['truth']}: {own[one.truth]}. {one.why.say(language)}".strip(), "note")
        if one.hint.say(language):
            yield Paragraph(f"{own['hint']}: {one.hint.say(language)}", "note")
    rows = []
    for id, text, minutes, options in one.expects:
        said = "\n".join(
            [text.say(language), *(f"[{grade:g}] {name}: {what.say(language)}" for name, what, grade in options)]
        )
        target = own["minutes"].format(n=minutes) if minutes else "-"
        rows.append((id, said, target, "", ""))
    if rows:
        columns = (
            Column(own["no"], 8, "center"), Column(own["expected"], 46), Column(own["target"], 12, "center"),
            Column(own["at"], 12, "center"), Column(own["seen"], 22),
        )  # fmt: skip
        yield Table("sheet", columns, tuple(rows))


def compose_report(report: DrillReport, language: str) -> Outline:
    """The after-action report."""
    own, head = words_of(language), report.head
    summary = own["report_summary"].format(code=head.code, name=head.name.say(language))
    return _paper(
        head, language, own["kind_report"], summary, _report_body(report, language), _report_annexes(report, language)
    )


def _report_body(report: DrillReport, language: str) -> Iterator[Block]:
    own = words_of(language)
    yield Paragraph(_opening(report, language))
    if not report.valid:
        yield Paragraph(own["void"].format(gates="; ".join(own[f"gate_{gate}"] for gate in report.gates)), "note")
    yield Heading(1, f"I. {own['results']}")
    yield _objectives(report, language)
    yield Paragraph(own["letters"], "note")
    yield Heading(1, f"II. {own['strengths']}")
    yield Bullets(tuple(_notes(report, language, "+")) or (own["none"],))
    yield Heading(1, f"III. {own['weaknesses']}")
    yield Bullets(tuple(_weak(report, language)) or (own["none"],))
    yield Heading(1, f"IV. {own['actions']}")
    yield from _actions(report, language)
    yield Paragraph(own["end"], "end")


def _opening(report: DrillReport, language: str) -> str:
    own = words_of(language)
    start = local_text(report.started, seconds=False) if report.started is not None else "-"
    positives, false_alarms, missed = report.alarms
    return own["opening"].format(
        start=start, minutes=report.active // 60_000_000, team=report.head.team, told=report.injects[0],
        true=positives, false=false_alarms, missed=missed, total=_number(report.total, language),
        name=report.head.name.say(language),
    )  # fmt: skip


def _objectives(report: DrillReport, language: str) -> Table:
    own = words_of(language)
    columns = (
        Column(own["no"], 8, "center"), Column(own["objective"], 50), Column(own["capability"], 20),
        Column(own["score"], 10, "center"), Column(own["rating"], 12, "center"),
    )  # fmt: skip
    rows = tuple(
        (
            one.id, one.text.say(language), own[f"cap_{one.capability}"],
            "-" if one.score is None else _number(one.score, language), own[f"letter_{one.letter or 'none'}"],
        )
        for one in report.goals
    )  # fmt: skip
    return Table("objectives", columns, rows)


def _notes(report: DrillReport, language: str, sign: str) -> Iterator[str]:
    own = words_of(language)
    for said, text, goal in report.notes:
        if said == sign:
            yield f"{goal}: {text}" if goal else text
    if sign == "+":
        for one in report.goals:
            if one.letter == "P":
                yield own["done_well"].format(goal=one.text.say(language))


def _weak(report: DrillReport, language: str) -> Iterator[str]:
    own = words_of(language)
    yield from _notes(report, language, "-")
    yield from _notes(report, language, "!")
    seen = set()
    for line in report.lines:
        name = line.id.partition(".")[0]
        if line.value < 0.5 and name not in seen:
            seen.add(name)
            yield f"{line.text.say(language)}: {own['reason_' + line.reason]}"


def _actions(report: DrillReport, language: str) -> Iterator[Block]:
    own = words_of(language)
    for title, rows in ((own["earlier"], report.earlier), (own["new_actions"], report.actions)):
        yield Heading(2, title)
        if rows:
            yield _action_table(rows, language)
        else:
            yield Paragraph(own["none"])


def _action_table(rows: tuple[ReportAction, ...], language: str) -> Table:
    own = words_of(language)
    columns = (
        Column(own["number"], 18), Column(own["action"], 42), Column(own["owner"], 18), Column(own["due"], 11, "center"),
        Column(own["state"], 11, "center"),
    )  # fmt: skip
    return Table(
        "actions",
        columns,
        tuple((one.number, one.title, one.owner, one.due, own[f"action_{one.status}"]) for one in rows),
    )


def _report_annexes(report: DrillReport, language: str) -> tuple[Annex, ...]:
    own = words_of(language)
    parts = [
        (own["annex_scores"], _scores(report, language), True),
        (own["annex_timeline"], _timeline(report, language), True),
        (own["annex_coverage"], _coverage(report, language), False),
    ]
    attached = own["attached"].format(code=report.head.code)
    return tuple(
        Annex(f"{own['annex']} {roman(index)}", title.upper(), attached, tuple(blocks), landscape)
        for index, (title, blocks, landscape) in enumerate(parts, 1)
    )


def _scores(report: DrillReport, language: str) -> Iterator[Block]:
    own = words_of(language)
    bars = tuple(
        (own[f"dim_{dim}"], round(100 * value), None) for dim, value, _weight in report.dims if value is not None
    )
    if bars:
        yield Chart(own["by_dimension"], bars)
    columns = (Column(own["dimension"], 50), Column(own["weight"], 20, "center"), Column(own["score"], 30, "center"))
    yield Table(
        "dimensions", columns,
        tuple((own[f"dim_{dim}"], str(weight), _percent(value, language)) for dim, value, weight in report.dims),
    )  # fmt: skip
    wide = (
        Column(own["no"], 9), Column(own["expected"], 35), Column(own["points"], 11, "center"), Column(own["took"], 9, "center"),
        Column(own["target"], 9, "center"), Column(own["why"], 15), Column(own["entries"], 12),
    )  # fmt: skip
    yield Table(
        "scores", wide,
        tuple(
            (
                one.id, one.text.say(language), f"{_number(one.points * one.value, language)}/{one.points:g}", _span(one.took),
                _span(one.target) if one.target else "-", one.overridden or own[f"reason_{one.reason}"],
                " ".join(f"#{seq}" for seq in one.entries),
            )
            for one in report.lines
        ),
    )  # fmt: skip
    yield Paragraph(own["formulae"], "note")
    yield Paragraph(own["journal"].format(count=report.entries, hash=report.hash), "note")


def _timeline(report: DrillReport, language: str) -> Iterator[Block]:
    own = words_of(language)
    columns = (
        Column(own["time"], 12, "center"), Column(own["scenario_time"], 12, "center"), Column(own["what"], 20),
        Column(own["detail"], 36), Column(own["who"], 12), Column("#", 8, "center"),
    )  # fmt: skip
    rows = []
    for one in report.timeline:
        what = own.get(f"event_{one.what}", "") or f"{own['event_' + one.kind]} {one.what}"
        text = own.get(f"channel_{one.text}", one.text) if one.kind == "inject" else one.text
        at = from_micros(one.at, VIETNAM).strftime("%H:%M:%S")
        rows.append((at, _span(one.scenario), what, text, one.who, str(one.seq)))
    yield Table("timeline", columns, tuple(rows))


def _coverage(report: DrillReport, language: str) -> Iterator[Block]:
    own = words_of(language)
    columns = (Column("ATT&CK", 40, code=True), Column(own["score"], 60, "center"))
    tested = tuple((code, round(100 * value), None) for code, value in report.coverage if value is not None)
    if tested:
        yield Chart(own["by_technique"], tested)
    yield Table(
        "coverage", columns,
        tuple((code, own["untested"] if value is None else _number(100 * value, language)) for code, value in report.coverage),
    )  # fmt: skip
    if report.trend:
        yield Heading(2, f"1. {own['trend']}")
        wide = (Column(own["measure"], 40), Column(own["drill"], 35), Column(own["score"], 25, "center"))
        yield Table(
            "trend", wide, tuple((name, code, _number(100 * value, language)) for name, code, value in report.trend)
        )
    if report.survey:
        yield Heading(2, f"2. {own['survey']}")
        yield Fields(
            "survey",
            tuple(
                (own.get(f"survey_{name}", name), own["mean"].format(mean=_number(mean, language), n=count))
                for name, mean, count in report.survey
            ),
        )  # fmt: skip
        if report.survey_texts:
            yield Bullets(report.survey_texts)
    if report.robots:
        yield Paragraph(own["robots"], "note")


def _span(micros: int) -> str:
    if micros < 0:
        return "-"
    minutes, seconds = divmod(micros // 1_000_000, 60)
    return f"{minutes}:{seconds:02d}"


def _percent(value: float | None, language: str) -> str:
    return "-" if value is None else _number(100 * value, language)


def _number(value: float, language: str) -> str:
    text = f"{value:.1f}"
    return text.replace(".", ",") if language == "vi" else text
