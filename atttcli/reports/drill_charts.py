"""Charts of an after-action report: what was played against its targets, objectives, techniques, teams beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from atttcli.model.drill_report import DrillReport, ReportEvent, ReportLine
from atttcli.reports.drill_words import words_of
from atttcli.reports.outline import Block, Chart, Happening, HeatChart, TimeChart

_MANY = 12  # techniques that stand side by side; more stand one below the other


def played_chart(report: DrillReport, language: str) -> Iterator[TimeChart]:
    """Injects, actions, targets and pauses on the clock of the room."""
    own = words_of(language)
    pauses = list(_pauses(report))
    told = [
        *_points(report, language),
        *_targets(report, pauses, language),
        *(
            Happening(start, reason or own["event_drill.paused"], own["lane_pause"], end)
            for start, end, reason in pauses
        ),
    ]
    if len(told) > 1:
        order = [own["lane_inject"], own["lane_action"], own["lane_target"], own["lane_pause"]]
        told.sort(key=lambda one: (order.index(one.lane), one.at))
        yield TimeChart(own["chart_played"], tuple(told), language)


def _points(report: DrillReport, language: str) -> Iterator[Happening]:
    own = words_of(language)
    for one in report.timeline:
        if one.kind == "inject":
            yield Happening(one.at, f"{one.what}: {own.get(f'channel_{one.text}', one.text)}", own["lane_inject"])
        elif one.kind == "action":
            yield Happening(one.at, f"{own.get(f'event_{one.what}', one.what)} {one.text}".strip(), own["lane_action"])


def _pauses(report: DrillReport) -> Iterator[tuple[int, int, str]]:
    """Start, end and reason; a pause that nobody ended lasts until the drill's end."""
    clock = sorted((one for one in report.timeline if one.kind == "clock"), key=lambda one: one.at)
    last = max((one.at for one in report.timeline), default=0) if report.ended is None else report.ended
    for at, reason in report.pauses:
        ends = (one.at for one in clock if one.at >= at and one.what in ("drill.resumed", "drill.ended"))
        yield at, max(next(ends, last), at), reason


def _targets(report: DrillReport, pauses: list[tuple[int, int, str]], language: str) -> Iterator[Happening]:
    """Each expectation with a time: from its inject to its target, and when it was done. Pauses stop its clock."""
    own = words_of(language)
    injects = {one.what: one for one in report.timeline if one.kind == "inject"}
    seen = set()
    for line in report.lines:
        inject = injects.get(line.inject)
        name = line.id.partition(".")[0]
        if inject is None or line.target <= 0 or name in seen:
            continue
        seen.add(name)
        yield _target(line, inject, pauses, own["lane_target"], line.text.say(language), own)


def _target(
    line: ReportLine,
    inject: ReportEvent,
    pauses: list[tuple[int, int, str]],
    lane: str,
    text: str,
    own: Mapping[str, str],
) -> Happening:
    until = _after(inject.at, line.target, pauses)
    if line.took < 0:
        why = own.get(f"reason_{line.reason}", own["reason_never"])
        return Happening(inject.at, f"{why}: {text}", lane, until, None, "late")
    done = _after(inject.at, line.took, pauses)
    return Happening(inject.at, text, lane, until, done, "met" if line.took <= line.target else "late")


def _after(start: int, active: int, pauses: list[tuple[int, int, str]]) -> int:
    """The moment when so much active time has gone by since `start`."""
    end = start + active
    for begin, over, _reason in sorted(pauses):
        if over > start and begin < end:
            end += over - max(begin, start)
    return end


def goals_chart(report: DrillReport, language: str) -> Iterator[Block]:
    """Objectives as bars; of several teams as a map."""
    own = words_of(language)
    if not any(one.score is not None for one in report.goals):
        return
    if report.peers:
        own_scores: dict[str, float | None] = {one.id: one.score for one in report.goals}
        teams = [
            (report.head.team_name.say(language) or report.head.team, own_scores),
            *((one.team, dict(one.goals)) for one in report.peers),
        ]
        rows = tuple(
            (f"{goal.id}. {goal.text.say(language)}", tuple(_whole(scores.get(goal.id)) for _team, scores in teams))
            for goal in report.goals
        )
        names = tuple(team for team, _scores in teams)
        yield HeatChart(own["chart_goals_teams"], names, rows, own["corner_goals"], True, language)
        return
    bars = tuple(
        (f"{one.id}. {one.text.say(language)}", round(one.score), None) for one in report.goals if one.score is not None
    )
    yield Chart(own["chart_goals"], bars, language)


def coverage_chart(report: DrillReport, language: str) -> Iterator[HeatChart]:
    """Techniques by team, untested grey: never a nought."""
    own = words_of(language)
    codes = [code for code, _value in report.coverage]
    if not codes:
        return
    teams = [
        (report.head.team_name.say(language) or report.head.team, dict(report.coverage)),
        *((one.team, dict(one.coverage)) for one in report.peers),
    ]
    title = own["by_technique"]
    if len(codes) <= _MANY:
        rows = tuple((team, tuple(_hundred(found.get(code)) for code in codes)) for team, found in teams)
        yield HeatChart(title, tuple(codes), rows, own["corner_teams"], True, language)
        return
    down = tuple((code, tuple(_hundred(found.get(code)) for _team, found in teams)) for code in codes)
    yield HeatChart(title, tuple(team for team, _found in teams), down, own["corner_techniques"], True, language)


def trend_chart(report: DrillReport, language: str) -> Iterator[HeatChart]:
    """Measures over the drills that were held, where there is more than one."""
    own = words_of(language)
    drills = list(dict.fromkeys(code for _name, code, _value in report.trend))
    if len(drills) < 2:
        return
    found = {(name, code): round(100 * value) for name, code, value in report.trend}
    names = dict.fromkeys(name for name, _code, _value in report.trend)
    rows = tuple((name, tuple(found.get((name, code)) for code in drills)) for name in names)
    yield HeatChart(own["trend"], tuple(drills), rows, own["corner_trend"], True, language)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _hundred(value: float | None) -> int | None:
    return None if value is None else round(100 * value)
