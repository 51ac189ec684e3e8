"""Papers from the workspace: each is built, laid out by its own rules, says what is missing, and keeps its bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import jsonschema
import msgspec
import pytest

from atttcli.clock import HOUR, FixedClock, parse_moment
from atttcli.errors import Conflict, InputError, NotFound, UsageError
from atttcli.evidence.vault import Vault
from atttcli.inventory import Inventory, load_organisation
from atttcli.journal.journal import Journal
from atttcli.packaged import packaged
from atttcli.profile import load_profile
from atttcli.report import schema
from atttcli.reports.docx_reading import read_paper
from atttcli.reports.font_gate import pdf_faces
from atttcli.reports.layout import check_layout
from atttcli.reports.layout_pdf import check_pdf
from atttcli.reports.paper import (
    PAPER_SCHEMA,
    Boxes,
    Head,
    Lines,
    Paper,
    Rows,
    Text,
    find_figures,
    paper_from_json,
    paper_json,
    settled,
)
from atttcli.reports.paper_formats import PAPER_FORMATS, render_paper
from atttcli.reports.papers.catalog import CATALOG, PaperKind, build_paper, find_kind
from atttcli.reports.papers.desk import Ask, Desk
from atttcli.reports.papers.issued import issued_papers
from atttcli.reports.papers.period import Period, parse_period, span_of, week_of
from atttcli.reports.papers.words import without_inside
from atttcli.reports.register import find_registered, issue, kept_bytes, numbered, registered
from atttcli.store.connection import Store
from atttcli.text.messages import use_language
from tests.support.reported_case import NUMBER, build_case

NOW = parse_moment("2021-05-14 10:00")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_case(tmp_path_factory.mktemp("papers") / "w").root


@pytest.fixture
def desk(root: Path) -> Iterator[Desk]:
    with Store(root / "workspace.db") as store:
        yield _desk(store)


def _desk(store: Store) -> Desk:
    journal = Journal(store, "truc.ban", FixedClock(NOW))
    inventory = Inventory(load_organisation("bac-kan"), (), (), "2021-05-14")
    return Desk(journal, inventory, load_profile("vn-2017"), NOW)


def _ask(kind: PaperKind, variant: str = "") -> Ask:
    about = {"incident": NUMBER, "card": "ma-hoa"}.get(kind.about, "")
    period = parse_period("2021-H1") if kind.about == "period" else None
    return Ask(subject=about, period=period, variant=variant)


def _made(desk: Desk, name: str, language: str = "vi", **asked: object) -> Paper:
    kind = find_kind(name)
    use_language(language)
    try:
        return build_paper(kind, replace(desk, language=language), replace(_ask(kind), **asked))  # type: ignore[arg-type]
    finally:
        use_language("vi")


EVERY = [
    (kind, language, variant) for kind in CATALOG for language in kind.languages for variant in kind.variants or ("",)
]


@pytest.mark.parametrize(("kind", "language", "variant"), EVERY, ids=lambda value: getattr(value, "name", value))
def test_every_paper_is_laid_out_by_its_rules(desk: Desk, kind: PaperKind, language: str, variant: str) -> None:
    made = _made(desk, kind.name, language, variant=variant)
    assert check_layout(render_paper(made, "docx")) == []


@pytest.mark.parametrize(("kind", "language", "variant"), EVERY, ids=lambda value: getattr(value, "name", value))
def test_a_paper_and_its_json_are_the_same_bytes_in_every_format(
    desk: Desk, kind: PaperKind, language: str, variant: str
) -> None:
    made = _made(desk, kind.name, language, variant=variant)
    again = paper_from_json(paper_json(made))
    assert again == settled(made)
    for name in PAPER_FORMATS if (language, variant) == ("vi", (kind.variants or ("",))[0]) else ("docx", "html"):
        assert render_paper(made, name) == render_paper(again, name)
    kept = json.loads((packaged("schemas") / "paper.schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads(paper_json(made)), kept)


@pytest.mark.parametrize("name", ["initial", "period", "order", "card", "technical"])
def test_pdf_has_our_faces_only_all_the_words_and_page_numbers_from_the_second_on(desk: Desk, name: str) -> None:
    import pdfplumber

    made = _made(desk, name)
    with pdfplumber.open(io.BytesIO(render_paper(made, "pdf"))) as book:
        chars = [char for page in book.pages for char in page.chars]
        assert {char["fontname"].split("+")[-1].split("-")[0] for char in chars} == {"LiberationSerif"}
        first = book.pages[0].extract_text()
        assert made.kind in first.replace("\n", " ")
        assert ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in first) == made.nation
        for page in book.pages[1:]:
            top = [char["text"] for char in page.chars if char["top"] < 50]
            own = page.extract_text().startswith("Phụ lục")
            assert own or "".join(top).isdigit()


@pytest.mark.parametrize("kind", CATALOG, ids=lambda kind: kind.name)
def test_every_pdf_is_laid_out_by_its_rules(desk: Desk, kind: PaperKind) -> None:
    assert check_pdf(render_paper(_made(desk, kind.name), "pdf")) == []


@pytest.mark.parametrize(("kind", "language", "variant"), EVERY, ids=lambda value: getattr(value, "name", value))
def test_every_paper_passes_the_gate_on_faces(desk: Desk, kind: PaperKind, language: str, variant: str) -> None:
    made = _made(desk, kind.name, language, variant=variant)
    assert list(pdf_faces(render_paper(made, "pdf"), 100)) == []
    assert read_paper(render_paper(made, "docx")).fonts == {"Times New Roman"}


def test_a_pdf_that_departs_is_found(desk: Desk) -> None:
    wrong = msgspec.structs.replace(_made(desk, "initial"), nation=True)
    assert {one.box for one in check_pdf(render_paper(wrong, "pdf"))} == {"box 1"}
    with pytest.raises(InputError):
        check_pdf(b"%PDF-1.7 nothing else")


@pytest.mark.parametrize("lines", [1, 9, 60])
def test_tall_rows_of_a_short_table_stay_on_the_paper(desk: Desk, lines: int) -> None:
    """Twelve rows, on one page when they fit, over several when not; nothing runs off the foot of a page."""
    rows = Rows("steps", (Head(title="Bước", share=30), Head(title="Việc", share=70)),
                tuple((f"{at}", "\n".join(f"việc {line}" for line in range(lines))) for at in range(12)))  # fmt: skip
    made = msgspec.structs.replace(_made(desk, "notice"), parts=(rows,))
    assert check_pdf(render_paper(made, "pdf")) == []


def test_what_our_faces_cannot_draw_is_written_as_code_points(desk: Desk) -> None:
    import pdfplumber

    made = msgspec.structs.replace(_made(desk, "card"), parts=(Text("Tệp 中.doc và ẵẫỗợự"),))
    with pdfplumber.open(io.BytesIO(render_paper(made, "pdf"))) as book:
        assert "\\u4e2d.doc và ẵẫỗợự" in book.pages[0].extract_text()


def test_the_kept_schema_is_the_models() -> None:
    kept = json.loads((packaged("schemas") / "paper.schema.json").read_text("utf-8"))
    assert kept == json.loads(json.dumps(schema(Paper, PAPER_SCHEMA)))


def test_the_initial_report_names_no_inside_address_and_ticks_what_is_known(desk: Desk) -> None:
    made = _made(desk, "Mẫu 03")
    text = render_paper(made, "txt").decode()
    assert "10.23." not in text and "10.10." not in text
    assert "203.0.113.17" in text
    assert "☒ Đã được xử lý" in text and "☐ Chưa được xử lý" in text
    assert "CỘNG HÒA" not in text  # this form has no Quốc hiệu
    wanted = {field for gap in made.missing if gap.required for field in gap.fields}
    assert {"reporter_phone", "contact_name"} <= wanted


def test_a_form_with_quoc_hieu_where_none_belongs_is_a_departure(desk: Desk) -> None:
    made = msgspec.structs.replace(_made(desk, "initial"), nation=True)
    assert "box 1" in {one.box for one in check_layout(render_paper(made, "docx"))}


def test_every_line_of_the_official_form_stands_on_the_paper(desk: Desk) -> None:
    for name in ("mau_03", "mau_04"):
        made = _made(desk, name)
        printed = {line.label for part in made.parts if isinstance(part, Lines) for line in part.lines}
        printed |= {part.label for part in made.parts if isinstance(part, Boxes)}
        form = desk.form(name)
        assert form is not None
        for section in form.sections:
            if section.mode == "fields" and "ĐẠI DIỆN" not in section.title:
                for label in section.fields:
                    assert any(label.startswith(one) or one.startswith(label.split(" …")[0]) for one in printed), label


def test_the_quick_report_knows_its_clock(desk: Desk) -> None:
    first = render_paper(_made(desk, "quick", variant="24h"), "txt").decode()
    assert "24 giờ kể từ T0, tức 14/05/2021 07:45; đã quá hạn khi lập báo cáo" in " ".join(first.split())
    last = render_paper(_made(desk, "quick", variant="72h"), "txt").decode()
    assert "tức 16/05/2021 07:45." in " ".join(last.split())
    assert "☒ Báo cáo 72 giờ" in last and "☐ Báo cáo ngay" in last
    with pytest.raises(UsageError):
        _made(desk, "quick", variant="48h")


def test_papers_of_no_public_form_say_so(desk: Desk) -> None:
    for name in ("quick", "order", "personal-data"):
        assert "BIỂU MẪU NỘI BỘ" in render_paper(_made(desk, name), "txt").decode()
    assert "BIỂU MẪU NỘI BỘ" not in render_paper(_made(desk, "initial"), "txt").decode()


def test_an_order_says_what_is_asked_of_whom_by_when(desk: Desk) -> None:
    asked = {"to": ("x-vi-huong",), "requests": ("Ngắt mạng máy bị nhiễm",), "due": NOW + 6 * HOUR}
    text = render_paper(_made(desk, "order", **asked), "txt").decode()
    for said in ("Ủy ban nhân dân xã Vi Hương", "1. Ngắt mạng máy bị nhiễm.", "16 giờ 00 phút, ngày 14/05/2021"):
        assert said in text
    assert not [gap for gap in _made(desk, "order", **asked).missing if gap.required]


def test_figures_carry_what_they_were_counted_from(desk: Desk) -> None:
    made = _made(desk, "period", period=parse_period("2021-05"))
    (incidents,) = find_figures(made, "incidents")
    assert (incidents.value, incidents.previous, incidents.objects) == (1, 0, (NUMBER,))
    entry = desk.journal.entry(incidents.entries[0])
    assert (entry.verb, entry.object) == ("incident.opened", NUMBER)
    assert [one.key for one in find_figures(made, "1/1")] == ["incidents_ended"]
    assert _made(desk, "period", period=parse_period("2021-04")).figures[2].value == 0


def test_exercises_rejected_and_merged_incidents_are_not_counted(tmp_path: Path) -> None:
    case = build_case(tmp_path / "w")
    with Store(case.database) as store:
        desk = _desk(store)
        for at, (title, exercise) in enumerate((("Thử", True), ("Nhầm", False)), 2):
            number = f"SC-2021-{at:04d}"
            body = {
                "number": number,
                "title": title,
                "profile": "vn-2017",
                "organisation": "bac-kan",
                "exercise": exercise,
            }
            desk.journal.append("incident.opened", number, body)
        desk.journal.append("incident.moved", "SC-2021-0003", {"to": "rejected"})
        made = _made(desk, "mau_05", period=parse_period("2021-H1"))
    assert find_figures(made, "incidents")[0].objects == (NUMBER,)


def test_what_went_out_is_kept_cited_and_printed_again(tmp_path: Path) -> None:
    case = build_case(tmp_path / "w")
    vault = Vault(case.vault)
    with Store(case.database) as store:
        desk = _desk(store)
        made = numbered(_made(desk, "initial"), "7/BC-STTTT", "2021-05-14")
        papers = {name: render_paper(made, name) for name in ("docx", "html")}
        found = issue(
            desk.journal, vault, made, papers, recipients=("VNCERT/CC",), signed=("da-ky.pdf", b"%PDF-1.4 signed")
        )
        assert (found.number, found.day, found.code, found.recipients) == (
            "07/BC-STTTT",
            "2021-05-14",
            "mau_03",
            ("VNCERT/CC",),
        )
        assert kept_bytes(vault, found, "docx") == papers["docx"]
        assert kept_bytes(vault, found, "signed") == b"%PDF-1.4 signed"
        again = paper_from_json(kept_bytes(vault, found, "model"))
        assert render_paper(again, "docx") == papers["docx"]
        assert "Số: 07/BC-STTTT" in {line.text for line in read_paper(papers["docx"]).lines}
        with pytest.raises(Conflict):
            issue(desk.journal, vault, made, papers)
        closing = _made(desk, "closing")
        assert closing.cites == ("07/BC-STTTT",)
        text = render_paper(closing, "txt").decode()
        assert "07/BC-STTTT" in text and "14/05/2021" in text
        assert find_registered(store, "7").number == "07/BC-STTTT"
        with pytest.raises(NotFound):
            find_registered(store, "8")
        before = registered(store)
        desk.journal.rebuild()
        assert registered(store) == before and len(before) == 1


def test_an_entry_of_the_first_version_still_stands_in_the_register(tmp_path: Path) -> None:
    case = build_case(tmp_path / "w")
    with Store(case.database) as store:
        desk = _desk(store)
        desk.journal.append(
            "report.issued", NUMBER, {"document": "45/BC-STTTT", "language": "vi", "sha256": {"docx": "ab" * 32}}
        )
        (old,) = registered(store, NUMBER)
        assert (old.number, old.code, old.kept) == ("45/BC-STTTT", "incident", ())
        assert [one.number for one in issued_papers(store, NUMBER)] == ["45/BC-STTTT"]


def test_progress_tells_only_what_came_after_the_last_one(tmp_path: Path) -> None:
    case = build_case(tmp_path / "w")
    with Store(case.database) as store:
        desk = _desk(store)
        first = _made(desk, "progress")
        made = numbered(first, "8", "2021-05-14")
        issue(desk.journal, Vault(case.vault), made, {"docx": render_paper(made, "docx")})
        desk.journal.append("incident.noted", NUMBER, {"text": "Máy đã về mạng."})
        second = _made(desk, "progress")
    rows = next(part for part in second.parts if getattr(part, "name", "") == "course").rows  # type: ignore[union-attr]
    assert any("Máy đã về mạng" in row[1] for row in rows) and len(rows) <= 2
    assert second.cites == ("08/BC-STTTT",)


@pytest.mark.parametrize(
    ("written", "first", "last", "before"),
    [
        ("2021", "2021-01-01", "2021-12-31", "2020-01-01"),
        ("2021-Q1", "2021-01-01", "2021-03-31", "2020-10-01"),
        ("2021-H2", "2021-07-01", "2021-12-31", "2021-01-01"),
        ("2020-02", "2020-02-01", "2020-02-29", "2020-01-01"),
        ("2021-W19", "2021-05-10", "2021-05-16", "2021-05-03"),
    ],
)
def test_periods_and_those_before_them(written: str, first: str, last: str, before: str) -> None:
    period = parse_period(written)
    assert period.span == (first, last)
    assert period.before().span[0] == before
    assert period.before().after() == period


def test_any_span_has_one_as_long_before_it() -> None:
    period = span_of("2020-01-02", "2021-05-30")
    assert (period.last - period.first) == (period.before().last - period.before().first)
    assert period.before().end == period.start
    with pytest.raises(UsageError):
        span_of("2021-05-31", "2020-01-01")
    with pytest.raises(UsageError):
        parse_period("2021-13")


def test_the_first_day_of_the_week_is_the_houses() -> None:
    assert week_of(date(2021, 5, 13)).span == ("2021-05-10", "2021-05-16")
    assert week_of(date(2021, 5, 13), 6).span == ("2021-05-09", "2021-05-15")
    assert Period("week", date(2021, 5, 9), date(2021, 5, 15)).before().span == ("2021-05-02", "2021-05-08")


def test_inside_addresses_are_masked_and_others_are_not() -> None:
    said = "Máy 10.1.2.3, 192.168.0.9 và 172.16.5.5 nối tới 198.51.100.7; phiên bản 1.10.2.3.4, 172.32.0.1."
    assert without_inside(said, "[x]") == "Máy [x], [x] và [x] nối tới 198.51.100.7; phiên bản 1.10.2.3.4, 172.32.0.1."


def test_papers_are_found_as_people_write_them() -> None:
    for said in ("mau_03", "Mẫu 03", "MAU03", "initial"):
        assert find_kind(said).code == "mau_03"
    with pytest.raises(NotFound):
        find_kind("mau_99")
