"""TLS handshakes across records and segments: server name, version, certificates. Nothing is decrypted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

MAX_HANDSHAKE = 256 * 1024
MAX_CERTIFICATES = 16


class TlsHalf:
    """One direction's records, until the encryption begins or nothing more can be read."""

    def __init__(self) -> None:
        self._records = bytearray()
        self._messages = bytearray()
        self._begun = False
        self.done = False

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Complete handshake messages as (type, body)."""
        if self.done:
            return []
        self._records += data
        if not self._begun and self._records[:1] >= b"\x80":
            return self._old_hello()
        self._begun = True
        while len(self._records) >= 5:
            kind, length = self._records[0], int.from_bytes(self._records[3:5], "big")
            if kind not in (20, 21, 22, 23) or self._records[1] != 3 or length > 18_432:
                self.done = True
                break
            if len(self._records) < 5 + length:
                break
            body = bytes(self._records[5 : 5 + length])
            del self._records[: 5 + length]
            if kind == 22:
                self._messages += body
            elif kind in (20, 23):
                self.done = True
                break
        return self._take()

    def _old_hello(self) -> list[tuple[int, bytes]]:
        """A client's hello in the form of SSL 2 that offers a later version: version and challenge, no more."""
        held = self._records
        size = 2 + (int.from_bytes(held[:2], "big") & 0x7FFF)
        if len(held) < min(size, 11):
            return []
        if size < 11 or held[2] != 1 or held[3] != 3:
            self.done = True
            held.clear()
            return []
        if len(held) < size:
            return []
        challenge = bytes(held[size - int.from_bytes(held[9:11], "big") : size]) if held[9:11] != b"\0\0" else b""
        body = bytes(held[3:5]) + challenge[-32:].rjust(32, b"\0")
        del held[:size]
        self._begun = True
        return [(1, body)]

    def _take(self) -> list[tuple[int, bytes]]:
        taken: list[tuple[int, bytes]] = []
        while len(self._messages) >= 4:
            length = int.from_bytes(self._messages[1:4], "big")
            if length > MAX_HANDSHAKE:
                self.done = True
                break
            if len(self._messages) < 4 + length:
                break
            taken.append((self._messages[0], bytes(self._messages[4 : 4 + length])))
            del self._messages[: 4 + length]
        if self.done:
            self._records.clear()
            self._messages.clear()
        return taken

    @property
    def memory(self) -> int:
        """Bytes held."""
        return len(self._records) + len(self._messages)


def numbers_of(data: bytes, size: int = 2) -> list[int]:
    """The numbers that a list is made of."""
    return [int.from_bytes(data[at : at + size], "big") for at in range(0, len(data) - size + 1, size)]


def is_grease(number: int) -> bool:
    """Values that clients send only to keep servers tolerant (RFC 8701)."""
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


def _joined(numbers: list[int]) -> str:
    return "-".join(str(number) for number in numbers if not is_grease(number))


def extensions_of(data: bytes) -> list[tuple[int, bytes]]:
    """Kind and content of each extension; `data` begins with the length of them all."""
    found: list[tuple[int, bytes]] = []
    position = 2
    end = min(2 + int.from_bytes(data[:2], "big"), len(data))
    while position + 4 <= end:
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        found.append((int.from_bytes(data[position : position + 2], "big"), data[position + 4 : position + 4 + length]))
        position += 4 + length
    return found


def version(hello: bytes) -> int:
    """The version of a hello: of a ServerHello what its supported_versions extension chose."""
    try:
        position = 35 + hello[34] + 3
        chosen = dict(extensions_of(hello[position:])).get(43, b"")
    except IndexError:
        chosen = b""
    return int.from_bytes(chosen if len(chosen) == 2 else hello[:2], "big")


HELLO_PARTS: Final[dict[str, Callable[[bytes], tuple[bytes, ...]]]] = {
    "tls.version": lambda hello: (b"%d" % version(hello),),
    "tls.random": lambda hello: (hello[2:34],),
    "tls.random_time": lambda hello: (hello[2:6],),
    "tls.random_bytes": lambda hello: (hello[6:34],),
}


def ja3(hello: bytes) -> bytes:
    """The JA3 string of a ClientHello; empty where it is broken off."""
    try:
        position = 35 + hello[34]
        length = int.from_bytes(hello[position : position + 2], "big")
        ciphers = numbers_of(hello[position + 2 : position + 2 + length])
        position += 2 + length
        position += 1 + hello[position]
    except IndexError:
        return b""
    extensions = extensions_of(hello[position:])
    known = dict(extensions)
    groups = numbers_of(known.get(10, b"")[2:])
    formats = list(known.get(11, b"")[1:])
    parts = [_joined(ciphers), _joined([kind for kind, _ in extensions]), _joined(groups)]
    version = int.from_bytes(hello[:2], "big")
    return f"{version},{parts[0]},{parts[1]},{parts[2]},{'-'.join(map(str, formats))}".encode()


def ja3s(hello: bytes) -> bytes:
    """The JA3S string of a ServerHello."""
    try:
        position = 35 + hello[34]
        cipher = int.from_bytes(hello[position : position + 2], "big")
    except IndexError:
        return b""
    kinds = "-".join(str(kind) for kind, _ in extensions_of(hello[position + 3 :]))
    return f"{int.from_bytes(hello[:2], 'big')},{cipher},{kinds}".encode()


def fingerprint(text: bytes) -> bytes:
    """The MD5 under which JA3 strings are listed."""
    return hashlib.md5(text, usedforsecurity=False).hexdigest().encode()


def server_name(hello: bytes) -> bytes | None:
    """The host name of a ClientHello's server_name extension."""
    try:
        position = 34
        position += 1 + hello[position]
        position += 2 + int.from_bytes(hello[position : position + 2], "big")
        position += 1 + hello[position]
        end = position + 2 + int.from_bytes(hello[position : position + 2], "big")
        position += 2
        while position + 4 <= min(end, len(hello)):
            kind = int.from_bytes(hello[position : position + 2], "big")
            length = int.from_bytes(hello[position + 2 : position + 4], "big")
            if kind == 0:
                return _first_host(hello[position + 4 : position + 4 + length])
            position += 4 + length
    except IndexError:
        return None
    return None


def _first_host(extension: bytes) -> bytes | None:
    position = 2
    while position + 3 <= len(extension):
        length = int.from_bytes(extension[position + 1 : position + 3], "big")
        name = extension[position + 3 : position + 3 + length]
        if extension[position] == 0 and len(name) == length and name:
            return name
        position += 3 + length
    return None


def certificates(message: bytes) -> list[bytes]:
    """The DER certificates of a (TLS up to 1.2) Certificate message."""
    found: list[bytes] = []
    position = 3
    while position + 3 <= len(message) and len(found) < MAX_CERTIFICATES:
        length = int.from_bytes(message[position : position + 3], "big")
        der = message[position + 3 : position + 3 + length]
        if len(der) < length or not der:
            break
        found.append(der)
        position += 3 + length
    return found


class Certificate:
    """Subject, issuer, serial number and fingerprint of one DER certificate; empty where it is broken."""

    def __init__(self, der: bytes) -> None:
        self.fingerprint = ":".join(
            f"{byte:02x}" for byte in hashlib.sha1(der, usedforsecurity=False).digest()
        ).encode()
        self.subject = self.issuer = self.serial = b""
        try:
            self._parse(der)
        except (IndexError, ValueError):
            pass

    def _parse(self, der: bytes) -> None:
        body, _ = _element(der, 0)[1:]
        tbs = _element(body, 0)[1]
        position = 0
        tag, value, after = _element(tbs, position)
        if tag == 0xA0:
            tag, value, after = _element(tbs, after)
        self.serial = ":".join(f"{byte:02X}" for byte in value).encode()
        _, _, position = _element(tbs, after)  # signature algorithm
        _, issuer, position = _element(tbs, position)
        self.issuer = _name(issuer)
        _, _, position = _element(tbs, position)  # validity
        _, subject, _ = _element(tbs, position)
        self.subject = _name(subject)


def _element(data: bytes, position: int) -> tuple[int, bytes, int]:
    """(tag, value, position after) of one DER element."""
    tag, length = data[position], data[position + 1]
    position += 2
    if length & 0x80:
        count = length & 0x7F
        if not 0 < count <= 4:
            raise ValueError("length form")
        length = int.from_bytes(data[position : position + count], "big")
        position += count
    if position + length > len(data):
        raise ValueError("beyond the end")
    return tag, data[position : position + length], position + length


_ATTRIBUTES = {
    b"\x55\x04\x03": "CN",
    b"\x55\x04\x04": "SN",
    b"\x55\x04\x05": "serialNumber",
    b"\x55\x04\x06": "C",
    b"\x55\x04\x07": "L",
    b"\x55\x04\x08": "ST",
    b"\x55\x04\x09": "street",
    b"\x55\x04\x0a": "O",
    b"\x55\x04\x0b": "OU",
    b"\x55\x04\x0c": "title",
    b"\x55\x04\x11": "postalCode",
    b"\x55\x04\x2a": "givenName",
    b"\x55\x04\x2e": "dnQualifier",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01": "emailAddress",
    b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19": "DC",
    b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01": "UID",
}


def _name(data: bytes) -> bytes:
    """`C=VN, O=Example, CN=www.example`: attributes in the order of the certificate."""
    parts: list[bytes] = []
    position = 0
    while position < len(data) and len(parts) < 64:
        _, group, position = _element(data, position)
        inside = 0
        while inside < len(group):
            _, pair, inside = _element(group, inside)
            _, oid, after = _element(pair, 0)
            _, value, _ = _element(pair, after)
            label = _ATTRIBUTES.get(oid) or _dotted(oid)
            parts.append(label.encode() + b"=" + value)
    return b", ".join(parts)


def _dotted(oid: bytes) -> str:
    numbers = [oid[0] // 40, oid[0] % 40] if oid else []
    running = 0
    for byte in oid[1:]:
        running = running << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(running)
            running = 0
    return ".".join(str(number) for number in numbers)
