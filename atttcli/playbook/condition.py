"""STIX comparison expressions over a run's variables, as CACAO conditions use them. Total: what parses, evaluates.

    __kind__:value IN ('ransomware', 'wiper') AND NOT (__hosts__:value < 3 OR $$site$$.value LIKE '%.example')

A comparison of a variable that was never set is false, whatever its operator; so is one of values that cannot be compared.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from atttcli.errors import AtttError, InputError

MAX_LENGTH = 2000
MAX_DEPTH = 32
_PATH = r"\$\$[A-Za-z0-9_-]{1,200}\$\$(?:[.:]value)?|__[A-Za-z0-9_-]{1,200}__(?:[.:]value)?"
_TOKEN = re.compile(
    rf"\s{{0,2000}}(?:(?P<path>{_PATH})|(?P<op>==|<>|!=|<=|>=|=|<|>)|(?P<mark>[()\[\],])"
    r"|[thb]?'(?P<text>(?:[^'\\]|\\.){0,2000})'|(?P<number>[-+]?[0-9]{1,30}(?:\.[0-9]{1,30})?(?![\w.]))|(?P<word>[A-Za-z]{2,12}\b))"
)
_NUMBER = re.compile(r"[-+]?[0-9]{1,40}(?:\.[0-9]{1,40})?\Z")
_ALIASES = {"==": "=", "<>": "!="}
_WORDS = {"LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"}


@dataclass(frozen=True, slots=True)
class Compare:
    """`name op value`; the value of IN is a tuple; of EXISTS it is None."""

    name: str
    op: str
    value: Any


@dataclass(frozen=True, slots=True)
class Both:
    """All of these."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Any of these."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Node


Node = Compare | Both | Either | Not


def check_condition(text: str) -> str:
    """What is wrong with a condition; empty when nothing is."""
    try:
        parse(text)
    except AtttError as error:
        return error.message
    return ""


@lru_cache(maxsize=512)
def parse(text: str) -> Node:
    """The expression as a tree; InputError when it is none."""
    if len(text) > MAX_LENGTH:
        raise InputError("the condition is too long")
    reader = _Reader(list(_tokens(text)), text)
    node = reader.either(0)
    if reader.left():
        raise reader.refuse()
    return node


def holds(text: str, variables: Mapping[str, Any]) -> bool:
    """Whether the condition is true of these variables."""
    return _true(parse(text), variables)


def comparisons(text: str) -> tuple[Compare, ...]:
    """Every comparison of a condition, in order."""
    return tuple(_leaves(parse(text)))


def variables_in(text: str) -> tuple[str, ...]:
    """The names of the variables that a condition reads."""
    return tuple(leaf.name for leaf in comparisons(text))


def variable_name(path: str) -> str:
    """`__name__` of any spelling of a reference: `__name__:value`, `$$name$$.value`."""
    name = re.sub(r"[.:]value\Z", "", path.strip())
    if name.startswith("$$") and name.endswith("$$") and len(name) > 4:
        inner = name[2:-2]
        return inner if inner.startswith("__") else f"__{inner}__"
    return name


def _leaves(node: Node) -> Iterator[Compare]:
    if isinstance(node, Compare):
        yield node
    elif isinstance(node, Not):
        yield from _leaves(node.part)
    else:
        for part in node.parts:
            yield from _leaves(part)


def _tokens(text: str) -> Iterator[tuple[str, Any]]:
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise InputError(f"not a condition at {text[at : at + 40].strip()!r}")
        at = match.end()
        kind = str(match.lastgroup)
        word = match[kind]
        if kind == "text":
            yield "value", re.sub(r"\\(.)", r"\1", word, flags=re.DOTALL)
        elif kind == "number":
            yield "value", float(word) if "." in word else int(word)
        elif kind == "path":
            yield kind, variable_name(word)
        elif kind == "word" and word.lower() in {"true", "false"}:
            yield "value", word.lower() == "true"
        else:
            yield kind, word.upper()


class _Reader:
    """Recursive descent, at most MAX_DEPTH deep."""

    def __init__(self, tokens: list[tuple[str, Any]], text: str) -> None:
        self.tokens = tokens
        self.at = 0
        self.text = text

    def left(self) -> bool:
        return self.at < len(self.tokens)

    def refuse(self) -> InputError:
        near = self.tokens[self.at][1] if self.left() else "its end"
        return InputError(f"not a condition at {str(near)[:40]!r}: {self.text.strip()[:80]!r}")

    def _is(self, kind: str, *words: str) -> bool:
        return self.left() and self.tokens[self.at][0] == kind and (not words or self.tokens[self.at][1] in words)

    def _next(self, kind: str, *words: str) -> Any:
        if not self._is(kind, *words):
            raise self.refuse()
        self.at += 1
        return self.tokens[self.at - 1][1]

    def either(self, depth: int) -> Node:
        parts = [self.both(depth)]
        while self._is("word", "OR"):
            self.at += 1
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def both(self, depth: int) -> Node:
        parts = [self.one(depth)]
        while self._is("word", "AND"):
            self.at += 1
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def one(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise InputError("the condition is nested too deeply")
        if self._is("word", "NOT"):
            self.at += 1
            return Not(self.one(depth + 1))
        for start, stop in ("()", "[]"):
            if self._is("mark", start):
                self.at += 1
                inner = self.either(depth + 1)
                self._next("mark", stop)
                return inner
        if self._is("word", "EXISTS"):
            self.at += 1
            return Compare(self._next("path"), "EXISTS", None)
        return self.comparison()

    def comparison(self) -> Node:
        name = self._next("path")
        opposite = self._is("word", "NOT")
        self.at += opposite
        if self._is("op"):
            op = self._next("op")
            node = Compare(name, _ALIASES.get(op, op), self._next("value"))
        elif self._is("word", "IN"):
            self.at += 1
            node = Compare(name, "IN", self._set())
        else:
            node = Compare(name, self._next("word", *_WORDS), self._next("value"))
            _check_operand(node)
        return Not(node) if opposite else node

    def _set(self) -> tuple[Any, ...]:
        self._next("mark", "(")
        values = [self._next("value")]
        while self._is("mark", ","):
            self.at += 1
            values.append(self._next("value"))
        self._next("mark", ")")
        return tuple(values)


def _check_operand(node: Compare) -> None:
    if not isinstance(node.value, str):
        raise InputError(f"{node.op} wants a text in quotes")
    if node.op == "MATCHES":
        _search(node.value)
    elif node.op in {"ISSUBSET", "ISSUPERSET"} and _network(node.value) is None:
        raise InputError(f"{node.op} wants a network such as '192.0.2.0/24'")


@lru_cache(maxsize=256)
def _search(pattern: str) -> Callable[[str], bool]:
    """A guarded search: patterns come from files of others."""
    from atttcli.engines.sigma.pattern import compile_search

    try:
        return compile_search(pattern)
    except re.error as error:
        raise InputError(f"not a regular expression: {pattern[:60]!r}") from error


def _true(node: Node, variables: Mapping[str, Any]) -> bool:
    if isinstance(node, Compare):
        value = variables.get(node.name)
        return value is not None and (node.op == "EXISTS" or _compare(value, node.op, node.value))
    if isinstance(node, Not):
        return not _true(node.part, variables)
    test = any if isinstance(node, Either) else all
    return test(_true(part, variables) for part in node.parts)


def _compare(value: Any, op: str, wanted: Any) -> bool:
    if op == "=":
        return _same(value, wanted)
    if op == "!=":
        return not _same(value, wanted)
    if op == "IN":
        return any(_same(value, one) for one in wanted)
    if op == "LIKE":
        return like(_text(value), wanted)
    if op == "MATCHES":
        return _search(wanted)(_text(value))
    if op in {"ISSUBSET", "ISSUPERSET"}:
        return _contains(value, wanted) if op == "ISSUBSET" else _contains(wanted, value)
    return _ordered(value, op, wanted)


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return _text(value).lower() == _text(wanted).lower()
    left, right = number_of(value), number_of(wanted)
    if left is not None and right is not None and not (isinstance(value, str) and isinstance(wanted, str)):
        return left == right
    return _text(value) == _text(wanted)


def _ordered(value: Any, op: str, wanted: Any) -> bool:
    left: Any = number_of(value)
    right: Any = number_of(wanted)
    if left is None or right is None:
        if not (isinstance(value, str) and isinstance(wanted, str)):
            return False
        left, right = value, wanted
    if op == "<":
        return bool(left < right)
    if op == ">":
        return bool(left > right)
    return bool(left <= right) if op == "<=" else bool(left >= right)


def number_of(value: Any) -> int | float | None:
    """A number, or a text that is one; None for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _NUMBER.match(value):
        return float(value) if "." in value else int(value)
    return None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _network(text: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(str(text)[:50], strict=False)
    except ValueError:
        return None


def _contains(inner: Any, outer: Any) -> bool:
    small, large = _network(inner), _network(outer)
    if small is None or large is None or small.version != large.version:
        return False
    return int(large.network_address) <= int(small.network_address) and int(small.broadcast_address) <= int(
        large.broadcast_address
    )


def like(text: str, pattern: str) -> bool:
    """SQL's LIKE: `%` any run, `_` one character; at most |text| x |pattern| steps."""
    at = star = mark = 0
    behind = False
    i = 0
    while i < len(text):
        if at < len(pattern) and pattern[at] == "%":
            behind, star, mark = True, at, i
            at += 1
        elif at < len(pattern) and pattern[at] in {"_", text[i]}:
            i, at = i + 1, at + 1
        elif behind:
            mark += 1
            at, i = star + 1, mark
        else:
            return False
    return all(rest == "%" for rest in pattern[at:])
