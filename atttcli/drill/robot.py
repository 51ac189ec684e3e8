"""Players that are no people: one that does everything right, one that sleeps, one that cries wolf. They try scenarios out.

They work with the tool's own rooms (incidents, alerts) in the drill's workspace, so that a rehearsal runs what a team runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from atttcli.clock import MINUTE, SECOND, Clock
from atttcli.drill import conduct
from atttcli.drill.hands import perform
from atttcli.drill.places import filled
from atttcli.drill.robot_log import play_log
from atttcli.drill.room import Room
from atttcli.errors import UsageError
from atttcli.incident.casework import NewIncident, link_alerts, open_incident, set_fields
from atttcli.model.drill import Expectation, Inject
from atttcli.triage.decide import close_alerts

ROBOTS = ("ideal", "silent", "noisy")
_STRIDE = MINUTE


class RobotClock(Clock):
    """A wall clock that only the robot moves."""

    def __init__(self, at: int) -> None:
        self.time = at

    def now(self) -> int:
        """The time that the robot has come to."""
        return self.time


class Robot:
    """Plays one drill from start to end, on a clock of its own."""

    def __init__(self, room: Room, clock: RobotClock, manner: str) -> None:
        if manner not in ROBOTS:
            raise UsageError(f"there is no robot {manner[:20]!r}", hint="one of: " + ", ".join(ROBOTS))
        self.room = room
        self.clock = clock
        self.manner = manner
        self.incidents: dict[str, str] = {}

    def play(self) -> Iterator[conduct.Told]:
        """Start, play to the end of the scenario's time, end; what was told on the way."""
        room = self.room
        if room.scenario.format == "log":
            play_log(room, self.clock, self.manner)
            return
        conduct.start(room)
        while True:
            for told in conduct.advance(room):
                yield told
                self._answer(told.inject, told.alerts)
            if room.play().now(self.clock.now()).scenario >= room.scenario.duration:
                break
            self.clock.time += _STRIDE
        conduct.end(room, "robot")

    def _answer(self, inject: Inject, alerts: tuple[str, ...]) -> None:
        if self.manner == "silent":
            return
        for expectation in inject.expects:
            self.clock.time += SECOND
            if expectation.kind == "detect":
                self._detect(inject, expectation, alerts)
            elif expectation.kind == "dismiss":
                self._decoy(expectation, alerts)
            elif expectation.kind == "classify":
                self._classify(inject, expectation)
            elif not self._worked(inject, expectation):
                self._rest(expectation)

    def _worked(self, inject: Inject, expectation: Expectation) -> bool:
        """What the scenario waits to see in the tool is done in the tool, not told to the facilitator."""
        if expectation.fields or expectation.options:
            return False  # a paper's wording and a decision are judged as they were told
        truth = inject.truth
        known = self.incidents.get(truth.category if truth else self.room.scenario.category, "")
        return perform(self.room, known or next(iter(self.incidents.values()), ""), expectation)

    def _detect(self, inject: Inject, expectation: Expectation, alerts: tuple[str, ...]) -> None:
        room, truth = self.room, inject.truth
        category = truth.category if truth else room.scenario.category
        places = [m.value for m in expectation.on if m.kind == "opened"]
        if not alerts and not places:
            conduct.answer(room, expectation.id)
            return
        known = "" if self.manner == "noisy" else self.incidents.get(category, "")
        if known and alerts:
            link_alerts(room.journal, known, alerts)
            return
        self.incidents[category] = self._open(f"{room.scenario.name.vi} {inject.id}", alerts, places)

    def _open(self, title: str, alerts: tuple[str, ...], places: list[str]) -> str:
        room = self.room
        named = [room.planned["places"][name] for name in places if name in room.planned["places"]]
        new = NewIncident(
            title=title,
            agencies=tuple(one["code"] for one in named if one["kind"] == "agency"),
            systems=tuple(one["code"] for one in named if one["kind"] == "system"),
            owner="robot",
            exercise=True,
        )
        return open_incident(room.journal, room.workspace.organisation, room.workspace.profile, new, alerts)

    def _decoy(self, expectation: Expectation, alerts: tuple[str, ...]) -> None:
        if self.manner == "noisy":
            if alerts:
                self._open("?", alerts, [])
            else:
                conduct.answer(self.room, expectation.id, choice="incident")
        elif alerts:
            close_alerts(self.room.journal, alerts, "benign", "robot")
        else:
            conduct.answer(self.room, expectation.id, choice="dismiss")

    def _classify(self, inject: Inject, expectation: Expectation) -> None:
        truth = inject.truth
        fields = {"category": expectation.category or (truth.category if truth else "")}
        fields["severity"] = expectation.severity or (truth.severity if truth else "")
        incident = self.incidents.get(truth.category if truth else self.room.scenario.category)
        if incident:
            set_fields(self.room.journal, incident, {name: value for name, value in fields.items() if value})
        else:
            conduct.answer(self.room, expectation.id, fields=fields)

    def _rest(self, expectation: Expectation) -> None:
        places = self.room.planned["places"]
        best = max(expectation.options, key=lambda one: one.grade, default=None)
        fields = {name: filled(truth, places).split("|")[0] or "x" for name, truth in expectation.fields}
        conduct.answer(
            self.room, expectation.id, choice=best.id if best else "", fields=fields, addressee=expectation.addressee,
            evidence=expectation.evidence, grade=1.0 if expectation.kind == "decision" and best is None else None,
        )  # fmt: skip
