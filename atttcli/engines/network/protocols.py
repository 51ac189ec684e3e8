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


def _sip(framed: bool, facts: Collection[str]) -> Dialect:
    from atttcli.engines.network.sip import Sip

    return Sip(framed=framed)


def _dhcp(framed: bool, facts: Collection[str]) -> Dialect:
    from atttcli.engines.network.dhcp import Dhcp

    return Dhcp()


def _rdp(framed: bool, facts: Collection[str]) -> Dialect:
    from atttcli.engines.network.rdp import Rdp

    return Rdp()


def _pgsql(framed: bool, facts: Collection[str]) -> Dialect:
    from atttcli.engines.network.pgsql import Pgsql

    return Pgsql()


def _modbus(framed: bool, facts: Collection[str]) -> Dialect:
    from atttcli.engines.network.modbus import Modbus

    return Modbus()


def _dnp3(framed: bool, facts: Collection[str]) -> Dialect:
    from atttcli.engines.network.dnp3 import Dnp3

    return Dnp3()


def _enip(framed: bool, facts: Collection[str]) -> Dialect:
    from atttcli.engines.network.enip import Enip

    return Enip()


_DIALECTS: dict[str, Callable[[bool, Collection[str]], Dialect]] = {
    "krb5": _krb5,
    "nfs": _nfs,
    "rfb": _rfb,
    "dcerpc": _dcerpc,
    "smb": _smb,
    "ike": _ike,
    "quic": _quic,
    "sip": _sip,
    "dhcp": _dhcp,
    "rdp": _rdp,
    "pgsql": _pgsql,
    "modbus": _modbus,
    "dnp3": _dnp3,
    "enip": _enip,
}


ANSWERING = frozenset(("sip", "rdp", "modbus", "enip"))  # their servers never speak first
ONLY_NAMED = frozenset(("imap", "telnet"))  # not parsed; first words may be a blind


def message_app(app: str, *, framed: bool, facts: Collection[str] = ()) -> MessageApp | None:
    """A parser for that application, if it is one of messages."""
    make = _DIALECTS.get(app)
    return MessageApp(app, make(framed, facts), framed=framed) if make is not None else None


def recognise_stream(direction: int, data: bytes, ports: tuple[int, int]) -> str | None:
    """The application of a TCP flow by its first bytes; only what is not found by its own marks looks at ports."""
    first = data[:1]
    if (502 in ports or 44818 in ports or data[:2] == b"\x05\x64") and (plant := _of_plants(data, ports)):
        return plant
    if first == b"R" and data[:4] == b"RFB " and len(data) >= 12:
        return "rfb"
    if first == b"\0":
        return _starts_with_length(direction, data, ports)
    if first == b"\x03" and data[1:2] == b"\0":
        from atttcli.engines.network.rdp import starts_rdp

        return "rdp" if starts_rdp(direction, data, ports) else None
    if first.isalpha():
        from atttcli.engines.network.sip import is_answer, is_sip

        if is_answer(data) if direction else is_sip(data):
            return "sip"
    if first.isalnum() or first in b"*\xff":
        return _named_only(direction, data)
    if first == b"\x80" and direction == 0 and 2049 in ports:
        from atttcli.engines.network.nfs import starts_nfs

        return "nfs" if starts_nfs(data) else None
    return None


def _named_only(direction: int, data: bytes) -> str | None:
    from atttcli.engines.network.named_only import starts_imap, starts_telnet

    if data[:1] == b"\xff":
        return "telnet" if starts_telnet(data) else None
    return "imap" if starts_imap(direction, data) else None


def _of_plants(data: bytes, ports: tuple[int, int]) -> str | None:
    """Modbus, EtherNet/IP and DNP3; only the last has a mark of its own."""
    from atttcli.engines.network.dnp3 import starts_dnp3
    from atttcli.engines.network.enip import is_enip
    from atttcli.engines.network.modbus import starts_modbus

    if data[:2] == b"\x05\x64" and starts_dnp3(data):
        return "dnp3"
    if 502 in ports and starts_modbus(data):
        return "modbus"
    return "enip" if 44818 in ports and is_enip(data) else None


def _starts_with_length(direction: int, data: bytes, ports: tuple[int, int]) -> str | None:
    if 88 in ports:
        from atttcli.engines.network.kerberos import starts_kerberos

        return "krb5" if starts_kerberos(data) else None
    if direction == 0 and data[4:5] in (b"\0", b"\x04"):
        from atttcli.engines.network.pgsql import starts_pgsql

        return "pgsql" if starts_pgsql(data) else None
    return None


def recognise_datagram(data: bytes, ports: tuple[int, int], wanted: Container[str]) -> str | None:
    """The application of a UDP flow by its first datagram; what no rule asks for is looked for only where it is cheap.

    None: one that only keeps a way open, the next one is asked.
    """
    low, high = ports if ports[0] < ports[1] else (ports[1], ports[0])
    if 53 in ports:
        return "dns" if dns.looks_like_dns(data) else "failed"
    if ports[1] == 69:
        return "tftp" if data[:2] in (b"\0\x01", b"\0\x02") else "failed"
    if low in (161, 162) or high in (161, 162):
        return "snmp" if snmp.fields(data) is not None else "failed"
    for probe in (_PROBES.get(low), _PROBES.get(high)):
        if probe is not None and probe[0] in wanted and probe[1](data):
            return probe[0]
    return _by_content(data, wanted)


def _by_content(data: bytes, wanted: Container[str]) -> str | None:
    """What is at home on any port."""
    if "dhcp" in wanted and data[236:240] == b"\x63\x82\x53\x63":
        from atttcli.engines.network.dhcp import is_dhcp

        return "dhcp" if is_dhcp(data) else "failed"
    if "sip" in wanted:
        if data in _KEPT_OPEN:
            return None
        if data[:1].isalpha():
            from atttcli.engines.network.sip import is_sip

            if is_sip(data):
                return "sip"
    if "bittorrent-dht" in wanted and data[:1] == b"d":
        from atttcli.engines.network.named_only import is_hash_table

        return "bittorrent-dht" if is_hash_table(data) else "failed"
    return "failed"


_KEPT_OPEN = (b"\r\n\r\n", b"\r\n", b"\0\0\0\0", b"\0")  # telephones behind address translation send these


def first_answers(app: str | None, data: bytes) -> bool:
    """Whether a flow's first datagram is an answer, so that it came from the server."""
    if app == "dns":
        return dns.is_response(data)
    return app == "sip" and data[:4].upper() == b"SIP/"


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


def _is_enip(data: bytes) -> bool:
    from atttcli.engines.network.enip import is_enip

    return is_enip(data)


def _is_dnp3(data: bytes) -> bool:
    from atttcli.engines.network.dnp3 import starts_dnp3

    return data[:2] == b"\x05\x64" and starts_dnp3(data)


def _is_ntp(data: bytes) -> bool:
    from atttcli.engines.network.named_only import is_ntp

    return is_ntp(data)


_PROBES: dict[int, tuple[str, Callable[[bytes], bool]]] = {
    88: ("krb5", _is_krb5),
    123: ("ntp", _is_ntp),
    500: ("ike", _is_ike),
    4500: ("ike", _is_ike),
    2049: ("nfs", _is_nfs),
    443: ("quic", _is_quic),
    80: ("quic", _is_quic),
    2222: ("enip", _is_enip),
    44818: ("enip", _is_enip),
    20000: ("dnp3", _is_dnp3),
}
