"""Findings on the event logs of attacks (../shared/data) beside the peer's: what is missing, and why each extra one is right.
CPU seconds of `detect logs` over them, with rules from YAML and from the cache.

    python -m bench.sigma_evtx [--table FILE] [--peer FOLDER --peer-python PYTHON]

Needs ../shared/data and the mirror of SigmaHQ/sigma; skipped, visibly, without them. Goals (issue 7): all of the peer's Windows
findings, 4x as fast (better 8x), each with its own saved rule set. Without `--peer` the ratio is against what was measured on
2026-11-23 on the same files: 4.1 CPU s with its saved rule set (idle).
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from pathlib import Path

from atttcli.engines.correlation import CorrelationEngine
from atttcli.engines.sigma.reasons import matched
from atttcli.model.event import Event
from atttcli.rulepack.correlation import load_correlation_rules
from atttcli.rulepack.sigma_nodes import SigmaRule
from atttcli.source import Input
from atttcli.sources.windows.evtx import Evtx
from bench.sigma import ROOT, peer_seconds, run

DATA = Path("/work/shared/data/logs/evtx")
TREES = ("rules", "rules-emerging-threats", "rules-threat-hunting")
KEPT = {"warm": 4.1}
GOAL = 4  # times the peer's CPU time, warm
FALSE = {"3a9b8c1e-5b2e-4f7a-9d1c-2a7f3b6e1c55": "the peer takes the creation of a key for its deletion"}


def events(path: Path) -> list[Event]:
    with path.open("rb") as stream:
        head = stream.read(65_536)
        stream.seek(0)
        given = Input(str(path), "", path.stat().st_size, head, stream)
        return [record for record in Evtx().read(given) if isinstance(record, Event)]


def why(rule: SigmaRule, event: Event) -> str:
    """Why the peer has none, as far as the event tells, and the tests that held."""
    told = matched(rule.node, event)
    if any(not one.field for one in told):
        cause = "words anywhere in the record: not in the peer's rule set"
    elif event.service == "security" and event.category == "process_creation":
        cause = "process creation of the Security log (4688)"
    elif any(one.wanted in ("true", "false") for one in told):
        cause = "a truth value that JSON does not write as text"
    else:
        cause = "the peer lacks the column or the channel"
    tests = "; ".join(f"{one.selection}: {one.field or 'record'} {one.test} {one.wanted[:60]}" for one in told[:3])
    return f"{cause} | {tests}".replace("\n", " ")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mirrors", type=Path, default=Path("/work/.mirror"))
    parser.add_argument("--table", type=Path)
    parser.add_argument("--peer", type=Path, help="a checkout of Zircolite")
    parser.add_argument("--peer-python", default=sys.executable)
    given = parser.parse_args()
    mirror = given.mirrors / "SigmaHQ+sigma/repo"
    if not DATA.exists() or not mirror.exists():
        print("SKIPPED: ../shared/data or the mirror of SigmaHQ/sigma is not there")
        return 0
    packed = subprocess.run(
        ["git", "--git-dir", str(mirror), "archive", "HEAD", *TREES], capture_output=True, check=True
    )
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as tar:
            tar.extractall(folder / "rules", filter="data")
        pack = load_correlation_rules([folder / "rules"])
        slow = timed(folder, given)
    return compare({rule.meta.id: rule for rule in pack.rules}, CorrelationEngine(pack), given.table) | slow


def timed(folder: Path, given: argparse.Namespace) -> int:
    """The command over all files with the rules in the folder, cold and warm, as it is installed (bytecode at hand)."""
    environment = {**os.environ, "ATTTCLI_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)}
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start = [sys.executable, "-c", "from atttcli.cli.main import run; run()", "detect", "logs"]
    files = [str(path) for path in sorted(DATA.glob("*.evtx"))]
    run([*start, *files[:20], "--json"], environment)  # with the shipped rules: bytecode
    judge = [*start, *files, "--rules", str(folder / "rules"), "--json"]
    peer = peer_seconds(folder, only_logs(folder, files), given, ()) if given.peer else KEPT
    source = "measured with it" if given.peer else "kept from 2026-11-23"
    cold, warm = run(judge, environment), min(run(judge, environment) for _ in range(2))
    for state, (cpu, _wall, memory) in (("cold", cold), ("warm", warm)):
        goal = f"; goal {GOAL}x" if state == "warm" else ""
        ratio = f", {peer[state] / cpu:.1f}x the peer's {peer[state]:.1f} ({source}{goal})" if state in peer else ""
        print(f"{state}: {len(files)} files, {cpu:.2f} CPU s{ratio}, {memory:.0f} MB (goal 200)")
    if given.peer and not (folder / "peer.json").exists():
        print("  the peer wrote no findings: its figures mean nothing")
        return 1
    return int(peer["warm"] / warm[0] < GOAL or max(cold[2], warm[2]) > 200)


def only_logs(folder: Path, files: list[str]) -> Path:
    """A folder with the event logs alone."""
    place = folder / "logs"
    place.mkdir()
    for name in files:
        (place / Path(name).name).symlink_to(name)
    return place


def compare(rules: dict[str, SigmaRule], engine: CorrelationEngine, table: Path | None) -> int:
    expected = json.loads((DATA / "EXPECTED-zircolite.json").read_text())
    rows, missing, pairs, foreign, started = [], [], 0, 0, time.process_time()
    for path in sorted(DATA.glob("*.evtx")):
        read = events(path)
        found = [(rule, read[index]) for index, ids in engine.matches(read) for rule in ids]
        counts, first = Counter(rule for rule, _ in found), dict(reversed(found))
        said = {one["id"]: one for one in expected.get(path.name, ()) if one["id"] in rules}
        foreign += sum(rules[rule].logsource[1] not in ("windows", "") for rule in counts)
        for name, one in said.items():
            if rules[name].logsource[1] == "windows":
                pairs += 1
                if counts[name] < one["count"]:
                    missing.append((path.name, one["title"], one["count"], counts[name], FALSE.get(name, "")))
        for name, count in sorted(counts.items()):
            peer = said[name]["count"] if name in said else 0
            if count > peer:
                reason = why(rules[name], first[name])
                rows.append(f"| {path.name} | {rules[name].meta.title} | {count} | {peer} | {reason} |")
    unexplained = [one for one in missing if not one[4]]
    print(
        f"{pairs} findings of the peer on Windows rules: {pairs - len(missing)} found (goal all), "
        f"{time.process_time() - started:.1f} CPU s"
    )
    for one in missing:
        print("  not found:", *one)
    print(
        f"rules of another product that fired: {foreign} (goal 0); extra findings: {len(rows)}, each with its reason in the table"
    )
    if table is not None:
        head = "| file | rule | count | peer | why the peer has none | tests that held |\n|---|---|---|---|---|---|\n"
        table.write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    return int(bool(unexplained) or foreign > 0)


if __name__ == "__main__":
    sys.exit(main())
