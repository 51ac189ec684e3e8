"""A ceiling over the whole process while SQL of strangers runs.

DuckDB's own limit counts its buffers, not the text that a function makes (`repeat('a', 3000000000)`) nor what Python makes of
the rows. Where the system can bound the address space, nothing is granted beyond it; elsewhere DuckDB's limit stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PAGE = 4096
_SLACK = 1 << 30  # threads' stacks, arenas and files mapped; address space is not memory
_SIZE = re.compile(r"([0-9.]+) ?([KMGT]?)i?B|([0-9.]+) bytes?", re.IGNORECASE)
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}


@contextmanager
def ceiling(limit: str) -> Iterator[None]:
    """No more address space than now, plus `limit` (as DuckDB writes it: `953.6 MiB`), plus a gigabyte."""
    try:
        import resource
    except ImportError:  # Windows
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    wanted = _size(limit)
    now = _address_space()
    if not wanted or not now:
        yield
        return
    asked = now + wanted + _SLACK
    known = [one for one in before if one != resource.RLIM_INFINITY]
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (min([asked, *known]), before[1]))
    try:
        yield
    finally:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, before)


def _size(text: str) -> int:
    found = _SIZE.match(text.strip())
    if found is None:
        return 0
    if found[3]:
        return int(float(found[3]))
    return int(float(found[1]) * (1 << _UNITS[found[2].upper()]))


def _address_space() -> int:
    """Bytes mapped now; 0 where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * _PAGE
    return 0
