"""Schedules put in place and taken away, and the record of what was run: `plan.json`, `last.json` and a lock in one folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from atttcli.errors import AtttError, Conflict, IntegrityError, MissingFeature, NotFound, Refused, Where, WorkspaceError
from atttcli.field import strict_json
from atttcli.field.lock import Busy, RunLock
from atttcli.fleet.schedule import CRON, SYSTEMD, WINDOWS, Plan, due_after, due_before
from atttcli.fleet.schedule_files import CRON_PATH, SERVICE_PATH, TIMER_PATH, layout, state_of
from atttcli.process.run import run
from atttcli.store.durable import make_folder, write_whole

RESULTS: Final = {0: "clean", 1: "found", 2: "incomplete", 4: "battery", 5: "busy"}
_NOT_RUN: Final = ("battery", "busy")
_MOST: Final = 256 * 1024
_SECONDS: Final = 60.0
_FOLDER = "schedule"
Runner = Callable[[Sequence[str]], tuple[int | None, str]]


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of one file: new, replaced, unchanged; when removing: removed or missing."""

    path: str
    state: str


@dataclass(frozen=True, slots=True)
class LastRun:
    """A run as it was recorded. Times in microseconds UTC; `finished` 0: it goes on, or was cut off (then `result` says so)."""

    started: int
    finished: int = 0
    code: int = 0
    result: str = "running"
    said: str = ""


def default_state(system: str) -> str:
    """Where a machine keeps the state of its scheduled scans."""
    return r"C:\ProgramData\atttcli" if system == WINDOWS else "/var/lib/atttcli"


def system_here() -> str:
    """The scheduler of this machine."""
    if os.name == "nt":
        return WINDOWS
    return SYSTEMD if os.path.isdir("/run/systemd/system") else CRON


def install(
    plan: Plan, host: str, *, base: Path | None = None, force: bool = False, runner: Runner | None = None
) -> list[Placed]:
    """Write the plan's files and have the system take notice. Twice is once.

    `base`: write below that folder instead and start nothing (for other machines). Refused without the rights, and for a file
    that somebody changed or that is not ours, unless `force`; Conflict when another scheduler has a plan of ours.
    """
    wanted = layout(plan, host)
    if base is None:
        _no_other(plan.system)
        _only_of_root(Path(plan.program[0]))
        _writable_by_root(plan.workspace)
    for file in wanted.files:
        _check_ours(_place(file.path, base, plan.system), force)
    done = []
    try:
        done = [_put(_place(file.path, base, plan.system), file.data) for file in wanted.files]
        folder = _place(plan.state, base, plan.system) / _FOLDER
        make_folder(folder)
        done.append(_put(folder / "plan.json", strict_json.dumps(_kept(plan, folder)) + b"\n"))
    except PermissionError as error:
        raise _no_right(error) from None
    except OSError as error:
        raise WorkspaceError(f"{error.filename} cannot be written: {error.strerror}") from None
    if base is None:
        _call(wanted.start, _run if runner is None else runner)
    return done


def remove(state: Path, *, force: bool = False, runner: Runner | None = None) -> list[Placed]:
    """Take the schedule away; what its runs found, their log and their cache stay. Only files that are ours."""
    plan = read_plan(state)
    wanted = layout(plan, "")
    places = [_place(file.path, None, plan.system) for file in wanted.files]
    for place in places:
        _check_ours(place, force)
    _call(wanted.stop, _run if runner is None else runner, strict=False)
    done = []
    try:
        for place in (*places, state / _FOLDER / "plan.json"):
            there = place.is_file()
            place.unlink(missing_ok=True)
            done.append(Placed(str(place), "removed" if there else "missing"))
    except OSError as error:
        raise _no_right(error) from None
    _call(wanted.forget, _run if runner is None else runner, strict=False)
    return done


def files_of(plan: Plan) -> Iterator[Placed]:
    """The plan's files on this machine: ours, changed, foreign or missing."""
    for file in layout(plan, "").files:
        place = Path(file.path)
        try:
            yield Placed(file.path, state_of(_read(place)))
        except OSError:
            yield Placed(file.path, "missing")


def read_plan(state: Path) -> Plan:
    """The plan that is installed; NotFound without one, IntegrityError when it is damaged."""
    path = state / _FOLDER / "plan.json"
    try:
        return Plan.of(strict_json.loads(_read(path).removesuffix(b"\n"), _MOST))
    except FileNotFoundError:
        raise NotFound("no schedule is installed here", hint="atttcli schedule install --at 12:30") from None
    except OSError as error:
        raise _no_right(error) from None
    except (ValueError, KeyError, TypeError, AtttError):
        raise IntegrityError("the plan is damaged", hint="atttcli schedule install …", where=Where(str(path))) from None


def last_run(state: Path) -> LastRun | None:
    """The record of the last run, if it can be read; one that was cut off is told from one that goes on by its lock."""
    try:
        value = strict_json.loads(_read(state / _FOLDER / "last.json").removesuffix(b"\n"), _MOST)
        last = LastRun(**{name: value[name] for name in LastRun.__dataclass_fields__})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if last.result == "running" and not _is_locked(state):
        return LastRun(last.started, 0, 0, "cut off", "")
    return last


def was_missed(plan: Plan, last: LastRun | None, now: int) -> bool:
    """Whether a start that was due did not take place within its spread, or did and was given up (battery)."""
    return is_due(plan, last, now - plan.spread * 60_000_000)


def is_due(plan: Plan, last: LastRun | None, now: int) -> bool:
    """Whether no run took place since the last moment, after the plan was made, at which one was due."""
    due = due_before(plan.when, now)
    ran = last is not None and last.result not in _NOT_RUN and last.started >= due
    return due > plan.since and not ran


def next_due(plan: Plan, now: int) -> tuple[int, int]:
    """Between which moments the next run starts (microseconds UTC)."""
    due = due_after(plan.when, now)
    return due, due + plan.spread * 60_000_000


@contextmanager
def recorded(state: Path, now: Callable[[], int]) -> Iterator[Callable[[int, str], None]]:
    """One run at a time, its start kept before it begins and its end when it is told. Conflict while another goes on."""
    folder = state / _FOLDER
    lock = RunLock(str(folder / "run.lock"), "atttcli schedule run")
    try:
        make_folder(folder)
        lock.__enter__()
    except Busy as busy:
        raise Conflict(f"a scheduled scan is running ({busy.holder})", hint="atttcli schedule show") from None
    except OSError as error:
        raise _no_right(error) from None
    try:
        started = now()
        _keep(folder, LastRun(started))

        def ended(code: int, said: str) -> None:
            _keep(folder, LastRun(started, now(), code, RESULTS.get(code, "failed"), said[:500]))

        yield ended
    finally:
        lock.__exit__(None, None, None)


def _keep(folder: Path, last: LastRun) -> None:
    value = {name: getattr(last, name) for name in LastRun.__dataclass_fields__}
    try:
        write_whole(folder / "last.json", strict_json.dumps(value) + b"\n", 0o644)
    except OSError as error:
        raise WorkspaceError(f"the record of the run cannot be kept: {error.strerror}") from None


def _is_locked(state: Path) -> bool:
    path = state / _FOLDER / "run.lock"
    if not path.is_file():
        return False
    try:
        with RunLock(str(path)):
            return False
    except Busy:
        return True
    except OSError:  # another account's: nobody can tell
        return False


def _no_other(system: str) -> None:
    """A machine that is scanned by two schedulers is scanned twice."""
    others = {SYSTEMD: (CRON_PATH,), CRON: (SERVICE_PATH, TIMER_PATH), WINDOWS: ()}[system]
    for path in others:
        if os.path.lexists(path):
            raise Conflict(f"{path} schedules this machine already", hint="atttcli schedule remove")


def _only_of_root(program: Path) -> None:
    """What the system's own account starts every day must not be anybody's to replace."""
    if os.name != "posix" or os.geteuid() != 0 or not program.exists():
        return
    real = program.resolve()
    for place in (real, *real.parents):
        status = place.stat()
        open_to_others = status.st_mode & 0o022 and not (stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX)
        if status.st_uid != 0 or open_to_others:
            raise Refused(
                f"{place} may be changed by others, and it would run as root", guard="program",
                hint="install atttcli in /opt, owned by root",
            )  # fmt: skip


def _writable_by_root(workspace: str) -> None:
    """Files that root leaves in somebody's workspace cannot be written by that somebody any more."""
    if workspace and os.name == "posix" and os.path.isdir(workspace) and os.stat(workspace).st_uid != os.geteuid():
        raise Refused(
            f"{workspace} belongs to another account, and the scan runs as root", guard="owner",
            hint="a workspace of root's own; or none, and carry the log; or a kit: --kit DIR",
        )  # fmt: skip


def _place(path: str, base: Path | None, system: str) -> Path:
    if base is None:
        return Path(path)
    return base / (path[3:].replace("\\", "/") if system == WINDOWS else path.lstrip("/"))


def _check_ours(path: Path, force: bool) -> None:
    try:
        state = state_of(_read(path))
    except FileNotFoundError:
        return
    except OSError as error:
        raise _no_right(error) from None
    if state == "changed" and not force:
        raise Refused(
            f"{path} was changed since it was written", guard="changed", hint="look at it; then the same with --force"
        )
    if state == "foreign":
        raise Refused(f"{path} is not ours", guard="foreign", hint="move it away")


def _put(path: Path, data: bytes) -> Placed:
    try:
        if _read(path) == data:
            return Placed(str(path), "unchanged")
        state = "replaced"
    except FileNotFoundError:
        state = "new"
    make_folder(path.parent, 0o755)
    write_whole(path, data)
    return Placed(str(path), state)


def _kept(plan: Plan, folder: Path) -> dict[str, Any]:
    """The plan with the moment since when it is in force: that of the plan before, when nothing else changed."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        before = strict_json.loads(_read(folder / "plan.json").removesuffix(b"\n"), _MOST)
        if {**before, "since": plan.since} == plan.to_json():
            return dict(before)
    return plan.to_json()


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_MOST)


def _call(commands: Sequence[Sequence[str]], runner: Runner, *, strict: bool = True) -> None:
    for words in commands:
        code, said = runner(words)
        if code and strict:
            raise WorkspaceError(
                f"{' '.join(words[:3])} failed: {said[-300:]}", hint="the files are written; see what it says"
            )


def _run(words: Sequence[str]) -> tuple[int | None, str]:
    if os.name == "nt":  # by its place: Windows looks into the current folder first
        words = (os.environ.get("SYSTEMROOT", r"C:\Windows") + rf"\System32\{words[0]}.exe", *words[1:])
    try:
        ended = run(words, seconds=_SECONDS)
    except MissingFeature as error:
        return 127, error.message
    return ended.exit_code, " ".join(ended.output.decode("utf-8", "replace").split())


def _no_right(error: OSError) -> Refused:
    return Refused(
        f"{error.filename}: {error.strerror}", guard="rights",
        hint="as administrator (sudo); or look first: --print; or for another machine: --write DIR",
    )  # fmt: skip
