"""Messages of many protocols made by hand, each as the frames of one conversation."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import struct
import uuid

from tests.support.network_wire import Conversation, client_hello, udp_frame


def der(tag: int, *parts: bytes) -> bytes:
    """An element of DER."""
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2, "big")
    return bytes([tag]) + size + body


def name(**fields: str) -> bytes:
    """A distinguished name."""
    oids = {"C": b"\x55\x04\x06", "O": b"\x55\x04\x0a", "CN": b"\x55\x04\x03"}
    return der(0x30, *(der(0x31, der(0x30, der(6, oids[k]), der(0x0C, v.encode()))) for k, v in fields.items()))


def certificate() -> bytes:
    """A certificate of www.example by Example CA with the serial 0A:FF."""
    algorithm = der(0x30, der(6, b"\x2a\x03"))
    times = der(0x30, der(0x17, b"250101000000Z"), der(0x17, b"260101000000Z"))
    tbs = der(
        0x30,
        der(0xA0, der(2, b"\2")),
        der(2, b"\x0a\xff"),
        algorithm,
        name(C="VN", O="Example CA"),
        times,
        name(CN="www.example"),
        der(0x30, algorithm),
    )
    return der(0x30, tbs, algorithm, der(3, b"\0"))


def handshake(kind: int, body: bytes) -> bytes:
    """A TLS record with one handshake message."""
    message = bytes((kind,)) + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + struct.pack(">H", len(message)) + message


SERVER_RANDOM = b"TIMErandom-bytes-of-the-server!!"


def tls_talk() -> Conversation:
    """Hello of both sides and the server's certificate."""
    one = certificate()
    chain = len(one).to_bytes(3, "big") + one
    server = b"\x03\x03" + SERVER_RANDOM + b"\0" + b"\x00\x2f" + b"\0"
    talk = Conversation(dport=443).open().send(0, client_hello("www.example"))
    return talk.send(1, handshake(2, server)).send(1, handshake(11, len(chain).to_bytes(3, "big") + chain)).close()


def http_talk() -> Conversation:
    """A request and an answer with everything that rules ask for."""
    request = (
        b"POST /Up%20load?q=1 HTTP/1.1\r\nHost: WWW.a.example:80\r\nUser-Agent: agent/1\r\nReferer: http://r.example/\r\n"
        b"Accept: text/a\r\nAccept-Encoding: gzip\r\nAccept-Language: vi\r\nCookie: k=v\r\nConnection: close\r\n"
        b"Content-Type: text/plain\r\nContent-Length: 9\r\n\r\nbody-sent"
    )
    body = gzip.compress(b"body-answered", mtime=0)
    answer = (
        b"HTTP/1.1 201 Made It\r\nServer: nginx\r\nLocation: /there\r\nContent-Encoding: gzip\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    return Conversation().open().send(0, request).send(1, answer).close()


def attached_talk() -> Conversation:
    """An upload of a file as a form."""
    form = b'--XX\r\nContent-Disposition: form-data; name="f"; filename="tool.exe"\r\n\r\nMZ-content\r\n--XX--\r\n'
    head = b"POST /f HTTP/1.1\r\nHost: a.example\r\nContent-Type: multipart/form-data; boundary=XX\r\nContent-Length: %d\r\n\r\n"
    return Conversation().open().send(0, head % len(form) + form).send(1, b"HTTP/1.1 204 No\r\n\r\n").close()


def _principal(*parts: bytes) -> bytes:
    return der(0x30, der(0xA0, der(2, b"\1")), der(0xA1, der(0x30, *(der(0x1B, part) for part in parts))))


def kerberos_reply(etype: int = 23) -> bytes:
    """An AS-REP for user01 and a ticket for krbtgt."""
    sealed = der(0x30, der(0xA0, der(2, bytes((etype,)))), der(0xA2, der(4, b"secret")))
    ticket = der(
        0x61,
        der(0x30, der(0xA0, der(2, b"\5")), der(0xA1, der(0x1B, b"A.EXAMPLE")), der(0xA2, _principal(b"krbtgt", b"A.EXAMPLE")),
            der(0xA3, sealed)),
    )  # fmt: skip
    fields = (b"\5", b"\x0b")
    return der(
        0x6B,
        der(0x30, der(0xA0, der(2, fields[0])), der(0xA1, der(2, fields[1])), der(0xA3, der(0x1B, b"A.EXAMPLE")),
            der(0xA4, _principal(b"user01")), der(0xA5, ticket), der(0xA6, sealed)),
    )  # fmt: skip


def kerberos_error(code: int = 25) -> bytes:
    """A KRB-ERROR."""
    return der(0x7E, der(0x30, der(0xA0, der(2, b"\5")), der(0xA1, der(2, b"\x1e")), der(0xA6, der(2, bytes((code,))))))


def kerberos_talk(answer: bytes) -> list[bytes]:
    """A request and its answer, in datagrams."""
    asked = der(0x6A, der(0x30, der(0xA1, der(2, b"\5")), der(0xA2, der(2, b"\x0a"))))
    return [udp_frame(asked, dport=88), udp_frame(answer, src="198.51.100.7", dst="10.1.2.3", sport=88, dport=40_000)]


def _payloads(*parts: tuple[int, bytes]) -> tuple[int, bytes]:
    kinds = [*(kind for kind, _ in parts[1:]), 0]
    return parts[0][0], b"".join(
        bytes((following, 0)) + struct.pack(">H", 4 + len(body)) + body
        for following, (_, body) in zip(kinds, parts, strict=True)
    )


def ike_message(spis: bytes, *parts: tuple[int, bytes]) -> bytes:
    """An IKEv1 message in main mode."""
    first, body = _payloads(*parts)
    return spis + bytes((first, 0x10, 2, 0)) + bytes(4) + struct.pack(">I", 28 + len(body)) + body


def ike_talk() -> list[bytes]:
    """A proposal, what was chosen, and a key."""
    attributes = b"\x80\x01\x00\x07\x80\x02\x00\x02\x00\x0c\x00\x04\x00\x01\x51\x80"
    transform = struct.pack(">BBHBBH", 0, 0, 8 + len(attributes), 1, 1, 0) + attributes
    proposal = struct.pack(">BBHBBBB", 0, 0, 8 + len(transform), 1, 1, 0, 1) + transform
    association = b"\0\0\0\1\0\0\0\1" + proposal
    back = {"src": "198.51.100.7", "dst": "10.1.2.3", "sport": 500, "dport": 500}
    return [
        udp_frame(ike_message(b"initiate" + bytes(8), (1, association), (13, b"vendor01")), sport=500, dport=500),
        udp_frame(ike_message(b"initiateresponds", (1, association)), **back),  # type: ignore[arg-type]
        udp_frame(ike_message(b"initiateresponds", (4, b"K" * 16), (10, b"nonce")), sport=500, dport=500),
    ]


def rfb_talk(result: int = 0) -> Conversation:
    """VNC with a password."""
    talk = Conversation(dport=5900).open().send(1, b"RFB 003.008\n").send(0, b"RFB 003.008\n").send(1, b"\x01\x02")
    talk.send(0, b"\x02").send(1, b"c" * 16).send(0, b"r" * 16).send(1, struct.pack(">I", result))
    if not result:
        talk.send(0, b"\0").send(1, bytes(20) + b"\0\0\0\x07desktop")
    return talk.close()


def _opaque(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data + bytes(-len(data) % 4)


def nfs_call(xid: int, procedure: int, arguments: bytes, version: int = 3) -> bytes:
    """A call with no authentication."""
    return struct.pack(">6I", xid, 0, 2, 100_003, version, procedure) + bytes(16) + arguments


def nfs_talk() -> list[bytes]:
    """NFS 3: look a file up, write it, commit."""
    handle = _opaque(b"handle")
    calls = [
        nfs_call(1, 3, _opaque(b"folder") + _opaque(b"notes.txt")),
        nfs_call(2, 7, handle + struct.pack(">QII", 0, 12, 2) + _opaque(b"file-content")),
        nfs_call(3, 21, handle + struct.pack(">QI", 0, 0)),
    ]
    found = struct.pack(">6I", 1, 1, 0, 0, 0, 0) + struct.pack(">I", 0) + handle
    frames = [udp_frame(call, sport=700, dport=2049) for call in calls]
    frames.insert(1, udp_frame(found, src="198.51.100.7", dst="10.1.2.3", sport=2049, dport=700))
    return frames


INTERFACE = uuid.UUID("12345678-1234-abcd-ef00-01234567cffb")


def pdu(kind: int, body: bytes, call: int = 1, flags: int = 3) -> bytes:
    """A PDU of DCE/RPC, lowest byte first."""
    return struct.pack("<BBBBIHHI", 5, 0, kind, flags, 0x10, 16 + len(body), 0, call) + body


def bound() -> tuple[bytes, bytes]:
    """A bind to the interface, and its acceptance."""
    item = struct.pack("<HBB", 0, 1, 0) + INTERFACE.bytes_le + struct.pack("<HH", 1, 0) + bytes(20)
    bind = pdu(11, struct.pack("<HHI", 4280, 4280, 0) + b"\1\0\0\0" + item)
    accepted = pdu(
        12, struct.pack("<HHI", 4280, 4280, 0) + b"\x04\x00" + b"135\x00" + bytes(2) + b"\1\0\0\0" + bytes(24)
    )
    return bind, accepted


def request(operation: int, stub: bytes) -> bytes:
    """A call."""
    return pdu(0, struct.pack("<IHH", len(stub), 0, operation) + stub, call=2)


def dcerpc_talk() -> Conversation:
    """Bind and one call over TCP."""
    bind, accepted = bound()
    talk = Conversation(dport=49_152).open().send(0, bind).send(1, accepted)
    return talk.send(0, request(26, b"stub-data")).send(1, pdu(2, bytes(8) + b"answered", call=2)).close()


def smb2(command: int, body: bytes, number: int, *, response: bool = False) -> bytes:
    """An SMB 2 message behind its length."""
    head = b"\xfeSMB" + struct.pack("<HHIHHIIQIIQ", 64, 0, 0, command, 1, int(response), 0, number, 0, 1, 1) + bytes(16)
    return struct.pack(">I", 64 + len(body)) + head + body if len(head) == 64 else b""


def smb_talk(content: bytes = b"MZ-file-content", chunks: int = 2, share: str = r"\\server\C$") -> Conversation:
    """Log on, connect a share, write a file in chunks, close it; and a call in a named pipe."""
    file, pipe = b"F" * 16, b"P" * 16
    wide, called = share.encode("utf-16-le"), "tool.exe".encode("utf-16-le")
    user, domain = "alice".encode("utf-16-le"), "CORP".encode("utf-16-le")
    fields = b"".join(
        struct.pack("<HHI", len(text), len(text), at)
        for text, at in ((b"", 72), (b"", 72), (domain, 72), (user, 72 + len(domain)), (b"", 72), (b"", 72))
    )
    logon = b"NTLMSSP\0\3\0\0\0" + fields + struct.pack("<I", 1) + bytes(8) + domain + user
    talk = Conversation(dport=445).open()
    talk.send(0, smb2(1, bytes(24) + logon, 1)).send(1, smb2(1, bytes(8), 1, response=True))
    talk.send(0, smb2(3, struct.pack("<HHHH", 9, 0, 72, len(wide)) + wide, 2)).send(
        1, smb2(3, bytes(16), 2, response=True)
    )
    for number, (handle, text) in enumerate(((file, called), (pipe, "netlogon".encode("utf-16-le"))), 3):
        talk.send(0, smb2(5, bytes(44) + struct.pack("<HH", 120, len(text)) + bytes(8) + text, number))
        talk.send(1, smb2(5, bytes(64) + handle + bytes(8), number, response=True))
    size = -(-len(content) // chunks)
    for index in range(chunks):
        piece = content[index * size : (index + 1) * size]
        head = struct.pack("<HHIQ", 49, 112, len(piece), index * size) + file + bytes(16)
        talk.send(0, smb2(9, head + piece, 10 + index)).send(1, smb2(9, bytes(16), 10 + index, response=True))
    talk.send(0, smb2(6, bytes(8) + file, 40)).send(1, smb2(6, bytes(60), 40, response=True))
    for index, part in enumerate((bound()[0], request(26, b"stub-data"))):
        asked = (
            struct.pack("<HHI", 57, 0, 0x0011C017) + pipe + struct.pack("<IIIIIIII", 120, len(part), 0, 0, 0, 0, 1, 0)
        )
        talk.send(0, smb2(11, asked + part, 50 + index))
        back = bound()[1] if not index else pdu(2, bytes(8) + b"answered", call=2)
        told = struct.pack("<HHI", 49, 0, 0x0011C017) + pipe + struct.pack("<IIIIII", 0, 0, 112, len(back), 0, 0)
        talk.send(1, smb2(11, told + back, 50 + index, response=True))
    return talk.close()


def google_quic() -> bytes:
    """A client's hello in Q046."""
    values = {b"SNI\0": b"q.example", b"VER\0": b"Q046", b"UAID": b"agent/1"}
    table, content = b"", b""
    for tag, value in values.items():
        content += value
        table += tag + struct.pack("<I", len(content))
    return (
        b"\xc3Q046\x50" + b"D" * 8 + bytes(17) + b"\xa0\1\4CHLO" + struct.pack("<HH", len(values), 0) + table + content
    )


def _expand(secret: bytes, label: str, size: int) -> bytes:
    full = b"tls13 " + label.encode()
    info = size.to_bytes(2, "big") + bytes((len(full),)) + full + b"\0\1"
    return hmac.new(secret, info, hashlib.sha256).digest()[:size]


def quic_initial(hello: bytes, *, server: bool = False) -> bytes:
    """An initial packet of version 1 with a hello in it, sealed as RFC 9001 says."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
    initial = hmac.new(salt, b"DESTINED", hashlib.sha256).digest()
    secret = _expand(initial, "server in" if server else "client in", 32)
    plain = b"\x06\0" + struct.pack(">H", 0x4000 | len(hello)) + hello
    plain += bytes(max(1100 - len(plain), 0))
    own = b"" if server else b"DESTINED"
    head = b"\xc0\0\0\0\1" + bytes((len(own),)) + own + b"\0\0" + struct.pack(">H", 0x4000 | (len(plain) + 17)) + b"\0"
    sealed = AESGCM(_expand(secret, "quic key", 16)).encrypt(_expand(secret, "quic iv", 12), plain, head)
    cipher = Cipher(algorithms.AES(_expand(secret, "quic hp", 16)), modes.ECB())
    mask = cipher.encryptor().update(sealed[3:19])
    return bytes((head[0] ^ mask[0] & 15,)) + head[1:-1] + bytes((mask[1],)) + sealed


def quic_talk() -> list[bytes]:
    """Hello of both sides."""
    server = b"\x03\x03" + b"S" * 32 + b"\0" + b"\x13\x01\0" + b"\0\x04\0\x2b\0\0"
    answer = b"\2" + len(server).to_bytes(3, "big") + server
    back = {"src": "198.51.100.7", "dst": "10.1.2.3", "sport": 443, "dport": 40_000}
    return [
        udp_frame(quic_initial(client_hello("q.example")[5:]), dport=443),
        udp_frame(quic_initial(answer, server=True), **back),  # type: ignore[arg-type]
    ]


SIP_INVITE = (
    b"INVITE sip:bob@b.example SIP/2.0\r\nVia: SIP/2.0/UDP a.example;branch=1\r\nv: SIP/2.0/UDP\r\n proxy.example\r\n"
    b"f: <sip:alice@a.example>;tag=1\r\nTo: <sip:bob@b.example>\r\nUser-Agent: phone/1\r\nc: application/sdp\r\n"
    b"Content-Length: 5\r\n\r\nv=0\r\n"
)
SIP_ANSWER = (
    b"SIP/2.0 180 Ringing Now\r\nVia: SIP/2.0/UDP a.example;branch=1\r\nFrom: <sip:alice@a.example>;tag=1\r\n"
    b"t: <sip:bob@b.example>;tag=2\r\nl: 0\r\n\r\n"
)


def sip_talk() -> list[bytes]:
    """A call and its first answer, on a port that is not SIP's."""
    back = {"src": "198.51.100.7", "dst": "10.1.2.3"}
    return [udp_frame(SIP_INVITE, dport=25_060), udp_frame(SIP_ANSWER, sport=25_060, dport=40_000, **back)]  # type: ignore[arg-type]


def sip_stream(size: int = 1400) -> Conversation:
    """The same over TCP, in segments of a size."""
    talk = Conversation(dport=25_060).open().send(0, b"\r\n\r\n" + SIP_INVITE, size=size)
    return talk.send(1, SIP_ANSWER, size=size).close()


def dhcp_message(kind: int, *options: tuple[int, bytes], reply: bool = False) -> bytes:
    """A DHCP message for the machine 02:00:00:00:00:01."""
    head = struct.pack(">BBBBIHH", 1 + reply, 1, 6, 0, 0xABCD, 0, 0) + bytes(4) + bytes((10, 1, 2, 50)) + bytes(8)
    head += b"\x02\0\0\0\0\x01" + bytes(10) + bytes(64) + bytes(128) + b"\x63\x82\x53\x63"
    given = ((53, bytes((kind,))), *options)
    return head + b"\0" + b"".join(bytes((code, len(value))) + value for code, value in given) + b"\xff"


def dhcp_talk() -> list[bytes]:
    """A request, and an answer with a lease of 3600 seconds, renewed after 1800, bound anew after 3150."""
    asked = dhcp_message(3, (12, b"pc-01"), (50, bytes((10, 1, 2, 50))))
    times = ((51, 3600), (58, 1800), (59, 3150))
    given = dhcp_message(5, *((code, struct.pack(">I", time)) for code, time in times), reply=True)
    back = udp_frame(given, src="198.51.100.7", dst="10.1.2.3", sport=67, dport=68)
    return [udp_frame(asked, sport=68, dport=67), back]


def tpkt(kind: int, rest: bytes) -> bytes:
    """An X.224 message in its envelope."""
    return (
        struct.pack(">BBHBBHHB", 3, 0, 11 + len(rest), 6 + len(rest), kind, 0, 0x1234 if kind == 0xD0 else 0, 0) + rest
    )


RDP_REQUEST = tpkt(0xE0, b"Cookie: mstshash=admin01\r\n" + b"\x01\0\x08\0\x03\0\0\0")
RDP_CONFIRM = tpkt(0xD0, b"\x02\x1f\x08\0\x02\0\0\0")


def rdp_talk(dport: int = 13_389) -> Conversation:
    """A user's cookie, the protocols offered and the one chosen; what follows is sealed."""
    talk = Conversation(dport=dport).open().send(0, RDP_REQUEST).send(1, RDP_CONFIRM)
    return talk.send(0, b"\x16\x03\x03\0\x04abcd").close()


def pg_message(kind: bytes, body: bytes) -> bytes:
    """A message with its type."""
    return kind + struct.pack(">I", 4 + len(body)) + body


PG_STARTUP = struct.pack(">II", 8 + 27, 196_608) + b"user\0app\0database\0records\0\0"
PG_CLIENT = (
    struct.pack(">II", 8, 80_877_103) + PG_STARTUP,
    pg_message(b"p", b"secret\0"),
    pg_message(b"Q", b"SELECT * FROM users\0"),
    pg_message(b"X", b""),
)
PG_SERVER = (
    b"N" + pg_message(b"R", struct.pack(">I", 3)),
    pg_message(b"R", bytes(4)) + pg_message(b"Z", b"I"),
    pg_message(b"T", b"\0\1id\0" + bytes(18)) + pg_message(b"C", b"SELECT 1\0") + pg_message(b"Z", b"I"),
)


def pgsql_talk(dport: int = 15_432, size: int = 1400) -> Conversation:
    """Encryption is asked for and refused, a session begins, one query is put."""
    talk = Conversation(dport=dport).open()
    talk.send(0, PG_CLIENT[0][:8], size=size).send(1, PG_SERVER[0][:1]).send(0, PG_CLIENT[0][8:], size=size)
    talk.send(1, PG_SERVER[0][1:], size=size)
    for said, answered in zip(PG_CLIENT[1:3], PG_SERVER[1:], strict=True):
        talk.send(0, said, size=size).send(1, answered, size=size)
    return talk.send(0, PG_CLIENT[3]).close()
