"""`timeline` as it is read at night: the point of each record, one order each time, and what to try when it shows nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from atttcli.cli import render
from atttcli.hunt.brief import brief
from tests.support.ingest_case import attt, ingest_json, new_workspace

ATTACKER = "198.51.100.66"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    workspace = new_workspace(tmp_path / "ws")
    web = [f'{ATTACKER} - - [16/Nov/2026:08:10:30 +0700] "GET /p{n}.php HTTP/1.1" 200 5 "-" "curl"' for n in range(12)]
    (tmp_path / "access.log").write_text("\n".join(web) + "\n", encoding="utf-8")
    for name, hour in (("auth.log", 8), ("vpn.log", 10)):
        ssh = [
            f"2026-11-16T{hour:02d}:10:{30 + n}+07:00 {name[:3]} sshd[9]: Failed password for root from {ATTACKER} port 999{n} ssh2"
            for n in range(4)
        ]
        (tmp_path / name).write_text("\n".join(ssh) + "\n", encoding="utf-8")
    ingest_json(workspace, tmp_path / "access.log", tmp_path / "auth.log", tmp_path / "vpn.log")
    return workspace


def _screen(place: Path, monkeypatch: pytest.MonkeyPatch, width: int, *words: str) -> list[str]:
    with monkeypatch.context() as patch:
        patch.setattr(render, "is_terminal", lambda: True)
        patch.setenv("COLUMNS", str(width))
        done = attt(place, "--lang", "en", "timeline", *words)
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()


@pytest.mark.parametrize("width", [80, 120])
def test_the_point_of_each_record_is_on_the_screen(place: Path, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    lines = _screen(place, monkeypatch, width, "--around", "2026-11-16 08:10:30", "--minutes", "1")
    assert max(map(len, lines)) < width
    assert len([line for line in lines if "Failed password" in line]) == 4
    assert [line.split("GET ")[1].split()[0] for line in lines if "GET /p" in line] == [f"/p{n}.php" for n in range(12)]
    assert lines[-1] == "Logs: access.log (12), auth.log (4)"


def test_one_moment_is_told_in_the_order_of_lines_each_time(place: Path) -> None:
    words = ("timeline", "--around", "2026-11-16 08:10:30", "--minutes", "1", "--json")
    first = attt(place, *words).stdout
    found = [json.loads(line) for line in first.splitlines()]
    refs = [one["object"] for one in found if one["what"] == "access"]
    assert [int(ref.partition(":")[2]) for ref in refs] == list(range(1, 13))
    assert [attt(place, *words).stdout for _ in range(3)] == [first] * 3
    few = [json.loads(line)["object"] for line in attt(place, *words, "-n", "5").stdout.splitlines()]
    assert few == [json.loads(line)["object"] for line in attt(place, *words, "-n", "5").stdout.splitlines()]


def test_a_log_whose_clock_is_off_is_named(place: Path) -> None:
    done = attt(
        place, "--lang", "en", "timeline", "--around", "2026-11-16 08:10:30", "--minutes", "1", "--address", ATTACKER
    )
    assert "vpn.log" in done.stderr
    assert "+2 h" in done.stderr
    assert "16/11/2026 10:10:30" in done.stderr
    assert "auth.log" not in done.stderr
    assert all(line.count("\t") == 6 for line in done.stdout.splitlines()), "a pipe stays a table"
    quiet = attt(
        place, "timeline", "--around", "2026-11-16 08:10:30", "--minutes", "1", "--address", ATTACKER, "--json"
    )
    assert quiet.stderr == ""


def test_an_empty_one_says_what_to_do_next(place: Path) -> None:
    late = attt(place, "timeline", "--around", "2026-11-17 08:00", "--minutes", "5")
    assert "--around '16/11/2026 10:10:33'" in late.stderr
    early = attt(place, "timeline", "--around", "2026-11-16 01:00", "--minutes", "5", "--user", "root")
    assert "--around '16/11/2026 08:10:30' --user root" in early.stderr
    nobody = attt(place, "timeline", "--around", "2026-11-16 08:10", "--minutes", "5", "--host", "khong-co")
    assert "hunt sources" in nobody.stderr


def test_in_vietnamese(place: Path) -> None:
    done = attt(place, "--lang", "vi", "timeline", "--around", "2026-11-17 08:00", "--minutes", "5")
    assert "sự kiện cuối cùng trước đó" in done.stderr


def row(**columns: Any) -> dict[str, Any]:
    fields = columns.pop("fields", {})
    return {"raw": "", "category": "", **columns, "fields": json.dumps(fields)}


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (row(raw="Nov 16 08:10:30 may-1 app: hỏng"), "may-1 app: hỏng"),
        (row(raw="2026-11-16T08:10:30+07:00 x\n y"), "x y"),
        (row(category="webserver", domain="a.vn", url="/x", fields={"cs-method": "GET", "sc-status": 404}), "GET a.vn/x 404"),
        (row(fields={"EventID": 1, "CommandLine": "whoami /all"}), "1 whoami /all"),
        (row(fields={"Signature": "X", "Filename": "/a", "Action": "Đã diệt"}), "X /a Đã diệt"),
        (row(action="deny", dst_ip="10.1.1.5", dst_port=445, fields={"service": "SMB"}), "deny > 10.1.1.5:445 SMB"),
        (row(raw="x" * 9000), "x" * 400),
        ({"raw": "r", "fields": "[1]"}, "r"), ({"raw": "r", "fields": "{"}, "r"), ({"raw": None, "fields": None}, ""),
        (row(raw="r", fields={"message": {"a": 1}, "EventID": True, "msg": ["x"]}), "r"),
    ],
)  # fmt: skip
def test_brief(event: dict[str, Any], told: str) -> None:
    assert brief(event) == told
