"""Artefacts: the same bytes from the same seed, other bytes for another team, and every one says that it is an exercise."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import replace

import pytest

from atttcli.drill.payload import MARK_VI, Making, make, spoken
from atttcli.drill.places import resolve_places
from atttcli.drill.scenario import find_scenario, load_scenario, shipped_names
from tests.support.drill_case import BASE, bac_kan

NAMES = [name for name in shipped_names() if not name.endswith("-flash")]


def making(name: str, team: str = "doi", seed: int = 7) -> Making:
    scenario = load_scenario(find_scenario(name))
    return Making("DT-2026-0001", seed, team, "vi", BASE, resolve_places(scenario, bac_kan()))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_bytes_and_each_is_marked(name: str) -> None:
    scenario = load_scenario(find_scenario(name))
    for inject in scenario.injects:
        first, again = make(inject, making(name)), make(inject, making(name))
        assert first == again
        for artefact in first:
            if inject.channel != "list":
                assert b"ATTTCLI-DRILL-INERT{DT-2026-0001:" in artefact.data
            assert (
                MARK_VI.encode() in artefact.data
                or b'"exercise": true' in artefact.data
                or b"X-Exercise" in artefact.data
            )
        said = spoken(inject, making(name), first)
        assert MARK_VI in said and said == spoken(inject, making(name))


def test_teams_and_seeds_get_their_own() -> None:
    scenario = load_scenario(find_scenario("platform-key"))
    log = next(one for one in scenario.injects if one.channel == "log")
    mine = make(log, making("platform-key"))
    assert mine != make(log, making("platform-key", team="khac"))
    assert mine != make(log, making("platform-key", seed=8))


@pytest.mark.parametrize("name", NAMES)
def test_only_documentation_and_private_addresses(name: str) -> None:
    safe = [ipaddress.ip_network(one) for one in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "10.0.0.0/8")]
    scenario = load_scenario(find_scenario(name))
    for inject in scenario.injects:
        if inject.channel == "capture":
            continue
        for artefact in make(inject, making(name)):
            for text in re.findall(rb"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])", artefact.data):
                address = ipaddress.ip_address(text.decode())
                assert any(address in network for network in safe), text


def test_scapy_reads_a_capture_and_would_have_built_the_same_frames() -> None:
    from scapy.layers.inet import IP, TCP
    from scapy.utils import rdpcap

    scenario = load_scenario(find_scenario("service-flood"))
    inject = next(one for one in scenario.injects if one.channel == "capture")
    import io

    frames = rdpcap(io.BytesIO(make(inject, making("service-flood"))[0].data))
    assert len(frames) == 8 * inject.payload["count"]
    assert {frame[IP].dst for frame in frames if frame[IP].src.startswith("198.51.100.")} == {
        making("service-flood").places["dvc"]["address"]
    }
    for frame in frames[:48]:
        again = frame.copy()
        del again[IP].len, again[IP].chksum, again[IP].ihl, again[TCP].chksum, again[TCP].dataofs
        assert bytes(again) == bytes(frame)


def test_english_texts_in_english() -> None:
    scenario = load_scenario(find_scenario("ransomware-commune"))
    how = replace(making("ransomware-commune"), language="en")
    assert "no document opens" in spoken(scenario.injects[0], how)
