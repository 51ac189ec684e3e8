"""`byte_test`, `byte_jump`, `byte_extract` and `byte_math` as closures: numbers in a buffer, read and compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from atttcli.engines.network.fields import LittleEndian
from atttcli.engines.network.judgement import Run, Step, Text
from atttcli.rulepack.network.values import ByteExtract, ByteJump, ByteMath, ByteTest

MAX_DIGITS = 23


def read_number(
    op: ByteTest | ByteJump | ByteExtract | ByteMath, text: Text, cursor: int, run: Run
) -> tuple[int, int] | None:
    """(value, offset after it), or None when it is not within the buffer or no number."""
    start = run.value(op.offset) + (cursor if op.relative else 0)
    count = run.value(op.count)
    data = text.raw
    if start < 0 or start + count > len(data) or count < 0:
        return None
    if op.base and not count:
        count = MAX_DIGITS  # no length given: as many digits as there are
    piece = data[start : start + count]
    if op.base:
        digits = _digits(piece, op.base)
        if digits is None:
            return None
        value = digits
    else:
        value = int.from_bytes(piece, "little" if op.little or (op.dce and isinstance(data, LittleEndian)) else "big")
    if op.mask:
        value = (value & op.mask) >> ((op.mask & -op.mask).bit_length() - 1)
    return value, start + count


def _digits(piece: bytes, base: int) -> int | None:
    """The number that the text begins with, blanks before it allowed."""
    text = piece.lstrip(b" \t\r\n\v\f")
    if base == 16 and text[:2].lower() == b"0x":
        text = text[2:]
    allowed = b"0123456789abcdefABCDEF" if base == 16 else b"01234567" if base == 8 else b"0123456789"
    count = 0
    while count < len(text) and text[count] in allowed:
        count += 1
    return int(text[:count], base) if count else None


_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "<": lambda value, wanted: value < wanted,
    ">": lambda value, wanted: value > wanted,
    "<=": lambda value, wanted: value <= wanted,
    ">=": lambda value, wanted: value >= wanted,
    "=": lambda value, wanted: value == wanted,
    "&": lambda value, wanted: bool(value & wanted),
    "^": lambda value, wanted: bool(value ^ wanted),
}


def byte_test(op: ByteTest, rest: Step) -> Step:
    """A number compared."""
    compare: Any = _COMPARE[op.operator]
    wanted, negated = op.value, op.negated
    if (
        not op.base
        and not op.mask
        and not op.dce
        and all(isinstance(one, int) for one in (op.count, op.offset, wanted))
    ):
        return _plain_byte_test(op, compare, rest)

    def step(text: Text, cursor: int, run: Run) -> bool:
        number = read_number(op, text, cursor, run)
        if number is None or compare(number[0], run.value(wanted)) == negated:
            return False
        return rest(text, cursor, run)

    return step


def _plain_byte_test(op: ByteTest, compare: Any, rest: Step) -> Step:
    """The ordinary one, without variables, digits or mask."""
    offset: Any = op.offset
    count: Any = op.count
    wanted, negated, relative = op.value, op.negated, op.relative
    order: Any = "little" if op.little else "big"

    def step(text: Text, cursor: int, run: Run) -> bool:
        start = offset + cursor if relative else offset
        data = text.raw
        if start < 0 or start + count > len(data):
            return False
        if compare(int.from_bytes(data[start : start + count], order), wanted) == negated:
            return False
        return rest(text, cursor, run)

    return step


def byte_jump(op: ByteJump, rest: Step) -> Step:
    """The cursor moves."""

    def step(text: Text, cursor: int, run: Run) -> bool:
        number = read_number(op, text, cursor, run)
        if number is None:
            return False
        value, after = number
        value *= op.multiplier
        if op.align and value % 4:
            value += 4 - value % 4
        start = {"": after, "beginning": 0, "end": len(text.raw)}[op.origin]
        target = max(start + value + run.value(op.post_offset), 0)
        if target > len(text.raw):
            return False
        return rest(text, target, run)

    return step


def byte_extract(op: ByteExtract, rest: Step) -> Step:
    """A number kept under a name."""

    def step(text: Text, cursor: int, run: Run) -> bool:
        number = read_number(op, text, cursor, run)
        if number is None:
            return False
        value, after = number[0] * op.multiplier, number[1]
        if op.align and value % op.align:
            value += op.align - value % op.align
        run.variables[op.name] = value
        return rest(text, after, run)

    return step


_RECKON: dict[str, Callable[[int, int], int]] = {
    "+": lambda value, other: value + other,
    "-": lambda value, other: value - other,
    "*": lambda value, other: value * other,
    "/": lambda value, other: value // other,
    "<<": lambda value, other: value << min(other, 64),
    ">>": lambda value, other: value >> min(other, 64),
}


def byte_math(op: ByteMath, rest: Step) -> Step:
    """A number reckoned with and kept."""
    reckon, divides = _RECKON[op.operator], op.operator == "/"

    def step(text: Text, cursor: int, run: Run) -> bool:
        number = read_number(op, text, cursor, run)
        other = run.value(op.value)
        if number is None or (divides and not other):
            return False
        run.variables[op.name] = reckon(number[0], other) & 0xFFFFFFFF
        return rest(text, number[1], run)

    return step
