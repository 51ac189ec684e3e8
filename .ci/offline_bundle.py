"""`make bundle`: a folder that installs or upgrades atttcli with no network, on Linux x86-64 and Windows amd64.

`python .ci/offline_bundle.py [--python 3.11]... [--only linux-x86_64] [--key FILE.key] [--slim] TARGET`

Wheels of everything that requirements.lock pins for a run of the tool with all its optional features (--slim: without them),
each held against the lock's digests; a list of requirements for each system and Python; a bill of materials; scripts to
install; the digests of all of it, signed with the centre's or the maker's key. Wheels for Windows are only downloaded here,
never run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]

import sbom  # noqa: E402 - stands beside this file

PIN = re.compile(r"^(?P<name>[A-Za-z0-9_.-]+)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+?))? \\$")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
NAME = "atttcli"


@dataclass(frozen=True)
class System:
    """One kind of machine: what pip calls it, and what its Python would say of itself."""

    name: str
    tags: tuple[str, ...]
    environment: dict[str, str]

    def speaking(self, python: str) -> dict[str, str]:
        """The environment in which markers are judged."""
        more = {
            "python_version": python,
            "python_full_version": f"{python}.99",
            "implementation_name": "cpython",
            "extra": "",
        }
        return {**self.environment, **more, "platform_python_implementation": "CPython"}


GLIBC = ("2_28", "2_17", "2_12", "2_5")  # the oldest systems that wheels of today still name
SYSTEMS = (
    System(
        "linux-x86_64",
        (*(f"manylinux_{one}_x86_64" for one in GLIBC), *(f"manylinux{one}_x86_64" for one in ("2014", "2010", "1"))),
        {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux", "platform_machine": "x86_64"},
    ),
    System(
        "win-amd64",
        ("win_amd64",),
        {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows", "platform_machine": "AMD64"},
    ),
)


@dataclass(frozen=True)
class Pin:
    """A line of the lock."""

    name: str
    version: str
    marker: str
    hashes: frozenset[str]


def pins() -> Iterator[Pin]:
    """Every line of requirements.lock."""
    head: re.Match[str] | None = None
    hashes: set[str] = set()
    for line in [*(ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines(), "end==0 \\"]:
        if match := PIN.match(line):
            if head is not None:
                yield Pin(canonicalize_name(head["name"]), head["version"], head["marker"] or "", frozenset(hashes))
            head, hashes = match, set()
        else:
            hashes.update(HASH.findall(line))


def pinned(system: System, python: str) -> dict[str, Pin]:
    """What the lock says for one system and Python."""
    environment = system.speaking(python)
    return {one.name: one for one in pins() if not one.marker or Marker(one.marker).evaluate(environment)}


def first_wanted(slim: bool) -> dict[str, frozenset[str]]:
    """What the tool itself needs, with its optional features unless slim."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = list(project["dependencies"])
    if not slim:
        (full,) = project["optional-dependencies"]["full"]
        texts += [one for extra in sorted(Requirement(full).extras) for one in project["optional-dependencies"][extra]]
    needs = map(Requirement, texts)
    return {canonicalize_name(one.name): frozenset(one.extras) for one in needs}


def fetch(system: System, python: str, target: Path, slim: bool) -> list[Path]:
    """The wheels for one system and Python: what is wanted, then what that wants, until nothing is missing."""
    lock, environment = pinned(system, python), system.speaking(python)
    waiting, wheels = first_wanted(slim), {}
    while waiting:
        missing = sorted(set(waiting) - set(lock))
        if missing:
            sys.exit(f"requirements.lock has no {', '.join(missing)} for {system.name}: run make lock")
        for wheel in _download([lock[name] for name in sorted(waiting)], system, python, target):
            wheels[canonicalize_name(parse_wheel_filename(wheel.name)[0])] = wheel
        extras = waiting
        waiting = {}
        for name in extras:
            for need, more in sbom.wanted_by(sbom.metadata(wheels[name]), environment, tuple(extras[name])):
                if need not in wheels:
                    waiting[need] = waiting.get(need, frozenset()) | more
    return [wheels[name] for name in sorted(wheels)]


def _download(chosen: Sequence[Pin], system: System, python: str, target: Path) -> Iterator[Path]:
    lines = [
        f"{one.name}=={one.version} " + " ".join(f"--hash=sha256:{value}" for value in sorted(one.hashes))
        for one in chosen
    ]
    digits = python.replace(".", "")
    with tempfile.TemporaryDirectory() as work:
        asked, got = Path(work, "asked.txt"), Path(work, "got")
        asked.write_text("\n".join(lines) + "\n", encoding="utf-8")
        words = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary=:all:",
        ]
        words += [
            "--require-hashes",
            "--implementation",
            "cp",
            "--python-version",
            python,
            "-r",
            str(asked),
            "-d",
            str(got),
        ]
        words += [word for tag in system.tags for word in ("--platform", tag)]
        words += [word for abi in (f"cp{digits}", "abi3", "none") for word in ("--abi", abi)]
        done = subprocess.run(words, check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"wheels for {system.name} cannot be had:\n{done.stderr[-2000:]}")
        target.mkdir(parents=True, exist_ok=True)
        for wheel in sorted(got.iterdir()):
            shutil.move(str(wheel), target / wheel.name)
            yield target / wheel.name


def own_wheel(target: Path, moment: int) -> Path:
    """The tool's own wheel, the same bytes for the same sources."""
    with tempfile.TemporaryDirectory() as work:
        environment = {**os.environ, "SOURCE_DATE_EPOCH": str(moment)}
        words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", work]
        done = subprocess.run(words, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"the wheel cannot be built:\n{done.stderr[-2000:]}")
        (wheel,) = Path(work).glob("*.whl")
        target.mkdir(parents=True, exist_ok=True)
        return Path(shutil.move(str(wheel), target / wheel.name))


def digest(path: Path) -> str:
    """sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_scripts(folder: Path, version: str, pythons: Sequence[str]) -> None:
    """What installs; the scripts say which versions of Python there are wheels for."""
    for path in sorted((ROOT / ".ci" / "offline").iterdir()):
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8").replace("@VERSION@", version).replace("@PYTHONS@", " ".join(pythons))
        windows = path.suffix == ".cmd" or path.suffix == ".txt"
        (folder / path.name).write_bytes(text.replace("\n", "\r\n").encode() if windows else text.encode())
    (folder / "install.sh").chmod(0o755)
    shutil.copy(ROOT / "LICENSE", folder / "LICENSE")


def sign(folder: Path, key: Path | None) -> None:
    """Digests of everything; signed when there is a key."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if key is not None:
        from atttcli.cli.user import read_passphrase
        from atttcli.signing.files import INSTALLER, public_text, sign_file
        from atttcli.signing.keys import read_key

        held = read_key(key)
        pair = held.unlock(read_passphrase(f"key {held.public.id}") if held.locked else None)
        (folder / "maker.pub").write_text(public_text(pair.public), encoding="ascii")
        files = sorted({*files, folder / "maker.pub"})
    lines = [f"{digest(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / "SHA256SUMS").write_bytes("".join(lines).encode())
    if key is not None:
        sign_file(pair, folder / "SHA256SUMS", INSTALLER)
        print(f"signed with the key {pair.public.fingerprint}")
    else:
        print("NOT SIGNED: make bundle KEY=workspace/keys/….key")


def build(target: Path, systems: Sequence[System], pythons: Sequence[str], key: Path | None, slim: bool) -> None:
    """Put the folder together beside its place, then give it its name."""
    import atttcli

    part = target.with_name(target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    moment = _moment()
    own = own_wheel(part / "wheels", moment)
    wheels: dict[Path, str] = {}
    for system in systems:
        folder = part / "wheels" / system.name
        for python in pythons:
            needed = [*fetch(system, python, folder, slim), Path(shutil.copy(own, folder / own.name))]
            names = [(parse_wheel_filename(one.name), digest(one)) for one in needed]
            lines = [f"{parsed[0]}=={parsed[1]} --hash=sha256:{value}\n" for parsed, value in names]
            (part / f"requirements-{system.name}-{python}.txt").write_bytes("".join(sorted(lines)).encode())
            wheels |= dict(zip(needed, (value for _parsed, value in names), strict=True))
    own.unlink()
    extras = () if slim else tuple(sorted({"fast", "pcre", "pdf", "docx", "pdf-tables", "outlook", "yara-x", "full"}))
    speaking = [system.speaking(python) for system in systems for python in pythons]
    bom = sbom.bill(NAME, wheels, speaking, extras, datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    if wrong := sbom.faults(bom):
        sys.exit("the bill of materials: " + "; ".join(wrong))
    (part / "sbom.cdx.json").write_text(json.dumps(bom, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    write_scripts(part, atttcli.__version__, pythons)
    sign(part, key)
    if target.exists():
        shutil.rmtree(target)
    part.rename(target)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    names = ", ".join(one.name for one in systems)
    print(f"{target}: {len(wheels)} wheels, {size / 1e6:.0f} MB, {names}, Python {', '.join(pythons)}")


def _moment() -> int:
    """When the sources were last changed, so that the same sources give the same folder."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    done = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, check=False, capture_output=True, text=True)
    return int(done.stdout.strip() or 0) or int(datetime.now(UTC).timestamp())


def main() -> int:
    """The command line."""
    reader = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    reader.add_argument("target", type=Path)
    reader.add_argument("--python", action="append", default=[], metavar="3.11")
    reader.add_argument("--only", choices=[one.name for one in SYSTEMS])
    reader.add_argument("--key", type=Path)
    reader.add_argument("--slim", action="store_true")
    given = reader.parse_args()
    pythons = given.python or [f"{sys.version_info.major}.{sys.version_info.minor}"]
    build(
        given.target.absolute(),
        [one for one in SYSTEMS if given.only in (None, one.name)],
        pythons,
        given.key,
        given.slim,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
