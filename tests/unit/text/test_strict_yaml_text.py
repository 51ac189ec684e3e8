"""YAML that people and attackers write."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.errors import InputError, LimitExceeded
from atttcli.text.strict_yaml import load


def test_json_data_model_only() -> None:
    assert load('a: yes\nb: [1, 2.5, "3", null, true]\nc: {d: 2021-05-17}') == {
        "a": "yes",
        "b": [1, 2.5, "3", None, True],
        "c": {"d": "2021-05-17"},
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\na: 2", 2),
        ("a: &x 1\nb: *x", 1),
        ("a: 1\nb: !!python/object:os.system x", 2),
        ("a: 1\n---\nb: 2", 2),
        ("a: [1\nb: 2", 2),
        ("? [a]\n: 1", 1),
    ],
)
def test_what_is_refused_names_its_line(text: str, line: int) -> None:
    with pytest.raises(InputError) as caught:
        load(text, "rules/a.yml")
    assert caught.value.where is not None
    assert (caught.value.where.path, caught.value.where.line) == ("rules/a.yml", line)


@pytest.mark.parametrize("text", ["[" * 50_000, "a: " + "{b: " * 50_000, "- " * 40_000])
def test_nesting_costs_nothing(text: str) -> None:
    start = time.process_time()
    with pytest.raises(InputError):
        load(text)
    assert time.process_time() - start < 2


def test_alias_bomb_and_size() -> None:
    with pytest.raises(InputError):
        load("a: &a [x]\nb: &b [*a,*a]\n")
    with pytest.raises(LimitExceeded):
        load("a: " + "x" * 100, max_bytes=50)


def test_keys_know_their_lines() -> None:
    loaded = load("one: 1\n\ntwo:\n  three: 3\n")
    assert loaded.lines == {"one": 1, "two": 3}
    assert loaded["two"].lines == {"three": 4}


@given(st.binary(max_size=300))
def test_any_bytes_give_a_value_or_a_typed_error(data: bytes) -> None:
    try:
        load(data)
    except InputError:
        pass
