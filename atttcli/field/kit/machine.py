"""The machine that a kit is plugged into: its name, its digest, its disks. Python 3.8-clean."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sys
import time
from typing import List

from atttcli.field.manifest import Host, MachineClock
from atttcli.field.strict_json import plain

_ARCHES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64", "x86": "win32", "i686": "x86"}
_LOCAL_DISK = 3
_IDENTITIES = ("/etc/machine-id", "/var/lib/dbus/machine-id")


def this_machine() -> Host:
    """Name, system and a digest that tells this machine from others; nothing of the identity itself leaves it.

    Offices copy disks from machine to machine, identity and all: the name is part of the digest.
    """
    name = plain(platform.node() or "may-khong-ten")[:255]
    identity = _windows_identity() if os.name == "nt" else _posix_identity()
    digest = hashlib.sha256(("atttcli machine\n%s\n%s" % (identity, name.lower())).encode("utf-8")).hexdigest()
    return Host(name, system(), architecture(), digest[:32])


def system() -> str:
    """windows, linux or what else the system calls itself."""
    return "windows" if os.name == "nt" else _word(platform.system().lower())


def architecture() -> str:
    """amd64, arm64, win32 or what else."""
    word = platform.machine().lower()
    return _word(_ARCHES.get(word, word))


def local_disks() -> List[str]:
    """What is scanned unless told otherwise: every fixed disk."""
    if os.name != "nt":
        return ["/"]
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    letters = [chr(65 + at) for at in range(26) if kernel.GetLogicalDrives() >> at & 1]
    return [
        letter + ":\\" for letter in letters if kernel.GetDriveTypeW(ctypes.c_wchar_p(letter + ":\\")) == _LOCAL_DISK
    ]


def swap_files() -> List[str]:
    """What systems put memory into: huge, never the same, on Windows never readable."""
    if os.name != "nt":
        return ["/swapfile", "/swap.img"]
    return [disk + name for disk in local_disks() for name in ("pagefile.sys", "swapfile.sys", "hiberfil.sys")]


def machine_clock(issued: int) -> MachineClock:
    """The zone of this machine's clock, and what time it is later than: the kit was issued before it came here."""
    zone = time.localtime().tm_gmtoff // 60
    return MachineClock(max(-1440, min(1440, zone)), issued)


def is_administrator() -> bool:
    """Whether everything on this machine can be read."""
    if os.name != "nt":
        return os.geteuid() == 0
    import ctypes

    return bool(ctypes.windll.shell32.IsUserAnAdmin())  # type: ignore[attr-defined]


def _posix_identity() -> str:
    for path in _IDENTITIES:
        try:
            with open(path, "rb") as stream:
                text = stream.read(256).decode("ascii", "replace").strip()
        except OSError:
            continue
        if text:
            return text
    return ""


def _windows_identity() -> str:
    if sys.platform != "win32":
        return ""
    import winreg

    try:
        access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, "SOFTWARE\\Microsoft\\Cryptography", 0, access) as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
    except OSError:
        return ""


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.+-]", "-", text)[:64] or "unknown"
