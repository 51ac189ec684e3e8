"""Texts that an expression cannot do without: never one that a match lacks."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.engines.sigma.regex_literal import LONG_S, literals_of_regex


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("abc", {"abc"}),
        ("(?i)^/(api|rest)(/|$)", {"api", "rest", LONG_S}),
        ("(?i)(^|&)(token|key)=[a-z]{12,}", {"token", "key"}),
        ("a.c", None),
        ("(ab|c)", None),
        ("(abc)?d", None),
        ("(abc)+d", {"abc"}),
        (r"\d+\.exe", {".exe"}),
        ("(?x) a b c", None),
        ("(?!abc)", None),
        ("x|abc", None),
        ("(", None),
    ],
)
def test_texts(pattern: str, texts: set[str] | None) -> None:
    assert literals_of_regex(pattern) == texts


pieces = st.recursive(
    st.sampled_from(["ab", "S", "k", ".", "[ab]", r"\d", "xyz", "^", "$"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda some: f"(?:{'|'.join(some)})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{0,3}"])).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
    ),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(["", "(?i)"]), pieces, st.text("abSskxyzK\u017f1 \n", max_size=14))
def test_a_match_holds_one_of_them(flags: str, pattern: str, text: str) -> None:
    texts = literals_of_regex(flags + pattern)
    if texts is not None and re.search(flags + pattern, text):
        assert any(one in text.lower() for one in texts), texts
