"""Many literals looked for in one text at a time: each by itself in the first texts, for most columns are asked seldom; then by
an automaton of RE2, and where there is none, or thousands of literals (it would grow to tens of megabytes), by runs of four
characters: a literal that stands in the text brings each of its runs along; its rarest is looked up among the text's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain

from atttcli.engines.sigma.pattern import Finder, literal_set

_RUN = 4
_SEVERAL = 64  # texts from which making an index pays
_MANY = 16_384  # characters of texts from which it does
_SOON = 8  # texts, where there are more literals than one automaton holds
_FEW = 24_000  # characters of literals that one automaton holds well


def each_literal(literals: Sequence[str]) -> Finder:
    """Which of many lower-case literals stand in a lower-case text, by their places in the list."""
    asked = seen = 0
    several = _SEVERAL if sum(map(len, literals)) <= _FEW else _SOON
    index: Finder | None = None

    def find(text: str) -> Sequence[int]:
        nonlocal asked, seen, index
        if index is not None:
            return index(text)
        asked += 1
        seen += len(text)
        if asked > several or seen > _MANY:
            index = _index(literals)
            return index(text)
        return [place for place, literal in enumerate(literals) if literal in text]

    return find


def _index(literals: Sequence[str]) -> Finder:
    automaton = literal_set(literals) if 0 < sum(map(len, literals)) <= _FEW else None
    return automaton or _by_runs(literals)


def _by_runs(literals: Sequence[str]) -> Finder:
    under = [(place, literal) for place, literal in enumerate(literals) if len(literal) < _RUN]
    short = [(place, literal) for place, literal in under if literal.isascii()]
    find_short = _by_themselves(short)
    strange = _by_strange_character(under)
    by_run = _by_rarest_run(literals)
    runs = frozenset(by_run)

    def find(text: str) -> Sequence[int]:
        found = find_short(text)
        if strange and not text.isascii():
            found += [place for one in strange.keys() & set(text) for place, literal in strange[one] if literal in text]
        for run in runs.intersection({text[at : at + _RUN] for at in range(len(text) - _RUN + 1)}):
            found += [place for place in by_run[run] if literals[place] in text]
        return found

    return find


def _by_themselves(literals: Sequence[tuple[int, str]]) -> Callable[[str], list[int]]:
    """A hundred short ones are sooner found by an automaton, which is small."""
    places = [place for place, _ in literals]
    automaton = literal_set([literal for _, literal in literals]) if len(literals) > _SEVERAL else None
    if automaton is None:
        return lambda text: [place for place, literal in literals if literal in text]
    return lambda text: [places[at] for at in automaton(text)]


def _by_strange_character(literals: Sequence[tuple[int, str]]) -> dict[str, list[tuple[int, str]]]:
    """Short ones beyond ASCII (rules name hundreds of emoji), by one of their characters that is."""
    found: dict[str, list[tuple[int, str]]] = {}
    for place, literal in literals:
        if not literal.isascii():
            found.setdefault(next(one for one in literal if not one.isascii()), []).append((place, literal))
    return found


def _by_rarest_run(literals: Sequence[str]) -> dict[str, list[int]]:
    chosen = [_runs(literal) for literal in literals]
    counts = Counter(chain.from_iterable(chosen))
    by_run: dict[str, list[int]] = {}
    for place, runs in enumerate(chosen):
        if runs:
            run = min(runs, key=counts.__getitem__) if len(runs) > 1 else runs[0]
            by_run.setdefault(run, []).append(place)
    return by_run


def _runs(literal: str) -> tuple[str, ...]:
    """Its first, middle and last run: any of them will do."""
    places = len(literal) - _RUN
    if places <= 0:
        return (literal,) if places == 0 else ()
    middle = places // 2
    return literal[:_RUN], literal[middle : middle + _RUN], literal[places:]
