"""The index against a naive matcher that compares every value with every indicator: none missed, none invented."""

# ruff: noqa: E501 - tables read better in one line a row
from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.engines.indicators import IndicatorIndex
from atttcli.engines.indicators import index as index_module
from atttcli.engines.indicators import table as table_module
from atttcli.model.canonical import canonical
from atttcli.model.observable import Indicator, ObservableType

T = ObservableType
octet = st.sampled_from([0, 1, 128, 255])
ipv4 = st.tuples(st.sampled_from([192, 198]), octet, octet, octet).map(lambda t: ".".join(map(str, t)))
ipv6 = st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 2)).map(
    lambda t: f"2001:db8:{t[0]:x}::{t[1]:x}:{t[2]:x}"
)
label = st.sampled_from(["a", "b", "evil", "xevil", "mail"])
domain = st.lists(label, min_size=1, max_size=3).map(lambda parts: ".".join([*parts, "example"]))
url = st.tuples(
    st.sampled_from(["http", "https", "HTTP", "ftp"]), domain, st.sampled_from(["", ":80", ":8080"]), st.sampled_from(["", "/", "/a", "/a?b#c"])
).map(lambda t: f"{t[0]}://{t[1]}{t[2]}{t[3]}")  # fmt: skip
mail = st.tuples(label, domain).map("@".join)
md5 = st.integers(0, 4).map(lambda n: f"{n:032x}")
plain = st.one_of(
    st.tuples(st.just(T.IPV4), ipv4), st.tuples(st.just(T.IPV6), ipv6), st.tuples(st.just(T.DOMAIN), domain),
    st.tuples(st.just(T.URL), url), st.tuples(st.just(T.EMAIL), mail), st.tuples(st.just(T.MD5), md5),
)  # fmt: skip
ranges = st.one_of(
    st.tuples(st.just(T.CIDR), st.builds("{}/{}".format, ipv4, st.integers(0, 32))),
    st.tuples(st.just(T.CIDR), st.builds("{}/{}".format, ipv6, st.integers(0, 128))),
)
moments = st.one_of(st.none(), st.integers(0, 4))
stored = st.builds(
    lambda pair, start, end, source: Indicator(*pair, source=source, valid_from=start, valid_until=end),
    st.one_of(plain, ranges), moments, moments, st.sampled_from(["x", "y"]),
)  # fmt: skip


def same_page(value: str) -> str:
    return value.removeprefix("http:").removeprefix("https:") if value.startswith("http") else value


def meets(one: Indicator, kind: ObservableType, value: str) -> bool:
    known = canonical(one.type, one.value)
    assert known is not None
    if known[0] is T.CIDR:
        return kind in (T.IPV4, T.IPV6) and ipaddress.ip_address(value) in ipaddress.ip_network(known[1])
    if known[0] is not kind:
        return False
    if kind is T.DOMAIN:
        return value == known[1] or value.endswith("." + known[1])
    return same_page(value) == same_page(known[1])


def naive(indicators: list[Indicator], kind: ObservableType, text: str, at: int | None) -> set[tuple[object, ...]]:
    known = canonical(kind, text)
    assert known is not None
    return {
        shown(one)
        for one in indicators
        if meets(one, *known)
        and (
            at is None
            or ((one.valid_from is None or one.valid_from <= at) and (one.valid_until is None or at <= one.valid_until))
        )
    }


def shown(one: Indicator) -> tuple[object, ...]:
    known = canonical(one.type, one.value)
    return (known, one.source, one.valid_from, one.valid_until)


@settings(max_examples=400, deadline=None)
@given(st.lists(stored, min_size=15, max_size=40), st.lists(plain, min_size=6, max_size=12), moments)
def test_as_the_naive_matcher(
    indicators: list[Indicator], asked: list[tuple[ObservableType, str]], at: int | None
) -> None:
    index = IndicatorIndex.build(indicators)
    for kind, text in asked:
        assert {shown(one) for one in index.lookup(kind, text, at)} == naive(indicators, kind, text, at)
    known = [pair for kind, text in asked if (pair := canonical(kind, text))]
    matched = index.match_values(known)
    assert {pair for pair in known if naive(indicators, *pair, None)} == set(matched)
    assert index.match_observable_set(known) is bool(matched)


@settings(max_examples=100, deadline=None)
@given(indicators=st.lists(stored, min_size=10, max_size=30), asked=st.lists(plain, min_size=6, max_size=12))
def test_a_hash_that_collides_always_is_slow_but_right(
    indicators: list[Indicator], asked: list[tuple[ObservableType, str]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for module in (index_module, table_module):
            patch.setattr(module, "hash", lambda key: len(key) % 3, raising=False)
        index = IndicatorIndex.build(indicators)
        for kind, text in asked:
            assert {shown(one) for one in index.lookup(kind, text)} == naive(indicators, kind, text, None)


@settings(max_examples=60, deadline=None)
@given(indicators=st.lists(stored, max_size=30), asked=st.lists(plain, max_size=8))
def test_the_kept_form_answers_as_the_built_one(
    tmp_path_factory: pytest.TempPathFactory, indicators: list[Indicator], asked: list[tuple[ObservableType, str]]
) -> None:
    folder: Path = tmp_path_factory.mktemp("cache")
    built = IndicatorIndex.build(indicators, cache=folder, version="v1")
    kept = IndicatorIndex.build(iter(()), cache=folder, version="v1")  # nothing is read: it is all in the folder
    assert (kept.digest, len(kept), kept.rejected) == (built.digest, len(built), built.rejected)
    for kind, text in asked:
        assert kept.lookup(kind, text) == built.lookup(kind, text)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(list(ObservableType)),
    st.one_of(st.text(max_size=60), plain.map(lambda pair: pair[1]), ranges.map(lambda pair: pair[1])),
)
def test_canonical_is_stable_whatever_the_text(kind: ObservableType, text: str) -> None:
    known = canonical(kind, text)
    if known is not None:
        assert canonical(*known) == known
