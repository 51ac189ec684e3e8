"""Kernel modules of Linux: the list against what the kernel keeps in /sys, flags of taint, signatures. Python 3.8-clean."""

from __future__ import annotations

from typing import Dict, Iterator, List, Tuple

from atttcli.field import account
from atttcli.field.host.check import Missed, Observation, Scope, Seen
from atttcli.field.host.root import HostRoot
from atttcli.field.opening import NotReadable

# Bits of /proc/sys/kernel/tainted (Documentation/admin-guide/tainted-kernels).
_TAINTS = ("proprietary module", "module forced", "unsafe processor", "module unloaded by force", "machine check", "bad page",
           "asked by a user", "died", "ACPI table replaced", "warned", "staging driver", "firmware workaround",
           "module from outside the kernel", "unsigned module", "soft lockup", "patched while running", "auxiliary",
           "structure randomised")  # fmt: skip


def look(scope: Scope) -> Iterator[Seen]:
    """The kernel's state, each module, and modules that only one of the two lists knows."""
    root = scope.root
    try:
        text = root.read("/proc/modules", 4 * 1024 * 1024).text
    except NotReadable as refused:
        if refused.why != account.VANISHED:
            yield Missed("/proc/modules", refused.why)
            return
        text = ""  # a kernel that loads no modules has no such list
    listed = read_modules(text)
    yield from _taint(root)
    for name, flags in sorted(listed.items()):
        yield Observation(name, {"flags": flags}, rules_of(flags))
    for name in _kept(root):
        if name not in listed and name not in read_modules(_again(root)):
            yield Observation(name, {"place": f"/sys/module/{name}"}, ("host.module-hidden",))


def read_modules(text: str) -> Dict[str, str]:
    """Names of the loaded modules with their flags of taint (`OE`)."""
    found = {}
    for line in text.split("\n"):
        words = line.split()
        if len(words) >= 5:
            found[words[0]] = words[-1].strip("()+-") if words[-1].startswith("(") else ""
    return found


def rules_of(flags: str) -> Tuple[str, ...]:
    """F: forced in; E: unsigned; O alone is how every driver from elsewhere comes."""
    found: List[str] = []
    if "F" in flags:
        found.append("host.module-forced")
    if "E" in flags:
        found.append("host.module-unsigned")
    return tuple(found)


def _kept(root: HostRoot) -> Iterator[str]:
    """Names in /sys that belong to a loaded module: what is built into the kernel has no such state."""
    for name in root.names("/sys/module"):
        try:
            if root.read(f"/sys/module/{name}/initstate", 64).text.strip() == "live":
                yield name
        except NotReadable:
            continue


def _again(root: HostRoot) -> str:
    """The list once more: a module may have come in between."""
    try:
        return root.read("/proc/modules", 4 * 1024 * 1024).text
    except NotReadable:
        return ""


def _taint(root: HostRoot) -> Iterator[Seen]:
    try:
        number = int(root.read("/proc/sys/kernel/tainted", 64).text.strip() or "0")
        release = root.read("/proc/sys/kernel/osrelease", 256).text.strip()
    except (NotReadable, ValueError):
        return
    reasons = [word for bit, word in enumerate(_TAINTS) if number >> bit & 1]
    yield Observation("kernel", {"release": release, "tainted": number, "reasons": reasons})
