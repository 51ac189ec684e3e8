"""How little a scan may take: a share of one processor, the back of every queue, and nothing at all on battery.

Processor time is what the process really used (all threads, libyara's too), compared with the time that went by since the
run began; what is too much is slept off between files. Python 3.8-clean.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Callable, Optional

_SHORTEST = 0.0005  # less is not worth waking up for
_LONGEST = 0.5  # seconds slept at once, so that a stop is heard soon
_WINDOW = 2.0  # seconds of idle time that may be made up for; more would be a burst
_IOPRIO_SET = {"x86_64": 251, "i686": 289, "i386": 289, "aarch64": 30, "armv7l": 314, "armv6l": 314}
_IDLE_CLASS = 3 << 13
_BELOW_NORMAL, _BACKGROUND_BEGIN = 0x4000, 0x00100000
_SUPPLIES = "/sys/class/power_supply"


class Throttle:
    """Holds the process to `percent` of one processor (0: no limit). `pause` is called between two pieces of work."""

    def __init__(
        self,
        percent: float = 0,
        clock: Callable[[], float] = time.monotonic,
        used: Callable[[], float] = time.process_time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._share = percent / 100.0
        self._clock, self._used, self._sleep = clock, used, sleep
        self._began, self._spent = clock(), used()

    def pause(self, until: Optional[float] = None) -> None:
        """Sleep off what was used too much, at most to the moment `until` of the clock (a run's time limit)."""
        if not self._share:
            return
        while True:
            now, spent = self._clock(), self._used() - self._spent
            owed = spent / self._share - (now - self._began)
            if owed <= _SHORTEST:
                self._forget(now, spent, -owed)
                return
            if until is not None and now >= until:
                return
            self._sleep(min(owed, _LONGEST))

    def _forget(self, now: float, spent: float, saved: float) -> None:
        """Time in which nothing was to do (a slow disk) is kept as credit for one window at most."""
        if saved > _WINDOW:
            self._began = now - spent / self._share - _WINDOW


def be_nice() -> bool:
    """The last in every queue, processor and disk; whether the disk's queue could be joined at its end."""
    if os.name == "nt":
        return _nice_on_windows()
    try:
        os.nice(19)
    except OSError:
        return False
    return _idle_disk()


def _idle_disk() -> bool:
    number = _IOPRIO_SET.get(os.uname().machine)
    if not sys.platform.startswith("linux") or number is None:
        return False
    import ctypes

    try:
        return int(ctypes.CDLL(None, use_errno=True).syscall(number, 1, 0, _IDLE_CLASS)) == 0
    except (OSError, AttributeError):
        return False


def _nice_on_windows() -> bool:
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    process = kernel.GetCurrentProcess()
    kernel.SetPriorityClass(process, _BELOW_NORMAL)
    return bool(kernel.SetPriorityClass(process, _BACKGROUND_BEGIN))  # disk and memory, too


def on_battery(supplies: str = _SUPPLIES) -> bool:
    """Whether this machine runs on its battery; False where nobody can tell (a desk without one)."""
    if os.name == "nt":
        return _battery_on_windows()
    plugged = battery = False
    try:
        names = os.listdir(supplies)
    except OSError:
        return False
    for name in names:
        kind = _word(supplies, name, "type")
        if kind == "Battery" and _word(supplies, name, "scope") != "Device":  # a mouse has one, too
            battery = battery or _word(supplies, name, "status") == "Discharging"
        elif kind in ("Mains", "USB"):
            plugged = plugged or _word(supplies, name, "online") == "1"
    return battery and not plugged


def _word(folder: str, name: str, entry: str) -> str:
    try:
        with open(os.path.join(folder, name, entry), "rb") as file:
            return file.read(64).decode("ascii", "replace").strip()
    except OSError:
        return ""


def _battery_on_windows() -> bool:
    import ctypes

    class Status(ctypes.Structure):
        """SYSTEM_POWER_STATUS of the Win32 API."""

        _fields_ = [
            ("line", ctypes.c_ubyte),
            ("flag", ctypes.c_ubyte),
            ("percent", ctypes.c_ubyte),
            ("saver", ctypes.c_ubyte),
            ("seconds", ctypes.c_ulong),
            ("full", ctypes.c_ulong),
        ]

    status = Status()
    known = ctypes.windll.kernel32.GetSystemPowerStatus(ctypes.byref(status))  # type: ignore[attr-defined]
    return bool(known) and status.line == 0
