"""Expressions of log messages are compiled when they are first asked: none may be broken until then."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from atttcli.sources.logs.message import Expression, Pattern, pattern
from atttcli.sources.logs.table import LOG_SOURCES


def patterns(value: Any, depth: int = 0) -> Iterator[Pattern]:
    if isinstance(value, Pattern):
        yield value
    elif isinstance(value, (tuple, list)) and depth < 4:
        for one in value:
            yield from patterns(one, depth + 1)
    elif isinstance(value, dict) and depth < 4:
        yield from patterns(list(value.values()), depth + 1)


def test_every_expression_compiles() -> None:
    assert LOG_SOURCES
    modules = [module for name, module in list(sys.modules.items()) if name.startswith("atttcli.sources.")]
    known = [one for module in modules for value in vars(module).values() for one in patterns(value)]
    assert len({one.regex for one in known}) > 150
    assert all(one.regex.compiled().groups >= 0 for one in known)


def test_an_expression_is_asked_as_a_compiled_one() -> None:
    one = pattern("a", "a.(?P<user>b)", "login").regex
    assert isinstance(one, Expression)
    for _ in range(2):
        found = one.search("xa\nb")
        assert found is not None and found["user"] == "b"
        assert one.match("xa\nb") is None
