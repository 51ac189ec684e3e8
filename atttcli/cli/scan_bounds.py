"""What a scan may take: its options, and the ways in which it gives way to other work on the machine."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli.matching import size, span
from atttcli.errors import Conflict, Refused, WorkspaceError

if TYPE_CHECKING:
    from atttcli.field.scanner import ScanLimits


@dataclass(frozen=True, slots=True)
class Bounds:
    """Times in seconds, sizes in bytes, 0: no limit; `cpu_limit` in percent of one processor."""

    max_time: int = 0
    max_file_size: int = 0
    max_memory: int = 0
    threads: int = 1
    cpu_limit: float = 0
    nice: bool = False
    not_on_battery: bool = False
    wait: int = 0
    together: bool = False

    def limits(self) -> ScanLimits:
        """As the scanner takes them."""
        from atttcli.field.scanner import ScanLimits

        return ScanLimits(self.max_file_size, float(self.max_time), self.max_memory, self.threads, self.cpu_limit)

    @contextmanager
    def given_way(self, lock: str) -> Iterator[None]:
        """The run of a scan: alone on this account unless asked otherwise, behind all other work, never on battery.

        Refused on battery, Conflict while another scan has the lock.
        """
        from atttcli.field.lock import Busy, RunLock
        from atttcli.field.throttle import be_nice, on_battery

        if self.not_on_battery and on_battery():
            raise Refused(
                "this machine runs on its battery: nothing was scanned", guard="battery",
                hint="plug it in, or leave --not-on-battery out",
            )  # fmt: skip
        if self.nice:
            be_nice()
        if self.together:
            yield
            return
        held = RunLock(lock, "atttcli scan", float(self.wait))
        try:
            held.__enter__()
        except Busy as busy:
            raise Conflict(
                f"another scan is running ({busy.holder})",
                hint="wait for it with --wait 30m, or run beside it with --together",
            ) from None
        except OSError as error:
            raise WorkspaceError(
                f"the lock of scans cannot be taken in {lock}: {error.strerror}",
                hint="set ATTTCLI_HOME to a folder of your own on a local disk, or run with --together",
            ) from None
        try:
            yield
        finally:
            held.__exit__(None, None, None)


_OPTIONS = (
    click.option(
        "--max-time", type=span, default="0", metavar="TIME", help="Stop after this long (30m, 2h); the next run goes on."
    ),
    click.option(
        "--max-file-size", type=size, default="64M", metavar="SIZE", help="Larger files are not judged (64M; 0: no limit)."
    ),
    click.option(
        "--max-memory", type=size, default="0", metavar="SIZE",
        help="Stop when this process holds more (512M; 0: no limit).",
    ),
    click.option(
        "--threads", "--workers", "threads", type=click.IntRange(1, 64), default=1, show_default=True, metavar="N",
        help="Matching threads.",
    ),
    click.option(
        "--cpu-limit", type=click.FloatRange(0, 100), default=0, metavar="PERCENT",
        help="At most this share of one processor, on average (0: no limit).",
    ),
    click.option("--nice", is_flag=True, help="The last in every queue: processor and disk."),
    click.option("--not-on-battery", is_flag=True, help="Scan nothing while this machine runs on its battery (exit 4)."),
    click.option(
        "--wait", type=span, default="0", metavar="TIME", help="Another scan is running: wait this long for its end (30m)."
    ),
    click.option("--together", is_flag=True, help="Run beside other scans of this account."),
)  # fmt: skip


def bounded(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options; the command gets them as `bounds`."""

    @functools.wraps(command)
    def run(*words: Any, **options: Any) -> None:
        taken = {name: options.pop(name) for name in Bounds.__dataclass_fields__}
        command(*words, bounds=Bounds(**taken), **options)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run
