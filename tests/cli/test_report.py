"""`atttcli report incident` from outside: papers that hold the facts of the store, and a journal that a rendering leaves alone."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import jsonschema
import pytest

from atttcli.cli.main import run
from atttcli.journal.journal import read_entries
from atttcli.packaged import packaged
from atttcli.report import report_from_json
from atttcli.reports.layout import check_layout
from atttcli.store.connection import Store
from atttcli.store.workspace import Workspace
from tests.support.reported_case import NUMBER, SHELL_SHA256, build_case


@pytest.fixture
def case(tmp_path: Path) -> Workspace:
    return build_case(tmp_path / "w")


def _run(case: Workspace, *arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        run(["--workspace", str(case.root), "report", "incident", *arguments])
    return int(left.value.code or 0)


def _count(case: Workspace) -> int:
    with Store(case.database) as store:
        return int(store.value("SELECT count(*) FROM journal"))


def test_docx_and_html_are_the_usual_papers_and_need_no_correction(
    case: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _count(case)
    assert _run(case, NUMBER) == 0
    names = sorted(path.name for path in case.outbox.iterdir())
    assert names == [f"bao-cao-{NUMBER}.vi.docx", f"bao-cao-{NUMBER}.vi.html"]
    assert check_layout((case.outbox / names[0]).read_bytes()) == []
    assert "dữ liệu cá nhân" in capsys.readouterr().err  # still missing, said on the terminal
    assert _count(case) == before


def test_the_facts_stand_in_the_html(case: Workspace) -> None:
    assert _run(case, NUMBER, "--format", "html") == 0
    text = (case.outbox / f"bao-cao-{NUMBER}.vi.html").read_text(encoding="utf-8")
    for fact in (
        "Ủy ban nhân dân xã Vi Hương",
        SHELL_SHA256,
        "hxxp://capnhat[.]c2[.]example",
        "Tấn công sử dụng mã độc",
        "45/TB-STTTT",
        "Đã ngắt mạng.",
        "Đã gọi lại Trực ban.",
    ):
        assert fact in text, fact
    assert "http://capnhat" not in text
    assert "<b>aspx" not in text
    assert "/data/in" not in text  # folders of this machine are nobody's business


def test_our_own_addresses_are_no_indicators(case: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(case, NUMBER, "--format", "json", "-o", "-") == 0
    report = report_from_json(capsys.readouterr().out.encode())
    assert {row.value for row in report.indicators} == {
        "198.51.100.230",
        "http://capnhat.c2.example/gate.php",
        SHELL_SHA256,
    }


def test_the_chain_head_is_the_journals(case: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(case, NUMBER, "--format", "json", "-o", "-") == 0
    report = report_from_json(capsys.readouterr().out.encode())
    with Store(case.database) as store:
        last = list(read_entries(store.connection))[-1]
    assert report.chain is not None
    assert (report.chain.count, report.chain.hash) == (last.seq, last.hash)


def test_the_timeline_tells_facts_and_decisions_in_order(case: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(case, NUMBER, "--format", "json", "--lang", "en", "-o", "-") == 0
    report = report_from_json(capsys.readouterr().out.encode())
    moments = [row.at for row in report.timeline if row.at is not None]
    assert moments == sorted(moments)
    told = "\n".join(row.text for row in report.timeline)
    assert "Opened the incident from 2 alerts (CB-2021-0001, CB-2021-0002)." in told
    assert "Done: 2. Contain (NV-2021-0002); answer: yes." in told
    assert "incident type: malware" in told


def test_what_was_undone_is_not_told(case: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    from atttcli.journal.journal import Journal

    with Store(case.database) as store:
        journal = Journal(store, "truc.ban")
        entry = journal.append("incident.noted", NUMBER, {"text": "Ghi nhầm vụ khác."})
        journal.append("undone", NUMBER, {"seq": entry.seq})
    assert _run(case, NUMBER, "-o", "-") == 0
    assert "Ghi nhầm vụ khác" not in capsys.readouterr().out


def test_an_english_paper(case: Workspace, tmp_path: Path) -> None:
    assert _run(case, "0001", "--format", "md", "--lang", "en", "-o", str(tmp_path / "out.md")) == 0
    text = (tmp_path / "out.md").read_text(encoding="utf-8")
    assert "Malware" in text
    assert "Still missing" not in text


def test_issuing_is_a_decision(case: Workspace) -> None:
    before = _count(case)
    assert _run(case, NUMBER, "--format", "docx", "--issue", "45/BC-STTTT") == 0
    with Store(case.database) as store:
        last = list(read_entries(store.connection, verbs=("report.issued",)))
    assert _count(case) == before + 1
    assert last[0].payload["document"] == "45/BC-STTTT"
    (paper,) = case.outbox.iterdir()
    assert sha256(paper.read_bytes()).hexdigest() == last[0].payload["sha256"]["docx"]
    assert _run(case, NUMBER, "--format", "docx", "--issue", "45/BC-STTTT") == 5
    assert _run(case, NUMBER, "--format", "docx") == 0
    assert _run(case, NUMBER, "--format", "docx", "--draft") == 0
    assert sha256(paper.read_bytes()).hexdigest() == last[0].payload["sha256"]["docx"]  # nothing writes over it
    assert len(list(case.outbox.iterdir())) == 3


def test_a_draft_says_so_and_names_unverified_law(case: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(case, NUMBER, "--draft", "--format", "md", "-o", "-") == 0
    text = capsys.readouterr().out
    assert "DỰ THẢO" in text
    assert "theo hiểu biết chung" in text


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["SC-1999-0001"], 3),
        ([NUMBER, "--format", "docx", "-o", "-"], 2),
        ([NUMBER, "--issue", "1/BC", "--draft"], 2),
        ([NUMBER, "--organ", "nobody"], 3),
        ([NUMBER, "-o", "/nowhere/at/all.docx", "--format", "docx"], 2),
    ],
)
def test_refusals(case: Workspace, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int) -> None:
    assert _run(case, *arguments) == code
    assert capsys.readouterr().err.strip()


def test_json_tells_what_was_written(case: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(case, NUMBER, "--json", "--format", "md") == 0
    told = json.loads(capsys.readouterr().out)
    schema = json.loads((packaged("schemas") / "report-written.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(told, schema)
    assert told["incident"] == NUMBER
    assert Path(told["files"][0]["path"]).stat().st_size == told["files"][0]["bytes"]


def test_stdout_and_json_together_are_the_report_as_json(case: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(case, NUMBER, "-o", "-", "--json") == 0
    assert report_from_json(capsys.readouterr().out.encode()).incident.number == NUMBER
    assert _run(case, NUMBER, "-o", "-", "--format", "md", "--json") == 2
    assert capsys.readouterr().out == ""
