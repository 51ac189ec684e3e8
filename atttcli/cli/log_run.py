"""The run behind `detect logs`: rules loaded, and the events of each log passed through the engines.

What one log gives (`file`, `log`) depends on nothing that was read before, so that copies of this process can share the logs;
what depends on all of them in order (`tell`: correlations, thresholds, how many problems of a file are told) is done once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from atttcli.cli.log_steps import Claimed, Failed, Fed, Present, Read, Shown, Step, Unread
from atttcli.cli.matching import Tally
from atttcli.engine import EngineProblem
from atttcli.engines.correlation import CorrelationEngine, CountryRanges
from atttcli.engines.sigma.pattern import given_up
from atttcli.errors import InputError, UsageError, Where, WorkspaceError
from atttcli.field.account import Outcome
from atttcli.field.walk import walk
from atttcli.limits import MIB, read_bounded
from atttcli.model.alert import Detection, Origin
from atttcli.model.event import Event
from atttcli.packaged import packaged
from atttcli.process.collector import expect_rules, settle
from atttcli.rulepack.catalogue import by_kind, listed
from atttcli.rulepack.correlation import CorrelationPack, load_correlation_rules
from atttcli.rulepack.sigma_files import SigmaSettings, parse_placeholders
from atttcli.rulepack.sigma_nodes import CorrelationRule, SigmaRule
from atttcli.source import Input, ReadProblem, Sieve, SiftingSource, Source
from atttcli.sources.antivirus import FINDINGS, detection_of, joined
from atttcli.sources.opening import PASSWORDS, UNREADABLE, opened, recognised
from atttcli.sources.opening import Unread as NotOpened
from atttcli.store.workspace import private_folder

if TYPE_CHECKING:  # each loaded where rules of its kind are given
    from atttcli.engines.indicators import IndicatorEngine
    from atttcli.engines.network_logs.engine import NetworkLogEngine
    from atttcli.engines.yara import YaraEngine

_BLOCK = 1024
_PROBLEMS_A_FILE = 20
_YOUNG = 200_000  # what is made ready for kinds of events as they come is to stay too
_CAPTURES = frozenset(map(bytes.fromhex, ("a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "0a0d0d0a")))  # pcap, pcapng

Told = Shown | EngineProblem


def _silent(_found: Detection, _event: Event | None) -> Shown | None:
    """Nobody asked to see findings."""
    return None


@dataclass(slots=True)
class LogRun:
    """Engines ready to judge logs; `files` and `events` count what was told. `present` makes a finding what is shown of it."""

    correlation: CorrelationEngine
    indicators: IndicatorEngine | None
    yara: tuple[YaraEngine, ...]
    network: NetworkLogEngine | None
    zone: Any
    rule_ids: tuple[str, ...] = ()
    files: int = 0
    events: int = 0
    passwords: Sequence[bytes] = PASSWORDS  # of archives
    mapping: Source | None = None  # a reader that a person named; goes before those that it fits
    present: Present = _silent
    _rules_sieve: Sieve | None = None
    _unread: Counter[str] = field(default_factory=Counter)
    _given_up: Counter[str] = field(default_factory=Counter)

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
        expect_rules()
        shipped = not rules and not indicators and not network and not yara
        problems: list[Any] = []
        settings = sigma_settings or sigma_kept()
        files = listed(rules or ([packaged("rules")] if shipped else []), problems, settings.cache)
        tally.rules(problems)
        countries = files.paths("countries") or by_kind([packaged("rules") / "sigma"])["countries"]
        ranges = CountryRanges.load(countries[0]) if countries else None
        sigma = load_correlation_rules(files.names["sigma"], settings, files.states)
        correlation = CorrelationEngine(sigma, countries=ranges, findings=FINDINGS)
        tally.rules(correlation.problems)
        lists = _indicators([*indicators, *files.paths("indicators")], tally)
        texts = [_yara(files.paths("yara"), "log", tally), _yara(yara, "lines", tally)]
        settle(_YOUNG)
        named = (f"{rule.namespace}:{rule.name}" for engine in texts if engine is not None for rule in engine.rules)
        return cls(
            correlation,
            lists,
            tuple(engine for engine in texts if engine is not None),
            _network([*network, *(files.paths("network") if not shipped else ())], variables, tally),
            place,
            (*_ids(sigma), *named),
        )

    def judge(self, paths: Iterable[Path], progress: Callable[[str], None]) -> Generator[Told, None, None]:
        """What is shown of every finding, and every problem."""
        for item in walk(str(path) for path in paths):
            if not isinstance(item, Outcome):
                progress(item.path)
                for step in self.file(item.path, item.name, item.dir_fd):
                    yield from self.tell(step)
            elif not item.harmless:
                yield EngineProblem(Where(item.path), item.why)
        yield from self.finish()

    def tell(self, step: Step) -> Iterator[Told]:
        """One step after the other, in the order of the logs."""
        if isinstance(step, (str, tuple)):
            yield step
        elif isinstance(step, Fed):
            for found in self.correlation.correlate(step.event, step.ids, Origin("", step.path)):
                yield from self._correlated(found)
        elif isinstance(step, Claimed):
            if self.network is not None and self.network.allows(step.claim):
                yield step.shown
        elif isinstance(step, Failed):
            yield step.problem
        elif isinstance(step, Unread):
            path = step.problem.where.path
            self._unread[path] += 1
            if self._unread[path] <= _PROBLEMS_A_FILE:
                yield step.problem
        else:
            yield from self._account(step)

    def finish(self) -> Iterator[Told]:
        """After the last log: what many events say that were still waiting for more."""
        for found in self.correlation.finish():
            yield from self._correlated(found)

    def _correlated(self, found: Detection | EngineProblem) -> Iterator[Told]:
        if isinstance(found, EngineProblem):
            yield found
        elif (shown := self.present(found, self.correlation.crossing)) is not None:
            yield shown

    def _account(self, end: Read) -> Iterator[Told]:
        self.files += end.files
        self.events += end.events
        if self.network is not None:
            self.network.add_counts(end.records, end.shapes)
        self._unread[end.path] += end.unread
        self._given_up[end.path] += end.given_up
        if not end.last:
            return
        if (more := self._unread.pop(end.path) - _PROBLEMS_A_FILE) > 0:
            yield EngineProblem(Where(end.path), f"{more} more lines could not be read")
        if count := self._given_up.pop(end.path):
            reason = (
                f"{count} searches for regular expressions of rules met their limit: those rules may have missed events"
            )
            yield EngineProblem(Where(end.path), reason)

    def file(self, path: str, name: str | None = None, dir_fd: int | None = None) -> Iterator[Step]:
        """A file, or each file in an archive."""
        for given in opened(path, self.zone, name, dir_fd, self.passwords):
            if isinstance(given, NotOpened):
                yield Failed(EngineProblem(Where(given.path), given.reason))
            elif not given.head:  # a log that was rotated a moment ago
                yield Read(given.path)
            elif (source := recognised(given, self.mapping)) is None:
                yield Failed(EngineProblem(Where(given.path), _no_log(given)))
            else:
                yield from self.log(source, given)

    def log(self, source: Source, given: Input, first: bool = True, last: bool = True) -> Iterator[Step]:
        """What the engines say of one input's events, and what could not be read of it."""
        end = Read(given.path, int(first), last=last)
        try:
            yield from self._records(source, given, end)
        except InputError as error:
            yield Failed(EngineProblem(error.where or Where(given.path), error.message))
        except UNREADABLE as error:
            yield Failed(EngineProblem(Where(given.path), str(error) or "damaged"))
        end.given_up = given_up()
        if self.network is not None:
            end.records, end.shapes = self.network.take_counts()
        yield end

    def _records(self, source: Source, given: Input, end: Read) -> Iterator[Step]:
        origin = Origin("", given.path)
        problems = 0
        sieve = self._sieve()
        sifted = source.read_where(given, sieve) if sieve is not None and isinstance(source, SiftingSource) else None
        records = iter(sifted if sifted is not None else source.read(given))
        while batch := list(islice(records, _BLOCK)):
            left = [record for record in batch if record is not None]
            events = [record for record in left if isinstance(record, Event)]
            end.events += len(events) + len(batch) - len(left)
            for record in left if len(left) > len(events) else ():
                if isinstance(record, ReadProblem):
                    problems += 1
                    where = Where(given.path, record.line, offset=record.offset)
                    if problems <= _PROBLEMS_A_FILE:
                        yield Unread(EngineProblem(where, record.reason))
                    else:
                        end.unread += 1
            if events:
                yield from self._block(events, origin)

    def _sieve(self) -> Sieve | None:
        """What spares readers events that no rule concerns, where nothing but Sigma rules looks at events."""
        if self.indicators is not None or self.network is not None or self.yara:
            return None
        if self._rules_sieve is None:
            self._rules_sieve = self.correlation.sieve()
        return self._rules_sieve

    def _block(self, events: list[Event], origin: Origin) -> Iterator[Step]:
        """In the order of the events, however they were put into blocks."""
        found = [(index, step) for index, ids in self.correlation.matches(events)
                 for step in self._matched(events[index], ids, origin)]  # fmt: skip
        alone = len(found)
        for index, event in enumerate(events):
            if event.category in FINDINGS and (said := detection_of(event, origin)) is not None:
                found += self._found(index, joined(said, self.correlation.judged(event, origin)), event)
        if self.indicators is not None:
            for index, detection in self.indicators.match_events(events, origin):
                found += self._found(index, detection, events[index])
        if self.network is not None:
            for index, detection, claim in self.network.claims(events, origin):
                for _index, shown in self._found(index, detection, events[index]):
                    found.append((index, Claimed(shown, claim) if self.network.is_limited(claim) else shown))
        for yara in self.yara:
            found += self._text(yara, events, origin)
        if len(found) > alone:
            found.sort(key=_place)
        for _index, step in found:
            yield step

    def _matched(self, event: Event, ids: tuple[str, ...], origin: Origin) -> Iterator[Step]:
        for detection in self.correlation.describe(event, ids, origin):
            if (shown := self.present(detection, event)) is not None:
                yield shown
        if self.correlation.is_correlated(ids):
            yield Fed(origin.path, event, ids)

    def _found(self, index: int, detection: Detection, event: Event) -> list[tuple[int, Shown]]:
        shown = self.present(detection, event)
        return [] if shown is None else [(index, shown)]

    def _text(self, yara: YaraEngine, events: list[Event], origin: Origin) -> Iterator[tuple[int, Shown]]:
        lines = [event.raw.replace("\n", " ") for event in events]
        block = "\n".join(lines).encode("utf-8", "backslashreplace")
        for match in yara.match_text_block(block, 0):
            event = events[match.line]
            key = event.src_ip or event.host
            yield from self._found(match.line, yara.detection(match.hit, origin.path, "", event.line, key), event)


def _no_log(given: Input) -> str:
    if given.head[:4] in _CAPTURES:
        return "a capture and no log: atttcli detect capture FILE"
    return "no log that any reader knows; it was not judged"


def _place(found: tuple[int, Step]) -> int:
    return found[0]


def _indicators(paths: Sequence[Path], tally: Tally) -> IndicatorEngine | None:
    if not paths:
        return None
    from atttcli.engines.indicators import IndicatorEngine, IndicatorIndex
    from atttcli.rulepack.indicators import load_indicator_packs

    lists = load_indicator_packs(paths)
    tally.rules(lists.problems)
    return IndicatorEngine(IndicatorIndex.build(lists.indicators)) if lists.indicators else None


def _yara(paths: Sequence[Path], scope: str, tally: Tally) -> YaraEngine | None:
    if not paths:
        return None
    from atttcli.engines.yara import YaraEngine
    from atttcli.rulepack.yara import load_yara_rules

    pack = load_yara_rules(paths, _cache(), scope=scope)
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
    return SigmaSettings(_cache(), values, tuple(pipelines))


def _cache() -> Path | None:
    """Where loaded rules are kept. Without a folder that may be written to they are read anew each time."""
    with suppress(WorkspaceError):
        return private_folder("rules-cache")
    return None


def _network(paths: Sequence[Path], variables: Mapping[str, str] | None, tally: Tally) -> NetworkLogEngine | None:
    if not paths:
        return None
    from atttcli.engines.network_logs.engine import NetworkLogEngine
    from atttcli.rulepack.network.load import load_network_rules

    pack = load_network_rules(paths, variables, _cache())
    tally.rules(pack.problems)
    return NetworkLogEngine(pack, variables=variables)


def _ids(pack: CorrelationPack) -> Iterator[str]:
    loaded: list[SigmaRule | CorrelationRule] = [*pack.rules, *pack.correlations]
    for rule in loaded:
        yield rule.meta.id or rule.meta.name
