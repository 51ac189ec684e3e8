"""One direction of a TCP connection put in order.

Bytes are released when the other side has acknowledged them, as in the reference engine's default mode, so that
retransmissions with other content are settled before anything is judged. Positions are 64-bit, from the byte after SYN.
Overlapping unacknowledged data: the earlier copy wins, unless the new segment begins before it (the BSD policy).
"""

from __future__ import annotations

from bisect import bisect_left

MAX_HELD = 512 * 1024  # unacknowledged or out-of-order bytes kept per direction
MAX_SEGMENTS = 2048
SEGMENT = 160  # bytes that a segment costs beside its data
HALF = 1 << 31
MASK = 0xFFFFFFFF


class Stream:
    """Segments of one direction."""

    __slots__ = ("base", "differs", "fin", "held", "isn", "lost", "segments", "top")

    def __init__(self, isn: int) -> None:
        self.isn = isn
        self.base = 0  # released so far
        self.top = 0  # end of what is held without a hole
        self.held = 0
        self.lost = 0
        self.differs = False  # bytes that waited came again, and others
        self.fin: int | None = None
        self.segments: list[tuple[int, bytes]] = []  # sorted, not overlapping

    def place(self, seq: int) -> int:
        """A sequence number as position, near `base`."""
        delta = (seq - self.isn - 1 - self.base) & MASK
        return self.base + (delta - (1 << 32) if delta >= HALF else delta)

    def add(self, seq: int, data: bytes) -> bool:
        """Take a segment in; False when nothing of it was new or it lies absurdly far ahead."""
        start = self.place(seq)
        end = start + len(data)
        if end <= self.base or start > self.top + 4 * MAX_HELD:
            return False
        if start < self.base:
            data = data[self.base - start :]
            start = self.base
        self.held += len(data)
        if not self.segments or start >= self.segments[-1][0] + len(self.segments[-1][1]):
            self.segments.append((start, data))
            if start == self.top:  # the ordinary case: nothing missing, nothing twice
                self.top = start + len(data)
        else:
            self._insert(start, data)
            self._extend()
        return True

    def _extend(self) -> None:
        """Move `top` over what follows it without a hole."""
        segments = self.segments
        for index in range(max(bisect_left(segments, (self.top,)) - 1, 0), len(segments)):
            start, data = segments[index]
            if start > self.top:
                break
            self.top = max(self.top, start + len(data))

    def _insert(self, start: int, data: bytes) -> None:
        """Put a segment among the others, byte ranges resolved; only those that it touches are looked at."""
        segments, end = self.segments, start + len(data)
        low = max(bisect_left(segments, (start,)) - 1, 0)
        high = bisect_left(segments, (end,), low)
        touched = segments[low:high]
        settled = self._settled(touched, start, data)
        self.held += sum(len(part) for _, part in settled) - sum(len(part) for _, part in touched) - len(data)
        segments[low:high] = settled

    def _settled(self, touched: list[tuple[int, bytes]], start: int, data: bytes) -> list[tuple[int, bytes]]:
        """A new segment and those that it touches, none overlapping another."""
        result: list[tuple[int, bytes]] = []
        pieces = [(start, data)]
        for old_start, old in touched:
            old_end = old_start + len(old)
            low, high = max(old_start, start), min(old_end, start + len(data))
            if low < high and old[low - old_start : high - old_start] != data[low - start : high - start]:
                self.differs = True
            if old_end <= start or old_start >= start + len(data):
                result.append((old_start, old))
            elif start < old_start:  # the new one began earlier: it wins
                if old_end > start + len(data):
                    result.append((start + len(data), old[start + len(data) - old_start :]))
            else:
                result.append((old_start, old))
                pieces = [piece for whole in pieces for piece in _outside(whole, old_start, old_end)]
        return sorted(result + pieces)

    @property
    def full(self) -> bool:
        """Whether so much waits that it has to be released unacknowledged."""
        return self.held > MAX_HELD or len(self.segments) > MAX_SEGMENTS

    @property
    def memory(self) -> int:
        """Bytes held, with what it costs to hold them."""
        return self.held + SEGMENT * len(self.segments)

    @property
    def sent(self) -> int:
        """Bytes sent so far as far as seen, the SYN counted as one."""
        end = self.segments[-1][0] + len(self.segments[-1][1]) if self.segments else self.base
        return max(end, self.base) + 1

    def release(self, ack: int) -> list[tuple[int, bytes]]:
        """What `ack` acknowledges: (bytes lost before it, data) in order; stops at a hole that is not acknowledged."""
        if not self.segments:
            return []
        upto = self.place(ack)
        if upto <= self.base:
            return []
        return self.release_to(upto)

    def release_all(self) -> list[tuple[int, bytes]]:
        """Everything held, at the end of the connection."""
        if not self.segments:
            return []
        return self.release_to(self.segments[-1][0] + len(self.segments[-1][1]))

    def release_to(self, upto: int) -> list[tuple[int, bytes]]:
        """Everything below position `upto`."""
        segments = self.segments
        if len(segments) == 1 and segments[0][0] == self.base and upto >= self.base + len(segments[0][1]):
            data = segments[0][1]
            segments.clear()
            self.held = 0
            self.base += len(data)
            self.top = max(self.top, self.base)
            return [(0, data)]
        released: list[tuple[int, bytes]] = []
        run: list[bytes] = []
        gap = 0
        used = 0
        for start, data in segments:
            if start >= upto:
                break
            if start > self.base:
                if run:
                    released.append((gap, b"".join(run)))
                    run = []
                gap = start - self.base
                self.lost += 1
            part = data if start + len(data) <= upto else data[: upto - start]
            run.append(part)
            self.base = start + len(part)
            self.held -= len(part)
            if len(part) < len(data):
                segments[used] = (self.base, data[len(part) :])
                break
            used += 1
        if run:
            released.append((gap, b"".join(run)))
        del segments[:used]
        self.top = max(self.top, self.base)
        return released


def _outside(piece: tuple[int, bytes], low: int, high: int) -> list[tuple[int, bytes]]:
    """What of a piece lies outside [low, high)."""
    start, data = piece
    end = start + len(data)
    if end <= low or start >= high:
        return [piece]
    parts = []
    if start < low:
        parts.append((start, data[: low - start]))
    if end > high:
        parts.append((high, data[high - start :]))
    return parts
