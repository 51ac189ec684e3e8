"""Indicators against events, capture sightings and file hashes.

A block of events is turned round: per field the set of distinct values, each asked about once, those known to be clean
remembered; only when something hit are the events looked at one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

from atttcli.engines.indicators.exclusions import Exclusions
from atttcli.engines.indicators.findings import describe_event, describe_file, describe_sighting
from atttcli.engines.indicators.gather import (
    HEAD,
    TEXT,
    URL,
    Value,
    asked_urls,
    distinct,
    fields_of,
    getter,
    texts,
    values_in,
)
from atttcli.engines.indicators.index import IndicatorIndex, valid_at
from atttcli.model.alert import Detection, Origin
from atttcli.model.event import Event
from atttcli.model.observable import Indicator, Observable, ObservableType

_REMEMBERED = 65_536  # clean values per field shape
_MANY = 12  # native fields to ask about, from which it pays to look first which there are
_NOT_NATIVE = frozenset({"raw", *(name for name, _ in HEAD)})
Hits = dict[
    str, tuple[tuple[Value, tuple[Indicator, ...]], ...]
]  # a field's text -> the values in it that met something


class Sighted(Protocol):
    """A value seen in a capture: `via` says how (`dns`, `tls-sni`, `http-host`, `address`), `src_ip` is who asked."""

    observable: Observable
    time: int | None
    src_ip: str
    dst_ip: str
    via: str


class IndicatorEngine:
    """An index at work. `own` says whether an address, host name or mailbox is one of ours (who is the victim; never bad)."""

    name = "indicator"

    def __init__(
        self,
        index: IndicatorIndex,
        own: Callable[[str], bool] | None = None,
        exclusions: Exclusions | None = None,
    ) -> None:
        self.index = index
        self.pack = index.digest
        exclusions = exclusions or Exclusions()
        # A scanner's address comes in thousands of lines: what is ours and what is allowed is asked once a value.
        self._covers = lru_cache(_REMEMBERED)(exclusions.covers)
        self._own = lru_cache(_REMEMBERED)(own or exclusions.own)
        self._clean: dict[str, set[str]] = {}
        self._readers: dict[str, list[tuple[str, str, Callable[[Event], Any]]]] = {}
        self._head = [(name, shape, getter(name)) for name, shape in HEAD]

    def match_events(
        self,
        events: Sequence[Event],
        origin: Origin = Origin(),  # noqa: B008 - a frozen value
    ) -> Iterator[tuple[int, Detection]]:
        """Detections with the position of their event in the block, in the order of the events."""
        if not len(self.index):
            return
        found: dict[int, dict[str, tuple[str, Value, tuple[Indicator, ...]]]] = {}
        for name, shape, read in self._head:
            self._collect(found, events, None, name, shape, read)
        for category in {event.category for event in events}:
            readers = self._category_readers(category)
            if len(readers) > _MANY:  # of which most stand in no event: ask for those whose name some event has
                present = set[str]().union(*[event.fields for event in events])
                readers = [one for one in readers if one[0] in _NOT_NATIVE or not present.isdisjoint(_roots(one[0]))]
            for name, shape, read in readers:
                self._collect(found, events, category, name, shape, read)
        for position in sorted(found):
            for field, value, given in found[position].values():
                event = events[position]
                placed = replace(origin, line=event.line) if origin.line is None else origin
                yield position, describe_event(event, field, value, given, self._own, placed, self.pack)

    def match_sighted(
        self,
        sighted: Iterable[Sighted],
        origin: Origin = Origin(),  # noqa: B008 - a frozen value
    ) -> Iterator[Detection]:
        """Detections for what a capture showed."""
        for batch in _batches(sighted):
            known = [(seen.observable.type, seen.observable.value) for seen in batch]
            hits = self.index.match_values(set(known))
            for seen, value in zip(batch, known, strict=True):
                given = self._allowed(value, hits.get(value, ()), seen.time)
                if given:
                    yield describe_sighting(seen, value, given, self._own, origin, self.pack)

    def match_hashes(
        self,
        md5: str = "",
        sha1: str = "",
        sha256: str = "",
        at: int | None = None,
        origin: Origin = Origin(),  # noqa: B008
    ) -> Iterator[Detection]:
        """Detections for one file; the strongest hash that matched speaks for it."""
        for kind, digest in ((ObservableType.SHA256, sha256), (ObservableType.SHA1, sha1), (ObservableType.MD5, md5)):
            given = self._allowed((kind, digest), self.index.lookup(kind, digest), at) if digest else ()
            if given:
                yield describe_file((kind, digest.lower()), given, origin, at, self.pack)
                return

    def _category_readers(self, category: str) -> list[tuple[str, str, Callable[[Event], Any]]]:
        readers = self._readers.get(category)
        if readers is None:
            readers = [(name, shape, getter(name)) for name, shape in fields_of(category)]
            if len(self._readers) < 256:
                self._readers[category] = readers
        return readers

    def _collect(
        self,
        found: dict[int, dict[str, tuple[str, Value, tuple[Indicator, ...]]]],
        events: Sequence[Event],
        category: str | None,
        name: str,
        shape: str,
        read: Callable[[Event], Any],
    ) -> None:
        chosen = events if category is None else [event for event in events if event.category == category]
        hits = self._ask(distinct(chosen, read), shape)
        if not hits:
            return
        for position, event in enumerate(events):
            if category is not None and event.category != category:
                continue
            for text in texts(read(event)):
                for value, given in hits.get(text, ()):
                    told = self._allowed(value, given, event.time)
                    if told:
                        mark = f"{told[0].type}:{told[0].value}"
                        found.setdefault(position, {}).setdefault(mark, (name, value, told))

    def _ask(self, asked: set[str], shape: str) -> Hits:
        if shape == URL:
            asked = asked_urls(asked)
        clean = self._clean.setdefault(shape, set()) if shape != TEXT else set()  # whole lines do not come again
        fresh = asked - clean
        if not fresh:
            return {}
        values = {text: values_in(text, shape) for text in fresh}
        matched = self.index.match_values({value for group in values.values() for value in group})
        hits: Hits = {}
        if matched:
            for text, group in values.items():
                told = tuple((value, matched[value]) for value in dict.fromkeys(group) if value in matched)
                if told:
                    hits[text] = told
        if len(clean) + len(fresh) > _REMEMBERED:
            clean.clear()
        clean.update(list(fresh - hits.keys())[:_REMEMBERED])
        return hits

    def _allowed(self, value: Value, given: tuple[Indicator, ...], at: int | None) -> tuple[Indicator, ...]:
        """What is left once validity, our own addresses and the allow-list have been heard."""
        valid = valid_at(given, at)
        if not valid or self._is_ours(value):
            return ()
        return tuple(one for one in valid if not self._covers(one.type, one.value))

    def _is_ours(self, value: Value) -> bool:
        if self._covers(*value):
            return True
        kind, text = value
        if kind in (ObservableType.MD5, ObservableType.SHA1, ObservableType.SHA256, ObservableType.URL):
            return False
        return self._own(text)


@lru_cache(1024)
def _roots(name: str) -> tuple[str, str]:
    """Under which names of `fields` a reader of `name` looks: itself, or what it is a part of."""
    return name, name.partition(".")[0]


def _batches(items: Iterable[Sighted], size: int = 4096) -> Iterator[list[Sighted]]:
    batch: list[Sighted] = []
    for item in items:
        batch.append(item)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch
