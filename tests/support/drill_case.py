"""A drill in a workspace of its own, without the command line: planned, opened, played by a robot."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

from atttcli.cli.workspace import make_workspace
from atttcli.clock import Clock
from atttcli.drill.conduct import plan
from atttcli.drill.robot import Robot, RobotClock
from atttcli.drill.room import Room, planned_of, sealed_scenario
from atttcli.drill.scenario import parse_scenario
from atttcli.inventory import Inventory, load_organisation
from atttcli.journal.journal import Journal
from atttcli.store.connection import Store
from atttcli.store.workspace import load_workspace

BASE = 1_795_392_000_000_000  # 23 Nov 2026, 00:00 UTC
PLACE = None


def bac_kan():
    global PLACE
    if PLACE is None:
        PLACE = load_organisation("bac-kan")
    return PLACE


@contextmanager
def drill_room(folder: Path, source: bytes, clock: Clock, *, code="DT-2026-0001", team="doi", seed=7, language="vi"):
    """Plan the scenario into `folder`/drills/CODE and open it."""
    place = bac_kan()
    root = folder / "drills" / code
    workspace = make_workspace(root, place, "vn-2017", language, clock, actor="dieu-hanh")
    scenario = parse_scenario(source, "scenario.yaml")
    with Store(workspace.database) as store:
        journal = Journal(store, "dieu-hanh", clock)
        plan(
            workspace, journal, place, source, scenario, number=code, team=team, teams=[team], language=language,
            seed=seed, base=BASE, words={},
        )  # fmt: skip
    with open_room(root, clock) as room:
        yield room


@contextmanager
def open_room(root: Path, clock: Clock, actor="dieu-hanh"):
    workspace = load_workspace(root)
    with Store(workspace.database) as store:
        journal = Journal(store, actor, clock)
        planned = planned_of(journal)
        scenario = sealed_scenario(root, planned)
        yield Room(workspace, store, journal, Inventory(bac_kan()), scenario, planned)


def robot_room(folder: Path, source: bytes, manner: str, **given):
    """A context with (room, told) of a drill that a robot has played to its end."""

    @contextmanager
    def played():
        clock = RobotClock(BASE)
        with drill_room(folder, source, clock, **given) as room:
            told = list(Robot(room, clock, manner).play())
            yield room, told

    return played()
