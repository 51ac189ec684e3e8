"""Share of readers and archive in the log goal: CPU microseconds a line and peak memory, on a generated access log.

    .venv/bin/python bench/logs_read.py [--lines 1000000] [--again]

Goal of the whole ingest: >= 50,000 lines per CPU second (20 us a line) and <= 200 MB; of this share: <= 12 us.
Exit status 1 on a miss.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import shutil
import sys
import time
from itertools import islice
from pathlib import Path

from atttcli.archive.identity import KnownSegment, NewLines, line_digests
from atttcli.archive.layout import SegmentHeader
from atttcli.archive.reading import segment_digests
from atttcli.archive.writing import SegmentWriter
from atttcli.limits import Budget, Limits
from atttcli.model.event import Event
from atttcli.source import Input
from atttcli.sources.logs.web import WebAccess

OUT = Path(__file__).parent / "out"
GOAL = 12.0  # microseconds a line
BLOCK = 512  # larger blocks leave the cache: 4096 costs a quarter more
PER_SEGMENT = 65_536
AGENTS = [
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36"
    for v in range(100, 140)
]


def generate(path: Path, lines: int) -> None:
    chance = random.Random(7)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for number in range(lines):
            second = number // 12
            stamp = f"{1 + second // 86400:02d}/Nov/2026:{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d} +0700"
            client = (
                f"198.51.100.{chance.randrange(1, 255)}"
                if chance.random() < 0.8
                else f"2001:db8::{chance.randrange(65536):x}"
            )
            page = chance.choice(("tin-tuc", "dich-vu-cong", "van-ban", "static/app.js", "images/logo.png"))
            query = f"?id={chance.randrange(100000)}" if chance.random() < 0.5 else ""
            stream.write(
                f'{client} - - [{stamp}] "GET /{page}/{chance.randrange(3000)}{query} HTTP/1.1" '
                f"{chance.choice((200, 200, 200, 304, 404))} {chance.randrange(200, 90000)} "
                f'"https://portal.backan.example/{page}" "{chance.choice(AGENTS)}"\n'
            )


def run(path: Path, folder: Path, known: list[KnownSegment]) -> tuple[dict[str, float], int, int, list[Path]]:
    spent = dict.fromkeys(("read+parse", "digest", "identity", "segment"), 0.0)
    clock = time.process_time
    fresh = total = 0
    written: list[Path] = []
    with path.open("rb") as stream:
        head = stream.read(65536)
        stream.seek(0)
        budget = Budget(Limits())
        given = Input(path.name, hashlib.sha256(head).hexdigest(), path.stat().st_size, head, stream, budget=budget)
        records = WebAccess().read(given)
        lines = NewLines(known)
        writer = SegmentWriter(folder, SegmentHeader(given.sha256, "web-access"))
        while True:
            start = clock()
            events = [record for record in islice(records, BLOCK) if isinstance(record, Event)]
            parsed = clock()
            if not events:
                break
            digests = line_digests(b"k" * 32, events)
            digested = clock()
            new = lines.judge(digests, [event.time for event in events])
            if not all(new):
                digests = b"".join(digests[i * 16 : i * 16 + 16] for i, keep in enumerate(new) if keep)
                events_new = [event for event, keep in zip(events, new, strict=True) if keep]
            else:
                events_new = events
            judged = clock()
            writer.add(events_new, digests)
            if writer.count >= PER_SEGMENT:
                written += close(writer, folder)
                writer = SegmentWriter(folder, SegmentHeader(given.sha256, "web-access", part=len(written)))
            done = clock()
            total += len(events)
            fresh += len(events_new)
            for name, used in zip(
                spent, (parsed - start, digested - parsed, judged - digested, done - judged), strict=True
            ):
                spent[name] += used
        start = clock()
        written += close(writer, folder)
        spent["segment"] += clock() - start
    return spent, total, fresh, written


def close(writer: SegmentWriter, folder: Path) -> list[Path]:
    info = writer.close()
    return [folder / info.path] if info else []


def report(label: str, spent: dict[str, float], total: int, fresh: int) -> bool:
    """Print the parts; whether the goal is met."""
    print(f"{label}: {total} lines, {fresh} new")
    for name, used in spent.items():
        print(f"  {name:<12} {used / total * 1e6:6.2f} us/line")
    whole = sum(spent.values())
    print(
        f"  {'together':<12} {whole / total * 1e6:6.2f} us/line  goal <= {GOAL:g}   {total / whole:,.0f} lines per CPU second"
    )
    return whole / total * 1e6 <= GOAL


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lines", type=int, default=300_000)
    options.add_argument("--again", action="store_true", help="also ingest the same file a second time")
    chosen = options.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    path, folder = OUT / f"access-{chosen.lines}.log", OUT / "events"
    if not path.exists():
        generate(path, chosen.lines)
    shutil.rmtree(folder, ignore_errors=True)
    spent, total, fresh, written = run(path, folder, [])
    met = report("first time", spent, total, fresh)
    size = sum(part.stat().st_size for part in written)
    print(f"  kept {size / total:.0f} bytes/line of {path.stat().st_size / total:.0f} in {len(written)} segments")
    if chosen.again:
        known = [
            KnownSegment("web", None, None, lambda limit, part=part: segment_digests(part, limit)) for part in written
        ]
        report("again", *run(path, folder, known)[:3])
    print(
        f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB  goal of the whole ingest <= 200"
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
