"""What a row's alert is called and how it is classed: titles in the official Vietnamese words, codes of the ten incident types."""

from __future__ import annotations

from typing import Final

from atttcli.model.severity import Severity
from atttcli.sources.lists.roles import Kind, Role

# Codes of TT 20/2017, annex I, form 05.
CATEGORY: Final = {
    Kind.DEFACE: "giaodien",
    Kind.PHISHING: "giamao",
    Kind.MALWARE: "madoc",
    Kind.BOTNET: "madoc",
    Kind.ATTACK: "madoc",
    Kind.CVE: "khac",
    Kind.INFECTED: "madoc",
    Kind.INDICATORS: "madoc",
    Kind.UNKNOWN: "khac",
}
SEVERITY: Final = {
    Kind.DEFACE: Severity.HIGH,
    Kind.PHISHING: Severity.HIGH,
    Kind.MALWARE: Severity.HIGH,
    Kind.BOTNET: Severity.HIGH,
    Kind.ATTACK: Severity.MEDIUM,
    Kind.CVE: Severity.MEDIUM,
    Kind.INFECTED: Severity.HIGH,
    Kind.INDICATORS: Severity.HIGH,
    Kind.UNKNOWN: Severity.MEDIUM,
}
INDICATOR_KIND: Final = {
    Role.C2: "c2",
    Role.SENSOR: "c2",
    Role.PHISHING: "phishing",
    Role.MALWARE_LINK: "malware",
    Role.HASH: "malware",
    Role.ATTACKER: "attacker",
    Role.MALICIOUS: "malicious",
}
_TITLE: Final = {
    Kind.DEFACE: "Thay đổi giao diện",
    Kind.PHISHING: "Tấn công giả mạo",
    Kind.MALWARE: "Phát tán mã độc",
    Kind.BOTNET: "Kết nối máy chủ điều khiển (C&C)",
    Kind.ATTACK: "Cảnh báo tấn công, lây nhiễm",
    Kind.CVE: "Lỗ hổng",
    Kind.INFECTED: "Nhiễm mã độc",
    Kind.INDICATORS: "Có tên trong danh sách độc hại",
    Kind.UNKNOWN: "Có tên trong danh sách cảnh báo",
}


def title_of(kind: Kind, fields: dict[Role, str], victim: str) -> str:
    """`Nhiễm mã độc: downadup`; of a site its name, so that many links of one site read as one thing."""
    if "@" in victim:
        return f"Tài khoản thư điện tử bị lộ, bị chiếm quyền: {victim}"[:200]
    if kind is Kind.CVE:
        what = ", ".join(text for text in (fields.get(Role.VULNERABILITY), fields.get(Role.PRODUCT)) if text)
    elif kind in (Kind.DEFACE, Kind.PHISHING):
        what = victim
    else:
        what = fields.get(Role.MALWARE) or fields.get(Role.TYPE) or fields.get(Role.TAG) or ""
    return f"{_TITLE[kind]}: {what}"[:200] if what else _TITLE[kind]
