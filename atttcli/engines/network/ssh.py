"""SSH banners and key exchange offers; HASSH fingerprints are made of the offers."""

from __future__ import annotations

import hashlib

MAX_HELD = 64 * 1024
MAX_BANNER = 1024
KEXINIT = 20


class SshHalf:
    """One direction until its offer was seen."""

    def __init__(self) -> None:
        self._held = bytearray()
        self.protocol = self.software = b""
        self.lists: list[bytes] = []
        self.done = False

    def feed(self, data: bytes) -> bool:
        """Whether these bytes made it complete."""
        if self.done:
            return False
        self._held += data
        if not self.protocol:
            self._banner()
        if self.protocol and not self.done:
            self._offer()
        if len(self._held) > MAX_HELD:
            self.done = True
        if self.done:
            self._held.clear()
        return self.done

    def _banner(self) -> None:
        end = self._held.find(b"\n")
        if end < 0:
            self.done = len(self._held) > MAX_BANNER
            return
        line = bytes(self._held[:end]).rstrip(b"\r")
        del self._held[: end + 1]
        if line.startswith(b"SSH-"):
            self.protocol, _, rest = line[4:].partition(b"-")
            self.software = rest.partition(b" ")[0]

    def _offer(self) -> None:
        held = self._held
        if len(held) < 6:
            return
        size = int.from_bytes(held[:4], "big")
        if held[5] != KEXINIT or not 20 < size < 35_000:
            self.done = True
        elif len(held) >= 4 + size:
            self.lists = _name_lists(bytes(held[22 : 4 + size - held[4]]))
            self.done = True

    @property
    def memory(self) -> int:
        """Bytes held."""
        return len(self._held)


def _name_lists(data: bytes) -> list[bytes]:
    """The ten lists of an offer, as far as they are whole."""
    found: list[bytes] = []
    at = 0
    while len(found) < 10 and at + 4 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if at + 4 + size > len(data):
            break
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def hassh(lists: list[bytes], direction: int) -> bytes:
    """The HASSH string: key exchange, ciphers, checksums and compression offered for one's own direction."""
    if len(lists) < 8:
        return b""
    return b";".join((lists[0], lists[2 + direction], lists[4 + direction], lists[6 + direction]))


def fingerprint(text: bytes) -> bytes:
    """The MD5 under which HASSH strings are listed."""
    return hashlib.md5(text, usedforsecurity=False).hexdigest().encode()
