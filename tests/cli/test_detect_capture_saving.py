"""Flows of alerts as small captures: the same alert again out of each, whatever the capture came in."""

from __future__ import annotations

import gzip
import io
import struct
from pathlib import Path

import pytest

from atttcli.sources.dissection.carving import Carver, Saved
from tests.support.cli_run import tell
from tests.support.network_run import http
from tests.support.network_wire import CLIENT, dns_query, ethernet, ip, ipv4, pcap, udp_frame

RULES = """
alert http any any -> any any (msg:"found"; http.uri; content:"/evil"; sid:8;)
alert dns any any -> any any (msg:"asked"; dns.query; content:"bad.example"; sid:7;)
"""


def frames() -> list[bytes]:
    evil = http(b"GET /evil HTTP/1.1\r\nHost: a.example\r\n\r\n", sport=40_001).frames
    good = http(b"GET /good HTTP/1.1\r\nHost: a.example\r\n\r\n", sport=40_002).frames
    mixed = [frame for pair in zip(evil, good, strict=True) for frame in pair]
    return [*mixed, udp_frame(dns_query("bad.example")), udp_frame(dns_query("good.example"), sport=40_003)]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "r.rules"
    path.write_text(RULES)
    return path


def saved(capsys, rules: Path, name: object, folder: Path) -> list[Path]:
    told = tell(capsys, "detect", "capture", name, "--rules", rules, "--save-flows", folder, "--json")
    assert told.code == 1, told.err
    return sorted(folder.glob("*.pcap"))


def alerts(capsys, rules: Path, path: Path) -> list[int]:
    told = tell(capsys, "detect", "capture", path, "--rules", rules, "--json")
    return [row["alert"]["signature_id"] for row in told.lines()]


def test_each_flow_alone_gives_its_alert_again(capsys, rules: Path, tmp_path: Path) -> None:
    (tmp_path / "all.pcap").write_bytes(pcap(frames()))
    made = saved(capsys, rules, tmp_path / "all.pcap", tmp_path / "flows")
    assert sorted(sid for path in made for sid in alerts(capsys, rules, path)) == [7, 8]
    assert all(path.name.startswith("20231114T") and "-sid" in path.name for path in made)
    web = next(path for path in made if "-sid8-" in path.name)
    assert b"/good" not in web.read_bytes()
    again = saved(capsys, rules, tmp_path / "all.pcap", tmp_path / "flows")
    assert len(again) == 4  # nothing is written over


@pytest.mark.parametrize("kind", ["gzip", "stdin", "tunnel"])
def test_however_the_capture_comes(capsys, rules: Path, tmp_path: Path, monkeypatch, kind: str) -> None:
    name: object = tmp_path / "all.pcap"
    data = pcap(frames())
    if kind == "tunnel":
        gre = struct.pack(">HH", 0, 0x0800)
        data = pcap([ethernet(ipv4("192.0.2.1", "192.0.2.2", 47, gre + frame[14:])) for frame in frames()])
    if kind == "stdin":
        name = "-"
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    else:
        (tmp_path / "all.pcap").write_bytes(gzip.compress(data) if kind == "gzip" else data)
    made = saved(capsys, rules, name, tmp_path / "flows")
    assert sorted(sid for path in made for sid in alerts(capsys, rules, path)) == [7, 8]


def test_number_and_bytes_are_bounded(tmp_path: Path) -> None:
    from atttcli.sources.dissection.flows import End, Flow

    data = pcap(
        [ethernet(ip(CLIENT, "198.51.100.7", 17, struct.pack(">HHHH", n, 53, 108, 0) + b"x" * 100)) for n in range(9)]
        * 50
    )
    carver = Carver(tmp_path, most_flows=4, most_flow=2000, most_bytes=5000)
    ends = [End(bytes([198, 51, 100, 7]), 53), End(bytes([10, 1, 2, 3]), 0)]
    for number in range(9):
        carver.want(
            Flow(17, (min(ends[0], End(ends[1].address, number)), max(ends[0], End(ends[1].address, number)))),
            0,
            f"f{number}",
        )
    made = [one for one in carver.carve(io.BytesIO(data), "x") if isinstance(one, Saved)]
    sizes = [path.stat().st_size for path in tmp_path.glob("*.pcap")]
    assert carver.left == 5
    assert len(made) == 4
    assert max(sizes) <= 2000
    assert sum(sizes) <= 5000 + 4 * 24
    assert all(one.cut for one in made)


def test_alerts_carry_flow_excerpt_and_places(capsys, rules: Path, tmp_path: Path) -> None:
    (tmp_path / "all.pcap").write_bytes(pcap(frames()))
    told = tell(capsys, "detect", "capture", tmp_path / "all.pcap", "--rules", rules, "--json").lines()
    web = next(row for row in told if row["alert"]["signature_id"] == 8)
    assert web["matched"] == [
        {"buffer": "http.uri", "size": 5, "found": [{"offset": 0, "length": 5, "what": '"/evil"'}]}
    ]
    assert web["payload_printable"] == "/evil"
    assert web["flow"]["pkts_toserver"] >= 3
    assert web["flow"]["start"].startswith("2023-11-14T22:13:20")
