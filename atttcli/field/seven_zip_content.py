"""What the folders of a 7z archive hold, decoded a bounded piece at a time (see seven_zip). Python 3.8-clean."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
from typing import Any, BinaryIO, Dict, Iterator, NamedTuple, Optional, Tuple

from atttcli.field.inflate import CHUNK, Damaged, InflatedStream, Unsupported

_MOST_CODERS = 4
_MEMORY = 128 * 1024 * 1024  # of one decoder; what is decoded may need less
_FILTERS = {
    b"\x03": lzma.FILTER_DELTA,
    b"\x03\x03\x01\x03": lzma.FILTER_X86,
    b"\x03\x03\x02\x05": lzma.FILTER_POWERPC,
    b"\x03\x03\x04\x01": lzma.FILTER_IA64,
    b"\x03\x03\x05\x01": lzma.FILTER_ARM,
    b"\x03\x03\x07\x01": lzma.FILTER_ARMTHUMB,
    b"\x03\x03\x08\x05": lzma.FILTER_SPARC,
    b"\x04": lzma.FILTER_X86,
    b"\x05": lzma.FILTER_POWERPC,
    b"\x06": lzma.FILTER_IA64,
    b"\x07": lzma.FILTER_ARM,
    b"\x08": lzma.FILTER_ARMTHUMB,
    b"\x09": lzma.FILTER_SPARC,
}
_STORED, _LZMA, _LZMA2, _DEFLATE, _BZIP2 = b"\x00", b"\x03\x01\x01", b"\x21", b"\x04\x01\x08", b"\x04\x02\x02"
_NAMED = {
    b"\x03\x04\x01": "PPMd",
    b"\x03\x03\x01\x1b": "BCJ2",
    b"\x04\x01\x09": "Deflate64",
    b"\x0a": "ARM64",
    b"\x04\xf7\x11\x01": "zstd",
}
_AES = b"\x06\xf1\x07\x01"


class Encrypted(Exception):
    """Needs a password, which is not tried."""


class Coder(NamedTuple):
    """One method of a chain."""

    method: bytes
    properties: bytes
    simple: bool  # one stream in, one out


class Folder(NamedTuple):
    """One packed stream and the coders that undo it, the packed side first. `whole` is how much it unpacks to."""

    coders: Tuple[Coder, ...]
    sizes: Tuple[int, ...]  # of what each coder gives
    crc: Optional[int]
    offset: int
    packed: int

    @property
    def whole(self) -> int:
        """Bytes of content."""
        return self.sizes[-1]


class Content:
    """What a folder unpacks to, read once from its beginning; its members stand back to back in it."""

    def __init__(self, chunks: Iterator[bytes], size: int) -> None:
        self._chunks = chunks
        self._held = b""
        self._left = size

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; empty at the end. Damaged when there are fewer than the directory says."""
        wanted = min(size, self._left)
        if wanted <= 0:
            return b""
        while not self._held:
            chunk = next(self._chunks, None)
            if chunk is None:
                raise Damaged("cut short")
            self._held = chunk
        piece, self._held = self._held[:wanted], self._held[wanted:]
        self._left -= len(piece)
        return piece


def open_folder(stream: BinaryIO, folder: Folder) -> Content:
    """The content of a folder. Unsupported names the method, Encrypted when there is a cipher among them."""
    methods = [coder.method for coder in folder.coders]
    if _AES in methods:
        raise Encrypted("encrypted; no password is tried on 7z")
    for coder in folder.coders:
        if coder.method in _NAMED:
            raise Unsupported("the method %s is not read" % _NAMED[coder.method])
    if len(methods) > _MOST_CODERS or not all(coder.simple for coder in folder.coders):
        raise Unsupported("a chain of methods that is not read")
    chunks = _packed(stream, folder.offset, folder.packed)
    for coder, size in zip(folder.coders, folder.sizes):  # noqa: B905 - Python 3.8
        chunks = _decoded(chunks, coder, size)
    return Content(chunks, folder.whole)


def _packed(stream: BinaryIO, offset: int, size: int) -> Iterator[bytes]:
    while size > 0:
        stream.seek(offset)  # each time: the members of other folders may be read between
        chunk = stream.read(min(CHUNK, size))
        if not chunk:
            return
        offset, size = offset + len(chunk), size - len(chunk)
        yield chunk


def _decoded(chunks: Iterator[bytes], coder: Coder, size: int) -> Iterator[bytes]:
    if coder.method == _STORED:
        return chunks
    if coder.method in _FILTERS:
        options: Dict[str, int] = {"id": _FILTERS[coder.method]}
        if coder.method == b"\x03":
            options["dist"] = (coder.properties or b"\0")[0] + 1
        return _pumped(
            _stored_as_lzma2(chunks), lzma.LZMADecompressor(lzma.FORMAT_RAW, None, [options, _dictionary(1 << 16)])
        )
    if coder.method in (_LZMA, _LZMA2):
        return _pumped(chunks, lzma.LZMADecompressor(lzma.FORMAT_RAW, None, [_lzma_options(coder, size)]), size)
    if coder.method == _BZIP2:
        return _pumped(chunks, bz2.BZ2Decompressor())
    if coder.method == _DEFLATE:
        return iter(_inflated(chunks).read, b"")
    raise Unsupported("the method %s is not read" % coder.method.hex())


def _dictionary(size: int) -> Dict[str, int]:
    return {"id": lzma.FILTER_LZMA2, "dict_size": size}


def _lzma_options(coder: Coder, size: int) -> Dict[str, int]:
    """The decoder's options; the dictionary is never made larger than what can stand in it."""
    properties = coder.properties
    if coder.method == _LZMA2:
        if len(properties) != 1 or properties[0] > 40:
            raise Damaged("its directory is damaged")
        bits = properties[0]
        wanted = 0xFFFFFFFF if bits == 40 else (2 | bits & 1) << (bits // 2 + 11)
        return _dictionary(_afforded(wanted, size))
    if len(properties) != 5 or properties[0] >= 9 * 5 * 5:
        raise Damaged("its directory is damaged")
    rest, lc = divmod(properties[0], 9)
    pb, lp = divmod(rest, 5)
    if lc + lp > 4:
        raise Unsupported("LZMA with uncommon settings")
    wanted = int.from_bytes(properties[1:], "little")
    return {"id": lzma.FILTER_LZMA1, "lc": lc, "lp": lp, "pb": pb, "dict_size": _afforded(wanted, size)}


def _afforded(wanted: int, size: int) -> int:
    needed = max(4096, min(wanted, size))
    if needed > _MEMORY:
        raise Unsupported("it needs more than %d MiB of memory" % (_MEMORY >> 20))
    return needed


def _pumped(chunks: Iterator[bytes], decoder: Any, size: int = -1) -> Iterator[bytes]:
    """Through a decoder, a bounded piece at a time. A known size ends it: LZMA as 7z holds it has no mark of its end."""
    data, made = b"", 0
    while not decoder.eof and made != size:
        if decoder.needs_input and not data:
            data = next(chunks, b"")
            if not data:
                return
        wanted = CHUNK if size < 0 else min(CHUNK, size - made)
        try:
            piece = decoder.decompress(data, wanted)
        except (lzma.LZMAError, OSError, ValueError, EOFError) as error:
            raise Damaged("damaged: %s" % error) from None
        data = b""
        made += len(piece)
        if piece:
            yield piece


def _stored_as_lzma2(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The library applies its filters only before LZMA: this wraps plain bytes as LZMA2 that compresses nothing."""
    control = b"\x01"  # resets the dictionary
    for chunk in chunks:
        for at in range(0, len(chunk), 1 << 16):
            part = chunk[at : at + (1 << 16)]
            yield control + struct.pack(">H", len(part) - 1) + part
            control = b"\x02"
    yield b"\x00"


class _Joined(io.RawIOBase):
    """Chunks as a stream."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks

    def read(self, size: int = -1) -> bytes:
        return next(self._chunks, b"")


def _inflated(chunks: Iterator[bytes]) -> Any:
    return InflatedStream(_Joined(chunks), "deflate")  # type: ignore[arg-type]
