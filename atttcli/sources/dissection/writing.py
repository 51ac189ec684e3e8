"""A small pcap of chosen frames: classic format, microseconds, one link type, so that every other tool opens it."""

from __future__ import annotations

import hashlib
import struct
from typing import BinaryIO, Final

from atttcli.sources.capture import Record

_SNAP: Final = 1 << 20


class PcapWriter:
    """Frames into a stream, hashed on the way. Frames of another link type than the first are left out and counted."""

    def __init__(self, stream: BinaryIO, link: int) -> None:
        self._stream, self._link = stream, link
        self._digest = hashlib.sha256()
        self.frames = self.bytes = self.left_out = 0
        self._write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, _SNAP, link))

    def add(self, record: Record) -> None:
        """One frame with its time."""
        if record.link != self._link:
            self.left_out += 1
            return
        seconds, micros = divmod(max(record.time, 0), 1_000_000)
        size = len(record.data)
        self._write(struct.pack("<IIII", min(seconds, 0xFFFFFFFF), micros, size, size) + record.data)
        self.frames += 1

    @property
    def sha256(self) -> str:
        """Of everything written so far."""
        return self._digest.hexdigest()

    def _write(self, data: bytes) -> None:
        self._stream.write(data)
        self._digest.update(data)
        self.bytes += len(data)
