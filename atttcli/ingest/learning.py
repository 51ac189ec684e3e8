"""What `new_value` rules learned, between the store and the engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from atttcli.engines.correlation import CorrelationEngine, Learned
from atttcli.store.connection import Store
from atttcli.store.facts.learned import LearnedRow, learned


class StoredHistory:
    """The engine's history out of the workspace, a group at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def seen(self, rule: str, group: tuple[str, ...]) -> Iterable[Learned]:
        """See engines.correlation.History."""
        for row in learned(self._store, rule, group):
            yield Learned(rule, group, row.value, row.first, row.last, row.count, row.told)


def learned_rows(engine: CorrelationEngine) -> Iterator[LearnedRow]:
    """What an engine saw, as the store keeps it."""
    for one in engine.learned():
        yield LearnedRow(one.rule, one.group, one.value, one.first, one.last, one.count, one.told)
