"""Peak memory of a child, as its own address space knows it: what `wait4` says begins with that of the process that forked it."""

from __future__ import annotations

import sys
from pathlib import Path

_SCRIPT = """
import atexit, re
from pathlib import Path
def tell():
    peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
    Path({target!r}).write_text(peak[1])
atexit.register(tell)
from atttcli.cli.main import run
run()
"""


def measured(target: Path, *words: object) -> list[str]:
    """The command that runs the tool and leaves its peak in a file."""
    return [sys.executable, "-c", _SCRIPT.format(target=str(target)), *map(str, words)]


def peak_mb(target: Path) -> float:
    """What the child left, in MB."""
    return int(target.read_text()) / 1024
