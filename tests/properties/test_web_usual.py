"""The short way through an access log gives what the patterns give, whatever is done to a line."""

from __future__ import annotations

import io

from hypothesis import example, given
from hypothesis import strategies as st

from atttcli.model.event import Event
from atttcli.source import Input, Record
from atttcli.sources.logs import web
from atttcli.sources.logs.stamps import Stamps
from atttcli.sources.logs.web_usual import usual_lines

STAMP = "12/May/2026:08:00:01 +0700"
LINE = f'203.0.113.5 - - [{STAMP}] "GET /a/b.html?x=1 HTTP/1.1" 200 1234 "https://a.example/" "Mozilla/5.0 (X11)"'
ODD = st.sampled_from(
    [
        '"',
        "\\",
        " ",
        "\t",
        "\x1c",
        "\x85",
        "\xa0",
        "\u2003",
        "]",
        "[",
        "?",
        "-",
        "\0",
        "²",
        "٣",
        "9" * 19,
        "%",
        "\u200b",
        "",
    ]
)
PARTS = (
    st.sampled_from(["203.0.113.5", "2001:db8::5", "fe80::1%a\tb", "fe80::1%a", "[2001:db8::1]:80", "host", "", "203.0.113.5:80"]),
    st.sampled_from([" - - [", " - a [", " x - [", " -  - [", " - - [ - - ["]),
    st.sampled_from([STAMP, "12/May/2026:08:00:01", "12/Foo/2026:08:00:61 +0700", "12/May/2026:08:00:01 +07]0", "", "x" * 26]),
    st.sampled_from(['] "', ']  "', ']"', '] " ']),
    st.sampled_from(["GET", "get", "M-SEARCH", "", "POST"]),
    st.sampled_from([" ", "\t", "  "]),
    st.sampled_from(["/", "/a?b=c", "/đơn.html?", "", "/a\u2003b", "/a\x1cb", "/\U0001f600"]),
    st.sampled_from([" HTTP/1.1", " HTTP/2", " HTTP/9.9", "", " HTTPS/1.1"]),
    st.sampled_from(['" ', '"', '"  ']),
    st.sampled_from(["200", "404", "099", "600", "2²0", "٢٠٠", "-"]),
    st.sampled_from([" 12 ", " - ", " " + "9" * 18 + " ", " " + "9" * 19 + " ", " ٣ ", " ² ", "  "]),
    st.sampled_from(['"-" "-"', '"https://a.example/" "Mozilla"', '"a\\"b" "c"', '"-"  "-"', '"-" "-" ', '"-" "-" "x"', ""]),
)  # fmt: skip
LINES = st.one_of(
    st.tuples(*PARTS).map("".join),
    st.tuples(st.integers(0, len(LINE)), st.integers(0, 3), ODD).map(
        lambda cut: LINE[: cut[0]] + cut[2] + LINE[cut[0] + cut[1] :]
    ),
)


def source_of(text: str) -> Input:
    data = text.encode("utf-8", "surrogatepass")
    return Input("a.log", "0" * 64, len(data), data[:65536], io.BytesIO(data))


def by_patterns(text: str) -> list[Record]:
    stamps = Stamps(source_of(text))
    found: list[Record] = []
    for block in web.read_blocks(source_of(text)):
        assert not isinstance(block, web.ReadProblem)
        found += web._events(block, stamps, lambda line, number: None)
    return found


@given(st.lists(LINES, min_size=1, max_size=5))
@example([LINE])
def test_as_the_patterns_read_it(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    assert list(web.WebAccess().read(source_of(text))) == by_patterns(text)


def test_order_of_fields_is_that_of_the_patterns() -> None:
    for line in (LINE, LINE.replace("?x=1", "")):
        (slow,) = by_patterns(line)
        quick = usual_lines(Stamps(source_of("")))(line, 1)
        assert isinstance(quick, Event) and isinstance(slow, Event)
        assert list(quick.fields.items()) == list(slow.fields.items())


def test_the_usual_line_takes_the_short_way() -> None:
    read = usual_lines(Stamps(source_of("")))
    assert read(LINE, 1) is not None
    assert read(LINE.replace("- -", "- a"), 1) is None
