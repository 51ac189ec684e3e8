"""Every option a rule may have: the table from its name to what it does to the draft. Anything else is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from atttcli.errors import RuleError
from atttcli.rulepack.network import (
    bytetests,
    contents,
    encoded,
    files,
    headers,
    industrial,
    numeric,
    protocols,
    reputation,
    state,
)
from atttcli.rulepack.network.buffers import (
    BUFFERS,
    CIP_NUMBERS,
    ENIP_NUMBERS,
    MODIFIERS,
    NUMBERS,
    PAYLOAD,
    STICKY_ALIASES,
    TRANSFORMS,
)
from atttcli.rulepack.network.classification import CLASSES
from atttcli.rulepack.network.draft import ContentDraft, Draft
from atttcli.rulepack.network.values import Pcre

Handler = Callable[[Draft, str], None]


def _msg(draft: Draft, value: str) -> None:
    text = contents.unquote(value, "msg")[1]
    draft.msg = text.replace('\\"', '"').replace("\\;", ";").replace("\\:", ":").replace("\\\\", "\\")


def _sid(draft: Draft, value: str) -> None:
    draft.sid = contents.number(value.strip().strip('"'), "sid", 1, 0xFFFFFFFF)


def _gid(draft: Draft, value: str) -> None:
    draft.gid = contents.number(value.strip().strip('"'), "gid", 0, 0xFFFFFFFF)


def _rev(draft: Draft, value: str) -> None:
    draft.rev = contents.number(value.strip().strip('"'), "rev", 0, 0xFFFFFFFF)


def _priority(draft: Draft, value: str) -> None:
    draft.priority = contents.number(value, "priority", 1, 255)


def _classtype(draft: Draft, value: str) -> None:
    name = value.strip().strip('"')
    category, priority = CLASSES.get(name.lower(), ("", 3))
    if draft.classtype and draft.class_priority is not None and draft.class_priority <= priority:
        return
    draft.classtype, draft.category, draft.class_priority = name, category, priority


def _metadata(draft: Draft, value: str) -> None:
    draft.metadata.extend(part.strip() for part in value.split(","))


def _reference(draft: Draft, value: str) -> None:
    draft.references.append(value.strip())


def _target(draft: Draft, value: str) -> None:
    side = value.strip().lower()
    if side not in ("src_ip", "dest_ip"):
        raise RuleError(f"target: unknown side {side[:40]!r}")
    draft.points_at = side


def _noalert(draft: Draft, value: str) -> None:
    draft.noalert = True


def _sticky(name: str) -> Handler:
    def stick(draft: Draft, value: str) -> None:
        draft.stick(name)

    return stick


def _modifier(name: str, keyword: str) -> Handler:
    def rebind(draft: Draft, value: str) -> None:
        draft.rebind(name, keyword)

    return rebind


def _transform(name: str) -> Handler:
    def transform(draft: Draft, value: str) -> None:
        if draft.current is None:
            raise RuleError(f"{name} without a sticky buffer")
        if draft.current.ops:
            draft.split()
        draft.current.transforms.append(name)

    return transform


def _pcrexform(draft: Draft, value: str) -> None:
    """`pcrexform:"..."`: what its first group captures replaces the buffer; without a match nothing is left."""
    negated, text = contents.unquote(value, "pcrexform")
    if negated:
        raise RuleError("pcrexform cannot be negated")
    contents.check_pcre(Pcre(text.encode("utf-8", "surrogateescape")))
    _transform("pcrexform:" + text)(draft, "")


def _xor(draft: Draft, value: str) -> None:
    """`xor:"0d0ac8ff"`: the key in hexadecimal."""
    key = value.strip().strip('"')
    if len(key) % 2 or not key or not all(sign in "0123456789abcdefABCDEF" for sign in key):
        raise RuleError("xor: the key is not pairs of hexadecimal digits")
    _transform("xor:" + key.lower())(draft, "")


def _alert(draft: Draft, value: str) -> None:
    """`alert`: also a pass rule is told."""
    if draft.noalert:
        raise RuleError("alert and noalert together")
    draft.told = True


def _prefilter(draft: Draft, value: str) -> None:
    """`prefilter`: which option the engine looks at first; changes nothing in what matches."""


def _uricontent(draft: Draft, value: str) -> None:
    negated, text = contents.unquote(value, "uricontent")
    made = ContentDraft(contents.pattern_bytes(text), negated)
    if not made.pattern:
        raise RuleError("uricontent: empty pattern")
    group = draft.find("http.uri")
    group.ops.append(made)
    draft.last, draft.last_group = made, group


def _fingerprint_alias(draft: Draft, value: str) -> None:
    """`tls.fingerprint:"aa:bb"`: an older form of `tls.cert_fingerprint` with a content."""
    negated, text = contents.unquote(value, "tls.fingerprint")
    draft.find("tls.cert_fingerprint").ops.append(ContentDraft(text.strip().lower().encode(), negated))


def _name_alias(buffer: str) -> Handler:
    def content(draft: Draft, value: str) -> None:
        negated, text = contents.unquote(value, buffer)
        draft.find(buffer).ops.append(ContentDraft(text.encode("utf-8", "surrogateescape"), negated))

    return content


def _bare(handler: Handler, keyword: str) -> Handler:
    """An option that takes no value refuses one, instead of passing over it."""

    def checked(draft: Draft, value: str) -> None:
        if value.strip():
            raise RuleError(f"{keyword} takes no value")
        handler(draft, value)

    return checked


def _table() -> dict[str, Handler]:
    table: dict[str, Handler] = {
        "msg": _msg,
        "sid": _sid,
        "gid": _gid,
        "rev": _rev,
        "priority": _priority,
        "classtype": _classtype,
        "metadata": _metadata,
        "reference": _reference,
        "target": _target,
        "content": contents.content,
        "offset": contents.offset,
        "depth": contents.depth,
        "distance": contents.distance,
        "within": contents.within,
        "fast_pattern": contents.fast_pattern,
        "pcre": contents.pcre,
        "isdataat": contents.isdataat,
        "bsize": contents.bsize,
        "dsize": contents.dsize,
        "urilen": contents.urilen,
        "uricontent": _uricontent,
        "byte_test": bytetests.byte_test,
        "byte_jump": bytetests.byte_jump,
        "byte_extract": bytetests.byte_extract,
        "byte_math": bytetests.byte_math,
        "fragbits": headers.fragbits,
        "fragoffset": partial(headers.header_number, keyword="fragoffset"),
        "flow": headers.flow,
        "flowbits": headers.flowbits,
        "xbits": headers.xbits,
        "threshold": headers.threshold,
        "detection_filter": headers.detection_filter,
        "flags": headers.flags,
        "tcp.flags": headers.flags,
        "ip_proto": headers.ip_proto,
        "ipopts": headers.ipopts,
        "stream_size": headers.stream_size,
        "tls.fingerprint": _fingerprint_alias,
        "tls.subject": _name_alias("tls.cert_subject"),
        "tls.issuerdn": _name_alias("tls.cert_issuer"),
        "base64_decode": encoded.base64_decode,
        "asn1": encoded.asn1,
        "flowint": state.flowint,
        "hostbits": state.hostbits,
        "app-layer-protocol": state.app_layer_protocol,
        "tag": state.tag,
        "requires": state.requires,
        "dataset": state.dataset,
        "geoip": reputation.geoip,
        "iprep": reputation.iprep,
        "tls.version": numeric.tls_version,
        "mqtt.type": numeric.mqtt_type,
        "ssl_version": numeric.tls_version,
        "ftpbounce": numeric.ftpbounce,
        "ftpdata_command": numeric.ftpdata_command,
        "decode-event": numeric.decode_event,
        "stream-event": numeric.stream_event,
        "app-layer-event": numeric.app_layer_event,
        "filename": numeric.file_name,
        "fileext": numeric.file_extension,
        "filesize": files.file_size,
        "filemagic": files.file_magic,
        "filemd5": files.file_digests("md5"),
        "filesha1": files.file_digests("sha1"),
        "filesha256": files.file_digests("sha256"),
        "pcrexform": _pcrexform,
        "krb5.ticket_encryption": protocols.ticket_encryption,
        "ike.chosen_sa_attribute": protocols.chosen_attribute,
        "rfb.secresult": protocols.security_result,
        "dcerpc.iface": protocols.interface,
        "dce_iface": protocols.interface,
        "dcerpc.opnum": protocols.operation,
        "dce_opnum": protocols.operation,
        "filestore": protocols.filestore,
        "frame": protocols.frame,
        "modbus": industrial.modbus,
        "dnp3_func": industrial.dnp3_function,
        "dnp3_ind": industrial.dnp3_indications,
        "dnp3_obj": industrial.dnp3_object,
        "enip_command": industrial.enip_command,
        "enip.status": industrial.enip_status,
        "cip_service": industrial.cip_service,
        "config": state.config,
        "xor": _xor,
    }
    plain: dict[str, Handler] = {
        "nocase": contents.nocase,
        "startswith": contents.startswith,
        "endswith": contents.endswith,
        "rawbytes": contents.rawbytes,
        "noalert": _noalert,
        "alert": _alert,
        "prefilter": _prefilter,
        "base64_data": encoded.base64_data,
        "sameip": headers.sameip,
        "pkt_data": _sticky(PAYLOAD),
        "krb5.weak_encryption": protocols.weak_encryption,
    }
    plain |= {name: _sticky(name) for name in BUFFERS if name not in NUMBERS}
    simple = (
        "snmp.version",
        "mqtt.reason_code",
        "http2.priority",
        "dns.opcode",
        "tls.cert_chain_len",
        "icmpv6.mtu",
        "flow.age",
        "krb5_msg_type",
        "krb5_err_code",
        "ike.exchtype",
        "ike.key_exchange_payload_length",
        "ike.nonce_payload_length",
        "rfb.sectype",
        "nfs_version",
        "nfs_procedure",
        "dhcp.leasetime",
        "dhcp.renewal_time",
        "dhcp.rebinding_time",
    )
    table |= {name: numeric.numeric(name) for name in (*simple, *ENIP_NUMBERS, *CIP_NUMBERS)}
    plain |= {alias: _sticky(name) for alias, name in STICKY_ALIASES.items()}
    plain |= {alias: _modifier(name, alias) for alias, name in MODIFIERS.items()}
    plain |= {name: _transform(name) for name in TRANSFORMS}
    numbers = (
        "itype",
        "icode",
        "ttl",
        "tos",
        "id",
        "icmp_id",
        "icmp_seq",
        "seq",
        "ack",
        "window",
        "tcp.ack",
        "tcp.seq",
    )
    for name in numbers:
        table[name] = partial(headers.header_number, keyword=name.removeprefix("tcp."))
    for kind in ("ipv4", "tcpv4", "tcpv6", "udpv4", "udpv6", "icmpv4", "icmpv6"):
        table[f"{kind}-csum"] = partial(headers.checksum, keyword=f"{kind}-csum")
    table["tcp.window"] = table["window"]
    return table | {name: _bare(handler, name) for name, handler in plain.items()}


KEYWORDS: Final[dict[str, Handler]] = _table()
