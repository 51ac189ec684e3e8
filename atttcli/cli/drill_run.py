"""`atttcli drill run | status | inject | pause | resume | jump | end`: conducting a drill."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.drill_desk import sit
from atttcli.cli.drill_next import tell_next
from atttcli.cli.drill_open import (
    at_option,
    code_argument,
    json_option,
    mark,
    moment_of,
    open_drill,
    rate_of,
    status_json,
    tell,
    told_json,
)
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.drill.room import Room

_POLL = 2.0


@click.command()
@code_argument
@click.option(
    "--rate", metavar="FACTOR", help="How fast the scenario's clock runs (answers are measured in real time)."
)
@click.option("--once", is_flag=True, help="Hand over what is due now, then stop (the clock runs on).")
@click.option("--robot", type=click.Choice(("ideal", "silent", "noisy")), help="Let a robot play it to its end.")
@at_option
@json_option
@with_app
def run(
    app: App, code: str, rate: str | None, once: bool, robot: str | None, at: str | None, as_json: bool
) -> None:  # fmt: skip
    """Start a drill or go on with it: each inject is handed over as it falls due. Interrupt it at any time, nothing is lost.

    On a terminal it is the controller's screen: answers, notes, pause and end are typed there (? says how).

    \b
    Examples:
      atttcli drill run
      atttcli drill run DT-2026-0001 --rate 2
      atttcli drill run last --robot ideal
    """
    from atttcli.drill import conduct
    from atttcli.drill.clock import ENDED, PAUSED, READY, UNIT

    app.permit("drill.started")
    if robot:
        _robot(app, code, robot, as_json)
        return
    with open_drill(app, code) as room:
        factor, moment = rate_of(rate), moment_of(room, at)
        phase = room.play().clock.phase
        if phase == READY:
            conduct.start(room, moment, factor or UNIT)
        elif phase == PAUSED or (factor is not None and phase != ENDED):
            conduct.resume(room, moment, factor)
        if not as_json:
            render.line(mark(room.code))
            _so_far(room, phase)
        if once or as_json or at or not render.is_interactive():
            _hand_over(room, as_json, moment)
            if not as_json:
                board(room)
                tell_next(app, room)
            return
        sit(app, room)


def _so_far(room: Room, phase: str) -> None:
    """Who goes on sees what was handed over: the screen that told it may be gone."""
    from atttcli.drill.clock import READY

    told = room.play().deliveries
    if phase != READY and told:
        render.line(_("Handed over so far: {injects}; their texts: {folder}", injects=", ".join(told),
                      folder=room.workspace.outbox))  # fmt: skip


def _hand_over(room: Room, as_json: bool, at: int | None = None) -> None:
    from atttcli.drill.conduct import advance

    for told in advance(room, at=at):
        if as_json:
            render.emit_json(told_json(told))
        else:
            tell(room, told)


def _robot(app: App, code: str, manner: str, as_json: bool) -> None:
    from atttcli.drill.robot import Robot, RobotClock

    clock = RobotClock(app.clock.now())
    with open_drill(app, code, clock) as room:
        if not as_json:
            render.line(mark(room.code))
        for told in Robot(room, clock, manner).play():
            if as_json:
                render.emit_json(told_json(told))
            else:
                tell(room, told)
        _held(app, room)
        if not as_json:
            board(room)
            tell_next(app, room)


@click.command()
@code_argument
@click.option("--watch", is_flag=True, help="Draw it anew every two seconds, all teams of the drill.")
@json_option
@with_app
def status(app: App, code: str, watch: bool, as_json: bool) -> None:
    """The board: clock, injects, teams, score. It shows no answers, so it can stand on the wall.

    \b
    Examples:
      atttcli drill status
      atttcli drill status DT-2026-0001 --watch
    """
    from atttcli.drill.room import find_code, teams_of

    found = find_code(app.workspace.root, code)
    codes = list(teams_of(app.workspace.root, found)) if watch or as_json else [found]
    if watch and not as_json and render.is_interactive():
        _wall(app, codes)
    for one in codes:
        with open_drill(app, one) as room:
            if as_json:
                render.emit_json(status_json(room))
            else:
                render.line(mark(room.code))
                board(room)
                if not watch:
                    tell_next(app, room)


def _wall(app: App, codes: list[str]) -> None:
    """The board on a screen of its own until all teams have ended or Ctrl-C; reading only."""
    from atttcli.cli.drill_board import board_lines, team_board

    with ExitStack() as kept:
        rooms = [kept.enter_context(open_drill(app, one)) for one in codes]

        def draw(width: int, height: int) -> list[tuple[str, str]] | None:
            teams = [team_board(room) for room in rooms]
            if all(one.phase == "ended" for one in teams):
                return None
            return board_lines(teams, width, height)

        try:
            render.live(draw, _POLL)
        except KeyboardInterrupt:
            render.line(_("The board is left; the clock runs on."))


def board(room: Room) -> None:
    """The board as plain lines, at most as wide as the screen."""
    from atttcli.cli.drill_board import plain_board

    for text in plain_board(room):
        render.line(text)


@click.command()
@click.argument("code", metavar="DRILL")
@click.argument("identity", metavar="INJECT")
@at_option
@json_option
@with_app
def inject(app: App, code: str, identity: str, at: str | None, as_json: bool) -> None:
    """Hand over one inject by hand, or say when it was handed over on paper.

    \b
    Example:
      atttcli drill inject last A4 --at 09:05
    """
    from atttcli.drill.conduct import inject_by_hand

    app.permit("drill.injected")
    with open_drill(app, code) as room:
        told = inject_by_hand(room, identity, moment_of(room, at))
        if as_json:
            render.emit_json(told_json(told))
        else:
            render.line(mark(room.code))
            tell(room, told)


def _done(app: App, room: Room, as_json: bool) -> None:
    if as_json:
        render.emit_json(status_json(room))
    else:
        render.line(mark(room.code))
        board(room)
        tell_next(app, room)


@click.command()
@code_argument
@click.option("--reason", required=True, metavar="TEXT", help="Why; real-incident when something real happened.")
@at_option
@json_option
@with_app
def pause(app: App, code: str, reason: str, at: str | None, as_json: bool) -> None:
    """Stop the clock. It works at any moment; pauses never change a score.

    \b
    Example:
      atttcli drill pause --reason real-incident
    """
    from atttcli.drill.conduct import pause as stop

    with open_drill(app, code) as room:
        stop(room, reason, moment_of(room, at))
        if reason == "real-incident" and not as_json:
            render.line(
                _("EXERCISE STOPPED. The real incident: {command}", command='atttcli incident open --title "…"')
            )
        _done(app, room, as_json)


@click.command()
@code_argument
@click.option("--rate", metavar="FACTOR", help="Go on at another rate.")
@at_option
@json_option
@with_app
def resume(app: App, code: str, rate: str | None, at: str | None, as_json: bool) -> None:
    """Let the clock run on, or change its rate.

    \b
    Example:
      atttcli drill resume --rate 2
    """
    from atttcli.drill.conduct import resume as go_on

    app.permit("drill.resumed")
    with open_drill(app, code) as room:
        go_on(room, moment_of(room, at), rate_of(rate))
        _done(app, room, as_json)


@click.command()
@click.argument("code", metavar="DRILL")
@click.argument("to", metavar="TIME")
@at_option
@json_option
@with_app
def jump(app: App, code: str, to: str, at: str | None, as_json: bool) -> None:
    """Put the scenario's clock forward to a time such as 45m; injects on the way are handed over in order.

    \b
    Example:
      atttcli drill jump last 45m
    """
    from atttcli.drill.conduct import jump as leap
    from atttcli.drill.spans import parse_span

    app.permit("drill.jumped")
    with open_drill(app, code) as room:
        for told in leap(room, parse_span(to), moment_of(room, at)):
            if as_json:
                render.emit_json(told_json(told))
            else:
                tell(room, told)
        if not as_json:
            _done(app, room, as_json)


@click.command()
@code_argument
@click.option("--reason", default="", metavar="TEXT", help="Why, when it ends early.")
@at_option
@json_option
@with_app
def end(app: App, code: str, reason: str, at: str | None, as_json: bool) -> None:
    """End a drill. Its summary becomes one entry of the real journal, all that statistics ever read of it.

    \b
    Example:
      atttcli drill end
    """
    from atttcli.drill.conduct import end as stop

    app.permit("drill.held")
    with open_drill(app, code) as room:
        if room.play().clock.phase != "ended":
            stop(room, reason, moment_of(room, at))
        _held(app, room)
        _done(app, room, as_json)


def _held(app: App, room: Room) -> None:
    """The one entry that a drill leaves in the real journal; another one only when what it says is no longer so.

    Sheets that were entered with their times, or a ruling after the end, change a result: `drill end` again corrects it.
    """
    from atttcli.drill.summary import same, summary

    if room.is_sealed:
        return  # without the answers nobody knows what it is worth: the centre says so when the run comes back
    with app.journal.transaction():
        body: dict[str, Any] = summary(room, app.store)
        standing = None
        for entry in app.journal.entries(room.code, ("drill.held",)):
            standing = entry.payload
        if standing is None or not same(standing, body):
            app.journal.append("drill.held", room.code, body)
