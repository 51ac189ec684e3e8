"""Annexes that offices go on counting with: numbers are numbers, and no cell turns into a day."""

from __future__ import annotations

import csv
import io

import openpyxl

from atttcli.reports.paper import Head, Rows
from atttcli.reports.sheet import csv_of, xlsx_of

HEADS = (
    Head(title="Đơn vị", share=40),
    *(Head(title=name, share=20, align="center") for name in ("Kỳ này", "Tăng, giảm", "Đã trả lời")),
)
TABLE = Rows(
    "t", HEADS,
    (
        ("1.234", "4.182", "+161", "5/8"), ("Sở Y tế", "0", "-1.204 (-66,7%)", "1.200/1.500"), ("x", "1.23", "=1", "01"),
        ("y", "-", "", "1.5"),
    ),
)  # fmt: skip


def cells(language: str = "vi") -> list[list[object]]:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of([("t", TABLE)], 0, language)))
    return [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()][1:]


def test_counts_are_numbers_and_names_are_not() -> None:
    assert cells() == [
        ["1.234", 4182, 161, "5/8"],
        ["Sở Y tế", 0, -1204, "1.200/1.500"],
        ["x", "1.23", "'=1", "01"],
        ["y", "\u2013", "", "1.5"],
    ]


def test_the_head_is_bold_stays_in_sight_and_is_printed_on_every_page() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_of([("t", TABLE)], 0))).worksheets[0]
    assert sheet["A1"].font.bold and not sheet["A2"].font.bold
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("A2", "$1:$1")
    assert sheet["B2"].number_format == "#,##0" and sheet["A2"].alignment.wrap_text


def test_separators_are_the_languages() -> None:
    assert cells("en")[0][1] == "4.182"
    other = Rows("t", HEADS, (("x", "4,182", "0", "0"),))
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of([("t", other)], 0, "en")))
    assert book.worksheets[0]["B2"].value == 4182


def test_no_cell_of_a_csv_is_taken_for_a_day_and_none_is_computed() -> None:
    rows = list(csv.reader(io.StringIO(csv_of([("t", TABLE)], "vi").decode("utf-8-sig"))))[2:]
    assert rows[0] == ["1.234", "4182", "161", "5 trên 8"]
    assert rows[1] == ["Sở Y tế", "0", "-1204", "1.200 trên 1.500"]
    assert not any("/" in cell for row in rows for cell in row)
