"""Codes of the record as papers say them. Form labels come from the profile; here stand only our own choices' words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

_INSIDE_V4 = tuple(
    map(
        ip_network,
        (
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "100.64.0.0/10",
            "0.0.0.0/8",
        ),
    )
)
_INSIDE_V6 = tuple(map(ip_network, ("fc00::/7", "fe80::/10", "fec0::/10", "::1/128", "::/128")))
# Also as people write them: leading zeros, `[.]`, `192.168.1.x`, with a prefix length or the last figure of a range.
_OCTET = r"(?:\d{1,3}(?!\d)|[xX*](?!\w))"
_DOT = r"(?:\.|\[\.\]|\(\.\))"
_TAIL = r"(?:/\d{1,2}(?!\d)|-\d{1,3}(?![\d.]))?"
_IPV4 = re.compile(rf"(?<![\d.])\d{{1,3}}{_DOT}\d{{1,3}}{_DOT}{_OCTET}{_DOT}{_OCTET}(?!\.\d){_TAIL}")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{1,39}:[0-9A-Fa-f.:]{0,20}(?:%\w{1,16})?(?:/\d{1,3})?(?![\w:])")
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
    """Text without addresses of the inside: forms that leave the house name public ones only."""
    return _IPV4.sub(lambda found: _masked_v4(found, mark), _IPV6.sub(lambda found: _masked_v6(found, mark), text))


def all_without_inside(values: Mapping[str, Any], mark: str) -> dict[str, Any]:
    """Values of a form, texts and lists of texts alike; an address of the inside alone leaves its list."""

    def outside(value: Any) -> Any:
        if isinstance(value, str):
            return without_inside(value, mark)
        if isinstance(value, (list, tuple)):
            return [text for text in map(outside, value) if not (isinstance(text, str) and text.strip() == mark)]
        return value

    return {name: outside(value) for name, value in values.items()}


def _masked_v4(found: re.Match[str], mark: str) -> str:
    plain = re.split(r"[/-]", re.sub(r"[\[\]()]", "", found.group()))[0]
    octets = [0 if part in "xX*" else int(part) for part in plain.split(".")]
    if max(octets) > 255:
        return found.group()
    address = ip_address(".".join(map(str, octets)))
    return mark if any(address in network for network in _INSIDE_V4) else found.group()


def _masked_v6(found: re.Match[str], mark: str) -> str:
    said = found.group()
    plain = said.rstrip(".").partition("%")[0].partition("/")[0]
    end = said[len(said.rstrip(".")) :]  # the full stop of the sentence stays
    try:
        address = ip_address(plain)
    except ValueError:
        return said
    if not isinstance(address, IPv6Address):
        return said
    within = address.ipv4_mapped or address.sixtofour
    if within is not None:
        return mark + end if any(within in network for network in _INSIDE_V4) else said
    return mark + end if any(address in network for network in _INSIDE_V6) else said


def money(amount: int, language: str) -> str:
    """`12.000.000 đồng`."""
    shown = f"{amount:,}"
    return f"{shown} VND" if language == "en" else f"{shown.replace(',', '.')} đồng"


def whole(number: int, language: str) -> str:
    """A count with the language's separators."""
    shown = f"{number:,}"
    return shown if language == "en" else shown.replace(",", ".")


def decimal(number: float, language: str) -> str:
    """`1,5`; whole numbers without a fraction."""
    shown = f"{number:,.1f}".removesuffix(".0")
    return shown if language == "en" else shown.translate(str.maketrans(",.", ".,"))


def sentence(text: str) -> str:
    """The text with a capital at its start; names and months in it keep theirs."""
    return text[:1].upper() + text[1:]
