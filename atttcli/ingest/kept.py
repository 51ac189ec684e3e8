"""New indicators against the events already kept. Only segments in which one may occur are opened."""

from __future__ import annotations

from atttcli.archive.lookup import possible
from atttcli.archive.reading import read_segment, segment_observables
from atttcli.engines.indicators import IndicatorEngine
from atttcli.ingest.session import Session, Waiting, line_occurrence
from atttcli.model.alert import Origin
from atttcli.model.event import Event
from atttcli.store.facts import files
from atttcli.store.facts.indicators import indicators, last_indicator
from atttcli.store.facts.segments import segments

_DONE = "indicators_matched"
_BLOCK = 4096


def match_kept(session: Session, written: set[str]) -> int:
    """Match indicators that came since the last time against segments that this run did not write. Returns alerts made.

    What was matched is remembered only when all is stored: a run that was killed is made up by the next one.
    """
    store = session.store
    last = last_indicator(store)
    new = list(indicators(store, files.meta_number(store, _DONE)))
    waiting = Waiting(session, "", "")
    old = [row for row in segments(store) if row["path"] not in written] if new else []
    if old:
        engine = session.matchers.indicator_engine(iter(new))
        values = [(one.type, one.value) for one in new]
        for row in old:
            path = session.workspace.events / row["path"]
            if possible(segment_observables(path), values):
                origin = Origin(row["source_sha256"], row["source_path"])
                block: list[Event] = []
                for event in read_segment(path):
                    block.append(event)
                    if len(block) >= _BLOCK:
                        _match(engine, block, origin, waiting)
                        block = []
                _match(engine, block, origin, waiting)
    if last != files.meta_number(store, _DONE):
        with store.transaction() as db:
            waiting.store(db)
            files.set_meta(db, _DONE, last)
    return waiting.made


def _match(engine: IndicatorEngine, block: list[Event], origin: Origin, waiting: Waiting) -> None:
    for position, found in engine.match_events(block, origin):
        waiting.detection(found, line_occurrence(origin, block[position].line))
    if waiting.is_full:
        with waiting.session.store.transaction() as db:
            waiting.store(db)
