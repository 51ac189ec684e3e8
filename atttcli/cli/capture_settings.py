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
        "--checksums", is_flag=True, help="Pass over packets whose checksum is wrong, as their receiver would."
    ),
    click.option(
        "--ignore-vlans",
        is_flag=True,
        help="A conversation may carry one VLAN tag there and another, or none, back (mirror ports).",
    ),
    click.option(
        "--dns-port",
        "dns_ports",
        multiple=True,
        type=click.IntRange(1, 65_535),
        metavar="PORT",
        help="Look for DNS on this port too (repeatable).",
    ),
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
    checksums: bool
    ignore_vlans: bool
    dns_ports: tuple[int, ...]
    limits: tuple[Path, ...]

    def settings(self) -> Settings:
        """For the engine."""
        from atttcli.engines.network import Settings

        return Settings(
            midstream=self.midstream,
            one_sided=self.one_sided,
            inline=self.inline,
            checksums=self.checksums,
            vlans=not self.ignore_vlans,
            dns_ports=frozenset(self.dns_ports),
        )

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
    def run(
        *args: Any,
        midstream: bool,
        one_sided: bool,
        inline: bool,
        checksums: bool,
        ignore_vlans: bool,
        dns_ports: tuple[int, ...],
        limits: tuple[Path, ...],
        **values: Any,
    ) -> Any:
        manner = Manner(midstream, one_sided, inline, checksums, ignore_vlans, dns_ports, limits)
        return command(*args, manner=manner, **values)

    made: Callable[..., Any] = run
    for option in reversed(_OPTIONS):
        made = option(made)
    return made


_FOLLOW = (
    click.option(
        "--follow",
        "folder",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="Judge the files that dumpcap or tcpdump write there one after the other, as they come.",
    ),
    click.option(
        "--place", metavar="FILE", type=click.Path(path_type=Path), help="Where --follow remembers how far it came."
    ),
    click.option("--once", is_flag=True, help="With --follow: what is finished now, and no more."),
    click.option(
        "--max-files",
        "most_files",
        type=click.IntRange(0),
        default=0,
        metavar="N",
        help="With --follow: end after N files.",
    ),
    click.option(
        "--warm",
        type=click.IntRange(0, 1000),
        default=2,
        show_default=True,
        metavar="N",
        help="With --follow: judged files that are read again in silence at the start, so that connections go on.",
    ),
    click.option(
        "--end", is_flag=True, help="With --follow: the link is over; open connections are judged at the end."
    ),
)


@dataclass(frozen=True, slots=True)
class Follow:
    """A folder that is written to, and how it is followed."""

    folder: Path
    place: Path | None
    once: bool
    most_files: int
    warm: int
    end: bool


def follow_by(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options as one `follow`, None where no folder is named."""

    @functools.wraps(command)
    def run(
        *args: Any,
        folder: Path | None,
        place: Path | None,
        once: bool,
        most_files: int,
        warm: int,
        end: bool,
        **values: Any,
    ) -> Any:
        follow = Follow(folder, place, once, most_files, warm, end) if folder is not None else None
        return command(*args, follow=follow, **values)

    made: Callable[..., Any] = run
    for option in reversed(_FOLLOW):
        made = option(made)
    return made
