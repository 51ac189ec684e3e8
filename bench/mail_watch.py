"""The mailbox watch on months of logs of 7,000 accounts: planted attacks found, false alarms, lines per CPU second, memory flat.

    python -m bench.mail_watch [--accounts 7000] [--days 180] [--keep DIR]
    python -m bench.mail_watch --names 1000000

Every planted attack must be found with its reason, known travel be silenced. A false alarm is an account with no answer in the
band `ask` or above; those in `watch` are counted apart. Memory is that of the whole logs beside that of their last third.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
GOAL_RATE, GOAL_MB = 15_000, 250
MEASURED = """
import resource, sys
from atttcli.cli.main import run
try:
    run()
except SystemExit:
    pass
used = resource.getrusage(resource.RUSAGE_SELF)
print(repr((used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)), file=sys.stderr)
"""


@dataclass(frozen=True)
class Verdict:
    """`missed`: (account, family) that was not found; `loud`, `quiet`: accounts without an answer, `ask` and above, or `watch`."""

    planted: int
    missed: list[tuple[str, str]]
    loud: list[str]
    quiet: list[str]
    unsilenced: list[str]


def judge(answers: dict[str, Any], told: list[dict[str, Any]]) -> Verdict:
    """The ranking beside the answers."""
    by_account = {one["account"]: one for one in told}
    expected = [(account, family) for account, families in answers["accounts"].items() for family in families]
    found = {(one["account"], reason["family"]) for one in told for reason in one["reasons"] if reason["points"]}
    others = [one for one in told if one["account"] not in answers["accounts"]]
    return Verdict(
        len(expected),
        [one for one in expected if one not in found],
        [one["account"] for one in others if one["score"] >= 25],
        [one["account"] for one in others if 10 <= one["score"] < 25],
        [box for box in answers["silenced"] if not _is_silenced(by_account.get(box, {}))],
    )


def _is_silenced(told: dict[str, Any]) -> bool:
    return any(reason["silenced"]["count"] for reason in told.get("reasons", ()))


def watch(
    workspace: Path, target: Path, logs: list[Path], everything: bool = True
) -> tuple[list[dict[str, Any]], float, float]:
    """The ranking, CPU seconds and MB of one run."""
    place = ["-w", str(workspace)] if workspace.exists() else []
    command = [sys.executable, "-c", MEASURED, *place, "mail", "watch", *map(str, logs), "--json"]
    command += ["--no-store", "--min-score", "1", "--limit", "100000"]
    command += ["--countries", str(target / "nuoc.csv")] if everything else []
    if everything:
        command += [
            "--leaked",
            str(target / "lo-lot.txt"),
            "--settings",
            str(target / "zmprov-gaa.txt"),
            "--settings",
            str(target / "sieve"),
        ]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        cpu, peak = eval(ran.stderr.strip().splitlines()[-1])
    except (IndexError, SyntaxError):
        sys.exit(ran.stderr)
    return [json.loads(line) for line in ran.stdout.splitlines()], cpu, peak


def prepare(folder: Path, target: Path) -> Path:
    """A workspace that knows of the travel."""
    workspace = folder / "ws"
    attt = [sys.executable, "-m", "atttcli"]
    subprocess.run(
        [*attt, "init", str(workspace), "--organisation", "bac-kan"], cwd=ROOT, capture_output=True, check=True
    )
    for one in json.loads((target / "di-cong-tac.json").read_text()):
        given = [
            "--country",
            one["country"],
            "--from",
            one["valid_from"],
            "--to",
            one["valid_until"],
            "--reason",
            one["reason"],
        ]
        subprocess.run(
            [*attt, "-w", str(workspace), "mail", "travel", "add", one["account"], *given],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
    return workspace


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--accounts", type=int, default=7000)
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--keep", type=Path, help="build the logs here, or use those that stand here")
    parser.add_argument(
        "--names", type=int, metavar="N", help="instead: a log of N invented accounts, opened and tried"
    )
    asked = parser.parse_args()
    if asked.names:
        return invented(asked.names)
    with tempfile.TemporaryDirectory(prefix="mail-watch-") as name:
        folder = Path(name)
        os.environ["ATTTCLI_HOME"] = str(folder / "home")
        target = asked.keep or folder / "made"
        if not (target / "dap-an.json").exists():
            runpy.run_path(str(ROOT / "seeds" / "samples" / "mail_watch.py"))["build"](
                target, asked.accounts, asked.days
            )
        answers = json.loads((target / "dap-an.json").read_text())
        workspace = prepare(folder, target)
        told, cpu, peak = watch(workspace, target, [target / "logs"])
        verdict = judge(answers, told)
        third = [path for path in sorted((target / "logs").iterdir()) if _age(path) < asked.days // 3]
        _, _, small = watch(workspace, target, third, everything=False)
    rate = answers["lines"] / cpu
    size = f"{answers['lines']:,} lines of {asked.accounts:,} accounts in {asked.days} days"
    print(f"{size}: {cpu:.1f} CPU s, {rate:,.0f} lines per CPU second (goal {GOAL_RATE:,})")
    print(f"memory {peak:.0f} MB (goal {GOAL_MB}); of the last third alone {small:.0f} MB")
    print(f"planted reasons {verdict.planted}, missed {len(verdict.missed)}: {verdict.missed[:10]}")
    print(f"false alarms: {len(verdict.loud)} in `ask` or above {verdict.loud[:12]}, {len(verdict.quiet)} in `watch`")
    print(f"known travel not silenced: {verdict.unsilenced}")
    return int(bool(verdict.missed or verdict.unsilenced) or rate < GOAL_RATE or peak > GOAL_MB)


def invented(names: int) -> int:
    """A log whose every line names another account: memory must stay bounded, and one real attack be told all the same."""
    head = "2026-05-{day:02d} 08:{minute:02d}:{second:02d},000 INFO  [qtp5-1:https://mail] [name={box};oip={ip};ua=x;] security - "
    with tempfile.TemporaryDirectory(prefix="mail-watch-") as name:
        folder = Path(name)
        os.environ["ATTTCLI_HOME"] = str(folder / "home")
        with (folder / "audit.log").open("w") as out:
            for number in range(names):
                box, at = f"gia{number}@dontri.example", number * 3600 * 20 // names
                ip = f"2001:db8:{number % 65536:x}::1"
                when = {"day": 1 + at // 3600, "minute": at // 60 % 60, "second": at % 60}
                failed = " error=authentication failed for [x], invalid password;" if number % 2 else ""
                out.write(head.format(box=box, ip=ip, **when) + f"cmd=Auth; account={box}; protocol=soap;{failed}\n")
            for number in range(20):
                box = "that@dontri.example" if number == 19 else f"b{number}@dontri.example"
                failed = " error=authentication failed for [x], invalid password;" if number < 19 else ""
                when = {"day": 28, "minute": 0, "second": number}
                line = head.format(box=box, ip="198.51.100.9", **when)
                out.write(line + f"cmd=Auth; account={box}; protocol=soap;{failed}\n")
        told, cpu, peak = watch(folder / "none", folder, [folder / "audit.log"], everything=False)
    found = any(one["account"] == "that@dontri.example" and one["score"] >= 40 for one in told)
    print(
        f"{names:,} invented accounts: {cpu:.1f} CPU s, {peak:.0f} MB (goal {GOAL_MB}); the real attack is told: {found}"
    )
    return int(not found or peak > GOAL_MB)


def _age(path: Path) -> int:
    parts = path.name.split(".")
    return int(parts[2]) if len(parts) > 2 and parts[2].isdecimal() else 0


if __name__ == "__main__":
    sys.exit(main())
