"""`atttcli drill answer | note | survey`: what people did and saw, entered by the facilitator."""

from __future__ import annotations

from pathlib import Path

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.drill_open import at_option, json_option, mark, moment_of, open_drill, status_json
from atttcli.errors import UsageError
from atttcli.text.messages import _


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
@json_option
@with_app
def answer(
    app: App, code: str, expectation: str, at: str | None, choice: str, grade: str | None, fields: tuple[str, ...],
    addressee: str, evidence: bool, text: str, as_json: bool,
) -> None:  # fmt: skip
    """Enter what a team did about one expectation. A later answer corrects an earlier one.

    \b
    Examples:
      atttcli drill answer last E3 --at 09:14 --choice rut-mang
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
    with open_drill(app, code) as room:
        enter(
            room, expectation, at=moment_of(room, at), choice=choice, grade=None if grade is None else float(grade),
            text=text, fields=given, addressee=addressee, evidence=evidence,
        )  # fmt: skip
        if as_json:
            render.emit_json(status_json(room))
        else:
            render.line(f"{mark(room.code)}: " + _("{id} is entered.", id=expectation.upper()))


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


@click.command()
@click.argument("code", metavar="DRILL")
@click.argument("side", metavar="red|blue|judge", type=click.Choice(("red", "blue", "judge")))
@click.argument("text", metavar="TEXT")
@click.option("--target", default="", metavar="WHAT", help="The system, as the permission names it.")
@click.option("--technique", default="", metavar="T…", help="The ATT&CK technique.")
@click.option(
    "--evidence", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its proof; the digest is kept."
)
@click.option(
    "--ruling", default="", type=click.Choice(("", "accepted", "rejected", "partly")), help="How the judges rule."
)
@click.option("--goal", default="", metavar="ID", help="The objective that it is about.")
@at_option
@json_option
@with_app
def log(
    app: App, code: str, side: str, text: str, target: str, technique: str, evidence: Path | None, ruling: str, goal: str,
    at: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Enter a line of an exercise on real systems without a script: what red or blue did, its proof, the judges' ruling.

    \b
    Examples:
      atttcli drill log last red "Dò mật khẩu trang quản trị" --target cong-ttdt --technique T1110 --at 09:20
      atttcli drill log last judge "Công nhận: có nhật ký kèm theo" --ruling accepted --evidence anh.png
    """
    import hashlib

    from atttcli.drill.conduct import log as enter

    app.permit("drill.logged")
    digest = ""
    if evidence is not None:
        with evidence.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    with open_drill(app, code) as room:
        enter(
            room, side, text, target=target, technique=technique, evidence=digest, ruling=ruling, goal=goal.upper(),
            at=moment_of(room, at),
        )  # fmt: skip
        if as_json:
            render.emit_json(status_json(room))
        else:
            render.line(f"{mark(room.code)}: " + _("noted."))
