"""Small EVTX files of our own: events given as values, written as binary XML without templates (MS-EVEN6, 2.2.12 to 2.2.18)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_EPOCH = 116_444_736_000_000_000  # 1601 to 1970 in units of 100 ns
_RECORDS = 512
CHUNK = 65_536


@dataclass
class WrittenEvent:
    """What one record says. `time` in microseconds UTC."""

    provider: str
    number: int
    channel: str
    computer: str
    record: int
    time: int
    data: Mapping[str, str] = field(default_factory=dict)
    keywords: str = "0x8020000000000000"


class _Writer:
    """Binary XML at a place in its chunk: a name stands where it is first used, offsets count from the chunk's beginning."""

    def __init__(self, at: int) -> None:
        self.at, self.out = at, bytearray(b"\x0f\x01\x01\x00")

    def _here(self) -> int:
        return self.at + len(self.out)

    def _name(self, name: str) -> None:
        coded = name.encode("utf-16-le")
        hashed = 0
        for letter in name:
            hashed = (hashed * 65599 + ord(letter)) & 0xFFFFFFFF
        self.out += struct.pack("<I", self._here() + 4)
        self.out += struct.pack("<IHH", 0, hashed & 0xFFFF, len(name)) + coded + b"\0\0"

    def element(self, name: str, attributes: Mapping[str, str], content: str | Iterable[tuple[object, ...]]) -> None:
        self.out.append(0x41 if attributes else 0x01)  # outside of templates without a dependency identifier
        size_at = len(self.out)
        self.out += b"\0\0\0\0"
        self._name(name)
        if attributes:
            list_at = len(self.out)
            self.out += b"\0\0\0\0"
            for number, (key, value) in enumerate(attributes.items(), 1):
                self.out.append(0x06 if number == len(attributes) else 0x46)
                self._name(key)
                self._value(value)
            self.out[list_at : list_at + 4] = struct.pack("<I", len(self.out) - list_at - 4)
        self.out.append(0x02)
        if isinstance(content, str):
            if content:
                self._value(content)
        else:
            for child in content:
                self.element(*child)  # type: ignore[arg-type]
        self.out.append(0x04)
        self.out[size_at : size_at + 4] = struct.pack("<I", len(self.out) - size_at - 4)

    def _value(self, text: str) -> None:
        coded = text.encode("utf-16-le")
        self.out += struct.pack("<BBH", 0x05, 0x01, len(coded) // 2) + coded

    def finish(self) -> bytes:
        self.out.append(0x00)
        return bytes(self.out)


def _moment(micros: int) -> str:
    from atttcli.clock import rfc3339

    return rfc3339(micros)


def record_of(event: WrittenEvent, at: int) -> bytes:
    """One record whose first byte stands at `at` in its chunk."""
    writer = _Writer(at + 24)
    system = (
        ("Provider", {"Name": event.provider}, ""), ("EventID", {}, str(event.number)), ("Level", {}, "4"),
        ("Keywords", {}, event.keywords), ("TimeCreated", {"SystemTime": _moment(event.time)}, ""),
        ("EventRecordID", {}, str(event.record)), ("Execution", {"ProcessID": "712", "ThreadID": "9"}, ""),
        ("Channel", {}, event.channel), ("Computer", {}, event.computer),
    )  # fmt: skip
    data = tuple(("Data", {"Name": name}, value) for name, value in event.data.items())
    writer.element("Event", {}, (("System", {}, system), ("EventData", {}, data)))
    body = writer.finish()
    size = 24 + len(body) + 4
    return (
        struct.pack("<IIQQ", 0x00002A2A, size, event.record, _EPOCH + event.time * 10) + body + struct.pack("<I", size)
    )


def chunk_of(events: Iterable[WrittenEvent]) -> bytes:
    """A chunk of 64 KiB."""
    written, first, last, last_at = bytearray(), 0, 0, _RECORDS
    for event in events:
        last_at = _RECORDS + len(written)
        written += record_of(event, last_at)
        first, last = first or event.record, event.record
    free = _RECORDS + len(written)
    head = struct.pack(
        "<8sQQQQIIII", b"ElfChnk\0", first, last, first, last, 128, last_at, free, zlib.crc32(bytes(written))
    )
    head = head.ljust(120, b"\0")
    tables = bytes(_RECORDS - 128)
    head += struct.pack("<II", 0, zlib.crc32(head + tables))
    return (head + tables + bytes(written)).ljust(CHUNK, b"\0")


def file_of(chunks: Iterable[Iterable[WrittenEvent]]) -> bytes:
    """A whole file."""
    parts = [chunk_of(events) for events in chunks]
    head = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, len(parts) - 1, 1, 128, 1, 3, 4096, len(parts)).ljust(120, b"\0")
    head += struct.pack("<II", 0, zlib.crc32(head))
    return head.ljust(4096, b"\0") + b"".join(parts)
