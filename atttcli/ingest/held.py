"""Findings of correlations that wait for the end of a run, packed: a log of ten million lines may give a hundred thousand.

They wait because a burst that may have begun earlier makes the whole span be judged again (`correlate`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from atttcli.ingest.spill import Place, Spill
from atttcli.model.alert import Detection

_BLOCK = 256


class HeldFindings:
    """In a file of the `folder`; where that cannot be written, in memory (some hundred bytes a finding). `first` is the
    earliest `detail["first"]` of all."""

    def __init__(self, folder: Path | None = None) -> None:
        import zstandard

        self._encoder = msgspec.json.Encoder()
        self._compressor: Any = zstandard.ZstdCompressor(level=1)
        self._spill = Spill(folder)
        self._open: list[Detection] = []
        self._packed: list[Place | bytes] = []
        self.first: int | None = None

    def add(self, found: Detection) -> None:
        """Keep one."""
        start = found.detail.get("first")
        if isinstance(start, int):
            self.first = start if self.first is None else min(self.first, start)
        self._open.append(found)
        if len(self._open) >= _BLOCK:
            packed = self._compressor.compress(self._encoder.encode(self._open))
            self._packed.append(self._spill.put(packed) or packed)
            self._open = []

    def __iter__(self) -> Iterator[Detection]:
        """All of them, in the order in which they came."""
        import zstandard

        decoder = msgspec.json.Decoder(list[Detection])
        unpacker = zstandard.ZstdDecompressor()
        for kept in self._packed:
            packed = kept if isinstance(kept, bytes) else b"".join(self._spill.get(kept))
            yield from decoder.decode(unpacker.decompress(packed))
        yield from self._open
