"""One packet layer by layer, by scapy: what its fields say, as plain text values that nothing downstream has to trust.

scapy is slow and made for trusted laboratories, so it never sees more than one packet at a time, at most 16 KiB of it, and
whatever it makes of a crafted packet is cut to a bounded tree of short texts. Where it fails the caller still has the bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final

from atttcli.sources.capture import Record

MOST_BYTES: Final = 16 * 1024
MOST_LAYERS: Final = 64
MOST_FIELDS: Final = 80
MOST_TEXT: Final = 240
_MOST_NESTED: Final = 4

# What a dissector of somebody else's may raise on crafted bytes; scapy turns most of them into a raw layer by itself.
_FAILURES: Final = (
    struct.error, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, AssertionError,
    OSError, NotImplementedError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer, or a record within one (`depth` > 0): its name and its fields as text."""

    name: str
    fields: tuple[tuple[str, str], ...]
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Dissection:
    """Layers from the outside in. `note` says what was left out or went wrong; empty when the packet was read whole."""

    layers: tuple[Layer, ...]
    note: str = ""


def dissect(record: Record) -> Dissection:
    """Every layer of a frame. Never raises on what a packet holds."""
    data = record.data[:MOST_BYTES]
    note = (
        f"only the first {MOST_BYTES} of {len(record.data)} bytes were dissected"
        if len(record.data) > len(data)
        else ""
    )
    try:
        first = _first_layer(record.link)
        if first is None:
            return Dissection((), f"link type {record.link} is not dissected")
        packet = first(data)
    except _FAILURES as error:
        return Dissection((), f"the packet cannot be dissected: {_words(error)}")
    layers: list[Layer] = []
    broken = _walk(packet, layers, 0)
    if broken or len(layers) >= MOST_LAYERS:
        note = broken or f"only the first {MOST_LAYERS} layers are shown"
    return Dissection(tuple(layers), note)


def _first_layer(link: int) -> Any:
    """The outermost layer's class by link type; the import registers the inner ones (0.3 s, only here)."""
    import logging

    logging.getLogger("scapy").setLevel(logging.CRITICAL)  # its complaints about routes and packets are not ours
    import scapy.layers.dhcp
    import scapy.layers.dns
    import scapy.layers.http
    import scapy.layers.inet6
    import scapy.layers.ntp
    import scapy.layers.sctp
    import scapy.layers.tls.record  # noqa: F401 - these bind themselves to ports and protocols
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import CookedLinux, CookedLinuxV2, Ether, Loopback
    from scapy.layers.ppp import HDLC, PPP

    raw: dict[int, Any] = {
        1: Ether, 0: Loopback, 108: Loopback, 9: PPP, 50: HDLC, 113: CookedLinux, 276: CookedLinuxV2, 228: IP, 229: IPv6,
    }  # fmt: skip
    if link in (12, 14, 101):
        return lambda data: (IPv6 if data[:1] and data[0] >> 4 == 6 else IP)(data)
    return raw.get(link)


def _walk(packet: Any, layers: list[Layer], depth: int) -> str:
    """Append the layers of a packet; why it stopped early, empty when it came to the end."""
    seen = 0
    while (
        packet is not None and type(packet).__name__ != "NoPayload" and len(layers) < MOST_LAYERS and seen < MOST_LAYERS
    ):
        seen += 1
        try:
            _layer(packet, layers, depth)
            packet = packet.payload
        except _FAILURES as error:
            return f"a layer cannot be shown: {_words(error)}"
    return ""


def _layer(packet: Any, layers: list[Layer], depth: int) -> None:
    fields: list[tuple[str, str]] = []
    nested: list[Any] = []
    for described in packet.fields_desc[:MOST_FIELDS]:
        value = packet.getfieldval(described.name)
        inner = _packets(value)
        if inner and depth < _MOST_NESTED:
            nested += inner
            fields.append((described.name, f"{len(inner)} below"))
        elif value is not None and value not in ([], b"", ""):
            fields.append((described.name, _shown(described, packet, value)))
    layers.append(Layer(_cut(str(packet.name)), tuple(fields), depth))
    for one in nested[:MOST_LAYERS]:
        _walk(one, layers, depth + 1)


def _packets(value: Any) -> list[Any]:
    """The packets in a field's value: records of DNS, extensions of TLS."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if hasattr(one, "fields_desc") and hasattr(one, "payload")]


def _shown(described: Any, packet: Any, value: Any) -> str:
    """A value in scapy's words (flags as letters, types by name), else as it is."""
    if isinstance(value, bytes):
        return _cut(value[:MOST_TEXT].decode("utf-8", "backslashreplace"))
    if isinstance(value, list):
        value = value[:MOST_FIELDS]
    try:
        return _cut(str(described.i2repr(packet, value)))
    except _FAILURES:
        return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"


def _words(error: BaseException) -> str:
    return _cut(f"{type(error).__name__} {error}".strip())


def hexdump(data: bytes, most: int = 512) -> list[str]:
    """Lines of offset, sixteen bytes in hex, and the same as ASCII; at most `most` bytes."""
    lines = []
    for at in range(0, min(len(data), most), 16):
        row = data[at : min(at + 16, most)]
        pairs = " ".join(f"{byte:02x}" for byte in row)
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{at:06x}  {pairs:<47}  {text}")
    return lines
