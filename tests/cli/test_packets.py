"""`capture show` and `alert packets`: what was in that packet, the flow around it, and the flow as a pcap of its own."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from atttcli.sources.capture import Record, read_records
from tests.support.cli_run import on_terminal
from tests.support.ingest_case import attt, new_workspace, rows
from tests.support.network_wire import (
    ACK,
    CLIENT,
    PSH,
    SERVER,
    SYN,
    dns_query,
    ethernet,
    ip,
    pcap,
    pcapng,
    tcp,
    udp_frame,
)  # fmt: skip

REQUEST = b"GET /gate.php?hwid=7F21 HTTP/1.1\r\nHost: c2.example\r\nUser-Agent: beacon\x1b[31m\r\n\r\n"
RULE = 'alert http any any -> any any (msg:"beacon"; http.uri; content:"/gate.php"; sid:11;)\n'


def frame(source: str, target: str, *words: Any, **more: Any) -> bytes:
    return ethernet(ip(source, target, 6, tcp(*words, **more)))


FRAMES = [
    udp_frame(dns_query("c2.example")),
    frame(CLIENT, SERVER, 40_001, 80, 100, 0, SYN),
    frame(SERVER, CLIENT, 80, 40_001, 500, 101, SYN | ACK),
    frame(CLIENT, SERVER, 40_001, 80, 101, 501, ACK),
    frame(CLIENT, SERVER, 40_001, 80, 101, 501, ACK | PSH, REQUEST),
    frame(SERVER, CLIENT, 80, 40_001, 501, 101 + len(REQUEST), ACK),
    frame("10.9.9.9", SERVER, 40_001, 80, 1, 1, ACK | PSH, b"another flow"),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = new_workspace(tmp_path / "ws")
    (made / "rules" / "network").mkdir(parents=True)
    (made / "rules" / "network" / "n.rules").write_text(RULE)
    (tmp_path / "day.pcap").write_bytes(pcap(FRAMES))
    return tmp_path


def alerted(place: Path, *paths: Path) -> str:
    attt(place / "ws", "--lang", "en", "ingest", *map(str, paths))
    ((number,),) = rows(place / "ws", "SELECT number FROM alert WHERE rule_id = '1:11'")
    return str(number)


def packet(place: Path, *words: str | Path) -> dict[str, Any]:
    told = attt(place / "ws", "--lang", "en", *map(str, words), "--json")
    assert told.exit_code == 0, told.stderr
    return json.loads(told.stdout)  # type: ignore[no-any-return]


def test_the_packet_of_an_alert_is_the_one_with_the_bytes_that_matched(place: Path) -> None:
    told = packet(place, "alert", "packets", alerted(place, place / "day.pcap"))
    assert (told["frame"], told["fired"]) == (5, 6)  # the rule fired when the server acknowledged the request
    assert [one["number"] for one in told["frames"]] == [2, 3, 4, 5, 6]
    assert told["flow"] == {"protocol": "TCP", "ends": [f"{CLIENT}:40001", f"{SERVER}:80"]}
    request = {one["name"]: one["value"] for layer in told["layers"] for one in layer["fields"]}
    assert request["Path"] == "/gate.php?hwid=7F21"
    assert request["Host"] == "c2.example"
    assert bytes.fromhex(told["hex"]) == FRAMES[4][:256]


def test_the_flow_is_written_as_a_pcap_that_others_read(place: Path) -> None:
    from scapy.utils import PcapReader

    number = alerted(place, place / "day.pcap")
    told = packet(place, "alert", "packets", number, "-o", place / "flow.pcap")
    data = (place / "flow.pcap").read_bytes()
    assert told["written"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert told["written"]["frames"] == 5
    wanted = [(one.time, one.data) for one in read_records(io.BytesIO(pcap(FRAMES))) if isinstance(one, Record)][1:6]
    assert [(one.time, one.data) for one in read_records(io.BytesIO(data)) if isinstance(one, Record)] == wanted
    assert [bytes(one) for one in PcapReader(io.BytesIO(data))] == FRAMES[1:6]
    again = attt(place / "ws", "--lang", "en", "alert", "packets", number, "-o", str(place / "flow.pcap"))
    assert again.exit_code == 5
    assert (place / "flow.pcap").read_bytes() == data


def test_a_capture_in_an_archive_is_found_again(place: Path) -> None:
    with zipfile.ZipFile(place / "morning.zip", "w") as archive:
        archive.writestr("fw/day.pcap", pcap(FRAMES))
    told = packet(place, "alert", "packets", alerted(place, place / "morning.zip"))
    assert told["frame"] == 5
    assert told["capture"].endswith("morning.zip!fw/day.pcap")


def test_a_capture_that_moved_is_named_and_one_that_changed_is_said(place: Path) -> None:
    number = alerted(place, place / "day.pcap")
    (place / "day.pcap").rename(place / "elsewhere.pcap")
    gone = attt(place / "ws", "--lang", "en", "alert", "packets", number)
    assert gone.exit_code == 2
    assert "--capture" in getattr(gone.exception, "hint", "")
    assert packet(place, "alert", "packets", number, "--capture", place / "elsewhere.pcap")["frame"] == 5
    (place / "day.pcap").write_bytes(pcap([*FRAMES, FRAMES[0]]))
    assert (
        "no longer the file that was ingested" in attt(place / "ws", "--lang", "en", "alert", "packets", number).stderr
    )
    (place / "day.pcap").write_bytes(pcap(FRAMES[:2]))
    assert attt(place / "ws", "--lang", "en", "alert", "packets", number).exit_code == 3


def test_an_indicator_seen_in_a_capture_leads_to_its_packet(place: Path) -> None:
    (place / "told.txt").write_text("Máy 192.0.2.36 nối tới c2[.]example", encoding="utf-8")
    attt(
        place / "ws",
        "--lang",
        "en",
        "alert",
        "add",
        "--from-text",
        str(place / "told.txt"),
        "--title",
        "told",
        "--received",
        "14/11/2023",
    )
    alerted(place, place / "day.pcap")
    found = rows(place / "ws", "SELECT number FROM alert WHERE kind = 'indicator' ORDER BY id")
    assert found
    told = packet(place, "alert", "packets", found[0][0])
    assert told["frame"] in (1, 5)


def test_alerts_that_are_about_no_packet_say_so(place: Path) -> None:
    (place / "list.csv").write_text("IP,Mã độc\n192.0.2.36,Mau-A\n", encoding="utf-8")
    attt(place / "ws", "--lang", "en", "ingest", str(place / "list.csv"))
    told = attt(place / "ws", "--lang", "en", "alert", "packets", "1")
    assert told.exit_code == 2
    assert "about no packet" in str(told.exception)
    assert attt(place / "ws", "--lang", "en", "alert", "packets", "999").exit_code == 3


def test_flows_of_a_capture(place: Path) -> None:
    told = attt(place / "ws", "--lang", "en", "capture", "show", str(place / "day.pcap"), "--json")
    flows = [json.loads(line) for line in told.stdout.splitlines()]
    assert [(one["frame"], one["protocol"], one["packets"]) for one in flows] == [
        (1, "UDP", 1),
        (2, "TCP", 5),
        (7, "TCP", 1),
    ]
    assert (flows[1]["source"], flows[1]["target"]) == (f"{CLIENT}:40001", f"{SERVER}:80")
    assert sum(one["bytes"] for one in flows) == sum(map(len, FRAMES))


def test_one_packet_by_its_number_in_either_format(place: Path) -> None:
    (place / "day.pcapng").write_bytes(pcapng(FRAMES))
    for name in ("day.pcap", "day.pcapng"):
        told = packet(place, "capture", "show", place / name, "--frame", "1")
        assert told["layers"][-1]["fields"][0] == {"name": "qname", "value": "c2.example."}
        assert [one["depth"] for one in told["layers"]] == [0, 0, 0, 0, 1]
    assert attt(place / "ws", "--lang", "en", "capture", "show", str(place / "day.pcap"), "--frame", "8").exit_code == 3
    assert attt(place / "ws", "--lang", "en", "capture", "show", str(place / "day.pcap"), "-o", "x.pcap").exit_code == 2


def test_a_frame_that_is_no_ip_is_shown_alone(place: Path) -> None:
    arp = b"\xff" * 6 + b"\x02" * 6 + b"\x08\x06" + bytes.fromhex("0001080006040001") + b"\x02" * 6 + bytes(14)
    (place / "arp.pcap").write_bytes(pcap([arp]))
    told = packet(place, "capture", "show", place / "arp.pcap", "--frame", "1", "-o", place / "one.pcap")
    assert told["flow"] is None
    assert told["layers"][1]["name"] == "ARP"
    assert told["written"]["frames"] == 1


def test_what_a_packet_holds_reaches_no_terminal_raw(place: Path) -> None:
    code, said = on_terminal("--lang", "en", "capture", "show", place / "day.pcap", "--frame", "5")
    assert code == 0
    assert b"beacon\x1b[31m" not in said
    assert b"beacon\\x1b[31m" in said


def test_damage_in_a_capture_is_said_and_what_came_before_is_shown(place: Path) -> None:
    (place / "cut.pcap").write_bytes(pcap(FRAMES)[:-20])
    told = attt(place / "ws", "--lang", "en", "capture", "show", str(place / "cut.pcap"))
    assert told.exit_code == 2
    assert "breaks off" in told.stderr
    assert len(told.stdout.splitlines()) == 3
    (place / "none.pcap").write_bytes(b"no capture")
    assert attt(place / "ws", "--lang", "en", "capture", "show", str(place / "none.pcap")).exit_code == 2


def test_the_flow_of_an_alert_goes_into_the_vault(place: Path) -> None:
    number = alerted(place, place / "day.pcap")
    opened = attt(place / "ws", "incident", "open", "--from-alert", number, "--json")
    incident = json.loads(opened.stdout)["number"]
    told = attt(place / "ws", "--lang", "en", "alert", "packets", number, "--evidence", incident)
    assert told.exit_code == 0, told.stderr
    ((name, digest),) = rows(place / "ws", "SELECT name, sha256 FROM evidence")
    assert name.endswith("-flow.pcap")
    assert digest in told.stdout
