"""An organisation as sheets that people edit and `agency import` reads back: the same headings, no cell a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from atttcli.inventory.organisation import Domain, Organisation
from atttcli.model.inventory import Agency, Network, System
from atttcli.text.spreadsheet import inert_cell

_AGENCY = (
    ("Mã đơn vị", "code"), ("Tên đơn vị", "name"), ("Tên viết tắt", "short_name"), ("Nhóm", "group"), ("Cấp trên", "parent"),
    ("Đầu mối", "contact_role"), ("Email", "contact_email"), ("Email dự phòng", "backup_email"), ("Điện thoại", "phone"),
    ("Số máy", "machines"), ("Số máy cũ", "old_machines"), ("Phần mềm diệt virus", "antivirus"),
    ("Cán bộ CNTT", "has_it_officer"), ("Dải IP công cộng", "public"), ("Dải mạng nội bộ", "lan"), ("Tên miền", "domains"),
    ("Tên miền thư", "mail_domains"), ("Hiệu lực từ", "valid_from"), ("Hiệu lực đến", "valid_until"),
    ("Đơn vị kế thừa", "successor"),
)  # fmt: skip
_SYSTEM = (
    ("Mã hệ thống", "code"), ("Tên hệ thống", "name"), ("Cấp độ", "level"), ("Bên ngoài", "external"), ("Sản phẩm", "product"),
    ("Phiên bản", "version"), ("Chủ quản", "owner"), ("Vận hành", "operator"), ("Nhà cung cấp", "provider"),
    ("Tên miền", "domains"), ("Địa chỉ IP", "addresses"), ("Máy chủ", "hosts"), ("Số người dùng", "users"),
    ("Giám sát", "monitored_by"), ("Ghi chú", "note"), ("Nguồn log", "log_sources"), ("Luật", "rules"),
    ("Kịch bản", "playbooks"), ("Diễn tập", "drills"),
)  # fmt: skip
_MAILBOX = (("Hộp thư", "address"), ("Mã đơn vị", "agency"), ("Mã hệ thống", "system"))
_NETWORK = (
    ("Dải địa chỉ", "cidr"), ("Mã đơn vị", "agency"), ("Hiệu lực từ", "valid_from"), ("Hiệu lực đến", "valid_until"),
    ("Cổng", "ports"), ("Ghi chú", "note"),
)  # fmt: skip
_DOMAIN = (
    ("Tên miền", "name"), ("Mã đơn vị", "agency"), ("Loại tên miền", "kind"), ("Mã hệ thống", "system"),
    ("Hiệu lực từ", "valid_from"), ("Hiệu lực đến", "valid_until"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet: its name (which tells the reader what it holds) and its rows, headings first."""

    name: str
    rows: tuple[tuple[str, ...], ...]


def pages(org: Organisation) -> list[Page]:
    """Agencies, systems, mailboxes, and the networks and domains that have no place in an agency's row."""
    shared = {(net.agency, net.cidr, net.note) for net in org.networks if is_in_row(org, net)}
    agencies = [_agency_row(org, agency) for agency in org.agencies]
    contacts = {(a.contact_email, a.code) for a in org.agencies} | {(a.backup_email, a.code) for a in org.agencies}
    boxes = [box for box in org.mailboxes if (box.address, box.agency) not in contacts or box.system]
    networks = [net for net in org.networks if (net.agency, net.cidr, net.note) not in shared]
    domains = [domain for domain in org.domains if not is_domain_in_row(org, domain) and not _of_system(org, domain)]
    return [
        Page("don_vi", _page(_AGENCY, agencies)),
        Page("he_thong", _page(_SYSTEM, [_plain(item, _SYSTEM) for item in org.systems])),
        Page("hop_thu", _page(_MAILBOX, [_plain(box, _MAILBOX) for box in boxes])),
        Page("dai_mang", _page(_NETWORK, [_plain(net, _NETWORK) for net in networks])),
        Page("ten_mien", _page(_DOMAIN, [_plain(domain, _DOMAIN) for domain in domains])),
    ]


def _page(columns: Sequence[tuple[str, str]], rows: list[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    return (tuple(title for title, _ in columns), *(tuple(map(inert_cell, row)) for row in rows))


def _plain(item: Any, columns: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(_text(getattr(item, field)) for _, field in columns)


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return "; ".join(value)
    if isinstance(value, bool):
        return "có" if value else ""
    return "" if value in (None, 0) else str(value)


def _agency_row(org: Organisation, agency: Agency) -> tuple[str, ...]:
    mine = [net for net in org.networks if net.agency == agency.code and is_in_row(org, net)]
    names = [one for one in org.domains if one.agency == agency.code and is_domain_in_row(org, one)]
    lists = {
        "public": tuple(net.cidr for net in mine if net.note == "public"),
        "lan": tuple(net.cidr for net in mine if net.note == "lan"),
        "domains": tuple(one.name for one in names if one.kind == "web"),
        "mail_domains": tuple(one.name for one in names if one.kind == "mail"),
    }
    return tuple(_text(lists[field] if field in lists else getattr(agency, field)) for _, field in _AGENCY)


def _dates(org: Organisation, code: str) -> tuple[str, str]:
    agency = next((one for one in org.agencies if one.code == code), None)
    return (agency.valid_from, agency.valid_until) if agency else ("-", "-")


def is_in_row(org: Organisation, net: Network) -> bool:
    """Whether an agency's row says all there is to say of the network."""
    return (
        net.note in ("public", "lan") and not net.ports and (net.valid_from, net.valid_until) == _dates(org, net.agency)
    )


def is_domain_in_row(org: Organisation, domain: Domain) -> bool:
    """Whether an agency's row says all there is to say of the domain."""
    return not domain.system and (domain.valid_from, domain.valid_until) == _dates(org, domain.agency)


def _of_system(org: Organisation, domain: Domain) -> bool:
    """Whether the system's own row gives this domain back."""
    system: System | None = next((one for one in org.systems if one.code == domain.system), None)
    return system is not None and domain.name in system.domains and domain.kind == "web" and not domain.valid_from


def to_csv(page: Page) -> bytes:
    """UTF-8 with a mark, so that spreadsheet programs read the diacritics."""
    held = io.StringIO(newline="")
    csv.writer(held, lineterminator="\r\n").writerows(page.rows)
    return ("\ufeff" + held.getvalue()).encode("utf-8")


def to_xlsx(made: Sequence[Page]) -> bytes:
    """One workbook with a sheet a page; every cell is text."""
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell

    book = Workbook(write_only=True)
    for page in made:
        sheet = book.create_sheet(page.name)
        for row in page.rows:
            cells = []
            for text in row:
                cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text))
                cell.data_type = "s"
                cells.append(cell)
            sheet.append(cells)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()
