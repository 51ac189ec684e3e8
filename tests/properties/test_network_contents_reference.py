"""Rule text against a slow and obviously right reading of the language: contents with every modifier, numbers, sizes, patterns.

The reference tries every place of every option. The engine gets the same options as text: through its parser and
evaluator alone, and whole, with the prefilter of each kind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from atttcli.engines.network.evaluate import compile_ops
from atttcli.engines.network.judgement import Run, Text
from atttcli.engines.network.prefilter import have_hyperscan
from atttcli.rulepack.network.rule import Interned, parse_rule
from atttcli.rulepack.network.variables import effective
from tests.support.network_run import sids
from tests.support.network_wire import udp_frame

ALPHABET = b"abAB-\x00\x01\x02"


@dataclass(frozen=True)
class Wanted:
    """A content. `first`, `depth` count from the start, `distance` and `within` from the end of the match before."""

    pattern: bytes
    nocase: bool = False
    negated: bool = False
    first: int | None = None
    depth: int | None = None
    distance: int | None = None
    within: int | None = None
    startswith: bool = False
    endswith: bool = False


@dataclass(frozen=True)
class Room:
    """`isdataat`."""

    amount: int
    relative: bool
    negated: bool


@dataclass(frozen=True)
class Compared:
    """`byte_test`."""

    count: int
    operator: str
    value: int
    offset: int
    relative: bool
    negated: bool
    little: bool


@dataclass(frozen=True)
class Jump:
    """`byte_jump`."""

    count: int
    offset: int
    relative: bool
    from_beginning: bool
    plus: int


@dataclass(frozen=True)
class Pattern:
    """`pcre`."""

    text: str
    relative: bool
    nocase: bool
    negated: bool


Option = Wanted | Room | Compared | Jump | Pattern

_data = st.lists(st.sampled_from(ALPHABET), max_size=16).map(bytes)
_flag = st.booleans()
_seldom = st.integers(0, 4).map(lambda n: n == 0)


@st.composite
def _contents(draw: st.DrawFn) -> Wanted:
    pattern = draw(st.lists(st.sampled_from(ALPHABET), min_size=1, max_size=3).map(bytes))
    size = len(pattern)
    place: dict[str, int | bool | None] = {}
    kind = draw(st.integers(0, 4))
    if kind == 1:
        place = {
            "first": draw(st.none() | st.integers(0, 5)),
            "depth": draw(st.none() | st.integers(size, 9)),
        }
    elif kind == 2:
        place = {
            "distance": draw(st.integers(-4, 4)),
            "within": draw(st.none() | st.integers(size, 7)),
        }
    elif kind == 3:
        place = {"within": draw(st.integers(size, 7))}
    elif kind == 4:
        place = {"startswith": True}
    ends = draw(_seldom) and kind in (0, 2)
    return Wanted(pattern, draw(_flag), draw(_seldom), endswith=ends, **place)  # type: ignore[arg-type]


_rooms = st.builds(Room, st.integers(0, 6), _flag, _flag)
_compared = st.builds(
    Compared, st.integers(1, 2), st.sampled_from("<>="), st.integers(0, 300), st.integers(0, 4), _flag, _seldom, _flag
)
_jumps = st.builds(Jump, st.integers(1, 2), st.integers(0, 3), _flag, _seldom, st.integers(-2, 2))
_patterns = st.builds(
    Pattern, st.sampled_from(["a.b", "^b", "a*b", "[ab]$", "(?<=a)b", "-(?!a)", "(a|b)\\1"]), _flag, _flag, _seldom
)
_options = st.lists(
    st.one_of(_contents(), _contents(), _contents(), _rooms, _compared, _jumps, _patterns), min_size=1, max_size=5
)


def holds(options: list[Option], data: bytes, cursor: int = 0) -> bool:
    """Whether the options can all be met: every way is gone."""
    if not options:
        return True
    option, rest = options[0], options[1:]
    ends = list(_ends(option, data, cursor))
    if isinstance(option, Wanted | Pattern) and option.negated:
        return not ends and holds(rest, data, cursor)
    return any(holds(rest, data, end) for end in ends)


def _ends(option: Option, data: bytes, cursor: int) -> list[int]:
    """Where the cursor may stand after the option."""
    if isinstance(option, Wanted):
        return [at + len(option.pattern) for at in range(len(data)) if _stands(option, data, at, cursor)]
    if isinstance(option, Pattern):
        begin = cursor if option.relative else 0
        search = re.compile(option.text.encode(), re.I if option.nocase else 0)
        found = (search.match(data[begin:], at) for at in range(len(data) - begin + 1))
        return [begin + one.end() for one in found if one]
    if isinstance(option, Room):
        there = cursor + option.amount <= len(data) if option.relative else option.amount < len(data)
        return [cursor] if there != option.negated else []
    begin = option.offset + (cursor if option.relative else 0)
    piece = data[begin : begin + option.count]
    if len(piece) < option.count:
        return []
    if isinstance(option, Compared):
        value = int.from_bytes(piece, "little" if option.little else "big")
        told = {"<": value < option.value, ">": value > option.value, "=": value == option.value}[option.operator]
        return [cursor] if told != option.negated else []
    value = int.from_bytes(piece, "big")
    target = max((0 if option.from_beginning else begin + option.count) + value + option.plus, 0)
    return [target] if target <= len(data) else []


def _stands(option: Wanted, data: bytes, at: int, cursor: int) -> bool:
    size = len(option.pattern)
    here = data[at : at + size]
    if here != option.pattern and not (option.nocase and here.lower() == option.pattern.lower()):
        return False
    if option.startswith and at != 0:
        return False
    if option.endswith and at + size != len(data):
        return False
    if option.first is not None and at < option.first:
        return False
    if option.depth is not None and at + size > (option.first or 0) + option.depth:
        return False
    begin = cursor + (option.distance or 0)
    if option.distance is not None and at < begin:
        return False
    return option.within is None or begin <= at <= begin + option.within - size


def text_of(options: list[Option]) -> str:
    """The options as a rule has them."""
    return " ".join(_one(option) for option in options)


def _one(option: Option) -> str:
    match option:
        case Wanted():
            told = "".join(f"{name}:{value}; " for name, value in (
                ("offset", option.first), ("depth", option.depth), ("distance", option.distance), ("within", option.within),
            ) if value is not None)  # fmt: skip
            for name in ("nocase", "startswith", "endswith"):
                told += f"{name}; " if getattr(option, name) else ""
            hexed = " ".join(f"{byte:02x}" for byte in option.pattern)
            return f'content:{"!" * option.negated}"|{hexed}|"; {told}'
        case Room():
            return f"isdataat:{'!' * option.negated}{option.amount}{',relative' * option.relative};"
        case Compared():
            order = ",little" * option.little
            return (
                f"byte_test:{option.count},{'!' * option.negated}{option.operator},{option.value},{option.offset}"
                f"{',relative' * option.relative}{order};"
            )
        case Jump():
            told = ",relative" * option.relative + ",from_beginning" * option.from_beginning
            return f"byte_jump:{option.count},{option.offset}{told},post_offset {option.plus};"
        case Pattern():
            return f'pcre:{"!" * option.negated}"/{option.text}/{"i" * option.nocase}{"R" * option.relative}";'


@given(_options, _data, st.none() | st.tuples(st.sampled_from(["", "<", ">"]), st.integers(1, 12)))
def test_a_buffer_is_judged_as_the_reference_does(
    options: list[Option], data: bytes, size: tuple[str, int] | None
) -> None:
    told = f"bsize:{size[0]}{size[1]};" if size else ""
    text = f"alert http any any -> any any (http.request_body; {text_of(options)} {told} sid:1;)"
    rule = parse_rule(text, Interned(effective(None)), 0, 1)
    (group,) = rule.groups
    met = True
    if size:
        met = {"": len(data) == size[1], "<": len(data) < size[1], ">": len(data) > size[1]}[size[0]]
    assert compile_ops(group.ops)(Text(data), 0, Run()) == (met and holds(options, data)), text


@pytest.mark.parametrize("hyperscan", [True, False])
@given(options=_options, data=_data, dsize=st.none() | st.integers(0, 16))
def test_a_packet_is_judged_as_the_reference_does(
    hyperscan: bool, options: list[Option], data: bytes, dsize: int | None
) -> None:
    if hyperscan and not have_hyperscan():
        pytest.skip("Hyperscan is not installed here")
    assume(data)  # without a payload there is no buffer
    told = f"dsize:{dsize};" if dsize is not None else ""
    rule = f"alert udp any any -> any any ({text_of(options)} {told} sid:1;)"
    found = sids(rule, [udp_frame(data, dport=9999)], hyperscan=hyperscan)
    wanted = (dsize is None or dsize == len(data)) and holds(options, data)
    assert found == ([1] if wanted else []), rule
