"""File hashes that lists call bad, as one sorted file that is looked up where it lies: a million cost no start and no memory.

Layout (little-endian): magic, four counts (MD5, SHA-1, SHA-256 records, notes) as u32, the notes' ends as u64, the notes' JSON
back to back, then per algorithm its records in order: digest and u32 number of its note. A note says who calls it bad and
why; many hashes share one. Nothing stands between or behind. Python 3.8-clean.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from typing import Any, BinaryIO, Dict, Iterable, List, Sequence, Tuple, Union

from atttcli.errors import InputError, Where

MAGIC = b"ATTTHS1\n"
MOST_RECORDS = 50_000_000
MOST_NOTES = 1_000_000
MOST_NOTE_BYTES = 16 * 1024
_MOST_FOUND = 256  # notes of one digest that are told: a set may be crafted
_COUNTS = struct.Struct("<4I")
_END = struct.Struct("<Q")
_NUMBER = struct.Struct("<I")
_LENGTHS = (16, 20, 32)  # bytes of MD5, SHA-1, SHA-256

Note = Dict[str, Any]


def write_hashset(stream: BinaryIO, hashes: Iterable[Tuple[str, int]], notes: Sequence[Note]) -> int:
    """Write hashes (hexadecimal, any of the three lengths) with the number of their note; how many records there are.

    The same hashes and notes give the same bytes in any order. InputError for a value that is no such hash.
    """
    records: Tuple[List[bytes], ...] = ([], [], [])
    for value, note in hashes:
        try:
            digest = bytes.fromhex(value)
            records[_LENGTHS.index(len(digest))].append(digest + _NUMBER.pack(note))
        except ValueError:
            raise InputError("%r is no MD5, SHA-1 or SHA-256 in hexadecimal" % value[:80]) from None
        if note >= len(notes):
            raise InputError("hash %s names note %d of %d" % (value, note, len(notes)))
    told = [json.dumps(note, sort_keys=True, ensure_ascii=True).encode("ascii") for note in notes]
    if len(told) > MOST_NOTES or any(len(text) > MOST_NOTE_BYTES for text in told):
        raise InputError("too many or too long notes for one set of hashes")
    tables = [sorted(set(table)) for table in records]
    stream.write(MAGIC + _COUNTS.pack(*(len(table) for table in tables), len(told)))
    end = 0
    for text in told:
        end += len(text)
        stream.write(_END.pack(end))
    stream.writelines(told)
    for table in tables:
        stream.writelines(table)
    return sum(len(table) for table in tables)


class HashSet:
    """A file that `write_hashset` wrote, open for look-ups from any number of threads."""

    def __init__(self, path: str) -> None:
        """InputError with the path when the file is not one of ours, or not whole."""
        self._path = path
        try:
            with open(path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                # An empty file cannot be mapped, and is none of ours.
                self._map: Union[mmap.mmap, bytes] = (
                    mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
                )
        except (OSError, ValueError) as error:
            raise InputError("cannot be read: %s" % error, where=Where(path)) from None
        self._lay_out(size)

    def _lay_out(self, size: int) -> None:
        head = len(MAGIC) + _COUNTS.size
        if size < head or self._map[: len(MAGIC)] != MAGIC:
            raise InputError("is no set of hashes", hint="build it again from its lists", where=Where(self._path))
        counts = _COUNTS.unpack_from(self._map, len(MAGIC))
        kinds = [(counts[at], length) for at, length in enumerate(_LENGTHS)]
        self._records: int = sum(counts[:3])
        self._notes: int = counts[3]
        self._ends = head
        self._texts = head + self._notes * _END.size
        lengths = sum(count * (length + _NUMBER.size) for count, length in kinds)
        last = self._ends + (self._notes - 1) * _END.size
        fits = self._texts <= size and self._records <= MOST_RECORDS
        blob = _END.unpack_from(self._map, last)[0] if fits and self._notes else 0
        if not fits or self._texts + blob + lengths != size:
            raise InputError("the set of hashes is not whole", hint="build it again", where=Where(self._path))
        self._tables = []
        at = self._texts + blob
        for count, length in kinds:
            self._tables.append((at, count, length))
            at += count * (length + _NUMBER.size)

    def __len__(self) -> int:
        return self._records

    @property
    def lengths(self) -> Tuple[int, ...]:
        """Digest lengths in bytes that the set holds: what a file must be hashed with."""
        return tuple(length for _start, count, length in self._tables if count)

    def look_up(self, *digests: str) -> List[Note]:
        """The notes of any of a file's hashes (hexadecimal), the given order first, each note once."""
        found: Dict[int, None] = {}
        for digest in digests:
            for number in self._numbers(bytes.fromhex(digest)):
                found.setdefault(number)
        return [self._note(number) for number in found]

    def _numbers(self, digest: bytes) -> List[int]:
        for start, count, length in self._tables:
            if length == len(digest):
                return self._search(digest, start, count, length)
        return []

    def _search(self, digest: bytes, start: int, count: int, length: int) -> List[int]:
        data, step = self._map, length + _NUMBER.size
        low, high = 0, count
        while low < high:
            middle = (low + high) // 2
            at = start + middle * step
            if data[at : at + length] < digest:
                low = middle + 1
            else:
                high = middle
        found: List[int] = []
        at = start + low * step
        while low < count and len(found) < _MOST_FOUND and data[at : at + length] == digest:
            found.append(_NUMBER.unpack_from(data, at + length)[0])
            low, at = low + 1, at + step
        return found

    def _note(self, number: int) -> Note:
        if number >= self._notes:
            raise InputError("the set of hashes is damaged", hint="build it again", where=Where(self._path))
        at = self._ends + number * _END.size
        end = _END.unpack_from(self._map, at)[0]
        begin = _END.unpack_from(self._map, at - _END.size)[0] if number else 0
        try:
            if not begin <= end <= begin + MOST_NOTE_BYTES:
                raise ValueError
            note = json.loads(bytes(self._map[self._texts + begin : self._texts + end]).decode("ascii"))
        except (ValueError, RecursionError):
            note = None
        if not isinstance(note, dict):
            raise InputError("the set of hashes is damaged", hint="build it again", where=Where(self._path))
        return note

    def close(self) -> None:
        """Let the file go."""
        if isinstance(self._map, mmap.mmap):
            self._map.close()
