"""`atttcli source`: what a person sees of a file, and the drafted mapping that reads it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from click.testing import CliRunner

from atttcli.cli.main import cli
from atttcli.cli.source_words import words
from atttcli.sources import LOG_SOURCES
from atttcli.sources.mapping import MappedLog, load_mapping
from tests.support.reader_samples import CASES
from tests.unit.sources_logs.log_reading import given


def run(*arguments: str, language: str = "en") -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["--lang", language, "source", *arguments])
    return result.exit_code, result.output


def test_every_reader_is_told_in_words() -> None:
    assert {source.name for source in LOG_SOURCES} - set(words()) == set()


def test_lines_what_was_understood_and_what_not() -> None:
    code, text = run("test", str(CASES / "fortigate" / "sample.log"), "--lines", "50")
    assert code == 0
    assert "read as fortigate" in text
    assert "198.51.100.7:40000 → 192.0.2.1:22" in text
    assert "12  NOT READ" in text
    assert "1 line not read" in text
    assert max(len(line) for line in text.splitlines()[2:]) <= 80


def test_native_fields_on_demand() -> None:
    _, text = run("test", str(CASES / "mikrotik" / "sample.log"), "--lines", "1")
    assert "connection_state" not in text
    _, text = run("test", str(CASES / "mikrotik" / "sample.log"), "--lines", "1", "--fields")
    assert "connection_state = new" in text


def test_json_has_file_records_and_summary() -> None:
    code, text = run("test", str(CASES / "zeek" / "sample.log"), "--json", "--lines", "2")
    found = [json.loads(line) for line in text.splitlines()]
    assert code == 0
    assert [one["kind"] for one in found] == ["file", "event", "event", "summary"]
    assert (found[-1]["events"], found[-1]["problems"]) == (3, 1)


def test_a_guess_is_said() -> None:
    _, text = run("test", str(CASES / "generic-csv" / "sample.csv"))
    assert "src_ip=Địa chỉ IP" in text


def test_the_draft_reads_the_sample(tmp_path: Path) -> None:
    for name in ("generic-csv/sample.csv", "generic-json/sample.json", "generic-kv/sample.log"):
        drafted = tmp_path / "draft.yaml"
        drafted.unlink(missing_ok=True)
        code, _ = run("mapping", str(CASES / name), "-o", str(drafted))
        assert code == 0
        log = MappedLog(load_mapping(drafted.read_bytes(), "draft.yaml"))
        events = [one for one in log.read(given((CASES / name).read_bytes())) if getattr(one, "src_ip", "")]
        assert events, name
        assert any(event.outcome == "failure" and event.action == "login" for event in events)  # type: ignore[union-attr]


def test_an_unknown_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(bytes(range(256)) * 20)
    result = CliRunner().invoke(cli, ["source", "test", str(tmp_path / "x.bin")])
    assert result.exception is not None
    assert "no log" in str(result.exception)


def test_what_cannot_be_read_whole_is_told_and_the_rest_is_shown(tmp_path: Path) -> None:
    line = "Nov 23 10:00:02 h sshd[1]: Failed password for root from 192.0.2.1 port 22 ssh2\n"
    with zipfile.ZipFile(tmp_path / "logs.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("auth.log", line * 3)
        archive.writestr("bomb.log", b"\n" * 100_000_000)
    code, text = run("test", str(tmp_path / "logs.zip"))
    assert code == 2
    assert "3 events, 3 with a time" in text
    assert "1 file could not be read whole." in text


def test_words_without_end_are_counted_together(tmp_path: Path) -> None:
    lines = "".join(f'{{"time":"2026-11-23T10:00:00Z","user":"a","n":{number}\n' for number in range(3000))
    good = '{"time":"2026-11-23T10:00:00Z","src_ip":"192.0.2.1","user":"a"}\n' * 9
    (tmp_path / "a.json").write_text(good + "".join("[" + line for line in lines.splitlines(True)))
    code, text = run("test", str(tmp_path / "a.json"), "--lines", "0", "--json")
    assert code == 0
    summary = json.loads(text.splitlines()[-1])
    assert summary["problems"] + summary["events"] == 3009
