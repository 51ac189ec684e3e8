"""The table `events` that hunts ask: its columns, their types, what they mean."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `stored`: it stands in the segment's lines under this name; `type` is DuckDB's."""

    name: str
    type: str
    meaning: str
    stored: bool = True


COLUMNS: tuple[Column, ...] = (
    Column("time", "TIMESTAMP", "When it happened, UTC; NULL if the record carries no time"),
    Column("day", "DATE", "The day of time, UTC", stored=False),
    Column("kind", "VARCHAR", "The reader that understood the log: web-access, syslog, windows-evtx ...", stored=False),
    Column("category", "VARCHAR", "Sigma's log source words: webserver, authentication, firewall, dns, mail ..."),
    Column("product", "VARCHAR", "nginx, linux, windows, fortigate ..."),
    Column("service", "VARCHAR", "access, sshd, security ..."),
    Column("host", "VARCHAR", "The machine that it is about"),
    Column("user", "VARCHAR", 'The account; quote the name in SQL: "user"'),
    Column("src_ip", "VARCHAR", "The remote party's address"),
    Column("src_port", "INTEGER", "0 if unknown"),
    Column("dst_ip", "VARCHAR", "Where it went"),
    Column("dst_port", "INTEGER", "0 if unknown"),
    Column("domain", "VARCHAR", "Host name asked for"),
    Column("url", "VARCHAR", "As it was asked for"),
    Column("hash", "VARCHAR", "Of a file"),
    Column("action", "VARCHAR", "What was tried: login, request, send, deliver ..."),
    Column("outcome", "VARCHAR", "success, failure or empty"),
    Column("raw", "VARCHAR", "The record as it stood in the log"),
    Column("fields", "JSON", "The native fields: fields->>'cs-method'"),
    Column("line", "BIGINT", "The record's number in its file, from 1"),
    Column("ref", "VARCHAR", "The event's name: atttcli timeline --around REF", stored=False),
    Column("source", "VARCHAR", "Path of the log when it was taken in", stored=False),
    Column("source_sha256", "VARCHAR", "Digest of that file", stored=False),
    Column("segment", "VARCHAR", "The segment that keeps it: events/.../SEGMENT.jsonl.zst", stored=False),
)
NAMES = frozenset(column.name for column in COLUMNS)
HEAD = tuple(c.name for c in COLUMNS if c.stored and c.name not in ("time", "raw", "fields", "line"))
NUMBERS = frozenset(("src_port", "dst_port", "line"))
ADDRESSES = frozenset(("src_ip", "dst_ip"))
REF_DIGITS = 16  # of the file's digest; alerts name an event by as many and its line


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
