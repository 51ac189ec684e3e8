"""The inspection buffers that rules may name, where each is seen, and their older names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BOTH: Final = "both"
TO_SERVER: Final = "to_server"
TO_CLIENT: Final = "to_client"
PAYLOAD: Final = "payload"


@dataclass(frozen=True, slots=True)
class Buffer:
    """A named part of a transaction. `multi`: may occur several times, each judged alone."""

    name: str
    app: str
    direction: str
    multi: bool = False
    transform: str = ""


def _table(app: str, direction: str, names: str, multi: str = "") -> dict[str, Buffer]:
    several = multi.split()
    return {name: Buffer(name, app, direction, name in several) for name in names.split() + several}


BUFFERS: Final[dict[str, Buffer]] = {
    **_table(
        "http",
        TO_SERVER,
        "http.uri http.uri.raw http.method http.host http.host.raw http.user_agent http.request_body"
        " http.request_line http.referer http.accept http.accept_enc http.accept_lang",
        "http.request_header",
    ),
    **_table(
        "http",
        TO_CLIENT,
        "http.stat_code http.stat_msg http.response_line http.server http.location http.response_body",
        "http.response_header",
    ),
    **_table(
        "http",
        BOTH,
        "http.header http.header.raw http.header_names http.cookie http.protocol http.content_type"
        " http.content_len http.connection http.start",
        "file.data",
    ),
    **_table("dns", TO_SERVER, "", "dns.query"),
    **_table("tls", TO_SERVER, "tls.sni ja3.hash ja3.string"),
    **_table("tls", TO_CLIENT, "ja3s.hash ja3s.string"),
    **_table("tls", BOTH, "tls.cert_subject tls.cert_issuer tls.cert_serial tls.cert_fingerprint", "tls.certs"),
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
}

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
