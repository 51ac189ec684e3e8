"""`atttcli drill score`: every line with the entries behind it, and the controller's rulings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.drill_board import number
from atttcli.cli.drill_open import code_argument, filled_in, json_option, mark, open_drill
from atttcli.cli.drill_words import dimension_word, reason_word
from atttcli.errors import Refused, UsageError
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.drill.room import Room
    from atttcli.model.drill import Score


@click.command("score")
@code_argument
@click.option("--rule", "ruling", metavar="LINE=VALUE", help="Rule over one line (0 to 1), with a reason.")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@click.option("--navigator", is_flag=True, help="The ATT&CK Navigator layer, as JSON.")
@json_option
@with_app
def score_(app: App, code: str, ruling: str | None, reason: str, navigator: bool, as_json: bool) -> None:
    """The score, line by line; the last column names the entries of the drill's journal that a line rests on.

    \b
    Examples:
      atttcli drill score
      atttcli drill score DT-2026-0001 --rule E3=0.5 --reason "Nói đúng nhưng làm sau"
      atttcli drill score DT-2026-0001 --navigator > lop.json
    """
    from atttcli.drill.conduct import rule
    from atttcli.drill.navigator import layer
    from atttcli.drill.score import score

    with open_drill(app, code) as room:
        if room.is_sealed:
            said = "this copy holds no answers: it is scored at the centre"
            raise Refused(said, guard="sealed", hint="atttcli drill pack --for run")
        if ruling:
            app.permit("drill.overridden")
            line, _sign, value = ruling.partition("=")
            try:
                worth = float(value)
            except ValueError:
                raise UsageError("a ruling is LINE=VALUE", hint="--rule E3=0.5") from None
            rule(room, line.strip(), worth, reason)
        found = score(room.scenario, room.play())
        if navigator:
            render.emit_json(layer(room.code, room.scenario, found))
        elif as_json:
            render.emit_json(score_json(room, found))
        else:
            _show(room, found)


def score_json(room: Room, found: Score) -> dict[str, Any]:
    """The score with every line."""
    from atttcli.drill.spans import seconds_of

    return {
        "drill": room.code,
        "total": round(found.total, 2),
        "valid": found.valid,
        "gates": list(found.gates),
        "dimensions": {dim: None if value is None else round(value, 4) for dim, value in found.dims},
        "objectives": [
            {
                "id": one.id, "score": None if one.score is None else round(one.score, 2), "letter": one.letter,
                "expectations": one.count, "missed": list(one.missed),
            }
            for one in found.goals
        ],
        "alarms": {
            "true": found.true_positives, "false": found.false_positives, "missed": found.false_negatives,
            "f2": None if found.f2 is None else round(found.f2, 4),
        },
        "coverage": {code: None if value is None else round(value, 4) for code, value in found.coverage},
        "lines": [
            {
                "id": one.id, "expectation": one.expectation, "inject": one.inject, "objective": one.goal,
                "dimension": one.dim, "points": one.points, "value": round(one.value, 4), "reason": one.reason,
                "seconds": None if one.took < 0 else seconds_of(one.took), "target": one.target // 1_000_000,
                "limit": one.limit // 1_000_000, "entries": list(one.entries), "overridden": one.overridden,
                "disagreed": one.disagreed,
            }
            for one in found.lines
        ],
    }  # fmt: skip


def _lines(found: Score, texts: dict[str, str]) -> None:
    """For a screen of any width: what was expected, then what it came to and why."""
    from atttcli.drill.spans import span_text

    for one in found.lines:
        render.line(f"{one.id:<10} {texts[one.expectation]}")
        took = "" if one.took < 0 else " · " + _("after {span}", span=span_text(one.took))
        target = " · " + _("within {span}", span=span_text(one.target)) if one.target else ""
        entries = " ".join(f"#{seq}" for seq in one.entries)
        why = one.overridden or reason_word(one.reason)
        points = f"{number(one.points * one.value)}/{one.points:g}"
        render.line(f"{'':<10} {points} · {dimension_word(one.dim)} · {why}{took}{target} · {entries}")


def _table(found: Score, texts: dict[str, str]) -> None:
    from atttcli.drill.spans import span_text

    render.table(
        (_("Line"), _("Dimension"), _("Points"), _("Took"), _("Target"), _("Why"), _("Entries"), _("Expected")),
        (
            (
                one.id, dimension_word(one.dim), f"{one.points * one.value:.1f}/{one.points:g}",
                "-" if one.took < 0 else span_text(one.took), span_text(one.target) if one.target else "-",
                one.overridden or reason_word(one.reason), " ".join(f"#{seq}" for seq in one.entries), texts[one.expectation],
            )
            for one in found.lines
        ),
        wide=(7,),
    )  # fmt: skip


def _show(room: Room, found: Score) -> None:
    from atttcli.drill.rulings import line_texts

    render.line(mark(room.code))
    texts = {name: filled_in(room, text) for name, text in line_texts(room.scenario, room.play()).items()}
    if render.is_terminal():
        _lines(found, texts)
    else:
        _table(found, texts)
    for one in found.lines:
        if one.disagreed and not one.overridden:
            render.line(
                _(
                    "{line}: the raters disagree ({who}); the mean counts until you rule.",
                    line=one.id,
                    who=one.disagreed,
                )
            )
    render.line(
        _("Alarms: {true} right, {false} false, {missed} missed", true=found.true_positives, false=found.false_positives,
          missed=found.false_negatives)
    )  # fmt: skip
    for dim, value in found.dims:
        if value is not None:
            render.line(f"  {dimension_word(dim)}: {number(100 * value)} × {room.scenario.weights[dim]}")
    render.line(_("Total: {total} of 100", total=number(found.total)))
    if not found.valid:
        render.line(_("The result is VOID: {gates}", gates=", ".join(found.gates)))
