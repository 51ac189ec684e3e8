from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.errors import AtttError
from atttcli.playbook.condition import check_condition, holds, like, parse, variables_in

VALUES = {
    "__a__": True,
    "__n__": 5,
    "__f__": 2.5,
    "__s__": "web-01.so-y-te.example",
    "__ip__": "192.0.2.77",
    "__q__": "it's",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("__a__:value = true", True),
        ("$$a$$:value = 'true'", True),
        ("$$a$$.value == TRUE", True),
        ("__n__:value <> 5", False),
        ("__n__:value IN (1, 5, 9)", True),
        ("__n__:value NOT IN (1, 5, 9)", False),
        ("__n__:value > 4 AND __n__:value <= 5 AND __f__:value < 2.6", True),
        ("__n__:value = '5'", True),
        ("__s__:value LIKE '%.so-y-te.example'", True),
        ("__s__:value LIKE 'web-__.%'", True),
        ("__s__:value LIKE 'web-_'", False),
        ("__s__:value MATCHES '^web-[0-9]+[.]'", True),
        ("__ip__:value ISSUBSET '192.0.2.0/24'", True),
        ("__ip__:value ISSUBSET '198.51.100.0/24'", False),
        ("__ip__:value ISSUPERSET '192.0.2.77'", True),
        ("EXISTS __a__:value AND NOT EXISTS __nothing__:value", True),
        ("__q__:value = 'it\\'s'", True),
        ("[__a__:value = true]", True),
        # AND binds closer than OR, NOT closer than both
        ("__a__:value = true OR __a__:value = true AND __a__:value = false", True),
        ("(__a__:value = true OR __a__:value = true) AND __a__:value = false", False),
        ("NOT __a__:value = false AND __n__:value = 5", True),
        # what was never set, or cannot be compared, is false whatever the operator
        ("__nothing__:value != 1", False),
        ("__nothing__:value NOT = 1", True),
        ("__s__:value > 3", False),
        ("__a__:value < true", False),
        ("__s__:value ISSUBSET '192.0.2.0/24'", False),
    ],
)
def test_what_holds(text, expected):
    assert holds(text, VALUES) is expected


@pytest.mark.parametrize(
    "text",
    [
        "", "AND", "__a__:value", "__a__:value =", "= 1", "__a__:value = 1 OR", "(__a__:value = 1", "__a__:value = 1)",
        "__a__:value IN ()", "__a__:value IN (1", "__a__:value MATCHES '(a'", "__a__:value MATCHES 5",
        "__a__:value ISSUBSET 'x'", "__a__:value = 'x", "a = 1", "__a__:value = __b__:value", "NOT " * 50 + "__a__ = 1",
        "(" * 50 + "__a__ = 1" + ")" * 50, "__a__:value LIKE '" + "x" * 3000 + "'",
    ],
)  # fmt: skip
def test_what_is_no_condition_is_refused_with_words(text):
    assert check_condition(text)


ATOMS = st.sampled_from([f"{name}:value" for name in VALUES])
LITERALS = st.one_of(
    st.integers(-99, 99).map(str),
    st.booleans().map(lambda one: str(one).lower()),
    st.text("ab'\\ ", max_size=5).map(lambda one: "'" + re.sub(r"(['\\])", r"\\\1", one) + "'"),
)
COMPARISONS = st.tuples(ATOMS, st.sampled_from(["=", "!=", "<", ">", "<=", ">="]), LITERALS).map(" ".join)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(" ".join),
        inner.map("NOT ({})".format),
        inner.map("({})".format),
    ),
    max_leaves=8,
)  # fmt: skip


@given(CONDITIONS)
def test_every_condition_of_the_grammar_is_true_or_false_and_its_negation_the_other(text):
    assert holds(text, VALUES) is not holds(f"NOT ({text})", VALUES)
    assert set(variables_in(text)) <= VALUES.keys()


@given(CONDITIONS, CONDITIONS)
def test_de_morgan(left, right):
    assert holds(f"NOT (({left}) AND ({right}))", VALUES) is holds(f"NOT ({left}) OR NOT ({right})", VALUES)


@given(st.text("_ab:valueANDORNOTINLIKE=<>!()[]'\\$,. 0159\n", max_size=60))
def test_any_text_is_parsed_or_refused(text):
    try:
        parse(text)
    except AtttError:
        return
    assert holds(text, VALUES) in {True, False}


@given(st.text("ab%_", max_size=12), st.text("ab%_", max_size=8))
def test_like_is_what_a_regular_expression_says(text, pattern):
    wanted = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in pattern)
    assert like(text, pattern) is (re.fullmatch(wanted, text, re.DOTALL) is not None)


def test_like_and_matches_are_bounded():
    assert not like("a" * 20_000, "%a" * 50 + "b")
    assert holds("__s__:value MATCHES '(a+)+b'", {"__s__": "a" * 5000}) is False or check_condition(
        "__s__:value MATCHES '(a+)+b'"
    )
