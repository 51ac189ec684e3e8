"""The exact judgement of one buffer: a rule's options compiled into closures that back-track.

Every closure takes (text, cursor, run) and says whether it and all that follow match; `cursor` is the end of the previous
match. A follower that fails makes its predecessor try its next occurrence, as the language demands. The number of tries
of one judgement is bounded, since rules and data both come from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from atttcli.engines.network.byte_steps import byte_extract, byte_jump, byte_math, byte_test
from atttcli.engines.network.datasets import Datasets
from atttcli.engines.network.encoded import asn1_fault, base64_prefix
from atttcli.engines.network.judgement import Run, Step, Text
from atttcli.rulepack.network.values import (
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

MAX_CAPTURED = 512
_LIMITS = b"(*LIMIT_MATCH=3500)"  # what the reference engine allows by default


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
            step = _compile(op, number, step, _needs_cursor(ops, number + 1, end is not _end))
    return step


def _needs_cursor(ops: Sequence[Op], begin: int, otherwise: bool) -> bool:
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
    return otherwise


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
            return byte_test(op, rest)
        case ByteJump():
            return byte_jump(op, rest)
        case ByteExtract():
            return byte_extract(op, rest)
        case ByteMath():
            return byte_math(op, rest)
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
