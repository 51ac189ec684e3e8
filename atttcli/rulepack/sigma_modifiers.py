"""Sigma's value modifiers: what `field|contains|windash: value` says, as tests (Sigma specification 2.1, appendix modifiers)."""

from __future__ import annotations

import ipaddress
import re
import warnings
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from atttcli.errors import RuleError
from atttcli.rulepack.sigma_nodes import And, Field, Node, Not, Or, Test
from atttcli.rulepack.sigma_text import Parts, Wildcard, framed, parse_text, test_of

Placeholders = Mapping[str, Sequence[str]]
MAX_TESTS = 20_000
TIME_PARTS = ("minute", "hour", "day", "week", "month", "year")
_FRAMES = ("contains", "startswith", "endswith")
_ORDERS = ("lt", "lte", "gt", "gte")
_FLAGS = {"i": "i", "ignorecase": "i", "m": "m", "multiline": "m", "s": "s", "dotall": "s"}
_ENCODINGS = {"wide": "utf-16le", "utf16le": "utf-16le", "utf16be": "utf-16be", "utf16": "utf-16le"}
_CHANGES = (*_ENCODINGS, "base64", "base64offset", "windash", "expand")
_KINDS = ("re", "cidr", "exists", "fieldref", *_ORDERS, *TIME_PARTS)
MODIFIERS = frozenset({*_FRAMES, *_FLAGS, *_CHANGES, *_KINDS, "all", "cased", "neq"})
_DASHED = re.compile(r"\B[-/]\b")
_DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")
_PLACEHOLDER = re.compile(r"%([^%\s]{1,128})%")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A field's name and modifiers, sorted by what they do."""

    name: str
    kind: str  # one of _KINDS, or "" for text
    frame: str  # one of _FRAMES, or ""
    changes: tuple[str, ...]
    flags: str
    cased: bool
    every: bool
    negated: bool


def spoken(key: str) -> Spoken:
    """`field|contains|all` understood; RuleError for what is unknown or does not go together."""
    name, *modifiers = key.split("|")
    unknown = sorted(set(modifiers) - MODIFIERS)
    if unknown:
        raise RuleError(f"the modifier `{unknown[0]}` is not known", hint="the rule is refused whole, not run in part")
    kinds = [one for one in modifiers if one in _KINDS]
    frames = [one for one in modifiers if one in _FRAMES]
    flags = "".join(sorted({_FLAGS[one] for one in modifiers if one in _FLAGS}))
    changes = tuple(one for one in modifiers if one in _CHANGES)
    kind = kinds[0] if kinds else ""
    alone = len(kinds) <= 1 and len(frames) <= 1 and not (flags and kind != "re")
    if kind and kind != "fieldref" and (frames or set(changes) - {"expand"}):
        alone = False
    if kind == "fieldref" and changes:
        alone = False
    if not alone:
        raise RuleError(f"the modifiers {' and '.join(modifiers)} do not go together")
    return Spoken(name, kind, frames[0] if frames else "", changes, flags, "cased" in modifiers,
                  "all" in modifiers, "neq" in modifiers)  # fmt: skip


def field_node(key: str, given: Any, placeholders: Placeholders) -> Node:
    """One entry of a selection as a tree. RuleError says what cannot be used."""
    said = spoken(key)
    values = given if isinstance(given, list) else [given]
    if not values:
        raise RuleError("no value")
    groups = [tuple(_tests(said, value, placeholders)) for value in values]
    if sum(map(len, groups)) > MAX_TESTS:
        raise RuleError(f"more than {MAX_TESTS} values")
    node = _joined(said, groups)
    return Not(node) if said.negated else node


def _joined(said: Spoken, groups: Sequence[tuple[Test, ...]]) -> Node:
    if not said.every or len(groups) == 1:
        return Field(said.name, tuple(test for group in groups for test in group))
    if all(len(group) == 1 for group in groups):
        return Field(said.name, tuple(group[0] for group in groups), every=True)
    return And(tuple(Field(said.name, group) for group in groups))


def keyword_node(words: Sequence[Any]) -> Node:
    """Words of which one stands somewhere in the record."""
    tests = [test_of(framed(parse_text(str(word)), "contains"), False) for word in words]
    if any(test.kind == "exists" for test in tests):
        raise RuleError("an empty keyword")
    return Field("", tuple(tests))


def _tests(said: Spoken, value: Any, placeholders: Placeholders) -> Iterable[Test]:
    if isinstance(value, (dict, list)):
        raise RuleError("a value must be text, a number or null")
    if said.kind:
        return _CHECKED[said.kind](said, value, placeholders)
    if value is None:
        if said.frame or said.changes:
            raise RuleError("null does not go with a modifier of text")
        return [Test("null", None)]
    if isinstance(value, (bool, int, float)) and not said.frame and not said.changes:
        if not said.name:
            return [test_of(framed(parse_text(_plain(value)), "contains"), said.cased)]
        return [Test("equals", value)]
    texts = _changed([parse_text(_plain(value))], said.changes, placeholders)
    frame = said.frame or ("" if said.name else "contains")
    return [test_of(framed(parts, frame) if frame else parts, said.cased) for parts in texts]


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _changed(texts: list[Parts], changes: Iterable[str], placeholders: Placeholders) -> list[Parts]:
    for change in changes:
        if change == "expand":
            texts = [made for parts in texts for made in _expanded(parts, placeholders)]
        elif change == "windash":
            texts = [made for parts in texts for made in _dashed(parts)]
        elif change in _ENCODINGS:
            texts = [_encoded(parts, change) for parts in texts]
        else:
            texts = [made for parts in texts for made in _base64(parts, change)]
        if len(texts) > MAX_TESTS:
            raise RuleError(f"more than {MAX_TESTS} values")
    return texts


def _expanded(parts: Parts, placeholders: Placeholders) -> Iterable[Parts]:
    """Every text that the values of its placeholders give."""
    choices: list[Sequence[Parts]] = []
    for part in parts:
        if isinstance(part, Wildcard):
            choices.append(((part,),))
            continue
        for at, piece in enumerate(_PLACEHOLDER.split(part)):
            if at % 2 == 0:
                choices.append(((piece,) if piece else (),))
                continue
            if not placeholders.get(piece):
                raise RuleError(
                    f"the placeholder %{piece}% has no values", hint=f"--placeholders FILE with `{piece}: [...]`"
                )
            choices.append([parse_text(value) for value in placeholders[piece]])
    return [_merged(made) for made in _bounded(choices)]


def _bounded(choices: Sequence[Sequence[Any]]) -> Iterable[tuple[Any, ...]]:
    count = 1
    for choice in choices:
        count *= len(choice)
        if count > MAX_TESTS:
            raise RuleError(f"more than {MAX_TESTS} values")
    return product(*choices)


def _merged(pieces: Iterable[Parts]) -> Parts:
    """Literal runs that stand side by side as one."""
    merged: list[str | Wildcard] = []
    for piece in pieces:
        for part in piece:
            if merged and isinstance(part, str) and isinstance(merged[-1], str):
                merged[-1] += part
            else:
                merged.append(part)
    return tuple(merged)


def _dashed(parts: Parts) -> Iterable[Parts]:
    """`-` and `/` before a word, as any of the dashes that Windows programs take."""
    choices: list[Sequence[Parts]] = []
    for part in parts:
        if isinstance(part, Wildcard):
            choices.append(((part,),))
            continue
        last = 0
        for found in _DASHED.finditer(part):
            choices.append(((part[last : found.start()],),))
            choices.append([(dash,) for dash in _DASHES])
            last = found.end()
        choices.append(((part[last:],),))
    return [tuple(part for part in _merged(made) if part != "") for made in _bounded(choices)]


def _encoded(parts: Parts, change: str) -> Parts:
    """Each character as two bytes, read as text again (ASCII only: else the bytes are no text)."""
    made: list[str | Wildcard] = ["\ufeff"] if change == "utf16" else []
    for part in parts:
        if isinstance(part, str) and not part.isascii():
            raise RuleError(f"`{change}` takes plain ASCII text")
        made.append(part if isinstance(part, Wildcard) else part.encode(_ENCODINGS[change]).decode("ascii"))
    return _merged([tuple(made)])


def _base64(parts: Parts, change: str) -> Iterable[Parts]:
    if any(isinstance(part, Wildcard) for part in parts):
        raise RuleError(f"`{change}` does not go with wildcards")
    text = "".join(map(str, parts))
    data = b"\xff\xfe" + text[1:].encode() if text.startswith("\ufeff") else text.encode()
    if change == "base64":
        return [(b64encode(data).decode(),)]
    ends = (None, -3, -2)
    starts = (0, 2, 3)
    return [(b64encode(b" " * at + data)[starts[at] : ends[(len(data) + at) % 3]].decode(),) for at in range(3)]


def _regex(said: Spoken, value: Any, placeholders: Placeholders) -> Iterable[Test]:
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise RuleError("`re` takes text")
    texts = [str(value)]
    if "expand" in said.changes:
        texts = ["".join(map(str, parts)) for parts in _expanded((str(value),), placeholders)]
    flags = f"(?{said.flags})" if said.flags else ""
    for text in texts:
        if len(text) > 8192:
            raise RuleError("a regular expression of more than 8192 characters")
        _check_pattern(flags + text)
    return [Test("re", flags + text, said.cased) for text in texts]


def _check_pattern(pattern: str) -> None:
    """What is no regular expression in any dialect; whether it can be run in bounded time, the engine says."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        try:
            import re2
        except ImportError:
            raise RuleError(f"not a regular expression: {error}") from error
        options = re2.Options()
        options.log_errors = False
        try:
            re2.compile(pattern.encode(), options)
        except re2.error:
            raise RuleError(f"not a regular expression: {error}") from error


def _network(said: Spoken, value: Any, placeholders: Placeholders) -> Iterable[Test]:
    texts = [str(value)]
    if "expand" in said.changes:
        texts = ["".join(map(str, parts)) for parts in _expanded(parse_text(str(value)), placeholders)]
    try:
        return [Test("cidr", str(ipaddress.ip_network(text, strict=False))) for text in texts]
    except ValueError as error:
        raise RuleError(f"not a network: {value}") from error


def _existing(_said: Spoken, value: Any, _placeholders: Placeholders) -> Iterable[Test]:
    if not isinstance(value, bool):
        raise RuleError("`exists` takes true or false")
    return [Test("exists", value)]


def _reference(said: Spoken, value: Any, _placeholders: Placeholders) -> Iterable[Test]:
    if not isinstance(value, str) or not value:
        raise RuleError("`fieldref` takes the name of a field")
    return [Test(f"fieldref-{said.frame}" if said.frame else "fieldref", value, said.cased)]


def _ordered(said: Spoken, value: Any, _placeholders: Placeholders) -> Iterable[Test]:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RuleError(f"`{said.kind}` takes a number")
    return [Test(said.kind, value)]


def _time_part(said: Spoken, value: Any, _placeholders: Placeholders) -> Iterable[Test]:
    if isinstance(value, bool) or not isinstance(value, int):
        raise RuleError(f"`{said.kind}` takes a whole number")
    return [Test(said.kind, value)]


_Maker = Callable[[Spoken, Any, Placeholders], Iterable[Test]]
_CHECKED: dict[str, _Maker] = {
    "re": _regex,
    "cidr": _network,
    "exists": _existing,
    "fieldref": _reference,
    **dict.fromkeys(_ORDERS, _ordered),
    **dict.fromkeys(TIME_PARTS, _time_part),
}


def either(nodes: Sequence[Node]) -> Node:
    """Any of them."""
    return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))
