"""The first day of a duty officer who reads Vietnamese: each screen says what next, each message is one clear line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from atttcli.cli import render
from atttcli.packaged import packaged
from atttcli.rulepack.correlation import load_correlation_rules
from tests.support.ingest_case import attt, ingest_json, new_workspace

SPRAY = [
    f"Nov 16 08:10:{number:02d} gw sshd[9]: Failed password for root from 198.51.100.66 port 99{number:02d} ssh2"
    for number in range(40)
]
PAIRS = [
    f"[{n:03d}] THOIGIAN=2021-05-12 08:{n:02d}:00 | MAY=PC-{n} | NGUOIDUNG=user{n} | KETQUA=TUCHOI | DIACHI=10.23.13.{n + 2}"
    for n in range(20)
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    workspace = new_workspace(tmp_path / "ws")
    (tmp_path / "auth.log").write_text("\n".join(SPRAY) + "\n", encoding="utf-8")
    ingest_json(workspace, tmp_path / "auth.log")
    return workspace


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "is_terminal", lambda: True)


@pytest.mark.usefixtures("screen")
def test_alerts_say_what_next(place: Path) -> None:
    listed = attt(place, "--lang", "vi", "alert", "list", "--group").stdout
    assert "atttcli alert show CB-2026-0001" in listed and "atttcli alert triage" in listed
    shown = attt(place, "--lang", "vi", "alert", "show", "1").stdout
    for command in ("timeline --around", "incident open --from-alert"):
        assert f"atttcli {command} CB-2026-0001" in shown
    assert "--alert CB-2026-0001 --close false-positive" in shown


def test_an_incident_is_named_in_the_language_of_its_papers(place: Path) -> None:
    attt(place, "--lang", "vi", "incident", "open", "--from-alert", "1")
    assert "SSH từ một địa chỉ" in attt(place, "--lang", "vi", "incident", "show", "1").stdout


def test_nothing_found_is_said(place: Path) -> None:
    done = attt(place, "--lang", "vi", "hunt", "--field", "user=khong-ai")
    assert "Không thấy gì" in done.stderr and "atttcli hunt schema" in done.stderr


def test_what_came_empty_locked_or_not_at_all(place: Path, tmp_path: Path) -> None:
    (tmp_path / "rong.log").write_bytes(b"")
    assert "Tệp rỗng, không có gì" in attt(place, "--lang", "vi", "ingest", str(tmp_path / "rong.log")).stdout
    done = attt(place, "--lang", "vi", "ingest", str(tmp_path / "khong-co"))
    assert done.exit_code == 2 and "không có tệp" in done.stderr
    assert done.stdout == "", "no table of nothing"


def test_a_wrong_command_is_told_in_the_workspaces_language(place: Path) -> None:
    words = [sys.executable, "-m", "atttcli", "-w", str(place), "alrt"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "Không có lệnh 'alrt'" in done.stderr and "'alert'" in done.stderr


@pytest.mark.usefixtures("screen")
def test_a_log_that_nobody_knows(place: Path, tmp_path: Path) -> None:
    log = tmp_path / "phan-mem.log"
    log.write_text("\n".join(PAIRS) + "\n", encoding="utf-8")
    told = attt(place, "--lang", "vi", "source", "test", str(log), "--lines", "1").stdout
    assert "2021-05-12 08:00:00+07:00" in told
    assert "10.23.13.2  host=PC-0  user=user0  outcome=failure" in told
    assert f"atttcli source mapping {log} -o mapping.yaml" in told and f"atttcli ingest {log}" in told
    made = attt(place, "--lang", "vi", "source", "mapping", str(log), "-o", str(tmp_path / "m.yaml")).stdout
    assert f"atttcli ingest {log} --mapping {tmp_path / 'm.yaml'}" in made


def test_each_rule_of_ours_has_a_vietnamese_title() -> None:
    pack = load_correlation_rules(sorted((packaged("rules") / "sigma").glob("*.yml")))
    rules = [*pack.rules, *pack.correlations]
    assert len(rules) > 200
    assert [one.meta.id for one in rules if not one.meta.title_vi] == []
