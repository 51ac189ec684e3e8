"""`atttcli drill`: exercises on the tool's own pipeline, in workspaces of their own, scored from their journals."""

from __future__ import annotations

from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.drill_next import tell_next
from atttcli.cli.drill_open import code_argument, json_option, mark, open_drill, status_json, team_word
from atttcli.cli.drill_words import format_word
from atttcli.cli.lazy import LazyGroup
from atttcli.clock import VIETNAM, from_micros, parse_moment
from atttcli.errors import Conflict, InputError, Refused, UsageError
from atttcli.text.messages import LANGUAGES, _, ngettext

_MORE = {
    "run": ("atttcli.cli.drill_run", "run", "Start it, or go on: hand over each inject as it falls due."),
    "status": ("atttcli.cli.drill_run", "status", "Clock, injects, score: the board."),
    "inject": ("atttcli.cli.drill_run", "inject", "Hand over one inject now, or say when it was."),
    "pause": ("atttcli.cli.drill_run", "pause", "Stop the clock at any moment."),
    "resume": ("atttcli.cli.drill_run", "resume", "Let the clock run on."),
    "jump": ("atttcli.cli.drill_run", "jump", "Put the scenario's clock forward."),
    "end": ("atttcli.cli.drill_run", "end", "End it; its summary goes into the real journal."),
    "note": ("atttcli.cli.drill_enter", "note", "Write down what an observer saw."),
    "answer": ("atttcli.cli.drill_enter", "answer", "Enter what a team did, with its time."),
    "grade": ("atttcli.cli.drill_judge", "grade", "Grade an answer or an action as one of several raters."),
    "log": ("atttcli.cli.drill_judge", "log", "Enter red and blue actions and rulings of an exercise on real systems."),
    "scope": ("atttcli.cli.drill_judge", "scope", "What is allowed on real systems, set before the start."),
    "survey": ("atttcli.cli.drill_enter", "survey", "Enter one participant's answers."),
    "score": ("atttcli.cli.drill_score", "score_", "Every line of the score, with the entries behind it."),
    "plan": ("atttcli.cli.drill_papers", "plan_", "The plan, and the books of controller, players and observers."),
    "report": ("atttcli.cli.drill_papers", "report", "The after-action report."),
    "forms": ("atttcli.cli.drill_forms", "forms", "Forms to fill in by hand: judges, red, blue, a tabletop's sheets."),
    "pack": ("atttcli.cli.drill_pack", "pack", "Pack one team's drill for a USB stick, or bring its run back."),
    "unpack": ("atttcli.cli.drill_pack", "unpack", "At a team's site: make the drill of a bundle stand here."),
    "merge": ("atttcli.cli.drill_pack", "merge", "At the centre: take over what teams did at their sites."),
    "teams": ("atttcli.cli.drill_pack", "teams", "Teams of one drill side by side."),
    "validate": ("atttcli.cli.drill_scenario", "validate", "Check a scenario, with file and line."),
    "graph": ("atttcli.cli.drill_scenario", "graph", "What leads to what in a scenario."),
    "rehearse": ("atttcli.cli.drill_scenario", "rehearse", "Let robots play a scenario; nothing is kept."),
}


@click.group(cls=LazyGroup, lazy=_MORE, invoke_without_command=True)
@click.pass_context
def drill(ctx: click.Context) -> None:
    """Exercises: on the real tool, in workspaces of their own, scored from their journals. Alone: what comes next.

    \b
    Example:
      atttcli drill new --from ransomware-commune
      atttcli drill run
      atttcli drill report
    """
    if ctx.invoked_subcommand is None:
        from atttcli.cli.drill_next import overview

        overview(ctx.find_root().obj)


@drill.command()
@click.option("--from", "source", required=True, metavar="NAME|FILE", help="A shipped scenario, or a YAML file.")
@click.option("--team", "teams", multiple=True, metavar="NAME", help="Who plays; repeat it for several teams.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Make the very same artefacts again.")
@click.option("--begins", metavar="TIME", help="When it is to begin: artefacts show times around it.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of its texts (else the workspace's).")
@click.option("--authorised-by", "authority", default="", metavar="TEXT", help="Who allowed it, for the plan.")
@json_option
@with_app
def new(
    app: App, source: str, teams: tuple[str, ...], seed: int | None, begins: str | None, language: str | None,
    authority: str, as_json: bool,
) -> None:  # fmt: skip
    """Plan a drill: a workspace of its own for each team, with the scenario sealed in it. Real data is not touched.

    \b
    Examples:
      atttcli drill new --from ransomware-commune
      atttcli drill new --from portal-defacement --team doi-a --team doi-b --begins "24/11/2026 08:00"
    """
    import re

    from atttcli.drill.lint import lint
    from atttcli.drill.scenario import find_scenario, load_scenario

    app.permit("drill.planned")
    path = find_scenario(source)
    scenario = load_scenario(path)
    errors = [one for one in lint(scenario) if one.severity == "error"]
    if errors:
        raise InputError(f"the scenario has {len(errors)} errors", hint=f"atttcli drill validate {source}")
    for name in teams:
        if not re.fullmatch(r"[a-z0-9]{1,20}", name):
            raise UsageError(f"{name[:30]!r} is no name for a team", hint="up to 20 small letters and digits")
    codes = _make(app, path.read_bytes(), scenario, teams, seed, begins, language, authority)
    for code in codes:
        with open_drill(app, code) as room:
            if as_json:
                render.emit_json(status_json(room))
            else:
                render.line(f"{mark(code)}: {room.scenario.name.say(language or app.workspace.language)}")
                tell_next(app, room)


def _make(
    app: App, data: bytes, scenario: Any, teams: tuple[str, ...], seed: int | None, begins: str | None,
    language: str | None, authority: str,
) -> list[str]:  # fmt: skip
    import secrets

    from atttcli.cli.workspace import make_workspace
    from atttcli.drill.conduct import plan
    from atttcli.drill.room import building, drill_root
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Store

    base = _moment(begins) if begins else app.clock.now()
    chosen = secrets.randbelow(2**32) if seed is None else seed
    tongue = language or app.workspace.language
    number, codes = _reserve(app, teams)
    for code, team in zip(codes, teams or ("doi",), strict=True):
        with building(drill_root(app.workspace.root, code)) as root:
            who = app.identity.name
            workspace = make_workspace(
                root, app.organisation, app.workspace.profile, tongue, app.clock, actor=who, exercise=code
            )
            with Store(workspace.database) as store:
                plan(
                    workspace, Journal(store, who, app.clock), app.organisation, data, scenario, number=number, team=team,
                    teams=teams or ("doi",), language=tongue, seed=chosen, base=base, words={"authority": authority},
                    code=code,
                )  # fmt: skip
    return codes


def _reserve(app: App, teams: tuple[str, ...]) -> tuple[str, list[str]]:
    """A number that nobody else has, not even one who plans at this moment: who makes the folder first has it."""
    from atttcli.drill.room import drill_root

    for _attempt in range(100):
        number = _number(app)
        codes = [f"{number}-{name}" for name in teams] if len(teams) > 1 else [number]
        try:
            for code in codes:
                drill_root(app.workspace.root, code).mkdir(parents=True)
        except FileExistsError:
            continue
        return number, codes
    raise Conflict("no number is free for the drill", hint="atttcli drill list")


def _moment(text: str) -> int:
    try:
        return parse_moment(text)
    except ValueError:
        raise UsageError(f"{text[:30]!r} is no time", hint="as 24/11/2026 08:00") from None


def _number(app: App) -> str:
    """The next number: neither held before nor standing in the folder of drills, be it half made."""
    from atttcli.drill.room import taken_codes

    year = from_micros(app.clock.now(), VIETNAM).year
    held = app.store.value("SELECT seq FROM number_counter WHERE kind = 'DT' AND year = ?", year) or 0
    kept = [int(code.split("-")[2]) for code in taken_codes(app.workspace.root) if code.startswith(f"DT-{year}-")]
    return f"DT-{year}-{max([held, *kept]) + 1:04d}"


@drill.command("list")
@click.option("--measures", is_flag=True, help="The trend of each measure over the drills that were held.")
@json_option
@with_app
def list_(app: App, measures: bool, as_json: bool) -> None:
    """Drills kept here, and what each came to.

    \b
    Examples:
      atttcli drill list
      atttcli drill list --measures
    """
    from atttcli.cli.drill_board import number
    from atttcli.drill.room import drill_codes

    if measures:
        _measures(app, as_json)
        return

    rows = []
    for code in drill_codes(app.workspace.root):
        with open_drill(app, code) as room:
            rows.append((status_json(room), team_word(room)))
    if as_json:
        render.emit_json_lines(row for row, _team in rows)
        return
    render.table(
        (_("Drill"), _("State"), _("Format"), _("Team"), _("Score"), _("Name")),
        (
            (
                row["drill"], phase_word(row["phase"]), format_word(row["format"]), team,
                number(None if row["started"] is None else row["score"]), row["name"],
            )
            for row, team in rows
        ),
        wide=(5,), whole=(0, 4),
    )  # fmt: skip


def _measures(app: App, as_json: bool) -> None:
    """Each measure with its range; totals of different scenarios are never compared."""
    from statistics import median

    from atttcli.drill.improve import trend

    found: dict[str, list[tuple[str, float]]] = {}
    for name, code, value in trend(app.store, None):
        found.setdefault(name, []).append((code, value))
    if as_json:
        render.emit_json_lines(
            {"measure": name, "drills": [{"drill": code, "value": value} for code, value in values]}
            for name, values in found.items()
        )
        return
    render.table(
        (_("Measure"), _("Drills"), _("Median"), _("Range"), _("Course")),
        (
            (
                name, len(values), f"{100 * median(v for _code, v in values):.0f}",
                f"{100 * min(v for _code, v in values):.0f}-{100 * max(v for _code, v in values):.0f}",
                " → ".join(f"{100 * v:.0f}" for _code, v in values[-8:]),
            )
            for name, values in found.items()
        ),
    )  # fmt: skip


def phase_word(phase: str) -> str:
    """The state of the clock as people say it."""
    return {"ready": _("planned"), "running": _("running"), "paused": _("paused"), "ended": _("ended")}[phase]


@drill.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("code", metavar="DRILL")
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND…")
@with_app
def do(app: App, code: str, words: tuple[str, ...]) -> None:
    """Run a command of the tool inside a drill, as a player does. Real data is out of its reach.

    \b
    Examples:
      atttcli drill do last alert list
      atttcli drill do last incident open --from-alert 1 --category mahoa --severity M3
    """
    from atttcli.cli.main import cli
    from atttcli.drill.conduct import advance
    from atttcli.drill.room import drill_root, find_code

    if words[0] in ("drill", "action", "init", "demo") or words[0].startswith("-"):
        raise Refused(f"{words[0]} is not for players", guard="drill", hint="atttcli drill --help")
    found = find_code(app.workspace.root, code)
    render.warn(mark(found))
    with open_drill(app, found) as room:
        advance(room)
        clock = room.journal.clock
    inner = App(str(drill_root(app.workspace.root, found)), app.lang, clock, in_drill=True, actor=app.identity.name)
    try:
        with render.exercise(found, mark(found)):
            spoken = ("--lang", app.lang) if app.lang else ()
            ended = cli.main(
                args=[*spoken, *words], standalone_mode=False, prog_name=f"atttcli drill do {found}", obj=inner
            )
    finally:
        inner.close()
    click.get_current_context().exit(ended if isinstance(ended, int) else 0)


@drill.command()
@code_argument
@click.option("--yes", is_flag=True, help="Remove without asking.")
@json_option
@with_app
def clean(app: App, code: str, yes: bool, as_json: bool) -> None:
    """Remove the artefacts of an ended drill, by their digests. Its journal and score stay.

    \b
    Example:
      atttcli drill clean DT-2026-0001 --yes
    """
    from atttcli.drill.cleaning import leftovers, remove

    with open_drill(app, code) as room:
        if room.play().clock.phase != "ended":
            raise Refused("the drill has not ended", guard="clock", hint=f"atttcli drill end {room.code}")
        found = leftovers(room)
        if not yes and found:
            if not render.is_interactive():
                raise UsageError(f"{len(found)} files would be removed", hint=f"atttcli drill clean {room.code} --yes")
            render.line(mark(room.code))
            click.confirm(ngettext("Remove {count} file?", "Remove {count} files?", len(found)), abort=True)
        removed = remove(room, found)
        if as_json:
            render.emit_json({"drill": room.code, "removed": removed})
        else:
            render.line(ngettext("{count} file removed.", "{count} files removed.", len(removed)))
