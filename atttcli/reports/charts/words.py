"""The few words that a chart adds to its own labels."""

from __future__ import annotations

from collections.abc import Mapping

_VI = {
    "others": "Khác ({n})",
    "total": "Tổng",
    "scale": "Thang màu:",
    "untested": "chưa thử",
    "none": "0",
    "now": "kỳ này",
    "before": "kỳ trước",
    "hidden_rows": "còn {n} dòng, {m} cột không vẽ",
    "plain": "mốc",
    "met": "đúng hạn",
    "late": "trễ hạn",
    "open": "chưa xong",
    "span": "khoảng, thời hạn",
    "break": "trục thời gian rút ngắn",
    "unlabelled": "{n} mốc không ghi chữ, xem bảng",
    "local": "giờ Việt Nam",
    "at": "Thời gian",
    "until": "Đến, hạn",
    "done": "Thực hiện lúc",
    "lane": "Nhóm",
    "what": "Nội dung",
    "state": "Kết quả",
    "label": "Mục",
    "value": "Giá trị",
}
_EN = {
    "others": "Others ({n})",
    "total": "Total",
    "scale": "Scale:",
    "untested": "untested",
    "none": "0",
    "now": "this period",
    "before": "last period",
    "hidden_rows": "{n} rows and {m} columns not drawn",
    "plain": "event",
    "met": "in time",
    "late": "late",
    "open": "not done",
    "span": "span, term",
    "break": "axis shortened",
    "unlabelled": "{n} without a label, see the table",
    "local": "time of Viet Nam",
    "at": "Time",
    "until": "Until, due",
    "done": "Done",
    "lane": "Lane",
    "what": "What",
    "state": "Result",
    "label": "Item",
    "value": "Value",
}


def words_of(language: str) -> Mapping[str, str]:
    """The words in a language."""
    return _EN if language == "en" else _VI


def count_text(number: int, language: str) -> str:
    """A whole number as the paper writes it: 1.204 or 1,204."""
    text = f"{number:,}"
    return text if language == "en" else text.replace(",", ".")
