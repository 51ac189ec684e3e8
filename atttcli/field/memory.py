"""What this process holds in memory of its own: pages of mapped files do not count, since the system takes them back when
it needs them. Python 3.8-clean.
"""

from __future__ import annotations

import os
import sys

_MUCH = 28 * 1024 * 1024


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


class Watch:
    """Looks at memory between files: gives back what was freed, and says when more than `limit` is held (0: no limit)."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._much = _MUCH

    def over(self) -> bool:
        """Whether the run must end."""
        held = own_memory()
        if held > self._much:
            give_back()
            held = own_memory()
            self._much = max(_MUCH, held + _MUCH // 2)
        return bool(self._limit) and held > self._limit


def give_back() -> None:
    """What was freed goes back to the system, so that the next large file finds room."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of the GNU library
    if trim is not None:
        trim(0)


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
