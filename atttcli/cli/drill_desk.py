"""The controller's screen of `drill run`: injects appear as they fall due, and what happens is typed as short lines.

`E3 tat-may`, `E5 yes @09:14`, `+ note`, `pause`, `end`. Each line becomes the drill command that it stands for, so that what
is typed here and what a script runs is one and the same. Lines are read beside the clock: an inject never waits for one.
"""

from __future__ import annotations

import os
import queue
import shlex
import sys
import threading
from typing import TYPE_CHECKING

import click

from atttcli.cli import render
from atttcli.cli.context import App
from atttcli.cli.drill_open import mark, tell, tell_expected
from atttcli.clock import VIETNAM, from_micros
from atttcli.errors import AtttError, UsageError
from atttcli.text.display import display
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.drill.room import Room

POLL = 1.0
YES = {"có": "yes", "co": "yes", "rồi": "yes", "không": "no", "khong": "no", "bỏ": "na"}
VERBS = {
    "pause": "pause", "dừng": "pause", "dung": "pause", "resume": "resume", "tiếp": "resume", "tiep": "resume",
    "jump": "jump", "nhảy": "jump", "nhay": "jump", "inject": "inject", "đưa": "inject", "dua": "inject",
    "score": "score", "điểm": "score", "diem": "score", "status": "status", "bảng": "status", "bang": "status",
    "end": "end", "hết": "end", "het": "end", "survey": "survey", "answer": "answer", "note": "note",
}  # fmt: skip
LEAVE = ("quit", "exit", "q", "thoát", "thoat")
HELP = ("?", "help", "giúp", "giup")
OPEN = ("việc", "viec", "todo")


class Typed:
    """Lines as a person types them, read by a thread of their own; None is the end of the input.

    The thread reads the descriptor itself: a buffered reader would be locked when the process ends.
    """

    def __init__(self) -> None:
        self.lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(
            target=self._read, args=(sys.stdin.fileno(), sys.stdin.encoding or "utf-8"), daemon=True
        ).start()

    def _read(self, descriptor: int, encoding: str) -> None:
        rest = b""
        while True:
            try:
                piece = os.read(descriptor, 4096)
            except OSError:
                piece = b""
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                self.lines.put(line.decode(encoding, "replace"))
            if not piece:
                self.lines.put(None)
                return

    def next(self, seconds: float) -> str | None:
        """The next line, "" when none came in time, None at the end of the input."""
        try:
            return self.lines.get(timeout=seconds)
        except queue.Empty:
            return ""


def sit(app: App, room: Room) -> None:
    """Until somebody ends the drill or leaves the screen; the clock runs on without it."""
    render.line(_("Controller's screen: it shows answers. For the wall: {command}", command=_wall(room)))
    _help(whole=False)
    typed, phase, over, sure = Typed(), "", False, False
    while True:
        news = _hand_over(room)
        now = room.play().now(room.journal.clock.now())
        if now.phase != phase:
            phase, news = now.phase, True
            _changed(app, room, phase)
        if phase == "ended":
            return
        if not over and now.scenario >= room.scenario.duration:
            over = news = True
            render.line(_("The scenario's time is over: enter what is missing, then type end."))
        if news:
            _prompt(room)
        line = typed.next(POLL)
        if line is None or line.strip().casefold() in LEAVE:
            render.line(_("The clock runs on. Come back: {command}", command=f"atttcli drill run {room.code}"))
            return
        if line:
            ends = _first(line) == "end"
            if ends and not over and not sure:
                sure = True
                render.line(_("The scenario's time is not over. Type end once more to end the drill."))
            else:
                sure = False
                _obey(app, room, line)
            if room.play().clock.phase == phase:
                _prompt(room)


def _wall(room: Room) -> str:
    return f"atttcli drill status {room.code} --watch"


def _prompt(room: Room) -> None:
    """Every prompt carries the mark."""
    clock = from_micros(room.journal.clock.now(), VIETNAM)
    click.echo(f"[{room.code}] {_('EXERCISE')} {clock:%H:%M}> ", nl=False)


def _hand_over(room: Room) -> bool:
    from atttcli.drill.conduct import advance

    told = advance(room)
    if told:
        render.line()
    for one in told:
        tell(room, one)
    return bool(told)


def _changed(app: App, room: Room, phase: str) -> None:
    """Somebody, here or at another terminal, paused, went on or ended."""
    from atttcli.cli.drill_board import phase_line, team_board
    from atttcli.cli.drill_next import tell_next
    from atttcli.cli.drill_run import board

    render.line()
    if phase == "ended":
        render.line(mark(room.code))
        board(room)
        tell_next(app, room)
        return
    render.line(f"*** {phase_line(team_board(room))} ***")
    if phase == "paused":
        render.line(_("Type resume to go on. A real incident: {command}", command='atttcli incident open --title "…"'))


def _help(*, whole: bool) -> None:
    """What may be typed: in short when the screen opens, all of it when asked."""
    render.line(_("Type what the team does, then Enter:"))
    rows = [
        ("E3 tat-may", _("the team decided so (the words stand under a question)")),
        ("E5", _("the team did it now")),
        ("E5 @09:14", _("the team did it at that time")),
        (_("+ text"), _("an observer's note: + strength, - weakness, ! safety")),
        (_("end"), _("end the drill; quit: leave this screen, the clock runs on")),
        ("?", _("everything that may be typed")),
    ]
    if whole:
        rows[3:3] = [
            (_("E5 no"), _("not done; E5 na REASON: it does not apply")),
            ("E5 --evidence", _("done, and proof was shown")),
            ("E3 cho=2 tat-may=5", _("how a table voted")),
            ("E12 agency=…", _("what a report said; --addressee WHO: whom it went to")),
        ]
        rows[-1:] = [
            (_("todo"), _("what was asked of the team and is not entered yet")),
            (_("pause REASON"), _("stop the clock; pause real: something real happened")),
            (_("resume"), _("let the clock run on")),
            ("jump 45m", _("put the scenario's clock forward")),
            ("inject A4", _("hand over an inject now")),
            (_("score"), _("the score so far; status: the board")),
        ]
    for what, why in rows:
        render.line(f"  {what:<18} {why}")


def _first(line: str) -> str:
    words = line.split(None, 1)
    return VERBS.get(words[0].casefold(), "") if words else ""


def _obey(app: App, room: Room, line: str) -> None:
    """Run the command that a line stands for; what is wrong with it is said, and nothing is lost."""
    from atttcli.cli.main import report_error, show_usage

    word = line.strip().casefold()
    if word in HELP:
        _help(whole=True)
        return
    if word in OPEN:
        _todo(room)
        return
    try:
        _run(app, command_of(room, line))
    except AtttError as error:
        report_error(error)
    except click.ClickException as error:
        show_usage(error)


def _todo(room: Room) -> None:
    """What was asked and is not entered: a line that rests on nothing but the hand-over of its inject."""
    from atttcli.drill.score import score

    play = room.play()
    told = {one.expectation for one in score(room.scenario, play).lines if len(one.entries) > 1}
    for inject in room.scenario.injects:
        for one in inject.expects if inject.id in play.deliveries else ():
            if one.id not in told:
                tell_expected(room, one)


def command_of(room: Room, line: str) -> list[str]:
    """The words of the drill command that a typed line stands for; UsageError for what is none."""
    text = line.strip()
    if text[0] in "+-!" and not text.startswith("--"):
        words, at = _times(text[1:].split())
        return ["note", room.code, *at, "--", text[0], " ".join(words)]
    try:
        words = shlex.split(text)
    except ValueError:
        raise UsageError("a quotation mark is missing", hint="E3 tat-may") from None
    verb, rest = VERBS.get(words[0].casefold(), ""), words[1:]
    expectation = room.scenario.expectation(words[0].upper())
    if expectation is not None:
        return _answer(room, expectation.id, {one.id for one in expectation.options}, rest)
    if verb == "pause":
        said = " ".join(rest)
        return ["pause", room.code, "--reason", "real-incident" if said in ("real", "thật", "that") else said or "-"]
    if not verb:
        raise UsageError(f"{display(words[0])[:30]!r} is nothing that is typed here", hint="? says what is")
    rest, at = _times(rest)
    return [verb, room.code, *rest, *at]


def _answer(room: Room, expectation: str, options: set[str], rest: list[str]) -> list[str]:
    """`E3 tat-may @09:14 words …`: a choice or votes, a time, fields of a report, options as they are, the rest is a note."""
    from atttcli.model.drill import CHOICES

    words, given = _times(rest)
    note: list[str] = []
    for place, word in enumerate(words):
        choice = YES.get(word.casefold(), word)
        if word.startswith("--"):
            given += words[place:]
            break
        if "=" in word:
            given += ["--vote" if word.partition("=")[0] in options else "--field", word]
        elif place == 0 and (options or choice in CHOICES):
            given += ["--choice", choice]
        else:
            note.append(word)
    if note:
        given = ["--note", " ".join(note), *given]
    return ["answer", room.code, expectation, *given]


def _times(words: list[str]) -> tuple[list[str], list[str]]:
    """The words without `@09:14`, and that as an option."""
    at = [word[1:] for word in words if word[:1] == "@" and word[1:2].isdigit()]
    kept = [word for word in words if not (word[:1] == "@" and word[1:2].isdigit())]
    return kept, ["--at", at[-1]] if at else []


def _run(app: App, words: list[str]) -> None:
    from atttcli.cli.main import cli

    inner = App(str(app.workspace.root), app.lang, app.clock, actor=app.identity.name)
    try:
        cli.main(args=["drill", *words], standalone_mode=False, prog_name="atttcli", obj=inner)
    finally:
        inner.close()
