"""Lists as agencies really send them: titles above, merged and doubled headings, footers, odd cells."""

from __future__ import annotations

import pytest
from document_samples import letters, of, outcomes, problems, read, workbook

from atttcli.clock import VIETNAM, local_text, parse_moment
from atttcli.model.alert import Alert
from atttcli.model.observable import Indicator, ObservableType
from atttcli.sources.lists.cells import read_values
from atttcli.sources.lists.moments import read_moment
from atttcli.sources.lists.rows import VALIDITY

HEADING = "STT | Tên đơn vị | Địa chỉ IP | Cổng | Thời gian (GMT+7) | Loại mã độc/botnet | C&C IP/domain | Ghi chú"
MAIL_LIST = HEADING.split(" | ")
TITLE = "DANH SÁCH ĐỊA CHỈ IP NHIỄM MÃ ĐỘC"


def sheet(*rows: list[object], above: list[list[object]] | None = None, merges: list[str] | None = None) -> bytes:
    return workbook({"Sheet1": [*(above or []), *rows]}, {"Sheet1": merges or []})


def row(number: int, agency: str, address: str, **more: object) -> list[object]:
    values = {
        "port": 50123,
        "time": "31/01/2018 07:17",
        "malware": "Mirai",
        "c2": "cnc[.]example:443",
        "note": "",
    } | more
    return [number, agency, address, values["port"], values["time"], values["malware"], values["c2"], values["note"]]


def test_mail_list_gives_victim_with_port_time_and_c2() -> None:
    found = read(sheet(MAIL_LIST, row(1, "Sở X", "203.0.113.5")), "a.xlsx")
    (alert,), (indicator,) = of(found, Alert), of(found, Indicator)
    assert (alert.victim, alert.detail["port"], alert.detail["agency"]) == ("203.0.113.5", "50123", "Sở X")
    assert local_text(alert.time) == "31/01/2018 07:17:00"
    assert alert.title == "Nhiễm mã độc: Mirai"
    assert (indicator.type, indicator.value, indicator.kind) == (ObservableType.DOMAIN, "cnc.example", "c2")


@pytest.mark.parametrize(
    "headings",
    [
        [
            "TT",
            "Ten co quan, don vi",
            "Dia chi IP bi nhiem",
            "Port",
            "Thoi diem ghi nhan",
            "Ten ma doc",
            "May chu dieu khien",
            "Note",
        ],
        ["No.", "Organization", "Infected IP", "Source port", "Timestamp", "Malware", "C2 server", "Comment"],
        ["STT", "ĐƠN VỊ", "IP NHIỄM", "CỔNG", "THỜI GIAN", "TÊN MÃ ĐỘC", "C&C", "GHI CHÚ"],
    ],
)
def test_headings_in_any_spelling_mean_the_same(headings: list[str]) -> None:
    found = read(sheet(headings, row(1, "Sở X", "203.0.113.5")), "a.xlsx")
    (alert,), (indicator,) = of(found, Alert), of(found, Indicator)
    assert (alert.victim, alert.detail["malware"], alert.detail["agency"]) == ("203.0.113.5", "Mirai", "Sở X")
    assert indicator.value == "cnc.example"


def test_heading_below_titles_column_numbers_and_a_footer() -> None:
    above: list[list[object]] = [
        ["CỤC AN TOÀN THÔNG TIN"],
        [TITLE],
        ["(Kèm theo Công văn số 56/CATTT-NCSC ngày 12/01/2022)"],
        [],
    ]
    footer: list[list[object]] = [["Tổng cộng: 1"], ["", "", "", "", "", "Nơi nhận: như trên"]]
    data = sheet(MAIL_LIST, list(range(1, 9)), row(1, "Sở X", "203.0.113.5"), *footer, above=above, merges=["A2:H2"])
    found = read(data, "a.xlsx")
    (letter,) = letters(found)
    assert (letter.number, letter.date, letter.sender) == ("56/CATTT-NCSC", "2022-01-12", "CỤC AN TOÀN THÔNG TIN")
    assert found[0] is letter
    assert len(of(found, Alert)) == 1
    assert not problems(found)
    assert of(found, Alert)[0].detail["letter"] == "56/CATTT-NCSC"


def test_heading_of_two_lines_tells_the_two_ip_columns_apart() -> None:
    top = ["STT", "Máy bị nhiễm", "", "", "Máy chủ điều khiển", ""]
    low = ["", "Tên đơn vị", "IP", "Cổng", "IP", "Cổng"]
    data = sheet(top, low, [1, "Sở X", "203.0.113.5", 50001, "198.51.100.3", 8080], merges=["B1:D1", "E1:F1", "A1:A2"])
    found = read(data, "a.xlsx")
    assert [alert.victim for alert in of(found, Alert)] == ["203.0.113.5"]
    assert [indicator.value for indicator in of(found, Indicator)] == ["198.51.100.3"]
    assert of(found, Alert)[0].detail["c2_port"] == "8080"


def test_agency_merged_over_rows_counts_for_all_of_them() -> None:
    rows = [row(1, "Sở X", "203.0.113.5"), row(2, "", "203.0.113.6"), row(3, "Sở Y", "203.0.113.7")]
    alerts = of(read(sheet(MAIL_LIST, *rows, merges=["B2:B3"]), "a.xlsx"), Alert)
    assert [alert.detail["agency"] for alert in alerts] == ["Sở X", "Sở X", "Sở Y"]
    unmerged = of(read(sheet(MAIL_LIST, *rows), "a.xlsx"), Alert)
    assert [alert.detail["agency"] for alert in unmerged] == ["Sở X", "Sở X", "Sở Y"]


def test_any_column_merged_over_rows_counts_for_all_of_them() -> None:
    rows = [row(1, "Sở X", "203.0.113.5", malware="Zeus"), row(2, "Sở Y", "203.0.113.6", malware="", c2="")]
    alerts = of(read(sheet(MAIL_LIST, *rows, merges=["F2:F3", "G2:G3"]), "a.xlsx"), Alert)
    assert [alert.detail["malware"] for alert in alerts] == ["Zeus", "Zeus"]
    assert all("cnc.example" in [o.value for o in alert.observables] for alert in alerts)


def test_one_known_heading_among_unknown_ones_counts_if_its_column_holds_values() -> None:
    found = read(
        sheet(["IP bị nhiễm", "Tên máy", "Phòng"], ["203.0.113.5", "PC-1", "a"], ["203.0.113.6", "PC-2", "b"]), "a.xlsx"
    )
    assert [alert.victim for alert in of(found, Alert)] == ["203.0.113.5", "203.0.113.6"]
    (problem,) = read(sheet(["IP", "Tên máy"], ["không có gì", "PC-1"], ["chưa kiểm tra", "PC-2"]), "a.xlsx")
    assert "no table with a heading" in problem.reason


def test_several_addresses_ports_and_ranges_in_one_cell() -> None:
    cell = "203.0.113.5:8080, 203.0.113.6\n203.0.113.8-203.0.113.11; 203.0.113.20-21"
    alerts = of(read(sheet(MAIL_LIST, row(1, "Sở X", cell)), "a.xlsx"), Alert)
    assert {alert.key for alert in alerts} == {"203.0.113.5", "203.0.113.6", "203.0.113.8/30", "203.0.113.20/31"}
    assert next(a for a in alerts if a.key == "203.0.113.5").detail["port"] == 8080
    assert {a.victim for a in alerts} >= {"203.0.113.8", "203.0.113.20"}


def test_own_addresses_and_allowed_values_never_become_indicators() -> None:
    rows = [
        row(1, "Sở X", "203.0.113.5", c2="203.0.113.99"),
        row(2, "Sở X", "203.0.113.6", c2="www.backan.gov.vn"),
        row(3, "Sở X", "203.0.113.7", c2="drive.google.example"),
        row(4, "Sở X", "203.0.113.8", c2="203.0.113.0/24"),
        row(5, "Sở X", "203.0.113.10", c2="192.168.1.1"),
    ]
    rows.append(row(6, "Sở X", "203.0.113.11", c2="198.0.0.0/8"))
    found = read(sheet(MAIL_LIST, *rows), "a.xlsx")
    assert not of(found, Indicator)
    assert {"203.0.113.99", "www.backan.gov.vn"} <= {alert.victim for alert in of(found, Alert)}
    assert len(problems(found)) == 4, (
        "the allowed, the covering, the private and the too wide value are each accounted for"
    )


def test_ip_column_of_a_blacklist_is_an_indicator_unless_it_is_ours() -> None:
    above: list[list[object]] = [["Danh sách địa chỉ IP độc hại cần chặn"]]
    found = read(
        sheet(["STT", "IP", "Ghi chú"], [1, "198.51.100.7", "scan"], [2, "203.0.113.7", ""], above=above), "a.xlsx"
    )
    assert [indicator.value for indicator in of(found, Indicator)] == ["198.51.100.7"]
    assert [alert.victim for alert in of(found, Alert)] == ["203.0.113.7"]


def test_hashes_and_leaked_accounts() -> None:
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    found = read(sheet(["Tên mã độc", "SHA256"], ["Emotet", digest.upper()]), "a.xlsx")
    assert [(i.type, i.value, i.kind) for i in of(found, Indicator)] == [(ObservableType.SHA256, digest, "malware")]
    (alert,) = of(
        read(sheet(["STT", "Tài khoản thư bị lộ", "Đơn vị"], [1, "vanthu@backan.gov.vn", "Sở X"]), "a.xlsx"), Alert
    )
    assert (alert.victim, alert.category) == ("vanthu@backan.gov.vn", "truycap")


def test_rows_without_a_value_are_problems_with_their_number() -> None:
    rows = [row(1, "Sở X", "không rõ", c2=""), row(2, "Sở Y", "203.0.113.300", c2="")]
    found = problems(read(sheet(MAIL_LIST, *rows), "a.xlsx"))
    assert [problem.line for problem in found] == [2, 3]
    assert "203.0.113.300" in found[1].reason


def test_validity_runs_from_the_rows_time_else_the_letters_date() -> None:
    above: list[list[object]] = [["Kèm theo Công văn số 56/CATTT-NCSC ngày 12/01/2022"]]
    rows = [row(1, "X", "203.0.113.5"), row(2, "X", "203.0.113.6", time="", c2="other.example")]
    first, second = of(read(sheet(MAIL_LIST, *rows, above=above), "a.xlsx"), Indicator)
    assert first.valid_from == parse_moment("31/01/2018 07:17")
    assert second.valid_from == parse_moment("12/01/2022")
    assert second.valid_until == second.valid_from + VALIDITY
    assert second.source == "56/CATTT-NCSC"


def test_zone_of_the_heading_wins_and_an_assumed_zone_is_recorded() -> None:
    from document_samples import best, given

    utc = [*MAIL_LIST[:4], "Time (UTC)", *MAIL_LIST[5:]]
    (alert,) = of(read(sheet(utc, row(1, "X", "203.0.113.5")), "a.xlsx"), Alert)
    assert local_text(alert.time) == "31/01/2018 14:17:00"
    one = given(sheet([*MAIL_LIST[:4], "Thời gian", *MAIL_LIST[5:]], row(1, "X", "203.0.113.5")), "a.xlsx")
    list(best(one).read(one))
    assert one.assumed == {"zone": "+07:00"}


def test_same_row_in_another_format_order_or_numbering_is_the_same_claim() -> None:
    above: list[list[object]] = [["Kèm theo Công văn số 56/CATTT-NCSC ngày 12/01/2022"]]
    book = sheet(MAIL_LIST, row(1, "Sở X", "203.0.113.5"), row(2, "Sở Y", "203.0.113.6"), above=above)
    lines = [above[0], MAIL_LIST, row(7, "Sở Y", "203.0.113.6"), row(8, " Sở  X", "203.0.113.5")]
    text = "\n".join(";".join(str(cell) for cell in line) for line in lines).encode()
    first = {alert.victim: alert.occurrence for alert in of(read(book, "a.xlsx"), Alert)}
    second = {alert.victim: alert.occurrence for alert in of(read(text, "b.csv"), Alert)}
    assert first == second
    assert len(set(first.values())) == 2


def test_lists_without_number_date_or_time_are_told_apart_by_file() -> None:
    heading = ["Đơn vị", "IP bị nhiễm"]
    first = of(read(sheet(heading, ["X", "203.0.113.5"], ["Y", "203.0.113.6"]), "a.xlsx"), Alert)
    second = of(read(sheet(heading, ["X", "203.0.113.5"]), "b.xlsx"), Alert)
    assert first[0].occurrence != second[0].occurrence


def test_every_row_is_accounted_for() -> None:
    rows = [
        row(1, "X", "203.0.113.5"),
        row(2, "X", "abc", c2=""),
        row(3, "X", "", c2="198.51.100.1"),
        row(4, "", "", c2=""),
    ]
    found = outcomes(sheet(MAIL_LIST, *rows), "a.xlsx")
    assert [outcome.line for outcome in found] == [2, 3, 4, 5]
    assert all(outcome.records for outcome in found)


def test_formula_cells_stay_text() -> None:
    found = read(sheet(MAIL_LIST, row(1, "X", "203.0.113.5", note="=cmd|' /C calc'!A0")), "a.xlsx")
    assert of(found, Alert)[0].detail["row"]["Ghi chú"] == "=cmd|' /C calc'!A0"


def test_letter_of_the_carrying_mail_fills_what_the_list_does_not_say() -> None:
    from atttcli.source import Letter

    carried = Letter(number="77/A05", date="2026-11-05", deadline="2026-11-10")
    found = read(sheet(MAIL_LIST, row(1, "X", "203.0.113.5")), "a.xlsx", letter=carried)
    assert letters(found) == [carried]
    assert of(found, Alert)[0].detail["deadline"] == "2026-11-10"


@pytest.mark.parametrize(
    ("cell", "values", "unread"),
    [
        ("192.0.2\n.36", ["192.0.2.36"], False),
        ("hxxp://\ncapnha\nt[.]c2[.]\nexampl\ne/\ngate.ph\np", ["http://capnhat.c2.example/gate.php"], False),
        ("evil[.]exa\nmple", ["evil.example"], False),
        ("203.0.113.5\n203.0.113.6", ["203.0.113.5", "203.0.113.6"], False),
        ("203.0.113.5\nVNPT", ["203.0.113.5"], False),
        ("203.0.113.5\nmáy chủ web", ["203.0.113.5"], False),
        ("203.0.113.5\nmáy", ["203.0.113.5"], False),
        ("http://a.example/x\nhttp://b.example/y", ["http://a.example/x", "http://b.example/y"], False),
        ("http://a.example/x\nhttp://b.exam\nple/y", ["http://a.example/x"], True),
        ("203.0.113.1\n80", [], True),
        ("192.0.2\n.36\n192.0.2\n.37", [], True),
    ],
)
def test_cells_broken_over_lines_are_joined_or_left_unread_never_halved(
    cell: str, values: list[str], unread: bool
) -> None:
    found = read_values(cell)
    assert [observable.value for observable, _ in found.values] == values
    assert bool(found.unread) is unread


def test_times_broken_over_lines() -> None:
    for text in ("12/05/2\n021\n09:01", "12/05/2021\n09:01", "12/05/20\n21 09:01", "09:01\n12/05/2021"):
        assert read_moment(text, VIETNAM) == parse_moment("12/05/2021 09:01"), text
