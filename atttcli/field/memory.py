"""What this process holds in memory of its own, and a bound that the system keeps for us. Python 3.8-clean.

Of its own: pages of mapped files do not count, since the system takes them back when it needs them. Linux refuses memory
beyond the bound, so that one file that matches a million times costs that file's details and not the machine; elsewhere the
bound is only looked at between files.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import Iterator

_STACK = 8 * 1024 * 1024  # address space of a thread's stack, of which little is used
_SLACK = 4 * 1024 * 1024


def own_memory() -> int:
    """Bytes; 0 where it cannot be known cheaply."""
    if os.name == "nt":
        return _of_windows()
    try:
        with open("/proc/self/statm", "rb") as text:
            words = text.read().split()
        return (int(words[1]) - int(words[2])) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return _peak()


def _peak() -> int:
    """The most that was ever held, where nothing better is told."""
    try:
        import resource
    except ImportError:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


@contextmanager
def bounded_memory(limit: int, threads: int = 1) -> Iterator[None]:
    """While it lasts, memory of this process beyond `limit` bytes (0: no bound) is refused: MemoryError."""
    if not limit or not sys.platform.startswith("linux"):
        yield
        return
    import resource

    held = _writable()
    if not held:
        yield
        return
    room = max(0, limit - own_memory()) + _SLACK + threads * _STACK
    before = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = held + room
    for known in before:
        wanted = wanted if known == resource.RLIM_INFINITY else min(wanted, known)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _writable() -> int:
    """Bytes of private writable memory, touched or not: what the system's bound counts. 0: not known."""
    try:
        with open("/proc/self/status", "rb") as text:
            for line in text:
                if line.startswith(b"VmData:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return 0
    return 0


def _of_windows() -> int:
    import ctypes

    class Counters(ctypes.Structure):
        """PROCESS_MEMORY_COUNTERS_EX of the Win32 API."""

        _fields_ = [
            ("size", ctypes.c_ulong),
            ("faults", ctypes.c_ulong),
            *(
                (name, ctypes.c_size_t)
                for name in ("peak", "working", "a", "b", "c", "d", "page", "peak_page", "private")
            ),
        ]

    counters = Counters()
    counters.size = ctypes.sizeof(counters)
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    ask = getattr(kernel, "K32GetProcessMemoryInfo", None)  # Windows 7 and newer
    if ask is None:
        return 0
    ask.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong]
    known = ask(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.size)
    return int(counters.private) if known else 0
