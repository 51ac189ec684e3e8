"""The after-action report of a drill.

A form of our own (no official one is public), marked as an exercise at the head and at the foot of each page. The two first
pages are for the committee: plain sentences, the objectives, what is to be improved. Scores, robots and statistics stand in
its annexes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from statistics import median
from typing import Any

from atttcli.clock import MINUTE, VIETNAM, from_micros
from atttcli.model.drill_report import DrillPlan, DrillReport, ReportAction, ReportEvent, ReportLine
from atttcli.reports.drill_charts import coverage_chart, goals_chart, played_chart, trend_chart
from atttcli.reports.drill_frame import drill_paper
from atttcli.reports.drill_words import words_of
from atttcli.reports.incident_annexes import roman
from atttcli.reports.outline import (
    Annex,
    Block,
    Bullets,
    Chart,
    Column,
    Fields,
    Heading,
    Outline,
    Paragraph,
    Table,
)

STRENGTHS_SHOWN, WEAKNESSES_SHOWN, ACTIONS_SHOWN, EARLIER_SHOWN = 3, 5, 3, 3
NOTE_SHOWN, TITLE_SHOWN = 110, 80  # letters: the two pages hold all that is shown when every remark is as long as that
COURSE_SHOWN = 6
WEAK = 0.5
DRILL_FORMATS = ("docx", "pdf", "html", "md", "txt", "json")


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


def compose_report(report: DrillReport, language: str) -> Outline:
    """The after-action report: two pages for the committee, everything that is counted in the annexes."""
    own, head = words_of(language), report.head
    summary = own["report_summary"].format(code=head.code, name=head.name.say(language))
    return drill_paper(
        head,
        language,
        own["kind_report"],
        summary,
        _report_body(report, language),
        tuple(_report_annexes(report, language)),
    )


def _report_body(report: DrillReport, language: str) -> Iterator[Block]:
    own = words_of(language)
    yield from (Paragraph(text) for text in _opening(report, language))
    if not report.valid:
        yield Paragraph(own["void"].format(gates="; ".join(own[f"gate_{gate}"] for gate in report.gates)))
    yield Heading(1, f"I. {own['earlier']}")
    yield from _actions(report.earlier, own["earlier_none"], language, EARLIER_SHOWN)
    yield Heading(1, f"II. {own['results']}")
    yield _objectives(report, language)
    yield Paragraph(own["letters"], "note")
    yield Heading(1, f"III. {own['strengths']}")
    yield from _points(list(_strong(report, language)), STRENGTHS_SHOWN, language)
    yield Heading(1, f"IV. {own['weaknesses']}")
    yield from _points(list(_weak(report, language)), WEAKNESSES_SHOWN, language)
    yield Heading(1, f"V. {own['actions']}")
    yield from _actions(report.actions, own["actions_none"], language, ACTIONS_SHOWN)
    yield Paragraph(own["proposal"], "end")


def _opening(report: DrillReport, language: str) -> Iterator[str]:
    own, head = words_of(language), report.head
    start = from_micros(report.started, VIETNAM).strftime(own["moment"]) if report.started is not None else "-"
    told, planned = report.injects
    yield own["opening"].format(
        organ=head.organ, start=start, name=head.name.say(language), code=head.code, format=own[f"format_{head.format}"],
        team=head.team_name.say(language) or head.team, minutes=report.active // MINUTE, told=told, all=planned,
    ) + _pauses(report, language)  # fmt: skip
    found, false_alarms, missed = report.alarms
    whole = own["provisional"] if report.ended is None else ""
    yield own["outcome"].format(
        total=_number(report.total, language), found=found, signs=found + missed, false=false_alarms, provisional=whole,
    )  # fmt: skip


def _pauses(report: DrillReport, language: str) -> str:
    own = words_of(language)
    if not report.pauses:
        return ""
    reasons = dict.fromkeys(own["real_incident"] if why == "real-incident" else why for _at, why in report.pauses)
    told = clipped("; ".join(why for why in reasons if why not in ("", "-")) or own["organiser_asked"], NOTE_SHOWN)
    return " " + own["paused"].format(n=len(report.pauses), reasons=told)


def _objectives(report: DrillReport, language: str) -> Table:
    own = words_of(language)
    columns = (
        Column(own["no"], 7, "center"), Column(own["objective"], 47), Column(own["capability"], 20),
        Column(own["score"], 10, "center"), Column(own["rating"], 16, "center"),
    )  # fmt: skip
    rows = tuple(
        (
            one.id, one.text.say(language), own[f"cap_{one.capability}"],
            "-" if one.score is None else _number(one.score, language), own[f"letter_{one.letter or 'none'}"],
        )
        for one in report.goals
    )  # fmt: skip
    return Table("objectives", columns, rows)


def _points(points: list[str], shown: int, language: str) -> Iterator[Block]:
    """The first points; how many more there are, and where."""
    own = words_of(language)
    more = (own["more"].format(n=len(points) - shown),) if len(points) > shown else ()
    yield Bullets((*points[:shown], *more) or (own["none"],))


def _strong(report: DrillReport, language: str) -> Iterator[str]:
    own = words_of(language)
    for one in report.goals:
        if one.letter == "P":
            yield own["done_well"].format(goal=_lower(one.text.say(language)))
    for sign, text, goal in report.notes:
        if sign == "+":
            yield clipped(f"{text} ({goal})" if goal else text, NOTE_SHOWN)


def _weak(report: DrillReport, language: str) -> Iterator[str]:
    """Safety first, then what observers saw, then what cost the most points; each expectation once."""
    own = words_of(language)
    for wanted in ("!", "-"):
        for sign, text, goal in report.notes:
            if sign == wanted:
                said = f"{text} ({goal})" if goal else text
                yield clipped(own["safety"].format(text=said) if sign == "!" else said, NOTE_SHOWN)
    for line in report.lines:
        if line.disagreed:
            said = own["disagreed_ruled" if line.overridden else "disagreed"]
            yield said.format(text=line.text.say(language), who=line.disagreed, ruling=line.overridden)
    seen = set()
    for line in sorted(report.lines, key=lambda one: one.points * (one.value - 1)):
        name = line.id.partition(".")[0]
        if line.value < WEAK and name not in seen:
            seen.add(name)
            yield own["missed_point"].format(text=line.text.say(language), reason=own[f"reason_{line.reason}"])


def _actions(rows: tuple[ReportAction, ...], none: str, language: str, shown: int) -> Iterator[Block]:
    own = words_of(language)
    if not rows:
        yield Paragraph(none)
        return
    pressing = sorted(rows, key=lambda one: (one.status == "verified", one.number))
    yield _action_table(tuple(pressing[:shown]), language)
    if len(rows) > shown:
        yield Paragraph(own["more_actions"].format(n=len(rows) - shown), "note")


def _action_table(rows: tuple[ReportAction, ...], language: str) -> Table:
    own = words_of(language)
    columns = (
        Column(own["number"], 17), Column(own["action"], 33), Column(own["owner"], 22), Column(own["due"], 13, "center"),
        Column(own["state"], 15, "center"),
    )  # fmt: skip
    return Table(
        "actions", columns,
        tuple(
            (
                one.number, clipped(one.title, TITLE_SHOWN), one.owner, _day(one.due, language),
                own[f"action_{one.status}"] + (f" ({one.verified_by})" if one.verified_by else ""),
            )
            for one in rows
        ),
    )  # fmt: skip


def _report_annexes(report: DrillReport, language: str) -> Iterator[Annex]:
    own = words_of(language)
    parts: list[tuple[str, Iterator[Block], bool]] = [
        (own["annex_scores"], _scores(report, language), True),
        (own["annex_timeline"], _timeline(report, language), True),
        (own["annex_coverage"], _coverage(report, language), False),
    ]
    more = len(report.earlier) > EARLIER_SHOWN or len(report.actions) > ACTIONS_SHOWN
    if report.trend or report.survey or report.robots or more:
        parts.append((own["annex_people"], _opinions(report, language), False))
    attached = own["attached"].format(code=report.head.code)
    for index, (title, blocks, landscape) in enumerate(parts, 1):
        yield Annex(f"{own['annex']} {roman(index)}", title.upper(), attached, tuple(blocks), landscape)


def _scores(report: DrillReport, language: str) -> Iterator[Block]:
    own = words_of(language)
    yield from goals_chart(report, language)
    bars = tuple(
        (own[f"dim_{dim}"], round(100 * value), None) for dim, value, _weight in report.dims if value is not None
    )
    if bars:
        yield Chart(own["by_dimension"], bars, language)
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
                _span(one.target) if one.target else "-", _why(one, language),
                " ".join(f"#{seq}" for seq in one.entries),
            )
            for one in report.lines
        ),
    )  # fmt: skip
    yield Paragraph(own["formulae"], "note")
    yield Paragraph(own["journal"].format(count=report.entries, hash=report.hash), "note")


def _why(one: ReportLine, language: str) -> str:
    """The reason of a line: the controller's ruling before ours; raters who disagree are named."""
    return " ! ".join(filter(None, (one.overridden or words_of(language)[f"reason_{one.reason}"], one.disagreed)))


def _timeline(report: DrillReport, language: str) -> Iterator[Block]:
    own = words_of(language)
    yield from played_chart(report, language)
    columns = (
        Column(own["time"], 12, "center"), Column(own["scenario_time"], 12, "center"), Column(own["what"], 20),
        Column(own["detail"], 36), Column(own["who"], 12), Column("#", 8, "center"),
    )  # fmt: skip
    rows = []
    for one in report.timeline:
        what = own.get(f"event_{one.what}", "") or f"{own['event_' + one.kind]} {one.what}"
        text = _event_text(one, language)
        at = from_micros(one.at, VIETNAM).strftime("%H:%M:%S")
        rows.append((at, _span(one.scenario), what, text, one.who, str(one.seq)))
    yield Table("timeline", columns, tuple(rows))


def _event_text(one: ReportEvent, language: str) -> str:
    """What people entered, its code words (yes, na, real-incident) in the paper's language."""
    own = words_of(language)
    if one.kind == "inject":
        return own.get(f"channel_{one.text}", one.text)
    if one.text == "real-incident":
        return own["real_incident"]
    if one.what == "answered":
        return " ".join(own.get(f"choice_{word}", word) for word in one.text.split(" "))
    return one.text


def _coverage(report: DrillReport, language: str) -> Iterator[Block]:
    own = words_of(language)
    columns = (Column("ATT&CK", 40, code=True), Column(own["score"], 60, "center"))
    yield from coverage_chart(report, language)
    yield Table(
        "coverage", columns,
        tuple((code, own["untested"] if value is None else _number(100 * value, language)) for code, value in report.coverage),
    )  # fmt: skip


def _opinions(report: DrillReport, language: str) -> Iterator[Block]:
    """What concerns more than this one run: trends, what participants said, who played, all earlier actions."""
    own, part = words_of(language), count(1)
    if report.trend:
        yield Heading(2, f"{next(part)}. {own['trend']}")
        yield from trend_chart(report, language)
        wide = (
            Column(own["measure"], 36), Column(own["held"], 10, "center"), Column(own["median"], 13, "center"),
            Column(own["range"], 17, "center"), Column(own["course"], 24),
        )  # fmt: skip
        yield Table("trend", wide, tuple(_trend_rows(report, language)))
        yield Paragraph(own["trend_note"], "note")
    if report.survey:
        yield Heading(2, f"{next(part)}. {own['survey']}")
        yield Fields(
            "survey",
            tuple(
                (own.get(f"survey_{name}", name), own["mean"].format(mean=_number(mean, language), n=people))
                for name, mean, people in report.survey
            ),
        )  # fmt: skip
        if report.survey_texts:
            yield Bullets(report.survey_texts)
    for name, rows, shown in (
        ("earlier_all", report.earlier, EARLIER_SHOWN),
        ("actions_all", report.actions, ACTIONS_SHOWN),
    ):
        if len(rows) > shown:
            yield Heading(2, f"{next(part)}. {own[name]}")
            yield _action_table(rows, language)
    if report.robots:
        yield Paragraph(own["robots"], "note")


def _trend_rows(report: DrillReport, language: str) -> Iterator[tuple[str, ...]]:
    """A measure over the drills that had it, median and range: values of one measure only, never totals of scenarios."""
    texts = {one.measure: one.text.say(language) for one in report.lines if one.measure}
    measures: dict[str, list[float]] = {}
    for name, _code, value in report.trend:
        measures.setdefault(name, []).append(100 * value)
    for name, values in measures.items():
        yield (
            texts.get(name, name), str(len(values)), _number(median(values), language),
            f"{_number(min(values), language)} - {_number(max(values), language)}",
            " → ".join(_number(value, language) for value in values[-COURSE_SHOWN:]),
        )  # fmt: skip


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


def _day(text: str, language: str) -> str:
    """A day as the reader writes it: 31/12/2026 in Vietnamese; what is no day stays as it was."""
    year, _first, rest = text.partition("-")
    month, _second, day = rest.partition("-")
    whole = language == "vi" and len(year) == 4 and all(part.isdigit() for part in (year, month, day))
    return f"{day}/{month}/{year}" if whole else text


def _lower(text: str) -> str:
    """Inside a sentence the first letter is small, unless the whole word is a name in capitals."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def clipped(text: str, length: int) -> str:
    """A remark short enough for the two pages; the whole of it stands in the timeline."""
    words = " ".join(text.split())
    return words if len(words) <= length else words[: length - 1].rpartition(" ")[0].rstrip(" ,;:") + "…"
