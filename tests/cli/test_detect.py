"""`detect files|capture|logs` from outside: what they print, and the exit code that says what it is worth."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import zipfile
from pathlib import Path

import pytest

from atttcli.packaged import packaged
from atttcli.rulepack.samples import read_case
from tests.support.cli_run import piped, tell
from tests.support.network_wire import dns_query, pcap, udp_frame

RULE = (
    'rule marked : probe { meta: severity = "low" strings: $m = "MARKER" $h = { 4D 41 52 } condition: any of them }\n'
)
BAD = 'rule broken { condition: nothing_such }\nrule whole { strings: $a = "MARKER" condition: $a }\n'
NETWORK = 'alert dns any any -> any any (msg:"asked"; dns.query; content:"bad.example"; sid:7; rev:3;)\n'
CASES = packaged("rules") / "cases"


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_bytes(b"..MARKER..")
    (tmp_path / "in" / "clean.txt").write_bytes(b"nothing")
    (tmp_path / "r.yar").write_text(RULE)
    return tmp_path


def test_files_tell_rule_strings_and_offsets(marked: Path, capsys: pytest.CaptureFixture) -> None:
    told = tell(capsys, "detect", "files", marked / "in", "--rules", marked / "r.yar", "--json")
    assert told.code == 1
    (found,) = told.checked("detect-files")
    assert (found["path"], found["rule"], found["tags"]) == (str(marked / "in" / "a.txt"), "marked", ["probe"])
    assert {"identifier": "$m", "offset": 2, "length": 6} in found["strings"]
    assert {"identifier": "$h", "offset": 2, "length": 3} in found["strings"]


def test_files_with_nothing_found_say_nothing(marked: Path, capsys: pytest.CaptureFixture) -> None:
    told = tell(capsys, "detect", "files", marked / "in" / "clean.txt", "--rules", marked / "r.yar", "--json")
    assert (told.code, told.out, told.err) == (0, "", "")


def test_rules_are_repeatable(marked: Path, capsys: pytest.CaptureFixture) -> None:
    (marked / "s.yar").write_text(RULE.replace("marked", "second"))
    words = ("--rules", marked / "r.yar", "--rules", marked / "s.yar")
    told = tell(capsys, "detect", "files", marked / "in", *words, "--json")
    assert {one["rule"] for one in told.lines()} == {"marked", "second"}


def test_members_of_archives_to_the_depth_asked(marked: Path, capsys: pytest.CaptureFixture) -> None:
    with zipfile.ZipFile(marked / "z.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner/b.txt", b"MARKER")
    words = ("detect", "files", marked / "z.zip", "--rules", marked / "r.yar", "--json")
    assert [one["path"] for one in tell(capsys, *words).lines()] == [f"{marked / 'z.zip'}!inner/b.txt"]
    assert tell(capsys, *words, "--archives", "0").code == 0


def test_incomplete_beats_found(marked: Path, capsys: pytest.CaptureFixture) -> None:
    words = ("detect", "files", marked / "in", marked / "absent", "--rules", marked / "r.yar", "--json")
    told = tell(capsys, *words)
    assert told.code == 2
    assert len(told.lines()) == 1  # the rest was still judged
    assert str(marked / "absent") in told.err


def test_a_file_over_the_limit_is_a_hole(marked: Path, capsys: pytest.CaptureFixture) -> None:
    words = ("detect", "files", marked / "in", "--rules", marked / "r.yar", "--max-file-size", "8", "--json")
    told = tell(capsys, *words)
    assert (told.code, told.lines()) == (2, [])
    assert "a.txt" in told.err


def test_a_refused_rule_is_named_and_counted_and_only_strict_fails(marked: Path, capsys: pytest.CaptureFixture) -> None:
    (marked / "bad.yar").write_text(BAD)
    words = ("detect", "files", marked / "in", "--rules", marked / "bad.yar", "--json")
    told = tell(capsys, *words)
    assert (told.code, [one["rule"] for one in told.lines()]) == (1, ["whole"])
    assert f"{marked / 'bad.yar'}:1 [broken]" in told.err
    assert "1 rule was refused" in told.err
    assert tell(capsys, *words, "--strict").code == 2


@pytest.mark.parametrize("kind", ["files", "capture", "logs"])
def test_rules_that_are_not_there_are_an_error(kind: str, marked: Path, capsys: pytest.CaptureFixture) -> None:
    told = tell(capsys, "detect", kind, marked / "in" / "a.txt", "--rules", marked / "nothing.yar")
    assert told.code == 2
    assert "nothing.yar" in told.err


def test_shipped_rules_are_the_default(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (name, data), *_ = read_case(CASES / "yara" / "webshell_php_request_to_code").positives
    (tmp_path / name).write_bytes(data)
    told = tell(capsys, "detect", "files", tmp_path, "--json")
    assert "webshell_php_request_to_code" in {one["rule"] for one in told.checked("detect-files")}


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    (tmp_path / "c.pcap").write_bytes(pcap([udp_frame(dns_query("bad.example"))]))
    (tmp_path / "n.rules").write_text(NETWORK)
    return tmp_path


def test_capture_gives_eve_alerts(capture: Path, capsys: pytest.CaptureFixture) -> None:
    told = tell(capsys, "detect", "capture", capture / "c.pcap", "--rules", capture / "n.rules", "--json")
    assert told.code == 1
    (found,) = told.checked("detect-capture")
    assert (found["event_type"], found["dest_port"], found["proto"], found["app_proto"]) == ("alert", 53, "UDP", "dns")
    alert = found["alert"]
    assert (alert["gid"], alert["signature_id"], alert["rev"], alert["signature"]) == (1, 7, 3, "asked")


def test_capture_from_gzip_and_standard_input(capture: Path, capsys: pytest.CaptureFixture) -> None:
    data = gzip.compress((capture / "c.pcap").read_bytes())
    (capture / "c.gz").write_bytes(data)
    words = ("--rules", capture / "n.rules", "--json")
    assert len(tell(capsys, "detect", "capture", capture / "c.gz", *words).lines()) == 1
    code, out, _ = piped("detect", "capture", "-", *map(str, words), stdin=data)
    assert (code, out.count(b"\n")) == (1, 1)


def test_variables_of_the_command_line_reach_the_rules(capture: Path, capsys: pytest.CaptureFixture) -> None:
    (capture / "v.rules").write_text(NETWORK.replace("any any ->", "$HOME_NET any ->"))
    words = ("detect", "capture", capture / "c.pcap", "--rules", capture / "v.rules", "--json")
    assert tell(capsys, *words, "--var", "HOME_NET=[203.0.113.99/32]").code == 0
    assert tell(capsys, *words, "--var", "HOME_NET=[0.0.0.0/0]").code == 1
    assert tell(capsys, *words, "--var", "HOME_NET").code == 2


def test_indicators_over_a_capture(capture: Path, capsys: pytest.CaptureFixture) -> None:
    (capture / "i.csv").write_text("type,value,severity\ndomain,bad.example,high\n")
    words = ("--rules", capture / "n.rules", "--indicators", capture / "i.csv", "--json")
    found = tell(capsys, "detect", "capture", capture / "c.pcap", *words).checked("detect-capture")
    (seen,) = [one for one in found if one["event_type"] == "indicator"]
    assert (seen["indicator"]["value"], seen["dest_port"]) == ("bad.example", 53)


def test_what_is_no_capture_costs_only_itself(capture: Path, capsys: pytest.CaptureFixture) -> None:
    (capture / "x.pcap").write_bytes(b"not a capture at all, only text")
    words = (capture / "x.pcap", capture / "c.pcap", "--rules", capture / "n.rules", "--json")
    told = tell(capsys, "detect", "capture", *words)
    assert (told.code, len(told.lines())) == (2, 1)
    assert "x.pcap" in told.err


AUTH = dict(read_case(CASES / "sigma" / "attt-auth-0010").positives)["positive-1.log"]
PACKERS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, "": bytes}


@pytest.mark.parametrize("ending", PACKERS)
def test_logs_are_recognised_by_content_compressed_or_not(
    ending: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "misnamed.jpg").write_bytes(PACKERS[ending](AUTH))
    told = tell(capsys, "detect", "logs", tmp_path, "--json")
    assert told.code == 1
    found = told.checked("detect-logs")
    (burst,) = [one for one in found if one["rule"] == "attt-auth-0010"]
    assert (burst["engine"], burst["burst"]["threshold"], burst["line"]) == ("correlation", 10, 10)
    assert burst["event"]["line"] == 10


def test_logs_meet_indicators_and_yara_rules_with_their_line(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    line = '203.0.113.{n} - - [16/Nov/2026:08:00:0{n} +0700] "GET /{n} HTTP/1.1" 200 5 "-" "{agent}"\n'
    text = "".join(line.format(n=n, agent="MARKER" if n == 3 else "x") for n in range(1, 6))
    (tmp_path / "access.log").write_text(text)
    (tmp_path / "i.csv").write_text("type,value\nip,203.0.113.4\n")
    (tmp_path / "r.yar").write_text(RULE.replace(": probe", ": log"))
    words = ("--indicators", tmp_path / "i.csv", "--rules", tmp_path / "r.yar", "--json")
    found = tell(capsys, "detect", "logs", tmp_path / "access.log", *words).checked("detect-logs")
    assert {(one["engine"], one["line"]) for one in found} == {("indicator", 4), ("yara", 3)}
    (hit,) = [one for one in found if one["engine"] == "yara"]
    assert hit["event"]["src_ip"] == "203.0.113.3"


def test_what_is_no_log_and_what_is_damaged_are_said(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "bytes.bin").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "cut.gz").write_bytes(gzip.compress(os.urandom(3000))[:900])
    (tmp_path / "auth.log").write_bytes(AUTH)
    told = tell(capsys, "detect", "logs", tmp_path, "--json")
    assert told.code == 2
    assert "attt-auth-0010" in told.out
    assert "bytes.bin" in told.err
    assert "cut.gz" in told.err


def test_a_bomb_is_stopped_and_said(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(b"0 " * 20_000_000, 9))
    told = tell(capsys, "detect", "logs", tmp_path / "bomb.gz", "--json")
    assert told.code == 2
    assert "bomb.gz" in told.err


def test_people_get_a_table(marked: Path, capsys: pytest.CaptureFixture) -> None:
    told = tell(capsys, "detect", "files", marked / "in", "--rules", marked / "r.yar")
    header, row = told.out.splitlines()
    assert header.split("\t")[0] == "File"
    assert row.split("\t")[1:3] == ["r.yar:marked", "low"]
