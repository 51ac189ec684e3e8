"""Network rules over captures: every figure of the network issue beside its goal.

    python bench/network.py [--quick] [--size 200] [--large 1000] [--keep] [--no-hyperscan]
                            [--rules FILE --capture FILE]

The capture is the office capture of ../shared/data repeated, no copy like another (bench/captures.py), written under bench/out/
(ignored by git; the large one is removed again). Each figure comes from a process of its own: CPU seconds of that process, its peak
memory. `--quick` takes 50 MB and leaves out the large capture.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import resource
import shutil
import struct
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from atttcli.engine import EngineProblem  # noqa: E402
from atttcli.engines.network import NetworkEngine  # noqa: E402
from atttcli.model.alert import Detection  # noqa: E402
from atttcli.process.collector import settle  # noqa: E402
from atttcli.rulepack.network import load_network_rules  # noqa: E402
from bench.captures import varied  # noqa: E402

DATA = ROOT.parent / "shared" / "data" / "network" / "office"
OUT = ROOT / "bench" / "out"
SMALL = 1000  # captures in the folder


def office_rules() -> Path:
    """The unpacked rules."""
    target = OUT / "et2023.rules"
    if not target.exists():
        target.write_bytes(lzma.decompress((DATA / "et2023.rules.xz").read_bytes()))
    return target


def start(rules: Path, cache: Path, hyperscan: bool | None) -> tuple[NetworkEngine, dict[str, int], float]:
    """An engine ready to scan, and what that cost."""
    begin = time.process_time()
    pack = load_network_rules([rules], cache=cache)
    engine = NetworkEngine(pack, hyperscan=hyperscan)
    settle()
    return engine, pack.counts, time.process_time() - begin


def agreement(found: Counter[tuple[object, ...]]) -> tuple[str, bool]:
    """Missing and extra alerts of the plain office capture against the reference engine's."""
    wanted: Counter[tuple[object, ...]] = Counter()
    for line in (DATA / "expected-alerts.et2023.jsonl").read_text().splitlines():
        row = json.loads(line)
        wanted[identity(row, row["sid"])] += 1
    missing, extra = wanted - found, found - wanted
    share = 1 - (missing.total() + extra.total()) / wanted.total()
    return f"{wanted.total()} expected, {missing.total()} missing, {extra.total()} extra", share >= 0.995


def identity(row: dict[str, Any], sid: object) -> tuple[object, ...]:
    """What an alert is told apart by."""
    names = ("src_ip", "src_port", "dest_ip", "dest_port", "proto", "tx_id")
    return (sid, *(row.get(name) for name in names))


def scan(engine: NetworkEngine, capture: Path) -> tuple[Counter[tuple[object, ...]], float, int]:
    """Alerts by identity, CPU seconds, problems."""
    found: Counter[tuple[object, ...]] = Counter()
    problems = 0
    begin = time.process_time()
    with capture.open("rb") as stream:
        for result in engine.scan_capture(stream, str(capture), sightings=False):
            if isinstance(result, Detection):
                found[identity(result.detail, result.detail["alert"]["signature_id"])] += 1
            elif isinstance(result, EngineProblem):
                problems += 1
    return found, time.process_time() - begin, problems


def one(capture: Path, rules: Path, cache: Path, hyperscan: bool | None) -> dict[str, Any]:
    """What a process of its own measures."""
    engine, counts, started = start(rules, cache, hyperscan)
    ready = peak()
    found, spent, problems = scan(engine, capture)
    result: dict[str, Any] = {"start": started, "ready": ready, "scan": spent, "problems": problems, "peak": peak()}
    result |= {"alerts": found.total(), "packets": engine.counts.packets, "flows": engine.counts.flows}
    result |= {"rules": counts, "candidates": engine.counts.candidates}
    if capture == DATA / "office.pcap":
        result["agreement"] = agreement(found)
    return result


def peak() -> float:
    """Megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Bench:
    """Runs and prints; `missed` counts the goals that were not met."""

    def __init__(self, rules: Path, cache: Path, hyperscan: bool) -> None:
        self.rules, self.cache, self.hyperscan = rules, cache, hyperscan
        self.missed = 0

    def measure(self, capture: Path, *, hyperscan: bool | None = None) -> dict[str, Any]:
        """One capture in a process of its own."""
        command = [sys.executable, __file__, "--one", str(capture), str(self.rules), str(self.cache)]
        if not (self.hyperscan if hyperscan is None else hyperscan):
            command.append("--no-hyperscan")
        answer: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        return answer

    def command(self, *given: str) -> tuple[bytes, float, float]:
        """`detect capture ...`: its output, wall and CPU seconds with those of its copies."""
        command = [sys.executable, "-m", "atttcli", "detect", "capture", "--rules", str(self.rules), "--json", *given]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.monotonic()
        environment = os.environ | {"ATTTCLI_HOME": str(self.cache)}
        done = subprocess.run(command, capture_output=True, env=environment, check=False)
        wall = time.monotonic() - begin
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return done.stdout, wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def line(self, name: str, value: str, goal: str = "", met: bool = True) -> None:
        """A figure beside its goal."""
        self.missed += not met
        print(f"{name:<34}{value:<44}{goal}{'' if met else '   MISSED'}", flush=True)


def starts(bench: Bench, capture: Path) -> None:
    """Cold, warm, and how well the plain capture agrees."""
    cold, warm = bench.measure(capture), bench.measure(capture)
    counts = warm["rules"]
    bench.line("rules loaded", f"{counts['loaded']} of {counts['read']}", "all", counts["loaded"] == counts["read"])
    bench.line("start, cold", f"{cold['start']:.2f} CPU s", "<= 8", cold["start"] <= 8)
    bench.line("start, warm", f"{warm['start']:.2f} CPU s, {warm['ready']:.0f} MB", "<= 1", warm["start"] <= 1)
    if "agreement" in warm:
        text, met = warm["agreement"]
        bench.line("office capture", text, ">= 99.5 %", met)
        plain = bench.measure(capture, hyperscan=False)
        text, same = plain["agreement"]
        bench.line("the same without Hyperscan", f"{text}; {plain['scan']:.1f} CPU s", "the same", same)


def speed(bench: Bench, capture: Path) -> float:
    """MB/s and memory; gives the peak."""
    found = bench.measure(capture)
    size = capture.stat().st_size / 1e6
    rate = size / found["scan"]
    bench.line("capture", f"{size:.0f} MB, {found['packets']} packets, {found['flows']} flows")
    told = f"{found['scan']:.2f} CPU s = {rate:.1f} MB/s"
    bench.line("scan", told, ">= 20 MB/s, stretch 33", rate >= 20)
    bench.line("", f"{found['alerts']} alerts, {found['candidates']} candidates, {found['problems']} problems")
    bench.line("peak memory", f"{found['peak']:.0f} MB", "<= 300 MB", found["peak"] <= 300)
    return float(found["peak"])


def two_workers(bench: Bench, captures: list[Path]) -> None:
    """Wall time of one process and of two, and whether they say the same."""
    names = [str(path) for path in captures]
    bench.command(names[0])  # the start is measured apart: its cache is made here
    single, alone, _ = bench.command(*names)
    double, shared, _ = bench.command(*names, "--workers", "2")
    gain = alone / shared
    quiet = os.getloadavg()[0] < 2.5
    told = f"{alone:.2f} s, {shared:.2f} s wall: {gain:.2f} times"
    bench.line(f"two processes, {len(names)} captures", told, ">= 1.6", gain >= 1.6 or not quiet)
    bench.line("their output", "the same" if single == double else "differs", "the same", single == double)
    if not quiet:
        bench.line("", f"load {os.getloadavg()[0]:.1f}: others use the processors", "not judged")


def small_captures(bench: Bench, capture: Path, started: float) -> None:
    """A folder of captures costs one start."""
    folder = OUT / "small"
    shutil.rmtree(folder, ignore_errors=True)
    cut(capture, folder)
    _, _, all_of_them = bench.command(str(folder))
    _, _, whole = bench.command(str(capture))
    extra = all_of_them - whole
    told = f"{all_of_them:.2f} CPU s; as one capture {whole:.2f}"
    bench.line(f"a folder of {SMALL} captures", told, "one start", extra < max(1.0, 2 * started))
    shutil.rmtree(folder)


def cut(capture: Path, folder: Path) -> None:
    """A capture cut into a thousand."""
    raw = capture.read_bytes()
    ends, at = [24], 24
    while at + 16 <= len(raw):
        at += 16 + struct.unpack_from("<I", raw, at + 8)[0]
        ends.append(at)
    for number in range(SMALL):
        first, last = (ends[(len(ends) - 1) * k // SMALL] for k in (number, number + 1))
        place = folder / f"{number // 100:02}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:04}.pcap").write_bytes(raw[:24] + raw[first:last])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="50 MB, no large capture")
    parser.add_argument("--size", type=int, default=200, help="megabytes of capture")
    parser.add_argument("--large", type=int, default=1000, help="megabytes of the large one; 0: none")
    parser.add_argument("--keep", action="store_true", help="leave the large capture where it is")
    parser.add_argument("--rules", type=Path)
    parser.add_argument("--capture", type=Path)
    parser.add_argument("--no-hyperscan", action="store_true")
    parser.add_argument("--one", nargs=3, type=Path, metavar=("CAPTURE", "RULES", "CACHE"), help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    options = arguments()
    if options.one:
        capture, rules, cache = options.one
        print(json.dumps(one(capture, rules, cache, False if options.no_hyperscan else None)))
        return 0
    if not DATA.is_dir() and not (options.rules and options.capture):
        print(f"skipped: {DATA} is not here; give --rules and --capture")
        return 0
    OUT.mkdir(parents=True, exist_ok=True)
    cache = OUT / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    bench = Bench(options.rules or office_rules(), cache, not options.no_hyperscan)
    source = DATA / "office.pcap"
    starts(bench, options.capture or source)
    size, large = (50, 0) if options.quick else (options.size, options.large)
    capture = options.capture or varied(source, OUT / f"varied-{size}.pcap", size)
    usual = speed(bench, capture)
    second = options.capture or varied(source, OUT / f"varied-{size}-b.pcap", size, first=101)
    two_workers(bench, [capture, second])
    small_captures(bench, source if DATA.is_dir() else capture, 0.6)
    if large and not options.capture:
        whole = varied(source, OUT / f"varied-{large}.pcap", large)
        more = speed(bench, whole)
        bench.line("large beside usual", f"{more - usual:+.0f} MB", "flat", more - usual <= 30)
        if not options.keep:
            whole.unlink()
    shutil.rmtree(cache, ignore_errors=True)
    print(f"{bench.missed} goals missed")
    return 1 if bench.missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
