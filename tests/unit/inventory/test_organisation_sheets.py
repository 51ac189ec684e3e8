"""Another province from CSV or XLSX sheets, as people and as attackers write them."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from atttcli.errors import InputError, LimitExceeded
from atttcli.inventory import Inventory, Organisation, check_organisation, load_organisation

AGENCIES = [
    ["DANH SÁCH CƠ QUAN, ĐƠN VỊ"],
    ["STT", "Mã", "Tên đơn vị", "Nhóm", "Cấp trên", "Email", "Số máy (chiếc)", "Số máy cũ", "Cán bộ CNTT", "Dải IP",
     "Mạng nội bộ", "Tên miền", "Hiệu lực từ"],
    ["1", "so-a", "Sở A", "Sở, ban, ngành", "UBND tỉnh", "vanthu@soa.example", "1.040", "5", "Có", "198.51.100.0/30",
     "10.1.0.0/24",
     "http://SoA.example/", "01/07/2025"],
    ["2", "", "UBND xã Đồng Mới", "", "UBND tỉnh", "", "mười", "3", "có lẽ", "198.51.100.4; 198.51.100.5",
     "10.1.1.0/24", "", "30/02/2025"],
    ["3", "x-cu", "UBND phường Cũ", "Xã, phường", "Sở A", "=HYPERLINK(1)", "", "", "không", "", "", "", ""],
    ["4", "x-khong-ten", "", "", "", "", "", "", "", "", "", "", ""],
]  # fmt: skip
SYSTEMS = [
    ["Mã hệ thống", "Tên hệ thống", "Cấp độ", "Sản phẩm", "Phiên bản", "Chủ quản", "Đơn vị vận hành", "Tên miền",
     "Địa chỉ IP", "Nguồn log"],
    ["portal", "Cổng", "Cấp độ 3", "Drupal", "10", "UBND tỉnh", "sở a", "www.tinh.example", "198.51.100.1", "web-access"],
    ["ext", "Liên thông", "Bên ngoài", "", "", "Bộ X", "Bộ X", "", "", "national-list"],
    ["bad", "Hỏng", "7", "P", "1", "Sở A", "Sở A", "", "", ""],
]  # fmt: skip
MAILBOXES = [["Hộp thư", "Đơn vị"], ["LienHe@tinh.example", "UBND xã Đồng Mới"], ["", "Sở A"]]


def as_csv(rows: list[list[str]], delimiter: str = ",") -> str:
    def cell(text: str) -> str:
        return f'"{text}"' if any(mark in text for mark in ',;"\t') else text

    return "\r\n".join(delimiter.join(map(cell, row)) for row in rows) + "\r\n"


def as_workbook(path: Path, sheets: dict[str, list[list[str]]]) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)


def folder(tmp_path: Path, encoding: str, delimiter: str) -> Path:
    place = tmp_path / "tinh-thu"
    place.mkdir()
    for name, rows in (("don-vi", AGENCIES), ("he-thong", SYSTEMS), ("hop-thu", MAILBOXES)):
        (place / f"{name}.csv").write_bytes(as_csv(rows, delimiter).encode(encoding))
    return place


def judge(org: Organisation) -> None:
    assert [a.code for a in org.agencies] == ["so-a", "ubnd-xa-dong-moi", "x-cu"]
    first, second, third = org.agencies
    assert (first.name, first.group, first.machines, first.has_it_officer) == ("Sở A", "so_ban_nganh", 1040, True)
    assert (first.parent, first.valid_from) == ("ubnd-tinh", "2025-07-01")
    assert (second.group, second.machines, second.valid_from) == ("xa", 0, "")
    assert (third.group, third.parent, third.contact_email) == ("xa", "so-a", "")
    portal, external, bad = org.systems
    assert (portal.level, portal.owner, portal.operator) == (3, "ubnd-tinh", "so-a")
    assert (external.level, external.external, external.owner) == (None, True, "bo-x")
    assert bad.level is None
    inventory = Inventory(org)
    assert inventory.owner_of("198.51.100.5").code == "ubnd-xa-dong-moi"  # type: ignore[union-attr]
    assert inventory.owner_of("soa.example").code == "so-a"  # type: ignore[union-attr]
    assert inventory.owner_of("www.tinh.example").code == "so-a"  # type: ignore[union-attr]
    assert inventory.owner_of("lienhe@tinh.example").code == "ubnd-xa-dong-moi"  # type: ignore[union-attr]
    assert inventory.system_of("198.51.100.1").code == "portal"  # type: ignore[union-attr]
    found = {finding.code for finding in check_organisation(org)}
    assert {
        "no-code", "bad-number", "bad-flag", "bad-date", "formula", "no-name", "bad-level", "new-party", "no-mailbox",
        "no-contact", "no-network", "no-profile", "no-organ", "no-concern",
    } <= found  # fmt: skip


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8-sig", ","), ("utf-16", "\t"), ("utf-8", ";")])
def test_a_province_from_csv_sheets(tmp_path: Path, encoding: str, delimiter: str) -> None:
    place = folder(tmp_path, encoding, delimiter)
    org = load_organisation(place)
    assert org.code == "tinh-thu"
    judge(org)
    no_name = next(f for f in check_organisation(org) if f.code == "no-name")
    assert no_name.where.path == str(place / "don-vi.csv")
    assert no_name.where.line == 6


def test_a_province_from_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "tinh.xlsx"
    sheets = {"Đơn vị": AGENCIES, "Hệ thống": SYSTEMS, "Hộp thư": MAILBOXES, "Ghi chú": [["không có gì"]]}
    as_workbook(path, sheets)
    org = load_organisation(path)
    judge(org)
    assert any(f.code == "unknown-sheet" for f in org.problems)
    no_name = next(f for f in check_organisation(org) if f.code == "no-name")
    assert (no_name.where.member, no_name.where.line) == ("Đơn vị", 6)


def test_sheets_with_english_headings_and_no_telling_names(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    as_workbook(
        path,
        {
            "Sheet1": [["Code", "Name", "Group", "Networks"], ["a", "Department A", "department", "192.0.2.0/28"]],
            "Sheet2": [["Name", "Level", "Owner", "Product"], ["Portal", "2", "a", "Drupal"]],
            "Sheet3": [["Mailbox", "Agency"], ["x@a.example", "a"]],
        },
    )
    org = load_organisation(path)
    assert (len(org.agencies), len(org.systems), len(org.mailboxes)) == (1, 1, 1)
    assert org.systems[0].code == "portal"


def test_a_header_file_beside_the_sheets(tmp_path: Path) -> None:
    place = folder(tmp_path, "utf-8", ",")
    (place / "organisation.yaml").write_text(
        'format: atttcli/organisation/1\ncode: tinh-thu\nname: "Tỉnh Thử"\nplace: Thử\nprofiles: [{profile: vn-2026}]\n',
        "utf-8",
    )
    org = load_organisation(place)
    judge_codes = {finding.code for finding in check_organisation(org)}
    assert (org.name, org.profile) == ("Tỉnh Thử", "vn-2026")
    assert "no-profile" not in judge_codes


def test_one_csv_of_agencies(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Tên cơ quan;IP\nSở A;192.0.2.1\n", "utf-8")
    assert load_organisation(path).networks[0].cidr == "192.0.2.1"


def test_formulas_stay_text_and_are_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Tên đơn vị,Email,Ghi chú\n\"=cmd|' /C calc'!A0\",a@b.example,\nSở B,+1+1,\n", "utf-8")
    org = load_organisation(path)
    assert [agency.name for agency in org.agencies] == ["Sở B"]
    assert org.agencies[0].contact_email == ""
    assert [finding.code for finding in org.problems].count("formula") == 2


def test_names_keep_their_hostile_characters_as_data(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Tên đơn vị,IP\n\x1b[31m[red]Sở\u202e B</b>,192.0.2.1\n", "utf-8")
    agency = load_organisation(path).agencies[0]
    assert "\x1b[31m[red]Sở\u202e B</b>" in agency.name  # escaped where it is shown, not here
    assert agency.code.isascii()


@pytest.mark.parametrize(
    "text", ["", "\n\n\n", "a,b\n1,2\n", "\x00\x01\x02", '"' * 100_000, "Tên đơn vị\n" + '"' + "x" * 200_000]
)
def test_what_is_no_sheet_is_an_input_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        load_organisation(path)
    assert caught.value.where is not None
    assert caught.value.where.path.startswith(str(path))


def test_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Tên đơn vị\n" + "Sở A\n" * 20_001, "utf-8")
    with pytest.raises(LimitExceeded):
        load_organisation(path)
    path.write_bytes(b"x" * (8 * 1024 * 1024 + 1))
    with pytest.raises(LimitExceeded):
        load_organisation(path)


def test_a_fifo_is_not_opened(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no FIFOs on this system")
    path = tmp_path / "x.csv"
    os.mkfifo(path)
    with pytest.raises(InputError, match="not a regular file"):
        load_organisation(path)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \.csv"):
        load_organisation(tmp_path)


def workbook_bytes(tmp_path: Path) -> bytes:
    as_workbook(tmp_path / "good.xlsx", {"Đơn vị": AGENCIES})
    return (tmp_path / "good.xlsx").read_bytes()


def rezip(data: bytes, member: str, change: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change if name == member else old.read(name))
    return out.getvalue()


def test_hostile_workbooks_end_in_an_input_error(tmp_path: Path) -> None:
    good = workbook_bytes(tmp_path)
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><worksheet>&a;</worksheet>'
    sheet = "xl/worksheets/sheet1.xml"
    cases = [good[: len(good) // 2], b"PK\x03\x04", b"", rezip(good, sheet, bomb), rezip(good, sheet, b"<worksheet>")]
    cases.append(rezip(good, sheet, b"<worksheet>" + b" " * (80 * 1024 * 1024) + b"</worksheet>"))
    for data in cases:
        path = tmp_path / "bad.xlsx"
        path.write_bytes(data)
        with pytest.raises(InputError):
            load_organisation(path)
