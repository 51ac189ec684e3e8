"""Indicators out of running text: defanged in every usual way, typed, normalised; what only looks like one left alone."""

from __future__ import annotations

import pytest

from atttcli.model.observable import ObservableType
from atttcli.sources.observables import extract, host_of, parse_observable, refang


def values(text: str) -> list[str]:
    return [found.observable.value for found in extract(text)]


@pytest.mark.parametrize(
    "written",
    [
        "hxxp://evil.example/a", "hXXp://evil[.]example/a", "http[:]//evil[.]example/a", "http[://]evil(.)example/a",
        "hxxp[:]//evil[dot]example/a", "h**p://evil{.}example/a", "http://evil [.] example/a", "http://evil．example/a",
        "http://evil。example/a", "ｈｔｔｐ://ｅｖｉｌ.example/a", "http://ev\u200bil.exam\u00adple/a", "http://evil[.example/a",
        "HTTP://EVIL.example:80/a", "http://user:pw@evil.example/a", "http://evil.example./a",
    ],
)  # fmt: skip
def test_defanged_links_come_back_as_one(written: str) -> None:
    assert values(f"xem {written} nhé") == ["http://evil.example/a"]


@pytest.mark.parametrize(
    ("written", "kind", "value"),
    [
        ("203[.]0[.]113[.]6", ObservableType.IPV4, "203.0.113.6"),
        ("2001:DB8:0:0::1", ObservableType.IPV6, "2001:db8::1"),
        ("198.51.100.7/24", ObservableType.CIDR, "198.51.100.0/24"),
        ("198.51.100.7/32", ObservableType.IPV4, "198.51.100.7"),
        ("2001:db8::/32", ObservableType.CIDR, "2001:db8::/32"),
        ("Evil.Example.", ObservableType.DOMAIN, "evil.example"),
        ("*.evil.example", ObservableType.DOMAIN, "evil.example"),
        ("tênmiền.vn", ObservableType.DOMAIN, "xn--tnmin-hsa0954c.vn"),
        ("Vanthu [at] backan[.]gov[.]vn", ObservableType.EMAIL, "vanthu@backan.gov.vn"),
        ("evil.example/gate.php", ObservableType.URL, "http://evil.example/gate.php"),
        ("https://evil.example:443", ObservableType.URL, "https://evil.example/"),
        ("https://[2001:DB8::1]:8443/x", ObservableType.URL, "https://[2001:db8::1]:8443/x"),
        ("D41D8CD98F00B204E9800998ECF8427E", ObservableType.MD5, "d41d8cd98f00b204e9800998ecf8427e"),
        ("da39a3ee5e6b4b0d3255bfef95601890afd80709", ObservableType.SHA1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ],
)
def test_types_and_normal_forms(written: str, kind: ObservableType, value: str) -> None:
    assert parse_observable(written) is not None
    assert (parse_observable(written).type, parse_observable(written).value) == (kind, value)  # type: ignore[union-attr]
    (found,) = extract(f"({written})")
    assert (found.observable.type, found.observable.value) == (kind, value)


@pytest.mark.parametrize(
    "text",
    [
        "setup.exe, report.docx, index.php, thong-bao.aspx, run.sh, README.md, main.py, libc.so.6, data.zip, DOC_TOI.txt",
        "phiên bản 10.0.19.1, version 4.5.1.2, v1.2.3.4, Chrome/120.0.0.1, bản vá 8.8.15.46",
        "Đã xử lý xong.Các đơn vị; e.g. this, U.S. and TP.HCM; ASP.NET, node.js",
        "12:30:45, std::vector<int>, a::b, 00:1a:2b:3c:4d:5e",
        "127.0.0.1, 0.0.0.0, 255.255.255.0, 1.2.3, 1.2.3.4.5, 999.1.1.1",
        "C:\\Windows\\run.com và /usr/lib/libx.so",
        "00000000000000000000000000000000, deadbeef, a" + "0" * 64,
        "a@b, @evil.example.x1, ...@...",
        "http://, http://localhost, https://nodot/",
    ],
)
def test_what_only_looks_like_an_indicator(text: str) -> None:
    assert values(text) == []


def test_a_defanged_name_is_meant_whatever_its_ending() -> None:
    assert values("run[.]sh và update[.]zip") == ["run.sh", "update.zip"]
    assert values("run.sh và evil.run.sh") == ["evil.run.sh"]


def test_each_value_once_in_order_with_its_place_in_the_original() -> None:
    text = "A: hxxp://evil[.]example/x, B: 203[.]0[.]113[.]6:8080; lại 203.0.113.6 và http://evil.example/x."
    found = list(extract(text))
    assert [(f.observable.value, f.port, text[f.start : f.end]) for f in found] == [
        ("http://evil.example/x", 0, "hxxp://evil[.]example/x"),
        ("203.0.113.6", 8080, "203[.]0[.]113[.]6:8080"),
    ]


def test_punctuation_of_the_sentence_stays_outside() -> None:
    assert values("(xem http://x.example/a_(b)), “http://y.example/?q=1”; http://z.example/…") == [
        "http://x.example/a_(b)",
        "http://y.example/?q=1",
        "http://z.example/",
    ]


def test_parse_takes_only_the_whole() -> None:
    for text in (
        "a b.example",
        "evil.example và",
        "setup.exe",
        "",
        "x",
        "http://1.2.3.4.5/",
        "evil.example:99999",
        "a" * 9000,
    ):
        assert parse_observable(text) is None, text


def test_host_of_each_type() -> None:
    hosts = {
        "https://[2001:db8::1]:8443/x": "2001:db8::1",
        "a@x.example": "x.example",
        "http://h.example:81/": "h.example",
    }
    for text, host in hosts.items():
        observable = parse_observable(text)
        assert observable is not None
        assert host_of(observable) == host


def test_refang_leaves_plain_text_alone() -> None:
    text = "Kính gửi: Sở TTTT (v/v rà soát) [1], mảng[0].x; f(.5)"
    assert refang(text) == text


def test_an_address_on_the_line_below_a_link_is_no_version_number() -> None:
    values = [
        found.observable.value for found in extract("Máy chủ:\nhttp://198.51.100.7/\n203.0.113.9\nChrome/120.0.0.0")
    ]
    assert values == ["http://198.51.100.7/", "203.0.113.9"]
