"""How far a scan goes: its options, and what they say to the walk."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from atttcli.field.walk import WalkOptions

_PATHS = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True)
class Reach:
    """What is left out, and what is taken in beside the files of this machine's disks."""

    exclude: tuple[Path, ...] = ()
    cross_devices: bool = False
    network: bool = False
    cloud: bool = False

    def options(self) -> WalkOptions:
        """As the walk takes them. A network share is another file system."""
        from atttcli.field.walk import WalkOptions

        return WalkOptions(
            cross_devices=self.cross_devices or self.network,
            exclude=frozenset(os.path.abspath(path) for path in self.exclude),
            network=self.network,
            cloud=self.cloud,
        )

    def told(self) -> dict[str, object]:
        """As a file of results names it."""
        return {
            "exclude": sorted(os.path.abspath(path) for path in self.exclude), "cross_devices": self.cross_devices,
            "network": self.network, "cloud": self.cloud,
        }  # fmt: skip


_OPTIONS = (
    click.option("--exclude", multiple=True, type=_PATHS, help="Leave this file or folder out (repeatable)."),
    click.option("--cross-devices", is_flag=True, help="Also other file systems below the paths."),
    click.option("--network", is_flag=True, help="Also other file systems below the paths, network shares among them."),
    click.option("--cloud", is_flag=True, help="Also files that are only in the cloud: reading downloads them."),
)


def reaching(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options; the command gets them as `reach`."""

    @functools.wraps(command)
    def run(*words: Any, **options: Any) -> None:
        taken = {name: options.pop(name) for name in Reach.__dataclass_fields__}
        command(*words, reach=Reach(**taken), **options)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run
