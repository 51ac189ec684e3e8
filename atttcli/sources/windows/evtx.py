"""EVTX files by the evtx wheel: each record as JSON, a damaged chunk as a problem, the rest read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from atttcli.errors import InputError, Where
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.jsonline import decode_object
from atttcli.sources.windows.event import event_of
from atttcli.sources.windows.nested import data_of, system_of

MAGIC = b"ElfFile\0"
_CHUNK = 1024 * 1024


class Evtx:
    """A Windows event log file as Windows keeps it."""

    name = "windows-evtx"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By its first eight bytes."""
        return 100 if given.head.startswith(MAGIC) else 0

    def read(self, given: Input) -> Iterator[Record]:
        """Event or ReadProblem for every record; the record's place in the file is its `line`."""
        import evtx

        stream = _seekable(given)
        try:
            records = evtx.PyEvtxParser(stream, 1).records_json()
        except (RuntimeError, OSError, ValueError) as error:
            raise InputError(f"damaged event log: {_short(error)}", where=Where(given.path)) from error
        number = 0
        while True:
            number += 1
            try:
                record: Any = next(records)
            except StopIteration:
                return
            except (RuntimeError, OSError, ValueError) as error:
                yield ReadProblem(number, f"record cannot be read: {_short(error)}")
                continue
            yield _record(record["data"], number)


def _record(text: str, number: int) -> Record:
    whole = decode_object(text)
    if isinstance(whole, str):
        return ReadProblem(number, whole, excerpt=text[:200])
    event: Mapping[str, Any] = whole.get("Event") or {}
    return event_of(system_of(event.get("System")), data_of(event), text, number)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or "damaged"


def _seekable(given: Input) -> BinaryIO:
    """The stream itself when it can be moved in, else a copy of it in a temporary file."""
    stream = given.stream
    if stream.seekable():
        return stream
    copy: BinaryIO = tempfile.TemporaryFile(prefix="atttcli-")  # noqa: SIM115 - closed with the reader
    while piece := stream.read(_CHUNK):
        copy.write(piece)
    copy.seek(0)
    return copy
