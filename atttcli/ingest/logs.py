"""One log: lines to events, the new ones to segments, matched block by block; a segment and its account in one commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from atttcli.archive.identity import KnownSegment, NewLines, line_digests
from atttcli.archive.layout import DIGEST_BYTES, SegmentHeader, SegmentInfo
from atttcli.archive.reading import segment_digests
from atttcli.archive.writing import SegmentWriter
from atttcli.errors import InputError
from atttcli.ingest.route import Item
from atttcli.ingest.session import Session, Waiting, line_occurrence, safe
from atttcli.model.alert import Alert, Detection, Origin
from atttcli.model.canonical import canonical_address
from atttcli.model.event import Event
from atttcli.model.ledger import Ledger
from atttcli.model.observable import Observable
from atttcli.source import ReadProblem, Record, Source
from atttcli.sources.antivirus import FINDINGS, detection_of, joined
from atttcli.store.facts import alerts as alert_facts
from atttcli.store.facts import files, segments
from atttcli.store.facts.segments import add_segment, one_log

BLOCK = 512  # larger blocks leave the processor cache: 4096 cost 5 % more
SEGMENT = 200_000  # events
_CLAIMS = ("eve", "zeek")  # kinds of alerts that sensors themselves make


@dataclass(slots=True)
class _Block:
    """Records of one block, by sort."""

    events: list[Event] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    problems: list[ReadProblem] = field(default_factory=list)


@dataclass(slots=True)
class _Met:
    """A value that a claim names."""

    observable: Observable
    time: int | None
    src_ip: str
    dst_ip: str
    via: str


class LogIntake:
    """Takes one log file in. `ledger` and `waiting` hold its account."""

    def __init__(self, session: Session, item: Item, source: Source) -> None:
        self.session, self.item, self.source = session, item, source
        given = item.given
        self.ledger = Ledger()
        self.waiting = Waiting(session, given.sha256, given.path)
        self.origin = Origin(given.sha256, safe(given.path))
        store = session.store
        self.before = segments.stored_events(store, given.sha256)
        claims = alert_facts.sighted_in(store, given.sha256, _CLAIMS)[0] if self.before else 0
        self.stored_before = self.before + claims
        self.name = session.log_source or f"{source.name}:{given.sha256[:16]}"
        self.part = segments.next_part(store, given.sha256)
        folder = session.workspace.events
        rows = segments.segments(store, source.name)
        self._known = [_known(folder, row) for row in rows]
        self.known_segments = frozenset(str(row["path"]) for row in rows)
        self.fresh_claims = 0
        self.fresh_events = 0
        self.known = 0  # events that were kept before, by a killed run of this file too
        self.known_claims = 0
        self.judge: NewLines | None = None
        self.writer: SegmentWriter | None = None
        self.matches = session.matched.segment()
        self.damage = ""

    def take(self) -> None:
        """Read to the end. What was committed stays, whatever happens then."""
        records = self._records()
        try:
            while block := list(islice(records, BLOCK)):
                self._block(block)
                self.session.tick(self.ledger.read, 0, self.item.given.path)
                if (self.writer is not None and self.writer.count >= SEGMENT) or self.waiting.is_full:
                    self._commit()
            if self.damage:
                self.waiting.problem(self.damage)
            self._commit(last=True)
        finally:
            if self.writer is not None:
                self.writer.abort()

    def _records(self) -> Iterator[Record]:
        try:
            yield from self.source.read(self.item.given)
        except InputError as error:
            self.damage = error.message

    def _block(self, records: Sequence[Record]) -> None:
        block = _sorted(records)
        self.ledger.read += len(block.events) + len(block.alerts) + len(block.problems)
        self.ledger.rejected += len(block.problems)
        for problem in block.problems:
            self.waiting.problem(problem.reason, problem.line, problem.offset, problem.excerpt)
        for alert in block.alerts:
            self.waiting.claim(replace(alert, origin=replace(alert.origin, path=self.origin.path)))
            self._meet(alert)
        if not block.events:
            return
        digests = line_digests(self.session.workspace.secret, block.events)
        if self.judge is None:
            by_time = "year" not in self.item.given.assumed
            self.judge = NewLines(self._known, self.session.log_source, by_time=by_time)
        new = self.judge.judge(digests, [event.time for event in block.events])
        events = block.events
        self.known += new.count(False)
        if not all(new):
            events = [event for event, is_new in zip(block.events, new, strict=True) if is_new]
            size = DIGEST_BYTES
            digests = b"".join(digests[at * size : (at + 1) * size] for at, is_new in enumerate(new) if is_new)
        if events:
            self._keep(events, digests)

    def _meet(self, alert: Alert) -> None:
        """Indicators among the observables of a claim: it is no event, and is matched here."""
        ends = {one.role: one.value for one in alert.observables}
        seen = [
            _Met(one, alert.time, ends.get("source", ""), ends.get("target", ""), alert.kind)
            for one in alert.observables
        ]
        found = {one.rule_id: one for one in self.session.matchers.indicators.match_sighted(seen, alert.origin)}
        for one in found.values():
            origin = replace(one.origin, path=self.origin.path)
            self.waiting.detection(replace(one, origin=origin), f"{alert.kind}:{alert.occurrence}")

    def _keep(self, events: list[Event], digests: bytes) -> None:
        if self.writer is None:
            given = self.item.given
            header = SegmentHeader(
                given.sha256, self.source.name, self.origin.path, self.name, self.part, given.modified
            )
            self.writer = SegmentWriter(self.session.workspace.events, header)
            self.matches = self.session.matched.segment()
        self.writer.add(events, digests)
        self.fresh_events += len(events)
        self._match(events)

    def _match(self, events: list[Event]) -> None:
        for position, found in self.session.matchers.indicators.match_events(events, self.origin):
            self.waiting.detection(found, line_occurrence(self.origin, events[position].line))
        network = self.session.matchers.network_logs
        if network is not None:
            for position, found in network.match_events(events, self.origin):
                self.waiting.detection(found, line_occurrence(self.origin, events[position].line))
        match_lines(self.session, self.waiting, self.origin, events)
        for event in events:
            if event.category in FINDINGS and (said := detection_of(event, self.origin)) is not None:
                self.waiting.detection(self._judged(said, event), line_occurrence(self.origin, event.line))
        self.matches.add(self.session.matchers.single_events, events)

    def _judged(self, said: Detection, event: Event) -> Detection:
        """A product's finding with what rules say of it: one alert, not two."""
        matchers = self.session.matchers
        rules = matchers.single_events.judged(event, self.origin)
        return joined(said, [one for one in rules if not matchers.is_disabled(one.rule_id)])

    def _commit(self, last: bool = False) -> None:
        info, names = self._sealed()
        self.store(info, names, last)
        if info is not None:
            self.session.matched.keep(info.path, self.matches)

    def _sealed(self) -> tuple[SegmentInfo | None, list[str]]:
        """The segment so far, durable but not yet known to the store; the names of the one log that it belongs to."""
        info = self.writer.close() if self.writer is not None else None
        self.writer = None
        names = self.judge.same_log if self.judge is not None else []
        if names:
            self.name = names[0]
        return info, names

    def store(self, info: SegmentInfo | None, names: list[str], last: bool) -> None:
        """A segment with the alerts and problems that wait, in one transaction; with the last, the file's account."""
        session, sha256 = self.session, self.item.given.sha256
        claims = [alert.kind in _CLAIMS for alert, _ in self.waiting.alerts]
        with session.store.transaction() as db:
            if info is not None:
                add_segment(db, info, self.name)
                self.part += 1
                if info.time_min is not None and info.time_max is not None:
                    files.owe_correlation(db, session.run, info.time_min, info.time_max)
            if names:
                one_log(db, names, sha256)
            fresh = self.waiting.store(db)
            stored = sum(1 for new, claim in zip(fresh, claims, strict=True) if new and claim)
            self.fresh_claims += stored
            self.known_claims += sum(claims) - stored
            if last:
                self._close_account()
                end = files.FileEnd(self.ledger, dict(self.item.given.assumed), {}, self.name)
                files.end_file(db, sha256, end)

    def _close_account(self) -> None:
        ledger = self.ledger
        known = self.known + self.known_claims
        # A run of an older version that was killed may have kept as events what the reader gives as alerts now.
        before = min(self.stored_before, known)
        ledger.stored = before + self.fresh_events + self.fresh_claims
        ledger.duplicate = known - before
        ledger.alerts = alert_facts.sighted_in(self.session.store, self.item.given.sha256)[1]
        if self.waiting.problem_count > ledger.rejected:
            ledger.counts["problems"] = self.waiting.problem_count
        ledger.check()


def match_lines(session: Session, waiting: Waiting, origin: Origin, events: Sequence[Event]) -> None:
    """Rules for log text over the raw lines of some events."""
    engine = session.matchers.yara_lines
    if engine.matcher is None:
        return
    text = "\n".join([event.raw for event in events])
    if text.count("\n") != len(events) - 1:  # a record of several lines is judged as one
        text = "\n".join([event.raw.replace("\n", " ") for event in events])
    for match in engine.match_text_block(text.encode("utf-8", "backslashreplace"), 0):
        event = events[match.line]
        found = engine.detection(match.hit, origin.path, origin.sha256, event.line, event.src_ip or event.host)
        parties = {"category": str(match.hit.meta.get("category", "")), "victim": event.domain or event.host}
        why = (*found.why, event.raw[:300])
        found = replace(found, time=event.time, why=why, detail=found.detail | parties, observables=_source(event))
        waiting.detection(found, line_occurrence(origin, event.line))


def _source(event: Event) -> tuple[Observable, ...]:
    address = canonical_address(event.src_ip) if event.src_ip else None
    return (Observable(*address, "source"),) if address else ()


def _sorted(records: Sequence[Record]) -> _Block:
    block = _Block()
    for record in records:
        if isinstance(record, Event):
            block.events.append(record)
        elif isinstance(record, Alert):
            block.alerts.append(record)
        elif isinstance(record, ReadProblem):
            block.problems.append(record)
    return block


def _known(folder: Path, row: dict[str, object]) -> KnownSegment:
    path = folder / str(row["path"])
    low, high = row["time_min"], row["time_max"]
    return KnownSegment(
        str(row["log_source"]),
        low if isinstance(low, int) else None,
        high if isinstance(high, int) else None,
        lambda limit: segment_digests(path, limit),
    )
