"""A drill as its journal tells it: clock, deliveries, actions, notes. A fold of entries, so a restart loses nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from atttcli.drill import clock as scenario_clock
from atttcli.drill.actions import read_actions
from atttcli.drill.clock import Clock, Tick
from atttcli.drill.logbook import line_of
from atttcli.journal.journal import undone_seqs
from atttcli.model.drill import Action, Delivery, Grade, LogLine, Note
from atttcli.store.connection import Store
from atttcli.store.projection import Entry

_CLOCK = {
    "drill.started": "start", "drill.paused": "pause", "drill.resumed": "resume", "drill.rated": "rate",
    "drill.jumped": "jump", "drill.ended": "end",
}  # fmt: skip


@dataclass(slots=True)
class Play:
    """Everything that a score rests on. `cites`: entry numbers of clock events by kind."""

    planned: dict[str, Any] = field(default_factory=dict)
    ticks: list[Tick] = field(default_factory=list)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    actions: list[Action] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)
    surveys: list[dict[str, Any]] = field(default_factory=list)
    reasons: list[tuple[int, str, str]] = field(default_factory=list)
    log: list[LogLine] = field(default_factory=list)
    grades: dict[str, dict[str, Grade]] = field(default_factory=dict)
    scoped: list[dict[str, Any]] = field(default_factory=list)
    shift: int = 0  # by how much the computer's clock was set back, all in all
    last: int = 0  # time of the last entry
    made: set[str] = field(default_factory=set)  # digests of all artefacts that were handed out
    breaches: tuple[str, ...] = ()  # safety gates of which the real workspace tells

    @property
    def clock(self) -> Clock:
        """The clock after its last event."""
        return scenario_clock.fold(self.ticks)

    def clock_at(self, moment: int) -> Clock:
        """The clock as it stood at a wall time."""
        return scenario_clock.fold(self.ticks, moment)

    def now(self, moment: int) -> Clock:
        """The clock now."""
        return self.clock_at(self.not_before(moment))

    def not_before(self, moment: int) -> int:
        """A moment that is not before the clock's last event: a journal's times may run ahead of the wall, robots' too."""
        return max(moment, self.ticks[-1].at if self.ticks else 0)

    def jumped_over(self, scenario: int) -> bool:
        """Whether the clock was put forward over this scenario time, rather than run through it."""
        before = Clock()
        for tick in self.ticks:
            if tick.kind == "jump" and before.at(tick.at).scenario < scenario <= tick.value:
                return True
            before = scenario_clock.step(before, tick)
        return False

    @property
    def started(self) -> int | None:
        """Wall time of the start."""
        return next((tick.at for tick in self.ticks if tick.kind == "start"), None)

    @property
    def ended(self) -> int | None:
        """Wall time of the end."""
        return next((tick.at for tick in self.ticks if tick.kind == "end"), None)

    @property
    def gates(self) -> list[Note]:
        """Notes that name a breach of safety."""
        return [note for note in self.notes if note.gate]


def when_of(entry: Entry) -> int:
    """The moment that an entry speaks of: what was said later names its own."""
    at = entry.payload.get("at")
    return at if isinstance(at, int) and not isinstance(at, bool) else entry.time


def read_play(entries: Iterable[Entry], undone: frozenset[int] = frozenset()) -> Play:
    """Fold the journal of a drill, undone entries left out."""
    kept = [entry for entry in entries if entry.seq not in undone]
    play = Play(last=max((entry.time for entry in kept), default=0))
    for entry in kept:
        if entry.verb == "drill.planned":
            play.planned = dict(entry.payload)
        elif entry.verb in _CLOCK:
            value = int(entry.payload.get("value") or 0)
            play.ticks.append(Tick(_CLOCK[entry.verb], when_of(entry), value))
            if entry.payload.get("reason"):
                play.reasons.append((entry.seq, entry.verb, str(entry.payload["reason"])))
    play.ticks.sort(key=lambda tick: tick.at)  # what was entered later with its time; ties stay in order
    for entry in kept:
        _fold(play, entry)
    for entry, kind, facts in read_actions(kept):
        moment = when_of(entry) if kind in ("answered", "voted") else entry.time
        now = play.clock_at(moment)
        play.actions.append(Action(kind, entry.seq, moment, now.active, now.scenario, entry.actor, entry.object, facts))
    play.actions.sort(key=lambda one: (one.at, one.seq))
    return play


def _fold(play: Play, entry: Entry) -> None:
    body, moment = entry.payload, when_of(entry)
    match entry.verb:
        case "drill.injected":
            now = play.clock_at(moment)
            inject = str(body["inject"])
            play.made.update(str(one["sha256"]) for one in body.get("artefacts", ()))
            if inject not in play.deliveries:
                play.deliveries[inject] = Delivery(
                    inject, entry.seq, moment, now.active, now.scenario, str(body.get("how") or "due"),
                    tuple(body.get("alerts", ())),
                )  # fmt: skip
        case "drill.skipped":
            play.skipped[str(body["inject"])] = entry.seq
        case "drill.shifted":
            play.shift += int(body["by"])
            play.notes.append(Note(entry.seq, moment, entry.actor, "i", str(body.get("text") or "")))
        case "drill.noted":
            play.notes.append(
                Note(entry.seq, moment, entry.actor, str(body.get("sign") or "i"), str(body.get("text") or ""),
                     str(body.get("goal") or ""), str(body.get("inject") or ""), str(body.get("gate") or ""))
            )  # fmt: skip
        case "drill.overridden":
            play.overrides[str(body["line"])] = {**body, "seq": entry.seq, "by": entry.actor}
        case "drill.surveyed":
            play.surveys.append({**body, "seq": entry.seq})
        case "drill.logged":
            play.log.append(line_of(entry, moment, play.clock_at(moment).active))
        case "drill.scoped":
            play.scoped.append(dict(body))
        case "drill.graded":
            rater = str(body.get("rater") or entry.actor)
            one = Grade(rater, float(body["value"]), str(body.get("reason") or ""), entry.seq)
            play.grades.setdefault(str(body["subject"]), {})[rater] = one


def play_of(store: Store) -> Play:
    """The drill of a drill's workspace, as its journal stands."""
    from atttcli.journal.journal import read_entries

    return read_play(read_entries(store.connection), undone_seqs(store.connection))
