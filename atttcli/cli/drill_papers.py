"""`atttcli drill plan | report`: the papers of a drill, each marked as an exercise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.drill_open import code_argument, json_option, mark, open_drill
from atttcli.cli.paper_layout import TEMPLATE, drill_bytes, layouts, tell_used, told_json, with_given
from atttcli.errors import Refused
from atttcli.text.messages import LANGUAGES, _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atttcli.drill.room import Room
    from atttcli.model.drill_report import DrillReport, TeamResult
    from atttcli.report import Layout

_FORMATS = ("docx", "pdf", "html", "md", "txt", "json")
_formats = click.option(
    "--format", "formats", multiple=True, type=click.Choice(_FORMATS), help="Repeatable; docx by default."
)
_output = click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder (else the drill's outbox)."
)
_language = click.option("--language", type=click.Choice(LANGUAGES), help="Language of the paper (else the drill's).")


@click.command("plan")
@code_argument
@click.option(
    "--book", type=click.Choice(("plan", "controller", "player", "observer", "handouts")), default="plan",
    show_default=True,
    help="The plan; the controller's book with the answers; the player's without; observers' sheets; a page for each inject.",
)  # fmt: skip
@_formats
@_language
@_output
@TEMPLATE
@json_option
@with_app
def plan_(
    app: App, code: str, book: str, formats: tuple[str, ...], language: str | None, output: Path | None,
    templates: tuple[Path, ...], as_json: bool,
) -> None:  # fmt: skip
    """Write the plan or a book of a drill.

    \b
    Examples:
      atttcli drill plan
      atttcli drill plan last --book player --format docx --format html
    """
    from atttcli.drill.after import build_plan
    from atttcli.drill.improve import to_verify
    from atttcli.reports.drill_plan import OPEN_BOOKS, compose_plan

    with open_drill(app, code) as room:
        measures = {one.measure for one in room.scenario.expectations if one.measure}
        model = build_plan(room, app.organisation, app.clock.now(), verifies=to_verify(app.store, measures))
        if book == "player" and "json" in formats:
            raise Refused("the model holds the answers", guard="spoiler", hint="--book controller --format json")
        outline = compose_plan(model, language or model.head.language, book)
        chain = layouts(app, f"drill-{book}", outline.language, templates)
        wanted = with_given(formats, templates) or ("docx",)
        # A book for players is laid out from what stands on it: its template never sees the answers.
        papers = {name: drill_bytes(chain, outline, model, name, book not in OPEN_BOOKS) for name in wanted}
        _write(room, output, f"{room.code}-{book}", papers, as_json, chain.used(wanted))


@click.command()
@code_argument
@_formats
@_language
@_output
@TEMPLATE
@json_option
@with_app
def report(
    app: App, code: str, formats: tuple[str, ...], language: str | None, output: Path | None,
    templates: tuple[Path, ...], as_json: bool,
) -> None:  # fmt: skip
    """Write the after-action report: objectives, strengths, what to improve; every score with the entries behind it.

    \b
    Examples:
      atttcli drill report
      atttcli drill report DT-2026-0001 --format docx --format html --language en
    """
    from atttcli.drill.after import build_report
    from atttcli.reports.drill import compose_report

    with open_drill(app, code) as room:
        if room.is_sealed:
            raise Refused(
                "this copy holds no answers: it is scored at the centre",
                guard="sealed",
                hint="atttcli drill pack --for run",
            )
        if room.play().started is None:
            raise Refused("the drill has not begun", guard="clock", hint=f"atttcli drill run {room.code}")
        if room.play().ended is None:
            render.warn(_("The drill has not ended, the report is provisional. End it: {command}",
                          command=f"atttcli drill end {room.code}"))  # fmt: skip
        model = build_report(room, app.organisation, app.clock.now(), **_of_the_real(app, room))
        outline = compose_report(model, language or model.head.language)
        chain = layouts(app, "drill-report", outline.language, templates)
        wanted = with_given(formats, templates) or ("docx",)
        papers = {name: drill_bytes(chain, outline, model, name) for name in wanted}
        _write(room, output, f"{room.code}-report", papers, as_json, chain.used(wanted))
        if not as_json and not model.actions:
            _propose(room, model)


def _propose(room: Room, model: DrillReport) -> None:
    """Nothing has been decided yet: for each measure that was missed the command that decides on an improvement."""
    from atttcli.drill.improve import ENOUGH

    missed = {one.measure: one.text for one in model.lines if one.measure and one.value < ENOUGH}
    if missed:
        render.line(_("No improvement is decided yet. What was missed:"))
    for measure, text in missed.items():
        render.line("  " + text.say(str(room.planned["language"])))
        render.line(f'      → atttcli action add "…" --drill {room.code} --measure {measure} --owner "…" --due …')


def _of_the_real(app: App, room: Room) -> dict[str, Any]:
    """What only the real workspace knows: breaches of safety, improvement actions, former drills."""
    from atttcli.drill.cleaning import in_live
    from atttcli.drill.improve import actions_of, trend

    measures = frozenset(one.measure for one in room.scenario.expectations if one.measure)
    return {
        "gates": ("drill-data-in-live",) if in_live(room, app.store) else (),
        "earlier": actions_of(app.store, room.code, earlier=True),
        "actions": actions_of(app.store, room.code),
        "trend": list(trend(app.store, measures)),
        "peers": _peers(app, room),
    }


def _peers(app: App, room: Room) -> list[TeamResult]:
    """What the other teams of this drill reached, as far as they have played it here."""
    from atttcli.drill.room import teams_of
    from atttcli.drill.score import score
    from atttcli.model.drill_report import TeamResult

    found = []
    for code in teams_of(app.workspace.root, room.code):
        if code == room.code:
            continue
        with open_drill(app, code) as other:
            if other.is_sealed or other.play().started is None:
                continue
            result = score(other.scenario, other.play())
            goals = tuple((one.id, None if one.score is None else round(one.score, 2)) for one in result.goals)
            found.append(TeamResult(str(other.planned["team"]), round(result.total, 2), goals, result.coverage))
    return found


def _write(
    room: Room, output: Path | None, stem: str, papers: dict[str, bytes], as_json: bool, used: Sequence[Layout] = ()
) -> None:
    from atttcli.store.durable import make_folder, write_whole

    folder = output or room.workspace.outbox
    make_folder(folder, 0o777)
    files = []
    for name, data in papers.items():
        part, _dot, ending = name.rpartition(".")  # a form says which one it is before the format
        path = folder / (f"{stem}-{part}.{ending}" if part else f"{stem}.{ending}")
        write_whole(path, data)
        files.append({"path": str(path), "format": ending, "bytes": len(data)})
    if as_json:
        render.emit_json({"drill": room.code, "files": files, "templates": told_json(used)})
        return
    render.line(mark(room.code))
    for one in files:
        render.line(_("Written: {path}", path=one["path"]))
    tell_used(used)
