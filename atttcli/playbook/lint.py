"""Checks a playbook: its shape, its graph, what it refers to, and our extension; each problem with file and line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from atttcli.errors import Where
from atttcli.playbook.extension import extension_faults
from atttcli.playbook.references import number_faults, reference_faults
from atttcli.playbook.rules import ERROR, LAX, WARNING, Fault, Place
from atttcli.playbook.shape import shape_faults
from atttcli.playbook.structure import structure_faults

MAX_STEPS = 2000
MAX_PROBLEMS = 500


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. `level`: `error` (refused), `lax` (kept if asked, never run), `warning`; `place` in the document."""

    message: str
    where: Where
    level: str = ERROR
    place: str = ""

    @property
    def fatal(self) -> bool:
        """Whether the playbook is not valid."""
        return self.level != WARNING


def lint(document: Any, path: str) -> Iterator[Problem]:
    """Every problem of one document, at most MAX_PROBLEMS; a broken shape ends the check early."""
    for count, fault in enumerate(faults_of(document, json=path.lower().endswith(".json"))):
        if count >= MAX_PROBLEMS:
            yield Problem(f"more than {MAX_PROBLEMS} problems: the rest is not listed", Where(path))
            return
        yield Problem(fault.message, _where(document, fault.place, path), fault.level, "/".join(map(str, fault.place)))


def is_valid(problems: Iterable[Problem], *, lenient: bool = False) -> bool:
    """Whether none of the problems refuses the playbook."""
    return not any(p.level == ERROR or (p.level == LAX and not lenient) for p in problems)


def faults_of(document: Any, *, json: bool = False) -> Iterator[Fault]:
    """Faults without their lines."""
    if not isinstance(document, dict):
        yield Fault((), "a playbook is a mapping")
        return
    shape = list(shape_faults(document))
    if not json:
        yield from number_faults(document)
    yield from shape
    if any(fault.level == ERROR for fault in shape):
        return
    if len(document["workflow"]) > MAX_STEPS:
        yield Fault(("workflow",), f"more than {MAX_STEPS} steps")
        return
    yield from structure_faults(document)
    yield from reference_faults(document)
    yield from extension_faults(document)


def _where(document: Any, place: Place, path: str) -> Where:
    """The line of the innermost part of the place that knows one."""
    line, value = None, document
    for part in place:
        line = getattr(value, "lines", {}).get(part) or line
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            break
    return Where(path, line=line)
