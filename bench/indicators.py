"""Indicators at 10,000 and 1,000,000, and the Sigma engine, over a block of web events: cost per event beside the budgets.

    python -m bench.indicators [--events 100000]

CPU time, best of three. Exit status 1 where a budget is missed. The events are made here: clean ones, as nearly all are.
"""

from __future__ import annotations

import argparse
import gc
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator

from atttcli.engines.correlation import CorrelationEngine
from atttcli.engines.indicators import IndicatorEngine, IndicatorIndex
from atttcli.model.alert import Origin
from atttcli.model.event import Event
from atttcli.model.observable import Indicator, ObservableType
from atttcli.packaged import packaged
from atttcli.rulepack.correlation import load_correlation_rules

T = ObservableType
BLOCK = 20_000


def indicators(count: int) -> Iterator[Indicator]:
    draw = random.Random(7)
    for number in range(count):
        kind = number % 5
        if kind == 0:
            value = ".".join(str(draw.randrange(1, 255)) for _ in range(4))
            yield Indicator(T.IPV4, value, "list", "c2", "c2")
        elif kind == 1:
            yield Indicator(T.DOMAIN, f"h{number}.bad{draw.randrange(10**6)}.example", "list", "phishing", "phishing")
        elif kind == 2:
            yield Indicator(T.URL, f"http://h{number}.bad.example/{draw.randrange(10**9)}.exe", "list", "", "malware")
        elif kind == 3:
            yield Indicator(T.SHA256, f"{draw.getrandbits(256):064x}", "list", "", "malware")
        elif number % 1000 == 4:
            yield Indicator(
                T.CIDR, f"{draw.randrange(1, 224)}.{draw.randrange(256)}.{draw.randrange(256)}.0/24", "list"
            )
        else:
            yield Indicator(T.EMAIL, f"u{number}@bad{draw.randrange(10**6)}.example", "list", "", "phishing")


def web_events(count: int) -> list[Event]:
    draw = random.Random(11)
    clients = [f"10.{draw.randrange(256)}.{draw.randrange(256)}.{draw.randrange(1, 255)}" for _ in range(count // 20)]
    agent = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
    )
    made = []
    for number in range(count):
        client, stem = draw.choice(clients), f"/tin-tuc/bai-viet-{draw.randrange(5000)}"
        query = f"id={draw.randrange(10**6)}"
        url = f"{stem}?{query}"
        referer = f"https://www{draw.randrange(300)}.site.example/tim-kiem"
        raw = f'{client} - - [23/Nov/2026:10:04:05 +0700] "GET {url} HTTP/1.1" 200 5120 "{referer}" "{agent}"'
        status = 404 if number % 50 == 0 else 200
        made.append(
            Event(
                1_790_000_000_000_000 + number * 20_000, number + 1, raw, "webserver", "", "access", src_ip=client, url=url,
                action="request", outcome="success" if status < 400 else "failure",
                fields={"cs-method": "GET", "cs-uri-stem": stem, "cs-uri-query": query, "sc-status": status,
                        "sc-bytes": 5120, "cs-referer": referer, "cs-user-agent": agent},
            )
        )  # fmt: skip
    return made


def cpu(work: Callable[[], object], rounds: int = 3) -> float:
    best = float("inf")
    for _ in range(rounds):
        gc.collect()
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=100_000)
    count = parser.parse_args().events
    events = web_events(count)
    cost = {}
    missed = 0
    for size in (10_000, 1_000_000):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.process_time()
        index = IndicatorIndex.build(indicators(size))
        built = time.process_time() - start
        made = cpu(lambda size=size: sum(1 for _ in indicators(size)), 1)

        def match(index: IndicatorIndex = index) -> int:
            engine = IndicatorEngine(index)
            return sum(1 for at in range(0, count, BLOCK) for _ in engine.match_events(events[at : at + BLOCK]))

        cost[size] = cpu(match) / count * 1e6
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(
            f"{size:>9} indicators: build {built - made:.2f} s (budget 3 s at 1,000,000), resident {index.nbytes / 1e6:.1f} MB "
            f"(budget 60), peak +{grown:.0f} MB; match {cost[size]:.2f} µs/event (budget 1.5)"
        )
        missed += (built - made > 3) + (index.nbytes > 60e6) + (cost[size] > 1.5)
    print(f"ratio 1,000,000 / 10,000: {cost[1_000_000] / cost[10_000]:.2f} (budget 1.2)")
    pack = load_correlation_rules([packaged("rules") / "sigma"])

    def judge() -> int:
        engine = CorrelationEngine(pack)
        found = 0
        for at in range(0, count, BLOCK):
            found += sum(1 for _ in engine.feed_block(events[at : at + BLOCK], Origin(path="access.log")))
        return found + sum(1 for _ in engine.finish())

    judged = cpu(judge) / count * 1e6
    print(f"sigma and correlations, own pack: {judged:.2f} µs/event (budget 1.0), {judge()} found")
    missed += (cost[1_000_000] > 1.2 * cost[10_000]) + (judged > 1.0)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
