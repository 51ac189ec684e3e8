"""Files through YARA: CPU of our scan (findings stored) against Debian's `yara` command, paired, same rules and files.

    python bench/yara.py [--rules FOLDER] [--files FOLDER] [--rounds N] [--threads N]

Without --rules a set of 400 rules is generated. Both read every file of the folder up to 64 MB, archives are not looked into (the
command cannot). Goals: CPU <= 1.10x the command, an unchanged rescan <= 1/40 of the first scan, RSS <= 1.5x.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import random
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTERNALS = ("filename", "filepath", "extension", "filetype", "owner")


def child(rules: str, files: str, work: str, cached: str, threads: str) -> None:
    """One scan as the tool does it: compiled-rule cache, findings into SQLite."""
    sys.path[0] = str(ROOT)  # this folder holds a file named as the package is
    from atttcli.engines.yara import YaraEngine
    from atttcli.field.examine import ARCHIVE_LIMITS
    from atttcli.field.scanner import ScanLimits
    from atttcli.model.alert import Detection
    from atttcli.rulepack.yara import load_yara_rules
    from atttcli.scan.account import ScanAccount
    from atttcli.scan.run import ScanSettings, scan

    engine = YaraEngine(load_yara_rules([Path(rules)], Path(work, "rules")))
    settings = ScanSettings(
        limits=ScanLimits(threads=int(threads)),
        archives=dataclasses.replace(ARCHIVE_LIMITS, depth=0),
        cache=Path(work, "files.db") if cached == "yes" else None,
    )
    store = sqlite3.connect(Path(work, "found.db"))
    store.execute("CREATE TABLE IF NOT EXISTS found (rule TEXT, path TEXT, detail TEXT)")
    for result in scan([Path(files)], engine, settings=settings):
        if isinstance(result, Detection):
            store.execute(
                "INSERT INTO found VALUES (?,?,?)",
                (result.detail["rule"], result.origin.path, json.dumps(result.detail)),
            )
        elif isinstance(result, ScanAccount):
            print(json.dumps(result.to_json()))
    store.commit()
    print(json.dumps({"rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def measured(command: list[str]) -> tuple[float, str]:
    """CPU seconds (user and system) of one child, and its output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode and command[0] == sys.executable:
        sys.exit(done.stderr.decode("utf-8", "replace"))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout.decode("utf-8", "replace")


def generated_rules(folder: Path, count: int = 400) -> None:
    """Rules like those of public sets: texts, wide texts, hex with gaps, regular expressions; a few that fire."""
    rng = random.Random(20)
    words = [rng.randbytes(rng.randint(5, 14)).hex() for _ in range(count * 6)]
    with (folder / "generated.yar").open("w") as out:
        for index in range(count):
            text = [words.pop() for _ in range(6)]
            gap = " ".join(f"{byte:02X}" for byte in bytes.fromhex(text[2])[:5])
            out.write(
                f'rule r{index} {{ strings: $a = "{text[0]}" $b = "{text[1]}" wide ascii nocase $c = {{ {gap} ?? [2-8] {gap} }} '
                f'$d = /{text[3][:8]}[a-z0-9]{{1,20}}{text[4][:6]}/ $e = "{text[5]}" xor condition: 2 of them or $e }}\n'
            )
        out.write('rule go_program { strings: $a = "Go buildinf:" condition: uint32(0) == 0x464c457f and $a }\n')
        out.write('rule copyright { strings: $a = "Copyright" condition: #a > 3 }\n')


def command_line(rules: Path, files: Path, compiled: Path | None, threads: int) -> list[str]:
    base = ["yara", "-r", "-w", "-N", "-p", str(threads), "-z", str(64 << 20)]
    for name in EXTERNALS:
        base += ["-d", f"{name}="]
    if compiled is not None:
        return [*base, "-C", str(compiled), str(files)]
    return [*base, *sources(rules), str(files)]


def sources(rules: Path) -> list[str]:
    paths = sorted(path for path in rules.rglob("*") if path.suffix in (".yar", ".yara"))
    return [f"n{index}:{path}" for index, path in enumerate(paths)]


def ours(rules: Path, files: Path, work: Path, cached: bool, threads: int) -> tuple[float, dict[str, object]]:
    command = [
        sys.executable,
        __file__,
        "--child",
        str(rules),
        str(files),
        str(work),
        "yes" if cached else "no",
        str(threads),
    ]
    cpu, text = measured(command)
    told: dict[str, object] = {}
    for line in text.splitlines():
        told.update(json.loads(line))
    return cpu, told


def agreement(work: Path, text: str) -> str:
    with sqlite3.connect(work / "found.db") as store:
        found = {(rule, path) for rule, path in store.execute("SELECT DISTINCT rule, path FROM found")}
    theirs = {tuple(line.split(" ", 1)) for line in text.splitlines() if " " in line}
    return f"(rule, file) pairs: ours {len(found)}, yara {len(theirs)}, both {len(found & theirs)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=Path)
    parser.add_argument("--files", type=Path, default=Path("/usr/lib/x86_64-linux-gnu"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    if not shutil.which("yara"):
        sys.exit("the `yara` command is not installed: nothing to compare with")
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        rules = given.rules or work / "generated"
        if not given.rules:
            rules.mkdir()
            generated_rules(rules)
        compare(rules, given.files, work, given.rounds, given.threads)


def compare(rules: Path, files: Path, work: Path, rounds: int, threads: int) -> None:
    compiled = work / "compiled.yarc"
    externals = [word for name in EXTERNALS for word in ("-d", f"{name}=")]
    subprocess.run(["yarac", "-w", *externals, *sources(rules), str(compiled)], check=True, capture_output=True)
    cold, _ = ours(rules, files, work, cached=False, threads=threads)
    (work / "found.db").unlink()
    pairs = []
    for _ in range(rounds):
        theirs, text = measured(command_line(rules, files, compiled, threads))
        mine, told = ours(rules, files, work, cached=False, threads=threads)
        pairs.append((mine, theirs))
        print(f"  ours {mine:.2f} s, yara {theirs:.2f} s (both with compiled rules), ratio {mine / theirs:.2f}")
    text_cpu, _ = measured(command_line(rules, files, None, threads))
    print(agreement(work, text), told["files"])
    first, _ = ours(rules, files, work, cached=True, threads=threads)
    again, _ = ours(rules, files, work, cached=True, threads=threads)
    ratio = statistics.median(mine / theirs for mine, theirs in pairs)
    print(f"CPU ratio, compiled rules, median of {rounds}: {ratio:.2f} (goal <= 1.10)")
    print(f"CPU ratio, rules as text (first run of both): {cold / text_cpu:.2f} ({cold:.2f} s to {text_cpu:.2f} s)")
    print(
        f"unchanged rescan: 1/{first / again:.0f} ({again:.2f} s of {first:.2f} s; goal <= 1/40 of a scan that takes minutes)"
    )
    print(f"peak memory of ours: {told['rss_mb']:.0f} MB; load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:7])
    else:
        main()
