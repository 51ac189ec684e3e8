"""`scan` from outside: incremental, bounded, and an account that adds up."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_run import Told, tell
from tests.support.ingest_case import new_workspace

RULE = 'rule marked { strings: $m = "MARKER" condition: $m }\n'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_bytes(b"..MARKER..")
    (tmp_path / "in" / "b.txt").write_bytes(b"clean")
    (tmp_path / "in" / "link").symlink_to("b.txt")
    os.mkfifo(tmp_path / "in" / "pipe")
    old = time.time() - 3600
    for name in ("a.txt", "b.txt"):
        os.utime(tmp_path / "in" / name, (old, old))
    (tmp_path / "r.yar").write_text(RULE)
    time.sleep(0.1)  # the cache keeps no file that changed within a clock tick of being read
    return tmp_path


def scanned(capsys: pytest.CaptureFixture, place: Path, *words: str | Path) -> tuple[Told, list[Any], dict[str, Any]]:
    told = tell(capsys, "scan", place / "in", "--rules", place / "r.yar", "--json", *words)
    *found, account = told.checked("scan")
    files = account["files"]
    columns = files["scanned"] + files["unchanged"] + sum(files["skipped"].values()) + sum(files["failed"].values())
    assert files["found"] == columns
    return told, found, account


def test_account_and_findings(place: Path, capsys: pytest.CaptureFixture) -> None:
    told, found, account = scanned(capsys, place)
    assert told.code == 1
    assert [(one["rule"], Path(one["path"]).name) for one in found] == [("r.yar:marked", "a.txt")]
    assert account["files"]["scanned"] == 2
    assert account["files"]["skipped"] == {"symbolic link": 1, "named pipe": 1}


def test_unchanged_files_are_not_read_again_and_their_findings_are_listed(
    place: Path, capsys: pytest.CaptureFixture
) -> None:
    scanned(capsys, place)
    told, found, account = scanned(capsys, place)
    assert (account["files"]["scanned"], account["files"]["unchanged"]) == (0, 2)
    assert (told.code, len(found)) == (1, 1)
    (place / "in" / "b.txt").write_bytes(b"MARKER now")
    _, found, account = scanned(capsys, place)
    assert (account["files"]["scanned"], len(found)) == (1, 2)


def test_other_rules_and_fresh_read_everything(place: Path, capsys: pytest.CaptureFixture) -> None:
    scanned(capsys, place)
    assert scanned(capsys, place, "--fresh")[2]["files"]["scanned"] == 2
    (place / "r.yar").write_text(RULE.replace("MARKER", "clean"))
    _, found, account = scanned(capsys, place)
    assert account["files"]["scanned"] == 2
    assert [Path(one["path"]).name for one in found] == ["b.txt"]


def test_a_hole_in_the_coverage_shows_in_the_exit_code(place: Path, capsys: pytest.CaptureFixture) -> None:
    told, found, account = scanned(capsys, place, "--max-file-size", "7")
    assert (told.code, found) == (2, [])
    assert account["files"]["skipped"]["larger than the limit"] == 1
    assert account["files"]["complete"] is False


def test_hashes_of_indicators(place: Path, capsys: pytest.CaptureFixture) -> None:
    import hashlib

    digest = hashlib.sha256(b"clean").hexdigest()
    (place / "i.csv").write_text(f"type,value\nsha256,{digest}\n")
    _, found, _ = scanned(capsys, place, "--indicators", place / "i.csv")
    assert {one["engine"] for one in found} == {"yara", "indicator"}


def test_people_get_the_account_line_by_line(place: Path, capsys: pytest.CaptureFixture) -> None:
    told = tell(capsys, "scan", place / "in", "--rules", place / "r.yar")
    assert "skipped: symbolic link\t1" in told.out
    assert "files met\t4" in told.out


def test_two_scans_at_once_take_turns(place: Path, capsys: pytest.CaptureFixture, monkeypatch: Any) -> None:
    from atttcli.field.lock import RunLock
    from atttcli.store.workspace import private_folder

    with RunLock(str(private_folder("scan") / "scan.lock"), "of /srv"):
        told = tell(capsys, "scan", place / "in", "--rules", place / "r.yar")
        assert told.code == 5
        assert "pid" in told.err and "--wait" in told.err
        assert scanned(capsys, place, "--together")[0].code == 1
    assert scanned(capsys, place)[0].code == 1


def test_on_battery_nothing_is_scanned_when_asked(
    place: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atttcli.field.throttle.on_battery", lambda: True)
    told = tell(capsys, "scan", place / "in", "--rules", place / "r.yar", "--not-on-battery")
    assert (told.code, told.out) == (4, "")
    assert "battery" in told.err
    assert scanned(capsys, place)[0].code == 1


def test_names_on_lists_are_met_in_every_file_read_or_not(place: Path, capsys: pytest.CaptureFixture) -> None:
    (place / "i.csv").write_text("type,value,description\nfile,B.TXT,bẫy\nfile,in/a.*,thử\n")
    for _run in range(2):  # the second knows both files, and the list, from the first
        _, found, _ = scanned(capsys, place, "--indicators", place / "i.csv")
        names = sorted((Path(one["path"]).name, one["rule"]) for one in found if one["engine"] == "indicator")
        assert names == [("a.txt", "file:in/a.*"), ("b.txt", "file:b.txt")]
    _, found, _ = scanned(capsys, place, "--indicators", place / "i.csv", "--max-file-size", "6")
    assert sum(one["engine"] == "indicator" for one in found) == 2
    _, found, _ = scanned(capsys, place, "--indicators", place / "i.csv", "--exclude", place / "in" / "b.txt")
    assert not any("b.txt" in one["rule"] for one in found)


def test_a_list_that_says_too_much_is_refused_by_line_each_time(place: Path, capsys: pytest.CaptureFixture) -> None:
    (place / "i.csv").write_text("type,value\nfile,*.*\nfile,b.txt\n")
    for _run in range(2):
        told, found, _ = scanned(capsys, place, "--indicators", place / "i.csv")
        assert "i.csv" in told.err and "2" in told.err
        assert any(one["rule"] == "file:b.txt" for one in found)


def test_a_workspace_told_of_more_hashes_meets_them_in_unchanged_files(
    tmp_path: Path, place: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hashlib

    from atttcli.model.observable import Indicator, ObservableType
    from atttcli.store.connection import Store
    from atttcli.store.facts.indicators import add_indicators

    new_workspace(tmp_path / "w")
    monkeypatch.chdir(tmp_path / "w")
    digest = hashlib.sha256(b"clean").hexdigest()
    for at, value in enumerate(["0" * 64, digest]):
        store = Store(tmp_path / "w" / "workspace.db")
        with store.transaction() as db:
            add_indicators(db, [Indicator(ObservableType.SHA256, value, "thư")], "", at)
        store.close()
        _, found, account = scanned(capsys, place)
        assert any(one["rule"] == f"sha256:{digest}" for one in found) == bool(at)
    assert account["files"]["unchanged"] == 2


def test_a_scheduler_gets_one_line_and_the_log_the_rest(place: Path, capsys: pytest.CaptureFixture) -> None:
    import json

    told = tell(capsys, "scan", place / "in", "--rules", place / "r.yar", "--quiet", "--log", place / "s.log")
    assert told.code == 1
    (line,) = told.out.splitlines()
    assert "4 files, 2 read, 0 unchanged, 1 finding, complete" in line
    kinds = [json.loads(one)["kind"] for one in (place / "s.log").read_text("ascii").splitlines()]
    assert kinds == ["detection", "account"]


def test_the_log_says_on_one_line_whatever_a_file_is_called_and_rotates(
    place: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    monkeypatch.setattr("atttcli.cli.scan_log._BYTES", 4000)
    (place / "in" / "x\n\x1b[2J\u202e.txt").write_bytes(b"MARKER")
    for _run in range(9):
        told = tell(capsys, "scan", place / "in", "--rules", place / "r.yar", "--quiet", "--log", place / "s.log")
        assert told.code == 1
    logs = sorted(place.glob("s.log*"))
    assert len(logs) > 1
    for log in logs:
        assert all(json.loads(one)["kind"] for one in log.read_text("ascii").splitlines())


def test_a_link_in_the_logs_place_is_not_followed(place: Path, capsys: pytest.CaptureFixture) -> None:
    (place / "s.log").symlink_to(place / "precious")
    told = tell(capsys, "scan", place / "in", "--rules", place / "r.yar", "--quiet", "--log", place / "s.log")
    assert (told.code, (place / "precious").exists()) == (2, False)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["pipe", "hard link", "device", "folder"])
def test_what_stands_in_the_logs_place_is_neither_waited_for_nor_written(
    place: Path, capsys: pytest.CaptureFixture, kind: str
) -> None:
    (place / "precious").write_bytes(b"keep")
    log = place / "s.log"
    if kind == "pipe":
        os.mkfifo(log)
    elif kind == "hard link":
        os.link(place / "precious", log)
    elif kind == "folder":
        log.mkdir()
    else:
        log = Path("/dev/full")
    told = tell(capsys, "scan", place / "in", "--rules", place / "r.yar", "--quiet", "--log", log)
    assert told.code == 2
    assert (place / "precious").read_bytes() == b"keep"


def test_a_link_put_in_the_logs_place_while_it_rotates_is_not_followed(tmp_path: Path) -> None:
    from atttcli.cli.scan_log import ScanLog

    log = ScanLog(tmp_path / "s.log")
    (tmp_path / "precious").write_bytes(b"")
    real = Path.replace

    def replaced(self: Path, target: Path) -> Path:
        moved = real(self, target)
        if not (tmp_path / "s.log").exists():
            (tmp_path / "s.log").symlink_to(tmp_path / "precious")
        return moved

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", replaced)
        for _line in range(3):
            log.write({"x": "y" * 600_000})
    assert log.failed
    log.close()
    assert (tmp_path / "precious").read_bytes() == b""


def test_a_log_on_a_full_disk_is_said_and_ends_nothing(
    place: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_words: Any) -> int:
        raise OSError(28, "No space left on device")

    from atttcli.cli import scan_log

    monkeypatch.setattr(scan_log.os, "write", full)
    told = tell(
        capsys, "scan", place / "in", "--rules", place / "r.yar", "--quiet", "--together", "--log", place / "s.log"
    )
    assert told.code == 1
    assert "finding" in told.out and "No space left" in told.err


def test_where_no_lock_can_be_taken_it_is_said_with_a_way_out(
    place: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_words: Any) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    told = tell(capsys, "scan", place / "in", "--rules", place / "r.yar")
    assert told.code == 2
    assert "No locks available" in told.err and "--together" in told.err and "Traceback" not in told.err
    assert scanned(capsys, place, "--together")[0].code == 1


def test_names_from_the_root_are_met_when_the_folder_was_given_shortly(
    place: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "i.csv").write_text(f"type,value\nfile,{place}/in/b.txt\n")
    monkeypatch.chdir(place)
    told = tell(capsys, "scan", "in", "--rules", "r.yar", "--indicators", "i.csv", "--json")
    assert [one["path"] for one in told.checked("scan")[:-1] if one["engine"] == "indicator"] == ["in/b.txt"]


def test_each_file_that_was_not_judged_is_named_when_asked(place: Path, capsys: pytest.CaptureFixture) -> None:
    told, found, account = scanned(capsys, place, "--list-skipped", "--max-file-size", "7", "--fresh")
    left_out = {Path(one["path"]).name: (one["column"], one["why"]) for one in found if one["kind"] == "skipped"}
    assert left_out == {
        "link": ("skipped", "symbolic link"), "pipe": ("skipped", "named pipe"), "a.txt": ("skipped", "larger than the limit"),
    }  # fmt: skip
    files = account["files"]
    assert len(left_out) == sum(files["skipped"].values()) + sum(files["failed"].values())
    told = tell(capsys, "scan", place / "in", "--rules", place / "r.yar", "--list-skipped")
    assert f"skipped (named pipe): {place}/in/pipe" in told.out
    told = tell(
        capsys, "scan", place / "in", "--rules", place / "r.yar", "--list-skipped", "--quiet", "--log", place / "s.log"
    )
    assert len(told.out.splitlines()) == 1
    assert (place / "s.log").read_text("ascii").count('"kind": "skipped"') == 2


def test_members_that_were_not_judged_are_named(place: Path, capsys: pytest.CaptureFixture) -> None:
    import zipfile

    with zipfile.ZipFile(place / "in" / "z.zip", "w") as archive:
        archive.writestr("a", b"MARKER")
    whole = (place / "in" / "z.zip").read_bytes()
    (place / "in" / "z.zip").write_bytes(whole[:-30])
    told, found, _ = scanned(capsys, place, "--list-skipped")
    assert told.code == 2
    assert [one["column"] for one in found if one["kind"] == "skipped"].count("member") == 1


def test_a_home_that_cannot_be_written_is_said(
    place: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "home").write_bytes(b"no folder")
    monkeypatch.setenv("ATTTCLI_HOME", str(place / "home" / "x"))
    told = tell(capsys, "scan", place / "in", "--rules", place / "r.yar")
    assert told.code == 2
    assert "ATTTCLI_HOME" in told.err and "Traceback" not in told.err
