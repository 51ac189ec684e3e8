"""`atttcli drill answer | note | survey`: what people did and saw, entered by the facilitator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.drill_open import at_option, check_choice, json_option, mark, moment_of, open_drill, status_json
from atttcli.errors import UsageError
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.drill.room import Room


@click.command()
@click.argument("code", metavar="DRILL")
@click.argument("expectation", metavar="EXPECTATION")
@at_option
@click.option(
    "--choice", default="", metavar="WORD", help="An option of the question; or yes, no, na, dismiss, incident."
)
@click.option("--grade", type=click.Choice(("0", "0.5", "1")), help="The controller's grade of a decision.")
@click.option("--field", "fields", multiple=True, metavar="NAME=VALUE", help="What a report said; repeatable.")
@click.option("--addressee", default="", metavar="WHO", help="Whom a report went to.")
@click.option("--evidence", is_flag=True, help="Proof was shown.")
@click.option("--note", "text", default="", metavar="TEXT", help="In the participants' words.")
@click.option("--vote", "votes", multiple=True, metavar="OPTION=N", help="How the table voted; repeatable.")
@click.option("--who", default="", metavar="GROUP", help="Whose votes these are, when groups vote one by one.")
@json_option
@with_app
def answer(
    app: App, code: str, expectation: str, at: str | None, choice: str, grade: str | None, fields: tuple[str, ...],
    addressee: str, evidence: bool, text: str, votes: tuple[str, ...], who: str, as_json: bool,
) -> None:  # fmt: skip
    """Enter what a team did about one expectation. A later answer corrects an earlier one.

    \b
    Examples:
      atttcli drill answer last E3 --at 09:14 --choice rut-mang
      atttcli drill answer last E3 --vote rut-mang=6 --vote tat-may=2 --at 09:14
      atttcli drill answer last E12 --at 10:02 --field category=mahoa --field machines=1 --addressee dieu_phoi
    """
    from atttcli.drill.conduct import answer as enter

    app.permit("drill.answered")
    given = {}
    for one in fields:
        name, sign, value = one.partition("=")
        if not sign or not name.strip():
            raise UsageError(f"not field=value: {one[:40]!r}", hint="--field category=mahoa")
        given[name.strip()] = value.strip()
    if votes and (choice or grade is not None):
        raise UsageError("votes or a decision, not both at once", hint="enter the votes first, then the decision")
    with open_drill(app, code) as room:
        if votes:
            _vote(room, expectation, votes, who, moment_of(room, at))
        else:
            if grade is None:
                check_choice(room, expectation, choice)
            enter(
                room, expectation, at=moment_of(room, at), choice=choice, grade=None if grade is None else float(grade),
                text=text, fields=given, addressee=addressee, evidence=evidence,
            )  # fmt: skip
        if as_json:
            render.emit_json(status_json(room))
        else:
            render.line(f"{mark(room.code)}: " + _("{id} is entered.", id=expectation.upper()))


def _vote(room: Room, question: str, votes: tuple[str, ...], who: str, at: int | None) -> None:
    from atttcli.drill.judging import vote

    counts: dict[str, int] = {}
    for one in votes:
        name, _sign, number = one.partition("=")
        if number and not number.strip().isdigit():
            raise UsageError(f"not option=votes: {one[:40]!r}", hint="--vote rut-mang=6")
        counts[name.strip()] = counts.get(name.strip(), 0) + int(number or 1)
    vote(room, question, counts, who=who, at=at)


@click.command()
@click.argument("code", metavar="DRILL")
@click.argument("sign", metavar="SIGN", type=click.Choice(("+", "-", "!", "i")))
@click.argument("text", metavar="TEXT")
@click.option("--goal", default="", metavar="ID", help="The objective that it is about.")
@click.option("--inject", "inject", default="", metavar="ID", help="The inject that it is about.")
@click.option(
    "--gate", default="", type=click.Choice(("", "real-system", "real-addressee", "drill-data-in-live")),
    help="A safety gate was broken: the result is void.",
)  # fmt: skip
@at_option
@json_option
@with_app
def note(
    app: App, code: str, sign: str, text: str, goal: str, inject: str, gate: str, at: str | None, as_json: bool
) -> None:
    """Write down what an observer saw: + a strength, - a weakness, ! safety, i anything else.

    \b
    Example:
      atttcli drill note last + "Hỏi rõ đuôi tệp ngay từ cuộc gọi đầu" --goal G1
    """
    from atttcli.drill.conduct import note as write

    app.permit("drill.noted")
    with open_drill(app, code) as room:
        write(room, sign, text, goal=goal.upper(), inject=inject.upper(), gate=gate, at=moment_of(room, at))
        if as_json:
            render.emit_json(status_json(room))
        else:
            render.line(f"{mark(room.code)}: " + _("noted."))


@click.command()
@click.argument("code", metavar="DRILL")
@click.option("--useful", type=click.IntRange(1, 5), required=True, help="Was it useful for the work (1 to 5)?")
@click.option("--real", type=click.IntRange(1, 5), required=True, help="Was it like reality (1 to 5)?")
@click.option("--clear", type=click.IntRange(1, 5), required=True, help="Were tasks and score clear (1 to 5)?")
@click.option("--text", default="", help="In the participant's words.")
@json_option
@with_app
def survey(app: App, code: str, useful: int, real: int, clear: int, text: str, as_json: bool) -> None:
    """Enter one participant's answers; no name is kept.

    \b
    Example:
      atttcli drill survey last --useful 5 --real 4 --clear 4 --text "Nên có thêm phần báo chí"
    """
    from atttcli.drill.conduct import survey as enter

    app.permit("drill.surveyed")
    with open_drill(app, code) as room:
        enter(room, {"useful": useful, "real": real, "clear": clear}, text)
        if as_json:
            render.emit_json(status_json(room))
        else:
            render.line(f"{mark(room.code)}: " + _("noted."))
