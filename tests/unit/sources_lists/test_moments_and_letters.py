"""Dates as people write them; what a covering letter says."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest

from atttcli.clock import VIETNAM, local_text, to_micros
from atttcli.source import Letter
from atttcli.sources.lists.letter import merge_letters, read_letter
from atttcli.sources.lists.moments import read_date, read_moment, zone_in


@pytest.mark.parametrize(
    "text",
    [
        "2018-01-31 07:17:00", "31/1/2018 7:17 AM", "31/01/2018 07:17", "07:17 31/01/2018", "07h17 ngày 31/01/2018",
        "07 giờ 17 phút ngày 31/01/2018", "07 giờ 17 phút, ngày 31 tháng 01 năm 2018", "7h17 sáng 31-1-2018", "1/31/2018 7:17",
        "31.01.18 07:17", "2018-01-31T00:17:00Z", "2018-01-31 00:17:00 UTC", "2018-01-31T07:17:00.250+07:00",
        "43131.303472222", "1517357820", "1517357820000", "31/01/2018 07:17:00 (GMT+7)", "2018-01-31 007:17:00",
    ],
)  # fmt: skip
def test_the_same_moment_in_every_form(text: str) -> None:
    moment = read_moment(text, VIETNAM)
    assert moment is not None
    assert local_text(moment, seconds=False) == "31/01/2018 07:17"


@pytest.mark.parametrize(
    "text", ["", "abc", "31/02/2018", "99/99/2018 10:00", "10:00", "12", "0", "31/01/2018 25:61", "1e400", "nan"]
)
def test_what_is_no_moment(text: str) -> None:
    assert read_moment(text, VIETNAM) is None


def test_afternoon_and_midnight() -> None:
    hours = {"12:21 PM": 12, "12:21 AM": 0, "2:30 CH": 14, "8h tối": 20, "7:05 SA": 7}
    for text, hour in hours.items():
        moment = read_moment(f"31/1/2018 {text}", VIETNAM)
        assert moment is not None
        assert int(local_text(moment)[11:13]) == hour, text


def test_values_of_spreadsheets() -> None:
    naive = datetime(2018, 1, 31, 7, 17)  # noqa: DTZ001 as a sheet holds it
    assert read_moment(naive, VIETNAM) == to_micros(datetime(2018, 1, 31, 0, 17, tzinfo=UTC))
    assert read_moment(naive.replace(year=1), VIETNAM) is None


def test_zone_in_headings() -> None:
    assert str(zone_in("Thời gian (GMT+7)")) == "UTC+07:00"
    assert str(zone_in("Timestamp (UTC)")) == "UTC"
    assert zone_in("Thời gian") is None


CENTRE = [
    "BỘ THÔNG TIN VÀ TRUYỀN THÔNG\tCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "CỤC AN TOÀN THÔNG TIN",
    "Độc lập - Tự do - Hạnh phúc",
    "Số: 1024/CATTT-NCSC",
    "Hà Nội, ngày 21 tháng 6 năm 2023",
    "V/v cảnh báo lỗ hổng bảo mật ảnh hưởng cao",
    "Kính gửi: Sở Thông tin và Truyền thông các tỉnh",
]


def test_letter_of_the_centre() -> None:
    reply = "Đề nghị báo cáo kết quả về Cục trước 17 giờ 00 ngày 30/6/2023 để tổng hợp."
    assert read_letter([*CENTRE, f"Rà soát hệ thống. {reply} Trân trọng."]) == Letter(
        number="1024/CATTT-NCSC",
        date="2023-06-21",
        sender="CỤC AN TOÀN THÔNG TIN",
        subject="cảnh báo lỗ hổng bảo mật ảnh hưởng cao",
        deadline="2023-06-30",
        reply=reply,
    )


@pytest.mark.parametrize(
    ("sentence", "deadline"),
    [
        ("phản hồi trong vòng 5 ngày", "2023-06-26"),
        ("phản hồi trong thời hạn 05 (năm) ngày làm việc", "2023-06-28"),
        ("phản hồi trong vòng 48 giờ", "2023-06-23"),
        ("chậm nhất ngày 1/7/2023 gửi kết quả", "2023-07-01"),
        ("phan hoi truoc ngay 01 thang 7 nam 2023", "2023-07-01"),
        ("trước ngày 01/01/2020 đã có thông báo", ""),
        ("không có hạn", ""),
    ],
)
def test_deadlines(sentence: str, deadline: str) -> None:
    assert read_letter([*CENTRE, sentence]).deadline == deadline


def test_decomposed_and_unaccented_letters_read_alike() -> None:
    decomposed = [unicodedata.normalize("NFD", line) for line in CENTRE]
    assert read_letter(decomposed) == read_letter(CENTRE)
    plain = read_letter(["So: 77/STTTT-CNTT", "Bac Kan, ngay 5 thang 2 nam 2021"])
    assert (plain.number, plain.date) == ("77/STTTT-CNTT", "2021-02-05")


def test_no_letter_in_ordinary_lines() -> None:
    assert read_letter(["DANH SÁCH", "1/2", "ratio 3/4", "http://a.example/12/AB"]) == Letter()


def test_merging_fills_only_gaps() -> None:
    assert merge_letters(Letter(number="1/A"), Letter(number="2/B", date="2020-01-01")) == Letter(
        number="1/A", date="2020-01-01"
    )
    assert read_date("ngày 3/2/2021") is not None
