"""`atttcli drill run | status | inject | pause | resume | jump | end`: conducting a drill."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.drill_open import (
    at_option,
    code_argument,
    json_option,
    mark,
    moment_of,
    open_drill,
    rate_of,
    roles_of,
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
        if once or as_json or at or not render.is_interactive():
            _hand_over(room, as_json, moment)
            if not as_json:
                _board(room)
            return
        _watch(room)


def _hand_over(room: Room, as_json: bool, at: int | None = None) -> None:
    from atttcli.drill.conduct import advance

    roles = roles_of(room)
    for told in advance(room, at=at):
        if as_json:
            render.emit_json(told_json(told))
        else:
            tell(room.code, told, roles)


def _watch(room: Room) -> None:
    """Until the scenario's time is over or somebody ends it; Ctrl-C leaves the clock running."""
    render.line(
        _("Ctrl-C leaves this screen; the clock runs on. Pause: {command}", command=f"atttcli drill pause {room.code}")
    )
    told = 0
    while room.play().clock.phase in ("running", "paused"):
        _hand_over(room, as_json=False)
        play = room.play()
        if len(play.deliveries) != told:
            told = len(play.deliveries)
            _board(room)
        if play.now(room.journal.clock.now()).scenario >= room.scenario.duration:
            render.line(_("The scenario's time is over. Next: {command}", command=f"atttcli drill end {room.code}"))
            return
        time.sleep(_POLL)


def _robot(app: App, code: str, manner: str, as_json: bool) -> None:
    from atttcli.drill.robot import Robot, RobotClock

    clock = RobotClock(app.clock.now())
    with open_drill(app, code, clock) as room:
        roles = roles_of(room)
        if not as_json:
            render.line(mark(room.code))
        for told in Robot(room, clock, manner).play():
            if as_json:
                render.emit_json(told_json(told))
            else:
                tell(room.code, told, roles)
        _held(app, room)
        if not as_json:
            _board(room)


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

    codes = list(teams_of(app.workspace.root, find_code(app.workspace.root, code)))
    if not watch:
        codes = [find_code(app.workspace.root, code)] if not as_json else codes
    while True:
        if watch and render.is_interactive():
            click.clear()
        for one in codes:
            with open_drill(app, one) as room:
                if as_json:
                    render.emit_json(status_json(room))
                else:
                    render.line(mark(room.code))
                    _board(room)
        if not watch or not render.is_interactive():
            return
        time.sleep(_POLL)


def _board(room: Room) -> None:
    from atttcli.cli.drill import phase_word
    from atttcli.drill.score import score
    from atttcli.drill.spans import span_text

    play = room.play()
    now = play.now(room.journal.clock.now())
    found = score(room.scenario, play)
    told = sum(1 for one in room.scenario.injects if one.id in play.deliveries)
    render.line(
        _(
            "{team}: {phase}, scenario {scenario} of {whole}, active {active}, {told} of {all} injects, score {score}",
            team=room.planned["team"], phase=phase_word(now.phase), scenario=span_text(now.scenario),
            whole=span_text(room.scenario.duration), active=span_text(now.active), told=told,
            all=len(room.scenario.injects), score=f"{found.total:.1f}",
        )
    )  # fmt: skip
    if found.gates:
        render.line(_("The result is VOID: {gates}", gates=", ".join(found.gates)))
    for goal in found.goals:
        text = next(one.text for one in room.scenario.goals if one.id == goal.id).say(str(room.planned["language"]))
        value = "-" if goal.score is None else f"{goal.score:.0f} {goal.letter}"
        render.line(f"  {goal.id}  {value:>6}  {text}")


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
            tell(room.code, told, roles_of(room))


def _done(room: Room, as_json: bool) -> None:
    if as_json:
        render.emit_json(status_json(room))
    else:
        render.line(mark(room.code))
        _board(room)


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
        _done(room, as_json)


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
        _done(room, as_json)


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
                tell(room.code, told, roles_of(room))
        if not as_json:
            _done(room, as_json)


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
        _done(room, as_json)
        if not as_json:
            render.line(_("Next: {command}", command=f"atttcli drill report {room.code}"))


def _held(app: App, room: Room) -> None:
    """The one entry that a drill leaves in the real journal; written once."""
    from atttcli.drill.summary import summary

    body: dict[str, Any] = summary(room, app.store)
    with app.journal.transaction():
        if next(app.journal.entries(room.code, ("drill.held",)), None) is None:
            app.journal.append("drill.held", room.code, body)
