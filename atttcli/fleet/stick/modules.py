"""The compiled modules that a kit's scanner needs (YARA, PyNaCl and what it stands on), for the machine it goes to.

From a folder of wheels for that machine, unpacked by names that cannot lead elsewhere; or, for machines like this one, as they
are installed here. What is missing is said by name: no kit is built that would not start.
"""

from __future__ import annotations

import importlib.metadata
import re
import stat
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from atttcli.errors import InputError, MissingFeature, Where
from atttcli.field.kit.machine import architecture, system
from atttcli.limits import MIB

NEEDED = ("yara_python", "pynacl", "cffi")
_OF_CFFI = ("_cffi_backend", "cffi.libs/", "cffi-")  # the rest of it compiles C
_NAME = re.compile(r"([A-Za-z0-9_.]+)-([^-]+)(?:-\d[^-]*)?-([^-]+)-([^-]+)-([^-]+)\.whl\Z")
_CP = re.compile(r"cp3(\d{1,2})\Z")
_GLIBC = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
_MANYLINUX = re.compile(r"manylinux_(\d+)_(\d+)_")
_MOST_BYTES, _MOST_MEMBERS = 256 * MIB, 20_000
_LINUX = {"amd64": "x86_64", "arm64": "aarch64"}
_WINDOWS = {"amd64": "win_amd64", "win32": "win32", "arm64": "win_arm64"}
ARCHES = {"windows": tuple(_WINDOWS), "linux": tuple(_LINUX)}


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel file that fits. `tag`: the interpreter it is for; `glibc`: the oldest C library it runs with, (0, 0) unknown."""

    path: Path
    name: str
    tag: str
    stable_abi: bool
    glibc: tuple[int, int]

    def serves(self, tag: str) -> bool:
        """Whether that interpreter can load it."""
        return self.tag == tag or (self.stable_abi and _minor(self.tag) <= _minor(tag))


@dataclass(frozen=True, slots=True)
class ModuleSet:
    """All that one interpreter needs: from wheels, or from here when there are none."""

    tag: str
    wheels: tuple[Wheel, ...] = ()

    @property
    def glibc(self) -> tuple[int, int]:
        """The oldest C library of Linux that it runs with."""
        return max((one.glibc for one in self.wheels), default=(0, 0))


def own_tag() -> str:
    """As wheels call the interpreter that runs us."""
    return f"cp{sys.version_info[0]}{sys.version_info[1]}"


def module_sets(folder: Path | None, os: str, arch: str, tag: str = "") -> list[ModuleSet]:
    """A set for each interpreter that can be served (only `tag` when given); MissingFeature says what is missing."""
    wheels = [one for path in sorted(folder.glob("*.whl")) if (one := _wheel(path, os, arch))] if folder else []
    tags = [tag] if tag else sorted({one.tag for one in wheels if one.name == "yara_python"}, key=_minor)
    found = [ModuleSet(one, chosen) for one in tags if (chosen := _chosen(wheels, one))]
    if not found or (tag and found[0].tag != tag):
        if (os, arch) == (system(), architecture()) and tag in ("", own_tag()) and not wheels:
            return [ModuleSet(own_tag())]
        raise _missing(wheels, os, arch, tag, folder)
    return found


def write_modules(one: ModuleSet, target: Path) -> None:
    """Put a set into a folder."""
    target.mkdir(parents=True)
    if not one.wheels:
        _copy_installed(target)
        return
    for wheel in one.wheels:
        _unpack(wheel, target)


def _wheel(path: Path, os: str, arch: str) -> Wheel | None:
    match = _NAME.match(path.name)
    if match is None:
        return None
    name = match[1].lower().replace("-", "_").replace(".", "_")
    tags = [tag for tag in match[3].split(".") if _CP.match(tag)]
    if name not in NEEDED or not tags or not _fits(match[5], os, arch):
        return None
    return Wheel(path, name, tags[0], match[4] == "abi3", _glibc(match[5]))


def _fits(platform: str, os: str, arch: str) -> bool:
    if os == "windows":
        return platform == _WINDOWS[arch]
    end = "_" + _LINUX[arch]
    return any(one.endswith(end) and one.startswith(("manylinux", "linux")) for one in platform.split("."))


def _glibc(platform: str) -> tuple[int, int]:
    """Of several tags the oldest: they all name the same bytes."""
    known = [(int(match[1]), int(match[2])) for match in _MANYLINUX.finditer(platform)]
    known += [version for word, version in _GLIBC.items() if word + "_" in platform]
    return min(known, default=(0, 0))


def _chosen(wheels: Iterable[Wheel], tag: str) -> tuple[Wheel, ...]:
    """Of each package the wheel that runs on the oldest systems; empty when one is missing."""
    by_name: dict[str, Wheel] = {}
    for one in wheels:
        if one.serves(tag) and (one.name not in by_name or one.glibc < by_name[one.name].glibc):
            by_name[one.name] = one
    return tuple(by_name[name] for name in NEEDED) if len(by_name) == len(NEEDED) else ()


def _missing(wheels: Sequence[Wheel], os: str, arch: str, tag: str, folder: Path | None) -> MissingFeature:
    there = {one.name for one in wheels if not tag or one.serves(tag)}
    wanted = ", ".join(name for name in NEEDED if name not in there) or "a matching set"
    version = f"3.{_minor(tag)}" if tag else "3.8"
    platform = _WINDOWS[arch] if os == "windows" else "manylinux2014_" + _LINUX[arch]
    return MissingFeature(
        f"for {os} {arch}, Python {version} there is no wheel of {wanted}" + (f" in {folder}" if folder else ""),
        hint=f"pip download --only-binary=:all: --platform {platform} --python-version {version} -d DIR"
        " yara-python PyNaCl cffi; then: --wheels DIR",
    )


def _unpack(wheel: Wheel, target: Path) -> None:
    spent = 0
    try:
        with zipfile.ZipFile(wheel.path) as archive:
            members = archive.infolist()
            if len(members) > _MOST_MEMBERS:
                raise _bad(wheel, "too many members")
            for member in members:
                if member.is_dir() or (wheel.name == "cffi" and not member.filename.startswith(_OF_CFFI)):
                    continue
                spent += member.file_size
                if spent > _MOST_BYTES:
                    raise _bad(wheel, "too large")
                _place(wheel, member, archive.read(member), target)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise _bad(wheel, str(error) or "damaged") from None


def _place(wheel: Wheel, member: zipfile.ZipInfo, data: bytes, target: Path) -> None:
    name = PurePosixPath(member.filename)
    odd = name.is_absolute() or ".." in name.parts or "\\" in member.filename or ":" in member.filename
    if odd or stat.S_ISLNK(member.external_attr >> 16):
        raise _bad(wheel, f"a member that leads elsewhere: {member.filename[:100]!r}")
    path = target.joinpath(*name.parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _bad(wheel: Wheel, why: str) -> InputError:
    return InputError(f"no whole wheel: {why}", where=Where(str(wheel.path)), hint="download it again")


def _copy_installed(target: Path) -> None:
    for name, path, source in _installed():
        if name == "cffi" and not str(path).startswith(_OF_CFFI):
            continue
        place = target.joinpath(*path.parts)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(source.read_bytes())


def _installed() -> Iterator[tuple[str, PurePosixPath, Path]]:
    names: Mapping[str, str] = {"yara_python": "yara-python", "pynacl": "PyNaCl", "cffi": "cffi"}
    for name, package in names.items():
        try:
            files = importlib.metadata.files(package)
        except importlib.metadata.PackageNotFoundError:
            files = None
        if not files:
            raise MissingFeature(f"{package} is not installed here", hint="give wheels: --wheels DIR")
        for one in files:
            wanted = not one.is_absolute() and ".." not in one.parts and "__pycache__" not in one.parts
            if wanted and one.name not in ("RECORD", "INSTALLER", "direct_url.json"):
                yield name, PurePosixPath(*one.parts), Path(str(one.locate()))


def _minor(tag: str) -> int:
    match = _CP.match(tag)
    return int(match[1]) if match else 0
