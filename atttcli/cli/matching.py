"""What the matching commands share: sizes as people write them, problems on stderr, and the exit code they add up to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atttcli.cli import render
from atttcli.cli.event_lines import is_roomy
from atttcli.errors import AtttError, InputError, Where
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.cli.context import App
    from atttcli.engine import EngineProblem, RuleProblem

_SIZE = re.compile(r"(\d{1,12})\s*(|[kmgt])i?b?\Z", re.IGNORECASE)
_SPAN = re.compile(r"(\d{1,9})([smhd]?)\Z")
_SHOWN_PROBLEMS = 200
_SHOWN_ROWS = 50_000


def size(value: str) -> int:
    """A number of bytes, as a click type: `500`, `64K`, `10M`, `2GiB`; 0 is unlimited."""
    match = _SIZE.match(value.strip())
    if match is None:
        raise click.BadParameter(_("{value} is not a size such as 500K, 64M or 2G", value=value))
    return int(match[1]) * int(1024 ** " kmgt".index(match[2].lower() or " "))


def span(value: str) -> int:
    """A number of seconds, as a click type: `90`, `30m`, `2h`; 0 is unlimited."""
    match = _SPAN.match(value.strip())
    if match is None:
        raise click.BadParameter(_("{value} is not a time such as 90s, 30m or 2h", value=value))
    return int(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]


@dataclass(slots=True)
class Tally:
    """What a run came to. The exit code: 2 incomplete (beats 1), 1 found, 0 nothing found."""

    found: int = 0
    problems: int = 0
    refused: int = 0
    strict: bool = False

    @property
    def exit_code(self) -> int:
        if self.problems or (self.strict and self.refused):
            return 2
        return 1 if self.found else 0

    def problem(self, problem: EngineProblem) -> None:
        """Something that was not judged: one line on stderr, at most a screenful of them, all counted."""
        self.note(problem.where, problem.reason)

    def note(self, where: Where | str, reason: str) -> None:
        self.problems += 1
        if self.problems <= _SHOWN_PROBLEMS:
            render.warn(f"{where}: {retell(reason)}" if str(where) else retell(reason))

    def rules(self, problems: Iterable[RuleProblem], shown: int = _SHOWN_PROBLEMS) -> None:
        """Rules refused at load: named by file and line, always counted. Warnings about rules that run are left to
        `rules check`."""
        for problem in problems:
            if not problem.refused:
                continue
            self.refused += 1
            if self.refused <= shown:
                render.warn(problem_line(problem))

    def close(self) -> None:
        """What must be said even when nothing else is: cut lists, refused rules, incompleteness."""
        if self.problems > _SHOWN_PROBLEMS:
            render.warn(_("… and {count} more problems", count=self.problems - _SHOWN_PROBLEMS))
        if self.refused > _SHOWN_PROBLEMS:
            render.warn(_("… and {count} more refused rules", count=self.refused - _SHOWN_PROBLEMS))
        if self.refused:
            text = ngettext("{count} rule was refused.", "{count} rules were refused.", self.refused)
            render.warn(text + " " + _("They did not run: atttcli rules check PATH"))
        if self.problems:
            render.warn(
                ngettext(
                    "Incomplete: {count} thing could not be judged.",
                    "Incomplete: {count} things could not be judged.",
                    self.problems,
                )
            )


ALL_RULES = click.option("--all-rules", is_flag=True, help="Also rules that were disabled in this workspace.")


@dataclass(frozen=True, slots=True)
class Disabled:
    """The rules that people switched off in the workspace we stand in: they judge, and nobody hears of it."""

    rules: frozenset[str] = frozenset()

    def covers(self, rule_id: str) -> bool:
        """By the rule's id, or by its name alone."""
        return bool(self.rules) and (rule_id in self.rules or rule_id.rpartition(":")[2] in self.rules)

    def tell(self, loaded: Iterable[str]) -> None:
        """One line on stderr when any of the loaded rules is switched off: a silence must not look like a clean run."""
        count = sum(self.covers(rule_id) for rule_id in set(loaded)) if self.rules else 0
        if count:
            text = ngettext(
                "{count} rule is disabled in this workspace and stays silent (--all-rules runs it anyway).",
                "{count} rules are disabled in this workspace and stay silent (--all-rules runs them anyway).",
                count,
            )
            render.warn(text)


def disabled_here(app: App, every: bool = False) -> Disabled:
    """What `rules disable` says in this workspace; nothing outside of one, or with --all-rules.

    A workspace that cannot be read does not keep anybody from matching: it is said, and all rules run.
    """
    if every or app.workspace_if_any() is None:
        return Disabled()
    from atttcli.store.facts.alerts import disabled_rules

    try:
        return Disabled(disabled_rules(app.store))
    except AtttError as error:
        render.warn(
            _("The workspace cannot be read, so no rule counts as disabled: {error}", error=retell(error.message))
        )
        return Disabled()


def ranges_here(app: App) -> Path | None:
    """The workspace's table of countries (`rules ranges`), for rules that ask where an address lies; None without one."""
    if app.workspace_if_any() is None:
        return None
    from atttcli.ingest.countries import ranges_file

    try:
        return ranges_file(app.workspace, app.store)
    except AtttError:  # `disabled_here` says that the workspace cannot be read
        return None


def problem_line(problem: RuleProblem) -> str:
    """`file:line [rule]: reason (hint)`."""
    hint = f" ({retell(problem.hint)})" if problem.hint else ""
    return f"{problem.where}: {retell(problem.reason)}{hint}"


class Rows:
    """Rows of a table gathered while a run goes on, bounded; what does not fit is counted and said."""

    def __init__(self, columns: Sequence[str], wide: Sequence[int] = ()) -> None:
        self._columns = columns
        self._wide = wide
        self._rows: list[tuple[object, ...]] = []
        self._left = 0

    def add(self, *cells: object) -> None:
        if len(self._rows) < _SHOWN_ROWS:
            self._rows.append(cells)
        else:
            self._left += 1

    def show(self, draw: Callable[[tuple[object, ...]], None] | None = None) -> None:
        """As a table; on a screen that is too narrow for one each row by `draw`."""
        if draw is not None and render.is_terminal() and not is_roomy():
            for row in self._rows:
                draw(row)
        elif self._rows:
            render.table(self._columns, self._rows, wide=self._wide)
        if self._left:
            render.warn(_("… and {count} more rows (all of them: --json)", count=self._left))


def existing(paths: Sequence[Path]) -> list[Path]:
    """Rule paths that people named must be there: a run without them would look like a clean one. A pipe would hang it."""
    for path in paths:
        if not path.exists():
            raise InputError("no such file or folder", where=Where(str(path)))
        if not path.is_file() and not path.is_dir():
            raise InputError("not a regular file", hint="rules are read from files and folders", where=Where(str(path)))
    return list(paths)


def finish(tally: Tally) -> None:
    """End the command with the exit code that the run came to."""
    tally.close()
    click.get_current_context().exit(tally.exit_code)
