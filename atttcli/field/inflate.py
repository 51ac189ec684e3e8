"""Decompress a stream piece by piece: gzip, bzip2, xz, zstd, with bounded memory and one kind of error.

Concatenated streams (rotated logs, pigz, multi-member gzip) are read on. zstd needs the `zstandard` package, which the
centre has and a bare agency machine may lack: its absence is said, nothing else is lost. Python 3.8-clean.
"""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from typing import Any, BinaryIO, Callable, Dict

CHUNK = 128 * 1024
_XZ_MEMORY = 128 * 1024 * 1024  # xz -9 needs 65 MiB; a header may ask for 4 GiB


class Damaged(Exception):
    """The compressed stream is damaged, cut short, or wants more memory than it may have."""


class Unsupported(Exception):
    """This method cannot be read here; the message says which and what is missing."""


class InflatedStream(io.RawIOBase):
    """The decompressed content of `raw`. `consumed` counts compressed bytes taken, for judging the ratio."""

    def __init__(self, raw: BinaryIO, kind: str) -> None:
        super().__init__()
        if kind not in _DECODERS:
            raise Unsupported("%s archives cannot be read" % kind)
        self._raw = raw
        self._make = _DECODERS[kind]
        self._decoder: Any = self._make()
        self._pending = b""
        self._streams = 0
        self._fed = False
        self._ended = False
        self.consumed = 0

    def readable(self) -> bool:
        """A stream to be read once."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes (CHUNK when negative); empty at the end. Raises Damaged."""
        wanted = size if size > 0 else CHUNK
        while not self._ended:
            piece = self._step(wanted)
            if piece:
                return piece
        return b""

    def _step(self, wanted: int) -> bytes:
        decoder = self._decoder
        if decoder.eof:
            self._next_stream(decoder)
            return b""
        if decoder.needs_input and not self._pending:
            self._pending = self._raw.read(CHUNK)
            self.consumed += len(self._pending)
            if not self._pending:
                self._finish()
                return b""
        data, self._pending = self._pending, b""
        self._fed = self._fed or bool(data)
        try:
            return bytes(decoder.decompress(data, wanted))
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
            if self._streams and not isinstance(error, lzma.LZMAError):  # padding after the last stream
                self._ended = True
                return b""
            raise Damaged("damaged: %s" % error) from None

    def _next_stream(self, decoder: Any) -> None:
        self._streams += 1
        rest = decoder.unused_data or self._raw.read(CHUNK)
        if rest is not decoder.unused_data:
            self.consumed += len(rest)
        rest = rest.lstrip(b"\x00")  # tape and xz padding
        if not rest:
            self._ended = True
            return
        self._decoder, self._pending, self._fed = self._make(), rest, False

    def _finish(self) -> None:
        self._ended = True
        if self._fed and not self._decoder.eof:
            raise Damaged("cut short")


class _Gzip:
    """zlib's object (31: gzip, -15: bare) with the interface that bz2 and lzma share."""

    def __init__(self, window: int = 31) -> None:
        self._inflate = zlib.decompressobj(window)
        self._full = False

    def decompress(self, data: bytes, limit: int) -> bytes:
        result = self._inflate.decompress(self._inflate.unconsumed_tail + data, limit)
        self._full = len(result) == limit
        return result

    @property
    def needs_input(self) -> bool:
        # zlib can hold back output when all input is taken: a full result means that there may be more.
        return not self._inflate.unconsumed_tail and not self._full

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data


class _Zstd:
    """zstandard's object, which produces all that its input holds: fed a little at a time to bound what comes out."""

    _STEP = 1024
    _WINDOW = 128 * 1024 * 1024

    def __init__(self) -> None:
        try:
            import zstandard
        except ImportError:
            raise Unsupported("zstd archives need the package zstandard") from None
        self._error = zstandard.ZstdError
        self._object = zstandard.ZstdDecompressor(max_window_size=self._WINDOW).decompressobj()
        self._input = b""
        self._output = b""

    def decompress(self, data: bytes, limit: int) -> bytes:
        self._input += data
        while not self._output and self._input and not self._object.eof:
            piece, self._input = self._input[: self._STEP], self._input[self._STEP :]
            try:
                self._output = self._object.decompress(piece)
            except self._error as error:
                raise Damaged("damaged: %s" % error) from None
        result, self._output = self._output[:limit], self._output[limit:]
        return result

    @property
    def needs_input(self) -> bool:
        return not self._output and not self._input

    @property
    def eof(self) -> bool:
        return bool(self._object.eof) and not self._output

    @property
    def unused_data(self) -> bytes:
        return bytes(self._object.unused_data or b"") + self._input


_DECODERS: Dict[str, Callable[[], Any]] = {
    "gz": _Gzip,
    "deflate": lambda: _Gzip(-15),  # as zip holds it, without a header
    "bz2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_XZ_MEMORY),
    "zst": _Zstd,
}
