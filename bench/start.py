"""What the start costs: CPU of `atttcli --help`, `next` and `status` beside a bare `python -c "import click, sqlite3"`.

Median of 15 runs each, interleaved so that a busy machine slows all alike. Goal: ratio at most 2.

    .venv/bin/python bench/start.py
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile

RUNS = 15
GOAL = 2.0
START = "from atttcli.cli.main import run; run()"


def cpu(arguments: list[str], folder: str) -> float:
    """CPU seconds, user and system, of one child."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(arguments, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ATTTCLI_HOME"] = os.path.join(folder, "home")
        tool = [sys.executable, "-c", START]
        kinds = {"bare": [sys.executable, "-c", "import click, sqlite3"], "--help": [*tool, "--help"]}
        made = subprocess.run(
            [*tool, "init", "w", "--organisation", "bac-kan"], cwd=folder, capture_output=True, check=False
        )
        if made.returncode == 0:
            for name in ("next", "status"):
                words = [*tool, "-w", "w", name]
                if subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode == 0:
                    kinds[name] = words
                else:
                    print(f"{name}: does not run here, not measured")
        times: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(RUNS):
            for name, words in kinds.items():
                times[name].append(cpu(words, folder))
    bare = statistics.median(times["bare"])
    print(f"{'command':10} {'CPU ms':>8} {'ratio':>6}   goal {GOAL}")
    worst = 0.0
    for name, values in times.items():
        middle = statistics.median(values)
        worst = max(worst, middle / bare)
        print(f"{name:10} {middle * 1000:8.1f} {middle / bare:6.2f}")
    return 0 if worst <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
