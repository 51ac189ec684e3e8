"""Laws of reading indicators from text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.model.observable import ObservableType
from atttcli.sources.observables import extract, host_of, parse_observable, refang
from atttcli.text.redact import defang

LABEL = st.from_regex(r"[a-z][a-z0-9]{1,8}", fullmatch=True)
DOMAIN = st.builds(
    lambda labels, top: ".".join([*labels, top]),
    st.lists(LABEL, min_size=1, max_size=3),
    st.sampled_from(["vn", "com", "example"]),
)
IPV4 = st.ip_addresses(v=4).map(str).filter(lambda text: not text.startswith(("0.", "127.", "255.")))
IPV6 = st.ip_addresses(v=6).map(str)
PATH = st.from_regex(r"(/[a-z0-9]{1,6}){0,3}", fullmatch=True)
URL = st.builds(
    lambda scheme, host, path: f"{scheme}://{host}{path or '/'}",
    st.sampled_from(["http", "https"]),
    DOMAIN | IPV4,
    PATH,
)
MAIL = st.builds(lambda name, domain: f"{name}@{domain}", LABEL, DOMAIN)
VALUE = DOMAIN | IPV4 | URL | MAIL
HOSTILE = st.text(alphabet="a1.:/@[]()hxtp-_%\\ \n\u200b\uff0e\u3002đ*?=&#0fF,;|", max_size=200)


@given(VALUE)
def test_defanging_and_refanging_is_lossless(value: str) -> None:
    assert refang(defang(value)) == value


@given(VALUE | IPV6)
def test_normal_form_is_a_fixed_point(value: str) -> None:
    first = parse_observable(value)
    if first is None:  # a name such as `abc.def.vn` always parses; an address of IPv6 with a zone does not occur here
        assert value.rpartition(".")[2] not in ("vn", "com", "example")
        return
    again = parse_observable(first.value)
    assert again == first


@given(st.lists(VALUE, min_size=1, max_size=6), st.sampled_from([", ", "; ", "\n", " và ", " | "]))
def test_what_stands_in_a_text_is_found_whether_defanged_or_not(values: list[str], between: str) -> None:
    wanted = {parse_observable(value) for value in values}
    plain = {found.observable for found in extract("Chặn: " + between.join(values) + " ngay.")}
    harmless = {found.observable for found in extract("Chặn: " + between.join(map(defang, values)) + " ngay.")}
    named = {one for one in wanted if one is not None and one.type is not ObservableType.DOMAIN}
    assert named <= plain
    assert wanted == harmless


@given(HOSTILE)
@settings(max_examples=400)
def test_found_places_hold_what_was_found(text: str) -> None:
    seen = set()
    last = -1
    for found in extract(text):
        assert 0 <= found.start < found.end <= len(text)
        assert found.start > last
        last = found.start
        key = (found.observable.type, found.observable.value)
        assert key not in seen
        seen.add(key)
        piece = parse_observable(text[found.start : found.end])
        assert piece is None or piece.value == found.observable.value
        assert parse_observable(found.observable.value) == found.observable
        assert host_of(found.observable) == host_of(found.observable).lower()


PATTERNS = [
    "a", "a.", ".", "a.a ", "1.", "1.1.1.1", "[.", "[.]", "(", "((", "hxxp", "hxxp:", "http://",
    "http://a.vn/((", "http://a.vn/))", "::",
    "f:", "a@", "@", "a-", "0", "\u200b", "\uff0e", "\uff41", "[:]", " [", "[ ", "x/.", "a.vn/", "*.", "đ",
    "a.b.c.d.e.f.g.h.", "%", "mailto:",
]  # fmt: skip


@pytest.mark.parametrize("piece", PATTERNS)
def test_time_is_linear_in_the_length(piece: str) -> None:
    """Four times the text may take at most some eight times the time; a quadratic reader takes sixteen."""

    def cost(size: int) -> float:
        text = piece * (size // len(piece))
        start = time.process_time()
        for _ in extract(text):
            pass
        return time.process_time() - start

    small, large = cost(20_000), cost(80_000)
    assert large < 8 * small + 0.05


def test_a_long_text_of_nothing_but_indicators() -> None:
    text = " ".join(f"h{index}.example" for index in range(20_000))
    start = time.process_time()
    assert sum(1 for _ in extract(text)) == 20_000
    assert time.process_time() - start < 10
