"""The decree's small rules of writing, and that both languages say the same things."""

from __future__ import annotations

import dataclasses
import string

import pytest

from atttcli.reports.incident import organ_lines
from atttcli.reports.incident_annexes import roman
from atttcli.reports.wording import en, vi


@pytest.mark.parametrize(
    ("date", "wanted"),
    [
        ("2021-02-05", "Bắc Kạn, ngày 05 tháng 02 năm 2021"),
        ("2021-01-31", "Bắc Kạn, ngày 31 tháng 01 năm 2021"),
        ("2021-05-17", "Bắc Kạn, ngày 17 tháng 5 năm 2021"),
        ("2021-03-09", "Bắc Kạn, ngày 09 tháng 3 năm 2021"),
        ("2021-11-10", "Bắc Kạn, ngày 10 tháng 11 năm 2021"),
        ("", "Bắc Kạn, ngày      tháng      năm 1970"),
        ("rubbish", "Bắc Kạn, ngày      tháng      năm rubbish"),
    ],
)
def test_days_below_ten_and_months_one_and_two_have_a_leading_zero(date: str, wanted: str) -> None:
    assert vi.INCIDENT.place_date("Bắc Kạn", date, 0) == wanted


def test_the_year_of_an_open_date_is_that_of_the_zone() -> None:
    just_before_midnight_utc = 1_767_225_599_000_000  # 2025-12-31T23:59:59Z is 2026 in Viet Nam
    assert vi.INCIDENT.place_date("Bắc Kạn", "", just_before_midnight_utc).endswith("năm 2026")


@pytest.mark.parametrize(
    ("number", "wanted"), [("5", "Số: 05/BC-STTTT"), ("12", "Số: 12/BC-STTTT"), ("", "Số:         /BC-STTTT")]
)
def test_numbers_below_ten_have_a_leading_zero_and_an_open_one_leaves_room(number: str, wanted: str) -> None:
    assert vi.INCIDENT.number(number, "BC-STTTT") == wanted


@pytest.mark.parametrize(
    ("size", "wanted"),
    [(0, "0 byte"), (1023, "1023 byte"), (1024, "1,0 KB"), (48_211_034, "45,9 MB"), (2**31, "2,0 GB")],
)
def test_sizes(size: int, wanted: str) -> None:
    assert vi.INCIDENT.size(size) == wanted


def test_long_moments_are_written_as_in_papers() -> None:
    assert vi.INCIDENT.long_moment(1_612_490_640_000_000) == "09 giờ 04 phút, ngày 05 tháng 02 năm 2021"
    assert en.INCIDENT.long_moment(1_612_490_640_000_000) == "5 February 2021, 09:04 (UTC+7)"


def test_both_languages_have_the_same_words_with_the_same_placeholders() -> None:
    for spec in dataclasses.fields(vi.INCIDENT):
        ours, theirs = getattr(vi.INCIDENT, spec.name), getattr(en.INCIDENT, spec.name)
        if isinstance(ours, dict):
            assert ours.keys() == theirs.keys(), spec.name
            pairs = [(ours[key], theirs[key]) for key in ours]
        else:
            pairs = [(ours, theirs)] if isinstance(ours, str) else []
        for one, other in pairs:
            assert one.strip(), spec.name
            assert other.strip(), spec.name
            assert _names(one) - {"organ", "field", "number"} <= _names(other), (spec.name, one, other)


def _names(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Sở Thông tin và Truyền thông", ("SỞ THÔNG TIN VÀ TRUYỀN THÔNG",)),
        ("Sở Thông tin\nvà Truyền thông", ("SỞ THÔNG TIN", "VÀ TRUYỀN THÔNG")),
        (
            "Ban Chỉ đạo xây dựng Chính quyền điện tử tỉnh Bắc Kạn",
            ("BAN CHỈ ĐẠO XÂY DỰNG CHÍNH", "QUYỀN ĐIỆN TỬ TỈNH BẮC KẠN"),
        ),
        ("", ()),
    ],
)
def test_organ_names_break_into_even_lines(name: str, wanted: tuple[str, ...]) -> None:
    assert organ_lines(name) == wanted


def test_roman_figures() -> None:
    assert [roman(at) for at in (1, 4, 9, 10, 14, 39)] == ["I", "IV", "IX", "X", "XIV", "XXXIX"]
