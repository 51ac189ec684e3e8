"""What a host check is and what it says: observations as values, verdicts by rule id, problems as values too.

Python 3.8-clean.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from atttcli.field.records import KnownBad
from atttcli.field.strict_json import dumps, plain

if TYPE_CHECKING:
    from atttcli.field.examine import Examiner
    from atttcli.field.host.root import HostRoot

LINUX, WINDOWS = "linux", "windows"
ADDRESS, DOMAIN, HASH, NAME = "address", "domain", "hash", "name"  # what lists may be asked about

_LONGEST_TEXT = 1000
_MOST_ITEMS = 50
_LONGEST_DETAIL = 48 * 1024

Asked = Tuple[str, str]  # kind, value
LookUp = Callable[[str, str], Sequence[KnownBad]]


class Observation(NamedTuple):
    """One thing seen. `rules`: ids of the host rules that it meets; `asked`: what indicator lists are asked about it."""

    subject: str
    detail: Dict[str, Any] = {}
    rules: Tuple[str, ...] = ()
    asked: Tuple[Asked, ...] = ()


class Verdict(NamedTuple):
    """A hit whose words are not ours: a YARA rule on a running program. `severity` 0 to 4."""

    subject: str
    rule: str
    title: str
    severity: int
    detail: Dict[str, Any] = {}
    category: str = ""


class Missed(NamedTuple):
    """Something that could not be looked at, and why."""

    subject: str
    why: str


Seen = Union[Observation, Verdict, Missed]


class Bounds(NamedTuple):
    """What one check may cost. `bytes` counts what is read of files, memory beside it."""

    seconds: float = 300.0
    observations: int = 20_000
    bytes: int = 256 * 1024 * 1024
    memory_bytes: int = 2 * 1024 * 1024 * 1024


class Exceeded(Exception):
    """A check reached one of its bounds: what it saw so far stands."""


class Spending:
    """What is left of a check's bounds."""

    def __init__(
        self,
        bounds: Bounds,
        clock: Callable[[], float] = time.monotonic,
        pause: Optional[Callable[[], None]] = None,
    ) -> None:
        self._bounds, self._clock, self._pause = bounds, clock, pause
        self._until = clock() + bounds.seconds
        self._bytes = 0
        self._memory = 0

    def spend(self, count: int = 0) -> None:
        """`count` more bytes of files were read; Exceeded beyond the bounds."""
        self._bytes += count
        if self._bytes > self._bounds.bytes:
            raise Exceeded("more to read than the check's limit")
        if self._clock() > self._until:
            raise Exceeded("not reached before the check's time limit")
        if self._pause is not None:
            self._pause()

    def spend_memory(self, count: int) -> None:
        """As `spend`, of the memory of processes."""
        self._memory += count
        if self._memory > self._bounds.memory_bytes:
            raise Exceeded("more memory than the check's limit")
        self.spend()


class Scope(NamedTuple):
    """Where a check looks. `now`: seconds since 1970 of the clock in use; `examiner` judges programs, None: not judged."""

    root: "HostRoot"
    now: float
    spending: Spending
    system: str = LINUX
    live: bool = True  # the running system, not a mounted disk
    examiner: Optional["Examiner"] = None
    memory: bool = False
    windows: Any = None  # the interfaces of Windows (`windows_api`), None elsewhere


class Check(NamedTuple):
    """One check. The texts are for docs/host-checks.md: what is read, what right it needs, what it misses without."""

    name: str
    systems: Tuple[str, ...]
    title: str
    reads: str
    permission: str
    misses: str
    look: Callable[[Scope], Iterator[Seen]]
    live: bool = False  # means nothing on a mounted disk


def bounded_detail(detail: Dict[str, Any]) -> Dict[str, Any]:
    """A detail that fits into one line of a bundle: when all of it is too much, its plain values alone, marked as cut."""
    whole: Dict[str, Any] = bounded(detail)
    if len(dumps(whole)) <= _LONGEST_DETAIL:
        return whole
    return {**{key: value for key, value in whole.items() if not isinstance(value, (dict, list))}, "cut": True}


def bounded(value: Any, depth: int = 3) -> Any:
    """A detail that a record can hold: cut texts, short lists, no odd types."""
    if isinstance(value, (bool, int)) or value is None:
        return value if value is None or -(1 << 53) < value < 1 << 53 else str(value)
    if isinstance(value, str):
        text = plain(value)
        return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"
    if isinstance(value, bytes):
        return bounded(value.decode("utf-8", "backslashreplace"))
    if isinstance(value, dict) and depth:
        return {plain(str(key))[:100]: bounded(value[key], depth - 1) for key in list(value)[:_MOST_ITEMS]}
    if isinstance(value, (list, tuple)) and depth:
        items: List[Any] = [bounded(item, depth - 1) for item in value[:_MOST_ITEMS]]
        return items
    return bounded(str(value))
