"""`atttcli demo`: the main job on the sample inbox, each step as the very command that a person would type."""

from __future__ import annotations

import os
import runpy
import shlex
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from atttcli.cli import demo_story as story
from atttcli.cli.context import App, with_app
from atttcli.cli.render import line
from atttcli.clock import MINUTE, VIETNAM, Clock, local_text, parse_moment
from atttcli.errors import AtttError, WorkspaceError
from atttcli.text.messages import _, language, use_language

_MAX_TASKS = 40  # the process has eleven steps and one loop: more means that it does not end
_MEANINGS = {1: "something was found", 2: "not everything could be read; the rest was processed"}


class StoryClock(Clock):
    """The morning of the story: real time goes on from 13 May 2021, 07:45, and `skip` lets minutes pass between steps."""

    def __init__(self) -> None:
        self._ahead = parse_moment(story.DETECTED, VIETNAM) - super().now()

    def now(self) -> int:
        """Microseconds since the epoch, in the story."""
        return super().now() + self._ahead

    def skip(self, minutes: int) -> None:
        """Let time pass."""
        self._ahead += minutes * MINUTE


class Walk:
    """Runs commands in this process as the command line would, printing each first; keeps their exit codes."""

    def __init__(self, workspace: Path, clock: StoryClock, lang: str | None) -> None:
        self.workspace = workspace
        self.clock = clock
        self.lang = lang
        self.language = language()
        self.steps = 0

    def heading(self, text: str) -> None:
        """A numbered step."""
        self.steps += 1
        click.echo()
        line(f"== {self.steps}. {text}  [{local_text(self.clock.now(), seconds=False)}]")

    def run(self, *arguments: str, accept: Iterable[int] = (0,), minutes: int = 0) -> int:
        """Print and run one command; WorkspaceError when it ends with a code that the story does not expect."""
        options = ["--lang", self.lang] if self.lang else []
        given = [*options, "--workspace", str(self.workspace), *arguments]
        line("$ atttcli " + shlex.join(given))
        sys.stdout.flush()
        code = self._call(given)
        use_language(self.language)
        if code in _MEANINGS:
            line(_("(exit code {code}: {meaning})", code=code, meaning=_(_MEANINGS[code])))
        self.clock.skip(minutes)
        if code not in tuple(accept):
            raise WorkspaceError(
                f"the demo's step ended with exit code {code}", hint="the workspace stays as it is: look"
            )
        return code

    def _call(self, arguments: list[str]) -> int:
        from atttcli.cli.main import cli, report_error

        app = App(str(self.workspace), self.lang, self.clock)
        try:
            code = cli.main(args=arguments, standalone_mode=False, prog_name="atttcli", obj=app)
        except AtttError as error:
            return report_error(error)
        except click.ClickException as error:
            error.show()
            return error.exit_code
        finally:
            app.close()
        return code if isinstance(code, int) else 0

    def rows(self, sql: str, *values: object) -> list[Any]:
        """Look up the numbers that the next command needs, as a person reads them off the screen."""
        app = App(str(self.workspace), self.lang, self.clock)
        try:
            return app.store.rows(sql, *values)
        finally:
            app.close()


@click.command()
@click.argument("folder", metavar="[DIR]", default="demo", type=click.Path(path_type=Path, file_okay=False))
@with_app
def demo(app: App, folder: Path) -> None:
    """Run the main job on the sample inbox.

    Builds the inbox, makes a workspace of the province, ingests, triages, opens an incident, runs the playbook to its end and
    renders the report. Every step is printed as the command that you would type. Nothing outside DIR is written, nothing
    in it is overwritten: a second run goes into a folder of its own.

    \b
    Example:
      atttcli demo
      atttcli --lang en demo /tmp/demo
    """
    started = time.monotonic()
    place = fresh(folder)
    if app.lang is None:
        use_language("vi")  # the sample province speaks Vietnamese
    inbox = place / "inbox"
    build_inbox(inbox)
    os.environ.setdefault("ATTTCLI_ACTOR", story.ACTOR)
    walk = Walk(place / "bac-kan", StoryClock(), app.lang)
    line(_("The clock of the demo stands at the story's morning: {moment}.", moment=local_text(walk.clock.now())))
    line(_("The sample inbox: {path} ({count} files)", path=inbox, count=sum(p.is_file() for p in inbox.rglob("*"))))
    tell(walk, inbox)
    click.echo()
    line(_("Done in {seconds} s. What is where:", seconds=f"{time.monotonic() - started:.1f}"))
    for path in (inbox, walk.workspace, *sorted((walk.workspace / "outbox").iterdir())):
        line(f"  {path}")
    line(_("Look around: {command}", command=f"cd {shlex.quote(str(walk.workspace))} && atttcli status"))


def fresh(folder: Path) -> Path:
    """The folder itself when nothing stands in it, else the first free number below it (and says so)."""
    again = "name another: atttcli demo DIR"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.iterdir()):
            return folder
        free = next(place for place in (folder / str(n) for n in range(2, 1000)) if not place.exists())
        free.mkdir()
    except OSError as error:
        raise WorkspaceError(
            f"{folder} cannot be written: {error.strerror or error}", hint="name another: atttcli demo DIR"
        ) from error
    except StopIteration:
        raise WorkspaceError(f"{folder} is full of former demos", hint=again) from None
    line(_("{folder} is not empty: this run goes into {free}.", folder=folder, free=free))
    return free


def build_inbox(target: Path) -> None:
    """The files of the sample morning, built by the script that is shipped with the seeds."""
    from atttcli.packaged import packaged

    before = list(sys.path)
    try:
        runpy.run_path(str(packaged("seeds") / "samples" / "build.py"))["build_inbox"](target)
    finally:
        sys.path[:] = before


def tell(walk: Walk, inbox: Path) -> None:
    """The story, command by command."""
    walk.heading(_("A workspace for the province"))
    walk.run("init", str(walk.workspace), "--organisation", "bac-kan", minutes=1)
    walk.heading(_("What came in this morning is taken in, recognised, matched"))
    walk.run("ingest", str(inbox), "--password", "infected", accept=(0, 1, 2), minutes=2)
    walk.run("ingest", "problems", minutes=1)
    walk.heading(_("What is to be done?"))
    walk.run("next", accept=(0, 1), minutes=1)
    walk.run("alert", "list", "--group", accept=(0, 1), minutes=4)
    walk.heading(_("The alerts that belong together become one incident"))
    number = open_case(walk)
    walk.heading(_("The playbook of Circular 20/2017 runs to its end"))
    walk.run("playbook", "run", "start", "tt20-art11-ordinary", "--incident", number, minutes=2)
    work(walk, number, collect(walk, number, inbox))
    walk.heading(_("The incident is closed; every guard has been satisfied"))
    close(walk, number)
    walk.heading(_("The report"))
    walk.run("report", "incident", number, "--format", "docx", "--format", "html")
    walk.heading(_("An exercise of twenty minutes, played by a robot that cries wolf, to its report"))
    walk.run("drill", "new", "--from", "ransomware-commune-flash", "--seed", "1")
    walk.run("drill", "run", "last", "--robot", "noisy")
    walk.run("drill", "report", "last", "--format", "docx", "--format", "html")
    walk.heading(_("Nothing was lost: the journal's chain, its signed head, the evidence"))
    walk.run("db", "verify")


def open_case(walk: Walk) -> str:
    """One incident from the story's alerts; its number."""
    sql = "SELECT number FROM alert WHERE kind != ? OR agency IN (?, ?) ORDER BY severity DESC, number"
    alerts = [row[0] for row in walk.rows(sql, story.LISTED, *story.VICTIMS)]
    first, rest = alerts[:1], alerts[1:]
    walk.run(
        "incident", "open", "--from-alert", *first, "--title", story.TITLE, "--category", story.CATEGORY,
        "--severity", story.SEVERITY, "--owner", story.OWNER, "--detected", story.DETECTED,
    )  # fmt: skip
    number = str(walk.rows("SELECT number FROM incident")[0][0])
    picked = [part for alert in rest for part in ("--alert", alert)]
    walk.run("alert", "triage", "--link", number, *picked, minutes=3)
    walk.run("incident", "set", number, "--summary", story.SUMMARY, "--flag", "personal_data")
    walk.run("incident", "move", number, "triage", minutes=1)
    walk.run("incident", "move", number, "analysis", minutes=1)
    return number


def collect(walk: Walk, number: str, inbox: Path) -> dict[str, str]:
    """The story's files go into the vault; file name -> number of the exhibit."""
    for name, what in story.EVIDENCE:
        walk.run("evidence", "add", str(inbox / name), "--incident", number, "--note", what, minutes=1)
    rows = walk.rows("SELECT name, number FROM evidence WHERE incident = ? ORDER BY number", number)
    return {row["name"]: row["number"] for row in rows}


def work(walk: Walk, number: str, exhibits: dict[str, str]) -> None:
    """Answer every task that the run opens, the loop from checking back to containing included, until none is open."""
    for _count in range(_MAX_TASKS):
        waiting = walk.rows("SELECT * FROM task WHERE incident = ? AND state = 'open' ORDER BY number", number)
        if not waiting:
            return
        task = waiting[0]
        told = story.STEPS[task["code"]]
        status = story.MOVES.get((task["code"], task["round"]))
        if status:
            back = (task["code"], task["round"]) in story.BACK
            reason = ["--reason", story.STEPS["3c"].note] if back else []
            walk.run("incident", "move", number, status, *reason)
        note = told.again if task["round"] > 1 and told.again else told.note
        walk.clock.skip(told.minutes)
        if task["code"] == story.NOTIFIES:
            walk.run("incident", "met", number, "--deadline", "A1", "--paper", story.NOTICE)
        given = [part for name in told.evidence for part in ("--evidence", exhibits[name.rsplit("/", 1)[-1]])]
        asked = ["--answer", "no" if task["round"] == 1 else "yes"] if task["asks"] else []
        walk.run("task", "done", task["number"], "--note", note, *given, *asked)
    raise WorkspaceError("the playbook did not come to its end", hint=f"atttcli playbook run show {number}")


def close(walk: Walk, number: str) -> None:
    """What was learned, then the end."""
    walk.run(
        "incident", "set", number, "--scope", story.SCOPE, "--lessons", story.LESSONS, "--proposals", story.PROPOSALS
    )  # fmt: skip
    walk.run("incident", "met", number, "--deadline", "A2", "--paper", story.UPDATE)
    walk.run("incident", "approve", number, "--approved-by", story.APPROVER, "--paper", story.APPROVAL)
    words = [word for value in story.STATISTICS for word in ("--set", value)]
    walk.run(
        "incident", "close", number, "--resolution", story.RESOLUTION, "--cause", story.CAUSE, "--rsit", story.RSIT, *words,
        minutes=5,
    )  # fmt: skip
