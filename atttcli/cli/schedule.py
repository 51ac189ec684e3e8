"""`atttcli schedule`: scans that run by themselves, and the entry that the scheduler starts."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.clock import local_text, rfc3339
from atttcli.errors import AtttError
from atttcli.text.messages import _
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.fleet.schedule import Plan
    from atttcli.fleet.scheduling import LastRun, Placed

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
_state = click.option(
    "--state", default="", metavar="DIR", help="Where cache, log and record stand (default: the system's place)."
)
_force = click.option("--force", is_flag=True, help="Also files that somebody changed since.")
_PROGRAMS = {"windows": r"C:\Program Files\atttcli\atttcli.cmd"}
_PROGRAM = "/opt/atttcli/bin/atttcli"
_LOG = "scan.log"


@click.group()
def schedule() -> None:
    """Scans of this machine that run by themselves: bounded, behind all other work, never on battery.

    \b
    Example:
      atttcli schedule install --profile normal --at 12:30 --print
      atttcli schedule show
    """


@schedule.command()
@click.option(
    "--profile",
    type=click.Choice(["light", "normal", "full"]),
    default="normal",
    show_default=True,
    help="light: 20 minutes, hiding places; normal: an hour, programs too; full: 6 hours, everything.",
)
@click.option(
    "--at", default="daily", show_default=True, metavar="TIME", help='12:30, daily, weekly or "mon,thu 12:30".'
)
@click.option(
    "--spread",
    type=int,
    default=45,
    show_default=True,
    metavar="MINUTES",
    help="Machines start within so many minutes.",
)
@click.option(
    "--path", "paths", multiple=True, metavar="DIR", help="Scan this instead of the profile's places (repeatable)."
)
@click.option("--exclude", multiple=True, metavar="DIR", help="Leave this out (repeatable).")
@click.option(
    "--host-checks", "host", is_flag=True, help="Also look at the host: processes, sockets, autoruns, accounts."
)
@click.option(
    "--kit", default="", metavar="DIR", help="Run the kit in DIR: what is found leaves in its sealed bundles (DIR/out)."
)
@click.option(
    "--system", type=click.Choice(["systemd", "cron", "windows"]), help="The scheduler (default: this machine's)."
)
@click.option("--program", default="", metavar="PATH", help="The atttcli that is started (default: this one).")
@_state
@click.option(
    "--write", "base", type=click.Path(path_type=Path), metavar="DIR", help="Write below DIR, for another machine."
)
@click.option("--print", "only_print", is_flag=True, help="Show what would be written; write nothing.")
@_force
@_json
@with_app
def install(app: App, only_print: bool, base: Path | None, force: bool, as_json: bool, **given: Any) -> None:
    """Have this machine scanned by itself. Needs the administrator's rights; --print shows all that would be written.

    With --workspace what is found becomes alerts there; without one it stands in the log. Twice is once.

    \b
    Examples:
      sudo atttcli schedule install --profile light --at 12:30
      atttcli schedule install --at weekly --system windows --write goi-windows
    """
    from atttcli.fleet.schedule import this_host
    from atttcli.fleet.schedule_files import layout
    from atttcli.fleet.scheduling import install as put_in_place

    plan = _plan(app, elsewhere=base is not None, **given)
    wanted = layout(plan, this_host())
    if only_print:
        for file in wanted.files:
            text = file.data.decode("utf-16" if file.data[:2] == b"\xff\xfe" else "utf-8")
            _tell_file(file.path, "shown", text if as_json else "", as_json)
            if not as_json:
                render.block(text.replace("\r\n", "\n"))
        return
    if base is None and not as_json:
        for words in wanted.start:
            render.line("$ " + " ".join(words))
    _tell_files(put_in_place(plan, this_host(), base=base, force=force), as_json)
    if base is not None and not as_json:
        render.line(_("Copy what is below {folder} to the machine, then as its administrator:", folder=base))
        for words in wanted.start:
            render.line("  " + " ".join(words))


def _plan(app: App, *, elsewhere: bool, profile: str, at: str, spread: int, system: str | None, **given: Any) -> Plan:
    from atttcli.fleet.schedule import Plan, check, parse_when
    from atttcli.fleet.scheduling import default_state, system_here

    chosen = system or system_here()
    here = not elsewhere and chosen == system_here()
    workspace, kit = (
        os.path.abspath(one) if one and here else one for one in (app.workspace_option or "", given["kit"])
    )
    program = (
        (given["program"],) if given["program"] else _this_program() if here else (_PROGRAMS.get(chosen, _PROGRAM),)
    )
    plan = Plan(
        profile=profile, when=parse_when(at), system=chosen, program=program, state=given["state"] or default_state(chosen),
        spread=spread, paths=given["paths"], exclude=given["exclude"], kit=kit, host=given["host"],
        since=app.clock.now(),
        workspace=workspace,
    )  # fmt: skip
    check(plan)
    return plan


def _this_program() -> tuple[str, ...]:
    """The command beside this interpreter; where there is none (a checkout), the interpreter itself."""
    name = "atttcli.exe" if os.name == "nt" else "atttcli"
    beside = Path(sys.executable).parent / name
    return (str(beside),) if beside.is_file() else (sys.executable, "-m", "atttcli")


@schedule.command()
@_state
@_json
@with_app
def show(app: App, state: str, as_json: bool) -> None:
    """The schedule of this machine: next run, last run, how it ended. Exit 3 without one, 2 when a run is missing.

    \b
    Example:
      atttcli schedule show --json
    """
    from atttcli.fleet.scheduling import files_of, last_run, next_due, read_plan, was_missed

    folder = _folder(state)
    plan, last, now = read_plan(folder), last_run(folder), app.clock.now()
    missed, coming, files = was_missed(plan, last, now), next_due(plan, now), list(files_of(plan))
    damaged = [one for one in files if one.state in ("missing", "foreign")]
    if as_json:
        told = {name: value for name, value in plan.to_json().items() if name != "since"}
        told |= {
            "since": rfc3339(plan.since),
            "next": {"from": rfc3339(coming[0]), "to": rfc3339(coming[1])},
            "missed": missed,
        }
        told |= {"last": None if last is None else _last_object(last), "files": [vars_of(one) for one in files]}
        render.emit_json(told)
    else:
        _show(plan, last, coming)
        for one in files:
            if one.state != "ours":
                render.warn(f"{one.path}: {_FILE_STATES[one.state]()}")
        if missed:
            render.warn(_("A run that was due did not take place: atttcli schedule run --if-missed"))
    click.get_current_context().exit(2 if missed or damaged else 0)


_FILE_STATES: dict[str, Callable[[], str]] = {
    "new": lambda: _("written"), "replaced": lambda: _("replaced"), "unchanged": lambda: _("unchanged"),
    "removed": lambda: _("removed"), "missing": lambda: _("not there"), "shown": lambda: _("would be written"),
    "changed": lambda: _("changed since it was written"), "foreign": lambda: _("not ours"), "ours": lambda: _("as it was written"),
}  # fmt: skip
_RESULTS: dict[str, Callable[[], str]] = {
    "clean": lambda: _("nothing found"), "found": lambda: _("something was found"), "incomplete": lambda: _("with holes"),
    "battery": lambda: _("not run: on battery"), "busy": lambda: _("not run: another scan"), "failed": lambda: _("failed"),
    "running": lambda: _("is running"), "cut off": lambda: _("was cut off"),
}  # fmt: skip


def _show(plan: Plan, last: LastRun | None, coming: tuple[int, int]) -> None:
    rows: list[tuple[object, object]] = [
        (_("Scheduler"), plan.system),
        (_("Profile"), plan.profile),
        (_("When"), str(plan.when)),
        (_("Next run"), f"{_local(coming[0])} – {_local(coming[1])}"),
        (_("Last run"), _local(last.started) if last is not None else _("none yet")),
    ]
    if last is not None:
        rows += [(_("Result"), _RESULTS[last.result]()), (_("It said"), last.said)]
    rows += [(_("Places"), ", ".join(plan.paths) or _("those of the profile")), (_("State"), plan.state)]
    render.table((_("Field"), _("Value")), rows, wide=(1,))


def _local(moment: int) -> str:
    """In the machine's own zone, by which its scheduler goes."""
    from datetime import UTC, datetime

    zone = datetime.fromtimestamp(moment / 1_000_000, tz=UTC).astimezone().tzinfo
    return local_text(moment, zone or UTC, seconds=False)


def _last_object(last: LastRun) -> dict[str, Any]:
    ended = rfc3339(last.finished) if last.finished else None  # what it said was said in somebody's language
    return {"started": rfc3339(last.started), "finished": ended, "code": last.code, "result": last.result}


@schedule.command()
@_state
@click.option("--if-missed", is_flag=True, help="Only if a run that was due did not take place; else end at once.")
@click.option(
    "--if-due", is_flag=True, help="Only if none took place since the last moment that was due; else end at once."
)
@_json
@with_app
def run(app: App, state: str, if_missed: bool, if_due: bool, as_json: bool) -> None:
    """What the scheduler starts: one scan within the profile's bounds, one line at the end, the rest in the log.

    Exit codes: those of `atttcli scan`; 4 on battery, 5 while another scan runs (both count as not run).

    \b
    Example:
      atttcli schedule run --if-missed
    """
    from atttcli.fleet.scheduling import is_due, last_run, read_plan, recorded, was_missed

    folder = _folder(state)
    plan = read_plan(folder)
    asked = [test for test, wanted in ((was_missed, if_missed), (is_due, if_due)) if wanted]
    if any(not test(plan, last_run(folder), app.clock.now()) for test in asked):
        if as_json:
            render.emit_json({"ran": False, "code": 0, "result": ""})
        return
    with recorded(folder, app.clock.now) as ended, _home(folder):
        code, said = _scan(app, plan, folder)
        ended(code, said)
    if as_json:
        from atttcli.fleet.scheduling import RESULTS

        render.emit_json({"ran": True, "code": code, "result": RESULTS.get(code, "failed")})
    else:
        render.line(said)
    click.get_current_context().exit(code)


def _scan(app: App, plan: Plan, folder: Path) -> tuple[int, str]:
    """Run `atttcli scan` with the plan's words; its exit code and its line, of an error its message."""
    from atttcli.cli.scan import scan

    if plan.kit:
        return _run_kit(app, plan)
    words = ["--log", str(folder / _LOG), *([] if plan.workspace else ["--no-store"]), *plan.scan_words()]
    said = io.StringIO()
    try:
        with redirect_stdout(said), scan.make_context("scan", words, parent=click.get_current_context()) as context:
            scan.invoke(context)
        code = 0
    except click.exceptions.Exit as end:
        code = end.exit_code
    except AtttError as error:
        return error.exit_code, f"{retell(error.message)}"
    return code, " ".join(said.getvalue().split())


def _run_kit(app: App, plan: Plan) -> tuple[int, str]:
    """Run a kit as its starter does; its exit code and its last sentence. It keeps its own state and results."""
    from atttcli.field.main import main
    from atttcli.field.throttle import on_battery
    from atttcli.fleet.schedule import kit_words

    if on_battery():
        return 4, _("not run: on battery")
    said = io.StringIO()
    with redirect_stdout(said):
        code = main(kit_words(plan), kit=plan.kit, clock=app.clock)
    lines = said.getvalue().split("\n")
    return code, " ".join(next((line for line in reversed(lines) if line.strip()), "").split())


@contextmanager
def _home(folder: Path) -> Iterator[None]:
    """Caches stand with the rest of the run's state: a service has no home, and writes nowhere else."""
    before = os.environ.get("ATTTCLI_HOME")
    os.environ["ATTTCLI_HOME"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("ATTTCLI_HOME")
        if before is not None:
            os.environ["ATTTCLI_HOME"] = before


@schedule.command()
@_state
@_force
@_json
@with_app
def remove(app: App, state: str, force: bool, as_json: bool) -> None:
    """Take the schedule away: only files that are ours. Log, cache and findings stay.

    \b
    Example:
      sudo atttcli schedule remove
    """
    from atttcli.fleet.scheduling import remove as take_away

    _tell_files(take_away(_folder(state), force=force), as_json)


def _folder(state: str) -> Path:
    from atttcli.fleet.scheduling import default_state, system_here

    return Path(os.path.abspath(state or default_state(system_here())))


def _tell_files(done: list[Placed], as_json: bool) -> None:
    for one in done:
        _tell_file(one.path, one.state, "", as_json)


def _tell_file(path: str, state: str, text: str, as_json: bool) -> None:
    if as_json:
        render.emit_json({"path": path, "state": state} | ({"text": text} if text else {}))
    else:
        render.line(f"{path}: {_FILE_STATES[state]()}")


def vars_of(one: Placed) -> dict[str, str]:
    """A file as `--json` tells it."""
    return {"path": one.path, "state": one.state}
