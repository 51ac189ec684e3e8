"""The whole command against the `yara` command, from start to end: `atttcli detect files` and `scan --no-store`, CPU of the child.

    python bench/yara_command.py [--rules FOLDER] [--files FOLDER ...] [--rounds N]

Same rules, same files, both recursive, one thread, archives not looked into, both warm (page cache; ours also with its cache of
compiled rules). Two opponents: `yara -C` with rules compiled before by yarac, and `yara` with rules as text, as people type it.
Goal: <= 1.10x the former. The start of Python and click (about 35 ms) is in it: it is what small folders show.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from yara import EXTERNALS, command_line, generated_rules, measured, sources  # bench/yara.py, which stands beside

FOLDERS = ("/usr/share/vim", "/usr/lib/postgresql", "/usr/lib/libreoffice", "/usr/lib/x86_64-linux-gnu")
ATTTCLI = Path(sys.executable).with_name("atttcli")


def ours(verb: list[str], rules: Path, files: Path) -> list[str]:
    return [str(ATTTCLI), *verb, "--rules", str(rules), "--archives", "0", "--json", str(files)]


def compare(rules: Path, files: Path, compiled: Path, rounds: int) -> None:
    size = sum(path.stat().st_size for path in files.rglob("*") if path.is_file() and not path.is_symlink())
    peers = {"yara -C": command_line(rules, files, compiled, 1), "yara": command_line(rules, files, None, 1)}
    commands = {
        "detect files": ours(["detect", "files"], rules, files),
        "scan": ours(["scan", "--no-store", "--fresh"], rules, files),
    }
    everything = peers | commands
    for command in everything.values():
        measured(command)
    times: dict[str, list[float]] = {name: [] for name in everything}
    for _ in range(rounds):
        for name, command in everything.items():
            times[name].append(measured(command)[0])
    print(f"{files} ({size / 1e6:.0f} MB)")
    for name in commands:
        ratios = {
            peer: statistics.median(mine / theirs for mine, theirs in zip(times[name], times[peer], strict=True))
            for peer in peers
        }
        told = ", ".join(
            f"{ratio:.2f}x {peer} ({statistics.median(times[peer]):.2f} s)" for peer, ratio in ratios.items()
        )
        print(f"  {name}: {statistics.median(times[name]):.2f} s, {told}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rules", type=Path, help="A folder of rules; `generated`: 400 of them. Default: the shipped ones."
    )
    parser.add_argument("--files", type=Path, nargs="+", default=[Path(name) for name in FOLDERS])
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    if not shutil.which("yara"):
        sys.exit("the `yara` command is not installed: nothing to compare with")
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        rules = given.rules or Path(__file__).resolve().parent.parent / "rules" / "yara"
        if str(rules) == "generated":
            rules = work / "generated"
            rules.mkdir()
            generated_rules(rules)
        compiled = work / "compiled.yarc"
        externals = [word for one in EXTERNALS for word in ("-d", f"{one}=")]
        subprocess.run(["yarac", "-w", *externals, *sources(rules), str(compiled)], check=True, capture_output=True)
        for files in given.files:
            if files.is_dir():
                compare(rules, files, compiled, given.rounds)


if __name__ == "__main__":
    main()
