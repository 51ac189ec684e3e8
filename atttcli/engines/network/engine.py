"""The engine: a capture in, detections, sightings and problems out, in one pass with bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from atttcli.engine import EngineProblem, RuleProblem
from atttcli.engines.network.counts import Counts
from atttcli.engines.network.ruleset import RuleSet
from atttcli.engines.network.settings import DEFAULTS, Settings
from atttcli.engines.network.sightings import Sighted
from atttcli.engines.network.traffic import Traffic
from atttcli.errors import Where
from atttcli.limits import Budget
from atttcli.model.alert import Detection, Origin
from atttcli.rulepack.network.values import NetworkPack
from atttcli.source import Input, ReadProblem
from atttcli.sources.capture.decode import Decoder
from atttcli.sources.capture.records import read_records

Result = Detection | EngineProblem | Sighted


class NetworkEngine:
    """Rules of one pack, applied to captures. Rules are made ready once; every capture is judged alone.

    `hyperscan=False` forces the matcher of our own (same alerts, slower); None takes Hyperscan where it is installed.
    """

    name = "network"

    def __init__(self, pack: NetworkPack, *, hyperscan: bool | None = None, settings: Settings = DEFAULTS) -> None:
        self.pack = pack.digest
        self.problems: tuple[RuleProblem, ...] = pack.problems
        self.counts = Counts()
        self.settings = settings
        self.limits = pack.limits
        self.rules = RuleSet(pack, hyperscan)

    def scan(self, items: Iterable[Input]) -> Iterator[Detection | EngineProblem]:
        """Judge captures one after the other; sightings are left out (`scan_capture` gives them)."""
        for item in items:
            for result in self.scan_capture(item.stream, item.path, item.sha256, item.budget, sightings=False):
                if not isinstance(result, Sighted):
                    yield result

    def scan_capture(
        self,
        stream: BinaryIO,
        path: str,
        sha256: str = "",
        budget: Budget | None = None,
        *,
        sightings: bool = True,
    ) -> Iterator[Result]:
        """Alerts, first sightings and problems in order of the packets. InputError when it is no capture at all.

        `counts` are those of this capture and complete when the iteration ends. Damage ends the reading with an
        EngineProblem; what came before it has been judged. Without `sightings` nobody wants these.
        """
        run = CaptureRun(self, sightings=sightings)
        yield from run.read(stream, path, sha256, budget)
        yield from run.finish()

    def begin(self, *, sightings: bool = True, traffic: Callable[..., Traffic] = Traffic) -> CaptureRun:
        """A run over several files of one capture: connections go on from one to the next. `traffic` makes what judges
        the packets, for those who want to see more of it than alerts."""
        return CaptureRun(self, sightings=sightings, traffic=traffic)


class CaptureRun:
    """One capture, in one file or cut into several; the engine's `counts` are those of the file at hand."""

    def __init__(self, engine: NetworkEngine, *, sightings: bool, traffic: Callable[..., Traffic] = Traffic) -> None:
        rules = engine.rules
        rules.sets.reset()
        self._engine = engine
        self._decoder = Decoder(events=rules.wants_events)
        self._traffic = traffic(rules, engine.pack, sightings=sightings, settings=engine.settings, limits=engine.limits)
        self._path = ""
        self._dropped = 0

    @property
    def counts(self) -> Counts:
        """Those of the file at hand."""
        return self._engine.counts

    def read(self, stream: BinaryIO, path: str, sha256: str = "", budget: Budget | None = None) -> Iterator[Result]:
        """The next file. What its packets complete comes at once, what stays open later or with `finish`."""
        self._path = path
        self._engine.counts = counts = Counts()
        decoder, traffic = self._decoder, self._traffic
        traffic.of_file(Origin(sha256, path), counts)
        decoder.undecodable.clear()
        self._dropped = decoder.fragments.dropped
        for record in read_records(stream, path, budget):
            if isinstance(record, ReadProblem):
                yield EngineProblem(Where(path, offset=record.offset), record.reason)
                continue
            counts.packets += 1
            counts.bytes += len(record.data)
            packet = decoder.decode(record)
            while packet is not None:
                traffic.packet(packet)
                inner = packet.inner
                traffic.carrier = packet if inner is not None else None
                packet = inner
            if traffic.results:
                yield from traffic.take()
        traffic.note_counts()
        counts.undecodable = dict(decoder.undecodable)
        counts.fragments_dropped = decoder.fragments.dropped - self._dropped
        yield from self._account(path, counts)

    def finish(self) -> Iterator[Result]:
        """The capture is over: every open flow ends, which counts for the last file."""
        counts, fragments = self._engine.counts, self._decoder.fragments
        gave_up, evicted, overrun = counts.gave_up, counts.evicted, counts.overrun
        self._traffic.finish()
        yield from self._traffic.take()
        counts.fragments_dropped += fragments.give_up()
        if fragments.dropped:
            yield EngineProblem(Where(self._path), f"{fragments.dropped} fragmented packets never became whole")
        late = Counts(gave_up=counts.gave_up - gave_up, evicted=counts.evicted - evicted)
        late.overrun = counts.overrun - overrun
        yield from self._account(self._path, late)

    def _account(self, path: str, counts: Counts) -> Iterator[EngineProblem]:
        """What was not judged whole, one line a kind."""
        for reason, number in sorted(counts.undecodable.items()):
            if not reason.startswith("no IP"):
                yield EngineProblem(Where(path), f"{number} packets could not be decoded: {reason}")
        if counts.wrong:
            yield EngineProblem(
                Where(path),
                f"{counts.wrong} packets were passed over: their checksum is wrong (captured at their sender?)",
            )
        if counts.evicted:
            yield EngineProblem(
                Where(path),
                f"{counts.evicted} connections were ended early: too many were open at once, or they held too much",
            )
        if counts.overrun:
            yield EngineProblem(
                Where(path),
                f"{counts.overrun} HTTP connections were not judged to their end: too many requests without answer",
            )
        if counts.gave_up:
            yield EngineProblem(Where(path), f"{counts.gave_up} judgements stopped at their limit of tries")


__all__ = ["CaptureRun", "Counts", "NetworkEngine", "Result", "Settings", "Sighted"]
