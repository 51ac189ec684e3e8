"""Runs a foreign template in a process of its own and takes what comes out: bounded in time, memory and size."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from atttcli.errors import InputError, LimitExceeded, MissingFeature, Where
from atttcli.process.run import Outcome, run
from atttcli.reports.templating.child import ANSWER, CONTEXT, JOB, MIB, OUTPUT, TEMPLATE
from atttcli.reports.templating.fault import Fault
from atttcli.reports.templating.values import packed

if TYPE_CHECKING:
    from atttcli.reports.outline import Outline
    from atttcli.reports.templating.chain import Template

_CHILD = "atttcli.reports.templating.child"
_HINT = "atttcli report template lint FILE says what is wrong, and where"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one template may cost."""

    seconds: float = 20.0
    memory: int = 768 * MIB
    output: int = 64 * MIB


BOUNDS = Bounds()


def render_template(template: Template, outline: Outline, values: Mapping[str, Any], bounds: Bounds = BOUNDS) -> bytes:
    """The paper by this template; InputError names the template, the line and what to do."""
    faults, output = ask(template, packed(outline, values), "render", bounds)
    refuse(template, faults)
    return output


def lint_template(template: Template, context: bytes, wanted: tuple[str, ...], bounds: Bounds = BOUNDS) -> list[Fault]:
    """What a template's source says that it should not; then, when that is sound, what comes of running it."""
    faults, _nothing = ask(template, context, "lint", bounds, wanted)
    if any(one.level == "error" for one in faults):
        return faults
    again, _page = ask(template, context, "render", bounds)
    return [*again, *faults]


def refuse(template: Template, faults: list[Fault]) -> None:
    """InputError with the first fault, if there is one."""
    for one in faults:
        if one.level == "error":
            more = sum(other.level == "error" for other in faults) - 1
            said = f"{one.message} (and {more} more)" if more else one.message
            raise InputError(said, hint=_HINT, where=Where(template.path, one.line, member=one.place))


def ask(
    template: Template, context: bytes, task: str, bounds: Bounds, wanted: tuple[str, ...] = ()
) -> tuple[list[Fault], bytes]:
    """One run of the child: what it found wrong, and what it made."""
    if template.format == "docx" and find_spec("docxtpl") is None:
        raise MissingFeature("a Word template needs docxtpl", hint="pip install 'atttcli[docx]'")
    job = {
        "task": task, "format": template.format, "seconds": max(int(bounds.seconds), 1), "memory": bounds.memory,
        "output": bounds.output, "wanted": list(wanted),
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="atttcli-template-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / JOB).write_bytes(msgspec.json.encode(job))
        (folder / TEMPLATE).write_bytes(template.data)
        (folder / CONTEXT).write_bytes(context)
        ended = run(_command(folder), variables=_variables(), seconds=bounds.seconds)
        return _answered(template, folder, ended, bounds)


def _command(folder: Path) -> list[str]:
    """This interpreter, nothing of the user's own in its path but where we stand."""
    return [sys.executable, "-P", "-s", "-m", _CHILD, str(folder)]


def _variables() -> dict[str, str]:
    import atttcli

    place = str(Path(atttcli.__file__).resolve().parent.parent)
    return {"PYTHONPATH": place, "PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _answered(template: Template, folder: Path, ended: Outcome, bounds: Bounds) -> tuple[list[Fault], bytes]:
    where = Where(template.path)
    if ended.stopped == "time" or ended.exit_code in (-24, -9):  # by us, or by the bound on its processor time
        raise LimitExceeded(
            f"the template ran longer than {bounds.seconds:g} s and was stopped",
            hint="is a loop inside a loop, or range() of much?",
            where=where,
        )
    path = folder / ANSWER
    answer = msgspec.json.decode(path.read_bytes()) if path.is_file() and path.stat().st_size < MIB else None
    if answer is None or answer.get("memory"):
        told = (
            "needed more memory or room than a paper may"
            if answer or ended.exit_code in (-25, -6, -11, 1)
            else "failed"
        )
        raise LimitExceeded(
            f"the template {told} ({bounds.memory // MIB} MiB)", hint="make smaller what it repeats", where=where
        )
    faults = msgspec.convert(answer["faults"], list[Fault])
    output = folder / OUTPUT
    if not output.is_file():
        return faults, b""
    if output.stat().st_size > bounds.output:
        raise LimitExceeded(f"the paper is larger than {bounds.output // MIB} MiB", where=where)
    return faults, output.read_bytes()
