"""`detect logs --workers N`: logs, and parts of large ones, judged by N processes; what is told is what one process tells."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from pathlib import Path

from atttcli.cli.log_parts import Part, Whole, divided
from atttcli.cli.log_run import LogRun, Told
from atttcli.cli.log_steps import Failed, Step, decoded, encoded
from atttcli.engine import EngineProblem
from atttcli.errors import Where
from atttcli.field.account import Outcome
from atttcli.field.walk import walk
from atttcli.process.forked import AVAILABLE

_FRAME = 256  # steps that are handed over at once


def judge_beside(
    run: LogRun, paths: Iterable[Path], workers: int, progress: Callable[[str], None]
) -> Generator[Told, None, None]:
    """As `run.judge`, by at most `workers` processes at a time, this one among them."""
    if not AVAILABLE:
        yield from run.judge(paths, progress)
        return
    from atttcli.process.crew import Crew

    parts: list[Whole | Part] = []
    for item in walk(str(path) for path in paths):
        if not isinstance(item, Outcome):
            parts += divided(item.path, run.zone, run.mapping, workers)
        elif not item.harmless:
            yield EngineProblem(Where(item.path), item.why)
    crew: Crew[list[Step]] = Crew(
        len(parts), lambda number: _frames(_steps(run, parts[number])), encoded, decoded, workers
    )
    for number, steps in crew.results():
        progress(parts[number].path)
        for step in steps:
            yield from run.tell(step)
    yield from run.finish()


def _steps(run: LogRun, part: Whole | Part) -> Iterator[Step]:
    if isinstance(part, Whole):
        yield from run.file(part.path)
        return
    for given in part.opened():
        if isinstance(given, EngineProblem):
            yield Failed(given)
        else:
            yield from run.log(part.source, given, part.turn == 0, part.last)


def _frames(steps: Iterator[Step]) -> Iterator[list[Step]]:
    while frame := list(islice(steps, _FRAME)):
        yield frame
