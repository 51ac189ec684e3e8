"""7z archives by a reader of our own: the standard library has every decoder that they commonly need.

The header is read within bounds before anything is decoded: counts are held against the bytes that would have to stand
behind them. Methods: stored, LZMA, LZMA2, BZip2, Deflate, with Delta and the branch filters; PPMd, BCJ2 and AES are said by
name. Source: 7zFormat.txt of the LZMA SDK (public domain). Python 3.8-clean.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import BinaryIO, List, NamedTuple, Optional, Sequence, Tuple

from atttcli.field.inflate import CHUNK, Damaged, Unsupported
from atttcli.field.seven_zip_content import Coder, Folder, open_folder

MAGIC = b"7z\xbc\xaf\x27\x1c"
_START = struct.Struct("<6s2sIQQI")
_MOST_HEADER = 4 * 1024 * 1024
_MOST_FILES = 100_000
_NO_ATTRIBUTES, _COMPLEX, _ATTRIBUTES = 0xC0, 0x10, 0x20

_END, _HEADER, _PROPERTIES, _STREAMS, _FILES, _PACK, _UNPACK, _PARTS = 0x00, 0x01, 0x02, 0x04, 0x05, 0x06, 0x07, 0x08
_SIZE, _CRC, _FOLDER, _CODER_SIZES, _PART_COUNT, _EMPTY, _EMPTY_FILE, _NAMES, _ENCODED = (
    0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x11, 0x17,
)  # fmt: skip


class Entry(NamedTuple):
    """A member. `folder` is None for an empty file."""

    name: str
    folder: Optional[Folder]
    size: int
    crc: Optional[int]


def entries(stream: BinaryIO, length: int) -> List[Entry]:
    """The members in the order in which they are packed. Damaged, Unsupported or Encrypted for the archive as a whole."""
    stream.seek(0)
    start = stream.read(_START.size)
    if len(start) < _START.size or start[:6] != MAGIC:
        raise Damaged("cut short")
    _, _, check, offset, size, crc = _START.unpack(start)
    if zlib.crc32(start[12:32]) != check:
        raise Damaged("its start is damaged")
    if not size:
        return []
    if size > _MOST_HEADER:
        raise Unsupported("its directory is larger than %d MiB" % (_MOST_HEADER >> 20))
    if _START.size + offset + size > length:
        raise Damaged("cut short")
    stream.seek(_START.size + offset)
    header = stream.read(size)
    if zlib.crc32(header) != crc:
        raise Damaged("its directory is damaged")
    for _level in range(4):
        reader = _Reader(header)
        kind = reader.byte()
        if kind == _HEADER:
            return _listed(reader, length)
        if kind != _ENCODED:
            break
        header = _inner_header(stream, reader, length)
    raise Damaged("its directory is damaged")


def _inner_header(stream: BinaryIO, reader: "_Reader", length: int) -> bytes:
    folders, _counts, _sizes, _crcs = _streams(reader, length)
    if len(folders) != 1:
        raise Damaged("its directory is damaged")
    if folders[0].whole > _MOST_HEADER:
        raise Unsupported("its directory is larger than %d MiB" % (_MOST_HEADER >> 20))
    content = open_folder(stream, folders[0])
    held = io.BytesIO()
    while True:
        chunk = content.read(CHUNK)
        if not chunk:
            break
        held.write(chunk)
    header = held.getvalue()
    if folders[0].crc is not None and zlib.crc32(header) != folders[0].crc:
        raise Damaged("its directory is damaged")
    return header


class _Reader:
    """Numbers and bytes of a header; Damaged when it ends too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def bytes(self, count: int) -> bytes:
        if count > self.left:
            raise Damaged("its directory is cut short")
        self._at += count
        return self._data[self._at - count : self._at]

    def byte(self) -> int:
        return self.bytes(1)[0]

    def number(self) -> int:
        first = self.byte()
        value, mask = 0, 0x80
        for index in range(8):
            if not first & mask:
                return value + ((first & (mask - 1)) << (8 * index))
            value |= self.byte() << (8 * index)
            mask >>= 1
        return value

    def count(self, bits: int = 8) -> int:
        """A number of things each of which takes at least so many bits of what follows."""
        value = self.number()
        if value > self.left * 8 // bits:
            raise Damaged("its directory is cut short")
        if value > _MOST_FILES:
            raise Unsupported("more than %d members" % _MOST_FILES)
        return value

    def flags(self, count: int) -> List[bool]:
        packed = self.bytes((count + 7) // 8)
        return [bool(packed[at // 8] & (0x80 >> at % 8)) for at in range(count)]

    def checksums(self, count: int) -> List[Optional[int]]:
        known = [True] * count if self.byte() else self.flags(count)
        return [struct.unpack("<I", self.bytes(4))[0] if one else None for one in known]


def _listed(reader: _Reader, length: int) -> List[Entry]:
    """What stands after the mark of the header."""
    kind = reader.byte()
    if kind == _PROPERTIES:
        while reader.byte() != _END:
            reader.bytes(reader.number())
        kind = reader.byte()
    folders: List[Folder] = []
    counts: List[int] = []
    sizes: List[int] = []
    crcs: List[Optional[int]] = []
    if kind == _STREAMS:
        folders, counts, sizes, crcs = _streams(reader, length)
        kind = reader.byte()
    if kind == _END:
        return []
    if kind != _FILES:
        raise Unsupported("its directory has parts that are not read")
    names, empty, folder_like = _files(reader)
    holders = [folder for folder, count in zip(folders, counts) for _part in range(count)]  # noqa: B905 - Python 3.8
    found: List[Entry] = []
    at = 0
    for index, name in enumerate(names):
        if empty[index]:
            if not folder_like[index]:
                found.append(Entry(name, None, 0, None))
            continue
        if at >= len(holders):
            raise Damaged("its directory names more members than there are")
        found.append(Entry(name, holders[at], sizes[at], crcs[at]))
        at += 1
    if at < len(holders):  # content without a name is content all the same
        found += [
            Entry("unnamed %d" % rest, holders[rest], sizes[rest], crcs[rest]) for rest in range(at, len(holders))
        ]
    return found


def _files(reader: _Reader) -> Tuple[List[str], List[bool], List[bool]]:
    """Names, whether each has no content, and whether it is a folder."""
    count = reader.number()
    if count > _MOST_FILES:
        raise Unsupported("more than %d members" % _MOST_FILES)
    names = ["unnamed %d" % index for index in range(count)]
    empty = [False] * count
    files: List[bool] = []
    while True:
        kind = reader.byte()
        if kind == _END:
            break
        inner = _Reader(reader.bytes(reader.number()))
        if kind == _EMPTY:
            empty = inner.flags(count)
        elif kind == _EMPTY_FILE:
            files = inner.flags(sum(empty))
        elif kind == _NAMES and not inner.byte():
            told = inner.bytes(inner.left).decode("utf-16-le", "replace").split("\0")
            names = [told[index] if index < len(told) - 1 else names[index] for index in range(count)]
    which = iter(files)
    return names, empty, [one and not next(which, False) for one in empty]


_Streams = Tuple[List[Folder], List[int], List[int], List[Optional[int]]]


def _streams(reader: _Reader, length: int) -> _Streams:
    """Folders, the number of parts in each, and the size and checksum of each part."""
    position, packed = 0, []  # type: Tuple[int, List[int]]
    shapes: List[_Shape] = []
    unpacked: List[List[int]] = []
    whole: List[Optional[int]] = []
    kind = reader.byte()
    if kind == _PACK:
        position, packed = _pack_info(reader)
        kind = reader.byte()
    if kind == _UNPACK:
        shapes, unpacked, whole = _unpack_info(reader)
        kind = reader.byte()
    folders = _placed(shapes, unpacked, whole, position, packed, length)
    counts, sizes, crcs = [1] * len(folders), [one.whole for one in folders], list(whole)
    if kind == _PARTS:
        counts, sizes, crcs = _parts(reader, folders)
        kind = reader.byte()
    if kind != _END:
        raise Damaged("its directory is damaged")
    return folders, counts, sizes, crcs


def _pack_info(reader: _Reader) -> Tuple[int, List[int]]:
    position, count = reader.number(), reader.count()
    sizes: List[int] = []
    while True:
        kind = reader.byte()
        if kind == _END:
            return position, sizes
        if kind == _SIZE:
            sizes = [reader.number() for _stream in range(count)]
        elif kind == _CRC:
            reader.checksums(count)
        else:
            raise Damaged("its directory is damaged")


def _unpack_info(
    reader: _Reader,
) -> Tuple[List[_Shape], List[List[int]], List[Optional[int]]]:
    if reader.byte() != _FOLDER:
        raise Damaged("its directory is damaged")
    count = reader.count()
    if reader.byte():
        raise Unsupported("its directory stands elsewhere")
    shapes = [_folder(reader) for _folder_number in range(count)]
    if reader.byte() != _CODER_SIZES:
        raise Damaged("its directory is damaged")
    sizes = [[reader.number() for _stream in shape.order] for shape in shapes]
    crcs: List[Optional[int]] = [None] * count
    kind = reader.byte()
    if kind == _CRC:
        crcs = reader.checksums(count)
        kind = reader.byte()
    if kind != _END:
        raise Damaged("its directory is damaged")
    return shapes, sizes, crcs


class _Shape(NamedTuple):
    coders: Tuple[Coder, ...]  # the packed side first
    order: Tuple[int, ...]  # their numbers in the directory
    packed: int  # streams that they take


def _folder(reader: _Reader) -> _Shape:
    coders: List[Coder] = []
    streams_in = streams_out = 0
    for _coder in range(reader.count()):
        if len(coders) >= 32:
            raise Damaged("its directory is damaged")
        flag = reader.byte()
        method = reader.bytes(flag & 0x0F)
        taken, given = (reader.count(), reader.count()) if flag & _COMPLEX else (1, 1)
        properties = reader.bytes(reader.number()) if flag & _ATTRIBUTES else b""
        if flag & _NO_ATTRIBUTES:
            raise Unsupported("a coder of another kind")
        coders.append(Coder(method, properties, taken == given == 1))
        streams_in, streams_out = streams_in + taken, streams_out + given
    if not coders or not streams_out or streams_in < streams_out - 1:
        raise Damaged("its directory is damaged")
    links = [(reader.number(), reader.number()) for _link in range(streams_out - 1)]
    packed = streams_in - len(links)
    if packed > 1:
        for _stream in range(packed):
            reader.number()
    order = _chain(coders, links)
    if not order:
        return _Shape(tuple(coder._replace(simple=False) for coder in coders), tuple(range(streams_out)), packed)
    return _Shape(tuple(coders[at] for at in order), tuple(order), 1)


def _chain(coders: Sequence[Coder], links: Sequence[Tuple[int, int]]) -> List[int]:
    """The coders' numbers from the packed side on; empty when they are no simple chain."""
    fed_by = {out: taker for taker, out in links}  # coder to the one that takes what it gives
    starts = set(range(len(coders))) - {taker for taker, _out in links}
    if len(starts) != 1 or not all(coder.simple for coder in coders):
        return []
    order = [starts.pop()]
    while order[-1] in fed_by and len(order) < len(coders):
        order.append(fed_by[order[-1]])
    return order if sorted(order) == list(range(len(coders))) else []


def _placed(
    shapes: Sequence[_Shape],
    unpacked: Sequence[Sequence[int]],
    whole: Sequence[Optional[int]],
    position: int,
    packed: Sequence[int],
    length: int,
) -> List[Folder]:
    """Folders with the place of their packed stream."""
    folders: List[Folder] = []
    offset, at = _START.size + position, 0
    for (coders, order, streams), sizes, crc in zip(shapes, unpacked, whole):  # noqa: B905 - Python 3.8
        taken = packed[at : at + streams]
        if len(taken) < streams or offset + sum(taken) > length:
            raise Damaged("cut short")
        folders.append(Folder(coders, tuple(sizes[number] for number in order), crc, offset, sum(taken)))
        at += streams
        offset += sum(taken)
    return folders


def _parts(reader: _Reader, folders: Sequence[Folder]) -> Tuple[List[int], List[int], List[Optional[int]]]:
    counts = [1] * len(folders)
    kind = reader.byte()
    if kind == _PART_COUNT:
        counts = [reader.number() for _folder_number in folders]
        if sum(counts) > reader.left + len(folders):  # all but the last of each folder have a size here
            raise Damaged("its directory is cut short")
        if sum(counts) > _MOST_FILES:
            raise Unsupported("more than %d members" % _MOST_FILES)
        kind = reader.byte()
    sizes: List[int] = []
    for folder, count in zip(folders, counts):  # noqa: B905 - Python 3.8
        left = folder.whole
        for _part in range(count - 1):
            size = reader.number() if kind == _SIZE else 0
            left -= size
            sizes.append(size)
        if left < 0:
            raise Damaged("its members are larger than their content")
        if count:
            sizes.append(left)
    if kind == _SIZE:
        kind = reader.byte()
    known = [folder.crc if count == 1 else None for folder, count in zip(folders, counts) for _part in range(count)]  # noqa: B905
    if kind == _CRC:
        alone = [count == 1 and folder.crc is not None for folder, count in zip(folders, counts)]  # noqa: B905
        single = [one for one, count in zip(alone, counts) for _part in range(count)]  # noqa: B905 - Python 3.8
        told = iter(reader.checksums(single.count(False)))
        known = [crc if done else next(told) for crc, done in zip(known, single)]  # noqa: B905 - Python 3.8
        kind = reader.byte()
    if kind != _END:
        raise Damaged("its directory is damaged")
    return counts, sizes, known
