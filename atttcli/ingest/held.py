"""Findings of correlations that wait for the end of a run, packed: a log of ten million lines may give a hundred thousand.

They wait because a burst that may have begun earlier makes the whole span be judged again (`correlate`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from atttcli.model.alert import Detection

_BLOCK = 256


class HeldFindings:
    """Grows by some hundred bytes a finding. `first` is the earliest `detail["first"]` of all."""

    def __init__(self) -> None:
        import zstandard

        self._encoder = msgspec.json.Encoder()
        self._compressor: Any = zstandard.ZstdCompressor(level=1)
        self._open: list[Detection] = []
        self._packed: list[bytes] = []
        self.first: int | None = None

    def add(self, found: Detection) -> None:
        """Keep one."""
        start = found.detail.get("first")
        if isinstance(start, int):
            self.first = start if self.first is None else min(self.first, start)
        self._open.append(found)
        if len(self._open) >= _BLOCK:
            self._packed.append(self._compressor.compress(self._encoder.encode(self._open)))
            self._open = []

    def __iter__(self) -> Iterator[Detection]:
        """All of them, in the order in which they came."""
        import zstandard

        decoder = msgspec.json.Decoder(list[Detection])
        unpacker = zstandard.ZstdDecompressor()
        for packed in self._packed:
            yield from decoder.decode(unpacker.decompress(packed))
        yield from self._open
