"""A robot for exercises on real systems: it writes the log that red, blue and judges would write. Nothing is attacked."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from atttcli.clock import DAY, MINUTE
from atttcli.drill import conduct, judging
from atttcli.drill.logbook import permit_of

if TYPE_CHECKING:
    from atttcli.drill.robot import RobotClock
    from atttcli.drill.room import Room

_PAUSE = 20 * MINUTE
_JUDGE = "giam-khao"


def play_log(room: Room, clock: RobotClock, manner: str) -> None:
    """One red action for each technique; ideal notices and stops each with proof, silent nothing, noisy cries wolf as well."""
    if permit_of(room.scenario, room.planned, room.play().scoped).missing:
        judging.set_scope(room, authority="robot", begins=clock.time, ends=clock.time + 30 * DAY)
    conduct.start(room)
    targets = [one[0] for one in room.scenario.scope.targets] if room.scenario.scope else [""]
    for at, technique in enumerate(room.scenario.techniques):
        clock.time += _PAUSE
        red = judging.log(room, "red", f"{technique}", target=targets[at % len(targets)], technique=technique)
        judging.rule_on(room, red.id, "accepted", "robot", _JUDGE)
        if manner != "silent":
            _defend(room, clock, red.id, manner)
    if manner != "silent":
        for goal in room.scenario.goals:
            if goal.capability not in ("phat-hien", "ngan-chan"):
                _blue(room, goal.text.vi, manner, goal=goal.id)
    conduct.end(room, "robot")


def _defend(room: Room, clock: RobotClock, red: str, manner: str) -> None:
    clock.time += 5 * MINUTE
    if manner == "noisy":
        claim = judging.log(room, "blue", "?", what="detect")
        judging.rule_on(room, claim.id, "rejected", "robot", _JUDGE)
    _blue(room, f"{red}: thấy", manner, answers=red, what="detect")
    clock.time += 5 * MINUTE
    _blue(room, f"{red}: chặn", manner, answers=red, what="contain")


def _blue(room: Room, text: str, manner: str, *, answers: str = "", what: str = "", goal: str = "") -> None:
    proof = [] if manner == "noisy" else [("nhat-ky.txt", hashlib.sha256(text.encode()).hexdigest())]
    line = judging.log(room, "blue", text, answers=answers, what=what, goal=goal, evidence=proof)
    judging.rule_on(room, line.id, "accepted", "robot", _JUDGE)
