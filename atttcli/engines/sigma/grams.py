"""Many literals looked for in one text at a time, by runs of four characters: built in no time, in little memory.

A literal that stands in the text brings each of its runs along; its rarest is looked up among the text's. RE2 takes over for long
texts where the literals are few: an automaton of thousands would grow to tens of megabytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from atttcli.engines.sigma.pattern import Finder, literal_set

_RUN = 4
_LONG = 256  # characters of a text from which an automaton pays
_FEW = 20_000  # characters of literals that one automaton holds well


def each_literal(literals: Sequence[str]) -> Finder:
    """Which of many lower-case literals stand in a lower-case text, by their places in the list."""
    short = [(place, literal) for place, literal in enumerate(literals) if len(literal) < _RUN]
    by_run = _by_rarest_run(literals)
    runs = frozenset(by_run)
    few = sum(map(len, literals)) <= _FEW
    automaton: list[Finder | None] = []

    def find(text: str) -> Sequence[int]:
        if few and len(text) > _LONG:
            if not automaton:
                automaton.append(literal_set(literals))
            if automaton[0] is not None:
                return automaton[0](text)
        found = [place for place, literal in short if literal in text]
        for run in runs.intersection({text[at : at + _RUN] for at in range(len(text) - _RUN + 1)}):
            found += [place for place, literal in by_run[run] if literal in text]
        return found

    return find


def _by_rarest_run(literals: Sequence[str]) -> dict[str, list[tuple[int, str]]]:
    counts = Counter(run for literal in literals for run in _runs(literal))
    by_run: dict[str, list[tuple[int, str]]] = {}
    for place, literal in enumerate(literals):
        if runs := _runs(literal):
            by_run.setdefault(min(runs, key=lambda run: (counts[run], run)), []).append((place, literal))
    return by_run


def _runs(literal: str) -> set[str]:
    """Some of its runs, spread over a long one: any of them will do."""
    places = len(literal) - _RUN + 1
    return {literal[at : at + _RUN] for at in range(0, places, max(1, places // 8))} if places > 0 else set()
