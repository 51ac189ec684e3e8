"""What comes next in a drill: said by `drill` alone, after each command, and by `next` in the real workspace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from atttcli.cli import render
from atttcli.cli.agenda import Item
from atttcli.cli.context import App
from atttcli.cli.drill_open import mark, open_drill
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from atttcli.drill.room import Room

FIRST = "ransomware-commune"


def steps(app: App, room: Room) -> Iterator[tuple[str, str]]:
    """(what it does, command) of what may come next, the usual one first."""
    code = room.code
    phase = room.play().clock.phase
    yield from _of_format(room, code, phase)
    if room.is_sealed and phase == "ended":
        yield _("take it back to the centre"), f"atttcli drill pack {code} --for run"
    elif phase == "ready":
        yield _("print the books (controller, player, observer)"), f"atttcli drill plan {code} --book controller"
        yield _("start it; answers are typed there"), f"atttcli drill run {code}"
    elif phase == "running":
        yield _("controller's screen: hand over injects, type answers"), f"atttcli drill run {code}"
        yield _("board for the wall, no answers on it"), f"atttcli drill status {code} --watch"
        yield _("something real happened"), f"atttcli drill pause {code} --reason real-incident"
    elif phase == "paused":
        yield _("go on"), f"atttcli drill resume {code}"
        yield _("or end it early"), f"atttcli drill end {code}"
    elif not is_held(app, code):
        yield _("put its summary into the real journal"), f"atttcli drill end {code}"
    else:
        yield _("write the after-action report"), f"atttcli drill report {code}"
        yield _("enter each participant's opinion"), f"atttcli drill survey {code} --useful 4 --real 4 --clear 4"
        yield _("decide on an improvement"), f'atttcli action add "…" --drill {code} --measure …'
        if room.workspace.inbox.is_dir() and any(room.workspace.inbox.iterdir()):
            yield _("remove the exercise's files"), f"atttcli drill clean {code}"


def _of_format(room: Room, code: str, phase: str) -> Iterator[tuple[str, str]]:
    """What only a tabletop or an exercise on real systems needs."""
    if room.scenario.format == "tabletop" and phase == "ready":
        yield _("print the answer sheets, a part at a time"), f"atttcli drill forms {code} --blank --module M1"
    elif room.scenario.format == "log" and phase == "ready":
        yield (
            _("set what is allowed, by whom and when"),
            f"atttcli drill scope {code} --authorised-by … --from … --until …",
        )
        yield _("print the forms of judges and teams"), f"atttcli drill forms {code} --blank"
    elif room.scenario.format == "log" and phase == "running":
        yield _("enter what red and blue did, and the rulings"), f'atttcli drill log {code} red "…" --target T1'


def is_held(app: App, code: str) -> bool:
    """Whether the real journal has the summary."""
    return app.store.value("SELECT 1 FROM drill WHERE code = ?", code) is not None


def tell_next(app: App, room: Room) -> None:
    """The next steps, a command each."""
    render.line(_("Next:"))
    for what, command in steps(app, room):
        render.line(f"  {what}")
        render.line(f"      → {command}")


def overview(app: App) -> None:
    """`atttcli drill` alone: where the last drill stands and what comes next; without one, how to begin."""
    from atttcli.cli.drill import phase_word
    from atttcli.drill.room import drill_codes

    codes = drill_codes(app.workspace.root)
    if codes:
        with open_drill(app, codes[-1]) as room:
            render.line(f"{mark(room.code)}: {phase_word(room.play().clock.phase)}")
            tell_next(app, room)
        if len(codes) > 1:
            render.line(
                ngettext("{count} drill is kept here: atttcli drill list",
                         "{count} drills are kept here: atttcli drill list", len(codes))
            )  # fmt: skip
        render.line(_("A new one: {command}", command=f"atttcli drill new --from {FIRST}"))
    else:
        _beginning(app)
    render.line(_("Every command: {command}", command="atttcli drill --help"))


def _beginning(app: App) -> None:
    """No drill yet: the three commands, and which scenarios there are."""
    from atttcli.drill.scenario import find_scenario, load_scenario, shipped_names

    render.line(_("No drill is planned yet. Three commands hold one:"))
    for command in (f"new --from {FIRST}", "run", "report"):
        render.line(f"  atttcli drill {command}")
    render.line(_("Scenarios (each also as NAME-flash, 20 minutes):"))
    for name in shipped_names():
        if not name.endswith("-flash"):
            render.line(f"  {name}: {load_scenario(find_scenario(name)).name.say(app.workspace.language)}")


def drill_items(app: App) -> Iterator[Item]:
    """What `next` says of drills that go on, or that ended without their summary. Nothing is opened where no drill is kept."""
    from atttcli.drill.room import drill_codes

    for code in drill_codes(app.workspace.root):
        if is_held(app, code):
            continue
        with open_drill(app, code) as room:
            phase = room.play().clock.phase
            if phase == "ready":
                continue
            words = {
                "running": _("the exercise {code} is running", code=code),
                "paused": _("the exercise {code} is paused", code=code),
                "ended": _("the exercise {code} has ended, its summary is not in the journal", code=code),
            }[phase]
            yield Item(4, f"drill-{phase}", code, words, next(steps(app, room))[1])
