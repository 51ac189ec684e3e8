"""`atttcli ingest` from outside: the sample inbox, repeats, grown logs, refusals, hostile names, a full account."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from atttcli.text import strict_yaml
from tests.support.ingest_case import (
    ROOT,
    attt,
    dump,
    events,
    ingest_json,
    new_workspace,
    rows,
    sample_inbox,
    start_ingest,
)

EXPECTED = strict_yaml.load((ROOT / "seeds" / "samples" / "expected.yaml").read_text(encoding="utf-8"), "expected.yaml")
LINE = '198.51.100.{n} - - [12/May/2021:09:{m:02d}:{s:02d} +0700] "GET /p/{i} HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n'


def web_log(count: int, start: int = 0) -> str:
    return "".join(LINE.format(n=i % 200, m=i // 60 % 60, s=i % 60, i=i) for i in range(start, start + count))


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict]:
    os.environ["ATTTCLI_HOME"] = str(tmp_path_factory.mktemp("ingest-home"))
    base = tmp_path_factory.mktemp("ingest")
    inbox = sample_inbox(base / "inbox")
    workspace = new_workspace(base / "ws")
    return workspace, inbox, ingest_json(workspace, inbox)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return new_workspace(tmp_path / "ws")


def test_every_file_is_accounted_for_as_expected(taken: tuple[Path, Path, dict]) -> None:
    _, inbox, account = taken
    found = {(one["path"].removeprefix(f"{inbox}/"), one["kind"]): one for one in account["files"]}
    for wanted in EXPECTED["files"]:
        one = found[wanted["path"], wanted["kind"]]
        assert one["read"] == one["stored"] + one["duplicate"] + one["rejected"]
        if "reader" in wanted:
            assert one["reader"] == wanted["reader"]
        if wanted["kind"] == "log":
            assert one["stored"] == wanted["events"] + wanted.get("alerts", 0)
            assert one["rejected"] == wanted["rejected"]
    assert [failure["path"].rpartition("/")[2] for failure in account["failures"]] == ["access.log.1.gz!access.log.1"]


def test_the_expected_alerts_are_there(taken: tuple[Path, Path, dict]) -> None:
    workspace, _, _ = taken
    for kind in ("yara", "yara_log", "network", "eve"):
        for wanted in EXPECTED["alerts"][kind]:
            found = rows(
                workspace,
                "SELECT sum(count) FROM alert WHERE rule_id LIKE ? AND source_path LIKE ?",
                f"%:{wanted['rule']}",
                f"%{wanted['path']}",
            )
            assert found[0][0] == wanted["count"], wanted
    for wanted in EXPECTED["alerts"]["correlation"]:
        sql = "SELECT count(*) FROM alert WHERE rule_id = ? AND key LIKE ?"
        assert rows(workspace, sql, wanted["rule"], f"%{wanted['key']}%")[0][0] >= 1, wanted
    for wanted in EXPECTED["alerts"]["indicator"]:
        sql = (
            "SELECT s.source_path FROM sighting s JOIN alert a ON a.id = s.alert"
            " WHERE a.kind = 'indicator' AND a.key LIKE ?"
        )
        paths = {path for (path,) in rows(workspace, sql, f"{wanted['value']}|%")}
        for place in wanted["seen_in"]:
            assert any(path.endswith(place) for path in paths), (wanted, paths)


def test_agencies_systems_and_the_unresolved(taken: tuple[Path, Path, dict]) -> None:
    workspace, _, _ = taken
    agencies = {code for (code,) in rows(workspace, "SELECT DISTINCT agency FROM alert")}
    assert {one["code"] for one in EXPECTED["agencies"]} <= agencies
    systems = {code for (code,) in rows(workspace, "SELECT DISTINCT system FROM alert")}
    assert {one["code"] for one in EXPECTED["systems"]} <= systems
    listed = attt(workspace, "alert", "unresolved", "--json").stdout.splitlines()
    assert [json.loads(line)["victim"] for line in listed] == EXPECTED["unresolved"]


def test_the_letter_is_kept_with_its_list(taken: tuple[Path, Path, dict]) -> None:
    workspace, _, _ = taken
    letters = [json.loads(text) for (text,) in rows(workspace, "SELECT letter FROM source_file WHERE kind = 'list'")]
    letter = next(letter for letter in letters if letter.get("number") == "312/CATTT-NCSC")
    assert (letter["date"], letter["deadline"]) == ("2021-05-12", "2021-05-17")


def test_the_same_again_changes_nothing(taken: tuple[Path, Path, dict], tmp_path: Path) -> None:
    workspace, inbox, first = taken
    before = dump(workspace)
    again = ingest_json(workspace, inbox)
    assert dump(workspace) == before
    assert again["sightings"] == 0
    assert again["total"]["stored"] == 0
    assert again["total"]["read"] == first["total"]["read"]


def test_problems_are_listed_with_position_and_reason(taken: tuple[Path, Path, dict]) -> None:
    workspace, _, _ = taken
    listed = [json.loads(line) for line in attt(workspace, "ingest", "problems", "--json").stdout.splitlines()]
    found = {(one["path"].rpartition("/")[2], one["line"]) for one in listed}
    assert {("auth.log", 71), ("eve.json", 31), ("access.log.1.gz", 131), ("04-danh-sach-ip-nhiem.xlsx", 9)} <= found
    assert all(one["reason"] for one in listed)


def test_a_grown_rotated_and_recompressed_log_adds_only_new_lines(workspace: Path, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(web_log(1000) + web_log(1, 7) * 3)
    assert ingest_json(workspace, log)["total"]["stored"] == 1003
    log.write_text(web_log(1000) + web_log(1, 7) * 3 + web_log(500, 1000))
    grown = ingest_json(workspace, log)["total"]
    assert (grown["read"], grown["stored"], grown["duplicate"]) == (1503, 500, 1003)
    packed = tmp_path / "access.log.1.gz"
    packed.write_bytes(gzip.compress((web_log(1000) + web_log(1, 7) * 3 + web_log(600, 1000)).encode()))
    assert ingest_json(workspace, packed)["total"]["stored"] == 100
    kept = events(workspace)
    assert sum(kept.values()) == 1603
    assert max(kept.values()) == 4  # identical lines are not lost


def test_a_list_that_comes_later_is_matched_against_kept_events(workspace: Path, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(web_log(300))
    ingest_json(workspace, log)
    given = tmp_path / "list.csv"
    given.write_text("IP C2,Mã độc\n198.51.100.7,Mau-X\n198.51.100.250,Mau-Y\n", encoding="utf-8")
    os.utime(given, (1_622_000_000, 1_622_000_000))  # two weeks after the log
    account = ingest_json(workspace, given)
    assert account["total"]["indicators"] == 2
    found = rows(workspace, "SELECT key, count FROM alert WHERE rule_id = 'ipv4-addr:198.51.100.7'")
    assert [(key.split("|")[0], count) for key, count in found] == [("198.51.100.7", 2)]


def test_a_secret_document_is_refused_and_leaves_nothing(workspace: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.txt").write_text("UBND TỈNH\n\nTUYỆT MẬT\n\nNội dung 192.0.2.36\n", encoding="utf-8")
    (inbox / "b.log").write_text(web_log(5))
    result = attt(workspace, "ingest", str(inbox))
    assert result.exit_code == 2
    assert "TUYỆT MẬT" in result.stderr
    assert [path.rpartition("/")[2] for (path,) in rows(workspace, "SELECT path FROM source_file")] == ["b.log"]


def test_hostile_names_and_odd_files_do_not_stop_the_rest(workspace: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "in\x1b[31mbox"
    inbox.mkdir()
    os.mkfifo(inbox / "pipe")
    (inbox / "loop").symlink_to(inbox)
    (inbox / "[red]x[red]\u202egpj.log").write_text(web_log(3))
    Path(os.fsdecode(os.fsencode(str(inbox)) + b"/\xff\xfe.log")).write_text(web_log(4, 50))
    (inbox / "zip.zip").write_bytes(_evil_zip())
    result = attt(workspace, "ingest", str(inbox))
    assert result.exit_code in (0, 1), result.output
    assert "\x1b" not in result.output
    assert "\u202e" not in result.output
    assert sum(events(workspace).values()) == 12
    assert not (tmp_path / "evil.log").exists()


def _evil_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../evil.log", web_log(5, 100))
    return out.getvalue()


def test_a_missing_path_is_one_line_and_the_rest_is_taken(workspace: Path, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(web_log(5))
    result = attt(workspace, "ingest", str(tmp_path / "absent"), str(log))
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert sum(events(workspace).values()) == 5


def test_standard_input_is_an_input(workspace: Path) -> None:
    result = attt(workspace, "ingest", "-", "--json", stdin=web_log(20))
    assert json.loads(result.stdout)["total"]["stored"] == 20


def test_times_without_a_zone_take_the_one_given(workspace: Path, tmp_path: Path) -> None:
    log = tmp_path / "auth.log"
    log.write_text(
        "".join(f"May 12 01:00:{i:02d} h sshd[1]: Connection closed by 192.0.2.1 port 22\n" for i in range(9))
    )
    os.utime(log, (1_620_800_000, 1_620_800_000))
    ingest_json(workspace, log, extra=("--source-tz", "+00:00"))
    assumed = json.loads(rows(workspace, "SELECT assumed FROM source_file")[0][0])
    assert assumed["year"] == "2021"
    assert rows(workspace, "SELECT time_min FROM segment")[0][0] == 1_620_781_200_000_000


def test_a_full_disk_is_a_clear_error_and_the_next_run_mends_it(workspace: Path, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(web_log(40_000))
    clean = Path(shutil.copytree(workspace, tmp_path / "clean"))
    assert start_ingest(clean, log).wait() in (0, 1)
    script = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); from atttcli.cli.main import run; run()"
    limited = f'ulimit -f 200; exec "$0" -c "{script}" -w "{workspace}" ingest "{log}"'
    done = subprocess.run(
        ["bash", "-c", limited, sys.executable], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert start_ingest(workspace, log).wait() in (0, 1)
    assert dump(workspace) == dump(clean)


def test_two_at_once_are_refused(workspace: Path, tmp_path: Path) -> None:
    from atttcli.ingest.lock import ingest_lock

    log = tmp_path / "a.log"
    log.write_text(web_log(5))
    with ingest_lock(workspace):
        assert attt(workspace, "ingest", str(log)).exit_code == 5
