"""EVTX files by the evtx wheel: each record as JSON, a damaged chunk as a problem, the rest read.

The file is fed to the wheel some chunks (64 KiB, each whole by itself) at a time, so that a damaged one costs nothing but its
own records, streams need no temporary file and memory stays small. Before that the chains of a chunk's tables are followed here:
the wheel would go round in a crafted one for ever (found by fuzzing; docs/decisions/0233).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from atttcli.errors import InputError, Where
from atttcli.source import Input, ReadProblem, Record, Sieve
from atttcli.sources.logs.jsonline import decode_object
from atttcli.sources.windows.event import event_of, sifted
from atttcli.sources.windows.nested import data_of, system_of

MAGIC: Final = b"ElfFile\0"
CHUNK_MAGIC: Final = b"ElfChnk\0"
HEADER: Final = 4096
CHUNK: Final = 65_536
BATCH: Final = 64  # chunks given to the wheel at once: 4 MiB; one by one costs up to two thirds more
_RECORDS: Final = 512  # of a chunk: where its records begin
_STRINGS: Final = (128, 64)  # the chunk's table of names: where, how many offsets
_TEMPLATES: Final = (384, 32)
_OFFSET: Final = struct.Struct("<I")
_MOST_DEPTH: Final = 4096  # entries that one chain may have
_EMPTY: Final = bytes(CHUNK)  # what Windows keeps ready behind the last chunk
_BLOCK: Final = 256  # records that are searched at once
_TABLES: Final = slice(128, 512)


class Evtx:
    """A Windows event log file as Windows keeps it."""

    name = "windows-evtx"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By its first eight bytes."""
        return 100 if given.head.startswith(MAGIC) else 0

    def read(self, given: Input) -> Iterator[Record]:
        """Event or ReadProblem for every record; the record's place in the file is its `line`."""
        for number, record in _records(given):
            yield _record(record, number) if isinstance(record, str) else record

    def read_where(self, given: Input, sieve: Sieve) -> Iterator[Record | None]:
        """See SiftingSource."""
        records = _records(given)
        while block := list(islice(records, _BLOCK)):
            texts = [record if isinstance(record, str) else "" for _number, record in block]
            marked, _ = sieve.marked("\n".join(text.replace("\n", " ") for text in texts).encode("utf-8", "replace"))
            for index, (number, record) in enumerate(block):
                if not isinstance(record, str):
                    yield record
                elif index in marked:
                    yield _record(record, number)
                else:
                    yield _sifted(record, number, sieve)


def _records(given: Input) -> Iterator[tuple[int, str | ReadProblem]]:
    """Every record as JSON, with its number."""
    if not _exactly(given, HEADER).startswith(MAGIC):
        raise InputError("damaged event log: its header is cut off", where=Where(given.path))
    number, offset = 0, HEADER
    while data := _exactly(given, _wanted(given.size - offset)):
        given.budget.spend_bytes(0)  # the budget's time
        for record in _of_batch(data, offset):
            number += 1
            yield number, record if isinstance(record, str) else ReadProblem(number, record.reason, record.offset)
        offset += len(data)


def _wanted(left: int) -> int:
    """How much to ask for, of which so much should be there (of a compressed file less than is): room costs time."""
    return min(BATCH, -(-left // CHUNK)) * CHUNK if left > 0 else BATCH * CHUNK


def _of_batch(data: bytes, offset: int) -> Iterator[str | ReadProblem]:
    """The records of some chunks, as JSON; problems of whole chunks first."""
    chunks: list[bytes] = []
    for at in range(0, len(data), CHUNK):
        chunk = data[at : at + CHUNK]
        if not chunk.startswith(CHUNK_MAGIC):
            if chunk != _EMPTY[: len(chunk)]:
                yield ReadProblem(None, "damaged chunk: no chunk header; not read", offset + at)
            continue
        if len(chunk) < CHUNK:
            yield ReadProblem(None, "the file ends within a chunk; records were lost", offset + at)
            chunk = chunk.ljust(CHUNK, b"\0")
        if not (_is_finite(chunk, *_STRINGS) and _is_finite(chunk, *_TEMPLATES)):
            yield ReadProblem(None, "damaged chunk: its tables go round in a circle; read without them", offset + at)
            chunk = chunk[: _TABLES.start] + bytes(_TABLES.stop - _TABLES.start) + chunk[_TABLES.stop :]
        chunks.append(chunk)
    if chunks:
        yield from _parsed(chunks, offset)


def _parsed(chunks: list[bytes], offset: int) -> Iterator[str | ReadProblem]:
    import evtx

    whole = io.BytesIO(b"".join((_file_header(len(chunks)), *chunks)))
    try:
        records: Iterator[Any] = evtx.PyEvtxParser(whole, 1).records_json()
    except (RuntimeError, OSError, ValueError) as error:
        yield ReadProblem(None, f"damaged chunk: {_short(error)}", offset)
        return
    for _ in range(len(chunks) * CHUNK // 24):  # a record has 24 bytes at least
        try:
            record = next(records)
        except StopIteration:
            return
        except (RuntimeError, OSError, ValueError) as error:
            yield ReadProblem(None, f"record cannot be read: {_short(error)}", offset)
            continue
        yield record["data"]


def _is_finite(chunk: bytes, at: int, count: int) -> bool:
    """Whether every chain of a table (each entry begins with the offset of the next) comes to an end."""
    known: set[int] = set()  # entries from which an end is reached
    for slot in range(count):
        offset = _OFFSET.unpack_from(chunk, at + 4 * slot)[0]
        way: set[int] = set()
        while _RECORDS <= offset <= CHUNK - 4 and offset not in known:
            if offset in way or len(way) >= _MOST_DEPTH:
                return False
            way.add(offset)
            offset = _OFFSET.unpack_from(chunk, offset)[0]
        if 0 < offset < _RECORDS:
            return False
        known |= way
    return True


def _record(text: str, number: int) -> Record:
    found = _parts(text, number)
    return found if isinstance(found, ReadProblem) else event_of(*found, text, number)


def _sifted(text: str, number: int, sieve: Sieve) -> Record | None:
    found = _parts(text, number)
    if isinstance(found, ReadProblem):
        return found
    return sifted(*found, text, number, sieve)


def _parts(text: str, number: int) -> tuple[dict[str, Any], dict[str, Any]] | ReadProblem:
    """System and data, flat."""
    whole = decode_object(text)
    if isinstance(whole, str):
        return ReadProblem(number, whole, excerpt=text[:200])
    event = whole.get("Event")
    if not isinstance(event, dict):
        return ReadProblem(number, "record without an event", excerpt=text[:200])
    return system_of(event.get("System")), data_of(event)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or "damaged"


def _exactly(given: Input, size: int) -> bytes:
    """Up to `size` bytes; fewer only at the end."""
    data = given.stream.read(size)
    while 0 < len(data) < size and (more := given.stream.read(size - len(data))):
        data += more
    return data


def _file_header(chunks: int) -> bytes:
    """The header of a file with so many chunks."""
    head = struct.pack("<8sQQQIHHHH", MAGIC, 0, chunks - 1, 1, 128, 1, 3, HEADER, chunks)
    return head.ljust(HEADER, b"\0")
