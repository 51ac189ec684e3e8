"""Every way a datagram may be wrapped, and every form of capture, gives the same alert."""

from __future__ import annotations

import gzip
import io
import struct

import pytest
from click.testing import CliRunner

from atttcli.cli.main import cli
from atttcli.engines.network import NetworkEngine
from atttcli.model.alert import Detection
from tests.support.network_run import pack_of
from tests.support.network_wire import CLIENT, SERVER, ip, ipv6, pcap, pcapng, udp

RULE = 'alert udp any any -> any 9 (content:"deep"; startswith; sid:1;)'
FOUR = ip(CLIENT, SERVER, 17, udp(5, 9, b"deep"))
SIX = ipv6("2001:db8::1", "2001:db8::2", 17, udp(5, 9, b"deep"))
MAC = b"\x02" * 6 + b"\x04" * 6
GRE = ip(CLIENT, SERVER, 47, b"\0\0\x08\0" + FOUR)
LINKS: dict[str, tuple[int, bytes]] = {
    "Ethernet": (1, MAC + b"\x08\0" + FOUR),
    "Ethernet, IPv6": (1, MAC + b"\x86\xdd" + SIX),
    "VLAN": (1, MAC + b"\x81\0\0\x05\x08\0" + FOUR),
    "QinQ": (1, MAC + b"\x88\xa8\0\x05\x81\0\0\x06\x08\0" + FOUR),
    "three tags": (1, MAC + b"\x91\0\0\x05\x88\xa8\0\x05\x81\0\0\x06\x08\0" + FOUR),
    "MPLS": (1, MAC + b"\x88\x47\0\x01\x01\x40" + FOUR),
    "MPLS, two labels": (1, MAC + b"\x88\x47\0\x01\0\x40\0\x02\x01\x40" + SIX),
    "PPPoE": (1, MAC + b"\x88\x64\x11\0\0\x07" + struct.pack(">H", len(FOUR) + 2) + b"\0\x21" + FOUR),
    "PPPoE, IPv6": (1, MAC + b"\x88\x64\x11\0\0\x07" + struct.pack(">H", len(SIX) + 2) + b"\0\x57" + SIX),
    "GRE": (1, MAC + b"\x08\0" + GRE),
    "GRE with key and sequence": (
        1,
        MAC + b"\x08\0" + ip(CLIENT, SERVER, 47, b"\x30\0\x08\0" + b"k" * 4 + b"s" * 4 + FOUR),
    ),
    "GRE, bridged": (1, MAC + b"\x08\0" + ip(CLIENT, SERVER, 47, b"\0\0\x65\x58" + MAC + b"\x08\0" + FOUR)),
    "IPv4 in IPv4": (1, MAC + b"\x08\0" + ip(CLIENT, SERVER, 4, FOUR)),
    "IPv6 in IPv4": (1, MAC + b"\x08\0" + ip(CLIENT, SERVER, 41, SIX)),
    "PPP": (9, b"\xff\x03\0\x21" + FOUR),
    "raw": (101, FOUR),
    "raw, older": (12, SIX),
    "raw IPv4": (228, FOUR),
    "raw IPv6": (229, SIX),
    "Linux cooked": (113, bytes(14) + b"\x08\0" + FOUR),
    "Linux cooked 2": (276, b"\x08\0" + bytes(18) + FOUR),
    "BSD loopback": (0, struct.pack("<I", 2) + FOUR),
    "OpenBSD loopback": (108, struct.pack(">I", 24) + SIX),
    "Cisco HDLC": (104, b"\x0f\0\x08\0" + FOUR),
}


def found(capture: bytes) -> list[str]:
    engine = NetworkEngine(pack_of(RULE))
    return [r.rule_id for r in engine.scan_capture(io.BytesIO(capture), "t") if isinstance(r, Detection)]


@pytest.mark.parametrize("name", LINKS)
def test_wrappings(name: str):
    link, frame = LINKS[name]
    assert found(pcap([frame], link=link)) == ["1:1"]
    assert found(pcapng([frame], link=link)) == ["1:1"]
    for cut in range(0, len(frame) - 1, 3):
        found(pcap([frame[:cut]], link=link))


FORMS = {
    "pcap": pcap([LINKS["Ethernet"][1]]),
    "pcap, highest byte first": pcap([LINKS["Ethernet"][1]], order=">"),
    "pcap, nanoseconds": pcap([LINKS["Ethernet"][1]], nano=True),
    "pcapng": pcapng([LINKS["Ethernet"][1]]),
    "pcapng, highest byte first": pcapng([LINKS["Ethernet"][1]], order=">"),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_capture_also_packed_and_on_standard_input(form: str, tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    (tmp_path / "r.rules").write_text(RULE)
    for data in (FORMS[form], gzip.compress(FORMS[form])):
        assert found(data) == ["1:1"]
        said = CliRunner().invoke(
            cli, ["detect", "capture", "-", "--rules", str(tmp_path / "r.rules"), "--json"], input=data
        )
        assert said.exit_code == 1
        assert '"signature_id":1' in said.output.replace(" ", "")
