"""Carrying a journal to another host and back: entries as they stand, checked link by link, taken over only as a continuation."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from atttcli.errors import Conflict, InputError, IntegrityError
from atttcli.journal.chain import GENESIS, entry_hash, payload_digest
from atttcli.journal.journal import Journal

MAX_LINE = 1024 * 1024
MAX_ENTRIES = 200_000
_HEX = re.compile(r"[0-9a-f]{64}\Z")
_TOP = 1 << 62
_LATEST = 253_370_000_000 * 1_000_000  # before the year 9999: a later time cannot be shown in every zone


@dataclass(frozen=True, slots=True)
class Carried:
    """One entry on its way: the header that is hashed, payload digest, previous hash, hash, and the payload's text."""

    header: tuple[int, str, int, str, str, str, str]
    digest: str
    prev: str
    hash: str
    payload: str | None

    @property
    def seq(self) -> int:
        """Its place."""
        return self.header[0]


def carried(journal: Journal) -> Iterator[Carried]:
    """Every entry in order; an erased payload travels as its digest alone."""
    sql = "SELECT j.*, p.payload FROM journal j LEFT JOIN journal_payload p USING (seq) ORDER BY j.seq"
    for row in journal.store.connection.execute(sql):
        found = tuple(row)
        yield Carried(found[:7], found[7], found[8], found[9], found[10])


def to_lines(entries: Iterable[Carried]) -> bytes:
    """One JSON list a line: the header's seven, payload digest, previous hash, hash, payload text or null."""
    rows = ([*one.header, one.digest, one.prev, one.hash, one.payload] for one in entries)
    return b"".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for row in rows)


def read_lines(data: bytes, name: str) -> list[Carried]:
    """The entries of a chain that holds from its first entry on; IntegrityError at the first that does not."""
    found: list[Carried] = []
    prev = GENESIS
    lines = data.split(b"\n")
    if lines.pop() != b"":
        raise IntegrityError(f"{name} is cut off", hint="copy the bundle again")
    if len(lines) > MAX_ENTRIES:
        raise InputError(f"{name} holds more than {MAX_ENTRIES} entries")
    for place, line in enumerate(lines, 1):
        one = _read(line, name, place)
        digest = one.digest if one.payload is None else payload_digest(one.payload)
        if (one.seq, one.prev, one.digest) != (place, prev, digest) or one.hash != entry_hash(one.header, digest, prev):
            raise IntegrityError(f"{name}: entry {place} was altered", hint="ask for the bundle again")
        prev = one.hash
        found.append(one)
    if not found:
        raise IntegrityError(f"{name} is empty", hint="ask for the bundle again")
    return found


def _read(line: bytes, name: str, place: int) -> Carried:
    wrong = InputError(f"{name}: entry {place} is no entry of a journal")
    if len(line) > MAX_LINE:
        raise wrong
    try:
        row: Any = json.loads(line)
        payload = json.loads(row[10]) if isinstance(row, list) and len(row) == 11 and isinstance(row[10], str) else {}
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(row, list) or len(row) != 11 or not isinstance(payload, dict):
        raise wrong
    numbers = (row[0], row[2])
    texts = (row[1], row[3], row[4], row[5], row[6])
    if not all(type(one) is int and 0 <= one < _TOP for one in numbers):
        raise wrong
    if row[2] > _LATEST or not all(isinstance(one, str) and len(one) <= 1000 for one in texts):
        raise wrong
    if not all(isinstance(one, str) and _HEX.match(one) for one in row[7:10]) or not isinstance(
        row[10], (str, type(None))
    ):
        raise wrong
    return Carried((row[0], row[1], row[2], row[3], row[4], row[5], row[6]), row[7], row[8], row[9], row[10])


def adopt(journal: Journal, entries: list[Carried], check: Callable[[], object] = lambda: None) -> int:
    """Take over what continues this journal; how many entries were new. Conflict when the two went different ways.

    `check` reads what was taken over, within the transaction: what cannot be read is not taken.
    """
    with journal.transaction() as db:
        ours = {row["seq"]: row["hash"] for row in db.execute("SELECT seq, hash FROM journal")}
        for one in entries:
            if ours.get(one.seq, one.hash) != one.hash:
                raise Conflict(
                    f"entry {one.seq} is another one here: both sides went on by themselves",
                    hint="atttcli drill status",
                )
        new = [one for one in entries if one.seq not in ours]
        if not new:
            return 0
        try:
            for one in new:
                row = (*one.header, one.digest, one.prev, one.hash)
                db.execute("INSERT INTO journal VALUES (?,?,?,?,?,?,?,?,?,?)", row)
                erased = 0 if one.payload is not None else one.header[2]
                db.execute(
                    "INSERT INTO journal_payload (seq, payload, erased) VALUES (?,?,?)", (one.seq, one.payload, erased)
                )
            journal.rebuild()
            check()
        except (
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            IndexError,
            OverflowError,
            RecursionError,
            sqlite3.Error,
        ) as error:
            raise InputError(
                f"what it brings cannot be read: {type(error).__name__}", hint="ask for it again"
            ) from error
        return len(new)
