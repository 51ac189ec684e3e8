"""The national team's workbook, sheet by sheet: who becomes a victim, what becomes an indicator, what neither."""

from __future__ import annotations

import pytest
from document_samples import NATIONAL, heads, of, outcomes, problems, read, workbook

from atttcli.clock import local_text
from atttcli.model.alert import Alert
from atttcli.model.observable import Indicator
from atttcli.model.severity import Severity


def one_sheet(sheet: str, *rows: list[object]) -> list[object]:
    return read(workbook({sheet: [heads(sheet), *rows]}), "vncert.xlsx")


def test_deface_link_is_a_victim_ours_or_not() -> None:
    rows = [
        ["http[:]//vihuong[.]backan[.]gov[.]vn/x.html", "H4cker", "2018-01-31 07:17:00", "zone"],
        ["http://khac.example/y", "H4cker", "31/1/2018 12:21 PM", ""],
    ]
    alerts = of(one_sheet("Deface", *rows), Alert)
    assert [(alert.victim, alert.category, local_text(alert.time)) for alert in alerts] == [
        ("vihuong.backan.gov.vn", "giaodien", "31/01/2018 07:17:00"),
        ("khac.example", "giaodien", "31/01/2018 12:21:00"),
    ]
    assert alerts[0].title == "Thay đổi giao diện: vihuong.backan.gov.vn"
    assert not of(one_sheet("Deface", *rows), Indicator)


def test_phishing_link_is_an_indicator_and_its_target_of_ours_a_victim() -> None:
    found = one_sheet("Phishing", ["hxxp://dangnhap[.]example/zimbra", "Thư công vụ mail.backan.gov.vn", "", ""])
    (indicator,) = of(found, Indicator)
    (alert,) = of(found, Alert)
    assert (indicator.value, indicator.kind) == ("http://dangnhap.example/zimbra", "phishing")
    assert (alert.victim, alert.category) == ("mail.backan.gov.vn", "giamao")
    assert ("http://dangnhap.example/zimbra", "phishing") in [(o.value, o.role) for o in alert.observables]


def test_phishing_page_on_our_own_site_is_an_alert_and_never_an_indicator() -> None:
    found = one_sheet("Phishing", ["http://truong.backan.gov.vn/.well-known/login", "Ngân hàng", "", ""])
    assert [alert.victim for alert in of(found, Alert)] == ["truong.backan.gov.vn"]
    assert not of(found, Indicator)


def test_malware_sheet_gives_link_and_address_with_the_virus_name() -> None:
    found = one_sheet(
        "Malware", ["http://mal.example/a.exe", "Emotet", "198.51.100.9", "ISP", "31/1/2018 12:21 PM", ""]
    )
    assert [(i.value, i.kind, i.description, i.severity) for i in of(found, Indicator)] == [
        ("http://mal.example/a.exe", "malware", "Emotet", Severity.HIGH),
        ("198.51.100.9", "malware", "Emotet", Severity.MEDIUM),
    ]
    assert not of(found, Alert)


def test_malware_on_our_own_server_is_an_alert() -> None:
    found = one_sheet("Malware", ["http://mal.example/a.exe", "Emotet", "203.0.113.9", "", "", ""])
    assert [alert.victim for alert in of(found, Alert)] == ["203.0.113.9"]
    assert [indicator.value for indicator in of(found, Indicator)] == ["http://mal.example/a.exe"]


def test_attacker_of_the_botnet_sheet_is_the_infected_address() -> None:
    row = ["203.0.113.5", "downadup", "198.51.100.77", 80, "2018-01-31 07:17:00", "203.0.113.5", "ISP"]
    found = one_sheet("C&C Bonet", row)
    (alert,), (indicator,) = of(found, Alert), of(found, Indicator)
    assert (alert.victim, alert.category, alert.severity) == ("203.0.113.5", "madoc", Severity.HIGH)
    assert (indicator.value, indicator.kind) == ("198.51.100.77", "c2")
    assert alert.detail["row"]["NetwordName"] == "downadup"


def test_sensor_in_our_network_is_a_victim_and_private_one_is_neither() -> None:
    ours = one_sheet("C&C Bonet", ["198.51.100.5", "", "203.0.113.20", 80, "", "", ""])
    assert {alert.victim for alert in of(ours, Alert)} == {"198.51.100.5", "203.0.113.20"}
    private = one_sheet("C&C Bonet", ["203.0.113.5", "", "10.1.2.3", 80, "", "", ""])
    assert not of(private, Indicator)
    assert not problems(private)


@pytest.mark.parametrize(("type_", "tag", "category"), [("downadup", "", "madoc"), ("", "rdp", "khac")])
def test_attack_sheet_tells_infection_from_open_service(type_: str, tag: str, category: str) -> None:
    row = dict.fromkeys(heads("Attack"), "") | {
        "Timestamp": "2018-01-31 07:17:00",
        "IP": "203.0.113.9",
        "Type": type_,
        "Tag": tag,
        "SrcPort": 4444,
        "Url": "http://sinkhole.example/x",
    }
    found = one_sheet("Attack", list(row.values()))
    (alert,) = of(found, Alert)
    assert (alert.victim, alert.category, alert.detail["port"]) == ("203.0.113.9", category, "4444")
    assert (type_ or tag) in alert.title
    assert not of(found, Indicator), "the sinkhole's own link is no indicator"


def test_cve_row_names_a_product_and_no_victim() -> None:
    (alert,) = of(one_sheet("CVE", ["Exec Code", "Zimbra Collaboration", 9.8, "Admin"]), Alert)
    assert (alert.victim, alert.severity, alert.detail["product"]) == ("", Severity.HIGH, "Zimbra Collaboration")


def test_all_six_sheets_of_one_book_are_read() -> None:
    values: dict[str, object] = {
        "Link": "http://a.example/1", "LINK PHISHING": "http://b.example/", "AttackerIP": "203.0.113.7", "IP": "203.0.113.8",
        "Product": "Zimbra", "Tên virus": "X",
    }  # fmt: skip
    book = workbook({sheet: [heads(sheet), [values.get(head, "") for head in heads(sheet)]] for sheet in NATIONAL})
    assert {outcome.sheet for outcome in outcomes(book, "v.xlsx")} == set(NATIONAL)


def test_empty_sheet_with_heading_only_is_no_problem() -> None:
    assert read(workbook({"Deface": [heads("Deface")]}), "v.xlsx") == []
