"""Captures for benches: one capture repeated, no copy like another, so that nothing can be remembered from copy to copy.

Each copy is later and of other addresses; DNS names, SNI, HTTP hosts, paths and bodies, mail, file data over SMB and TLS
records are changed in place. Lengths stay as they are, so that headers, framing and sequence numbers stay true; checksums do
not, and are not looked at by a matcher of captures. What is changed is derived from the copy's number: the same call makes the
same file.
"""

from __future__ import annotations

import hashlib
import random
import re
import struct
from collections.abc import Callable
from pathlib import Path

_WORD = re.compile(rb"[A-Za-z]{4,}")
_RUN = re.compile(rb"[A-Za-z0-9]{3,}")
_TARGET = re.compile(rb"\A([A-Z]{3,7} /)([^ ?\r\n]*)(\?[^ \r\n]*)?")
_HOST = re.compile(rb"(\r\nHost: )([^\r\n]+)", re.I)
_EXTENSIONS = frozenset((b"php", b"html", b"exe", b"jpg", b"png", b"css", b"json", b"aspx", b"zip", b"pdf"))
_KEPT = 4  # one word of so many changes in a text: what rules look for stays as frequent as it was


class Copy:
    """The changes of one copy."""

    def __init__(self, number: int, span: int) -> None:
        self._number = number
        self._span = span
        self._words: dict[bytes, bytes] = {}
        self._records: dict[tuple[bytes, bytes], tuple[int, int]] = {}  # TLS: bytes left of a record, its type
        self._packed: set[bytes] = set()  # ends of HTTP flows whose bodies are compressed
        order = random.Random(number)
        high = list(range(128, 256))
        order.shuffle(high)
        self._high = bytes(range(128)) + bytes(high)
        every = list(range(256))
        order.shuffle(every)
        self._every = bytes(every)

    def word(self, text: bytes) -> bytes:
        """Another word of the same length and kind of letters."""
        known = self._words.get(text)
        if known is None:
            digest = hashlib.blake2b(b"%d:" % self._number + text, digest_size=16).digest()
            made = bytearray()
            for at, byte in enumerate(text):
                turn = digest[at % 16] + at // 16
                base, size = (97, 26) if byte >= 97 else (65, 26) if byte >= 65 else (48, 10)
                made.append(base + (byte - base + turn) % size)
            known = self._words[text] = bytes(made)
        return known

    def prose(self, text: bytes) -> bytes:
        """Every fourth word of a text is another one."""
        number = self._number

        def one(found: re.Match[bytes]) -> bytes:
            word = found.group()
            return self.word(word) if (sum(word) + number) % _KEPT == 0 else word

        return _WORD.sub(one, text)

    def run(self, text: bytes) -> bytes:
        """All words and numbers of a path or a name, but for a file's extension."""
        return _RUN.sub(lambda found: found.group() if found.group() in _EXTENSIONS else self.word(found.group()), text)

    def name(self, text: bytes) -> bytes:
        """A host name: all but its last label."""
        head, dot, last = text.rpartition(b".")
        return self.run(head) + dot + last if dot and not last[:1].isdigit() else text

    def record(self, head: bytes, frame: bytearray) -> bytes:
        """One record of a pcap file, head and frame, changed."""
        seconds, *rest = struct.unpack("<IIII", head)
        head = struct.pack("<IIII", seconds + self._number * self._span, *rest)
        if frame[12:14] != b"\x08\x00" or frame[14] >> 4 != 4:
            return head + frame
        for at in (26, 30):
            if frame[at] == 10:
                frame[at + 1] = (frame[at + 1] + self._number) % 256
            elif frame[at] < 224:
                frame[at + 3] = frame[at + 3] ^ (self._number & 0x7F)
        start = 14 + (frame[14] & 15) * 4
        protocol = frame[23]
        if protocol in (6, 17):
            sport, dport = struct.unpack_from(">HH", frame, start)
            begin = start + (8 if protocol == 17 else (frame[start + 12] >> 4) * 4)
            end = 14 + int.from_bytes(frame[16:18], "big")
            payload = bytes(frame[begin:end])
            if payload:
                key = (bytes(frame[26:34]), bytes(frame[start : start + 4]))
                frame[begin : begin + len(payload)] = self._payload(payload, {sport, dport}, key)
        return head + frame

    def _payload(self, data: bytes, ports: set[int], key: tuple[bytes, bytes]) -> bytes:
        changes: dict[int, Callable[[bytes, tuple[bytes, bytes]], bytes]] = {
            53: self._dns, 80: self._http, 443: self._tls, 445: self._smb, 25: self._mail,
        }  # fmt: skip
        for port in ports & changes.keys():
            made = changes[port](data, key)
            return made if len(made) == len(data) else data
        return data

    def _dns(self, data: bytes, key: tuple[bytes, bytes]) -> bytes:
        out, at = bytearray(data), 12
        while at < len(data) and 0 < data[at] < 64:
            size = data[at]
            following = at + 1 + size
            if following < len(data) and data[following]:  # not the last label
                out[at + 1 : following] = self.run(data[at + 1 : following])
            at = following
        return bytes(out)

    def _http(self, data: bytes, key: tuple[bytes, bytes]) -> bytes:
        ends = bytes(sorted(key[0] + key[1]))
        head, blank, body = data.partition(b"\r\n\r\n")
        if not blank and not head.startswith((b"GET ", b"POST ", b"HTTP/")):
            head, body = b"", data
        if head.startswith(b"HTTP/"):
            (self._packed.add if b"ontent-Encoding" in head else self._packed.discard)(ends)
        head = _TARGET.sub(lambda f: f[1] + self.run(f[2]) + (self.run(f[3]) if f[3] else b""), head)
        head = _HOST.sub(lambda f: f[1] + self.name(f[2]), head)
        if ends not in self._packed:
            body = self.prose(body).translate(self._high)
        return head + blank + body

    def _mail(self, data: bytes, key: tuple[bytes, bytes]) -> bytes:
        return self.prose(data) if len(data) > 200 and b"MIME-Version" not in data else data

    def _smb(self, data: bytes, key: tuple[bytes, bytes]) -> bytes:
        at = 120 if data[4:8] in (b"\xfeSMB", b"\xffSMB") else 0
        if len(data) < 400:
            return data
        return data[:at] + self.prose(data[at:]).translate(self._high)

    def _tls(self, data: bytes, key: tuple[bytes, bytes]) -> bytes:
        left, kind = self._records.get(key, (0, 0))
        out, at = bytearray(data), 0
        while at < len(data):
            if not left:
                kind, left = data[at], int.from_bytes(data[at + 3 : at + 5], "big")
                if kind == 22 and data[at + 5 : at + 6] == b"\x01":
                    out[at:] = self._hello(bytes(out[at:]))
                at += 5
                continue
            size = min(left, len(data) - at)
            if kind == 23:
                out[at : at + size] = out[at : at + size].translate(self._every)
            left, at = left - size, at + size
        self._records[key] = left, kind
        return bytes(out)

    def _hello(self, data: bytes) -> bytes:
        """The server name of a ClientHello: the only one of its names with dots and letters."""
        found = re.search(rb"\x00\x00..\x00..\x00(..)([a-z0-9.-]{4,})", data, re.S)
        if not found:
            return data
        size = int.from_bytes(found[1], "big")
        begin = found.start(2)
        return data[:begin] + self.name(data[begin : begin + size]) + data[begin + size :]


def varied(source: Path, target: Path, megabytes: int, first: int = 1) -> Path:
    """`source` (pcap of Ethernet, microseconds, little-endian) again and again to about that size; `first` numbers the copies."""
    if target.exists():
        return target
    raw = source.read_bytes()
    stamps: list[int] = []
    at = 24
    while at + 16 <= len(raw):
        stamps.append(struct.unpack_from("<I", raw, at)[0])
        at += 16 + struct.unpack_from("<I", raw, at + 8)[0]
    span = max(stamps) - min(stamps) + 700  # flows of one copy are over before the next begins
    temporary = target.with_suffix(".part")
    with temporary.open("wb") as stream:
        stream.write(raw[:24])
        for number in range(first, first + max(1, round(megabytes * 1_000_000 / len(raw)))):
            copy = Copy(number, span)
            at = 24
            while at + 16 <= len(raw):
                size = struct.unpack_from("<I", raw, at + 8)[0]
                stream.write(copy.record(raw[at : at + 16], bytearray(raw[at + 16 : at + 16 + size])))
                at += 16 + size
    temporary.replace(target)
    return target
