"""The inspection buffers that rules may name, where each is seen, and their older names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

BOTH: Final = "both"
TO_SERVER: Final = "to_server"
TO_CLIENT: Final = "to_client"
PAYLOAD: Final = "payload"


PACKET: Final = "packet"
FLOW: Final = "flow"
HTTP: Final = ("http", "http2")
FILES: Final = (*HTTP, "smtp", "ftp-data", "smb", "nfs")
# What is known of a file only when the whole of it was seen.
FILE_FACTS: Final = ("file.size", "file.md5", "file.sha1", "file.sha256")
PIPES: Final = ("dcerpc", "smb")


@dataclass(frozen=True, slots=True)
class Buffer:
    """A named part of a transaction, of a packet's headers or of a flow (`scope`).

    `multi`: may occur several times, each judged alone. `apps`: the applications whose transactions have it.
    """

    name: str
    apps: tuple[str, ...]
    direction: str
    multi: bool = False
    scope: str = "app"


def _table(app: str | tuple[str, ...], direction: str, names: str, multi: str = "") -> dict[str, Buffer]:
    several = multi.split()
    apps = (app,) if isinstance(app, str) else app
    return {name: Buffer(name, apps, direction, name in several) for name in names.split() + several}


def _apart(scope: str, names: str) -> dict[str, Buffer]:
    return {name: Buffer(name, (), BOTH, False, scope) for name in names.split()}


def _parts(layers: str) -> Iterator[tuple[str, str, str]]:
    """Application, layer and part of what has a header and data."""
    for word in layers.split():
        app, _, layer = word.partition(":")
        for part in ("pdu", "hdr", "data"):
            yield app, layer, part


# What `ike.chosen_sa_attribute` may ask for, and the buffer that holds its number.
_CHOSEN = """alg_enc alg_hash alg_auth alg_dh alg_prf sa_group_type sa_life_type sa_life_duration sa_key_length
sa_field_size"""
IKE_ATTRIBUTES: Final[dict[str, str]] = {name: "ike." + name for name in _CHOSEN.split()}

# Numbers of EtherNet/IP, and those of CIP, of which one message may have several.
_ENIP = "protocol_version revision identity_status state serial product_code device_type vendor_id capabilities"
_CIP = "class instance attribute status extendedstatus"
ENIP_NUMBERS: Final = tuple(f"enip.{name}" for name in _ENIP.split())
CIP_NUMBERS: Final = tuple(f"enip.cip_{name}" for name in _CIP.split())

# Frames by the names of their buffers, and whose they are.
FRAMES: Final[dict[str, str]] = {
    "frame.http1.request": "http",
    "frame.http1.response": "http",
    "frame.dns.pdu": "dns",
    **{f"frame.{layer}.{part}": app for app, layer, part in _parts("tls:tls smb:nbss smb:smb1 smb:smb2 enip:enip")},
}

BUFFERS: Final[dict[str, Buffer]] = {
    **_table(
        HTTP,
        TO_SERVER,
        "http.uri http.uri.raw http.method http.host http.host.raw http.user_agent http.request_body"
        " http.request_line http.referer http.accept http.accept_enc http.accept_lang",
        "http.request_header",
    ),
    **_table(
        HTTP,
        TO_CLIENT,
        "http.stat_code http.stat_msg http.response_line http.server http.location http.response_body",
        "http.response_header",
    ),
    **_table(
        HTTP,
        BOTH,
        "http.header http.header.raw http.header_names http.cookie http.protocol http.content_type"
        " http.content_len http.connection http.start",
    ),
    **_table(FILES, BOTH, "", "file.data file.name"),
    **_table(FILES, BOTH, "", " ".join(("file.magic", *FILE_FACTS))),
    **_table("dns", TO_SERVER, "", "dns.query"),
    **_table("dns", BOTH, "dns.opcode"),
    **_table("tls", TO_SERVER, "tls.sni"),
    **_table(("tls", "quic"), TO_SERVER, "ja3.hash ja3.string ja4.hash"),
    **_table(("tls", "quic"), TO_CLIENT, "ja3s.hash ja3s.string"),
    **_table("quic", BOTH, "quic.version"),
    **_table("quic", TO_SERVER, "quic.sni quic.ua quic.cyu.hash quic.cyu.string"),
    **_table("krb5", BOTH, "krb5_msg_type"),
    **_table("krb5", TO_CLIENT, "krb5_err_code krb5.weak krb5.ticket_encryption", "krb5.cname krb5.sname"),
    **_table("ike", TO_SERVER, "ike.init_spi", "ike.vendor"),
    **_table("ike", TO_CLIENT, "ike.resp_spi " + " ".join(IKE_ATTRIBUTES.values())),
    **_table(
        "ike",
        BOTH,
        "ike.exchtype ike.key_exchange_payload ike.key_exchange_payload_length ike.nonce_payload"
        " ike.nonce_payload_length",
    ),
    **_table("rfb", TO_SERVER, "rfb.sectype"),
    **_table("rfb", TO_CLIENT, "rfb.secresult rfb.name"),
    **_table("nfs", BOTH, "nfs_version nfs_procedure"),
    **_table("sip", TO_SERVER, "sip.method sip.uri sip.request_line"),
    **_table("sip", TO_CLIENT, "sip.stat_code sip.stat_msg sip.response_line"),
    **_table(
        "sip",
        BOTH,
        "sip.protocol",
        "sip.from sip.to sip.via sip.user_agent sip.content_type sip.content_length",
    ),
    **_table("dhcp", BOTH, "dhcp.leasetime dhcp.renewal_time dhcp.rebinding_time"),
    **_table("pgsql", TO_SERVER, "pgsql.query"),
    **_table("modbus", TO_SERVER, "modbus.unit modbus.function modbus.subfunction modbus.category", "modbus.written"),
    **_table("modbus", TO_SERVER, "", "modbus.read modbus.write"),
    **_table("modbus", BOTH, "", "event.modbus"),
    **_table("dnp3", BOTH, "dnp3_func dnp3_data", "dnp3_obj event.dnp3"),
    **_table("dnp3", TO_CLIENT, "dnp3_ind"),
    **_table("enip", BOTH, "enip_command enip.status enip.product_name enip.service_name", "cip_service"),
    **_table("enip", BOTH, " ".join(ENIP_NUMBERS), " ".join(CIP_NUMBERS)),
    **_table(PIPES, BOTH, "dcerpc.iface dcerpc.opnum dcerpc.stub_data"),
    **_table("smb", TO_SERVER, "smb.share smb.named_pipe smb.ntlmssp_user smb.ntlmssp_domain"),
    **_table(
        "tls",
        BOTH,
        "tls.cert_subject tls.cert_issuer tls.cert_serial tls.cert_fingerprint tls.version tls.random tls.random_time"
        " tls.random_bytes tls.cert_chain_len",
        "tls.certs",
    ),
    **_table("ssh", BOTH, "ssh.proto ssh.software"),
    **_table("ssh", TO_SERVER, "ssh.hassh ssh.hassh.string"),
    **_table("ssh", TO_CLIENT, "ssh.hassh.server ssh.hassh.server.string"),
    **_table("ftp", TO_SERVER, "ftpbounce"),
    **_table("snmp", BOTH, "snmp.version snmp.community snmp.usm"),
    **_table(
        "mqtt",
        BOTH,
        "mqtt.type mqtt.reason_code mqtt.connect.clientid mqtt.publish.topic mqtt.publish.message",
        "event.mqtt",
    ),
    **_table("ftp-data", BOTH, "ftpdata_command"),
    **_table("http", TO_SERVER, "frame.http1.request"),
    **_table("http", TO_CLIENT, "frame.http1.response"),
    **{name: Buffer(name, (app,), BOTH) for name, app in FRAMES.items() if app != "http"},
    **_table(HTTP, BOTH, "", "event.http"),
    **_table("http2", BOTH, "", "http2.priority http2.header_name"),
    **_table("dns", BOTH, "", "event.dns"),
    **_table("smtp", BOTH, "", "event.smtp"),
    **_table("sip", BOTH, "", "event.sip"),
    **_table("dhcp", BOTH, "", "event.dhcp"),
    **_table("ftp", BOTH, "", "event.ftp"),
    **_apart(PACKET, "tcp.hdr udp.hdr ipv4.hdr ipv6.hdr icmpv4.hdr icmpv6.hdr icmpv6.mtu decode-event stream-event"),
    **_apart(FLOW, "ip.src ip.dst ip.any flow.age"),
}

# Older or other spellings that are sticky as well.
STICKY_ALIASES: Final[dict[str, str]] = {
    "file_data": "file.data",
    "dns_query": "dns.query",
    "tls_sni": "tls.sni",
    "ja3_hash": "ja3.hash",
    "ja3_string": "ja3.string",
    "tls_cert_subject": "tls.cert_subject",
    "tls_cert_issuer": "tls.cert_issuer",
    "tls_cert_serial": "tls.cert_serial",
    "tls_cert_fingerprint": "tls.cert_fingerprint",
    "http_request_line": "http.request_line",
    "http_response_line": "http.response_line",
    "http_protocol": "http.protocol",
    "http_start": "http.start",
    "http_header_names": "http.header_names",
    "http_accept": "http.accept",
    "http_accept_enc": "http.accept_enc",
    "http_accept_lang": "http.accept_lang",
    "http_connection": "http.connection",
    "http_content_len": "http.content_len",
    "http_content_type": "http.content_type",
    "http_referer": "http.referer",
    "ssh_proto": "ssh.proto",
    "ssh_software": "ssh.software",
    "krb5_cname": "krb5.cname",
    "krb5_sname": "krb5.sname",
    "dce_stub_data": "dcerpc.stub_data",
    "ja3s_hash": "ja3s.hash",
    "ja3s_string": "ja3s.string",
    "dnp3.data": "dnp3_data",
}

# Buffers that hold a number: an option asks of it directly, it is not sticky.
NUMBERS: Final = frozenset(
    {
        "dns.opcode",
        "tls.version",
        "tls.cert_chain_len",
        "ftpbounce",
        "ftpdata_command",
        "icmpv6.mtu",
        "decode-event",
        "stream-event",
        "flow.age",
        "event.http",
        "event.dns",
        "event.smtp",
        "event.sip",
        "event.dhcp",
        "event.ftp",
        "http2.priority",
        "snmp.version",
        "mqtt.type",
        "mqtt.reason_code",
        "event.mqtt",
        "krb5_msg_type",
        "krb5_err_code",
        "krb5.weak",
        "krb5.ticket_encryption",
        *IKE_ATTRIBUTES.values(),
        "ike.exchtype",
        "ike.key_exchange_payload_length",
        "ike.nonce_payload_length",
        "rfb.sectype",
        "rfb.secresult",
        "nfs_version",
        "nfs_procedure",
        "dhcp.leasetime",
        "dhcp.renewal_time",
        "dhcp.rebinding_time",
        "modbus.unit",
        "modbus.function",
        "modbus.subfunction",
        "modbus.category",
        "modbus.read",
        "modbus.write",
        "modbus.written",
        "event.modbus",
        "dnp3_func",
        "dnp3_ind",
        "dnp3_obj",
        "event.dnp3",
        "enip_command",
        "enip.status",
        "cip_service",
        *ENIP_NUMBERS,
        *CIP_NUMBERS,
        *FRAMES,
        "dcerpc.iface",
        "dcerpc.opnum",
        *FILE_FACTS,
        "ip.any",
    }
)

# Older modifiers: they bind the content before them.
MODIFIERS: Final[dict[str, str]] = {
    "http_uri": "http.uri",
    "http_raw_uri": "http.uri.raw",
    "http_method": "http.method",
    "http_host": "http.host",
    "http_raw_host": "http.host.raw",
    "http_user_agent": "http.user_agent",
    "http_header": "http.header",
    "http_raw_header": "http.header.raw",
    "http_cookie": "http.cookie",
    "http_client_body": "http.request_body",
    "http_server_body": "http.response_body",
    "http_stat_code": "http.stat_code",
    "http_stat_msg": "http.stat_msg",
}

# pcre flags that name a buffer.
PCRE_BUFFERS: Final[dict[str, str]] = {
    "U": "http.uri",
    "I": "http.uri.raw",
    "P": "http.request_body",
    "Q": "http.response_body",
    "H": "http.header",
    "D": "http.header.raw",
    "M": "http.method",
    "C": "http.cookie",
    "S": "http.stat_code",
    "Y": "http.stat_msg",
    "V": "http.user_agent",
    "W": "http.host",
    "Z": "http.host.raw",
}

TRANSFORMS: Final = frozenset(
    {
        "dotprefix",
        "to_lowercase",
        "to_uppercase",
        "strip_whitespace",
        "compress_whitespace",
        "to_md5",
        "to_sha1",
        "to_sha256",
        "url_decode",
        "header_lowercase",
        "strip_pseudo_headers",
    }
)


def scope_of(buffer: str) -> str:
    """Where a buffer is found: `app` (a transaction), `packet` (its headers; the payload too) or `flow`."""
    return PACKET if buffer == PAYLOAD else BUFFERS[buffer].scope


def is_transaction(buffer: str) -> bool:
    """Whether a buffer only exists in a transaction of an application."""
    return scope_of(buffer) == "app"


def is_of_packet(buffer: str) -> bool:
    """Whether a buffer is part of one packet's headers."""
    return buffer != PAYLOAD and scope_of(buffer) == PACKET
