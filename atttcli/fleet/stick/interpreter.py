"""An unpacked Python that a kit carries: for which system and processor it is (PE or ELF header), of which version.

Nothing of it is run: it is for another machine.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from atttcli.errors import InputError, Where

OLDEST = (3, 8)
LINUX, WINDOWS = "linux", "windows"
_PE = {0x14C: "win32", 0x8664: "amd64", 0xAA64: "arm64"}
_ELF = {62: "amd64", 183: "arm64", 3: "x86", 40: "arm"}
_DLL = re.compile(r"python(3)(\d{1,2})\.dll\Z", re.IGNORECASE)
_LIB = re.compile(r"python(3)\.(\d{1,2})\Z")
_HEAD = 4096
_LEFT_OUT = frozenset(
    {"__pycache__", "test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "site-packages"}
)
_EMBEDDED = ("_ctypes.pyd", "_sqlite3.pyd", "sqlite3.dll")  # what an embeddable package has, and the scanner needs
_MOST_FILES = 20_000


@dataclass(frozen=True, slots=True)
class Interpreter:
    """`program`: its path below the folder, with `/`; `tag`: as wheels name it (`cp38`)."""

    folder: Path
    program: str
    tag: str
    os: str
    arch: str

    def files(self) -> Iterator[Path]:
        """What a kit needs of it: no tests, no other people's packages, no links out of the folder."""
        root = self.folder.resolve()
        waiting, count = [self.folder], 0
        while waiting:
            for path in sorted(waiting.pop().iterdir()):
                if path.name in _LEFT_OUT or not path.resolve().is_relative_to(root):
                    continue
                if path.is_dir():
                    if not path.is_symlink():
                        waiting.append(path)
                    continue
                count += 1
                if count > _MOST_FILES:
                    raise InputError("more files than any Python has", where=Where(str(self.folder)))
                if path.is_file() and path.suffix not in (".pyc", ".a") and not self._is_other_program(path):
                    yield path

    def _is_other_program(self, path: Path) -> bool:
        """pip, idle and the like: on Linux they stand beside the interpreter."""
        return self.os == LINUX and path.parent == self.folder / "bin" and path != self.folder / self.program


def inspect_python(folder: Path, system: str, arch: str) -> Interpreter:
    """The interpreter in this folder; InputError when it is none, too old, incomplete or for other machines."""
    if not folder.is_dir():
        raise InputError("there is no such folder", where=Where(str(folder)), hint="unpack the Python that goes along")
    program, version = _windows(folder) if system == WINDOWS else _linux(folder)
    found_os, found_arch = architecture_of(folder / program)
    if (found_os, found_arch) != (system, arch):
        raise InputError(
            f"this Python is for {found_os} {found_arch}, the kit for {system} {arch}", where=Where(str(folder / program)),
            hint="unpack the one for that machine",
        )  # fmt: skip
    if version < OLDEST:
        raise InputError("the scanner needs Python 3.8 or newer", where=Where(str(folder)), hint="Windows 7 takes 3.8")
    return Interpreter(folder, program, f"cp{version[0]}{version[1]}", system, arch)


def architecture_of(program: Path) -> tuple[str, str]:
    """For which system and processor a program is, by its header; InputError when it is none."""
    try:
        with program.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=Where(str(program))) from None
    if head[:4] == b"\x7fELF" and len(head) >= 20:
        (machine,) = struct.unpack_from("<H" if head[5] == 1 else ">H", head, 18)
        return LINUX, _ELF.get(machine, f"machine {machine}")
    if head[:2] == b"MZ" and len(head) >= 64:
        (at,) = struct.unpack_from("<I", head, 60)
        if head[at : at + 4] == b"PE\0\0" and len(head) >= at + 6:
            (machine,) = struct.unpack_from("<H", head, at + 4)
            return WINDOWS, _PE.get(machine, f"machine {machine:#x}")
    raise InputError("is no program of Linux or Windows", where=Where(str(program)))


def _windows(folder: Path) -> tuple[str, tuple[int, int]]:
    found = [match for path in folder.iterdir() if (match := _DLL.match(path.name))]
    if not (folder / "python.exe").is_file() or len(found) != 1:
        raise InputError(
            "no Python of Windows in this folder", where=Where(str(folder)),
            hint="unpack the embeddable package: python.exe and python38.dll stand in it",
        )  # fmt: skip
    names = {path.name.lower() for path in folder.rglob("*")}
    missing = [name for name in _EMBEDDED if name not in names]
    if missing:
        raise InputError(f"this Python lacks {', '.join(missing)}", where=Where(str(folder)), hint="unpack all of it")
    return "python.exe", (int(found[0][1]), int(found[0][2]))


def _linux(folder: Path) -> tuple[str, tuple[int, int]]:
    found = [match for path in folder.glob("lib/python3*") if path.is_dir() and (match := _LIB.match(path.name))]
    if len(found) != 1:
        raise InputError(
            "no Python in this folder", where=Where(str(folder)), hint="bin/python3 and lib/python3.x stand in one"
        )
    version = int(found[0][1]), int(found[0][2])
    for name in (f"bin/python{version[0]}.{version[1]}", "bin/python3"):
        if (folder / name).is_file() and not (folder / name).is_symlink():
            return name, version
    raise InputError("this Python has no program", where=Where(str(folder)), hint=f"bin/python3.{version[1]}")
