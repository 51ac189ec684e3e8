"""Which of the message protocols a flow speaks, and their parsers: loaded when a rule asks for one and a flow shows it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container

from atttcli.engines.network import dns, snmp
from atttcli.engines.network.messages import Dialect, MessageApp


def _krb5(framed: bool, facts: Collection[str]) -> Dialect:
    from atttcli.engines.network.kerberos import Kerberos

    return Kerberos(framed=framed)


def _nfs(framed: bool, facts: Collection[str]) -> Dialect:
    from atttcli.engines.network.nfs import Nfs

    return Nfs(framed=framed, wanted=facts)


def _rfb(framed: bool, facts: Collection[str]) -> Dialect:
    from atttcli.engines.network.rfb import Rfb

    return Rfb()


def _dcerpc(framed: bool, facts: Collection[str]) -> Dialect:
    from atttcli.engines.network.dcerpc import DceRpc

    return DceRpc()


def _smb(framed: bool, facts: Collection[str]) -> Dialect:
    from atttcli.engines.network.smb import Smb

    return Smb(facts)


def _ike(framed: bool, facts: Collection[str]) -> Dialect:
    from atttcli.engines.network.ike import Ike

    return Ike()


def _quic(framed: bool, facts: Collection[str]) -> Dialect:
    from atttcli.engines.network.quic import Quic

    return Quic()


_DIALECTS: dict[str, Callable[[bool, Collection[str]], Dialect]] = {
    "krb5": _krb5,
    "nfs": _nfs,
    "rfb": _rfb,
    "dcerpc": _dcerpc,
    "smb": _smb,
    "ike": _ike,
    "quic": _quic,
}


def message_app(app: str, *, framed: bool, facts: Collection[str] = ()) -> MessageApp | None:
    """A parser for that application, if it is one of messages."""
    make = _DIALECTS.get(app)
    return MessageApp(app, make(framed, facts), framed=framed) if make is not None else None


def recognise_stream(direction: int, data: bytes, ports: tuple[int, int]) -> str | None:
    """The application of a TCP flow by its first bytes; only what is not found by its own marks looks at ports."""
    first = data[:1]
    if first == b"R" and data[:4] == b"RFB " and len(data) >= 12:
        return "rfb"
    if first == b"\0" and 88 in ports:
        from atttcli.engines.network.kerberos import starts_kerberos

        return "krb5" if starts_kerberos(data) else None
    if first == b"\x80" and direction == 0 and 2049 in ports:
        from atttcli.engines.network.nfs import starts_nfs

        return "nfs" if starts_nfs(data) else None
    return None


def recognise_datagram(data: bytes, ports: tuple[int, int], wanted: Container[str]) -> str:
    """The application of a UDP flow by its first datagram; what no rule asks for is looked for only where it is cheap."""
    low, high = ports if ports[0] < ports[1] else (ports[1], ports[0])
    if 53 in ports:
        return "dns" if dns.looks_like_dns(data) else "failed"
    if ports[1] == 69:
        return "tftp" if data[:2] in (b"\0\x01", b"\0\x02") else "failed"
    if low in (161, 162) or high in (161, 162):
        return "snmp" if snmp.fields(data) is not None else "failed"
    probe = _PROBES.get(low) or _PROBES.get(high)
    if probe is not None and probe[0] in wanted and probe[1](data):
        return probe[0]
    return "failed"


def _is_krb5(data: bytes) -> bool:
    from atttcli.engines.network.kerberos import is_kerberos

    return is_kerberos(data)


def _is_ike(data: bytes) -> bool:
    from atttcli.engines.network.ike import is_ike

    return is_ike(data)


def _is_nfs(data: bytes) -> bool:
    from atttcli.engines.network.nfs import is_call

    return is_call(data)


def _is_quic(data: bytes) -> bool:
    from atttcli.engines.network.quic import is_quic

    return is_quic(data)


_PROBES: dict[int, tuple[str, Callable[[bytes], bool]]] = {
    88: ("krb5", _is_krb5),
    500: ("ike", _is_ike),
    4500: ("ike", _is_ike),
    2049: ("nfs", _is_nfs),
    443: ("quic", _is_quic),
    80: ("quic", _is_quic),
}
