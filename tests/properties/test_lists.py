"""Laws of lists: nothing of ours becomes an indicator, every row is accounted for, formats agree, reading twice is reading once."""

from __future__ import annotations

import csv
import io
import sys
from datetime import datetime
from pathlib import Path

import openpyxl
from hypothesis import HealthCheck, settings
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "sources_lists"))

from document_samples import (
    ALLOW,
    OWN_DOMAINS,
    OWN_NETWORKS,
    best,
    given,
    of,
    outcomes,
    raw_word,
    read,
    word_table,
    workbook,
)

from atttcli.clock import VIETNAM
from atttcli.model.alert import Alert
from atttcli.model.observable import Indicator, Observable
from atttcli.source import ReadProblem
from atttcli.sources.lists.letter import read_letter
from atttcli.sources.lists.moments import read_moment
from atttcli.sources.lists.tables import Row
from atttcli.sources.lists.workbook import read_workbook
from atttcli.sources.observables import parse_observable
from atttcli.sources.scope import Scope
from atttcli.sources.secrecy import marking

HEADS = ["STT", "Tên đơn vị", "IP bị nhiễm", "Thời gian", "Mã độc", "C&C", "MD5"]
ADDRESS = st.sampled_from(
    [
        "203.0.113.5",
        "203.0.113.200",
        "198.51.100.7:80",
        "10.0.0.1",
        "2001:db8:1::5",
        "192.0.2.1, 192.0.2.2",
        "abc",
        "",
        "-",
    ]
)
C2 = st.sampled_from(
    ["c2[.]example", "198.51.100.250", "www.google.example", "203.0.113.9", "x.backan.gov.vn", "198.51.100.0/24", "203.0.113.0/24",
     "0.0.0.0/0", "192.168.0.9", "hxxp://c2.example/a", "", "không rõ", "???"]
)  # fmt: skip
TIME = st.sampled_from(["2018-01-31 07:17:00", "31/1/2018 12:21 PM", "", "hôm qua"])
WORD = st.text(alphabet=st.characters(categories=("L", "N", "P"), max_codepoint=0x1EF9), max_size=12).map(str.strip)
ROW = st.tuples(
    WORD,
    ADDRESS,
    TIME,
    st.sampled_from(["Mirai", "", "Zeus"]),
    C2,
    st.sampled_from(["", "d41d8cd98f00b204e9800998ecf8427e", "zz"]),
)
TABLE = st.lists(ROW, min_size=1, max_size=8)


def numbered(table: list[tuple[str, ...]]) -> list[list[str]]:
    return [HEADS, *([str(number), *row] for number, row in enumerate(table, 1))]


def as_csv(rows: list[list[str]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode("utf-8-sig")


@hypothesis_given(TABLE)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_of_ours_private_or_allowed_is_an_indicator_and_every_row_counts(table: list[tuple[str, ...]]) -> None:
    scope = Scope(OWN_NETWORKS, OWN_DOMAINS, ALLOW)
    found = outcomes(as_csv(numbered(table)), "a.csv") if best(given(as_csv(numbered(table)))) else []
    for outcome in found:
        assert outcome.records
        assert len(of(outcome.records, ReadProblem)) <= 1
        for indicator in of(outcome.records, Indicator):
            value = Observable(indicator.type, indicator.value)
            assert not scope.touches_own(value)
            assert not scope.is_allowed(value)
            assert not scope.is_local(value)
    if found:
        lines = [outcome.line for outcome in found]
        assert lines == sorted(set(lines))
        wanted = [number for number, row in enumerate(table, 2) if parse_observable(row[1]) or parse_observable(row[5])]
        assert set(wanted) <= set(lines)


@hypothesis_given(TABLE)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_workbook_and_letter_give_the_same_claims(table: list[tuple[str, ...]]) -> None:
    rows = numbered(table)

    def claims(data: bytes, path: str) -> list[tuple[str, str, int | None]]:
        records = read(data, path)
        alerts = [(a.victim, a.title, a.time) for a in of(records, Alert)]
        return alerts + [(i.value, i.kind, i.valid_from) for i in of(records, Indicator)]

    assert claims(workbook({"Sheet1": rows}), "a.xlsx") == claims(raw_word(word_table(rows)), "a.docx")


@hypothesis_given(TABLE)
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_reading_twice_gives_the_same_records(table: list[tuple[str, ...]]) -> None:
    data = workbook({"Sheet1": numbered(table)})
    assert read(data, "a.xlsx") == read(data, "a.xlsx")


CELL = st.one_of(
    st.none(),
    st.integers(-(10**12), 10**12),
    st.floats(-1e9, 1e9, allow_nan=False).map(lambda number: round(number, 6)),
    st.datetimes(datetime(1995, 1, 1), datetime(2095, 1, 1)).map(lambda moment: moment.replace(microsecond=0)),  # noqa: DTZ001
    st.text(st.characters(exclude_categories=("C",)), max_size=20).filter(lambda text: not text.startswith(("=", "#"))),
)


@hypothesis_given(st.lists(st.lists(CELL, max_size=5), max_size=6))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_workbook_cells_are_those_the_peer_reads(table: list[list[object]]) -> None:
    data = workbook({"S": table})
    (sheet,) = read_workbook(given(data, "a.xlsx")).tables
    ours = {
        (row.number, place): cell
        for row in sheet.rows
        if isinstance(row, Row)
        for place, cell in enumerate(row.cells)
        if cell != ""
    }
    book = openpyxl.load_workbook(io.BytesIO(data))
    theirs = {
        (cell.row, cell.column - 1): cell.value
        for line in book["S"].iter_rows()
        for cell in line
        if cell.value is not None and cell.value != ""
    }
    assert ours == theirs


@hypothesis_given(st.text(max_size=120))
def test_any_text_as_a_moment_a_mark_or_a_letter(text: str) -> None:
    moment = read_moment(text, VIETNAM)
    assert moment is None or 0 < moment < 5_000_000_000_000_000
    assert marking(text) in ("", "MẬT", "TỐI MẬT", "TUYỆT MẬT")
    read_letter([text, f"Số: {text}", f"trước ngày {text}", f"trong vòng {text} ngày"])
