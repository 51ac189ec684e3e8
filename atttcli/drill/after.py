"""From a drill's room to the values of its papers: plan and books before, the after-action report afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from atttcli.drill.condition_words import said_when
from atttcli.drill.graph import condition_text
from atttcli.drill.payload import Artefact, make, spoken
from atttcli.drill.places import filled
from atttcli.drill.play import Play
from atttcli.drill.room import Room
from atttcli.drill.rulings import line_texts
from atttcli.drill.score import score
from atttcli.drill.spans import span_text
from atttcli.inventory.organisation import Organisation
from atttcli.model.drill import Action, Inject, Said, Score
from atttcli.model.drill_report import (
    DrillHead,
    DrillPlan,
    DrillReport,
    PlannedInject,
    ReportAction,
    ReportEvent,
    ReportGoal,
    ReportLine,
    TeamResult,
)

EXCERPT_BYTES, EXCERPT_LINES, EXCERPT_WIDTH = 4096, 8, 160
_SHOWN = (
    "opened",
    "linked",
    "dismissed",
    "classified",
    "moved",
    "evidence",
    "deadline",
    "paper",
    "advisory",
    "step",
    "answered",
    "voted",
)


def head_of(room: Room, place: Organisation, as_of: int) -> DrillHead:
    """The head: who signs is the response team's own organ."""
    organ = next((one for one in place.organs if one.role in ("doi_ucsc", "chuyen_trach")), None)
    scenario, planned = room.scenario, room.planned
    places = planned["places"]
    return DrillHead(
        code=room.code,
        name=scenario.name,
        situation=Said(filled(scenario.situation.vi, places), filled(scenario.situation.en, places)),
        scenario=scenario.code,
        version=scenario.version,
        sha256=scenario.digest,
        truth=scenario.truth_digest,
        format=scenario.format,
        team=str(planned["team"]),
        duration=scenario.duration,
        superior=organ.superior if organ else "",
        organ=organ.name if organ else place.name,
        symbol=organ.symbol if organ else "",
        place=place.place,
        as_of=as_of,
        language=str(planned["language"]),
        authority=str(planned.get("authority") or ""),
        signatures=organ.signatures[:1] if organ else (),
        team_name=team_name(room),
    )


def team_name(room: Room) -> Said:
    """Who plays, as people say it: the scenario's first role, with the team's own name where several play."""
    team, teams = str(room.planned["team"]), room.planned.get("teams") or ()
    first = room.scenario.roles[0].name if room.scenario.roles else Said(team, team)
    return first if len(teams) < 2 and team == "doi" else Said(f"{first.vi} ({team})", f"{first.en} ({team})")


def build_plan(room: Room, place: Organisation, as_of: int, *, verifies: Sequence[ReportAction] = ()) -> DrillPlan:
    """Plan and books of a drill. `verifies`: actions of earlier drills that this one puts to the test."""
    scenario = room.scenario
    return DrillPlan(
        head=head_of(room, place, as_of),
        begins=int(room.planned["base"]),
        goals=tuple((one.id, one.text, one.capability) for one in scenario.goals),
        roles=tuple((one.code, one.name) for one in scenario.roles),
        rules=scenario.rules,
        injects=tuple(_planned(room, one) for one in scenario.injects),
        weights=tuple(scenario.weights.items()),
        verifies=tuple(verifies),
    )


def _planned(room: Room, inject: Inject) -> PlannedInject:
    making = room.making(inject.id)
    files = make(inject, making)
    roles = {one.code: one.name for one in room.scenario.roles}
    truth = "" if inject.truth is None else "malicious" if inject.truth.malicious else "decoy"
    when = span_text(inject.at) if inject.at is not None else condition_text(inject.when)
    places = making.places
    return PlannedInject(
        id=inject.id,
        when=when,
        channel=inject.channel,
        to=roles.get(inject.to, Said()),
        text=spoken(inject, making, files),
        files=tuple(one.name for one in files),
        said_when=said_when(inject),
        excerpt=_excerpt(inject, files, places),
        truth=truth,
        why=_fill(inject.truth.why if inject.truth else Said(), places),
        hint=_fill(inject.hint, places),
        expects=tuple(
            (
                one.id, _fill(one.text, places), one.target // 60_000_000,
                tuple((option.id, _fill(option.text, places), option.grade) for option in one.options),
            )
            for one in inject.expects
        ),
    )  # fmt: skip


def _excerpt(inject: Inject, files: Sequence[Artefact], places: Any) -> str:
    """What a made file says, for a drill on paper: of a log the lines that matter, else the first lines where it is text."""
    if inject.payload.get("lines"):
        return "\n".join(filled(str(line), places).replace("|", " ", 1) for line in inject.payload["lines"])
    data = next((one.data for one in files), b"")[:EXCERPT_BYTES]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = data[: error.start].decode("utf-8") if error.start > len(data) - 4 else ""
    return "\n".join(line[:EXCERPT_WIDTH] for line in text.splitlines()[:EXCERPT_LINES])


def _fill(text: Said, places: Any) -> Said:
    return Said(filled(text.vi, places), filled(text.en, places))


def build_report(
    room: Room, place: Organisation, as_of: int, *, gates: Sequence[str] = (), earlier: Sequence[ReportAction] = (),
    actions: Sequence[ReportAction] = (), trend: Sequence[tuple[str, str, float]] = (),
    peers: Sequence[TeamResult] = (),
) -> DrillReport:  # fmt: skip
    """The after-action report. `gates`: breaches that only the real workspace can tell; `earlier`: actions of former drills."""
    play = room.play()
    found = score(room.scenario, play)
    last = room.store.row("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
    assert last is not None
    broken = tuple(dict.fromkeys((*found.gates, *gates)))
    clock = play.clock if play.ended is not None else play.clock_at(as_of)
    return DrillReport(
        head=head_of(room, place, as_of),
        started=play.started,
        ended=play.ended,
        active=clock.active,
        pauses=tuple(_pauses(room)),
        total=round(found.total, 2),
        valid=not broken,
        gates=broken,
        dims=tuple((dim, value, room.scenario.weights[dim]) for dim, value in found.dims),
        goals=tuple(_goals(room, found)),
        lines=tuple(_lines(room, found, line_texts(room.scenario, play))),
        coverage=found.coverage,
        alarms=(found.true_positives, found.false_positives, found.false_negatives),
        injects=(len(play.deliveries), len(room.scenario.injects)),
        timeline=tuple(sorted(_timeline(room, play), key=lambda one: (one.at, one.seq))),
        notes=tuple((one.sign, one.text, one.goal) for one in play.notes),
        survey=tuple(_survey(play)),
        survey_texts=tuple(str(one["text"]) for one in play.surveys if one.get("text")),
        earlier=tuple(earlier),
        actions=tuple(actions),
        trend=tuple(trend),
        robots=any(reason == "robot" for _seq, verb, reason in play.reasons if verb == "drill.ended"),
        entries=int(last["seq"]),
        hash=str(last["hash"]),
        peers=tuple(peers),
    )


def _pauses(room: Room) -> Iterator[tuple[int, str]]:
    for entry in room.journal.entries(verbs=("drill.paused",)):
        yield int(entry.payload.get("at") or entry.time), str(entry.payload.get("reason") or "")


def _goals(room: Room, found: Score) -> Iterator[ReportGoal]:
    texts = {one.id: _fill(one.text, room.planned["places"]) for one in room.scenario.expectations}
    goals = {one.id: one for one in room.scenario.goals}
    for one in found.goals:
        goal = goals[one.id]
        missed = tuple(texts[name] for name in one.missed)
        value = None if one.score is None else round(one.score, 2)
        yield ReportGoal(one.id, goal.text, goal.capability, value, one.letter, one.count, missed)


def _lines(room: Room, found: Score, texts: dict[str, Said]) -> Iterator[ReportLine]:
    measures = {one.id: one.measure for one in room.scenario.expectations}
    for one in found.lines:
        text = _fill(texts[one.expectation], room.planned["places"])
        yield ReportLine(
            one.id, text, one.dim, one.points, round(one.value, 4), one.reason, one.took, one.target, one.limit,
            one.entries, one.overridden, one.disagreed, inject=one.inject, measure=measures.get(one.expectation, ""),
        )  # fmt: skip


def _timeline(room: Room, play: Play) -> Iterator[ReportEvent]:
    for entry in room.journal.entries(
        verbs=("drill.started", "drill.paused", "drill.resumed", "drill.jumped", "drill.ended")
    ):
        at = int(entry.payload.get("at") or entry.time)
        reason = str(entry.payload.get("reason") or "")
        yield ReportEvent(at, play.clock_at(at).scenario, "clock", entry.verb, reason, entry.actor, entry.seq)
    channels = {one.id: one.channel for one in room.scenario.injects}
    for told in play.deliveries.values():
        yield ReportEvent(told.at, told.scenario, "inject", told.inject, channels.get(told.inject, ""), "", told.seq)
    for action in play.actions:
        if action.kind in _SHOWN:
            yield ReportEvent(
                action.at, action.scenario, "action", action.kind, _said_of(action), action.actor, action.seq
            )
    for one in play.log:
        words = (
            one.id,
            one.text,
            one.target,
            one.technique,
            one.answers,
            *(digest[:16] for _name, digest in one.evidence),
        )
        text = " · ".join(word for word in words if word)
        yield ReportEvent(one.at, play.clock_at(one.at).scenario, "log", one.side, text, one.by, one.seq)
    for note in play.notes:
        yield ReportEvent(note.at, play.clock_at(note.at).scenario, "note", note.sign, note.text, note.author, note.seq)


def _said_of(action: Action) -> str:
    data = action.data
    if action.kind == "answered":
        return " ".join(
            filter(None, (str(data.get("expectation")), str(data.get("choice") or ""), str(data.get("text") or "")))
        )
    if action.kind == "voted":
        votes = ", ".join(f"{name} {count}" for name, count in dict(data.get("votes") or {}).items())
        return " ".join(filter(None, (str(data.get("expectation")), votes, str(data.get("who") or ""))))
    if action.kind == "opened":
        return f"{data['incident']} {data['title']}"
    if action.kind == "classified":
        return " ".join(filter(None, (str(data.get("category", "")), str(data.get("severity", "")))))
    if action.kind in ("linked", "dismissed"):
        return " ".join((*data.get("alerts", ()), str(data.get("verdict") or ""))).strip()
    return " ".join(filter(None, (str(data.get("incident") or ""), str(data.get("title") or data.get("value") or ""))))


def _survey(play: Play) -> Iterator[tuple[str, float, int]]:
    names = dict.fromkeys(name for one in play.surveys for name in one["answers"])
    for name in names:
        values = [one["answers"][name] for one in play.surveys if name in one["answers"]]
        yield name, round(sum(values) / len(values), 2), len(values)
