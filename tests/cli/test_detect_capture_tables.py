"""`detect capture` with the workspace's table of countries, and `--checksums`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.ingest_case import attt, new_workspace
from tests.support.network_run import http
from tests.support.network_wire import pcap

RULE = 'alert tcp any any -> any any (msg:"to Laos"; flags:S; geoip:dst,LA; sid:9;)'


def capture(folder: Path) -> str:
    path = folder / "one.pcap"
    path.write_bytes(pcap(http(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"").frames))
    return str(path)


def test_the_table_of_the_workspace_decides(tmp_path: Path) -> None:
    place = new_workspace(tmp_path / "ws")
    rules, table = tmp_path / "n.rules", tmp_path / "t.csv"
    rules.write_text(RULE)
    words = ("detect", "capture", capture(tmp_path), "--rules", str(rules), "--json")
    refused = attt(place, *words)
    assert refused.exit_code == 2
    table.write_text("start,end,country\n198.51.100.0,198.51.100.255,LA\n")
    assert attt(place, "rules", "ranges", "add", str(table)).exit_code == 0
    assert attt(place, "rules", "check", str(rules)).exit_code == 0
    told = attt(place, "rules", "explain", "--sid", "9", "--rules", str(rules), "--capture", words[2], "--json")
    assert json.loads(told.stdout)["alerts"] == 1
    found = attt(place, *words)
    assert found.exit_code == 1
    assert json.loads(found.stdout.splitlines()[0])["alert"]["signature_id"] == 9


def test_packets_with_a_wrong_checksum_are_passed_over_and_counted(tmp_path: Path) -> None:
    place = new_workspace(tmp_path / "ws")
    rules = tmp_path / "n.rules"
    rules.write_text('alert http any any -> any any (msg:"asked"; http.host; content:"a"; sid:1;)')
    words = ("detect", "capture", capture(tmp_path), "--rules", str(rules), "--json")
    assert attt(place, *words).exit_code == 1
    summed = attt(place, *words, "--checksums")  # our sample has no checksums
    assert summed.exit_code == 2
    assert "checksum" in summed.output
    assert '"alert"' not in summed.stdout
