"""`capture summary` of calls, leases, remote desktops and data bases, whatever their ports; and of what a proxy tunnels."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import network_samples as samples
from tests.support.cli_run import tell
from tests.support.network_wire import Conversation, client_hello, pcap


def values(found: list[dict]) -> list[str]:
    return [one["value"] for one in found]


def test_who_called_who_asked_for_a_lease_and_whose_desktop(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "t.pcap"
    talks = [samples.rdp_talk().frames, samples.pgsql_talk().frames]
    path.write_bytes(pcap([*samples.sip_talk(), *samples.dhcp_talk(), *talks[0], *talks[1]]))
    told = tell(capsys, "capture", "summary", path, "--json").lines()[0]
    assert {one["name"] for one in told["applications"]} == {"sip", "dhcp", "rdp", "pgsql"}
    assert values(told["rdp_cookies"]) == ["admin01"]
    assert values(told["sip_agents"]) == ["phone/1"]
    assert "02:00:00:00:00:01 10.1.2.50 pc-01" in values(told["dhcp_clients"])
    assert "admin01" in tell(capsys, "capture", "summary", path).out


def test_names_behind_a_proxy(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    talk = Conversation(dport=3128).open().send(0, b"CONNECT 192.0.2.9:443 HTTP/1.1\r\nHost: 192.0.2.9\r\n\r\n")
    talk.send(1, b"HTTP/1.1 200 OK\r\n\r\n").send(0, client_hello("hidden.example")).close()
    path = tmp_path / "t.pcap"
    path.write_bytes(talk.stream().getvalue())
    told = tell(capsys, "capture", "summary", path, "--json").lines()[0]
    assert values(told["tls_names"]) == ["hidden.example"]
    assert values(told["http_methods"]) == ["CONNECT"]
