"""The index over indicators: hashes in one sorted array behind a bit filter, every hit verified by value.

A lookup costs one hash, one bit test and, rarely, one binary search: the same at ten thousand and at a million
(bench/indicators.py). The hash is Python's own keyed one: an attacker cannot prepare collisions, and a collision costs
a comparison, never a false match.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from atttcli.engines.indicators.networks import Networks
from atttcli.engines.indicators.table import LETTER, Rows, collect, match_key
from atttcli.errors import InputError
from atttcli.model.canonical import canonical
from atttcli.model.observable import Indicator, ObservableType

Value = tuple[ObservableType, str]
_ADDRESSES = (ObservableType.IPV4, ObservableType.IPV6)
_FILTER_BITS = 16  # per indicator: about one value in sixteen passes by chance


class IndicatorIndex:
    """All indicators of a run, immutable. `digest` names what is in it; `rejected` counts values that are no observable."""

    def __init__(self, rows: Rows, hashes: Any, digest: str = "") -> None:
        import numpy as np

        self._rows = rows
        order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[order]
        self._order = order.astype(np.uint32)
        self._mask, self._bits = _bit_filter(np, hashes)
        self._counts = _count_letters(rows)
        self._networks = (
            Networks(text[1:] for text in rows.texts() if text[0] == "c") if self._counts.get("c") else None
        )
        self.digest = digest or rows.digest()
        self.rejected = rows.rejected

    @classmethod
    def build(cls, indicators: Iterable[Indicator], cache: Path | None = None, version: str = "") -> IndicatorIndex:
        """Index `indicators`. With a `cache` folder and a `version` (a digest that the caller knows the set by) a form kept
        from an earlier run is used without reading `indicators` at all; a damaged one is built again."""
        from atttcli.engines.indicators import cached

        if cache is not None and version:
            try:
                rows, hashes = cached.load(cache, version)
                return cls(rows, hashes)
            except (InputError, FileNotFoundError):
                pass  # absent or damaged: build it again and replace it
        rows, gathered = collect(indicators)
        import numpy as np

        index = cls(rows, np.frombuffer(gathered, np.int64) if len(gathered) else np.empty(0, np.int64))
        if cache is not None and version:
            cached.save(cache, version, rows)
        return index

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def nbytes(self) -> int:
        """Bytes held by the index, without the interpreter's few small objects."""
        rows = self._rows
        arrays = (self._hashes, self._order, self._bits, rows.starts, rows.meta_of, rows.meta_starts)
        return sum(int(one.nbytes) for one in arrays) + len(rows.blob) + len(rows.meta_blob)

    def holds(self, *kinds: ObservableType) -> bool:
        """Whether any indicator of these types is stored: what is not need not be asked."""
        return any(self._counts.get(LETTER[kind]) for kind in kinds)

    def lookup(self, kind: ObservableType, value: str, at: int | None = None) -> tuple[Indicator, ...]:
        """Every indicator that `value` meets at time `at` (None: whenever), exact first, then ranges and parent domains."""
        known = canonical(kind, value)
        if known is None:
            return ()
        found = self.match_values((known,)).get(known, ())
        return valid_at(found, at)

    def match_values(self, values: Iterable[Value]) -> dict[Value, tuple[Indicator, ...]]:
        """The values that meet an indicator, whatever its validity. Values must be canonical (`model.canonical`)."""
        by_kind: dict[ObservableType, list[str]] = {}
        for kind, value in values:
            by_kind.setdefault(kind, []).append(value)
        found: dict[Value, tuple[Indicator, ...]] = {}
        for kind, texts in by_kind.items():
            if kind in _ADDRESSES:
                hits: Mapping[str, tuple[Indicator, ...]] = self.match_addresses(texts)
            elif kind is ObservableType.DOMAIN:
                hits = self.match_domains(texts)
            else:
                hits = self.match_exact(kind, texts)
            found.update({(kind, text): given for text, given in hits.items()})
        return found

    def match_observable_set(self, values: Iterable[Value]) -> bool:
        """Whether any of these values meets any indicator: does an archived segment have to be opened?"""
        return bool(self.match_values(values))

    def match_exact(self, kind: ObservableType, texts: Sequence[str]) -> dict[str, tuple[Indicator, ...]]:
        """URLs, mailboxes, hashes, ranges: equality only."""
        if not self.holds(kind):
            return {}
        letter = LETTER[kind]
        return self._gather([(match_key(letter, text), text) for text in texts])

    def match_addresses(self, texts: Sequence[str]) -> dict[str, tuple[Indicator, ...]]:
        """Addresses, alone or within a stored range."""
        probes: list[tuple[str, str]] = []
        if self.holds(*_ADDRESSES):
            probes = [(("6" if ":" in text else "4") + text, text) for text in texts]
        if self._networks is not None:
            probes += [("c" + network, text) for text, network in self._networks.candidates(texts)]
        return self._gather(probes)

    def match_domains(self, texts: Sequence[str]) -> dict[str, tuple[Indicator, ...]]:
        """Domains, themselves or below a stored one."""
        if not self.holds(ObservableType.DOMAIN):
            return {}
        probes: list[tuple[str, str]] = []
        for text in texts:
            probes.append(("d" + text, text))
            at = text.find(".")
            while (after := text.find(".", at + 1)) >= 0:  # the last label alone is never stored
                probes.append(("d" + text[at + 1 :], text))
                at = after
        return self._gather(probes)

    def _gather(self, probes: Sequence[tuple[str, str]]) -> dict[str, tuple[Indicator, ...]]:
        """Pairs of match key and the asked text -> what each text meets, in the order of the probes."""
        found: dict[str, list[Indicator]] = {}
        for index, row in self._find([key for key, _ in probes]):
            found.setdefault(probes[index][1], []).append(self._rows.indicator(row))
        return {text: tuple(given) for text, given in found.items()}

    def _find(self, keys: list[str]) -> list[tuple[int, int]]:
        import numpy as np

        if not keys or not len(self._hashes):
            return []
        wanted = np.fromiter(map(hash, keys), np.int64, len(keys))
        slots = wanted.view(np.uint64) & self._mask
        passed = np.flatnonzero((self._bits[slots >> np.uint64(3)] >> (slots & np.uint64(7)).astype(np.uint8)) & 1)
        if not len(passed):
            return []
        chosen = wanted[passed]
        lows = np.searchsorted(self._hashes, chosen)
        lows[lows == len(self._hashes)] = 0
        real = np.flatnonzero(self._hashes[lows] == chosen)
        pairs: list[tuple[int, int]] = []
        for index, low in zip(passed[real].tolist(), lows[real].tolist(), strict=True):
            pairs += [(index, row) for row in self._verified(keys[index], low)]
        return pairs

    def _verified(self, key: str, low: int) -> list[int]:
        """Rows from `low` on whose stored value really is the one asked for."""
        rows: list[int] = []
        wanted = self._hashes[low]
        while low < len(self._hashes) and self._hashes[low] == wanted:
            row = int(self._order[low])
            stored = self._rows.text(row)
            if match_key(stored[0], stored[1:]) == key:
                rows.append(row)
            low += 1
        return rows


def valid_at(found: Iterable[Indicator], at: int | None) -> tuple[Indicator, ...]:
    """Those whose validity holds `at`; with no time known, all."""
    if at is None:
        return tuple(found)
    return tuple(
        given
        for given in found
        if (given.valid_from is None or given.valid_from <= at)
        and (given.valid_until is None or at <= given.valid_until)
    )


def _bit_filter(np: Any, hashes: Any) -> tuple[Any, Any]:
    size = 1 << max(10, (max(1, len(hashes)) * _FILTER_BITS - 1).bit_length())
    mask = np.uint64(size - 1)
    flags = np.zeros(size, np.bool_)
    flags[hashes.view(np.uint64) & mask] = True
    return mask, np.packbits(flags, bitorder="little")


def _count_letters(rows: Rows) -> dict[str, int]:
    import numpy as np

    if not len(rows):
        return {}
    firsts = np.frombuffer(rows.blob, np.uint8)[rows.starts[:-1]]
    letters, counts = np.unique(firsts, return_counts=True)
    return {chr(letter): int(count) for letter, count in zip(letters.tolist(), counts.tolist(), strict=True)}
