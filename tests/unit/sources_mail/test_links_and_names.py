"""HTML bodies without rendering; names that imitate ours."""

from __future__ import annotations

import pytest

from atttcli.sources.mail_message.links import Link, read_page
from atttcli.sources.mail_message.lookalike import imitated, organisation_of

OWN = frozenset({"backan.gov.vn"})


def test_links_with_what_the_reader_sees() -> None:
    page = read_page(
        "<p>Xem <A HREF = \"http://a.example/?x=1&amp;y=2\"><b>tại</b> đây</A>, <a href='b.example'>x</a> <a href=c.example>y"
        '<a href="java\tscript:alert(1)">z</a><!-- <a href="http://no.example">n</a> -->'
        "<script>if (a<b) document.write('<a href=http://js.example>')</script>"
        '<meta http-equiv=refresh content="0; url=http://m.example/"><iframe src=http://i.example></iframe>cuối'
    )
    assert page.links == (
        Link("http://a.example/?x=1&y=2", "tại đây"),
        Link("b.example", "x"),
        Link("c.example", "y"),
        Link("javascript:alert(1)", "z"),
        Link("http://m.example/", "", "meta"),
        Link("http://i.example", "", "iframe"),
    )
    assert "js.example" not in page.text
    assert page.text.endswith("cuối")


def test_markup_in_quotes_and_unclosed_tags() -> None:
    assert read_page('<a title="a>b" href="http://x.example/">t</a>').links == (Link("http://x.example/", "t"),)
    assert read_page('<a href="http://x.example/').links == ()
    assert read_page("1 < 2 và 3 > 2").text == "1 < 2 và 3 > 2"


@pytest.mark.parametrize(
    "name",
    [
        "backan.gov.vn.evil.example", "backan-gov-vn.example", "mail.backan.gov.vn.dangnhap.example",
        "backann.gov.vn", "bakcan.gov.vn",
        "bacan.gov.vn", "b4ckan.gov.vn", "backan.com", "backan.gov.example",
        "b\u0430ckan.gov.vn".encode("idna").decode(), "ba\u0441kan.gov.vn",
    ],
)  # fmt: skip
def test_names_that_imitate(name: str) -> None:
    assert imitated(name, OWN) == "backan.gov.vn"


@pytest.mark.parametrize(
    "name", ["thainguyen.gov.vn", "langson.gov.vn", "gov.vn", "google.example", "a.example", "backkhoa.edu.vn", "x"]
)
def test_names_that_do_not(name: str) -> None:
    assert imitated(name, OWN) == ""


def test_organisation_of_a_name() -> None:
    assert organisation_of("mail.x.backan.gov.vn") == "backan.gov.vn"
    assert organisation_of("www.evil.example") == "evil.example"
    assert organisation_of("example") == "example"
