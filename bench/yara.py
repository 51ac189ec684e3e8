"""Files through YARA: CPU of our scan (findings stored) against Debian's `yara` command, paired, same rules and files.

    python bench/yara.py [--rules FOLDER] [--files FOLDER] [--rounds N] [--loki FOLDER]

Without --rules a set of 400 rules is generated. Both read every file of the folder up to 64 MB, archives are not looked into (the
command cannot). --loki names a checkout of Loki whose needs are installed for this Python; it gets the
same rules and files, `--intense`. Each figure stands beside its goal.
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
import time
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
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--loki", type=Path)
    given = parser.parse_args()
    if not shutil.which("yara"):
        sys.exit("the `yara` command is not installed: nothing to compare with")
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        rules = given.rules or work / "generated"
        if not given.rules:
            rules.mkdir()
            generated_rules(rules)
        compare(rules, given.files, work, given.rounds)
        threads(rules, given.files, work, given.rounds)
        rescan(rules, given.files, work)
        start(work)
        if given.loki is None:
            print("Loki: not measured here (--loki FOLDER); its published way compiles its rules twice at each start")
        else:
            loki(given.loki, rules, given.files, work, given.rounds)
        print(f"load average {os.getloadavg()[0]:.1f}")


def compare(rules: Path, files: Path, work: Path, rounds: int) -> None:
    compiled = work / "compiled.yarc"
    externals = [word for name in EXTERNALS for word in ("-d", f"{name}=")]
    subprocess.run(["yarac", "-w", *externals, *sources(rules), str(compiled)], check=True, capture_output=True)
    cold, _ = ours(rules, files, work, cached=False, threads=1)
    (work / "found.db").unlink()
    pairs = []
    for _ in range(rounds):
        theirs, text = measured(command_line(rules, files, compiled, 1))
        mine, told = ours(rules, files, work, cached=False, threads=1)
        pairs.append((mine, theirs))
        print(f"  ours {mine:.2f} s, yara {theirs:.2f} s (both with compiled rules), ratio {mine / theirs:.2f}")
    text_cpu, _ = measured(command_line(rules, files, None, 1))
    print(agreement(work, text), told["files"])
    ratio = statistics.median(mine / theirs for mine, theirs in pairs)
    print(f"CPU to the yara command, compiled rules, median of {rounds}: {ratio:.2f}x (goal <= 1.10)")
    print(
        f"CPU to the yara command, rules as text (first run of both): {cold / text_cpu:.2f}x ({cold:.2f} to {text_cpu:.2f} s)"
    )
    print(
        f"peak memory: {told['rss_mb']:.0f} MB (goal <= 125 with a large public rule set, <= 100 with the shipped rules)"
    )


def threads(rules: Path, files: Path, work: Path, rounds: int) -> None:
    """One thread and two, in turn: wall time says something only while two processors are idle; CPU should stay equal."""
    ratios, costs = [], []
    for _ in range(rounds):
        times, cpu = [], []
        for count in (1, 2):
            began = time.monotonic()
            cpu.append(ours(rules, files, work, cached=False, threads=count)[0])
            times.append(time.monotonic() - began)
        ratios.append(times[0] / times[1])
        costs.append(cpu[1] / cpu[0])
    print(
        f"two threads, wall time: {statistics.median(ratios):.2f}x one (goal >= 1.6 on two idle processors), "
        f"CPU {statistics.median(costs):.2f}x"
    )


def rescan(rules: Path, files: Path, work: Path) -> None:
    """The start of Python and of the rules is in both; what is left is what a larger tree would show."""
    first, told = ours(rules, files, work, cached=True, threads=1)
    again, known = ours(rules, files, work, cached=True, threads=1)
    empty = work / "empty"
    empty.mkdir(exist_ok=True)
    alone = statistics.median(ours(rules, empty, work, cached=False, threads=1)[0] for _ in range(3))
    assert isinstance(told["files"], dict) and isinstance(known["files"], dict)
    print(
        f"unchanged rescan ({known['files']['unchanged']} of {told['files']['found']} files): 1/{first / again:.0f} "
        f"({again:.2f} of {first:.2f} s; goal <= 1/40); without the start ({alone:.2f} s): "
        f"1/{(first - alone) / max(0.001, again - alone):.0f}"
    )


def start(work: Path) -> None:
    """The whole command on one file, with the shipped rules compiled before."""
    (work / "one").mkdir()
    (work / "one" / "file").write_bytes(b"x")
    command = [
        str(Path(sys.executable).with_name("atttcli")),
        "scan",
        "--no-store",
        "--fresh",
        "--quiet",
        str(work / "one"),
    ]
    os.environ["ATTTCLI_HOME"] = str(work / "home")
    measured(command)
    walls, cpus = [], []
    for _ in range(5):
        began = time.monotonic()
        cpus.append(measured(command)[0])
        walls.append(time.monotonic() - began)
    print(
        f"start to the first file's end, rules cached: {statistics.median(walls):.2f} s (goal <= 0.5), "
        f"{statistics.median(cpus):.2f} s CPU"
    )


def loki(folder: Path, rules: Path, files: Path, work: Path, rounds: int) -> None:
    """Loki in its intense mode, with the same rules as its only ones."""
    copy = work / "loki"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".git"))
    base = copy / "signature-base"
    shutil.rmtree(base, ignore_errors=True)
    (base / "iocs").mkdir(parents=True)
    for name in ("hash-iocs.txt", "filename-iocs.txt", "c2-iocs.txt", "falsepositive-hashes.txt", "otx-hash-iocs.txt"):
        (base / "iocs" / name).touch()
    shutil.copytree(rules, base / "yara")
    words = ["--noprocscan", "--intense", "-s", "65536", "--nolog", "--dontwait", "-p", str(files)]
    path = os.pathsep.join(filter(None, (str(copy), os.environ.get("PYTHONPATH"))))
    pairs = []
    for _ in range(rounds):
        theirs, text = measured(["env", f"PYTHONPATH={path}", sys.executable, str(copy / "loki.py"), *words])
        pairs.append((ours(rules, files, work, cached=False, threads=1)[0], theirs))
    told = [line.replace("\b", "").strip() for line in text.splitlines() if "Results" in line or "RESULT" in line]
    ratio = statistics.median(mine / theirs for mine, theirs in pairs)
    print(
        f"CPU to Loki --intense, median of {rounds}: {ratio:.2f}x (goal <= 0.5); "
        f"Loki {pairs[-1][1]:.1f} s: {' '.join(told[-1:]) or 'it said no result'}"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:7])
    else:
        main()
