"""What a capture showed stays: a list that comes later meets it, at the packet, once, whatever happened in between."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from atttcli.archive.reading import read_segment
from atttcli.ingest import captures
from tests.support.ingest_case import attt, dump, events, ingest_json, new_workspace, rows
from tests.support.network_wire import START, dns_query, pcap, udp_frame

C2 = "capnhat.c2.example"
SAMPLES = 1_620_900_000  # 13 May 2021


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return new_workspace(tmp_path / "ws")


def capture(path: Path, *names: str) -> Path:
    path.write_bytes(pcap([udp_frame(dns_query(name)) for name in names]))
    return path


def listed(path: Path, value: str = C2, when: int = START) -> Path:
    path.write_text(f"STT,C2,Ghi chú\n1,{value},máy chủ điều khiển\n", encoding="utf-8")
    os.utime(path, (when, when))  # what a list without a date says holds from its file's time
    return path


def alerts(place: Path) -> list[tuple[Any, ...]]:
    sql = (
        "SELECT a.rule_id, a.fingerprint, s.occurrence, s.line, s.time FROM alert a JOIN sighting s ON s.alert = a.id"
        " WHERE a.kind = 'indicator' ORDER BY 1, 2, 3"
    )
    return rows(place, sql)


def test_a_list_that_comes_later_meets_the_capture_at_its_packet(place: Path, tmp_path: Path) -> None:
    pack = capture(tmp_path / "old.pcap", "vui.example", "khac.example", C2, C2)
    told = ingest_json(place, pack)
    assert told["total"]["counts"]["sightings"] == 4  # one flow and three names
    assert alerts(place) == []
    ingest_json(place, listed(tmp_path / "list.csv"))
    (found,) = alerts(place)
    assert (found[0], found[3]) == (f"domain-name:{C2}", 3)
    ((number,),) = rows(place, "SELECT number FROM alert WHERE kind = 'indicator'")
    why = attt(place, "alert", "show", str(number)).stdout
    assert "packet 3: dns capnhat.c2.example" in why


def test_the_order_of_list_and_capture_makes_no_difference(place: Path, tmp_path: Path) -> None:
    pack = capture(tmp_path / "a.pcap", "x.example", C2, f"sub.{C2}")
    ingest_json(place, pack)
    ingest_json(place, listed(tmp_path / "list.csv"))
    other = new_workspace(tmp_path / "other")
    ingest_json(other, tmp_path / "list.csv")
    ingest_json(other, pack)
    assert alerts(place) == alerts(other)
    assert len(alerts(place)) == 2


def test_again_changes_nothing_and_a_kill_at_the_end_is_made_up(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = capture(tmp_path / "a.pcap", *(f"n{n}.example" for n in range(40)), C2)
    listed(tmp_path / "list.csv")
    monkeypatch.setattr(captures, "SEGMENT", 10)
    monkeypatch.setattr(captures, "_BLOCK", 4)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(captures, "close", die)
        attt(place, "ingest", str(tmp_path))
    assert len(list((place / "events").rglob("*.zst"))) > 1  # written, and unknown to the store
    for _ in range(2):
        ingest_json(place, tmp_path / "a.pcap", tmp_path / "list.csv")
    clean = new_workspace(tmp_path / "clean")
    ingest_json(clean, pack, tmp_path / "list.csv")
    assert dump(place) == dump(clean)
    assert sum(events(place).values()) == 42


def test_beyond_the_bound_all_is_matched_and_the_rest_is_counted(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captures, "KEPT", 5)
    listed(tmp_path / "list.csv")
    ingest_json(place, tmp_path / "list.csv")
    told = ingest_json(place, capture(tmp_path / "a.pcap", *(f"n{n}.example" for n in range(20)), C2))
    assert told["total"]["counts"]["sightings"] == 5
    assert told["total"]["counts"]["sightings_left_off"] == 17
    assert [row[3] for row in alerts(place)] == [21]
    assert "17 sightings beyond the first 5" in attt(place, "ingest", "problems", "--json").stdout


def test_a_cut_capture_keeps_what_it_showed(place: Path, tmp_path: Path) -> None:
    pack = capture(tmp_path / "a.pcap", C2, "x.example")
    pack.write_bytes(pack.read_bytes()[:-9])
    ingest_json(place, pack)
    ingest_json(place, listed(tmp_path / "list.csv"))
    assert [row[3] for row in alerts(place)] == [1]


def test_links_are_met_with_and_without_their_query(place: Path, tmp_path: Path) -> None:
    from tests.support.ingest_case import sample_inbox

    inbox = sample_inbox(tmp_path / "inbox")
    ingest_json(place, inbox / "03-xa-vi-huong.pcap")
    (row,) = rows(place, "SELECT path, reader, count FROM segment")
    assert row[1] == "capture"
    kept = list(read_segment(place / "events" / row[0]))
    assert {event.category for event in kept} >= {"flow", "dns", "http"}
    assert all(event.time is not None and event.line > 0 and event.src_ip and event.dst_ip for event in kept)
    ingest_json(place, listed(tmp_path / "l.csv", "hxxp://capnhat[.]c2[.]example/gate.php", SAMPLES))
    assert [one[0] for one in alerts(place)].count("url:http://capnhat.c2.example/gate.php") == 1
