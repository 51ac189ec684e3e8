"""What is allowed on real systems in one drill, and the refusal to begin before all of it is set."""

from __future__ import annotations

from atttcli.clock import HOUR
from atttcli.drill.logbook import Permit, permit_of
from atttcli.drill.play import Play
from atttcli.drill.room import Room
from atttcli.errors import Refused

OPTIONS = {
    "targets": "--target", "tools": "--tool", "depth": "--depth", "stop": "--stop", "authority": "--authorised-by",
    "begins": "--from", "ends": "--until",
}  # fmt: skip


def permit_in_force(room: Room, play: Play | None = None) -> Permit:
    """What is allowed on real systems, as the scenario and the organiser have it."""
    found = play or room.play()
    return permit_of(room.scenario, room.planned, found.scoped)


def require_scope(room: Room, at: int | None = None) -> None:
    """Refused while something is not set that has to be set before anybody touches a real system."""
    if room.scenario.format != "log":
        return
    permit = permit_in_force(room)
    if permit.missing:
        missing = ", ".join(OPTIONS[one] for one in permit.missing)
        raise Refused(f"not set beforehand: {missing}", guard="scope", hint=f"atttcli drill scope {room.code} --help")
    moment = room.journal.clock.now() if at is None else at
    if permit.begins is not None and permit.ends is not None and not permit.begins - HOUR <= moment <= permit.ends:
        raise Refused("now is not the time that was allowed", guard="scope", hint=f"atttcli drill scope {room.code}")
