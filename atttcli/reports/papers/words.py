"""Codes of the record as papers say them. Form labels come from the profile; here stand only our own choices' words."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network

_PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16")))
_IPV4 = re.compile(r"(?<![\d.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\d.]\d)")
_VI = {
    "yes": "Có", "no": "Không", "unknown": "Chưa rõ", "determined": "đã xác định", "hypothesis": "giả thuyết, đang xác minh",
    "handled": "Đã được xử lý", "not_handled": "Chưa được xử lý", "ids": "hệ thống phát hiện xâm nhập", "log": "nhật ký",
    "user": "người dùng", "provider": "nhà cung cấp", "authority": "cơ quan chức năng", "national_centre": "trung tâm quốc gia",
    "monitoring": "dịch vụ giám sát", "outside": "bên ngoài", "sample": "Mẫu mã độc", "other": "Khác", "self": "tự xử lý",
    "others": "tổ chức khác hỗ trợ", "foreign": "tổ chức nước ngoài hỗ trợ", "coordinator": "đề nghị cơ quan điều phối hỗ trợ",
}  # fmt: skip
_EN = {
    "determined": "determined", "hypothesis": "hypothesis, being verified", "not_handled": "not handled yet",
    "national_centre": "national centre", "yes": "Yes", "no": "No", "unknown": "Not known", "self": "by own means",
    "others": "with help of other bodies", "foreign": "with foreign help", "coordinator": "help of the coordinator asked",
}  # fmt: skip


def word(code: str, language: str) -> str:
    """A choice in words; the code itself where it has none."""
    return (_EN if language == "en" else _VI).get(code, code)


def without_inside(text: str, mark: str) -> str:
    """Text without private addresses: forms that leave the house name public ones only."""

    def masked(found: re.Match[str]) -> str:
        try:
            address = ip_address(found.group())
        except ValueError:
            return found.group()
        return mark if any(address in network for network in _PRIVATE) else found.group()

    return _IPV4.sub(masked, text)


def money(amount: int, language: str) -> str:
    """`12.000.000 đồng`."""
    shown = f"{amount:,}"
    return f"{shown} VND" if language == "en" else f"{shown.replace(',', '.')} đồng"


def whole(number: int, language: str) -> str:
    """A count with the language's separators."""
    shown = f"{number:,}"
    return shown if language == "en" else shown.replace(",", ".")
