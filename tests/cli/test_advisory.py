"""Advisories from outside: a national list to verified, with real ingest; refusals with the command that satisfies them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from atttcli.cli.workspace import make_workspace
from atttcli.clock import Clock
from atttcli.inventory import load_organisation
from tests.support.advisory_case import write_list
from tests.support.cli_run import tell


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "ws"
    make_workspace(folder, load_organisation("bac-kan"), "vn-2017", "en", Clock(), "lan")
    monkeypatch.setenv("ATTTCLI_WORKSPACE", str(folder))
    return folder


def test_a_national_list_becomes_followed_deliveries_in_three_commands(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert tell(capsys, "ingest", write_list(tmp_path)).code in (0, 1)
    (drafted,) = tell(capsys, "advisory", "draft", "--from-list", "last", "--due", "5d", "--issue", "--json").checked(
        "advisory"
    )
    board = tell(capsys, "advisory", "board", "1", "--json").checked("advisory-delivery")
    assert drafted["stage"] == "awaiting_signature"
    assert drafted["source"]["number"] == "1024/CATTT-NCSC"
    assert {row["agency"]: (row["state"], row["total"]) for row in board} == {
        "x-vi-huong": ("queued", 1), "so-xd": ("queued", 1), "vp-ubnd": ("queued", 1),
    }  # fmt: skip
    said = tell(capsys, "next").out
    assert "awaits its signature" in said
    assert "learn-ip 198.51.100.200" in said, "what nobody owns is not forgotten"


def numbered(capsys: pytest.CaptureFixture, tmp_path: Path, *draft: str) -> None:
    tell(capsys, "ingest", write_list(tmp_path))
    for words in (
        ("draft", "--from-list", "last", "--issue", *draft),
        ("sign", "1", "--signer", "Giám đốc"),
        ("number", "1", "45"),
    ):
        assert tell(capsys, "advisory", *words).code == 0


def test_from_the_letter_to_the_answer(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    numbered(capsys, tmp_path)
    (written,) = tell(capsys, "advisory", "letter", "1", "--format", "docx", "--format", "txt", "--json").checked(
        "advisory-letters"
    )
    manifest = json.loads((Path(written["folder"]) / "manifest.json").read_text())
    assert [one["file"] for one in manifest["files"]] == [one["file"] for one in written["files"]]
    assert all(one["number"] == "45/STTTT-CNTT" for one in manifest["files"])
    assert tell(capsys, "advisory", "sent", "45/STTTT-CNTT", "--how", "edoc").code == 0
    assert tell(capsys, "advisory", "reply", "1", "x-vi-huong", "1/1").code == 0
    answers = tmp_path / "answers.csv"
    answers.write_text("Mã đơn vị,Kết quả\nso-xd,không bị ảnh hưởng\nvp-ubnd,0/3\nkhong-co,1/1\n", encoding="utf-8")
    told = tell(capsys, "advisory", "reply", "1", "--file", answers, "--json")
    (replies,) = told.checked("advisory-replies")
    assert told.code == 2, "a row was bad"
    assert [one["agency"] for one in replies["recorded"]] == ["so-xd", "vp-ubnd"]
    assert [one["line"] for one in replies["problems"]] == [4]
    again = tell(capsys, "advisory", "reply", "1", "--file", answers, "--json").lines()[0]
    assert (again["recorded"], again["same"]) == ([], 2)
    assert tell(capsys, "advisory", "verify", "1", "x-vi-huong", "--note", "ok").code == 0
    (answer,) = tell(capsys, "advisory", "answer", "1", "--document", "51/STTTT-CNTT", "--json").checked(
        "advisory-letters"
    )
    assert answer["files"][0]["number"] == "51/STTTT-CNTT"
    (row,) = tell(capsys, "advisory", "list", "--json").checked("advisory")
    assert row["answer"] == "51/STTTT-CNTT"
    assert (row["counts"]["handled"], row["counts"]["total"]) == (1, 4)
    assert tell(capsys, "undo").code == 4, "it has left the house"
    assert tell(capsys, "db", "verify").code == 0


def test_a_letter_for_each_with_numbers_of_their_own(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    tell(capsys, "ingest", write_list(tmp_path))
    tell(capsys, "advisory", "draft", "--from-list", "last", "--per-agency", "--issue")
    tell(capsys, "advisory", "sign", "1", "--signer", "GĐ")
    assert tell(capsys, "advisory", "number", "1", "45", "--each").code == 0
    (written,) = tell(capsys, "advisory", "letter", "1", "--json").checked("advisory-letters")
    assert sorted(one["number"] for one in written["files"]) == [f"{n}/STTTT-CNTT" for n in (45, 46, 47)]
    assert [[copy["agency"] for copy in one["copies"]] for one in written["files"]] == [
        ["vp-ubnd"],
        ["so-xd"],
        ["x-vi-huong"],
    ]
    assert all(one["copies"][0]["email"].endswith("@backan.gov.vn") for one in written["files"])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("draft",), 2, "what is the warning about"),
        (("draft", "--from-list", "none.csv"), 3, "no ingested list"),
        (("draft", "--product", "no-such-product"), 2, "nobody is concerned"),
        (("draft", "--product", "zimbra", "--version", "newest"), 2, "not a version condition"),
        (("draft", "x", "--to", "nowhere"), 3, "no single agency"),
        (("draft", "x", "--to", "xa", "--organ", "none"), 3, "no organ"),
        (("sent", "1", "--how", "email"), 4, "no signature and number"),
        (("number", "1", "45"), 4, "awaiting signature"),
        (("reply", "1", "x-vi-huong", "1/1"), 4, "not sent"),
        (("reply", "1", "x-vi-huong"), 2, "what did it answer"),
        (("verify", "1", "x-vi-huong", "--note", "x"), 4, "not sent"),
        (("close", "1"), 4, "awaiting signature"),
        (("show", "7"), 3, "no advisory"),
    ],
)
def test_refusals_say_what_to_do(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture, words: tuple[str, ...], code: int, said: str
) -> None:
    tell(capsys, "ingest", write_list(tmp_path))
    tell(capsys, "advisory", "draft", "--from-list", "last", "--issue")
    told = tell(capsys, "advisory", *words)
    assert told.code == code
    assert said in told.err
    assert "→" in told.err


def test_late_agencies_by_letter(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    numbered(capsys, tmp_path, "--due", "2020-01-01")
    tell(capsys, "advisory", "sent", "1", "--how", "email")
    before = tell(capsys, "log", "--limit", "0", "--json").out.count("\n")
    late = tell(capsys, "advisory", "remind", "1", "--dry-run", "--json").checked("advisory-delivery")
    assert len(late) == 3 and all(row["overdue"] for row in late)
    assert tell(capsys, "log", "--limit", "0", "--json").out.count("\n") == before, "a dry run writes nothing"
    assert tell(capsys, "advisory", "remind", "1", "--how", "paper", "--due", "2d", "--letter").code == 0
    assert list((root / "outbox").rglob("don-doc-*.docx"))
    assert "no agency is late" in tell(capsys, "advisory", "remind", "1").out


def test_agencies_as_tables(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "don-vi.xlsx"
    assert tell(capsys, "agency", "export", path).code == 0
    assert tell(capsys, "agency", "import", path, "--json").lines() == []
    assert tell(capsys, "agency", "set", "so-xd", "--machines", "77").code == 0
    (change,) = tell(capsys, "agency", "import", path, "--dry-run", "--json").checked("agency-changed")
    assert change["code"] == "so-xd"
    assert tell(capsys, "agency", "show", "so-xd", "--json").lines()[0]["machines"] == 77
    assert tell(capsys, "undo").code == 0
    assert tell(capsys, "agency", "show", "so-xd", "--json").lines()[0]["machines"] != 77


def test_agencies_merge(root: Path, capsys: pytest.CaptureFixture) -> None:
    assert tell(capsys, "agency", "merge", "so-khdt", "--into", "so-tc", "--from", "2025-03-01").code == 0
    address = "203.0.113.80"
    assert tell(capsys, "agency", "whois", address, "--json").lines()[0]["agency"] == "so-tc"
    assert (
        tell(capsys, "agency", "whois", address, "--at", "2025-02-01 08:00", "--json").lines()[0]["agency"] == "so-khdt"
    )
    assert tell(capsys, "agency", "merge", "so-tc", "--into", "so-khdt", "--from", "2025-04-01").code == 4
    assert tell(capsys, "advisory", "draft", "x", "--to", "so-khdt", "--json").lines()[0]["counts"]["deliveries"] == 1
    (row,) = tell(capsys, "advisory", "board", "1", "--json").lines()
    assert row["agency"] == "so-tc"


def test_two_agencies_behind_one_address_are_told_apart_by_port(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    rows = ["Địa chỉ IP;Cổng;Thời gian (GMT+7);Loại mã độc"]
    rows += [f"198.51.100.200;{port};2026-02-25 08:12:11;Mirai" for port in (40001, 40001, 50001)]
    (tmp_path / "nat.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    tell(capsys, "ingest", tmp_path / "nat.csv")
    for code, ports in (("so-xd", "40000-40999"), ("vp-ubnd", "50000-50999")):
        assert tell(capsys, "agency", "learn-ip", "198.51.100.200", code, "--ports", ports).code == 0
    found = tell(capsys, "alert", "list", "--json").checked("alert")
    assert {alert["agency"]: alert["detail"]["port"] for alert in found} == {"so-xd": "40001", "vp-ubnd": "50001"}
    tell(capsys, "advisory", "draft", "--from-list", "last", "--issue")
    board = tell(capsys, "advisory", "board", "1", "--json").checked("advisory-delivery")
    assert {row["agency"]: row["total"] for row in board} == {"so-xd": 1, "vp-ubnd": 1}


def test_an_alert_names_the_advisory_that_passes_it_on(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    numbered(capsys, tmp_path)
    (number,) = (row["number"] for row in tell(capsys, "advisory", "list", "--json").lines())
    covered = tell(capsys, "alert", "list", "--state", "linked", "--json").checked("alert")
    assert {alert["advisory"] for alert in covered} == {number}
    assert number in tell(capsys, "alert", "list", "--state", "linked").out
    mine = next(alert for alert in covered if alert["agency"] == "x-vi-huong")
    assert f"{number} · x-vi-huong: not sent 0/1" in tell(capsys, "alert", "show", mine["number"]).out
    assert mine["number"] not in tell(capsys, "next", "--limit", "0").out
    assert tell(capsys, "alert", "reopen", mine["number"], "--reason", "vẫn kết nối").code == 0
    assert mine["number"] in tell(capsys, "next", "--limit", "0").out


def test_a_second_advisory_about_the_same_alerts_says_so(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    numbered(capsys, tmp_path)
    (first,) = (row["number"] for row in tell(capsys, "advisory", "list", "--json").lines())
    told = tell(capsys, "advisory", "draft", "--from-list", "last")
    assert told.code == 0
    assert f"3 of these alerts went out already: {first}" in told.err
