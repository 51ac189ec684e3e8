"""The systemd journal: `journalctl -o json` (also json-seq) and `-o export`, whose binary fields are read within bounds.

Messages are understood as in syslog files, by SYSLOG_IDENTIFIER. Every field of the journal stays in `fields` under its own name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.jsonline import decode_object
from atttcli.sources.logs.lines import CHUNK, EXCERPT, head_lines, read_blocks, text_of
from atttcli.sources.logs.message import MESSAGE_LIMIT
from atttcli.sources.logs.programs import understand
from atttcli.sources.logs.stamps import possible
from atttcli.sources.logs.syslog import event_of

_MARK = b"__CURSOR="
MAX_FIELD = 64 * 1024  # longer values are kept up to here
MAX_FIELDS = 256
MAX_ENTRY = 1024 * 1024
_PRIORITIES: Final = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
REASON = "not an entry of the systemd journal"


class JournalJson:
    """`journalctl -o json`."""

    name = "journal-json"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the journal's own field names in the first lines."""
        lines = head_lines(given, 20)
        hits = sum(1 for line in lines if '"__REALTIME_TIMESTAMP"' in line or '"__CURSOR"' in line)
        return 96 * hits // len(lines) if hits * 2 >= len(lines) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a line."""
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for index, line in enumerate(block.lines):
                text = line.strip(" \t\0\x1e")
                if not text:
                    continue
                entry = decode_object(text)
                if isinstance(entry, str) or not ("__REALTIME_TIMESTAMP" in entry or "MESSAGE" in entry):
                    yield block.problem(index, entry if isinstance(entry, str) else REASON)
                else:
                    yield _event({name: _plain(value) for name, value in entry.items()}, block.number + index, line)


class JournalExport:
    """`journalctl -o export`."""

    name = "journal-export"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the cursor that begins every entry."""
        return 97 if given.head.lstrip(b"\n").startswith(_MARK) else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event an entry; `line` counts entries. A field cut off by the end of the file is a ReadProblem."""
        reader = _Bytes(given)
        number = 1
        entry: dict[str, Any] = {}
        size = 0
        while (line := reader.line()) is not None:
            if not line:
                if entry:
                    yield _event(entry, number, "")
                    entry, size, number = {}, 0, number + 1
                continue
            name, mark, value = line.partition(b"=")
            if not mark:
                data = reader.binary()
                if data is None:
                    yield ReadProblem(
                        number, "a binary field of the journal is cut off", reader.offset, text_of(name[:EXCERPT])
                    )
                    break
                value = data
            if len(name) > 64 or not name.replace(b"_", b"").isalnum():
                yield ReadProblem(number, REASON, reader.offset, text_of(line[:EXCERPT]))
                continue
            size += len(value)
            if len(entry) < MAX_FIELDS and size <= MAX_ENTRY:
                _add(entry, name.decode("ascii", "replace"), text_of(value[:MAX_FIELD]))
        if entry:
            yield _event(entry, number, "")


class _Bytes:
    """The stream as lines and binary fields; of a line or field at most MAX_FIELD bytes are kept."""

    def __init__(self, given: Input) -> None:
        self._read = given.stream.read
        self._held = b""
        self._at = 0
        self.offset = 0

    def _more(self) -> bool:
        chunk = self._read(CHUNK)
        self._held = self._held[self._at :] + chunk
        self._at = 0
        return bool(chunk)

    def line(self) -> bytes | None:
        """The next line without its end, None after the last."""
        kept: list[bytes] = []
        while (end := self._held.find(b"\n", self._at)) < 0:
            piece = self._held[self._at :]
            self.offset += len(piece)
            self._at = len(self._held)
            if sum(map(len, kept)) < MAX_FIELD:
                kept.append(piece[:MAX_FIELD])
            if not self._more():
                whole = b"".join(kept)
                return whole or None
        piece = self._held[self._at : end]
        self.offset += end + 1 - self._at
        self._at = end + 1
        return b"".join([*kept, piece[:MAX_FIELD]]) if kept else piece[:MAX_FIELD]

    def _take(self, count: int) -> bytes | None:
        """The next `count` bytes, of which at most MAX_FIELD are kept; None when the file ends before."""
        kept, missing = b"", count
        while missing:
            piece = self._held[self._at : self._at + missing]
            if not piece:
                if not self._more():
                    return None
                continue
            self._at += len(piece)
            self.offset += len(piece)
            missing -= len(piece)
            kept += piece[: max(0, MAX_FIELD - len(kept))]
        return kept

    def binary(self) -> bytes | None:
        """A field whose length (64 bits, little endian) comes first, and the line end after it."""
        head = self._take(8)
        if head is None:
            return None
        data = self._take(int.from_bytes(head, "little"))
        return None if data is None or self._take(1) is None else data


def _add(entry: dict[str, Any], name: str, value: str) -> None:
    before = entry.get(name)
    if before is None:
        entry[name] = value
    elif isinstance(before, list):
        before.append(value)
    else:
        entry[name] = [before, value]


def _plain(value: Any) -> Any:
    """A value of the JSON form: an array of small numbers is bytes that are no UTF-8."""
    if isinstance(value, list) and value and all(isinstance(one, int) and 0 <= one < 256 for one in value):
        return text_of(bytes(value[:MAX_FIELD]))
    return value


def _text(entry: dict[str, Any], *names: str) -> str:
    for name in names:
        value = entry.get(name)
        if isinstance(value, list) and value:
            value = value[-1]
        if isinstance(value, (str, int)) and value != "":
            return str(value)
    return ""


def _event(entry: dict[str, Any], number: int, line: str) -> Event:
    program, message = _text(entry, "SYSLOG_IDENTIFIER", "_COMM"), _text(entry, "MESSAGE")
    stamp = _text(entry, "_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP")
    time = possible(int(stamp)) if stamp.isascii() and stamp.isdigit() and len(stamp) <= 18 else None
    fields: dict[str, Any] = {**entry, "program": program, "message": message}
    priority, pid = _text(entry, "PRIORITY"), _text(entry, "_PID", "SYSLOG_PID")
    if priority in tuple("01234567"):
        fields["severity"] = _PRIORITIES[int(priority)]
    if pid.isascii() and pid.isdigit() and len(pid) <= 10:
        fields["pid"] = int(pid)
    raw = line or msgspec.json.encode(entry).decode()
    host = _text(entry, "_HOSTNAME")
    said = understand(program, "", message[:MESSAGE_LIMIT].rstrip())
    if said is None:
        return Event(time, number, raw, product="linux", service=program, host=host, fields=fields)
    fields.update(said.fields)
    return event_of(said, time, number, raw, host, fields)
