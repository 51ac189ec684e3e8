"""Every option of the table has a case here whose result changes when the option is taken out of its rule."""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import pytest

from atttcli.engines.network.tls import Certificate
from atttcli.rulepack.network.keywords import KEYWORDS
from tests.support import network_plants as plants
from tests.support import network_samples as samples
from tests.support.network_run import detections, http, pack_of, sids
from tests.support.network_wire import (
    CLIENT,
    SERVER,
    Conversation,
    dns_query,
    ethernet,
    ip,
    ipv4,
    ipv6,
    tcp,
    udp_frame,
)

Frames = Iterable[bytes] | Conversation


class Case(NamedTuple):
    """`rule` with `{k}` for the option's name; without the text `option` it gives another number of alerts."""

    rule: str
    option: str
    frames: Callable[[], Frames]
    beside: dict[str, str] = {}  # files beside the rules


def sticky(protocol: str, value: bytes, frames: Callable[[], Frames]) -> Case:
    """The buffer holds exactly this value; the payload does not."""
    content = f'content:"|{value.hex(" ")}|"; startswith; endswith;'
    return Case(f"alert {protocol} any any -> any any ({{k}}; {content} sid:1;)", "{k}; ", frames)


def modifier(value: str, frames: Callable[[], Frames]) -> Case:
    """The older form: the content moves into the buffer, which holds exactly this value."""
    rule = f'alert http any any -> any any (content:"{value}"; {{k}}; startswith; endswith; sid:1;)'
    return Case(rule, "{k}; ", frames)


def asks(protocol: str, option: str, frames: Callable[[], Frames]) -> Case:
    """The option is not met: the alert is there only without it."""
    return Case(f"alert {protocol} any any -> any any ({option} sid:1;)", option, frames)


def on_payload(options: str, option: str, payload: bytes = b"abcabc0007-tail") -> Case:
    rule = f'alert tcp any any -> any any (content:"abc"; {options} sid:1;)'
    return Case(rule, option, lambda: Conversation(dport=9).open().send(0, payload).close())


def packet(options: str, option: str, frame: bytes, protocol: str = "ip") -> Case:
    return Case(f"alert {protocol} any any -> any any ({options} sid:1;)", option, lambda: [frame])


def icmp(kind: int = 8, code: int = 3, ident: int = 7, number: int = 9) -> bytes:
    return ethernet(ip(CLIENT, SERVER, 1, struct.pack(">BBHHH", kind, code, 0, ident, number)))


def icmp6(kind: int, rest: int) -> bytes:
    return ethernet(ipv6("2001:db8::1", "2001:db8::2", 58, struct.pack(">BBHI", kind, 0, 0, rest) + bytes(40)))


def kexinit() -> bytes:
    lists = [b"kex", b"host", b"enc-c", b"enc-s", b"mac-c", b"mac-s", b"comp-c", b"comp-s", b"", b""]
    body = b"\x14" + b"C" * 16 + b"".join(struct.pack(">I", len(one)) + one for one in lists) + b"\0" * 5
    return struct.pack(">IB", len(body) + 1 + 4, 4) + body + b"\0" * 4


def ssh() -> Conversation:
    talk = Conversation(dport=22).open().send(0, b"SSH-2.0-Putty_1\r\n" + kexinit())
    return talk.send(1, b"SSH-2.0-Putty_1\r\n" + kexinit()).close()


def mqtt() -> Conversation:
    talk = Conversation(dport=1883).open().send(0, b"\x10\x10\0\x04MQTT\x04\x02\0\x3c\0\x04name")
    return talk.send(1, b"\x20\x02\0\x05").send(0, b"\x30\x09\0\x05topicgo").close()


def ftp(port: bytes = b"10,9,9,9,8,1") -> Conversation:
    return Conversation(dport=21).open().send(0, b"USER a\r\nPORT " + port + b"\r\n").close()


def ftp_transfer() -> list[bytes]:
    control = Conversation(dport=21).open().send(0, b"USER a\r\n").send(0, b"PASV\r\n")
    control.send(1, b"227 Entering (198,51,100,7,8,1)\r\n").send(0, b"RETR report.txt\r\n")
    data = Conversation(sport=40_001, dport=2049).open().send(1, b"MZ-content").close()
    return control.frames + data.frames


def frame2(kind: int, flags: int, stream: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "big") + bytes((kind, flags)) + struct.pack(">I", stream) + body


def http2() -> Conversation:
    block = b"\x82\x86\x84\x41\x09a.example\x40\x05x-odd\x03yes"
    weighted = struct.pack(">IB", 0, 250) + block
    start = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame2(4, 0, 0, b"") + frame2(1, 0x25, 1, weighted)
    return Conversation(dport=80).open().send(0, start).send(1, frame2(4, 0, 0, b"") + frame2(1, 5, 1, b"\x88")).close()


def snmp() -> list[bytes]:
    return [udp_frame(b"\x30\x0f\x02\x01\x01\x04\x06public\xa0\x02\x05\x00", dport=161)]


def snmp3() -> list[bytes]:
    der = samples.der
    users = der(0x30, der(4, b"engine"), der(2, b"\1"), der(2, b"\2"), der(4, b"admin"), der(4), der(4))
    head = der(0x30, der(2, b"\1"), der(2, b"\x20\0"), der(4, b"\3"), der(2, b"\3"))
    return [udp_frame(der(0x30, der(2, b"\3"), head, der(4, users), der(4, b"sealed")), dport=161)]


def dns() -> list[bytes]:
    return [udp_frame(dns_query("a.example"))]


def get(head: bytes = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n") -> Conversation:
    return http(head, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def kerberos() -> list[bytes]:
    return samples.kerberos_talk(samples.kerberos_reply())


T, H, D = samples.tls_talk, samples.http_talk, samples.dcerpc_talk
JA3, JA3S = b"771,4865,0,,", b"771,47,"
JA4 = b"t12d010100_" + hashlib.sha256(b"1301").hexdigest()[:12].encode() + b"_" + b"0" * 12
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"
TIME, RANDOM = samples.SERVER_RANDOM[:4], samples.SERVER_RANDOM
UUID = "12345678-1234-abcd-ef00-01234567cffb"


def md5(text: bytes) -> bytes:
    return hashlib.md5(text, usedforsecurity=False).hexdigest().encode()


def google() -> list[bytes]:
    return [udp_frame(samples.google_quic(), dport=443)]


def _buffers() -> Iterator[tuple[str, Case]]:
    """Sticky buffers, each name with a value it holds whole."""
    rows: list[tuple[str, str, bytes, Callable[[], Frames]]] = [
        ("http.uri", "http", b"/Up load?q=1", H),
        ("http.uri.raw", "http", b"/Up%20load?q=1", H),
        ("http.method", "http", b"POST", H),
        ("http.host", "http", b"www.a.example", H),
        ("http.host.raw", "http", b"WWW.a.example:80", H),
        ("http.user_agent", "http", b"agent/1", H),
        ("http.request_body", "http", b"body-sent", H),
        ("http.request_line http_request_line", "http", b"POST /Up%20load?q=1 HTTP/1.1", H),
        ("http.referer http_referer", "http", b"http://r.example/", H),
        ("http.accept http_accept", "http", b"text/a", H),
        ("http.accept_enc http_accept_enc", "http", b"gzip", H),
        ("http.accept_lang http_accept_lang", "http", b"vi", H),
        ("http.request_header", "http", b"Accept-Language: vi", H),
        ("http.stat_code", "http", b"201", H),
        ("http.stat_msg", "http", b"Made It", H),
        ("http.response_line http_response_line", "http", b"HTTP/1.1 201 Made It", H),
        ("http.server", "http", b"nginx", H),
        ("http.location", "http", b"/there", H),
        ("http.response_body", "http", b"body-answered", H),
        ("http.response_header", "http", b"Server: nginx", H),
        ("http.header", "http", b"Host: a\r\n", get),
        ("http.header.raw", "http", b"Host: a\r\n\r\n", get),
        ("http.header_names http_header_names", "http", b"\r\nHost\r\n\r\n", get),
        ("http.cookie", "http", b"k=v", H),
        ("http.protocol http_protocol", "http", b"HTTP/1.1", H),
        ("http.content_type http_content_type", "http", b"text/plain", H),
        ("http.content_len http_content_len", "http", b"9", H),
        ("http.connection http_connection", "http", b"close", H),
        ("http.start http_start", "http", POST, lambda: get(POST + b"x")),
        ("http2.header_name", "http2", b"x-odd", http2),
        ("file.data file_data", "http", b"body-answered", H),
        ("file.magic", "http", b"MS-DOS executable", samples.attached_talk),
        ("file.name", "http", b"tool.exe", samples.attached_talk),
        ("dns.query dns_query", "dns", b"a.example", dns),
        ("tls.sni tls_sni", "tls", b"www.example", T),
        ("tls.cert_subject tls_cert_subject", "tls", b"CN=www.example", T),
        ("tls.cert_issuer tls_cert_issuer", "tls", b"C=VN, O=Example CA", T),
        ("tls.cert_serial tls_cert_serial", "tls", b"0A:FF", T),
        ("tls.cert_fingerprint tls_cert_fingerprint", "tls", Certificate(samples.certificate()).fingerprint, T),
        ("tls.certs", "tls", samples.certificate(), T),
        ("tls.random", "tls", RANDOM, T),
        ("tls.random_time", "tls", TIME, T),
        ("tls.random_bytes", "tls", RANDOM[4:], T),
        ("ja3.string ja3_string", "tls", JA3, T),
        ("ja3.hash ja3_hash", "tls", md5(JA3), T),
        ("ja3s.string ja3s_string", "tls", JA3S, T),
        ("ja3s.hash ja3s_hash", "tls", md5(JA3S), T),
        ("ja4.hash", "tls", JA4, T),
        ("ssh.proto ssh_proto", "ssh", b"2.0", ssh),
        ("ssh.software ssh_software", "ssh", b"Putty_1", ssh),
        ("ssh.hassh.string", "ssh", b"kex;enc-c;mac-c;comp-c", ssh),
        ("ssh.hassh", "ssh", md5(b"kex;enc-c;mac-c;comp-c"), ssh),
        ("ssh.hassh.server.string", "ssh", b"kex;enc-s;mac-s;comp-s", ssh),
        ("ssh.hassh.server", "ssh", md5(b"kex;enc-s;mac-s;comp-s"), ssh),
        ("snmp.community", "snmp", b"public", snmp),
        ("snmp.usm", "snmp", b"admin", snmp3),
        ("mqtt.connect.clientid", "mqtt", b"name", mqtt),
        ("mqtt.publish.topic", "mqtt", b"topic", mqtt),
        ("mqtt.publish.message", "mqtt", b"go", mqtt),
        ("krb5.cname krb5_cname", "krb5", b"user01", kerberos),
        ("krb5.sname krb5_sname", "krb5", b"krbtgt", kerberos),
        ("ike.init_spi", "ike", b"initiate".hex().encode(), samples.ike_talk),
        ("ike.resp_spi", "ike", b"responds".hex().encode(), samples.ike_talk),
        ("ike.vendor", "ike", b"vendor01".hex().encode(), samples.ike_talk),
        ("ike.key_exchange_payload", "ike", b"K" * 16, samples.ike_talk),
        ("ike.nonce_payload", "ike", b"nonce", samples.ike_talk),
        ("rfb.name", "rfb", b"desktop", samples.rfb_talk),
        ("dcerpc.stub_data dce_stub_data", "dcerpc", b"stub-data", D),
        ("smb.share", "smb", rb"\\server\C$", samples.smb_talk),
        ("smb.named_pipe", "smb", rb"\\server\IPC$", lambda: samples.smb_talk(share=r"\\server\IPC$")),
        ("smb.ntlmssp_user", "smb", b"alice", samples.smb_talk),
        ("smb.ntlmssp_domain", "smb", b"CORP", samples.smb_talk),
        ("sip.method", "sip", b"INVITE", samples.sip_talk),
        ("sip.uri", "sip", b"sip:bob@b.example", samples.sip_talk),
        ("sip.request_line", "sip", b"INVITE sip:bob@b.example SIP/2.0", samples.sip_talk),
        ("sip.stat_code", "sip", b"180", samples.sip_talk),
        ("sip.stat_msg", "sip", b"Ringing Now", samples.sip_talk),
        ("sip.response_line", "sip", b"SIP/2.0 180 Ringing Now", samples.sip_talk),
        ("sip.protocol", "sip", b"SIP/2.0", samples.sip_talk),
        ("sip.from", "sip", b"<sip:alice@a.example>;tag=1", samples.sip_talk),
        ("sip.to", "sip", b"<sip:bob@b.example>", samples.sip_talk),
        ("sip.via", "sip", b"SIP/2.0/UDP proxy.example", samples.sip_talk),
        ("sip.user_agent", "sip", b"phone/1", samples.sip_talk),
        ("sip.content_type", "sip", b"application/sdp", samples.sip_talk),
        ("sip.content_length", "sip", b"5", samples.sip_talk),
        ("pgsql.query", "pgsql", b"SELECT * FROM users", samples.pgsql_talk),
        ("dnp3_data dnp3.data", "dnp3", plants.SELECT, plants.dnp3_talk),
        ("enip.product_name", "enip", plants.NAME, plants.enip_talk),
        ("enip.service_name", "enip", b"Communications", plants.enip_talk),
        ("quic.version", "quic", b"\0\0\0\1", samples.quic_talk),
        ("quic.sni", "quic", b"q.example", samples.quic_talk),
        ("quic.ua", "quic", b"agent/1", google),
        ("quic.cyu.string", "quic", b"46,SNI-VER-UAID", google),
        ("quic.cyu.hash", "quic", md5(b"46,SNI-VER-UAID"), google),
    ]
    for names, protocol, value, frames in rows:
        for word in names.split():
            yield word, sticky(protocol, value, frames)


def _modifiers() -> Iterator[tuple[str, Case]]:
    for word, value in {
        "http_uri": "/Up load?q=1",
        "http_raw_uri": "/Up%20load?q=1",
        "http_method": "POST",
        "http_host": "www.a.example",
        "http_raw_host": "WWW.a.example:80",
        "http_user_agent": "agent/1",
        "http_cookie": "k=v",
        "http_client_body": "body-sent",
        "http_server_body": "body-answered",
        "http_stat_code": "201",
        "http_stat_msg": "Made It",
    }.items():
        yield word, modifier(value, H)
    yield "http_header", modifier("Host: a|0d 0a|", get)
    yield "http_raw_header", modifier("Host: a|0d 0a 0d 0a|", get)


SYN_FRAME = Conversation().open().frames[0]
DATA = Conversation().open().send(0, b"abc").frames[3]
ANSWERED = Conversation().open().frames[1]
NUMBERS: dict[str, tuple[str, str, Callable[[], Frames]]] = {
    "dns.opcode": ("dns", "{k}:5; ", dns),
    "tls.cert_chain_len": ("tls", "tls.cert_subject; content:\"www\"; {k}:>1; ", T),
    "flow.age": ("tcp", "flags:S; {k}:>1; ", lambda: [SYN_FRAME]),
    "snmp.version": ("snmp", "snmp.community; content:\"public\"; {k}:1; ", snmp),
    "mqtt.type": ("mqtt", "mqtt.publish.topic; content:\"topic\"; {k}:CONNECT; ", mqtt),
    "mqtt.reason_code": ("mqtt", "mqtt.type:CONNACK; {k}:0; ", mqtt),
    "http2.priority": ("http2", "http.host; content:\"a.example\"; {k}:3; ", http2),
    "tls.version": ("tls", "ja3.string; content:\"771\"; {k}:1.0; ", T),
    "ssl_version": ("tls", "ja3.string; content:\"771\"; {k}:tls1.0; ", T),
    "ftpdata_command": ("ftp-data", "file.data; content:\"MZ\"; {k}:stor; ", ftp_transfer),
    "krb5_msg_type": ("krb5", "krb5.cname; content:\"user01\"; {k}:13; ", kerberos),
    "krb5.ticket_encryption": ("krb5", "krb5.cname; content:\"user01\"; {k}:!weak; ", kerberos),
    "krb5_err_code": ("krb5", "krb5_msg_type:30; {k}:7; ", lambda: samples.kerberos_talk(samples.kerberos_error())),
    "ike.chosen_sa_attribute": ("ike", "ike.resp_spi; content:\"72\"; {k}:alg_hash=1; ", samples.ike_talk),
    "ike.exchtype": ("ike", "ike.init_spi; content:\"69\"; {k}:4; ", samples.ike_talk),
    "ike.key_exchange_payload_length": ("ike", "ike.nonce_payload; content:\"nonce\"; {k}:>16; ", samples.ike_talk),
    "ike.nonce_payload_length": ("ike", "ike.nonce_payload; content:\"nonce\"; {k}:<5; ", samples.ike_talk),
    "rfb.sectype": ("rfb", "rfb.sectype:2; {k}:<2; ", samples.rfb_talk),
    "rfb.secresult": ("rfb", "rfb.name; content:\"desktop\"; {k}:fail; ", samples.rfb_talk),
    "nfs_version": ("nfs", "nfs_procedure:3; {k}:2; ", samples.nfs_talk),
    "nfs_procedure": ("nfs", "nfs_version:3; {k}:6; ", samples.nfs_talk),
    "dhcp.leasetime": ("dhcp", "dhcp.renewal_time:1800; {k}:<3600; ", samples.dhcp_talk),
    "dhcp.renewal_time": ("dhcp", "dhcp.leasetime:3600; {k}:1000<>1800; ", samples.dhcp_talk),
    "dhcp.rebinding_time": ("dhcp", "dhcp.leasetime:3600; {k}:>3150; ", samples.dhcp_talk),
    "frame": ("tls", "{k}:tls.pdu; content:\"|16 03 03|\"; startswith; ", T),
    "modbus": ("modbus", "modbus:unit 5; {k}:function 8, subfunction 5; ", plants.modbus_talk),
    "dnp3_func": ("dnp3", "dnp3_obj:12,1; {k}:operate; ", plants.dnp3_talk),
    "dnp3_ind": ("dnp3", "dnp3_func:response; {k}:all_stations,config_corrupt; ", plants.dnp3_talk),
    "dnp3_obj": ("dnp3", "dnp3_func:select; {k}:30,5; ", plants.dnp3_talk),
    "enip_command": ("enip", "enip.product_name; content:\"PLC\"; {k}:list_services; ", plants.enip_talk),
    "enip.status": ("enip", "enip_command:101; {k}:invalid_cmd; ", plants.enip_talk),
    "cip_service": ("enip", "enip_command:111; {k}:16,246,7; ", plants.enip_talk),
    "enip.protocol_version": ("enip", "enip_command:101; {k}:>1; ", plants.enip_talk),
    "enip.revision": ("enip", "enip.vendor_id:9; {k}:1795<>1800; ", plants.enip_talk),
    "enip.identity_status": ("enip", "enip.vendor_id:9; {k}:1; ", plants.enip_talk),
    "enip.state": ("enip", "enip.vendor_id:9; {k}:>3; ", plants.enip_talk),
    "enip.serial": ("enip", "enip.vendor_id:9; {k}:77000; ", plants.enip_talk),
    "enip.product_code": ("enip", "enip.vendor_id:9; {k}:159; ", plants.enip_talk),
    "enip.device_type": ("enip", "enip.vendor_id:9; {k}:!12; ", plants.enip_talk),
    "enip.vendor_id": ("enip", "enip.state:3; {k}:8; ", plants.enip_talk),
    "enip.capabilities": ("enip", "enip.service_name; content:\"Comm\"; {k}:32; ", plants.enip_talk),
    "enip.cip_class": ("enip", "cip_service:16; {k}:>246; ", plants.enip_talk),
    "enip.cip_instance": ("enip", "cip_service:16; {k}:3; ", plants.enip_talk),
    "enip.cip_attribute": ("enip", "cip_service:16; {k}:7; ", plants.enip_talk),
    "enip.cip_status": ("enip", "enip.cip_extendedstatus:4660; {k}:0; ", plants.enip_talk),
    "enip.cip_extendedstatus": ("enip", "enip.cip_status:5; {k}:1; ", plants.enip_talk),
    "dcerpc.iface": ("dcerpc", f"dcerpc.opnum:26; {{k}}:{UUID[:-1]}0; ", D),
    "dce_iface": ("dcerpc", f"dcerpc.opnum:26; {{k}}:{UUID},>1; ", D),
    "dcerpc.opnum": ("dcerpc", f"dcerpc.iface:{UUID}; {{k}}:27-30; ", D),
    "dce_opnum": ("dcerpc", f"dcerpc.iface:{UUID}; {{k}}:1,2; ", D),
    "filestore": ("nfs", "nfs_procedure:3; {k}; ", samples.nfs_talk),
    "filename": ("http", "file.data; content:\"MZ\"; {k}:\"other\"; ", samples.attached_talk),
    "filesize": ("http", "file.data; content:\"MZ\"; {k}:>1MB; ", samples.attached_talk),
    "filemagic": ("http", "file.data; content:\"MZ\"; {k}:\"PDF\"; ", samples.attached_talk),
    "fileext": ("http", "file.data; content:\"MZ\"; {k}:\"pdf\"; ", samples.attached_talk),
    "app-layer-protocol": ("tcp", "content:\"GET\"; {k}:tls; ", get),
    "app-layer-event": ("http", "http.uri; content:\"/x\"; {k}:http.missing_host_header; ", get),
    "urilen": ("http", "http.method; content:\"GET\"; {k}:>9; ", get),
    "uricontent": ("http", "http.method; content:\"GET\"; {k}:\"nowhere\"; ", get),
    "tls.subject": ("tls", "tls.sni; content:\"www\"; {k}:\"CN=other\"; ", T),
}  # fmt: skip


def _numbers() -> Iterator[tuple[str, Case]]:
    for word, (protocol, options, frames) in NUMBERS.items():
        option = options[options.index("{k}") :]
        yield word, Case(f"alert {protocol} any any -> any any ({options}sid:1;)", option, frames)
    subject = 'alert tls any any -> any any (tls.certs; content:"www"; {k}:"%s"; sid:1;)'
    yield "tls.subject", Case(subject % "CN=other", '{k}:"CN=other"; ', T)
    yield "tls.issuerdn", Case(subject % "CN=other", '{k}:"CN=other"; ', T)
    yield "tls.fingerprint", Case(subject % "aa:bb", '{k}:"aa:bb"; ', T)
    weak = 'alert krb5 any any -> any any (krb5.cname; content:"user01"; {k}; sid:1;)'
    yield "krb5.weak_encryption", Case(weak, "{k}; ", lambda: samples.kerberos_talk(samples.kerberos_reply(18)))
    bounce = "alert ftp any any -> any 21 (flow:to_server; {k}; sid:1;)"
    yield "ftpbounce", Case(bounce, "{k}; ", ftp)


def _packets() -> Iterator[tuple[str, Case]]:
    """What is asked of one packet's headers: not met, so that the alert comes only without it."""
    ping = icmp()
    for word, value in {"itype": 5, "icode": 5, "icmp_id": 5, "icmp_seq": 5, "ttl": 5, "tos": 5, "id": 5}.items():
        yield word, packet(f"dsize:0; {{k}}:{value};", f"{{k}}:{value};", ping)
    for word in ("seq", "ack", "window", "tcp.seq", "tcp.ack", "tcp.window"):
        yield word, packet("dsize:0; {k}:5;", "{k}:5;", SYN_FRAME)
    yield "flags", packet("dsize:0; {k}:A;", "{k}:A;", SYN_FRAME)
    yield "tcp.flags", packet("dsize:0; {k}:A;", "{k}:A;", SYN_FRAME)
    yield "ip_proto", packet("dsize:0; {k}:17;", "{k}:17;", SYN_FRAME)
    piece = ethernet(ipv4(CLIENT, SERVER, 17, b"A" * 24, fragment=0x2003))
    kept = ethernet(ipv4(CLIENT, SERVER, 17, struct.pack(">HHHH", 5, 6, 8, 0), fragment=0x4000))
    yield "fragbits", packet("ip_proto:17; {k}:M;", "{k}:M;", kept)
    yield "fragoffset", packet("fragbits:M; {k}:>3;", "{k}:>3;", piece)
    yield "ipopts", packet("dsize:0; {k}:rr;", "{k}:rr;", SYN_FRAME)
    yield "sameip", packet("dsize:0; {k};", "{k};", SYN_FRAME)
    yield "dsize", packet("flags:S; {k}:>5;", "{k}:>5;", SYN_FRAME)
    yield "stream_size", packet("flags:S; {k}:client,>,50;", "{k}:client,>,50;", SYN_FRAME)
    six = ethernet(ipv6("2001:db8::1", "2001:db8::2", 6, tcp(1, 2, 3, 4, 2)))
    for word, frame in {
        "ipv4-csum": SYN_FRAME,
        "tcpv4-csum": SYN_FRAME,
        "tcpv6-csum": six,
        "udpv6-csum": udp_frame(b"x", src="2001:db8::1", dst="2001:db8::2"),
        "icmpv4-csum": ping,
        "icmpv6-csum": icmp6(1, 0),
    }.items():  # all of these have none
        yield word, packet("ttl:64; {k}:valid;", "{k}:valid;", frame)
    yield "udpv4-csum", packet("ttl:64; {k}:invalid;", "{k}:invalid;", udp_frame(b"x"))
    for word, frame in {
        "tcp.hdr": SYN_FRAME,
        "udp.hdr": udp_frame(b"x", dport=9),
        "ipv4.hdr": SYN_FRAME,
        "ipv6.hdr": icmp6(1, 0),
        "icmpv4.hdr": ping,
        "icmpv6.hdr": icmp6(1, 0),
    }.items():
        start = {"tcp.hdr": "9c 40", "udp.hdr": "9c 40", "ipv4.hdr": "45", "ipv6.hdr": "60"}.get(word, "")
        start = start or {"icmpv4.hdr": "08 03", "icmpv6.hdr": "01 00"}[word]
        yield word, packet(f'{{k}}; content:"|{start}|"; startswith;', "{k}; ", frame)
    yield "stream-event", packet("flags:S; {k}:reassembly_seq_gap;", "{k}:reassembly_seq_gap;", SYN_FRAME)
    yield "icmpv6.mtu", packet("itype:2; {k}:>1400;", "{k}:>1400;", icmp6(2, 1280))
    yield "ip.src", packet('{k}; content:"|0a 01 02 03|"; startswith;', "{k}; ", DATA)
    yield "ip.dst", packet('{k}; content:"|c6 33 64 07|"; startswith;', "{k}; ", DATA)
    short = ethernet(ipv4(CLIENT, SERVER, 6, b"short"))
    rule = "alert pkthdr any any -> any any (decode-event:tcp.pkt_too_small; {k}:udp.pkt_too_small; sid:1;)"
    yield "decode-event", Case(rule, "{k}:udp.pkt_too_small; ", lambda: [short])


def _contents() -> Iterator[tuple[str, Case]]:
    """What changes how a content is looked for."""
    yield "content", on_payload('{k}:"nowhere";', '{k}:"nowhere";')
    yield "nocase", on_payload('content:"ABC"; {k};', "{k};")
    for word in ("offset", "distance"):
        yield word, on_payload(f'content:"tail"; {word}:13;', f"{word}:13;")
    yield "depth", on_payload('content:"tail"; depth:5;', "depth:5;")
    yield "within", on_payload('content:"tail"; within:5;', "within:5;")
    yield "startswith", on_payload('content:"tail"; {k};', "{k};")
    yield "endswith", on_payload('content:"bc0"; {k};', "{k};")
    yield "isdataat", on_payload("{k}:100;", "{k}:100;")
    yield "pcre", on_payload('{k}:"/x{3}/";', '{k}:"/x{3}/";')
    yield "byte_test", on_payload("{k}:4,=,8,6,string,dec;", "{k}:4,=,8,6,string,dec;")
    jump = "{k}:4,6,string,dec,from_beginning; isdataat:100,relative;"
    yield "byte_jump", on_payload(jump, jump)
    made = 'content:"7"; offset:9; {k}:4,6,n,string,dec; byte_test:4,<,n,6,string,dec;'
    yield "byte_extract", on_payload(made, "{k}:4,6,n,string,dec; byte_test:4,<,n,6,string,dec;")
    yield (
        "asn1",
        on_payload("{k}:oversize_length 500, absolute_offset 0;", "{k}:oversize_length 500, absolute_offset 0;"),
    )
    reckoned = "{k}:bytes 4, offset 6, oper +, rvalue 5, result n, string dec; byte_test:4,>,n,6,string,dec;"
    yield "byte_math", on_payload(reckoned, reckoned)
    coded = base64.b64encode(b"powershell")
    body = http(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (len(coded), coded), b"")
    for word, option in {
        "base64_decode": "base64_decode:bytes 20; base64_data; ",
        "base64_data": "base64_decode:bytes 20; base64_data; ",
    }.items():
        rule = f'alert http any any -> any any (http.request_body; {option}content:"powershell"; sid:1;)'
        yield word, Case(rule, option, lambda: body)
    yield "bsize", Case('alert http any any -> any any (http.uri; {k}:9; content:"/x"; sid:1;)', "{k}:9; ", get)
    yield (
        "pkt_data",
        Case('alert tcp any any -> any any (ip.src; content:"|0a|"; {k}; content:"GET"; sid:1;)', "{k}; ", get),
    )
    uri = 'alert http any any -> any any (http.uri; {k}; content:"%s"; startswith; endswith; sid:1;)'
    for word, content, path in (
        ("dotprefix", "./x", b"/x"),
        ("to_lowercase", "/abc", b"/aBc"),
        ("to_uppercase", "/ABC", b"/aBc"),
        ("strip_whitespace", "/ab", b"/a%20b"),
        ("compress_whitespace", "/a b", b"/a%20%20b"),
        ("url_decode", "/a b", b"/a+b"),
        ("to_md5", f"|{hashlib.md5(b'/x', usedforsecurity=False).hexdigest()}|", b"/x"),
        ("to_sha1", f"|{hashlib.sha1(b'/x', usedforsecurity=False).hexdigest()}|", b"/x"),
        ("to_sha256", f"|{hashlib.sha256(b'/x').hexdigest()}|", b"/x"),
    ):
        talk = get(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        yield word, Case(uri % content, "{k}; ", lambda talk=talk: talk)  # type: ignore[misc]
    yield "xor", Case(uri.replace("{k}", '{k}:"01"') % ".y", '{k}:"01"; ', get)
    yield "pcrexform", Case(uri.replace("{k}", '{k}:"/(x)"') % "x", '{k}:"/(x)"; ', get)
    named = 'alert http any any -> any any (http.header; {k}; content:"host: a"; startswith; sid:1;)'
    yield "header_lowercase", Case(named, "{k}; ", get)
    pseudo = 'alert http2 any any -> any any (http.request_header; {k}; content:":method"; sid:1;)'
    yield "strip_pseudo_headers", Case(pseudo, "{k}; ", http2)


def _lists() -> Iterator[tuple[str, Case]]:
    """Lists of digests beside the rules; of none of them is the file."""
    for kind, size in {"md5": 16, "sha1": 20, "sha256": 32}.items():
        rule = 'alert http any any -> any any (file.data; content:"MZ"; {k}:list; sid:1;)'
        yield f"file{kind}", Case(rule, "{k}:list; ", samples.attached_talk, {"list": "ab" * size})


def _tables() -> Iterator[tuple[str, Case]]:
    """Tables of addresses beside the rules: the server lies in VN and has the score 20."""
    asked = "alert tcp any any -> any any (flags:S; %s sid:1;)"
    countries = {"countries.csv": "198.51.100.0/24,VN\n"}
    scores = {"categories.txt": "1,Spam,mail\n", "a.list": "198.51.100.0/24,1,20\n"}
    yield "geoip", Case(asked % "{k}:dst,LA;", "{k}:dst,LA;", lambda: [SYN_FRAME], countries)
    yield "iprep", Case(asked % "{k}:dst,Spam,>,30;", "{k}:dst,Spam,>,30;", lambda: [SYN_FRAME], scores)


def _states() -> Iterator[tuple[str, Case]]:
    """What depends on what came before."""
    yield "flow", Case('alert tcp any any -> any any ({k}:to_client; content:"GET"; sid:1;)', "{k}:to_client; ", get)
    for word, option in {
        "flowbits": "{k}:isset,never; ",
        "xbits": "{k}:isset,never,track ip_src; ",
        "hostbits": "{k}:isset,never; ",
        "flowint": "{k}:never,>,1; ",
        "noalert": "{k}; ",
        "threshold": "{k}:type threshold, track by_src, count 9, seconds 60; ",
        "detection_filter": "{k}:track by_src, count 9, seconds 60; ",
        "config": "{k}:logging disable, type tx, scope tx; ",
    }.items():
        yield word, Case(f'alert http any any -> any any (http.uri; content:"/x"; {option}sid:1;)', option, get)
    told = 'pass http any any -> any any (http.uri; content:"/x"; {k}; sid:1;)'
    yield "alert", Case(told, "{k}; ", get)
    known = 'alert http any any -> any any (http.uri; content:"/x"; dataset:isset,s,type string; sid:1;)'
    yield "dataset", Case(known, "dataset:isset,s,type string; ", get)
    yield "requires", Case('alert http any any -> any any ({k}: version >= 9; http.uri; content:"/x"; sid:1;)',
                           "{k}: version >= 9; ", get)  # fmt: skip


# Told with the alert: taken out, the alert says something else.
TOLD = {
    "msg": 'msg:"a title"; ',
    "gid": "gid:7; ",
    "rev": "rev:9; ",
    "priority": "priority:1; ",
    "classtype": "classtype:attempted-admin; ",
    "metadata": "metadata:deployment edge; ",
    "tag": "tag:session,5,packets; ",
}
# Change neither what matches nor what EVE says: kept with the rule, or a hint for how to look.
SILENT = {"sid", "reference", "target", "rawbytes", "fast_pattern", "prefilter"}

CASES: dict[str, Case] = {
    word: case
    for table in (_buffers, _modifiers, _numbers, _packets, _contents, _lists, _tables, _states)
    for word, case in table()
}


def test_every_keyword_has_a_case():
    have = set(CASES) | set(TOLD) | SILENT
    assert set(KEYWORDS) - have == set(), "keywords without a case that flips"
    assert have - set(KEYWORDS) == set(), "cases of keywords that are gone"


def alerts(rule: str, frames: Frames, beside: dict[str, str]) -> int:
    """Alerts of a rule that may also be left out as not meant for this engine."""
    pack = pack_of(rule, beside=beside)
    return sids(rule, frames, beside=beside).count(1) if pack.rules else 0


@pytest.mark.parametrize("keyword", sorted(CASES))
def test_the_result_flips_without_the_keyword(keyword: str):
    case = CASES[keyword]
    rule, option = case.rule.replace("{k}", keyword), case.option.replace("{k}", keyword)
    assert option in rule
    assert keyword in option
    refused = [problem.reason for problem in pack_of(rule, beside=case.beside).problems if problem.refused]
    assert not refused, refused
    assert alerts(rule, case.frames(), case.beside) != alerts(rule.replace(option, "", 1), case.frames(), case.beside)


@pytest.mark.parametrize("keyword", sorted(TOLD))
def test_what_is_told_with_the_alert_flips(keyword: str):
    rule = f'alert http any any -> any any (http.uri; content:"/x"; {TOLD[keyword]}sid:1;)'
    (with_it,), (without,) = (detections(text, get()) for text in (rule, rule.replace(TOLD[keyword], "")))
    assert with_it.detail["alert"] != without.detail["alert"]
