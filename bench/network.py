"""Network rules over a large capture: start (cold, warm), CPU seconds, MB/s, peak memory.

    python bench/network.py [--size 128] [--rules FILE] [--capture FILE] [--no-hyperscan] [--verify]

The capture is the office capture of ../shared/data repeated, each copy an hour later and from other clients (the second
octet of 10.0.0.0/8 moves on). It is written under bench/out/ (ignored by git). Figures are CPU time of this process.
"""

from __future__ import annotations

import argparse
import json
import lzma
import resource
import struct
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from atttcli.engine import EngineProblem  # noqa: E402
from atttcli.engines.network import NetworkEngine  # noqa: E402
from atttcli.model.alert import Detection  # noqa: E402
from atttcli.rulepack.network import load_network_rules  # noqa: E402

DATA = ROOT.parent / "shared" / "data" / "network" / "office"
OUT = ROOT / "bench" / "out"
GOALS = {"cold": 8.0, "warm": 1.0, "rate": 20.0, "rss": 300.0}


def office_rules() -> Path:
    """The unpacked rules."""
    target = OUT / "et2023.rules"
    if not target.exists():
        target.write_bytes(lzma.decompress((DATA / "et2023.rules.xz").read_bytes()))
    return target


def repeated(source: Path, megabytes: int) -> Path:
    """`source` repeated to about that size."""
    target = OUT / f"office-{megabytes}.pcap"
    if target.exists():
        return target
    raw = source.read_bytes()
    header, body = raw[:24], raw[24:]
    copies = max(1, round(megabytes * 1_000_000 / len(raw)))
    temporary = target.with_suffix(".part")
    with temporary.open("wb") as stream:
        stream.write(header)
        for copy in range(copies):
            stream.write(shifted(bytearray(body), copy))
    temporary.replace(target)
    return target


def shifted(body: bytearray, copy: int) -> bytes:
    """The records of one copy: an hour later each, clients of another network."""
    position = 0
    while position + 16 <= len(body):
        seconds, _, size, _ = struct.unpack_from("<IIII", body, position)
        struct.pack_into("<I", body, position, seconds + copy * 3600)
        start = position + 16
        if body[start + 12 : start + 14] == b"\x08\x00":
            for at in (start + 26, start + 30):
                if body[at] == 10:
                    body[at + 1] = (body[at + 1] + copy) % 256
        position = start + size
    return bytes(body)


def start(rules: Path, cache: Path, hyperscan: bool | None) -> tuple[NetworkEngine, dict[str, int], float]:
    """An engine ready to scan, and what that cost."""
    begin = time.process_time()
    pack = load_network_rules([rules], cache=cache)
    engine = NetworkEngine(pack, hyperscan=hyperscan)
    return engine, pack.counts, time.process_time() - begin


def agreement(found: Counter[tuple[object, ...]]) -> str:
    """Missing and extra alerts of the plain office capture against the reference engine's."""
    wanted: Counter[tuple[object, ...]] = Counter()
    for line in (DATA / "expected-alerts.et2023.jsonl").read_text().splitlines():
        row = json.loads(line)
        wanted[identity(row, row["sid"])] += 1
    missing, extra = wanted - found, found - wanted
    return f"{wanted.total()} expected, {missing.total()} missing, {extra.total()} extra"


def identity(row: dict[str, object], sid: object) -> tuple[object, ...]:
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


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def line(name: str, value: str, goal: str = "") -> None:
    print(f"{name:<28}{value:<28}{goal}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=50, help="megabytes of capture")
    parser.add_argument("--rules", type=Path)
    parser.add_argument("--capture", type=Path)
    parser.add_argument("--no-hyperscan", action="store_true")
    options = parser.parse_args()
    if not DATA.is_dir() and not (options.rules and options.capture):
        print(f"skipped: {DATA} is not here; give --rules and --capture")
        return 0
    OUT.mkdir(parents=True, exist_ok=True)
    rules = options.rules or office_rules()
    hyperscan = False if options.no_hyperscan else None
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        engine, counts, cold = start(rules, cache, hyperscan)
        del engine
        engine, counts, warm = start(rules, cache, hyperscan)
    line("rules", f"{counts['loaded']} of {counts['read']}", f"refused {counts['refused']}")
    line("start, cold", f"{cold:.2f} CPU s", f"goal <= {GOALS['cold']}")
    line("start, warm", f"{warm:.2f} CPU s", f"goal <= {GOALS['warm']}")
    if DATA.is_dir() and options.rules is None:
        found, _, _ = scan(engine, DATA / "office.pcap")
        line("office capture", agreement(found))
    capture = options.capture or repeated(DATA / "office.pcap", options.size)
    found, spent, problems = scan(engine, capture)
    size = capture.stat().st_size / 1e6
    line("capture", f"{size:.0f} MB, {engine.counts.packets} packets", f"{engine.counts.flows} flows")
    line("scan", f"{spent:.2f} CPU s = {size / spent:.1f} MB/s", f"goal >= {GOALS['rate']}")
    line("peak memory (all of it)", f"{peak():.0f} MB", f"goal <= {GOALS['rss']}")
    line("alerts", f"{found.total()}", f"problems {problems}, transactions {engine.counts.transactions}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
