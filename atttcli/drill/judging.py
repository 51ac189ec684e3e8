"""Writing down what people judge: grades of raters, votes round a table, the log of an exercise on real systems, its scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from atttcli.drill.clock import ENDED, READY
from atttcli.drill.conduct import set_right
from atttcli.drill.logbook import LEVELS, RULED, WHATS, Permit, next_id, outside
from atttcli.drill.rating import VALUES
from atttcli.drill.room import Room
from atttcli.drill.scope import permit_in_force
from atttcli.errors import Conflict, NotFound, Refused, UsageError
from atttcli.model.drill import LogLine

SIDES = ("red", "blue", "judge")
MAX_TABLE = 500  # voters round one table


def grade(room: Room, subject: str, value: float, reason: str, rater: str = "") -> None:
    """One rater's grade of an expectation or of a logged action; each rater has one, the newest."""
    if value not in VALUES:
        raise UsageError("a grade is 0, 0.5 or 1")
    if not reason.strip():
        raise Refused("a grade needs a reason", guard="reason", hint='--reason "…"')
    if room.is_sealed:
        raise Refused(
            "this copy holds no answers: it is scored at the centre",
            guard="sealed",
            hint="atttcli drill pack --for run",
        )
    play, wanted = room.play(), subject.strip().upper()
    known = {one.id for one in play.log if one.side != "judge"} | {one.id for one in room.scenario.expectations}
    if wanted not in known:
        raise NotFound(f"nothing to grade is called {subject[:20]!r}", hint="atttcli drill score")
    body = {"subject": wanted, "value": value, "reason": reason, "rater": " ".join(rater.split())}
    room.journal.append("drill.graded", room.code, body)


def vote(room: Room, identity: str, votes: Mapping[str, int], *, who: str = "", at: int | None = None) -> None:
    """How the table voted on a question: all votes counted, or with `who` those of one participant or group."""
    set_right(room)
    expectation = room.scenario.expectation(identity.strip().upper())
    if expectation is None or not expectation.options:
        raise NotFound(f"no question with options is called {identity[:20]!r}", hint="atttcli drill graph")
    options = [one.id for one in expectation.options]
    for name, count in votes.items():
        if name not in options:
            raise UsageError(f"{name[:30]!r} is no choice here", hint="one of: " + ", ".join(options))
        if not 0 <= count <= MAX_TABLE:
            raise UsageError(f"0 to {MAX_TABLE} votes for an option")
    play = room.play()
    delivery = play.deliveries.get(expectation.inject)
    if delivery is None:
        raise Refused(f"{expectation.inject} was not delivered yet", guard="inject", hint="atttcli drill inject")
    moment = room.journal.clock.now() if at is None else at
    if at is not None and at < delivery.at:
        raise Refused(f"{expectation.inject} was delivered later than that", guard="time", hint="atttcli drill status")
    if play.ended is not None and moment > play.ended:
        raise Refused("the drill had ended by then", guard="clock", hint="give the time at which it was: --at 09:14")
    body: dict[str, Any] = {"expectation": expectation.id, "votes": dict(votes), "who": " ".join(who.split())}
    room.journal.append("drill.voted", room.code, body | ({"at": at} if at is not None else {}))


def set_scope(
    room: Room, *, targets: Mapping[str, str] | None = None, tools: Sequence[str] = (), forbidden: Sequence[str] = (),
    depth: str = "", stop: str = "", authority: str = "", begins: int | None = None, ends: int | None = None,
) -> Permit:  # fmt: skip
    """Set what is allowed, before the start: once people work on real systems nobody widens it any more."""
    with room.journal.transaction():
        play = room.play()
        if room.scenario.format != "log":
            raise Refused("only an exercise on real systems has a scope", guard="format", hint="atttcli drill list")
        if play.clock.phase != READY:
            raise Refused("the scope is set before the start", guard="clock", hint="atttcli drill new")
        if begins is not None and ends is not None and ends <= begins:
            raise UsageError("it ends after it begins")
        body: dict[str, Any] = {"targets": dict(targets or {}), "tools": list(tools), "forbidden": list(forbidden)}
        body |= {"depth": depth, "stop": stop, "authority": authority, "begins": begins, "ends": ends}
        room.journal.append("drill.scoped", room.code, body)
        return permit_in_force(room)


def log(
    room: Room, side: str, text: str, *, target: str = "", technique: str = "", level: str = "", answers: str = "",
    what: str = "", goal: str = "", evidence: Sequence[tuple[str, str]] = (), at: int | None = None,
) -> LogLine:  # fmt: skip
    """A line of the log: what red or blue did, with its proof, or a judge's remark; the line with its id.

    A red action outside of what was allowed is kept and marked: it happened.
    """
    if side not in SIDES:
        raise UsageError(f"{side[:10]!r} is no side", hint="one of: " + ", ".join(SIDES))
    if level not in LEVELS or what not in WHATS:
        raise UsageError("no such level or kind", hint=", ".join((*LEVELS[1:], *WHATS[1:])))
    if not text.strip():
        raise UsageError("the line is empty")
    if goal and goal not in {one.id for one in room.scenario.goals}:
        raise NotFound(f"no objective {goal[:20]!r}", hint="atttcli drill status")
    if what and (side != "blue" or (what == "contain" and not answers)):
        raise UsageError("a blue action answers a red one: --answers R1 --as detect|contain")
    set_right(room)
    with room.journal.transaction():
        play = room.play()
        moment = play.not_before(room.journal.clock.now()) if at is None else at
        phase = play.clock.phase
        if phase == READY or (phase == ENDED and (play.ended is None or moment > play.ended)):
            raise Refused(f"the drill is {phase}", guard="clock", hint="atttcli drill run, or --at TIME before its end")
        if moment < (play.started or 0):
            raise Refused("the drill began later than that", guard="time", hint="atttcli drill status")
        if answers and answers not in {one.id for one in play.log if one.side == "red"}:
            raise NotFound(f"no red action is called {answers[:20]!r}", hint="atttcli drill log last list")
        beyond: tuple[str, ...] = ()
        if side == "red" and room.scenario.format == "log":
            beyond = outside(permit_in_force(room, play), target, moment, play.clock_at(moment).phase)
        body: dict[str, Any] = {
            "id": next_id(play.log, side), "side": side, "text": text, "target": target, "technique": technique,
            "level": level, "answers": answers, "what": what, "goal": goal, "outside": list(beyond),
            "evidence": [{"name": name, "sha256": digest} for name, digest in evidence],
        }  # fmt: skip
        room.journal.append("drill.logged", room.code, body | ({"at": at} if at is not None else {}))
        return room.play().log[-1] if at is None else next(one for one in room.play().log if one.id == body["id"])


def rule_on(room: Room, line: str, ruling: str, reason: str, rater: str = "") -> None:
    """A judge's ruling over one action: accepted, partly or rejected."""
    if ruling not in RULED:
        raise UsageError(f"{ruling[:20]!r} is no ruling", hint="one of: " + ", ".join(RULED))
    wanted = line.strip().upper()
    if wanted not in {one.id for one in room.play().log if one.side != "judge"}:
        raise NotFound(f"no action is called {line[:20]!r}", hint="atttcli drill log last list")
    if wanted in {one.id for one in room.scenario.expectations}:
        raise Conflict(f"{wanted} is an expectation of the script", hint="atttcli drill grade")
    grade(room, wanted, RULED[ruling], reason, rater)
