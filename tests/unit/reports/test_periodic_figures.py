"""Every figure of the periodic papers against a plain fold of the journal, at the odd edges too."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from atttcli.cli.main import cli
from atttcli.clock import DAY, VIETNAM, from_micros, parse_moment
from atttcli.incident import casework
from atttcli.incident.undo import undo
from atttcli.inventory import Inventory
from atttcli.profile import load_profile
from atttcli.reports.paper import Paper
from atttcli.reports.paper_formats import render_paper
from atttcli.reports.papers.catalog import build_paper, find_kind
from atttcli.reports.papers.counts import change
from atttcli.reports.papers.desk import Ask, Desk
from atttcli.reports.papers.period import Period, parse_period, span_of, week_of
from atttcli.text.messages import use_language
from tests.support.casework import vault_of
from tests.support.year_of_work import Year, build_year

ENDED = {"post_incident", "closed"}


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    made = build_year(tmp_path_factory.mktemp("year"))
    yield made
    made.app.close()


def desk_of(year: Year) -> Desk:
    app = year.app
    inventory = Inventory(app.organisation, (), (), from_micros(year.clock.at, VIETNAM).date().isoformat())
    return Desk(year.journal, inventory, load_profile(app.workspace.profile), year.clock.at)


def paper_of(year: Year, name: str, period: Period, language: str = "vi", **texts: str) -> Paper:
    desk: Any = desk_of(year)
    use_language(language)
    try:
        return build_paper(find_kind(name), replace(desk, language=language), Ask(period=period, texts=texts))
    finally:
        use_language("vi")


def figures(paper: Paper) -> dict[str, tuple[int, int | None]]:
    return {one.key: (one.value, one.of) for one in paper.figures}


@dataclass
class Case:
    """An incident as a reader of the journal would note it on paper."""

    opened: int
    category: str
    agencies: list[str]
    fields: dict[str, Any]
    moves: list[tuple[int, str]] = field(default_factory=list)
    exercise: bool = False

    @property
    def status(self) -> str:
        return self.moves[-1][1] if self.moves else "reported"

    def status_at(self, moment: int) -> str:
        passed = [to for at, to in self.moves if at < moment]
        return passed[-1] if passed else "reported"


def fold(year: Year) -> tuple[dict[str, Case], dict[tuple[str, str], dict[str, Any]], dict[str, dict[str, Any]]]:
    """Incidents, copies of letters and letters, out of the journal's own lines and nothing else."""
    undone = {entry.payload["seq"] for entry in year.journal.entries(verbs=("undone",))}
    cases: dict[str, Case] = {}
    copies: dict[tuple[str, str], dict[str, Any]] = {}
    letters: dict[str, dict[str, Any]] = {}
    for entry in year.journal.entries():
        body, name = entry.payload, entry.object
        if entry.seq in undone:
            continue
        if entry.verb == "incident.opened":
            cases[name] = Case(
                body["opened"], body["category"], body["agencies"], dict(body["fields"]), [], bool(body.get("exercise"))
            )
        elif entry.verb == "incident.moved":
            cases[name].moves.append((entry.time, body["to"]))
        elif entry.verb == "incident.merged":
            cases[name].moves.append((entry.time, "merged"))
            into = cases[body["into"]]
            into.agencies = list(dict.fromkeys([*into.agencies, *cases[name].agencies]))
        elif entry.verb == "advisory.drafted":
            letters[name] = {"incident": body.get("incident", "")}
            for one in body["recipients"]:
                copies[name, one["agency"]] = {"total": one.get("total"), "handled": 0, "sent": None, "answered": False}
        elif entry.verb == "advisory.numbered":
            letters[name]["dated"] = body["dated"]
        elif entry.verb == "delivery.sent":
            for code in body["agencies"]:
                copies[name, code]["sent"] = body["at"]
        elif entry.verb == "delivery.answered":
            for one in body["answers"]:
                known = copies[name, one["agency"]]
                known["answered"] = True
                known["handled"] = one["handled"] if one.get("handled") is not None else known["handled"]
                known["total"] = one["total"] if one.get("total") is not None else known["total"]
    return cases, copies, letters


PERIODS = (
    *(
        parse_period(text)
        for text in ("2026", "2025", "2026-H1", "2026-Q4", "2026-12", "2026-W53", "2026-W30", "2027-01")
    ),
    span_of("2025-08-01", "2026-12-31"),
    span_of("2026-12-31", "2026-12-31"),
    span_of("2027-01-01", "2027-01-01"),
    week_of(date(2026, 12, 31), 6),
)


@pytest.mark.parametrize("period", PERIODS, ids=lambda one: "_".join(one.span))
def test_figures_are_those_of_a_plain_fold_of_the_journal(year: Year, period: Period) -> None:
    shown = figures(paper_of(year, "period", period))
    cases, copies, letters = fold(year)
    start, end = (parse_moment(f"{day} 00:00") for day in period.span)
    end += DAY
    counted = {
        name: one for name, one in cases.items() if not one.exercise and one.status not in ("rejected", "merged")
    }
    mine = {name: one for name, one in counted.items() if start <= one.opened < end}
    ended = sum(one.status in ENDED for one in mine.values())
    assert shown["incidents"] == (len(mine), None)
    assert shown["incidents_ended"] == (ended, len(mine))
    carried = [one for one in counted.values() if one.opened < start and one.status_at(start) not in ENDED]
    assert shown["incidents_carried"] == (len(carried), None)
    closed = [one for one in counted.values() if one.status == "closed" and start <= one.moves[-1][0] < end]
    assert shown["incidents_closed"] == (len(closed), None)
    sent = {key: one for key, one in copies.items() if one["sent"] is not None and start <= one["sent"] < end}
    assert shown["answers"] == (sum(one["answered"] for one in sent.values()), len(sent))
    assert shown["agencies_answered"] == (
        len({code for (_letter, code), one in sent.items() if one["answered"]}),
        len({code for _letter, code in sent}),
    )
    totals = [one["total"] if one["total"] is not None else one["handled"] for one in sent.values()]
    assert shown["machines"] == (
        sum(min(one["handled"], total) for one, total in zip(sent.values(), totals, strict=True)), sum(totals),
    )  # fmt: skip
    assert shown["advisories"][0] == sum(period.span[0] <= one["dated"] <= period.span[1] for one in letters.values())
    kinds = Counter(one.category for one in mine.values())
    assert {key[5:]: value for key, (value, _of) in shown.items() if key.startswith("type.")} == kinds
    agencies = Counter(code for one in mine.values() for code in one.agencies)
    assert {key[7:]: value for key, (value, _of) in shown.items() if key.startswith("agency.")} == agencies
    attacks = [one for one in mine.values() if one.category != "loi_ha_tang"]
    ways = (
        Counter(how for one in attacks for how in one.fields["handled_by"])
        if attacks and period.first.year > 2025
        else {}
    )
    for how, number in dict(ways).items():
        assert shown[f"handled.{how}"][0] == number
    assert shown["handled.damage"][0] == sum(one.fields.get("damage", 0) for one in attacks)


@pytest.mark.parametrize("name", ["week", "period", "consolidated"])
def test_every_figure_names_what_it_was_counted_from(year: Year, name: str) -> None:
    paper = paper_of(year, name, parse_period("2026-W24" if name == "week" else "2026"))
    assert len(paper.figures) > 10
    for one in paper.figures:
        if not one.value:
            continue
        if one.key.startswith("severity."):
            assert "alert list" in one.query
            continue
        assert one.objects, one.key
        is_sum = one.key in ("machines", "attendees") or one.key.endswith(".damage")
        assert is_sum or one.value == one.counted or one.key.startswith("alerts"), one.key
        facts = one.key.startswith(("alerts", "times.")) or one.key in ("silent", "quiet")
        assert facts or one.entries, one.key
        for seq in one.entries[:3]:
            assert year.journal.entry(seq).verb


def test_entries_behind_incidents_are_those_that_opened_and_ended_them(year: Year) -> None:
    paper = paper_of(year, "period", parse_period("2026-Q1"))
    found = {one.key: one for one in paper.figures}
    opened = [year.journal.entry(seq) for seq in found["incidents"].entries]
    assert {entry.object for entry in opened} == set(found["incidents"].objects)
    assert {entry.verb for entry in opened} == {"incident.opened"}
    closing = [year.journal.entry(seq) for seq in found["incidents_closed"].entries]
    assert {entry.payload["to"] for entry in closing} == {"closed"}
    assert {entry.object for entry in closing} == set(found["incidents_closed"].objects)


def test_midnight_divides_the_years(year: Year) -> None:
    before = {one.key: one for one in paper_of(year, "period", parse_period("2026")).figures}["incidents"].objects
    after = {one.key: one for one in paper_of(year, "period", parse_period("2027")).figures}["incidents"].objects
    assert year.incidents[-2] in before and year.incidents[-2] not in after
    assert after == (year.incidents[-1],)


def test_an_exercise_and_all_that_hangs_on_it_is_counted_nowhere(tmp_path: Path) -> None:
    year = build_year(tmp_path, count=6)
    app, db = year.app, year.app.store
    period = parse_period("2026")
    before = figures(paper_of(year, "period", period))
    real = app.store.value(
        "SELECT number FROM alert WHERE created < ? ORDER BY number", parse_moment("2026-12-01 00:00")
    )
    exercise = db.value("SELECT number FROM incident WHERE exercise != 0")
    year.at("2026-12-30 12:00")
    casework.link_alerts(year.journal, exercise, [real])
    letter = year.letters[-1]
    with db.transaction() as connection:
        connection.execute("UPDATE advisory SET incident = ? WHERE number = ?", (exercise, letter))
        connection.execute("UPDATE delivery SET incident = ? WHERE advisory = ?", (exercise, letter))
    year.at("2027-01-02 08:00")
    after = figures(paper_of(year, "period", period))
    app.close()
    assert after["alerts"][0] == before["alerts"][0] - 1
    assert after["advisories"][0] == before["advisories"][0] - 1
    assert after["answers"][1] == (before["answers"][1] or 0) - 9
    assert after["incidents"] == before["incidents"]


def test_what_is_taken_back_is_not_counted_and_entries_are_those_that_stand(tmp_path: Path) -> None:
    year = build_year(tmp_path, count=6)
    year.at("2026-12-31 10:00")
    number = year.incidents[0]
    before = paper_of(year, "period", parse_period("2026"))
    casework.reopen(year.journal, number, "nhầm")
    reopened = figures(paper_of(year, "period", parse_period("2026")))
    undo(year.journal)
    after = paper_of(year, "period", parse_period("2026"))
    year.app.close()
    assert reopened["incidents_ended"][0] == figures(before)["incidents_ended"][0] - 1
    assert reopened["incidents_closed"][0] == figures(before)["incidents_closed"][0] - 1
    assert after.figures == before.figures


def test_a_reopened_incident_was_still_ended_when_the_period_began(tmp_path: Path) -> None:
    year = build_year(tmp_path, count=6)
    number = year.incidents[0]
    year.at("2027-01-01 10:00")
    casework.reopen(year.journal, number, "mã độc trở lại")
    found = [
        {one.key: one for one in paper_of(year, "period", parse_period(month)).figures}
        for month in ("2027-01", "2027-02")
    ]
    year.app.close()
    assert number not in found[0]["incidents_carried"].objects
    assert number in found[1]["incidents_carried"].objects


def test_an_agency_merged_away_is_counted_with_its_successor(tmp_path: Path) -> None:
    year = build_year(tmp_path, count=6)
    app = year.app
    year.at("2026-03-01 09:00")
    new = casework.NewIncident(title="x", category="madoc", severity="M3", owner="lan", agencies=("x-vi-huong",))
    casework.open_incident(year.journal, "bac-kan", app.workspace.profile, new)
    changes = [{"kind": "agency", "code": "x-vi-huong", "fields": {"valid_until": "2026-06-30", "successor": "so-xd"}}]
    year.journal.append("agency.changed", "bac-kan", {"changes": changes})
    app.forget_place()
    year.at("2027-01-02 08:00")
    half = {one.key for one in paper_of(year, "period", parse_period("2026-Q1")).figures}
    whole = {one.key for one in paper_of(year, "period", parse_period("2026")).figures}
    app.close()
    assert "agency.x-vi-huong" in half and "agency.so-xd" not in half
    assert "agency.so-xd" in whole and "agency.x-vi-huong" not in whole


def test_silent_is_who_was_asked_and_not_heard_of(tmp_path: Path) -> None:
    year = build_year(tmp_path, count=6)
    week = parse_period("2026-W24")
    paper = {one.key: one for one in paper_of(year, "week", week).figures}
    cases, copies, _letters = fold(year)
    start, end = week.start, week.end
    owing = defaultdict(int)
    for (_letter, code), one in copies.items():
        if one["sent"] is not None and one["sent"] < end and not one["answered"]:
            owing[code] += 1
    assert owing and set(owing) >= set(paper["silent"].objects)
    reported = {code for one in cases.values() if start <= one.opened < end for code in one.agencies}
    assert set(paper["silent"].objects) == set(owing) - reported
    # one of them reports an incident: silent no more; another is exempt: not asked any more
    first, second = sorted(paper["silent"].objects)[:2]
    year.clock.at = start + DAY
    new = casework.NewIncident(title="x", category="madoc", severity="M3", owner="lan", agencies=(first,))
    casework.open_incident(year.journal, "bac-kan", year.app.workspace.profile, new)
    from atttcli.advisory import desk

    for letter in [row[0] for row in year.app.store.rows("SELECT advisory FROM delivery WHERE agency = ?", second)]:
        if (
            year.app.store.value("SELECT state FROM delivery WHERE advisory = ? AND agency = ?", letter, second)
            == "sent"
        ):
            desk.exempt(year.journal, letter, (second,), "không dùng thư điện tử")
    year.at("2027-01-02 08:00")
    again = {one.key: one for one in paper_of(year, "week", week).figures}
    year.app.close()
    assert set(again["silent"].objects) == set(paper["silent"].objects) - {first, second}
    assert second in again["quiet"].objects


def test_a_paper_of_the_past_does_not_tell_of_letters_that_came_later(year: Year) -> None:
    text = render_paper(paper_of(year, "period", parse_period("2025-08")), "txt").decode()
    assert "chưa trả lời cảnh báo" not in text and "tồn tại sau kiểm tra" not in text
    assert "chưa trả lời cảnh báo" in render_paper(paper_of(year, "period", parse_period("2026")), "txt").decode()


@pytest.mark.parametrize(("text", "first_weekday", "name"), [
    ("2026-W53", 0, "tuần 53/2026 (từ ngày 28/12/2026 đến ngày 03/01/2027)"),
    ("2026-W01", 0, "tuần 01/2026 (từ ngày 29/12/2025 đến ngày 04/01/2026)"),
    ("2026-W01", 6, "tuần 01/2026 (từ ngày 28/12/2025 đến ngày 03/01/2026)"),
    ("2020-W53", 5, "tuần 53/2020 (từ ngày 26/12/2020 đến ngày 01/01/2021)"),
])  # fmt: skip
def test_a_week_is_named_as_it_was_asked_for(text: str, first_weekday: int, name: str) -> None:
    assert parse_period(text, first_weekday).name("vi") == name


def test_whole_months_stand_beside_as_many_months_and_plan_for_the_rest_of_the_year() -> None:
    seventeen = span_of("2020-01-01", "2021-05-31")
    assert seventeen.before().span == ("2018-08-01", "2019-12-31")
    assert seventeen.after().name("vi") == "7 tháng cuối năm 2021"
    assert span_of("2021-01-01", "2021-09-30").name("vi") == "9 tháng đầu năm 2021"
    assert span_of("2025-08-01", "2026-12-31").after().name("vi") == "năm 2027"
    odd = span_of("2026-03-05", "2026-03-11")
    assert (odd.months, odd.before().span) == (0, ("2026-02-26", "2026-03-04"))


def test_changes_are_told_with_vietnamese_separators_and_no_percentage_of_a_handful() -> None:
    assert change(4_182, 0) == "+4.182"
    assert change(1_204, 1_043) == "+161 (+15,4%)"
    assert change(1_000, 3_000) == "-2.000 (-66,7%)"
    assert change(1_204, 1_043, "en") == "+161 (+15.4%)"
    assert (change(2, 1), change(5, 5), change(5, None)) == ("+1", "0", "-")


def test_no_machine_word_and_no_foreign_number_in_a_vietnamese_paper(year: Year) -> None:
    for name in ("week", "period", "consolidated"):
        text = render_paper(
            paper_of(year, name, parse_period("2026-W24" if name == "week" else "2026")), "txt"
        ).decode()
        for word in ("doi-ung-cuu", "functional", "post_incident", "self", "None", " 0/0 ", "1.5 ", "+4182", "partly"):
            assert word not in text, (name, word)
    text = render_paper(paper_of(year, "period", parse_period("2026")), "txt").decode()
    for told in ("1,5", "4.182", "trên công cụ", "không tính", "đạt một phần", "Cấp độ an toàn"):
        assert told in text


def test_english_names_keep_their_capitals(year: Year) -> None:
    text = render_paper(paper_of(year, "period", parse_period("2026"), "en"), "txt").decode()
    assert "20 June" in text and "june" not in text


def test_what_people_tell_stands_in_its_part_and_is_asked_for_when_it_does_not(year: Year) -> None:
    told = paper_of(year, "period", parse_period("2026-Q1"), four_layers="Đã triển khai đủ 4 lớp tại 12 hệ thống.")
    text = " ".join(render_paper(told, "txt").decode().split())
    assert "8. Triển khai mô hình 4 lớp Đã triển khai đủ 4 lớp tại 12 hệ thống." in text
    asked = {name for gap in told.missing for name in gap.fields}
    assert "--text hunting=…" in asked and "--text four_layers=…" not in asked


def test_long_lists_stand_whole_in_an_annex_and_an_empty_one_is_no_annex(year: Year) -> None:
    paper = paper_of(year, "period", parse_period("2026"))
    tables = {part.name: part for one in paper.appendices for part in one.parts if hasattr(part, "rows")}
    agencies = {key for key in figures(paper) if key.startswith("agency.")}
    assert len(tables["agencies-all"].rows) >= len(agencies)
    main = next(part for part in paper.parts if getattr(part, "name", "") == "agencies" and hasattr(part, "rows"))
    assert len(main.rows) == 16 and "đơn vị khác" in main.rows[-1][1]
    quiet = paper_of(year, "period", parse_period("2025-08"))
    titles = [one.title for one in quiet.appendices]
    assert "Danh sách sự cố trong kỳ" not in titles and "Sự cố theo đơn vị" not in titles


def test_why_names_the_entries_from_the_command_line(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    root = str(year.app.workspace.root)
    cli.main(
        ["--lang", "vi", "--workspace", root, "report", "period", "--of", "2026", "--format", "txt"],
        standalone_mode=False,
    )
    capsys.readouterr()
    name = "period-2026-01-01_2026-12-31"
    cli.main(["--workspace", root, "report", "why", name, "--json"], standalone_mode=False)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"incidents_carried", "handled.self", "agencies_answered"} <= {one["key"] for one in told}
    assert all(one["objects"] or one["query"] for one in told)


def test_a_withdrawn_letter_is_not_counted(tmp_path: Path) -> None:
    year = build_year(tmp_path, count=6)
    before = figures(paper_of(year, "period", parse_period("2026")))["advisories"][0]
    with year.app.store.transaction() as db:
        db.execute("UPDATE advisory SET stage = 'withdrawn' WHERE number = ?", (year.letters[0],))
    assert figures(paper_of(year, "period", parse_period("2026")))["advisories"][0] == before - 1
    assert vault_of(year.app)
    year.app.close()


def test_pages_of_each_annex_are_numbered_apart_and_no_row_is_parted(year: Year) -> None:
    import io
    import re

    import pdfplumber

    paper = paper_of(year, "period", parse_period("2026"))
    with pdfplumber.open(io.BytesIO(render_paper(paper, "pdf"))) as book:
        pages = [page.extract_text().splitlines() for page in book.pages]
    begins = [at for at, lines in enumerate(pages) if lines[0].startswith("Phụ lục")]
    assert len(begins) == len(paper.appendices)
    for first, after in zip(begins, [*begins[1:], len(pages)], strict=True):
        for number, lines in enumerate(pages[first + 1 : after], 2):
            assert lines[0] == str(number)
    rows = [line for at in range(begins[1] + 1, begins[2]) for line in pages[at][2:3]]
    assert rows and all(re.match(r"\d+ SC-2026-\d{4} ", line) for line in rows)


def test_a_week_is_two_pages_however_many_are_silent(year: Year) -> None:
    import io

    import pdfplumber

    paper = paper_of(year, "week", parse_period("2026-W53"))
    assert len(next(one for one in paper.figures if one.key == "silent").objects) > 60
    with pdfplumber.open(io.BytesIO(render_paper(paper, "pdf"))) as book:
        pages = [page.extract_text() for page in book.pages]
    assert next(at for at, text in enumerate(pages) if text.startswith("Phụ lục")) == 2


def test_a_bundle_or_a_log_breaks_the_silence(tmp_path: Path) -> None:
    year = build_year(tmp_path, count=6)
    week = parse_period("2026-W24")
    first, second = next(one for one in paper_of(year, "week", week).figures if one.key == "silent").objects[:2]
    operated = next(one for one in year.app.organisation.systems if one.operator)
    with year.app.store.transaction() as db:
        db.execute(
            "INSERT INTO bundle (digest, kit, machine, sequence, previous, agency, host, signed, made, imported, actor, tlp)"
            " VALUES ('a', 'k', 'm', 1, '', ?, 'h', 1, 1, ?, 'lan', '')",
            (first, week.start + DAY),
        )
        db.execute("UPDATE delivery SET agency = ? WHERE agency = ?", (operated.operator, second))
        db.execute("INSERT INTO log_source VALUES ('portal/*', ?, '', 1)", (operated.code,))
        db.execute(
            "INSERT INTO source_file (sha256, path, size, reader, kind, first_seen, state)"
            " VALUES ('a', 'portal/x', 1, 'r', 'log', ?, 'done')",
            (week.start + DAY,),
        )
    year.app.forget_place()
    desk = replace(desk_of(year), inventory=year.app.inventory)
    use_language("vi")
    silent = next(
        one for one in build_paper(find_kind("week"), desk, Ask(period=week)).figures if one.key == "silent"
    ).objects
    year.app.close()
    assert first not in silent and operated.operator not in silent and silent


def test_a_title_without_end_does_not_fill_the_list(tmp_path: Path) -> None:
    year = build_year(tmp_path, count=6)
    casework.set_fields(year.journal, year.incidents[-1], {"title": "ộ" * 5_000})
    paper = paper_of(year, "period", parse_period("2027-01"))
    year.app.close()
    rows = next(part.rows for one in paper.appendices for part in one.parts if getattr(part, "name", "") == "incidents")
    assert rows[0][2] == "ộ" * 299 + "…"
