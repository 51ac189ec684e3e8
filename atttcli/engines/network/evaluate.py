"""The exact judgement of one buffer: a rule's options compiled into closures that back-track.

Every closure takes (text, cursor, run) and says whether it and all that follow match; `cursor` is the end of the previous
match. A follower that fails makes its predecessor try its next occurrence, as the language demands. The number of tries
of one judgement is bounded, since rules and data both come from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from atttcli.engines.network.datasets import Datasets
from atttcli.engines.network.encoded import asn1_fault, base64_prefix
from atttcli.rulepack.network.values import (
    Amount,
    Asn1,
    Base64,
    ByteExtract,
    ByteJump,
    ByteMath,
    ByteTest,
    Content,
    DataAt,
    InSet,
    Number,
    Op,
    Pcre,
    Size,
)

MAX_TRIES = 3000
MAX_DIGITS = 23
MAX_CAPTURED = 512
_LIMITS = b"(*LIMIT_MATCH=3500)"  # what the reference engine allows by default


class Text:
    """A buffer and its lower-case copy, made once."""

    __slots__ = ("_low", "raw", "start")

    def __init__(self, raw: bytes, start: int = 0) -> None:
        self.raw = raw
        self.start = start  # stream position of raw[0]: offset and depth count from the stream's beginning
        self._low: bytes | None = None

    @property
    def low(self) -> bytes:
        """The lower-case copy."""
        if self._low is None:
            self._low = self.raw.lower()
        return self._low


class Run:
    """One judgement: variables, tries, and where contents were found."""

    __slots__ = ("captured", "found", "gave_up", "tries", "variables")

    def __init__(self) -> None:
        self.tries = 0
        self.captured: list[tuple[str, bytes]] = []  # what `pcre` keeps in variables
        self.gave_up = False
        self.variables: dict[str, int] = {}
        self.found: dict[int, int] = {}  # op number -> offset

    def spend(self) -> bool:
        """One more try; False when they are used up."""
        self.tries += 1
        if self.tries > MAX_TRIES:
            self.gave_up = True
            return False
        return True

    def value(self, amount: Amount) -> int:
        """A number, or the variable of that name."""
        return amount if isinstance(amount, int) else self.variables.get(amount, 0)


Step = Callable[[Text, int, Run], bool]


def _end(text: Text, cursor: int, run: Run) -> bool:
    return True


def compile_ops(ops: Sequence[Op], sets: Datasets | None = None, end: Step = _end) -> Step:
    """One closure for all options of a buffer. `sets` are the data sets of this run, where a rule asks for one; `end` is
    called where all options hold, and may send the search on to the next place by saying False."""
    step: Step = end
    for number in range(len(ops) - 1, -1, -1):
        op = ops[number]
        if isinstance(op, InSet):
            step = _in_set(op, step, sets or Datasets({}))
        else:
            step = _compile(op, number, step, _needs_cursor(ops, number + 1))
    return step


def _needs_cursor(ops: Sequence[Op], begin: int) -> bool:
    """Whether what follows depends on where the match before it ended."""
    for op in ops[begin:]:
        if isinstance(op, Content) and not op.negated:
            return op.relative
        if isinstance(op, Content) and op.relative:
            return True
        if isinstance(op, Pcre) and not op.negated:
            return op.relative
        if isinstance(op, ByteJump | ByteExtract | ByteMath):
            return op.relative
        if getattr(op, "relative", False):
            return True
    return False


def _compile(
    op: Content | Pcre | DataAt | Size | ByteTest | ByteJump | ByteExtract | ByteMath | Number | Base64 | Asn1,
    number: int,
    rest: Step,
    retry: bool,
) -> Step:
    match op:
        case Content():
            return _content(op, number, rest, retry)
        case Pcre():
            return _pcre(op, number, rest, retry)
        case DataAt():
            return _data_at(op, rest)
        case Size():
            return _size(op, rest)
        case ByteTest():
            return _byte_test(op, rest)
        case ByteJump():
            return _byte_jump(op, rest)
        case ByteExtract():
            return _byte_extract(op, rest)
        case ByteMath():
            return _byte_math(op, rest)
        case Number():
            return _in_ranges(op, rest)
        case Base64():
            return _base64(op, rest)
        case Asn1():
            return _asn1(op, rest)


def _content(op: Content, number: int, rest: Step, retry: bool) -> Step:
    pattern = op.pattern.lower() if op.nocase else op.pattern
    length = len(pattern)
    place = _place(op)
    nocase, negated, endswith = op.nocase, op.negated, op.endswith

    def step(text: Text, cursor: int, run: Run) -> bool:
        data = text.low if nocase else text.raw
        size = len(data)
        low, high = place(text, cursor, run, size)
        if endswith and high >= size:
            low = max(low, size - length)
        if low > high or high <= 0 or (endswith and high < size):
            return rest(text, cursor, run) if negated else False
        at = data.find(pattern, low, high)
        if negated:
            return rest(text, cursor, run) if at < 0 else False
        while at >= 0:
            run.found[number] = at
            if rest(text, at + length, run):
                return True
            if not retry or not run.spend():
                return False
            at = data.find(pattern, at + 1, high)
        return False

    return step


def _place(op: Content) -> Callable[[Text, int, Run, int], tuple[int, int]]:
    """Between which offsets the whole pattern must lie."""
    offset, depth, distance, within = op.offset, op.depth, op.distance, op.within
    if op.relative:

        def relative(text: Text, cursor: int, run: Run, size: int) -> tuple[int, int]:
            skip = run.value(distance) if distance is not None else 0
            low = max(cursor + skip, 0)
            if within is None:
                return low, size
            return low, min(size, cursor + run.value(within) + skip)

        return relative
    if offset == 0 and depth is None:
        return lambda text, cursor, run, size: (0, size)

    def absolute(text: Text, cursor: int, run: Run, size: int) -> tuple[int, int]:
        first = run.value(offset)
        low = max(first - text.start, 0)
        if depth is None:
            return low, size
        return low, min(size, first + run.value(depth) - text.start)

    return absolute


def _pcre(op: Pcre, number: int, rest: Step, retry: bool) -> Step:
    import pcre2

    search = pcre2.compile(_LIMITS + op.prefix + op.pattern, 0x10 if op.dollar_endonly else 0).search
    relative, negated, captures = op.relative, op.negated, op.captures
    failure = pcre2.LibraryError

    def step(text: Text, cursor: int, run: Run) -> bool:
        if relative and cursor > len(text.raw):
            return False
        data = text.raw[cursor:] if relative and cursor else text.raw
        shift = cursor if relative else 0
        position = 0
        while True:
            try:
                found = search(data, position)
            except failure:  # the match limit: no match, as in the reference engine
                run.gave_up = True
                return False
            if negated:
                return rest(text, cursor, run) if found is None else False
            if found is None:
                return False
            begin, end = found.span()
            run.found[number] = shift + begin
            if rest(text, shift + end, run):
                if captures:
                    run.captured += _captured(captures, found.groups())
                return True
            position = begin + 1
            if not retry or position > len(data) or not run.spend():
                return False

    return step


def _captured(names: Sequence[str], groups: Sequence[bytes | None]) -> list[tuple[str, bytes]]:
    """What a pattern's groups hold under the names of a rule."""
    pairs = zip(names, groups, strict=False)
    return [(name.partition(":")[2], bytes(value)[:MAX_CAPTURED]) for name, value in pairs if value is not None]


def _data_at(op: DataAt, rest: Step) -> Step:
    amount, relative, negated = op.amount, op.relative, op.negated

    def step(text: Text, cursor: int, run: Run) -> bool:
        wanted = run.value(amount)
        there = cursor + wanted <= len(text.raw) if relative else wanted < len(text.raw)
        return rest(text, cursor, run) if there != negated else False

    return step


def _size(op: Size, rest: Step) -> Step:
    low, high, negated = op.low, op.high, op.negated

    def step(text: Text, cursor: int, run: Run) -> bool:
        return rest(text, cursor, run) if (low <= len(text.raw) <= high) != negated else False

    return step


def _number(
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
        value = int.from_bytes(piece, "little" if op.little else "big")
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


def _byte_test(op: ByteTest, rest: Step) -> Step:
    compare: Any = _COMPARE[op.operator]
    wanted, negated = op.value, op.negated
    if not op.base and not op.mask and all(isinstance(one, int) for one in (op.count, op.offset, wanted)):
        return _plain_byte_test(op, compare, rest)

    def step(text: Text, cursor: int, run: Run) -> bool:
        number = _number(op, text, cursor, run)
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


def _byte_jump(op: ByteJump, rest: Step) -> Step:
    def step(text: Text, cursor: int, run: Run) -> bool:
        number = _number(op, text, cursor, run)
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


def _byte_extract(op: ByteExtract, rest: Step) -> Step:
    def step(text: Text, cursor: int, run: Run) -> bool:
        number = _number(op, text, cursor, run)
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


def _byte_math(op: ByteMath, rest: Step) -> Step:
    reckon, divides = _RECKON[op.operator], op.operator == "/"

    def step(text: Text, cursor: int, run: Run) -> bool:
        number = _number(op, text, cursor, run)
        other = run.value(op.value)
        if number is None or (divides and not other):
            return False
        run.variables[op.name] = reckon(number[0], other) & 0xFFFFFFFF
        return rest(text, number[1], run)

    return step


def _in_ranges(op: Number, rest: Step) -> Step:
    ranges, negated = op.ranges, op.negated

    def step(text: Text, cursor: int, run: Run) -> bool:
        value = int(text.raw)  # made by our own readers
        return rest(text, cursor, run) if any(low <= value <= high for low, high in ranges) != negated else False

    return step


def _base64(op: Base64, rest: Step) -> Step:
    inner = compile_ops(op.ops)

    def step(text: Text, cursor: int, run: Run) -> bool:
        start = run.value(op.offset) + (cursor if op.relative else 0)
        size = run.value(op.bytes) or len(text.raw)
        decoded = base64_prefix(text.raw[start : start + size])
        if not decoded:
            return False
        nested = Run()
        nested.tries, nested.variables = run.tries, run.variables
        met = inner(Text(decoded), 0, nested)
        run.tries, run.gave_up = nested.tries, run.gave_up or nested.gave_up
        return met and rest(text, cursor, run)

    return step


def _asn1(op: Asn1, rest: Step) -> Step:
    def step(text: Text, cursor: int, run: Run) -> bool:
        start = op.offset + (cursor if op.relative else 0)
        return asn1_fault(text.raw, start, op) and rest(text, cursor, run)

    return step


def _in_set(op: InSet, rest: Step, sets: Datasets) -> Step:
    test = sets.test(op)

    def step(text: Text, cursor: int, run: Run) -> bool:
        return test(text.raw) and rest(text, cursor, run)

    return step
