"""Which new events Sigma rules matched, remembered until the run correlates: few of many, and nothing is read back for them.

What a segment's events match depends on these events and the rules alone, so a segment of which nothing is remembered (of an
earlier run, of one that was killed, or when there was no room) is read again and gives the same (docs/decisions/0081).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from atttcli.engines.correlation import CorrelationEngine
from atttcli.ingest.spill import Place, Spill
from atttcli.model.event import Event

Match = tuple[Event, tuple[str, ...]]
ROOM = (
    1024 * 1024 * 1024
)  # bytes of disk, compressed, over all segments of a run: about 17,000,000 matched access lines


class SegmentMatches:
    """Grows with a segment while it is written."""

    def __init__(self, room: int) -> None:
        import zstandard

        self._room = room
        self._encoder = msgspec.json.Encoder()
        self._compressor: Any = zstandard.ZstdCompressor(level=1).compressobj()
        self._parts: list[bytes] = []
        self.size = 0

    def add(self, engine: CorrelationEngine, events: Sequence[Event]) -> None:
        """Judge a block of the segment's events, in their order."""
        if self.size > self._room:  # it will be read back: judging it now is waste
            return
        found = [(events[index], ids) for index, ids in engine.matches(events)]
        if found:
            self._take(self._compressor.compress(self._encoder.encode_lines(found)))

    def done(self) -> list[bytes]:
        """All of it, packed."""
        self._take(self._compressor.flush())
        return self._parts

    def _take(self, data: bytes) -> None:
        if data:
            self._parts.append(data)
            self.size += len(data)


class KeptMatches:
    """The matches of a run's segments by their path, within a bound, in a file of the `folder` (none: nothing is kept)."""

    def __init__(self, folder: Path | None = None, room: int = ROOM) -> None:
        self._room = room
        self._spill = Spill(folder)
        self._kept: dict[str, Place] = {}

    def segment(self) -> SegmentMatches:
        """For a segment that is begun now."""
        return SegmentMatches(self._room)

    def keep(self, path: str, found: SegmentMatches) -> None:
        """Remember a segment that was stored, if there is room for it."""
        parts = found.done()
        self.keep_parts(path, parts, found.size)

    def keep_parts(self, path: str, parts: list[bytes], size: int) -> None:
        """The same of a segment that another process wrote; `size` as that one counted."""
        if size <= self._room and (place := self._spill.put(b"".join(parts))) is not None:
            self._room -= size
            self._kept[path] = place

    def of(self, path: str) -> Iterator[Match] | None:
        """The matches of a segment in order; None when they must be found by reading it."""
        place = self._kept.get(path)
        return None if place is None else _unpacked(self._spill.get(place))


def _unpacked(parts: Iterable[bytes]) -> Iterator[Match]:
    import zstandard

    decoder = msgspec.json.Decoder(Match)
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    carry = b""
    for part in parts:
        lines = (carry + unpacker.decompress(part)).split(b"\n")
        carry = lines.pop()
        for line in lines:
            yield decoder.decode(line)
