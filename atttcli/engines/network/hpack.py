"""Header compression of HTTP/2 (RFC 7541), decoding only, bounded."""

from __future__ import annotations

from collections import deque
from functools import lru_cache

MAX_HEADERS = 1000
MAX_BYTES = 64 * 1024  # one byte may stand for a header of kilobytes
MAX_TABLE = 64 * 1024
ENTRY = 100  # bytes that an entry costs beside its texts

Header = tuple[bytes, bytes]

# Appendix A: "name" or "name value", in order from index 1.
_STATIC: list[Header] = [
    (name, value)
    for name, _, value in (
        line.partition(b" ")
        for line in b""":authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|:status 200
|:status 204|:status 206|:status 304|:status 400|:status 404|:status 500|accept-charset|accept-encoding gzip, deflate
|accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control|content-disposition
|content-encoding|content-language|content-length|content-location|content-range|content-type|cookie|date|etag|expect|expires
|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards
|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|server|set-cookie|strict-transport-security
|transfer-encoding|user-agent|vary|via|www-authenticate""".replace(b"\n", b"").split(b"|")
    )
]

# Appendix B: the length of each symbol's code; the codes follow, since they are in order of length and symbol.
_LENGTHS = bytes.fromhex(
    "0d171c1c1c1c1c1c1c181e1c1c1e1c1c1c1c1c1c1c1c1e1c1c1c1c1c1c1c1c1c060a0a0c0d06080b0a0a080b08060606"
    "0505050606060606060607080f060c0a0d06070707070707070707070707070707070707070707070807080d130d0e06"
    "0f05060506050606060507070606060506070605050607070707070f0b0e0d1c14161414161616171617171717171817"
    "181816171817171717151617161717181615141616171715171616181516171715151615171617171416161617161617"
    "1a1a1413161716191a1a1a1b1b1a181913151a1b1b1a1b1815151a1a1c1b1b1b14181415161515171616191918181a17"
    "1a1b1a1a1b1b1b1b1b1c1b1b1b1b1b1a1e"
)


@lru_cache(maxsize=1)
def _codes() -> dict[tuple[int, int], int]:
    """(length, code) to symbol."""
    codes: dict[tuple[int, int], int] = {}
    code = last = 0
    for length, symbol in sorted((length, symbol) for symbol, length in enumerate(_LENGTHS)):
        code <<= length - last
        last = length
        codes[length, code] = symbol
        code += 1
    return codes


Step = tuple[int, bytes]  # the state after four bits, and what they completed
OVER = -1  # the end of the text was met: nothing after it counts


@lru_cache(maxsize=1)
def _steps() -> list[list[Step]]:
    """For each state (the beginning of a code) what each four bits lead to: no code is shorter than five."""
    codes = _codes()
    states: dict[tuple[int, int], int] = {(0, 0): 0}
    waiting = [(0, 0)]
    table: list[list[Step]] = []
    for length, code in waiting:  # grows while it is walked
        row: list[Step] = []
        for four in range(16):
            at, bits, out, over = length, code, b"", False
            for shift in (3, 2, 1, 0):
                at, bits = at + 1, bits << 1 | four >> shift & 1
                symbol = codes.get((at, bits))
                if symbol is not None and not over:
                    out, over = out + bytes((symbol & 255,)) * (symbol < 256), symbol == 256
                    at = bits = 0
            if not over and (at, bits) not in states:
                states[at, bits] = len(states)
                waiting.append((at, bits))
            row.append((OVER if over else states[at, bits], out))
        table.append(row)
    return table


def huffman(data: bytes) -> bytes:
    """Decoded text; what is left over after the last whole symbol is padding."""
    steps = _steps()
    out: list[bytes] = []
    state = 0
    for byte in data:
        state, done = steps[state][byte >> 4]
        if state >= 0:
            out.append(done)
            state, done = steps[state][byte & 15]
        out.append(done)
        if state < 0:
            break
    return b"".join(out)


class Decompressor:
    """One direction's table."""

    def __init__(self) -> None:
        self._table: deque[Header] = deque()
        self._size = 0
        self._limit = 4096

    def decode(self, block: bytes) -> list[Header]:
        """The headers of a block as far as it can be read. ValueError or IndexError where it is broken."""
        headers: list[Header] = []
        at = total = 0
        while at < len(block) and len(headers) < MAX_HEADERS and total < MAX_BYTES:
            first = block[at]
            if first & 0x80:
                index, at = _integer(block, at, 7)
                header = self._entry(index)
            elif first & 0xE0 == 0x20:
                size, at = _integer(block, at, 5)
                self._limit = min(size, MAX_TABLE)
                self._evict()
                continue
            else:
                keep = first & 0xC0 == 0x40
                index, at = _integer(block, at, 6 if keep else 4)
                name, at = (self._entry(index)[0], at) if index else _string(block, at)
                value, at = _string(block, at)
                header = (name, value)
                if keep:
                    self._add(header)
            total += len(header[0]) + len(header[1]) + 32
            headers.append(header)
        return headers

    @property
    def memory(self) -> int:
        """Bytes of the table; an entry of two empty texts costs as well."""
        return self._size + ENTRY * len(self._table)

    def _entry(self, index: int) -> Header:
        if not index:
            raise ValueError("index 0")
        return _STATIC[index - 1] if index <= len(_STATIC) else self._table[index - len(_STATIC) - 1]

    def _add(self, header: Header) -> None:
        self._table.appendleft(header)
        self._size += len(header[0]) + len(header[1]) + 32
        self._evict()

    def _evict(self) -> None:
        while self._size > self._limit and self._table:
            name, value = self._table.pop()
            self._size -= len(name) + len(value) + 32


def _integer(data: bytes, at: int, bits: int) -> tuple[int, int]:
    top = (1 << bits) - 1
    value = data[at] & top
    at += 1
    if value < top:
        return value, at
    shift = 0
    while shift < 35:
        byte = data[at]
        at += 1
        value += (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at
    raise ValueError("integer too long")


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    coded = data[at] & 0x80
    size, at = _integer(data, at, 7)
    if at + size > len(data):
        raise ValueError("string beyond the end")
    text = data[at : at + size]
    return (huffman(text) if coded else text), at + size
