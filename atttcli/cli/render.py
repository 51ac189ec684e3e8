"""The only door to the screen, and the only module that knows rich (imported when a table is drawn on a terminal)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import click

from atttcli.text.display import display, display_block
from atttcli.text.messages import _

_EXERCISE: list[tuple[str, str]] = []  # code and mark of the drill whose words these are, while a player's command runs
_MARKED: list[bool] = []


@contextmanager
def exercise(code: str, mark: str) -> Iterator[None]:
    """All that is written to stdout is of an exercise: text begins with the mark, each JSON object has `drill`."""
    _EXERCISE.append((code, mark))
    try:
        yield
    finally:
        _EXERCISE.clear()
        _MARKED.clear()


def _mark() -> None:
    if _drawings and sys.stdout.isatty():  # else what is written would begin at the end of the bar
        _drawings[-1]()
    if _EXERCISE and not _MARKED:
        _MARKED.append(True)
        click.echo(display(_EXERCISE[-1][1]))


def line(text: object = "") -> None:
    """One safe line on stdout; on a screen it is broken between words, and never within a command."""
    _mark()
    _told(display(text), to_stderr=False)


def block(text: str) -> None:
    """Several safe lines on stdout."""
    _mark()
    click.echo(display_block(text))


def warn(text: object) -> None:
    """One safe line on stderr, above the progress bar where one is drawn."""
    if _bars:
        from atttcli.cli.table_layout import broken

        for piece in broken(display(text), columns()):
            _bars[-1](piece)
    else:
        _told(display(text), to_stderr=True)


def _told(text: str, *, to_stderr: bool) -> None:
    if len(text) < _NARROWEST or not (sys.stderr if to_stderr else sys.stdout).isatty():
        click.echo(text, err=to_stderr)
        return
    from atttcli.cli.table_layout import broken

    for piece in broken(text, columns()):
        click.echo(piece, err=to_stderr)


_NARROWEST = 40


def columns() -> int:
    """Columns of the screen."""
    import shutil

    return max(shutil.get_terminal_size((80, 24)).columns, _NARROWEST)


def emit_json(value: Any) -> None:
    """One JSON value on one line, ASCII-safe for control characters (json escapes them), UTF-8 for the rest."""
    emit_json_text(json_text(value))


def emit_json_text(text: str) -> None:
    """What `json_text` gave, on one line."""
    click.echo(text)


def json_text(value: Any) -> str:
    """One JSON value as `emit_json` writes it."""
    if _EXERCISE and isinstance(value, dict):
        value = {"drill": _EXERCISE[-1][0]} | {key: one for key, one in value.items() if key != "drill"}
    text = json.dumps(value, ensure_ascii=False, sort_keys=False, default=str)
    return text if text.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def emit_json_lines(values: Iterable[Any]) -> None:
    """One JSON object a line."""
    for value in values:
        emit_json(value)


def csv_line(cells: Iterable[object]) -> None:
    """One row of CSV whose cells no spreadsheet will run."""
    import csv
    import io

    from atttcli.text.spreadsheet import inert_cell

    held = io.StringIO()
    csv.writer(held, lineterminator="").writerow([inert_cell(display(str(cell))) for cell in cells])
    _mark()
    click.echo(held.getvalue())  # never broken, on a screen neither


def table(
    heading: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "", wide: Sequence[int] = (),
    whole: Sequence[int] = (),
) -> None:  # fmt: skip
    """A table: drawn by rich on a terminal, tab-separated in a pipe, a row as it comes. Cells are made safe here.

    `wide` columns tell what a row is about: they and the first lead where a screen is too narrow for a table and rows are
    told one under the other. `whole` ones (numbers, days) are never broken over two lines.
    """
    _mark()
    if not sys.stdout.isatty():
        click.echo("\t".join(heading))
        for row in rows:
            click.echo("\t".join(map(display, row)))
        return
    from atttcli.cli.table_layout import told, widths

    cells = [[display(cell) for cell in row] for row in rows]
    if not cells:
        line(f"{title}: {_('nothing to show')}" if title else _("Nothing to show."))
        return
    room = columns()
    fitted = widths(heading, cells, room, whole)
    if fitted is None:
        click.echo("\n".join([display(title)] * bool(title) + list(told(heading, cells, room, wide))))
    else:
        _drawn(heading, cells, fitted, title)


def _drawn(heading: Sequence[str], rows: Sequence[Sequence[str]], fitted: Sequence[int], title: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=Text(title) if title else None, show_edge=False, header_style="bold", pad_edge=False)
    for column, width in zip(heading, fitted, strict=True):
        drawn.add_column(Text(column), overflow="fold", width=width)
    for row in rows:
        drawn.add_row(*map(Text, row))
    Console(markup=False, emoji=False, highlight=False, width=columns()).print(drawn)


_bars: list[Callable[[str], None]] = []  # writers above the bars that are drawn now


_drawings: list[Callable[[], None]] = []  # what takes those bars off the screen until the next step


class Progress(Protocol):
    """What long work reports to."""

    def __call__(self, done: int, total: int, what: str) -> None: ...


@contextmanager
def progress(label: str, quiet: bool = False) -> Iterator[Progress]:
    """A progress bar on a terminal; silence in a pipe. `total` 0 is unknown."""
    if quiet or not sys.stderr.isatty():
        yield lambda done, total, what: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True, markup=False, emoji=False, highlight=False)
    with Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[what]}", markup=False),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as bars:
        from rich.text import Text

        task = bars.add_task(display(label), total=None, what="")

        def update(done: int, total: int, what: str) -> None:
            if not bars.live.is_started:
                bars.start()
            bars.update(task, completed=done, total=total or None, what=display(what, 60))

        _bars.append(lambda text: console.print(Text(text), soft_wrap=True))
        _drawings.append(bars.stop)
        try:
            yield update
        finally:
            _bars.pop()
            _drawings.pop()


_STYLES = {"mark": "bold white on red", "head": "bold", "dim": "dim", "": ""}


def live(draw: Callable[[int, int], Sequence[tuple[str, str]] | None], every: float) -> None:
    """A screen of its own that is drawn anew until `draw(width, height)` gives None or Ctrl-C; lines are (safe text, style).

    The size is asked each time, so a resized window is drawn right; NO_COLOR is honoured by rich.
    """
    import time

    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

    console = Console(markup=False, emoji=False, highlight=False)
    if console.is_dumb_terminal:  # nothing can be drawn anew there: the lines come again, and not so often
        while (lines := draw(console.size.width, console.size.height)) is not None:
            click.echo("\n".join(text for text, _style in lines))
            time.sleep(every * 5)
        return
    with Live(console=console, screen=True, auto_refresh=False) as screen:
        while (lines := draw(console.size.width, console.size.height)) is not None:
            drawn = [Text(text, style=_STYLES[style], no_wrap=True, overflow="crop") for text, style in lines]
            screen.update(Group(*drawn), refresh=True)
            until = time.monotonic() + every
            size = console.size
            while time.monotonic() < until and console.size == size:
                time.sleep(0.1)


def is_terminal() -> bool:
    """Whether what is written goes to a screen."""
    return sys.stdout.isatty()


def is_interactive() -> bool:
    """Whether a person sits at a terminal on both ends."""
    return sys.stdin.isatty() and sys.stdout.isatty()
