"""`atttcli drill validate | graph | rehearse`: a scenario before anybody plays it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.drill_open import json_option
from atttcli.errors import InputError
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell


@click.command()
@click.argument("source", metavar="NAME|FILE")
@json_option
@with_app
def validate(app: App, source: str, as_json: bool) -> None:
    """Check a scenario: form, names, conditions that never come true, real addresses. Ends with 1 when there are errors.

    \b
    Examples:
      atttcli drill validate ransomware-commune
      atttcli drill validate ../kich-ban.yaml --json
    """
    from atttcli.drill.lint import lint
    from atttcli.drill.scenario import find_scenario, load_scenario

    path = find_scenario(source)
    scenario = load_scenario(path)
    found = lint(scenario)
    errors = sum(one.severity == "error" for one in found)
    for one in found:
        where = f"{path}:{one.line}" if one.line else str(path)
        if as_json:
            render.emit_json({"severity": one.severity, "code": one.code, "where": where, "message": one.message})
        else:
            render.line(f"{where}: {_(one.severity)}: {retell(one.message)}")
    if not as_json and not found:
        render.line(
            _("{name}: {injects} injects, {expectations} expectations, nothing wrong.", name=scenario.code,
              injects=len(scenario.injects), expectations=len(scenario.expectations))
        )  # fmt: skip
    click.get_current_context().exit(1 if errors else 0)


@click.command()
@click.argument("source", metavar="NAME|FILE")
@click.option("--dot", "as_dot", is_flag=True, help="For Graphviz.")
@json_option
@with_app
def graph(app: App, source: str, as_dot: bool, as_json: bool) -> None:
    """What comes when and what leads to what. For controllers: it gives the scenario away.

    \b
    Example:
      atttcli drill graph ransomware-commune --dot > kich-ban.dot
    """
    from atttcli.drill import graph as drawn
    from atttcli.drill.scenario import find_scenario, load_scenario

    scenario = load_scenario(find_scenario(source))
    if as_dot:
        render.block(drawn.dot(scenario))
        return
    if as_json:
        for identity, when, channel, to, expects in drawn.rows(scenario):
            leads = [{"to": b, "why": why} for a, b, why in drawn.edges(scenario) if a == identity]
            render.emit_json(
                {
                    "inject": identity,
                    "when": when,
                    "channel": channel,
                    "to": to,
                    "expects": expects.split(),
                    "leads": leads,
                }
            )
        return
    render.table((_("Inject"), _("When"), _("Channel"), _("To"), _("Expected")), drawn.rows(scenario), wide=(1, 4))
    for origin, target, why in drawn.edges(scenario):
        render.line(f"  {origin} → {target}: {why}")


@click.command()
@click.argument("source", metavar="NAME|FILE")
@click.option(
    "--robot", "robots", multiple=True, type=click.Choice(("ideal", "silent", "noisy")),
    help="Who plays; all three by default.",
)  # fmt: skip
@json_option
@with_app
def rehearse(app: App, source: str, robots: tuple[str, ...], as_json: bool) -> None:
    """Let robots play a scenario in a workspace that is thrown away: the ideal one must reach 100, the silent one 0.

    \b
    Example:
      atttcli drill rehearse ransomware-commune
    """
    from atttcli.drill.scenario import find_scenario, load_scenario

    path = find_scenario(source)
    scenario = load_scenario(path)
    wrong = []
    for manner in robots or ("ideal", "silent", "noisy"):
        result = _play(app, path, scenario, manner)
        fits = {"ideal": result["score"] == 100, "silent": result["score"] == 0}.get(manner, result["score"] < 100)
        if not fits:
            wrong.append(manner)
        if as_json:
            render.emit_json(result)
        else:
            text = ngettext("{robot}: {count} inject, score {score}", "{robot}: {count} injects, score {score}",
                            result["injects"], robot=manner, score=result["score"])  # fmt: skip
            render.line(text + ("" if fits else "  ← " + _("not as it should be")))
    if wrong:
        raise InputError(f"the scenario does not score as it should: {', '.join(wrong)}", hint="atttcli drill validate")


def _play(app: App, path: Path, scenario: Any, manner: str) -> dict[str, Any]:
    from atttcli.cli.workspace import make_workspace
    from atttcli.drill.conduct import plan
    from atttcli.drill.robot import Robot, RobotClock
    from atttcli.drill.room import Room
    from atttcli.drill.score import score
    from atttcli.inventory import Inventory
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Store
    from atttcli.store.workspace import private_folder

    place, real = app.organisation, app.workspace
    clock = RobotClock(app.clock.now())
    with tempfile.TemporaryDirectory(prefix="atttcli-") as folder:
        root = Path(folder) / "drills" / "DT-2000-0001"
        workspace = make_workspace(root, place, real.profile, real.language, clock, actor="robot")
        with Store(workspace.database) as store:
            journal = Journal(store, "robot", clock)
            planned = plan(
                workspace, journal, place, path.read_bytes(), scenario, number="DT-2000-0001", team="robot",
                teams=("robot",), language=real.language, seed=1, base=clock.now(), words={},
            )  # fmt: skip
            room = Room(workspace, store, journal, Inventory(place), scenario, planned)
            told = list(Robot(room, clock, manner).play())
            found = score(scenario, room.play())
    for ending in ("json", "known"):  # the head of a journal that is thrown away
        (private_folder("heads") / f"{workspace.id}.{ending}").unlink(missing_ok=True)
    return {
        "scenario": scenario.code, "robot": manner, "injects": len(told), "score": round(found.total, 2),
        "false_alarms": found.false_positives, "missed": found.false_negatives,
    }  # fmt: skip
