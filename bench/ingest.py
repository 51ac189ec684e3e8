"""Ingest of web access lines with 10,000 indicators and the shipped packs: lines per CPU second, by part, and peak memory.

    python -m bench.ingest [--lines 200000] [--parts]

Goals (issue 2): >= 50,000 lines per CPU second, <= 200 MB. The run is a process of its own; `--parts` profiles a second one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOAL_RATE, GOAL_MB = 50_000, 200
PARTS = {
    "read lines, parse": ("sources/logs/web.py", "read"),
    "which are new (digests)": ("archive/identity.py", "line_digests"),
    "which are new (judge)": ("archive/identity.py", "judge"),
    "segments": ("archive/writing.py", "add"),
    "indicators": ("engines/indicators/engine.py", "match_events"),
    "yara over lines": ("ingest/logs.py", "match_lines"),
    "sha256 of the file": ("ingest/route.py", "_sha256"),
    "sigma on single events": ("ingest/matched.py", "add"),
    "correlation of what matched": ("ingest/correlate.py", "correlate"),
}


def write_log(path: Path, count: int) -> None:
    draw = random.Random(5)
    agents = [f"Mozilla/5.0 (X11; Linux x86_64; rv:{n}.0) Gecko/20100101 Firefox/{n}.0" for n in range(70, 100)]
    pages = [f"/tin-tuc/bai-{n}.html" for n in range(3000)] + [f"/static/{n}.js" for n in range(300)]
    with path.open("w") as out:
        for i in range(count):
            second = i // 20
            stamp = f"{12 + second // 86400:02d}/May/2021:{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
            address = f"203.0.{draw.randrange(20)}.{draw.randrange(250)}"  # 5,000 clients
            out.write(
                f'{address} - - [{stamp} +0700] "GET {draw.choice(pages)}?id={draw.randrange(10**6)} HTTP/1.1" 200'
                f' {draw.randrange(90000)} "https://backan.gov.vn/" "{draw.choice(agents)}"\n'
            )


def write_indicators(path: Path, count: int) -> None:
    lines = ["Tên miền C2,Mã độc\n", *(f"h{n}.xau{n % 97}.example,Mau-{n % 9}\n" for n in range(count))]
    path.write_text("".join(lines), encoding="utf-8")


def attt(workspace: Path, *arguments: str, script: str = "from atttcli.cli.main import run; run()") -> str:
    command = [sys.executable, "-c", script, "-w", str(workspace), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


MEASURED = """
import resource, sys
from atttcli.cli.main import run
try:
    run()
except SystemExit:
    pass
used = resource.getrusage(resource.RUSAGE_SELF)
print("\\n" + repr((used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)))
"""
PROFILED = """
import cProfile, json, pstats
from atttcli.cli.main import run
profile = cProfile.Profile()
try:
    profile.runcall(run)
except SystemExit:
    pass
stats = pstats.Stats(profile).stats
rows = [[name[0], name[2], values[3]] for name, values in stats.items() if "atttcli" in name[0]]
print("\\n" + json.dumps(rows))
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--indicators", type=int, default=10_000)
    parser.add_argument("--parts", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        os.environ["ATTTCLI_HOME"] = str(base / "home")
        write_log(base / "access.log", given.lines)
        write_indicators(base / "list.csv", given.indicators)
        for name in ("ws", "profiled"):
            attt(base / name, "init", str(base / name), "--organisation", "bac-kan")
            attt(base / name, "ingest", str(base / "list.csv"))
        attt(base / "ws", "ingest", str(base / "list.csv"))  # caches are warm
        out = attt(base / "ws", "ingest", str(base / "access.log"), "--json", script=MEASURED)
        cpu, peak = eval(out.strip().splitlines()[-1])
        rate = given.lines / cpu
        print(
            f"{given.lines} lines, {given.indicators} indicators: {cpu:.2f} CPU s, {rate:,.0f} lines per CPU s, {peak:.0f} MB"
        )
        print(f"  goal {GOAL_RATE:,} lines per CPU s: {rate / GOAL_RATE:.2f}; goal {GOAL_MB} MB: {peak / GOAL_MB:.2f}")
        if given.parts:
            out = attt(base / "profiled", "ingest", str(base / "access.log"), "--json", script=PROFILED)
            rows = json.loads(out.strip().splitlines()[-1])
            for part, (file, function) in PARTS.items():
                spent = sum(row[2] for row in rows if row[0].endswith(file) and row[1] == function)
                print(f"  {part:42} {spent * 1e6 / given.lines:6.2f} us/line (profiled)")
        print(f"  this process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime:.1f} CPU s in all runs")


if __name__ == "__main__":
    main()
