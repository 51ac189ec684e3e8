"""A capture: network rules in one pass, and what it showed (hosts, names, links) matched and kept as events.

A sighting is an event of its own, its `line` the number of the packet that showed it, so that a list of indicators which
comes later meets old captures as it meets old logs, and finds the same place again (docs/decisions/0086).
"""

from __future__ import annotations

import hashlib

from atttcli.archive.identity import line_digests
from atttcli.archive.layout import SegmentHeader, SegmentInfo
from atttcli.archive.writing import SegmentWriter
from atttcli.engine import EngineProblem
from atttcli.engines.network import Sighted
from atttcli.errors import InputError
from atttcli.ingest.route import Item
from atttcli.ingest.session import Session, Waiting, line_occurrence, safe
from atttcli.ingest.whole import close
from atttcli.model.alert import Detection, Origin
from atttcli.model.event import Event
from atttcli.model.ledger import Ledger
from atttcli.model.observable import ObservableType
from atttcli.store.facts import files
from atttcli.store.facts.segments import add_segment

CAPTURE = "capture"  # as reader of a segment
KEPT = 500_000  # sightings of one capture that are kept; all are matched
SEGMENT = 50_000  # events: the names of a segment are held in memory until it is written
_BLOCK = 4096
_ADDRESSES = (ObservableType.IPV4, ObservableType.IPV6)


def take_capture(session: Session, item: Item, row: files.FileRow) -> Ledger:
    """Store a capture's alerts and sightings. Killed before its end it is read anew: nothing of it was kept but alerts,
    and these are named by what they are of."""
    given = item.given
    origin = Origin(given.sha256, safe(given.path))
    waiting = Waiting(session, given.sha256, given.path)
    ledger = Ledger(read=1, stored=1)
    with session.store.transaction() as db:
        files.begin_file(db, row, session.clock.now())
    shown = _Shown(session, waiting, origin, given.modified)
    engine = session.matchers.network
    named = _Occurrences(given.sha256)
    try:
        for result in engine.scan_capture(given.stream, origin.path, given.sha256, given.budget):
            if isinstance(result, Sighted):
                shown.take(result, engine.counts.packets)
            elif isinstance(result, EngineProblem):
                waiting.engine_problem(result)
            else:
                waiting.detection(result, named.of(result))
            if waiting.is_full:
                with session.store.transaction() as db:
                    waiting.store(db)
                session.tick(engine.counts.packets, 0, given.path)
        shown.finish()
    except InputError as error:
        waiting.problem(error.message)
        ledger.stored, ledger.rejected = 0, 1
        shown.finish()
    finally:
        shown.abort()
    ledger.counts |= {"packets": engine.counts.packets, "sightings": shown.kept}
    if shown.left_off:
        ledger.counts["sightings_left_off"] = shown.left_off
        waiting.problem(
            f"{shown.left_off} sightings beyond the first {KEPT} were matched, but not kept for lists that come later"
        )
    with session.store.transaction() as db:
        for info in shown.segments:
            add_segment(db, info, info.header.log_source)
        return close(session, item, row, waiting, ledger)


class _Occurrences:
    """Names of what network rules said of one capture: what it is, and the how many-th such."""

    def __init__(self, sha256: str) -> None:
        self._sha256 = sha256
        self._numbers: dict[str, int] = {}

    def of(self, found: Detection) -> str:
        mark = f"{found.engine}|{found.rule_id}|{found.key}"
        self._numbers[mark] = self._numbers.get(mark, 0) + 1
        digest = hashlib.blake2b(mark.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        return f"{self._sha256[:24]}:{digest}:{self._numbers[mark]}"


class _Shown:
    """Sightings on their way: matched in blocks, written to segments that the store learns of with the capture's end."""

    def __init__(self, session: Session, waiting: Waiting, origin: Origin, moment: int | None) -> None:
        self.segments: list[SegmentInfo] = []
        self.kept = self.left_off = 0
        self._session, self._waiting, self._origin, self._moment = session, waiting, origin, moment
        self._block: list[Event] = []
        self._last_flow: tuple[int, str, str] | None = None
        self._writer: SegmentWriter | None = None

    def take(self, seen: Sighted, packet: int) -> None:
        """One sighting; both ends of a flow come one after the other and are one event."""
        if seen.via == "flow":
            flow = (packet, seen.src_ip, seen.dst_ip)
            if flow == self._last_flow:
                return
            self._last_flow = flow
        self._block.append(_event(seen, packet))
        if len(self._block) >= _BLOCK:
            self._settle()

    def finish(self) -> None:
        """No more of them."""
        self._settle()
        self._close()

    def abort(self) -> None:
        """Drop what is half written; after `finish` there is nothing."""
        if self._writer is not None:
            self._writer.abort()

    def _settle(self) -> None:
        block, self._block = self._block, []
        for position, found in self._session.matchers.indicators.match_events(block, self._origin):
            self._waiting.detection(found, line_occurrence(self._origin, block[position].line))
        room = block[: max(0, KEPT - self.kept)]
        self.left_off += len(block) - len(room)
        if not room:
            return
        if self._writer is None:
            self._writer = SegmentWriter(self._session.workspace.events, self._header())
        self._writer.add(room, line_digests(self._session.workspace.secret, room))
        self.kept += len(room)
        if self._writer.count >= SEGMENT:
            self._close()

    def _header(self) -> SegmentHeader:
        origin = self._origin
        name = f"{CAPTURE}:{origin.sha256[:16]}"
        return SegmentHeader(origin.sha256, CAPTURE, origin.path, name, len(self.segments), self._moment)

    def _close(self) -> None:
        if self._writer is not None:
            info = self._writer.close()
            self._writer = None
            if info is not None:
                self.segments.append(info)


def _event(seen: Sighted, packet: int) -> Event:
    """The sighting as an event of the words that a sensor's log has: flow, dns, tls, http."""
    kind, value = seen.observable.type, seen.observable.value
    ends = f"{seen.src_ip} port {seen.src_port} > {seen.dst_ip} port {seen.dst_port}"
    told = "" if seen.via == "flow" else f" {value}"
    page, has_query, _ = value.partition("?")
    target = (
        value if kind in _ADDRESSES and seen.via == "http" else seen.dst_ip
    )  # the host that was asked for by address
    return Event(
        seen.time, packet, f"packet {packet}: {seen.via}{told} {ends}", seen.via, CAPTURE, "",
        src_ip=seen.src_ip, src_port=seen.src_port, dst_ip=target, dst_port=seen.dst_port,
        domain=value if kind is ObservableType.DOMAIN else "",
        url=value if kind is ObservableType.URL else "",
        action="query" if seen.via == "dns" else "request" if seen.via == "http" else "connect",
        # Lists name the page, a beacon adds who calls: a link with a query is also met without it.
        fields={"http.url": page} if has_query and kind is ObservableType.URL else {},
    )  # fmt: skip
