"""QUIC: versions, and what the initial packets (whose keys anybody can derive) show of the handshake (RFC 9000, 9001, 9369)."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from atttcli.engines.network import quic_google, tls
from atttcli.engines.network.fields import Values
from atttcli.engines.network.ja4 import ja4
from atttcli.engines.network.messages import LOST, Message, big

_V1_SALT = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
_V2_SALT = bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9")
_DRAFT_SALT = bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899")
_OLD_SALT = bytes.fromhex("c3eef712c72ebb5a11a7d2432bb46365bef9f502")
V2: Final = b"\x6b\x33\x43\xcf"
_SALTS = {b"\0\0\0\x01": _V1_SALT, V2: _V2_SALT}
_SALTS |= {bytes((0xFF, 0, 0, draft)): _DRAFT_SALT if draft >= 29 else _OLD_SALT for draft in range(23, 35)}
MAX_CRYPTO = 64 * 1024
MAX_FRAMES = 2048
MAX_PACKETS = 8  # initial packets of a flow that are opened


def is_quic(data: bytes) -> bool:
    """Whether a datagram begins a conversation in QUIC."""
    if quic_google.is_quic(data):
        return True
    return len(data) >= 21 and data[0] & 0xC0 == 0xC0 and data[1:5] in _SALTS and data[5] <= 20


class Quic:
    """Each datagram with a long header is a transaction of its own."""

    def __init__(self) -> None:
        self.count = 0
        self._first = b""  # the client's first destination identity: all initial keys come from it
        self._crypto: tuple[dict[int, bytes], dict[int, bytes]] = ({}, {})
        self._opened = 0
        self._google = False

    @property
    def memory(self) -> int:
        """Bytes of handshake held."""
        return sum(len(piece) for side in self._crypto for piece in side.values())

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """Datagrams need no cutting."""
        return LOST

    def read(self, direction: int, data: bytes) -> list[Message]:
        """One datagram."""
        values: dict[str, Values] = {}
        if self._google or quic_google.is_quic(data):
            self._google = True
            values = quic_google.fields(data, direction)
        elif len(data) >= 7 and data[0] & 0x80 and data[1:5] in _SALTS:
            if not self._initial(direction, data, values):
                return []
            values["quic.version"] = (data[1:5],)
        self.count += 1
        return [Message(self.count - 1, direction, values)]

    def _initial(self, direction: int, data: bytes, values: dict[str, Values]) -> bool:
        """Whether a datagram begins with an initial packet that opens; the handshake it completes becomes fields."""
        version = data[1:5]
        kind = (data[0] >> 4 & 3) - (version == V2)
        dcid = data[6 : 6 + data[5]]
        if not self._first and direction == 0:
            self._first = dcid
        if kind != 0 or not self._first or self._opened >= MAX_PACKETS:
            return False
        self._opened += 1
        plain = _open(data, self._first, version, direction)
        pieces = self._crypto[direction]
        if plain is None or not _crypto_frames(plain, pieces):
            return False
        hello = _message(pieces, 1 + direction)
        if hello is None:
            return True
        text = tls.ja3s(hello) if direction else tls.ja3(hello)
        name = "ja3s" if direction else "ja3"
        if text:
            values |= {name + ".string": (text,), name + ".hash": (tls.fingerprint(text),)}
        if not direction:
            values |= {"ja4.hash": (ja4(hello, b"q"),)} if text else {}
            server = tls.server_name(hello)
            if server:
                values |= {"quic.sni": (server,), "tls.sni": (server,)}
        pieces.clear()
        return True


def _message(pieces: dict[int, bytes], kind: int) -> bytes | None:
    """The body of the hello, if it is whole."""
    stream = bytearray()
    for at in sorted(pieces):
        if at > len(stream):
            return None
        stream[at : at + len(pieces[at])] = pieces[at]
    size = big(stream, 1, 3)
    return bytes(stream[4 : 4 + size]) if len(stream) >= 4 + size and stream[:1] == bytes((kind,)) else None


def _crypto_frames(plain: bytes, pieces: dict[int, bytes]) -> bool:
    """Gather CRYPTO frames; whether there was one."""
    at, found = 0, False
    for _ in range(MAX_FRAMES):
        while plain[at : at + 1] == b"\0":  # padding
            at += 1
        if at >= len(plain):
            break
        kind, at = _varint(plain, at)
        if kind == 1:  # ping
            continue
        if kind in (2, 3):
            at = _after_ack(plain, at, kind == 3)
        elif kind == 6:
            where, at = _varint(plain, at)
            size, at = _varint(plain, at)
            if where + size > MAX_CRYPTO or at + size > len(plain):
                break
            pieces[where] = plain[at : at + size]
            at += size
            found = True
        else:
            break
    return found


def _after_ack(plain: bytes, at: int, counts: bool) -> int:
    _, at = _varint(plain, at)
    _, at = _varint(plain, at)
    ranges, at = _varint(plain, at)
    for _ in range(1 + 2 * min(ranges, MAX_FRAMES) + 3 * counts):
        _, at = _varint(plain, at)
    return at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """(number, where what follows begins); beyond the end it is zero and the place the end."""
    if at >= len(data):
        return 0, len(data)
    size = 1 << (data[at] >> 6)
    return big(data, at, size) & (1 << 8 * size - 2) - 1, at + size


def _expand(secret: bytes, label: str, size: int) -> bytes:
    """HKDF-Expand-Label of TLS 1.3, for at most one block."""
    full = b"tls13 " + label.encode()
    info = size.to_bytes(2, "big") + bytes((len(full),)) + full + b"\0"
    return hmac.digest(secret, info + b"\x01", hashlib.sha256)[:size]


def _open(data: bytes, first: bytes, version: bytes, direction: int) -> bytes | None:
    """The plain text of an initial packet, or None where it is none, or not what it says."""
    try:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:  # rules for QUIC were refused by name; what is for TLS as well goes without it
        return None

    at = 6 + data[5]
    at += 1 + big(data, at, 1)
    token, at = _varint(data, at)
    length, at = _varint(data, at + token)
    if length < 20 or at + length > len(data):
        return None
    initial = hmac.digest(_SALTS[version], first, hashlib.sha256)
    secret = _expand(initial, "server in" if direction else "client in", 32)
    prefix = "quicv2 " if version == V2 else "quic "
    key, iv, mask_key = (_expand(secret, prefix + name, size) for name, size in (("key", 16), ("iv", 12), ("hp", 16)))
    sample = data[at + 4 : at + 20]
    mask = Cipher(algorithms.AES(mask_key), modes.ECB()).encryptor().update(sample)  # noqa: S305 RFC 9001, 5.4.3: one block
    head = bytearray(data[:at])
    head[0] ^= mask[0] & 0x0F
    count = (head[0] & 3) + 1
    number = bytes(a ^ b for a, b in zip(data[at : at + count], mask[1:], strict=False))
    nonce = (int.from_bytes(iv, "big") ^ int.from_bytes(number, "big")).to_bytes(12, "big")
    try:
        return AESGCM(key).decrypt(nonce, data[at + count : at + length], bytes(head) + number)
    except InvalidTag:
        return None
