"""Captures from recipes: a few lines of YAML say who sent what to whom, and a pcap is built from them.

Rule samples and the sample inbox are kept as such recipes: readable, reviewable, and nothing that an antivirus would take
for an attack on the disk. Written with struct alone (scapy costs a second of import). The same recipe gives the same bytes.

A recipe is a list of flows::

    - client: 10.10.1.5            # address, or address:port ([v6]:port); ports default to 49152 and 80
      server: 203.0.113.9:8080
      proto: tcp                   # or udp
      at: 0.0                      # seconds after the start
      repeat: 1                    # the whole conversation again, with the next client port ...
      every: 1.0                   # ... this many seconds later
      messages:
        - http: GET /a?b=c HTTP/1.1          # a request; `HTTP/1.1 200 OK` is a response
          headers: {User-Agent: x}           # Host and Content-Length are filled in
          body: text                         # or body_packed (see samples.pack)
        - dns: name.example                  # a query; with `answer: 192.0.2.1` its reply too
        - sni: name.example                  # a TLS ClientHello
        - client: text                       # or server: raw text; client_hex, server_hex; client_packed, server_packed
"""

from __future__ import annotations

import ipaddress
import re
import struct
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atttcli.errors import InputError, Where

START = 1620608400  # 2021-05-10 08:00:00 +07:00
MAX_REPEAT = 1000
MAX_SECONDS = 31 * 86400
MAX_BYTES = 16 * 1024 * 1024
MAX_DATAGRAM = 1400
_MSS = 1400
_ETHERNET = bytes.fromhex("020000000002020000000001")
_FLOW_KEYS = {"client", "server", "proto", "at", "repeat", "every", "messages"}
_ENDPOINT = re.compile(
    r"(?:\[(?P<v6>[0-9a-fA-F:.]{2,45})\]|(?P<plain>[0-9.]{7,15}|[0-9a-fA-F:.]{2,45}))(?::(?P<port>[0-9]{1,5}))?\Z"
)
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One side of a conversation."""

    address: _Address
    port: int


@dataclass(frozen=True, slots=True)
class Message:
    """Bytes sent by one side."""

    from_client: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Flow:
    """One conversation, repeated `repeat` times every `every` seconds."""

    client: Endpoint
    server: Endpoint
    proto: str
    at: float
    repeat: int
    every: float
    messages: tuple[Message, ...]


def unpack(text: str) -> bytes:
    """Bytes from the form in which samples are stored: base64 of the bytes in reverse order."""
    try:
        return b64decode("".join(text.split()), validate=True)[::-1]
    except ValueError as error:
        raise InputError(f"not base64: {error}") from error


def parse_recipe(flows: Any, where: Where | None = None) -> tuple[Flow, ...]:
    """Flows of a recipe; InputError when one is malformed."""
    if not isinstance(flows, Sequence) or isinstance(flows, str) or not flows:
        raise InputError("a recipe is a list of flows", where=where)
    return tuple(_flow(entry, where) for entry in flows)


def build_capture(flows: Sequence[Flow], start: float = START) -> bytes:
    """A pcap (Ethernet, microseconds) with the packets of all flows in order of time."""
    packets = sorted((packet for flow in flows for packet in _packets(flow, start)), key=lambda item: item[0])
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)]
    for micros, frame in packets:
        parts.append(struct.pack("<IIII", micros // 1_000_000, micros % 1_000_000, len(frame), len(frame)) + frame)
    return b"".join(parts)


def _flow(entry: Any, where: Where | None) -> Flow:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("messages"), list) or not entry["messages"]:
        raise InputError("a flow needs client, server and messages", where=where)
    unknown = set(entry) - _FLOW_KEYS
    if unknown:
        raise InputError(f"unknown keys in a flow: {', '.join(sorted(unknown))}", where=where)
    proto = str(entry.get("proto", "udp" if _is_query(entry["messages"][0]) else "tcp"))
    repeat = entry.get("repeat", 1)
    if proto not in ("tcp", "udp") or not isinstance(repeat, int) or not 1 <= repeat <= MAX_REPEAT:
        raise InputError(f"proto is tcp or udp, repeat 1 to {MAX_REPEAT}", where=where)
    server = _endpoint(entry.get("server"), 53 if proto == "udp" else 80, where)
    client = _endpoint(entry.get("client"), 49152, where)
    if client.address.version != server.address.version:
        raise InputError("client and server are of one address family", where=where)
    messages = tuple(message for item in entry["messages"] for message in _messages(item, server, where))
    if repeat * sum(len(message.data) for message in messages) > MAX_BYTES:
        raise InputError(f"a flow says more than {MAX_BYTES} bytes", where=where)
    if proto == "udp" and any(len(message.data) > MAX_DATAGRAM for message in messages):
        raise InputError(f"a datagram has at most {MAX_DATAGRAM} bytes", where=where)
    return Flow(
        client, server, proto, _seconds(entry, "at", 0, where), repeat, _seconds(entry, "every", 1, where), messages
    )


def _is_query(message: Any) -> bool:
    return isinstance(message, Mapping) and "dns" in message


def _seconds(entry: Mapping[str, Any], key: str, default: float, where: Where | None) -> float:
    value = entry.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= MAX_SECONDS:
        raise InputError(f"`{key}` is a number of seconds", where=where)
    return float(value)


def _endpoint(text: Any, port: int, where: Where | None) -> Endpoint:
    found = _ENDPOINT.match(str(text))
    try:
        if not found:
            raise ValueError(str(text))
        number = int(found["port"] or port)
        if not 0 < number < 65536:
            raise ValueError(f"port {number}")
        return Endpoint(ipaddress.ip_address(found["v6"] or found["plain"]), number)
    except ValueError as error:
        raise InputError(f"not an address with a port: {text}", where=where) from error


def _messages(item: Any, server: Endpoint, where: Where | None) -> Iterator[Message]:
    if not isinstance(item, Mapping):
        raise InputError("a message is a mapping", where=where)
    if "http" in item:
        line = str(item["http"])
        yield Message(not line.startswith("HTTP/"), _http(line, item, server, where))
    elif "dns" in item:
        query = _dns_query(str(item["dns"]), where)
        yield Message(True, query)
        if "answer" in item:
            yield Message(False, _dns_answer(query, str(item["answer"]), where))
    elif "sni" in item:
        yield Message(True, _client_hello(str(item["sni"]), where))
    else:
        yield _raw(item, where)


def _raw(item: Mapping[str, Any], where: Where | None) -> Message:
    for key, value in item.items():
        side, _, form = key.partition("_")
        if side not in ("client", "server") or form not in ("", "hex", "packed"):
            break
        try:
            data = {"": str.encode, "hex": bytes.fromhex, "packed": unpack}[form](str(value))
        except ValueError as error:
            raise InputError(f"not hexadecimal: {error}", where=where) from error
        return Message(side == "client", data)
    raise InputError("a message has one of http, dns, sni, client, server (also _hex, _packed)", where=where)


def _http(line: str, item: Mapping[str, Any], server: Endpoint, where: Where | None) -> bytes:
    body = unpack(str(item["body_packed"])) if "body_packed" in item else str(item.get("body", "")).encode()
    given = item.get("headers") or {}
    if not isinstance(given, Mapping):
        raise InputError("headers are a mapping", where=where)
    headers = {str(name): str(value) for name, value in given.items()}
    if not line.startswith("HTTP/"):
        headers = {"Host": str(server.address), **headers}
    if body or line.startswith("HTTP/"):
        headers.setdefault("Content-Length", str(len(body)))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{line}\r\n{head}\r\n".encode() + body


def _dns_query(name: str, where: Where | None) -> bytes:
    labels = [label.encode() for label in name.split(".") if label]
    if any(len(label) > 63 for label in labels) or sum(len(label) + 1 for label in labels) > 254:
        raise InputError("a label has at most 63 bytes, a name 253", where=where)
    number = sum(name.encode()) & 0xFFFF
    wire = b"".join(bytes([len(label)]) + label for label in labels) + b"\x00"
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + wire + struct.pack(">HH", 1, 1)


def _dns_answer(query: bytes, answer: str, where: Where | None) -> bytes:
    try:
        address = ipaddress.IPv4Address(answer).packed
    except ValueError as error:
        raise InputError(f"an answer is an IPv4 address: {error}", where=where) from error
    head = query[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0)
    return head + query[12:] + struct.pack(">HHHIH", 0xC00C, 1, 1, 300, 4) + address


def _client_hello(name: str, where: Where | None) -> bytes:
    host = name.encode()
    if len(host) > 253:
        raise InputError("a server name has at most 253 bytes", where=where)
    names = struct.pack(">BH", 0, len(host)) + host
    sni = struct.pack(">HHH", 0, len(names) + 2, len(names)) + names
    groups = struct.pack(">HHHHH", 10, 6, 4, 0x001D, 0x0017)
    versions = struct.pack(">HHBH", 43, 3, 2, 0x0304)
    extensions = sni + groups + versions
    body = struct.pack(">H", 0x0303) + bytes(range(32)) + b"\x00" + struct.pack(">HHH", 4, 0x1301, 0xC02F) + b"\x01\x00"
    body += struct.pack(">H", len(extensions)) + extensions
    handshake = b"\x01" + struct.pack(">I", len(body))[1:] + body
    return struct.pack(">BHH", 22, 0x0301, len(handshake)) + handshake


def _packets(flow: Flow, start: float) -> Iterator[tuple[int, bytes]]:
    build = _tcp_conversation if flow.proto == "tcp" else _udp_conversation
    for turn in range(flow.repeat):
        port = 1024 + (flow.client.port - 1024 + turn) % 64512
        client = Endpoint(flow.client.address, port)
        begin = round((start + flow.at + turn * flow.every) * 1_000_000)
        for index, frame in enumerate(build(client, flow.server, flow.messages)):
            yield begin + index * 1000, frame


def _udp_conversation(client: Endpoint, server: Endpoint, messages: Sequence[Message]) -> Iterator[bytes]:
    for message in messages:
        source, target = (client, server) if message.from_client else (server, client)
        head = struct.pack(">HHHH", source.port, target.port, 8 + len(message.data), 0)
        yield _frame(source, target, 17, head + message.data, 6)


def _tcp_conversation(client: Endpoint, server: Endpoint, messages: Sequence[Message]) -> Iterator[bytes]:
    """Handshake, every message in segments with its acknowledgement, and an orderly end."""
    sequence = {True: 1000, False: 5000}

    def segment(from_client: bool, flags: int, data: bytes = b"") -> bytes:
        source, target = (client, server) if from_client else (server, client)
        acknowledged = sequence[not from_client] if flags & 0x10 else 0
        head = struct.pack(
            ">HHIIBBHHH", source.port, target.port, sequence[from_client], acknowledged, 0x50, flags, 64240, 0, 0
        )
        sequence[from_client] += len(data) + (1 if flags & 0x03 else 0)
        return _frame(source, target, 6, head + data, 16)

    yield segment(True, 0x02)
    yield segment(False, 0x12)
    yield segment(True, 0x10)
    for message in messages:
        for offset in range(0, len(message.data), _MSS):
            yield segment(message.from_client, 0x18, message.data[offset : offset + _MSS])
            yield segment(not message.from_client, 0x10)
    yield segment(True, 0x11)
    yield segment(False, 0x11)
    yield segment(True, 0x10)


def _frame(source: Endpoint, target: Endpoint, proto: int, payload: bytes, checksum_at: int) -> bytes:
    length = struct.pack(">I", len(payload)) + struct.pack(">I", proto)
    if source.address.version == 4:
        length = struct.pack(">BBH", 0, proto, len(payload))
    check = _checksum(source.address.packed + target.address.packed + length + payload) or 0xFFFF
    payload = payload[:checksum_at] + struct.pack(">H", check) + payload[checksum_at + 2 :]
    if source.address.version == 6:
        head = struct.pack(">IHBB", 0x60000000, len(payload), proto, 64)
        return _ETHERNET + b"\x86\xdd" + head + source.address.packed + target.address.packed + payload
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0x4000, 64, proto, 0)
    addresses = source.address.packed + target.address.packed
    check = _checksum(head + addresses)
    return _ETHERNET + b"\x08\x00" + head[:10] + struct.pack(">H", check) + addresses + payload


def _checksum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\x00"
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
