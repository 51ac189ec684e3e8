"""Text of Sigma rules: `*` and `?` are wildcards, a backslash takes away the meaning of `*`, `?` and of another backslash."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from atttcli.rulepack.sigma_nodes import Test


class Wildcard(Enum):
    """What stands for other characters."""

    MANY = "*"
    ONE = "?"


Parts = tuple[str | Wildcard, ...]
_SPECIAL = {"*": Wildcard.MANY, "?": Wildcard.ONE}


def parse_text(text: str) -> Parts:
    """The text's literal runs and wildcards, in order."""
    parts: list[str | Wildcard] = []
    run, at = "", 0
    while at < len(text):
        char = text[at]
        if char == "\\" and text[at + 1 : at + 2] in ("*", "?", "\\"):
            run += text[at + 1]
            at += 2
            continue
        if char in _SPECIAL:
            parts += [run, _SPECIAL[char]] if run else [_SPECIAL[char]]
            run = ""
        else:
            run += char
        at += 1
    return (*parts, run) if run else tuple(parts)


def written(parts: Sequence[str | Wildcard]) -> str:
    """The text that means these parts, every special character of a literal run escaped."""
    return "".join(part.value if isinstance(part, Wildcard) else _escaped(part) for part in parts)


def _escaped(run: str) -> str:
    return run.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")


def framed(parts: Parts, kind: str) -> Parts:
    """The parts with the wildcards that `contains`, `startswith` or `endswith` put around them."""
    lead: Parts = (Wildcard.MANY,) if kind in ("contains", "endswith") else ()
    tail: Parts = (Wildcard.MANY,) if kind in ("contains", "startswith") else ()
    return (*lead, *parts, *tail)


def test_of(parts: Parts, cased: bool) -> Test:
    """The cheapest test that means the same as the parts."""
    if not parts:
        return Test("null", None)
    inner = list(parts)
    lead = tail = False
    while inner and inner[0] is Wildcard.MANY:
        lead, inner = True, inner[1:]
    while inner and inner[-1] is Wildcard.MANY:
        tail, inner = True, inner[:-1]
    if not inner:
        return Test("exists", True)
    if any(isinstance(part, Wildcard) for part in inner):
        whole = [*([Wildcard.MANY] if lead else []), *inner, *([Wildcard.MANY] if tail else [])]
        return Test("glob", written(whole), cased)
    shapes = {(True, True): "contains", (False, True): "startswith", (True, False): "endswith"}
    return Test(shapes.get((lead, tail), "equals"), "".join(map(str, inner)), cased)


def text_test(value: str, kind: str, cased: bool) -> Test:
    """The test for a value as it is written in a rule; `kind` is equals, contains, startswith or endswith."""
    return test_of(framed(parse_text(value), kind) if kind != "equals" else parse_text(value), cased)
