"""`byte_test`, `byte_jump`, `byte_extract` and `byte_math`."""

from __future__ import annotations

from dataclasses import dataclass, field

from atttcli.errors import RuleError
from atttcli.rulepack.network.contents import MAX_SIZE, amount, number
from atttcli.rulepack.network.draft import Draft
from atttcli.rulepack.network.values import ByteExtract, ByteJump, ByteMath, ByteTest

_BASES = {"hex": 16, "dec": 10, "oct": 8}
_OPERATORS = ("<=", ">=", "<", ">", "=", "&", "^")


@dataclass(slots=True)
class _Words:
    """The words that the three share, after their numbers."""

    relative: bool = False
    little: bool = False
    string: bool = False
    dce: bool = False
    base: int = 0
    mask: int = 0
    rest: list[str] = field(default_factory=list)


def _words(parts: list[str], keyword: str) -> _Words:
    words = _Words()
    for part in parts:
        head, _, tail = part.partition(" ")
        if part == "relative":
            words.relative = True
        elif part in ("little", "big"):
            words.little = part == "little"
        elif part == "string":
            words.string = True
        elif part in _BASES:
            words.base = _BASES[part]
        elif head == "bitmask" and tail:
            words.mask = number(tail if tail.lower().startswith("0x") else "0x" + tail, keyword, 1, 0xFFFFFFFF)
        elif part == "dce":
            words.dce = True
        else:
            words.rest.append(part)
    if words.string != bool(words.base):
        words.base = words.base or 10
    if words.dce and (words.string or words.little):
        raise RuleError(f"{keyword}: dce with string or another byte order")
    if not words.string and words.base:
        raise RuleError(f"{keyword}: hex, dec and oct need string")
    return words


def _parts(value: str, keyword: str, least: int) -> list[str]:
    parts = [part.strip() for part in value.split(",")]
    if len(parts) < least:
        raise RuleError(f"{keyword}: needs at least {least} values")
    return parts


def _count(text: str, keyword: str, words: _Words) -> int:
    """Bytes to read; with `string`, 0 means all digits there are."""
    return number(text, keyword, 0 if words.string else 1, 23 if words.string else 8)


def byte_test(draft: Draft, value: str) -> None:
    """`byte_test:count,[!]op,value,offset[,relative][,little][,string,dec][,bitmask 0x..]`."""
    parts = _parts(value, "byte_test", 4)
    words = _words(parts[4:], "byte_test")
    if words.rest:
        raise RuleError(f"byte_test: unknown word {words.rest[0][:40]!r}")
    sign = parts[1]
    negated = sign.startswith("!")
    sign = (sign[1:] or "=") if negated else sign
    if sign not in _OPERATORS:
        raise RuleError(f"byte_test: unknown operator {parts[1][:10]!r}")
    count = amount(draft, parts[0], "byte_test") if parts[0] in draft.names else _count(parts[0], "byte_test", words)
    wanted = parts[2] if parts[2] in draft.names else number(parts[2], "byte_test", 0, (1 << 64) - 1)
    offset = amount(draft, parts[3], "byte_test", -MAX_SIZE)
    draft.add(
        ByteTest(count, sign, wanted, offset, negated, words.relative, words.little, words.base, words.mask, words.dce)
    )


def byte_jump(draft: Draft, value: str) -> None:
    """`byte_jump:count,offset[,relative][,multiplier N][,align][,from_beginning][,post_offset N]...`."""
    parts = _parts(value, "byte_jump", 2)
    words = _words(parts[2:], "byte_jump")
    multiplier, align, origin = 1, False, ""
    post: int | str = 0
    for part in words.rest:
        head, _, tail = part.partition(" ")
        if head == "multiplier":
            multiplier = number(tail, "byte_jump", 1, 65_535)
        elif part == "align":
            align = True
        elif part in ("from_beginning", "from_end"):
            origin = part.removeprefix("from_")
        elif head == "post_offset":
            post = amount(draft, tail, "byte_jump", -65_535)
        else:
            raise RuleError(f"byte_jump: unknown word {part[:40]!r}")
    count = parts[0] if parts[0] in draft.names else number(parts[0], "byte_jump", 0, 23 if words.string else 8)
    offset = amount(draft, parts[1], "byte_jump", -65_535)
    draft.add(
        ByteJump(
            count, offset, words.relative, words.little, words.base, words.mask, multiplier, align, origin, post,
            words.dce,
        )
    )  # fmt: skip


def byte_extract(draft: Draft, value: str) -> None:
    """`byte_extract:count,offset,name[,relative][,multiplier N][,align N]...`."""
    parts = _parts(value, "byte_extract", 3)
    words = _words(parts[3:], "byte_extract")
    multiplier, align = 1, 0
    for part in words.rest:
        head, _, tail = part.partition(" ")
        if head == "multiplier":
            multiplier = number(tail, "byte_extract", 1, 65_535)
        elif head == "align" and tail in ("2", "4"):
            align = int(tail)
        else:
            raise RuleError(f"byte_extract: unknown word {part[:40]!r}")
    name = parts[2]
    if not name or name.lstrip("-").isdigit():
        raise RuleError("byte_extract: needs a name")
    offset = amount(draft, parts[1], "byte_extract", -65_535)
    count = _count(parts[0], "byte_extract", words)
    draft.add(
        ByteExtract(
            count, offset, name, words.relative, words.little, words.base, words.mask, multiplier, align, words.dce
        )
    )
    draft.names.add(name)


_REQUIRED = ("bytes", "offset", "oper", "rvalue", "result")


def byte_math(draft: Draft, value: str) -> None:
    """`byte_math:bytes 4, offset 0, oper +, rvalue 5, result name[, relative][, endian little][, string dec]...`."""
    given: dict[str, str] = {}
    others: list[str] = []
    for part in (part.strip() for part in value.split(",")):
        head, _, tail = part.partition(" ")
        if head in _REQUIRED and tail.strip() and head not in given:
            given[head] = tail.strip()
        elif head == "endian":
            others.append(tail.strip())
        elif head == "string":
            others += ["string", tail.strip()]
        else:
            others.append(part)
    missing = [word for word in _REQUIRED if word not in given]
    if missing:
        raise RuleError(f"byte_math: needs {missing[0]}")
    words = _words(others, "byte_math")
    if words.rest:
        raise RuleError(f"byte_math: unknown word {words.rest[0][:40]!r}")
    sign, name = given["oper"], given["result"]
    if sign not in ("+", "-", "*", "/", "<<", ">>") or name[:1].isdigit():
        raise RuleError(f"byte_math: unknown operator {sign[:10]!r}, or no name")
    count = amount(draft, given["bytes"], "byte_math")
    offset = amount(draft, given["offset"], "byte_math", -65_535)
    draft.add(
        ByteMath(
            count if isinstance(count, str) else _count(given["bytes"], "byte_math", words),
            offset, sign, amount(draft, given["rvalue"], "byte_math"), name,
            words.relative, words.little, words.base, words.mask, words.dce,
        )
    )  # fmt: skip
    draft.names.add(name)
