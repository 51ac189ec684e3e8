"""Which lines of a file are new. A line's identity: its log source, its digest, how often it occurred before in that file.

Digests are keyed with the workspace's secret, so that nobody can make two lines collide. See docs/decisions/0030.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from atttcli.archive.layout import DIGEST_BYTES
from atttcli.clock import DAY
from atttcli.model.event import Event

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Keys = NDArray[np.uint64]

HEAD = 64  # records of a file's start that are looked up to find its log source
_SLACK = DAY  # the same line read under another assumed zone is up to 26 hours off; a day covers every zone but two
_KEPT_KEYS = 2_000_000  # keys held at once: 24 MB; further segments are loaded again when they are needed again
_FOUND = 0.9


def line_digests(key: bytes, events: Iterable[Event]) -> bytes:
    """16 bytes for every event, over its raw text."""
    start = hashlib.blake2b(digest_size=DIGEST_BYTES, key=key)
    digests = bytearray()
    for event in events:
        running = start.copy()
        running.update(event.raw.encode("utf-8", "backslashreplace"))
        digests += running.digest()
    return bytes(digests)


@dataclass(frozen=True, slots=True)
class KnownSegment:
    """A stored segment that a new file may overlap. `load(limit)` gives its digests in order, the first `limit` or all."""

    log_source: str
    time_min: int | None
    time_max: int | None
    load: Callable[[int | None], bytes]


@dataclass(slots=True)
class _Stock:
    """The digests of one segment that no line of the new file has claimed yet."""

    segment: KnownSegment
    head: Keys | None = None
    keys: Keys | None = None
    left: Any = None


class NewLines:
    """Judges one new file, block after block, in order, against the segments known when it was opened.

    `known`: segments of the same reader (of the same source, if `log_source` is given: then nothing is searched for).
    Segments written from this file in this run must not be among them; those of an interrupted earlier run must.
    Give blocks of at least 64 records (the last may be shorter): the first one decides whose continuation the file is.
    `by_time=False` when the times are not reliable (the year was assumed): then all segments are compared.
    """

    def __init__(self, known: Sequence[KnownSegment], log_source: str = "", *, by_time: bool = True) -> None:
        self.bound: list[str] = [log_source] if log_source else []
        self.by_time = by_time
        self._searching = not log_source
        self._stocks = [_Stock(segment) for segment in known if not log_source or segment.log_source == log_source]
        self._seen = 0
        self._pending: list[tuple[str, Keys]] = []  # bound by a head that the block's end cut: the rest must follow

    @property
    def same_log(self) -> list[str]:
        """Log sources that this file proved to be one log, the file's own lines included. The store gives all of them, and
        what it has stored of this file, one name (the first): a later copy may begin in the middle of any part."""
        open_names = {name for name, _ in self._pending}
        return [name for name in self.bound if name not in open_names]

    def judge(self, digests: bytes, times: Sequence[int | None]) -> list[bool]:
        """True for every record that is new. Look at `same_log` whenever a segment is committed."""
        if len(digests) != DIGEST_BYTES * len(times):
            raise ValueError("one digest of 16 bytes for every time")
        if not self._stocks:
            return [True] * len(times)
        import numpy as np

        new = np.ones(len(times), dtype=bool)
        if len(times):
            keys = _keys(digests)
            near = self._near(times)
            if self._searching:
                self._confirm(keys)
                self._search(keys, times, near)
            for stock in near:
                if stock.segment.log_source in self.bound and new.any():
                    self._claim(stock, keys, new)
            self._forget(near)
        self._seen += len(times)
        return [bool(value) for value in new.tolist()]

    def _near(self, times: Sequence[int | None]) -> list[_Stock]:
        """Segments whose span of time meets the block's."""
        known = [time for time in times if time is not None]
        if not self.by_time or len(known) < len(times):
            return self._stocks
        low, high = min(known) - _SLACK, max(known) + _SLACK
        return [stock for stock in self._stocks if _meets(stock.segment, low, high)]

    def _search(self, keys: Keys, times: Sequence[int | None], near: list[_Stock]) -> None:
        import numpy as np

        unbound: dict[str, list[_Stock]] = {}
        for stock in near:
            if stock.segment.log_source not in self.bound:
                unbound.setdefault(stock.segment.log_source, []).append(stock)
        positions: dict[int, int] | None = None
        for name, stocks in unbound.items():
            if self._seen < HEAD and self._starts_inside(keys[:HEAD], times[:HEAD], stocks):
                self.bound.append(name)
                continue
            if positions is None:
                positions = {int(key): at for at, key in reversed(list(enumerate(keys)))}
            for stock in stocks:
                rest = _head_inside(_head(stock), keys, positions, np)
                if rest is not None:
                    self.bound.append(name)
                    if len(rest):
                        self._pending.append((name, rest))
                    break

    def _confirm(self, keys: Keys) -> None:
        """Take back what was bound by too few lines, when the lines that should follow do not."""
        import numpy as np

        pending, self._pending = self._pending, []
        for name, rest in pending:
            expected = rest[: len(keys)]
            if np.isin(expected, keys[: 2 * HEAD]).sum() < _FOUND * len(expected):
                self.bound.remove(name)
            elif len(rest) > len(expected):
                self._pending.append((name, rest[len(expected) :]))

    def _starts_inside(self, keys: Keys, times: Sequence[int | None], stocks: list[_Stock]) -> bool:
        """The file's first records, as far as they can be in the source by their time, are in it."""
        import numpy as np

        found = np.zeros(len(keys), dtype=bool)
        for stock in stocks:
            found |= np.isin(keys, _load(stock))
        if not found[:2].any():  # the very first line may be cut
            return False
        latest = [stock.segment.time_max for stock in stocks]
        if any(time is None for time in times) or any(time is None for time in latest) or not self.by_time:
            run = int(np.argmin(found[1:])) if not found[1:].all() else len(found) - 1
            return run + int(found[0]) >= min(4, len(keys))
        end = max(time for time in latest if time is not None)
        inside = [bool(hit) for hit, time in zip(found, times, strict=True) if time is not None and time <= end]
        return bool(inside) and sum(inside) >= _FOUND * len(inside) - (0 if found[0] else 1)

    def _claim(self, stock: _Stock, keys: Keys, new: NDArray[np.bool_]) -> None:
        """Every still new record that the stock holds takes one of its copies, in order."""
        import numpy as np

        stored = _load(stock)
        if not len(stored):
            return
        open_at = np.flatnonzero(new)
        wanted = keys[open_at]
        place = np.minimum(np.searchsorted(stored, wanted), len(stored) - 1)
        hits = np.flatnonzero(stored[place] == wanted)
        if not len(hits):
            return
        slots = place[hits]
        taken = _rank(slots, np) < stock.left[slots]
        new[open_at[hits[taken]]] = False
        np.subtract.at(stock.left, slots[taken], 1)

    def _forget(self, near: list[_Stock]) -> None:
        """Drop keys beyond the bound, those away from this block first; what was claimed of them is kept."""
        loaded = [stock for stock in self._stocks if stock.keys is not None]
        total = sum(len(stock.keys) for stock in loaded if stock.keys is not None)
        close = {id(stock) for stock in near}
        for stock in sorted(loaded, key=lambda stock: id(stock) in close):
            if total <= _KEPT_KEYS:
                return
            total -= len(stock.keys) if stock.keys is not None else 0
            stock.keys = None


def _keys(digests: bytes) -> Keys:
    """The first eight bytes of every digest: among ten million lines, one chance in 300,000 of a false match."""
    import numpy as np

    return np.frombuffer(digests, dtype="<u8").reshape(-1, DIGEST_BYTES // 8)[:, 0].astype(np.uint64)


def _load(stock: _Stock) -> Keys:
    import numpy as np

    if stock.keys is None:
        stock.keys, counts = np.unique(_keys(stock.segment.load(None)), return_counts=True)
        if stock.left is None:
            stock.left = counts.astype(np.int32)
    return stock.keys


def _head(stock: _Stock) -> Keys:
    if stock.head is None:
        stock.head = _keys(stock.segment.load(HEAD))
    return stock.head


def _head_inside(head: Keys, keys: Keys, positions: dict[int, int], np: Any) -> Keys | None:
    """If a stored segment's first records stand in this block (the new file is the longer copy): those of them that the
    block's end cuts off, still to be seen. None if they do not stand here."""
    if not len(head) or (at := positions.get(int(head[0]))) is None:
        return None
    window = keys[at : at + 2 * HEAD]
    wanted = head[: min(len(head), len(keys) - at)]
    return head[len(wanted) :] if int(np.isin(wanted, window).sum()) >= _FOUND * len(wanted) else None


def _meets(segment: KnownSegment, low: int, high: int) -> bool:
    if segment.time_min is None or segment.time_max is None:
        return True
    return segment.time_min <= high and segment.time_max >= low


def _rank(slots: Any, np: Any) -> Any:
    """How often each value stood before its place: [5, 7, 5, 5] gives [0, 0, 1, 2]."""
    order = np.argsort(slots, kind="stable")
    ordered = slots[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    lengths = np.diff(np.append(starts, len(ordered)))
    ranks = np.empty(len(slots), dtype=np.int64)
    ranks[order] = np.arange(len(ordered)) - np.repeat(starts, lengths)
    return ranks
