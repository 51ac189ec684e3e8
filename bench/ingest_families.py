"""Ingest of each family of logs that a province sends daily: lines per CPU second, memory, where the time goes.

    python -m bench.ingest_families [FAMILY ...] [--lines 200000]

Each file is taken in by a process of its own with 10,000 indicators, the shipped Sigma, YARA and indicator packs, events kept
and their Parquet written. `reading` is lines to events; `rules` Sigma, correlations, indicators, YARA; `keeping` digests,
segments, Parquet; the rest is start, rule loading, the ledger. Goal: 30,000 lines per CPU s. Exit status 1 on a miss.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.ingest import attt, write_indicators
from bench.log_families import FAMILIES, write

GOAL = 30_000
PARTS = {
    "reading": ("atttcli.ingest.logs:LogIntake._records",),
    "rules": (
        "atttcli.engines.indicators.engine:IndicatorEngine.match_events", "atttcli.ingest.logs:match_lines",
        "atttcli.ingest.matched:SegmentMatches.add", "atttcli.ingest.run:correlate",
    ),
    "keeping": (
        "atttcli.ingest.logs:line_digests", "atttcli.ingest.logs:NewLines.judge", "atttcli.ingest.logs:SegmentWriter.add",
        "atttcli.hunt.build:bring_up_to_date",
    ),
}  # fmt: skip
TIMED = """
import importlib, json, os, resource, sys, time, types
from itertools import islice
from atttcli.cli.main import run
spent = {}
def timed(part, function):
    def wrapped(*given, **named):
        began = time.process_time()
        found = function(*given, **named)
        if isinstance(found, types.GeneratorType):
            return in_blocks(part, found)
        spent[part] = spent.get(part, 0) + time.process_time() - began
        return found
    return wrapped
def in_blocks(part, found):
    while True:
        began = time.process_time()
        block = list(islice(found, 512))
        spent[part] = spent.get(part, 0) + time.process_time() - began
        if not block:
            return
        yield from block
for part, places in json.loads(os.environ["PARTS"]).items():
    for place in places:
        module, _, path = place.partition(":")
        holder = importlib.import_module(module)
        *outer, last = path.split(".")
        for step in outer:
            holder = getattr(holder, step)
        setattr(holder, last, timed(part, getattr(holder, last)))
try:
    run()
except SystemExit:
    pass
used = resource.getrusage(resource.RUSAGE_SELF)
print("\\n" + json.dumps([spent, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""


def main() -> int:
    parser = argparse.ArgumentParser()
    names = [family.__name__ for family in FAMILIES]
    parser.add_argument("family", nargs="*", choices=[[], *names], metavar="FAMILY")
    parser.add_argument("--lines", type=int, default=200_000)
    given = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        os.environ |= {"ATTTCLI_HOME": str(base / "home"), "PARTS": json.dumps(PARTS)}
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(base / "compiled")
        write_indicators(base / "list.csv", 10_000)
        attt(base / "ws", "init", str(base / "ws"), "--organisation", "bac-kan")
        attt(base / "ws", "ingest", str(base / "list.csv"))
        attt(base / "ws", "ingest", str(base / "list.csv"))  # caches are warm
        print(f"{given.lines:,} lines each; goal {GOAL:,} lines per CPU s")
        for family in FAMILIES:
            if not given.family or family.__name__ in given.family:
                log = base / f"{family.__name__}.log"
                write(log, family, given.lines)
                missed += not told(base, log, family.__name__, given.lines)
                log.unlink()
    return 1 if missed else 0


def told(base: Path, log: Path, name: str, lines: int) -> bool:
    """Measure one file and print its line; whether the goal was met."""
    workspace = base / f"ws-{name}"
    subprocess.run(["cp", "-r", str(base / "ws"), str(workspace)], check=True)
    out = attt(workspace, "ingest", str(log), "--json", script=TIMED).strip().splitlines()
    subprocess.run(["rm", "-rf", str(workspace)], check=True)
    spent, cpu, peak = json.loads(out[-1])
    account = json.loads(out[-3] if not out[-2] else out[-2])
    rate = lines / cpu
    shares = ", ".join(f"{part} {100 * spent.get(part, 0) / cpu:.0f} %" for part in PARTS)
    read, kept = account["files"][0]["reader"], account["total"]["stored"]
    print(
        f"  {name:15} {rate:8,.0f} per CPU s {'' if rate >= GOAL else 'MISSED':6} {peak:4.0f} MB  {shares}"
        f"  ({read}: {kept:,} kept, {account['sightings']} sightings)",
        flush=True,
    )
    return rate >= GOAL


if __name__ == "__main__":
    sys.exit(main())
