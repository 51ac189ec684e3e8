"""`atttcli drill grade | log | scope`: raters, judges, and what is allowed on real systems."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.drill_open import at_option, code_argument, json_option, mark, moment_of, open_drill
from atttcli.clock import rfc3339
from atttcli.errors import UsageError
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.drill.room import Room
    from atttcli.model.drill import LogLine

_rater = click.option("--by", "rater", default="", metavar="NAME", help="Who rates, when you only write it down.")


@click.command()
@click.argument("code", metavar="DRILL")
@click.argument("subject", metavar="ID")
@click.argument("value", metavar="0|0.5|1", type=click.Choice(("0", "0.5", "1")))
@click.option("--reason", required=True, metavar="TEXT", help="Why.")
@_rater
@json_option
@with_app
def grade(app: App, code: str, subject: str, value: str, reason: str, rater: str, as_json: bool) -> None:
    """Grade an answer, or an action of the log, as one of several raters. Their mean counts; a whole grade apart is flagged.

    \b
    Examples:
      atttcli drill grade last E3 0.5 --reason "Đúng hướng nhưng chưa nêu ai làm"
      atttcli drill grade last E3 1 --by "Trần Bình" --reason "Đủ ý"
    """
    from atttcli.drill.judging import grade as enter

    app.permit("drill.graded")
    with open_drill(app, code) as room:
        enter(room, subject, float(value), reason, rater)
        _tell_grades(room, subject.strip().upper(), as_json)


def _tell_grades(room: Room, subject: str, as_json: bool) -> None:
    from atttcli.drill.rating import verdict

    found = room.play().grades.get(subject, {})
    mean, apart = verdict(found.values())
    if as_json:
        render.emit_json(
            {
                "drill": room.code, "subject": subject, "mean": mean, "disagreed": apart,
                "grades": [{"rater": one.rater, "value": one.value, "reason": one.reason} for one in found.values()],
            }
        )  # fmt: skip
        return
    said = ", ".join(f"{one.rater} {one.value:g}" for one in found.values())
    render.line(f"{mark(room.code)}: {subject}: {said}")
    if apart:
        render.line(
            _("The raters disagree ({who}). Decide: {command}", who=apart,
              command=f'atttcli drill score {room.code} --rule LINE=0.5 --reason "…"')
        )  # fmt: skip


@click.command()
@click.argument("code", metavar="DRILL")
@click.argument("side", metavar="red|blue|judge|list", type=click.Choice(("red", "blue", "judge", "list")))
@click.argument("text", metavar="[TEXT]", default="")
@click.option("--target", default="", metavar="ID", help="The target, as the scope names it.")
@click.option("--technique", default="", metavar="T…", help="The ATT&CK technique.")
@click.option("--level", default="", type=click.Choice(("", "low", "medium", "high", "critical")), help="Of a finding.")
@click.option("--answers", default="", metavar="R1", help="The red action that a blue one is about.")
@click.option(
    "--as", "what", default="", type=click.Choice(("", "detect", "contain")), help="Noticed it, or stopped it."
)
@click.option(
    "--evidence", "files", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Its proof; digest and name are kept. Repeatable.",
)  # fmt: skip
@click.option("--on", "subject", default="", metavar="R1|B1", help="The action that a judge rules on.")
@click.option(
    "--ruling", default="", type=click.Choice(("", "accepted", "partly", "rejected")), help="How the judge rules."
)
@click.option("--goal", default="", metavar="ID", help="The objective that it is about.")
@_rater
@at_option
@json_option
@with_app
def log(
    app: App, code: str, side: str, text: str, target: str, technique: str, level: str, answers: str, what: str,
    files: tuple[Path, ...], subject: str, ruling: str, goal: str, rater: str, at: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Enter a line of an exercise on real systems: what red or blue did, its proof, a judge's ruling. Or list what there is.

    \b
    Examples:
      atttcli drill log last red "Dò mật khẩu trang quản trị" --target T1 --technique T1110 --level medium --at 09:20
      atttcli drill log last blue "Thấy dò mật khẩu" --answers R1 --as detect --evidence nhat-ky.txt --at 09:31
      atttcli drill log last judge "Có nhật ký kèm theo" --on B1 --ruling accepted --by "Giám khảo 1"
      atttcli drill log last list
    """
    from atttcli.drill import judging

    if side == "list":
        with open_drill(app, code) as room:
            _list(room, as_json)
        return
    app.permit("drill.logged")
    if bool(ruling) != bool(subject) or (ruling and side != "judge"):
        raise UsageError(
            "a judge rules on an action", hint='atttcli drill log last judge "…" --on B1 --ruling accepted'
        )
    with open_drill(app, code) as room:
        if ruling:
            judging.rule_on(room, subject, ruling, text, rater)
            _tell_grades(room, subject.strip().upper(), as_json)
            return
        found = judging.log(
            room, side, text, target=target.upper(), technique=technique.upper(), level=level, answers=answers.upper(),
            what=what, goal=goal.upper(), evidence=[_digest(path) for path in files], at=moment_of(room, at),
        )  # fmt: skip
        if as_json:
            render.emit_json(line_json(room, found))
            return
        render.line(f"{mark(room.code)}: " + _("{id} is entered.", id=found.id))
        if found.outside:
            render.warn(_("Outside of what was allowed: {what}", what=", ".join(outside_words(found.outside))))


def _digest(path: Path) -> tuple[str, str]:
    import hashlib

    with path.open("rb") as stream:
        return path.name, hashlib.file_digest(stream, "sha256").hexdigest()


def outside_words(kinds: tuple[str, ...]) -> list[str]:
    """In which way an action left what was allowed, as people say it."""
    words = {
        "target": _("target not allowed"), "time": _("not at an allowed time"), "stopped": _("after the word to stop"),
    }  # fmt: skip
    return [words.get(one, one) for one in kinds]


def line_json(room: Room, line: LogLine) -> dict[str, Any]:
    """A line of the log with its rulings."""
    from atttcli.drill.rating import verdict

    grades = room.play().grades.get(line.id, {})
    mean, apart = verdict(grades.values())
    return {
        "drill": room.code, "id": line.id, "side": line.side, "at": rfc3339(line.at), "by": line.by, "text": line.text,
        "target": line.target, "technique": line.technique, "level": line.level, "answers": line.answers,
        "as": line.what, "goal": line.goal, "outside": list(line.outside),
        "evidence": [{"name": name, "sha256": digest} for name, digest in line.evidence],
        "ruling": mean, "disagreed": apart,
        "grades": [{"rater": one.rater, "value": one.value, "reason": one.reason} for one in grades.values()],
    }  # fmt: skip


def _ruling(row: dict[str, Any]) -> str:
    return "-" if row["ruling"] is None else f"{row['ruling']:g}" + (" !" if row["disagreed"] else "")


def _list(room: Room, as_json: bool) -> None:
    from atttcli.clock import local_text

    found = [line_json(room, one) for one in room.play().log]
    if as_json:
        render.emit_json_lines(found)
        return
    render.line(mark(room.code))
    render.table(
        (_("Line"), _("When"), _("Target"), _("About"), _("Proof"), _("Ruling"), _("What was done")),
        (
            (
                one.id, local_text(one.at, seconds=False), one.target, " ".join(filter(None, (one.answers, one.what, one.goal))),
                len(one.evidence) or "-", _ruling(row), one.text,
            )
            for one, row in zip(room.play().log, found, strict=True)
        ),
        wide=(6,),
    )  # fmt: skip


@click.command()
@code_argument
@click.option(
    "--target", "targets", multiple=True, metavar="ID=TEXT", help="A system that may be attacked; repeatable."
)
@click.option("--tool", "tools", multiple=True, metavar="TEXT", help="A tool that may be used; repeatable.")
@click.option("--forbidden", multiple=True, metavar="TEXT", help="What may not be done; repeatable.")
@click.option("--depth", default="", metavar="TEXT", help="How far red may go.")
@click.option("--stop", default="", metavar="WORDS", help="The words that stop everything.")
@click.option("--authorised-by", "authority", default="", metavar="TEXT", help="The decision that allows it.")
@click.option("--from", "begins", metavar="TIME", help="From when on.")
@click.option("--until", "ends", metavar="TIME", help="Until when.")
@json_option
@with_app
def scope(
    app: App, code: str, targets: tuple[str, ...], tools: tuple[str, ...], forbidden: tuple[str, ...], depth: str, stop: str,
    authority: str, begins: str | None, ends: str | None, as_json: bool,
) -> None:  # fmt: skip
    """What is allowed on real systems: targets, tools, depth, time, words to stop. Set before the start, shown at any time.

    \b
    Examples:
      atttcli drill scope last --authorised-by "QĐ 12/QĐ-UBND" --from "24/11/2026 08:00" --until "26/11/2026 17:00"
      atttcli drill scope last
    """
    from atttcli.drill.judging import set_scope
    from atttcli.drill.scope import permit_in_force

    given = {}
    for one in targets:
        name, _sign, text = one.partition("=")
        if not name.strip().isalnum() or not text.strip():
            raise UsageError(f"not target=text: {one[:40]!r}", hint='--target "T3=Cổng thông tin"')
        given[name.strip().upper()] = text.strip()
    with open_drill(app, code) as room:
        if any((given, tools, forbidden, depth, stop, authority, begins, ends)):
            app.permit("drill.scoped")
            set_scope(
                room, targets=given, tools=tools, forbidden=forbidden, depth=depth, stop=stop, authority=authority,
                begins=moment_of(room, begins), ends=moment_of(room, ends),
            )  # fmt: skip
        _show_scope(room, permit_in_force(room), as_json)


def _show_scope(room: Room, permit: Any, as_json: bool) -> None:
    from atttcli.clock import local_text
    from atttcli.drill.places import filled
    from atttcli.drill.scope import OPTIONS

    language, places = str(room.planned["language"]), room.planned["places"]
    scope_ = permit.scope

    def say(text: Any) -> str:
        return filled(text.say(language), places)

    rows = [(one, say(text)) for one, text in scope_.targets]
    if as_json:
        render.emit_json(
            {
                "drill": room.code, "targets": dict(rows), "tools": [say(one) for one in scope_.tools],
                "forbidden": [say(one) for one in scope_.forbidden], "depth": say(scope_.depth), "stop": say(scope_.stop),
                "authority": permit.authority, "begins": None if permit.begins is None else rfc3339(permit.begins),
                "ends": None if permit.ends is None else rfc3339(permit.ends), "missing": list(permit.missing),
            }
        )  # fmt: skip
        return
    render.line(mark(room.code))
    times = [local_text(one, seconds=False) if one is not None else "-" for one in (permit.begins, permit.ends)]
    rows = [(_("target {id}", id=one), text) for one, text in rows]
    rows += [(_("tool"), say(one)) for one in scope_.tools]
    rows += [(_("forbidden"), say(one)) for one in scope_.forbidden]
    rows += [(_("depth"), say(scope_.depth)), (_("words to stop"), say(scope_.stop))]
    rows += [(_("allowed by"), permit.authority or "-"), (_("time"), " - ".join(times))]
    for label, text in rows:
        render.line(f"  {label}: {text}")
    if permit.missing:
        render.line(_("Still to be set: {what}", what=", ".join(OPTIONS[one] for one in permit.missing)))
