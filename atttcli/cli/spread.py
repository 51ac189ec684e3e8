"""One run divided over processes or machines: `--shard I/N`, and the plain file of results that each part writes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli import __version__
from atttcli.errors import UsageError
from atttcli.field.shard import Shard, parse_shard
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.engine import EngineProblem
    from atttcli.field.account import FileAccount
    from atttcli.model.alert import Detection
    from atttcli.scan.results import ResultsWriter


@dataclass(frozen=True, slots=True)
class Spread:
    """Which part of the run this is, and the file that it writes; nothing is stored in a workspace then."""

    shard: Shard | None = None
    results: Path | None = None

    @property
    def asked(self) -> bool:
        """Whether results are written to a file."""
        return self.results is not None

    @property
    def suffix(self) -> str:
        """What lock and cache of this part are called: parts run beside each other, the same part twice does not."""
        return f"-{self.shard.index}-of-{self.shard.count}" if self.shard else ""

    @contextmanager
    def writing(self, settings: Mapping[str, Any]) -> Iterator[Part]:
        """The file, whole once the run ends."""
        if self.results is None:
            yield Part()
            return
        from atttcli.scan.results import results_file

        with results_file(self.results) as writer:
            part = (self.shard.index, self.shard.count) if self.shard is not None else (1, 1)
            writer.head({**settings, "tool": __version__}, part)
            yield Part(writer)


@dataclass(slots=True)
class Part:
    """What goes to the file, where there is one."""

    writer: ResultsWriter | None = None

    def found(self, one: Detection) -> None:
        """A finding."""
        if self.writer is not None:
            self.writer.found(one)

    def problem(self, one: EngineProblem) -> None:
        """Something that was not judged."""
        if self.writer is not None:
            self.writer.problem(str(one.where), one.reason)

    def end(self, files: FileAccount, rules: int, refused: int, started: int, ended: int) -> None:
        """The run reached its end."""
        if self.writer is not None:
            self.writer.end(files, rules, refused, started, ended)


def spread_by(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options; the command gets them as `spread`."""

    @functools.wraps(command)
    def run(*words: Any, shard: Shard | None, results: Path | None, **options: Any) -> None:
        if shard is not None and results is None:
            raise UsageError("a shard writes its results to a file", hint=f"--shard {shard} --results FILE.jsonl")
        command(*words, spread=Spread(shard, results), **options)

    options = (
        click.option(
            "--shard", type=_shard, default=None, metavar="I/N",
            help="Only part I of N, by the digest of each path; the parts together are the whole.",
        ),
        click.option(
            "--results", type=click.Path(path_type=Path, dir_okay=False), default=None, metavar="FILE",
            help="Write a plain file of results, for `results merge`; the workspace is told nothing.",
        ),
    )  # fmt: skip
    for option in reversed(options):
        run = option(run)
    return run


def settings_of(command: str, paths: Sequence[Path], **more: Any) -> dict[str, Any]:
    """What must be alike in all parts of one run."""
    return {"command": command, "paths": [str(path) for path in paths], **more}


def lists_digest(paths: Sequence[Path]) -> str:
    """Of the indicator lists given, by what they hold; empty without any."""
    if not paths:
        return ""
    from atttcli.cli.matching import existing
    from atttcli.rulepack.indicators import indicator_files
    from atttcli.scan.known import name_of

    return name_of(indicator_files(existing(paths)))


def _shard(value: str) -> Shard:
    try:
        return parse_shard(value)
    except ValueError:
        raise click.BadParameter(_("{value} is no part such as 2/8", value=value)) from None
