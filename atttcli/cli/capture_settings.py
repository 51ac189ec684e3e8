"""Options of `detect capture` about how a capture is judged: mid-stream, one-sided, in line, and `threshold.config`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli.matching import Tally

if TYPE_CHECKING:
    from atttcli.engines.network import Settings
    from atttcli.rulepack.network import NetworkPack

_OPTIONS = (
    click.option("--midstream", is_flag=True, help="Follow connections whose beginning is not in the capture."),
    click.option("--one-sided", is_flag=True, help="Judge what one side sent where the other side was not captured."),
    click.option("--inline", is_flag=True, help="As if in line: drop and reject end what they match, and say blocked."),
    click.option(
        "--threshold-config",
        "limits",
        multiple=True,
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="suppress, threshold, event_filter and rate_filter lines (repeatable; those in folders of rules hold anyway).",
    ),
)


@dataclass(frozen=True, slots=True)
class Manner:
    """What the options say."""

    midstream: bool
    one_sided: bool
    inline: bool
    limits: tuple[Path, ...]

    def settings(self) -> Settings:
        """For the engine."""
        from atttcli.engines.network import Settings

        return Settings(midstream=self.midstream, one_sided=self.one_sided, inline=self.inline)

    def limited(self, pack: NetworkPack, variables: Mapping[str, str], tally: Tally) -> NetworkPack:
        """The pack with the lines of `--threshold-config` as well; what cannot be used is told."""
        from atttcli.rulepack.network import with_limits

        made = with_limits(pack, self.limits, variables)
        if made.limits is not None:
            tally.rules(made.limits.problems)
        return made


def manner_by(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options as one `manner`."""

    @functools.wraps(command)
    def run(*args: Any, midstream: bool, one_sided: bool, inline: bool, limits: tuple[Path, ...], **values: Any) -> Any:
        return command(*args, manner=Manner(midstream, one_sided, inline, limits), **values)

    made: Callable[..., Any] = run
    for option in reversed(_OPTIONS):
        made = option(made)
    return made
