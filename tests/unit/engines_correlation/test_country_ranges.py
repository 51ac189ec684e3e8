"""Tables of address ranges and countries: every form that people have, hostile ones too, against a slow look-up."""

from __future__ import annotations

import io
import ipaddress
import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.engines.correlation import CountryRanges
from atttcli.errors import Where
from atttcli.rulepack import countries
from atttcli.rulepack.countries import Span, read_spans, write_spans
from atttcli.source import ReadProblem


def read(data: bytes | str) -> list[Span | ReadProblem]:
    raw = data.encode() if isinstance(data, str) else data
    return list(read_spans(io.BytesIO(raw), Where("x.csv")))


def told(data: bytes | str) -> list[tuple[int | None, str]]:
    return [(one.line, one.reason) for one in read(data) if isinstance(one, ReadProblem)]


@pytest.mark.parametrize(
    "text",
    [
        "cidr,country\n192.0.2.0/24,VN\n",
        "192.0.2.0,192.0.2.255,VN\n",
        "start,end,country\r\n192.0.2.0, 192.0.2.255 ,vn\r\n",
        '\ufeff"3221225984","3221226239","VN","Viet Nam"\n',
        "# ours\n\n192.0.2.0/24,VN,more,and more\n",
    ],
)
def test_every_form_is_the_same_range(text: str) -> None:
    assert read(text) == [Span(4, 0xC0000200, 0xC00002FF, "VN")]


def test_ipv6_in_words_and_in_numbers() -> None:
    first, last = int(ipaddress.ip_address("2001:db8::")), int(ipaddress.ip_address("2001:db8::ffff"))
    assert read(f"2001:db8::/112,AA\n{first},{last},AA\n0,{2**64},BB\n") == [
        Span(6, first, last, "AA"),
        Span(6, first, last, "AA"),
        Span(6, 0, 2**64, "BB"),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("nonsense,VN", "neither"),
        ("192.0.2.0/33,VN", "neither"),
        ("192.0.2.0/24", "neither"),
        ("192.0.2.9,192.0.2.1,VN", "ends before"),
        ("192.0.2.1,2001:db8::1,VN", "ends in IPv6"),
        ("192.0.2.0/24,=HYPERLINK(1)", "no short word"),
        ("192.0.2.0/24,\x1b[31mVN", "no short word"),
        ("192.0.2.0/24," + "V" * 5000, "without end"),
        ("\0\0,\0", "neither"),
        (f"{2**128},{2**128},VN", "neither"),
        ("٣٢٢١٢٢٥٩٨٤,٣٢٢١٢٢٦٢٣٩,VN", "neither"),
    ],
)
def test_a_bad_row_is_one_problem_with_its_line_and_the_rest_is_read(row: str, reason: str) -> None:
    text = f"cidr,country\n198.51.100.0/24,AA\n{row}\n203.0.113.0/24,BB\n"
    ((line, said),) = told(text)
    assert line == 3 and reason in said
    assert [one.country for one in read(text) if isinstance(one, Span)] == ["AA", "BB"]


def test_of_no_country_is_no_range_and_no_problem() -> None:
    assert read("192.0.2.0/24,-\n198.51.100.0/24,ZZ\n") == []


def test_rows_and_countries_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(countries, "MAX_ROWS", 3)
    assert told("192.0.2.0/24,VN\n" * 9) == [(4, "more than 3 ranges: what follows was not read")]
    monkeypatch.setattr(countries, "MAX_ROWS", 99)
    monkeypatch.setattr(countries, "MAX_COUNTRIES", 2)
    assert told("".join(f"192.0.2.{n},192.0.2.{n},C{n}\n" for n in range(9)))[-1][0] == 3


def test_hostile_bytes_are_read_in_bounded_time() -> None:
    began = time.process_time()
    read(b'"' * 3_000_000)
    read(b"\xff\xfe," * 200_000)
    read(b"1,2,VN\n" * 100_000)
    assert time.process_time() - began < 4


def slow(spans: list[Span], version: int, number: int) -> str:
    """The narrowest range over a number; of the same size the one that begins later, then the later country."""
    over = [span for span in spans if span.version == version and span.first <= number <= span.last]
    return min(over, key=lambda span: span.last - span.first).country if over else ""


small = st.tuples(st.integers(0, 60), st.integers(0, 12), st.sampled_from("ABC"))


@given(st.lists(small, max_size=12))
def test_ranges_that_nest_and_cross_say_what_the_narrowest_says(drawn: list[tuple[int, int, str]]) -> None:
    sizes: set[int] = set()
    spans = []
    for first, size, country in drawn:
        if size not in sizes:  # of two of one size neither is the narrower
            sizes.add(size)
            spans.append(Span(4, first, first + size, country))
    table = CountryRanges.of(spans)
    for number in range(75):
        assert table.country(str(ipaddress.IPv4Address(number))) == slow(spans, 4, number)
    kept = list(table.spans())
    again = [one for one in read(write_spans(kept)) if isinstance(one, Span)]
    assert again == kept
    assert all(one.last < two.first for one, two in itertools.pairwise(kept))


def test_the_ends_of_the_address_space() -> None:
    table = CountryRanges([("0.0.0.0/0", "AA"), ("255.255.255.255/32", "BB"), ("::/0", "CC")])
    asked = ("0.0.0.0", "255.255.255.254", "255.255.255.255", "ffff:ffff::1", "::ffff:1.2.3.4")
    assert [table.country(text) for text in asked] == ["AA", "AA", "BB", "CC", "AA"]
