"""The run behind `detect logs`: open each file safely, recognise it, and pass its events through three engines."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from atttcli.cli.matching import Tally
from atttcli.clock import rfc3339
from atttcli.engine import EngineProblem
from atttcli.engines.correlation import CorrelationEngine, CountryRanges
from atttcli.engines.indicators import IndicatorEngine, IndicatorIndex
from atttcli.engines.sigma.pattern import given_up
from atttcli.engines.yara import YaraEngine
from atttcli.errors import InputError, UsageError, Where
from atttcli.field.account import Outcome
from atttcli.field.filetype import archive_kind
from atttcli.field.inflate import Damaged, InflatedStream, Unsupported
from atttcli.field.opening import NotReadable, open_regular
from atttcli.field.walk import Found, walk
from atttcli.limits import MIB, Budget, read_bounded
from atttcli.model.alert import Detection, Origin
from atttcli.model.event import Event
from atttcli.packaged import packaged
from atttcli.process.collector import settle
from atttcli.rulepack.catalogue import by_kind
from atttcli.rulepack.correlation import CorrelationPack, load_correlation_rules
from atttcli.rulepack.indicators import load_indicator_packs
from atttcli.rulepack.sigma_files import SigmaSettings, parse_placeholders
from atttcli.rulepack.sigma_nodes import CorrelationRule, SigmaRule
from atttcli.rulepack.yara import load_yara_rules
from atttcli.source import Input, ReadProblem, Sieve, SiftingSource, Source
from atttcli.sources.antivirus import FINDINGS, detection_of, joined
from atttcli.sources.logs.table import LOG_SOURCES
from atttcli.store.workspace import home, private_folder

if TYPE_CHECKING:  # loaded only where network rules are given
    from atttcli.engines.network_logs.engine import NetworkLogEngine

_HEAD = 64 * 1024
_BLOCK = 1024
_CERTAIN = 100  # no other reader is asked
_PROBLEMS_A_FILE = 20
_COMPRESSED = ("gz", "bz2", "xz", "zst")

Judged = tuple[Detection, Event | None] | EngineProblem


@dataclass(slots=True)
class LogRun:
    """Engines ready to judge logs; `files` and `events` count what was read."""

    correlation: CorrelationEngine
    indicators: IndicatorEngine | None
    yara: tuple[YaraEngine, ...]
    network: NetworkLogEngine | None
    zone: Any
    rule_ids: tuple[str, ...] = ()
    files: int = 0
    events: int = 0
    mapping: Source | None = None  # a reader that a person named; goes before those that it fits
    apart: list[tuple[Event, tuple[str, ...]]] | None = None  # what rules matched is put here instead of correlated
    _rules_sieve: Sieve | None = None
    _recent: dict[tuple[str, int | None], Event] = field(default_factory=dict)

    @classmethod
    def load(
        cls,
        rules: Sequence[Path],
        indicators: Sequence[Path],
        zone: str,
        tally: Tally,
        network: Sequence[Path] = (),
        variables: Mapping[str, str] | None = None,
        yara: Sequence[Path] = (),
        sigma_settings: SigmaSettings | None = None,
    ) -> LogRun:
        """Rules by their kind: Sigma files, YARA files (those for log text; all of `yara`), network rules (those that a log
        record can decide). Shipped packs, but no network rules, when nothing is named. UsageError for an unknown
        zone, InputError when no rule could be loaded."""
        try:
            place = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise UsageError(f"unknown time zone {zone!r}", hint="--source-tz Asia/Ho_Chi_Minh") from error
        shipped = not rules and not indicators and not network and not yara
        problems: list[Any] = []
        files = by_kind(rules or ([packaged("rules")] if shipped else []), problems)
        tally.rules(problems)
        countries = files["countries"] or by_kind([packaged("rules") / "sigma"])["countries"]
        ranges = CountryRanges.load(countries[0]) if countries else None
        sigma = load_correlation_rules(files["sigma"], sigma_settings or sigma_kept())
        correlation = CorrelationEngine(sigma, countries=ranges, findings=FINDINGS)
        tally.rules(correlation.problems)
        lists = load_indicator_packs([*indicators, *files["indicators"]])
        tally.rules(lists.problems)
        texts = [_yara(files["yara"], "log", tally), _yara(yara, "lines", tally)]
        settle()
        named = (f"{rule.namespace}:{rule.name}" for engine in texts if engine is not None for rule in engine.rules)
        return cls(
            correlation,
            IndicatorEngine(IndicatorIndex.build(lists.indicators)) if lists.indicators else None,
            tuple(engine for engine in texts if engine is not None),
            _network([*network, *(files["network"] if not shipped else ())], variables, tally),
            place,
            (*_ids(sigma), *named),
        )

    def judge(self, paths: Iterable[Path], progress: Callable[[str], None]) -> Iterator[Judged]:
        """Every match with its event (None for a burst whose event is long past), and every problem."""
        for item in walk(str(path) for path in paths):
            if isinstance(item, Outcome):
                if not item.harmless:
                    yield EngineProblem(Where(item.path), item.why)
                continue
            progress(item.path)
            yield from self._file(item)
        for found in self.correlation.finish():
            yield self.with_event(found)

    def _file(self, found: Found) -> Iterator[Judged]:
        try:
            fd, info = open_regular(found.name, found.dir_fd)
        except NotReadable as refused:
            yield EngineProblem(Where(found.path), refused.why)
            return
        with os.fdopen(fd, "rb") as raw:
            try:
                given = as_input(raw, found.path, info, self.zone)
                source = recognised(given, self.mapping)
                if source is None:
                    yield EngineProblem(Where(found.path), "no log that any reader knows; it was not judged")
                    return
                self.files += 1
                yield from self.records(source, given)
            except InputError as error:
                yield EngineProblem(error.where or Where(found.path), error.message)
            except (Damaged, Unsupported, OSError) as error:
                yield EngineProblem(Where(found.path), str(error) or "damaged")

    def records(self, source: Source, given: Input) -> Iterator[Judged]:
        """What the engines say of one input's events, and what could not be read of it."""
        origin = Origin("", given.path)
        problems = 0
        sieve = self._sieve()
        sifted = source.read_where(given, sieve) if sieve is not None and isinstance(source, SiftingSource) else None
        records = iter(sifted if sifted is not None else source.read(given))
        while batch := list(islice(records, _BLOCK)):
            for record in batch:
                if isinstance(record, ReadProblem):
                    problems += 1
                    if problems <= _PROBLEMS_A_FILE:
                        yield EngineProblem(Where(given.path, record.line, offset=record.offset), record.reason)
            events = [record for record in batch if isinstance(record, Event)]
            self.events += len(events) + batch.count(None)
            yield from self._block(events, origin)
        if problems > _PROBLEMS_A_FILE:
            yield EngineProblem(Where(given.path), f"{problems - _PROBLEMS_A_FILE} more lines could not be read")
        if count := given_up():
            reason = (
                f"{count} searches for regular expressions of rules met their limit: those rules may have missed events"
            )
            yield EngineProblem(Where(given.path), reason)

    def _sieve(self) -> Sieve | None:
        """What spares readers events that no rule concerns, where nothing but Sigma rules looks at events."""
        if self.indicators is not None or self.network is not None or self.yara:
            return None
        if self._rules_sieve is None:
            self._rules_sieve = self.correlation.sieve()
        return self._rules_sieve

    def _block(self, events: list[Event], origin: Origin) -> Iterator[Judged]:
        self._recent = {(origin.path, event.line): event for event in events}
        if self.apart is None:
            for found in self.correlation.feed_block(events, origin):
                yield self.with_event(found)
        else:
            self.apart += [(events[index], ids) for index, ids in self.correlation.matches(events)]
        for event in events:
            if event.category in FINDINGS and (said := detection_of(event, origin)) is not None:
                yield joined(said, self.correlation.judged(event, origin)), event
        if self.indicators is not None:
            for position, detection in self.indicators.match_events(events, origin):
                yield detection, events[position]
        if self.network is not None:
            for position, detection in self.network.match_events(events, origin):
                yield detection, events[position]
        for yara in self.yara if events else ():
            yield from self._text(yara, events, origin)

    def _text(self, yara: YaraEngine, events: list[Event], origin: Origin) -> Iterator[Judged]:
        lines = [event.raw.replace("\n", " ") for event in events]
        block = "\n".join(lines).encode("utf-8", "backslashreplace")
        for match in yara.match_text_block(block, 0):
            event = events[match.line]
            key = event.src_ip or event.host
            yield yara.detection(match.hit, origin.path, "", event.line, key), event

    def with_event(self, found: Detection | EngineProblem) -> Judged:
        """The finding with its event, if that is among the last that were read."""
        if isinstance(found, EngineProblem):
            return found
        return found, self._recent.get((found.origin.path, found.origin.line))


def _yara(paths: Sequence[Path], scope: str, tally: Tally) -> YaraEngine | None:
    if not paths:
        return None
    pack = load_yara_rules(paths, home() / "rules-cache", scope=scope)
    tally.rules(pack.problems)
    return YaraEngine(pack) if pack.rules else None


def sigma_kept(placeholders: Path | None = None, pipelines: Sequence[Path] = ()) -> SigmaSettings:
    """How Sigma rules are read here: parsed ones are kept in the private folder. InputError for a wrong file."""
    values: Mapping[str, Sequence[str]] = {}
    if placeholders is not None:
        try:
            with placeholders.open("rb") as stream:
                values = parse_placeholders(read_bounded(stream, MIB, Where(str(placeholders))), str(placeholders))
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror}", where=Where(str(placeholders))) from error
    return SigmaSettings(private_folder("rules-cache"), values, tuple(pipelines))


def _network(paths: Sequence[Path], variables: Mapping[str, str] | None, tally: Tally) -> NetworkLogEngine | None:
    if not paths:
        return None
    from atttcli.engines.network_logs.engine import NetworkLogEngine
    from atttcli.rulepack.network.load import load_network_rules

    pack = load_network_rules(paths, variables, home() / "rules-cache")
    tally.rules(pack.problems)
    return NetworkLogEngine(pack, variables=variables)


def _ids(pack: CorrelationPack) -> Iterator[str]:
    loaded: list[SigmaRule | CorrelationRule] = [*pack.rules, *pack.correlations]
    for rule in loaded:
        yield rule.meta.id or rule.meta.name


class _Spent(io.RawIOBase):
    """A decompressed stream from its first byte, paid for from the budget."""

    def __init__(self, source: InflatedStream, path: str, budget: Budget) -> None:
        super().__init__()
        self._source = source
        self._where = Where(path)
        self._budget = budget
        self._held = b""
        self._produced = 0

    def peek(self, size: int) -> bytes:
        """Up to `size` bytes that the next reads give again."""
        while len(self._held) < size and (piece := self._more(size)):
            self._held += piece
        return self._held[:size]

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; empty at the end."""
        if self._held:
            piece, self._held = (self._held[:size], self._held[size:]) if size > 0 else (self._held, b"")
            return piece
        return self._more(size)

    def readable(self) -> bool:
        return True

    def _more(self, size: int) -> bytes:
        piece = self._source.read(size)
        self._produced += len(piece)
        self._budget.spend_bytes(len(piece), self._where)
        self._budget.check_ratio(self._source.consumed, self._produced, self._where)
        return piece


def as_input(raw: Any, path: str, info: os.stat_result, zone: Any) -> Input:
    """The file as readers want it, decompressed when it is."""
    budget = Budget()
    head = raw.read(_HEAD)
    raw.seek(0)
    stream: Any = raw
    kind = archive_kind(head)
    if kind in _COMPRESSED:
        stream = _Spent(InflatedStream(raw, kind), path, budget)
        head = stream.peek(_HEAD)
    return Input(
        path,
        "",
        info.st_size,
        head,
        stream,
        modified=info.st_mtime_ns // 1000,
        file=Path(path),
        zone=zone,
        budget=budget,
    )


def recognised(given: Input, mapping: Source | None = None) -> Source | None:
    if mapping is not None and mapping.recognise(given):
        return mapping
    sure, best = 0, None
    for source in LOG_SOURCES:
        mine = source.recognise(given)
        if mine > sure:
            sure, best = mine, source
            if sure >= _CERTAIN:
                break
    return best


def as_json_object(found: Detection, event: Event | None) -> dict[str, Any]:
    """The stable form of one match (docs/json/detect-logs.schema.json)."""
    time = event.time if event is not None and event.time is not None else found.time
    made: dict[str, Any] = {
        "rule": found.rule_id,
        "title": found.title,
        "severity": found.severity.label,
        "engine": found.engine,
        "path": found.origin.path,
        "line": found.origin.line,
        "time": stamp(time),
        "tags": list(found.tags),
        "event": _event(event) if event is not None else _sample(found),
        "why": list(found.why),
    }
    if found.engine == "yara":
        made["strings"] = found.detail["strings"]
    if found.engine == "network":
        made["alert"] = found.detail["alert"]
    if "level" in found.detail and "matched" in found.detail:  # an indicator has matched too, without a level
        made["level"], made["matched"] = found.detail["level"], found.detail["matched"]
    if found.engine == "antivirus" and "rules" in found.detail:
        made["rules"] = found.detail["rules"]
    if found.engine == "correlation":
        names = ("group", "count", "threshold", "timespan", "sum", "values", "condition", "measured")
        made["burst"] = {name: found.detail[name] for name in names if name in found.detail}
    return made


def _sample(found: Detection) -> dict[str, Any] | None:
    """The event with which a burst crossed its threshold: it is long past when the burst is told, its place is known."""
    for sample in found.detail.get("samples", ()):
        if sample["line"] == found.origin.line and sample["path"] == found.origin.path:
            return {"line": sample["line"], "time": stamp(sample["time"])}
    return None


def _event(event: Event) -> dict[str, Any]:
    import msgspec

    made: dict[str, Any] = msgspec.to_builtins(event)
    made["time"] = stamp(event.time)
    return made


def stamp(micros: int | None) -> str | None:
    """A time in JSON; None for none, and for a crafted one that no calendar holds."""
    try:
        return rfc3339(micros) if micros is not None else None
    except (OverflowError, ValueError):
        return None
