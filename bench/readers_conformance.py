"""Readers against the expectations of crowdsec, fail2ban and Wazuh: one line a family, and what was missed.

    python bench/readers_conformance.py [--only FAMILY] [--misses] [--json]

Goal: >= 98 % of address, user, time and status (crowdsec), of time and host (fail2ban), of decoders (Wazuh), for each family
that the goal names; other families are told beside. Exit status 1 where one misses its goal; 0 and a word without the data.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.log_conformance import DATA, Check, checks, goal_of  # noqa: E402

KINDS = ("address", "user", "time", "status", "host", "decoder")


def print_table(found: list[Check]) -> bool:
    """Whether every goal is met."""
    groups: dict[tuple[str, str], list[Check]] = defaultdict(list)
    for check in found:
        groups[check.peer, check.family].append(check)
    print(f"{'peer':<10}{'family':<14}" + "".join(f"{kind:>10}" for kind in KINDS) + f"{'share':>9}  goal")
    met = True
    for (peer, family), of in groups.items():
        total, good = Counter(one.kind for one in of), Counter(one.kind for one in of if one.met)
        share, goal = sum(good.values()) / len(of), goal_of(peer, family)
        met = met and (goal is None or share >= goal)
        cells = "".join(f"{f'{good[kind]}/{total[kind]}' if total[kind] else '-':>10}" for kind in KINDS)
        told = "-" if goal is None else f">= {goal:.0%}" + ("" if share >= goal else "  MISSED")
        print(f"{peer:<10}{family:<14}{cells}{share:>9.1%}  {told}")
    return met


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="", metavar="FAMILY")
    options.add_argument("--misses", action="store_true", help="every expectation that is not met")
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    if not DATA.is_dir():
        print(f"no reference data at {DATA}")
        return 0
    found = list(checks(chosen.only))
    if chosen.json:
        print(json.dumps([asdict(check) for check in found], ensure_ascii=False, indent=1))
        return 0
    met = print_table(found)
    if chosen.misses or chosen.only:
        for check in found:
            if not check.met:
                print(
                    f"{check.peer}/{check.case} {check.kind}: wanted {check.wanted!r}, read {check.got!r} by {check.reader}"
                )
                print(f"    {check.line[:300]!a}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
