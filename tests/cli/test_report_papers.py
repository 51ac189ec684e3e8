"""Papers from outside: drafted, missing fields named, issued, kept, cited, printed again, explained, measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from atttcli.cli.main import run
from atttcli.store.connection import Store
from atttcli.store.workspace import Workspace
from tests.support.reported_case import NUMBER, build_case


@pytest.fixture
def case(tmp_path: Path) -> Workspace:
    return build_case(tmp_path / "w")


def _run(case: Workspace, *arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        run(["--lang", "vi", "--workspace", str(case.root), "report", *arguments])
    return int(left.value.code or 0)


def test_a_draft_names_what_is_missing_and_records_nothing(case: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(case.database) as store:
        before = store.value("SELECT count(*) FROM journal")
    assert _run(case, "paper", "initial", NUMBER) == 0
    told = capsys.readouterr()
    assert "Còn thiếu (bắt buộc):" in told.err and "contact_name" in told.err
    names = {path.name for path in case.outbox.iterdir()}
    assert names == {f"initial-{NUMBER}.vi.{ending}" for ending in ("docx", "html", "model.json")}
    with Store(case.database) as store:
        assert store.value("SELECT count(*) FROM journal") == before


def test_what_went_out_comes_back_byte_for_byte_and_only_once(case: Workspace, tmp_path: Path) -> None:
    signed = tmp_path / "da-ky.pdf"
    signed.write_bytes(b"%PDF-1.7 signed by hand")
    assert _run(case, "paper", "initial", NUMBER) == 0
    sent = ("issued", f"initial-{NUMBER}", "--number", "7/BC-STTTT", "--date", "2021-05-14", "--file", str(signed))
    assert _run(case, *sent) == 0
    assert _run(case, *sent) == 5
    assert _run(case, "reprint", "7", "-o", str(tmp_path / "again")) == 0
    again = {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert again["in-lai-07_BC_STTTT-signed.pdf"] == signed.read_bytes()
    written = (case.outbox / f"mau_03-{NUMBER}.vi-so-07_BC_STTTT.docx").read_bytes()
    assert again["in-lai-07_BC_STTTT-docx.docx"] == written
    assert _run(case, "check", str(tmp_path / "again" / "in-lai-07_BC_STTTT-docx.docx")) == 0
    assert _run(case, "reprint", "8/BC-STTTT") == 3


def test_a_paper_of_an_exercise_says_so(case: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(case.database) as store, store.transaction() as db:
        db.execute("UPDATE incident SET exercise = 1")
    assert _run(case, "paper", "initial", NUMBER, "-o", "-") == 0
    assert "DIỄN TẬP" in capsys.readouterr().out


def test_the_closing_report_cites_the_initial_one(case: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(case, "paper", "initial", NUMBER) == 0
    assert _run(case, "issued", f"initial-{NUMBER}", "--number", "7/BC-STTTT", "--date", "2021-05-14") == 0
    capsys.readouterr()
    assert _run(case, "paper", "closing", NUMBER, "-o", "-") == 0
    assert "Số ký hiệu: 07/BC-STTTT" in capsys.readouterr().out


def test_an_object_altered_in_the_vault_is_not_printed_again(case: Workspace) -> None:
    assert _run(case, "paper", "initial", NUMBER) == 0
    assert _run(case, "issued", f"initial-{NUMBER}", "--number", "7", "--date", "2021-05-14") == 0
    with Store(case.database) as store:
        files = json.loads(store.value("SELECT files FROM paper"))["sha256"]
    held = case.vault / files["docx"][:2] / files["docx"]
    held.chmod(0o600)
    held.write_bytes(held.read_bytes()[:-20])
    assert _run(case, "reprint", "7/BC-STTTT", "--format", "docx") == 7


def test_an_incident_report_that_was_issued_is_kept_too(case: Workspace, tmp_path: Path) -> None:
    assert _run(case, "incident", NUMBER, "--format", "docx", "--issue", "45/BC-STTTT") == 0
    (written,) = case.outbox.glob("*so-45*.docx")
    assert _run(case, "reprint", "45/BC-STTTT", "-o", str(tmp_path)) == 0
    assert (tmp_path / "in-lai-45_BC_STTTT-docx.docx").read_bytes() == written.read_bytes()
    assert _run(case, "build", "--from", str(tmp_path / "in-lai-45_BC_STTTT-model.json"), "--format", "docx") == 0
    assert (tmp_path / "in-lai-45_BC_STTTT-model.docx").read_bytes() == written.read_bytes()


def test_a_figure_says_what_it_was_counted_from(case: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(case, "period", "--of", "2021-05", "--text", "plan=Tập huấn cấp xã") == 0
    capsys.readouterr()
    assert _run(case, "why", "period-2021-05-01_2021-05-31", "1/1") == 0
    told = capsys.readouterr().out
    assert NUMBER in told and "incidents_ended" in told and "bút toán" in told
    assert _run(case, "why", "period-2021-05-01_2021-05-31", "99/99") == 3


def test_a_model_gives_the_same_bytes_again(case: Workspace, tmp_path: Path) -> None:
    assert _run(case, "paper", "technical", NUMBER, "--format", "docx", "--format", "xlsx", "--format", "pdf") == 0
    stem = f"technical-{NUMBER}.vi"
    model = case.outbox / f"{stem}.model.json"
    again = ("--format", "docx", "--format", "xlsx", "--format", "pdf", "-o", str(tmp_path))
    assert _run(case, "build", "--from", str(model), *again) == 0
    for ending in ("docx", "xlsx", "pdf"):
        assert (tmp_path / f"{stem}.{ending}").read_bytes() == (case.outbox / f"{stem}.{ending}").read_bytes()


def test_the_week_begins_when_the_house_says(case: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    with (case.root / "atttcli.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[report]\nfirst_weekday = "sun"\n')
    assert _run(case, "week", "--of", "2021-W19", "-o", "-") == 0
    assert "từ ngày 09/05/2021" in capsys.readouterr().out
    assert _run(case, "week", "--of", "2021-W19", "--first-day", "mon", "-o", "-") == 0
    assert "từ ngày 10/05/2021" in capsys.readouterr().out


def test_what_cannot_be_made_is_refused_in_words(case: Workspace) -> None:
    assert _run(case, "paper", "initial", NUMBER, "--lang", "en") == 2
    assert _run(case, "paper", "mau_99", NUMBER) == 3
    assert _run(case, "paper", "week", "x") == 2
    assert _run(case, "period", "--of", "2021-13") == 2
    assert _run(case, "paper", "quick", NUMBER, "--kind", "48h") == 2
    assert _run(case, "period", "--text", "plan") == 2
    assert _run(case, "issued", "nothing", "--number", "1") == 3


def test_the_figures_of_an_incident_report_and_of_the_annex_say_what_they_count(
    case: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(case, "incident", NUMBER, "--format", "docx", "--issue", "45/BC-STTTT") == 0
    capsys.readouterr()
    assert _run(case, "why", "45", "16") == 0
    assert "sightings" in (told := capsys.readouterr().out) and "CB-2021-0001" in told
    assert _run(case, "paper", "technical", NUMBER) == 0
    capsys.readouterr()
    assert _run(case, "why", f"technical-{NUMBER}", "15") == 0
    assert "sightings.9910001" in capsys.readouterr().out
    assert _run(case, "paper", "initial", NUMBER) == 0
    assert _run(case, "why", f"initial-{NUMBER}") == 3
    assert "không có số liệu" in capsys.readouterr().err


def test_the_register_says_who_got_a_form_and_which_year_its_number_is_of(
    case: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(case, "paper", "initial", NUMBER) == 0
    assert _run(case, "issued", f"initial-{NUMBER}", "--number", "7", "--date", "2021-05-14") == 0
    assert "còn trống" in capsys.readouterr().err
    assert _run(case, "issued", f"initial-{NUMBER}", "--number", "7", "--date", "2022-01-03") == 0
    assert _run(case, "issued", f"initial-{NUMBER}", "--number", "8", "--date", "2999-01-01") == 2
    capsys.readouterr()
    assert _run(case, "register", "--json") == 0
    rows = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    assert [row["number"] for row in rows] == ["07/BC-STTTT", "07/BC-STTTT"]
    assert all("Ủy ban nhân dân tỉnh Bắc Kạn" in row["recipients"] for row in rows)
    assert _run(case, "reprint", "7/BC-STTTT") == 5
    assert _run(case, "reprint", "7/BC-STTTT", "--year", "2022", "--format", "docx") == 0


def test_a_file_that_cannot_be_measured_leaves_the_others_measured(
    case: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(case, "paper", "initial", NUMBER, "--format", "docx", "-o", str(tmp_path)) == 0
    wrong = tmp_path / "hong.docx"
    wrong.write_bytes(b"PK no")
    capsys.readouterr()
    assert _run(case, "check", str(wrong), str(tmp_path / f"initial-{NUMBER}.vi.docx")) == 2
    told = capsys.readouterr()
    assert "0 chỗ" in told.out and "hong.docx" in told.err


def test_kinds_of_an_order_do_not_write_over_one_another(case: Workspace) -> None:
    for kind in ("request", "order"):
        assert _run(case, "paper", "order", NUMBER, "--kind", kind, "--format", "docx") == 0
    assert len({path.name for path in case.outbox.glob("*.docx")}) == 2


def test_the_number_of_an_issued_incident_report_is_the_one_printed(case: Workspace) -> None:
    from atttcli.reports.docx_reading import read_paper

    assert _run(case, "incident", NUMBER, "--format", "docx", "--issue", "5/BC-BCĐ") == 0
    (written,) = case.outbox.glob("*so-05*.docx")
    assert "Số: 05/BC-BCĐ" in {line.text for line in read_paper(written.read_bytes()).lines}
    with Store(case.database) as store:
        assert store.value("SELECT number FROM paper") == "05/BC-BCĐ"
    assert _run(case, "incident", NUMBER, "--format", "docx", "--issue", "x") == 2
