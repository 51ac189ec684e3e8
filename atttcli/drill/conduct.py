"""Conducting a drill: every change is one entry in the drill's own journal. Injects are made, taken in and told here."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atttcli.clock import MINUTE, SECOND
from atttcli.drill import clock as scenario_clock
from atttcli.drill.clock import ENDED, PAUSED, READY, RUNNING, SET_BACK, UNIT, DrillClock, Tick
from atttcli.drill.condition import Situation, holds
from atttcli.drill.match import MAY_BE_NA, Reader
from atttcli.drill.payload import Artefact, make, spoken
from atttcli.drill.places import resolve_places
from atttcli.drill.play import Play
from atttcli.drill.room import SCENARIO, Room
from atttcli.drill.scope import require_scope
from atttcli.drill.score import score
from atttcli.errors import Conflict, NotFound, Refused, UsageError
from atttcli.ingest.route import Manner
from atttcli.ingest.run import Ingest
from atttcli.inventory.organisation import Organisation
from atttcli.journal.journal import Journal
from atttcli.model.drill import CHOICES, GATES, MADE, Inject, Scenario
from atttcli.packaged import packaged
from atttcli.store.durable import make_folder, write_whole
from atttcli.store.workspace import Workspace

LEFTOVER = "drill_leftover"
_TURN, _TURNS = 0.1, 600  # seconds, times
SIGNS = ("+", "-", "!", "i")


@dataclass(frozen=True, slots=True)
class Told:
    """An inject that has just reached the team: what is said to whom, and the files that came with it."""

    inject: Inject
    text: str
    files: tuple[Path, ...]
    alerts: tuple[str, ...]
    how: str


def plan(
    workspace: Workspace, journal: Journal, place: Organisation, source: bytes, scenario: Scenario, *, number: str,
    team: str, teams: Iterable[str], language: str, seed: int | None, base: int, words: Mapping[str, Any], code: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Seal a scenario into a drill's fresh workspace; what was planned. `code`: its name, where its folder has another yet."""
    write_whole(workspace.root / SCENARIO, source, 0o600)
    lay_rules(workspace)
    body: dict[str, Any] = {
        "drill": number, "scenario": scenario.code, "version": scenario.version, "sha256": scenario.digest,
        "truth": scenario.truth_digest, "seed": secrets.randbelow(1 << 32) if seed is None else seed, "team": team,
        "teams": list(teams), "language": language, "base": base // SECOND * SECOND,
        "places": resolve_places(scenario, place), **words,
    }  # fmt: skip
    with journal.transaction():
        journal.append("rule.disabled", LEFTOVER, {"reason": "in a drill its artefacts are the drill"})
        journal.append("drill.planned", code or workspace.root.name, body)
    return body


def lay_rules(workspace: Workspace) -> None:
    """The rules that know the artefacts of drills, into a drill's workspace; they stand in no other."""
    for kind in ("yara", "network"):
        make_folder(workspace.rules / kind)
        for path in sorted((packaged("seeds") / "drills" / "rules" / kind).iterdir()):
            write_whole(workspace.rules / kind / path.name, path.read_bytes())


def set_right(room: Room) -> int:
    """Make good what the computer's clock was set back by: the drill goes on where it stood. Microseconds, 0 for nothing.

    Without it a second that was lived twice would be no time at all, and whoever is late would be in time.
    """
    with room.journal.transaction():
        play, clock = room.play(), room.journal.clock
        if isinstance(clock, DrillClock):
            clock.shift = play.shift
        else:
            room.journal.clock = clock = DrillClock(clock, play.shift)
        behind = play.last - clock.now()
        if behind < SET_BACK:
            return 0
        clock.shift += behind
        minutes = f"{behind // MINUTE}:{behind % MINUTE // SECOND:02d}"
        text = f"Đồng hồ của máy bị chỉnh lùi {minutes} / the computer's clock was set back by {minutes}"
        room.journal.append("drill.shifted", room.code, {"by": behind, "text": text})
        return behind


def _said_at(room: Room, at: int | None) -> int | None:
    """The time that somebody gave: nothing has happened yet that is still to come. Refused otherwise."""
    if at is not None and at > room.play().not_before(max(room.journal.clock.now(), room.play().last)) + MINUTE:
        raise Refused("that time is still to come", guard="time", hint="give the time at which it was: --at 09:14")
    return at


def start(room: Room, at: int | None = None, rate: int = UNIT) -> None:
    """Start the clock; on real systems not before all that CT 60 asks is set."""
    require_scope(room, at)
    with room.journal.transaction():
        _clock(room, "start", at, {})
        if rate != UNIT:
            _clock(room, "rate", at, {"value": rate})


def pause(room: Room, reason: str, at: int | None = None) -> None:
    """Stop the clock; `real-incident` is reason enough at any moment."""
    _clock(room, "pause", at, {"reason": reason})


def resume(room: Room, at: int | None = None, rate: int | None = None) -> None:
    """Go on, at another rate when one is given; of a drill that runs only the rate is changed."""
    with room.journal.transaction():
        phase = room.play().clock.phase
        if phase != RUNNING or rate is None:
            _clock(room, "resume", at, {})
        if rate is not None:
            _clock(room, "rate", at, {"value": rate})


def jump(room: Room, to: int, at: int | None = None) -> list[Told]:
    """Put the scenario's clock forward; what falls due on the way is delivered in order, marked."""
    _clock(room, "jump", at, {"value": to})
    return advance(room, at=at, jumping=True)


def end(room: Room, reason: str = "", at: int | None = None) -> None:
    """End the drill: nothing counts any more."""
    _clock(room, "end", at, {"reason": reason})


_VERB = {
    "start": "drill.started", "pause": "drill.paused", "resume": "drill.resumed", "rate": "drill.rated",
    "jump": "drill.jumped", "end": "drill.ended",
}  # fmt: skip


def _clock(room: Room, kind: str, at: int | None, body: dict[str, Any]) -> None:
    with room.journal.transaction():
        set_right(room)
        play, at = room.play(), _said_at(room, at)
        moment = at if at is not None else max(room.journal.clock.now(), play.clock.since)
        if play.ticks and moment < play.ticks[-1].at:
            raise Refused("the clock's events come in order", guard="clock", hint="give a later --at")
        scenario_clock.step(play.clock, Tick(kind, moment, int(body.get("value") or 0)))
        room.journal.append(_VERB[kind], room.code, body | ({"at": moment} if at is not None else {}))


def due(room: Room, play: Play, now: int) -> Inject | None:
    """The next inject to be delivered (or held back) now, the earliest first."""
    clock = play.clock_at(now)
    if clock.phase not in (RUNNING, PAUSED):
        return None
    seen = situation(room, play, now)
    waiting = [one for one in room.scenario.injects if one.id not in play.deliveries and one.id not in play.skipped]
    timed = [one for one in waiting if one.at is not None and one.at <= clock.scenario]
    if timed:
        return min(timed, key=lambda one: (one.at or 0, one.id))
    return next((one for one in waiting if one.when is not None and holds(one.when, seen)), None)


def situation(room: Room, play: Play, now: int) -> Situation:
    """What conditions ask, as it stands."""
    clock, reader = play.clock_at(now), Reader(room.scenario, play)
    done = frozenset(
        one.id
        for one in room.scenario.expectations
        if reader.achieved(one)
    )  # fmt: skip
    delivered = {name: one.scenario for name, one in play.deliveries.items()}
    last = max((one.scenario for one in play.actions), default=0)  # what is handed out is no action of the team

    def scored(goal: str) -> float:
        if room.is_sealed:
            return 100.0  # without the answers nobody knows the score: no branch opens on it
        found = score(room.scenario, play)
        if not goal:
            return found.total if found.lines else 100.0
        # Of what nothing was asked yet no score is low: a team is not behind before it began.
        return next((one.score for one in found.goals if one.id == goal and one.score is not None), 100.0)

    return Situation(clock.scenario, delivered, done, last, scored)


def advance(room: Room, at: int | None = None, *, jumping: bool = False) -> list[Told]:
    """Deliver all that is due now, in order; what was told. A paused clock delivers nothing but what a jump passed."""
    set_right(room)
    _said_at(room, at)
    told: list[Told] = []
    while True:
        play = room.play()
        moment = at if at is not None else play.not_before(room.journal.clock.now())
        inject = due(room, play, moment)
        if inject is None:
            return told
        jumped = inject.at is not None and play.jumped_over(inject.at)
        if play.clock.phase == PAUSED and not (jumping or jumped):
            return told
        if inject.unless is not None and holds(inject.unless, situation(room, play, moment)):
            _skip(room, inject)
            continue
        one = _deliver(room, inject, "jump" if jumping or jumped else "due", at)
        if one is not None:  # else another process was faster, or somebody paused or ended meanwhile
            told.append(one)


def _skip(room: Room, inject: Inject) -> None:
    with room.journal.transaction():
        play = room.play()
        if inject.id not in play.skipped and inject.id not in play.deliveries:
            room.journal.append("drill.skipped", room.code, {"inject": inject.id})


def inject_by_hand(room: Room, identity: str, at: int | None = None) -> Told:
    """Deliver one inject now, or say that it was delivered at a time (a drill on paper)."""
    inject = room.scenario.inject(identity.strip().upper())
    if inject is None:
        raise NotFound(f"no inject {identity[:20]!r}", hint="atttcli drill graph")
    set_right(room)
    _said_at(room, at)
    play = room.play()
    if play.clock.phase in (READY, ENDED):
        raise Refused(f"the drill is {play.clock.phase}", guard="clock", hint="atttcli drill run")
    if at is not None and at < (play.started or 0):
        raise Refused("the drill began later than that", guard="time", hint="atttcli drill status")
    told = None if inject.id in play.deliveries else _deliver(room, inject, "hand", at)
    if told is None:
        raise Conflict(f"{inject.id} was delivered already", hint="atttcli drill status")
    return told


def _deliver(room: Room, inject: Inject, how: str, at: int | None) -> Told | None:
    """Files are written and taken in first, the entry comes last: a delivery that died is made again, from the same bytes.

    Of two processes that deliver the same, one writes the entry; the other one gets None and tells nothing.
    """
    making = room.making(inject.id)
    artefacts = make(inject, making)
    paths = _write(room.workspace.inbox / making.sign(inject.id), artefacts)
    if paths and inject.channel in MADE:
        _take_in(room, inject, paths)
    text = spoken(inject, making, artefacts)
    write_whole(room.workspace.outbox / f"{room.code}-{inject.id}.txt", (text + "\n").encode())
    with room.journal.transaction():
        play = room.play()
        still = (RUNNING, PAUSED) if how in ("hand", "jump") else (RUNNING,)
        if inject.id in play.deliveries or play.clock.phase not in still:
            return None
        alerts = _alerts_of(room, artefacts, play) if paths and inject.channel in MADE else ()
        body: dict[str, Any] = {
            "inject": inject.id, "channel": inject.channel, "to": inject.to, "how": how, "alerts": list(alerts),
            "artefacts": [{"name": one.name, "sha256": one.sha256} for one in artefacts],
        }  # fmt: skip
        room.journal.append("drill.injected", room.code, body | ({"at": at} if at is not None else {}))
    return Told(inject, text, tuple(paths), alerts, how)


def _write(folder: Path, artefacts: list[Artefact]) -> list[Path]:
    paths = []
    for artefact in artefacts:
        make_folder(folder)
        path = folder / artefact.name
        write_whole(path, artefact.data)
        paths.append(path)
    return paths


def _take_in(room: Room, inject: Inject, paths: list[Path]) -> None:
    """Through the ingest, one process at a time: this one waits for its turn, unless the other one does the same inject."""
    left = _TURNS
    while inject.id not in room.play().deliveries:
        try:
            _ingest(room, paths)
        except Conflict:
            if not left:
                raise
        else:
            return
        left -= 1
        time.sleep(_TURN)


def _ingest(room: Room, paths: list[Path]) -> None:
    manner = Manner(own_networks=room.inventory.own_networks(), own_domains=room.inventory.own_domains())
    job = Ingest(room.workspace, room.store, room.inventory, room.journal.clock, room.journal.actor, manner)
    job.run([str(path) for path in paths])


def _alerts_of(room: Room, artefacts: list[Artefact], play: Play) -> tuple[str, ...]:
    """Alerts that were seen in these files, without those that an earlier inject brought."""
    digests = [one.sha256 for one in artefacts]
    marks = ",".join("?" * len(digests))
    sql = (
        "SELECT DISTINCT a.number FROM alert a JOIN sighting s ON s.alert = a.id"
        f" WHERE s.source_sha256 IN ({marks}) ORDER BY a.number"
    )
    known = {number for one in play.deliveries.values() for number in one.alerts}
    return tuple(row[0] for row in room.store.rows(sql, *digests) if row[0] not in known)


def answer(
    room: Room, identity: str, *, at: int | None = None, choice: str = "", grade: float | None = None, text: str = "",
    fields: Mapping[str, str] | None = None, addressee: str = "", evidence: bool = False,
) -> None:  # fmt: skip
    """What a team did about one expectation, entered by the facilitator, with its time where it was earlier."""
    expectation = room.scenario.expectation(identity.strip().upper())
    if expectation is None:
        raise NotFound(f"no expectation {identity[:20]!r}", hint="atttcli drill score")
    options = [one.id for one in expectation.options]
    if choice and choice not in (*CHOICES, *options):
        raise UsageError(f"{choice[:30]!r} is no choice here", hint="one of: " + ", ".join((*options, *CHOICES)))
    if choice == "na" and expectation.kind not in MAY_BE_NA:
        raise Refused("only a step, a measure or an exhibit can be not applicable", guard="na", hint="--choice no")
    if choice == "na" and not text.strip():
        raise Refused("not applicable needs a reason", guard="reason", hint='--note "…"')
    if grade is not None and grade not in (0, 0.5, 1):
        raise UsageError("a grade is 0, 0.5 or 1")
    set_right(room)
    _said_at(room, at)
    play = room.play()
    delivery = play.deliveries.get(expectation.inject)
    if delivery is None:
        raise Refused(
            f"{expectation.inject} was not delivered yet", guard="inject",
            hint=f"atttcli drill inject last {expectation.inject}",
        )  # fmt: skip
    if at is not None and at < delivery.at:
        raise Refused(f"{expectation.inject} was delivered later than that", guard="time", hint="atttcli drill status")
    if play.ended is not None and (room.journal.clock.now() if at is None else at) > play.ended:
        raise Refused(
            "the drill had ended by then: nothing after its end counts", guard="clock",
            hint="give the time at which it was: --at 09:14",
        )  # fmt: skip
    body: dict[str, Any] = {"expectation": expectation.id, "choice": choice or _usual(expectation.kind), "text": text}
    body |= {"fields": dict(fields or {}), "addressee": addressee, "evidence": evidence}
    if grade is not None:
        body["grade"] = grade
    room.journal.append("drill.answered", room.code, body | ({"at": at} if at is not None else {}))


def _usual(kind: str) -> str:
    return "dismiss" if kind == "dismiss" else "yes"


def note(
    room: Room, sign: str, text: str, *, goal: str = "", inject: str = "", gate: str = "", at: int | None = None
) -> None:
    """What an observer saw; `gate` says that a safety gate was broken, which makes the result void."""
    if sign not in SIGNS:
        raise UsageError(f"{sign[:10]!r} is no sign", hint="one of: " + " ".join(SIGNS))
    if gate and gate not in GATES:
        raise UsageError(f"{gate[:30]!r} is no gate", hint="one of: " + ", ".join(GATES))
    if not text.strip():
        raise UsageError("the note is empty")
    if goal and goal not in {one.id for one in room.scenario.goals}:
        raise NotFound(f"no objective {goal[:20]!r}", hint="atttcli drill status")
    body = {"sign": sign, "text": text, "goal": goal, "inject": inject, "gate": gate}
    room.journal.append("drill.noted", room.code, body | ({"at": at} if at is not None else {}))


def rule(room: Room, line: str, value: float, reason: str) -> None:
    """The controller's ruling over one line of the score, with a reason."""
    if not 0 <= value <= 1:
        raise UsageError("a line is worth 0 to 1")
    if not reason.strip():
        raise Refused("a ruling needs a reason", guard="reason", hint='--reason "…"')
    if line not in {one.id for one in score(room.scenario, room.play()).lines}:
        raise NotFound(f"no score line {line[:20]!r}", hint="atttcli drill score")
    room.journal.append("drill.overridden", room.code, {"line": line, "value": value, "reason": reason})


def survey(room: Room, answers: Mapping[str, int], text: str = "") -> None:
    """One participant's answers, 1 to 5, without a name."""
    for name, value in answers.items():
        if not 1 <= value <= 5:
            raise UsageError(f"{name[:20]} is 1 to 5")
    room.journal.append("drill.surveyed", room.code, {"answers": dict(answers), "text": text})
