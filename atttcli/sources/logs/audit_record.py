"""One record of the Linux audit daemon: its type, time, serial and pairs, with what the kernel encodes in hexadecimal decoded.

`type=SYSCALL msg=audit(1795402345.678:4711): arch=c000003e syscall=59 success=yes ... comm="cat" exe="/usr/bin/cat" key=(null)`
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from atttcli.sources.logs.address import address

RECORD = re.compile(
    r"(?:node=(?P<node>\S{1,255}) )?type=(?P<type>[A-Z][A-Z0-9_]{1,40}|UNKNOWN\[\d{1,6}\]) "
    r"msg=audit\((?P<time>\d{1,12}\.\d{1,6}):(?P<serial>\d{1,20})\): ?(?P<text>.*)\Z",
    re.DOTALL,
)
_PAIR = re.compile(
    r"(?:\A|(?<=[\s\x1d,]))([A-Za-z_][\w-]{0,40}(?:\[\d{1,6}\])?)=(\"[^\"]*+\"|[^\s\"'\x1d][^\s\x1d]*+|)"
)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})++\Z")
_ARGUMENT = re.compile(r"a(\d{1,5})(?:\[(\d{1,5})\])?\Z")
_ENCODED = frozenset(
    ("proctitle", "name", "comm", "exe", "cwd", "acct", "data", "cmd", "key", "dir", "path", "old_name", "grp", "unit")
)
MAX_ARGUMENTS = 512


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """A record; `micros` its time, `pairs` its values, unquoted and decoded (`(null)` and `?` left out)."""

    node: str
    type: str
    micros: int
    serial: str
    pairs: dict[str, str]
    from_user: bool  # said by a program (msg='...'): complete by itself


def parse(line: str) -> AuditRecord | None:
    """The record of a line, None if it is none."""
    found = RECORD.match(line.strip("\0"))
    if found is None:
        return None
    text, inner, said = found["text"].partition(" msg='")
    if said:
        body, _, enriched = said.rpartition("'")
        text = f"{text} {body}\x1d{enriched.lstrip(chr(29))}"
    kind = found["type"]
    pairs: dict[str, str] = {}
    for name, value in _PAIR.findall(text):
        decoded = _value(name, value, kind)
        if decoded not in ("", "(null)", "?", "(none)"):
            pairs.setdefault(name, decoded)
    whole, _, fraction = found["time"].partition(".")
    micros = int(whole) * 1_000_000 + int(fraction[:6].ljust(6, "0"))
    return AuditRecord(found["node"] or "", kind, micros, found["serial"], pairs, bool(inner))


def _value(name: str, value: str, kind: str) -> str:
    if value.startswith('"'):
        return value[1:-1]
    is_argument = kind == "EXECVE" and _ARGUMENT.match(name) is not None
    if (name in _ENCODED or is_argument) and len(value) > 1 and _HEX.match(value):
        return _text(bytes.fromhex(value))
    return value


def _text(data: bytes) -> str:
    return data.rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "backslashreplace")


def arguments(pairs: dict[str, str]) -> list[str]:
    """The arguments of an EXECVE record in order; those that the kernel cut in pieces (`a1[0]`, `a1[1]`) in one."""
    pieces: dict[int, list[tuple[int, str]]] = {}
    for name, value in pairs.items():
        if found := _ARGUMENT.match(name):
            pieces.setdefault(int(found[1]), []).append((int(found[2] or 0), value))
    return ["".join(value for _, value in sorted(pieces[number])) for number in sorted(pieces)[:MAX_ARGUMENTS]]


def socket_address(saddr: str) -> tuple[str, int]:
    """(address, port) of an IPv4 or IPv6 `saddr`, ("", 0) for others."""
    if not _HEX.match(saddr) or len(saddr) > 512:
        return "", 0
    data = bytes.fromhex(saddr)
    family = data[0] if data else 0
    if family == 2 and len(data) >= 8:
        return ".".join(map(str, data[4:8])), int.from_bytes(data[2:4], "big")
    if family == 10 and len(data) >= 24:
        return address(":".join(data[at : at + 2].hex() for at in range(8, 24, 2))), int.from_bytes(data[2:4], "big")
    return "", 0
