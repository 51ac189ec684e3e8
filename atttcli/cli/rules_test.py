"""Running the samples of rules: every case through the engine that its rule is for."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atttcli.errors import InputError
from atttcli.model.alert import Detection, Origin
from atttcli.rulepack.catalogue import by_kind
from atttcli.rulepack.samples import RuleCase, read_case

Fired = Callable[[str, bytes], set[str]]  # a sample's name and bytes to the ids of the rules that matched
_FIXED_TIME = 1_800_000_000_000_000  # what stamps without a year are read by: a case gives the same on every day


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case run. `faults` is empty when every positive matched and no negative did."""

    engine: str
    rule: str
    path: str
    positives: int = 0
    negatives: int = 0
    faults: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.faults

    def to_json(self) -> dict[str, Any]:
        """The stable form (docs/json/rules-test.schema.json)."""
        return {
            "engine": self.engine,
            "rule": self.rule,
            "case": self.path,
            "positives": self.positives,
            "negatives": self.negatives,
            "passed": self.passed,
            "faults": list(self.faults),
        }


def run_cases(places: Sequence[Path]) -> Iterator[CaseResult]:
    """Every case below `places`, judged by the rules below them; a case that cannot be read is a failed one."""
    files = by_kind(places)
    engines: dict[str, Fired] = {}
    for place in places:
        for path in sorted(place.rglob("case.yaml")):
            try:
                case = read_case(path.parent)
                yield _judged(case, _engine(case, files, engines))
            except InputError as error:
                yield CaseResult("", "", str(error.where or path), faults=(error.message,))


def _judged(case: RuleCase, fired: Fired) -> CaseResult:
    faults = [f"{name} did not match" for name, data in case.positives if case.rule not in fired(name, data)]
    faults += [f"{name} matched" for name, data in case.negatives if case.rule in fired(name, data)]
    return CaseResult(case.engine, case.rule, str(case.path), len(case.positives), len(case.negatives), tuple(faults))


def _engine(case: RuleCase, files: dict[str, list[Path]], made: dict[str, Fired]) -> Fired:
    name = "sigma" if case.engine == "correlation" else case.engine
    if name not in _MAKERS:
        raise InputError(f"no engine {case.engine!r} runs cases", hint="yara, network, sigma, correlation, indicators")
    if name not in made:
        made[name] = _MAKERS[name](files)
    return made[name]


def _yara(files: dict[str, list[Path]]) -> Fired:
    from atttcli.engines.yara import YaraEngine
    from atttcli.rulepack.yara import load_yara_rules

    engine = YaraEngine(load_yara_rules(files["yara"]))

    def fired(name: str, data: bytes) -> set[str]:
        found = engine.match_data(data, filepath=name)
        return {str(one.detail["rule"]) for one in found} if isinstance(found, list) else set()

    return fired


def _network(files: dict[str, list[Path]]) -> Fired:
    from atttcli.engines.network import NetworkEngine
    from atttcli.rulepack.network import load_network_rules

    engine = NetworkEngine(load_network_rules(files["network"]))

    def fired(name: str, data: bytes) -> set[str]:
        results = engine.scan_capture(io.BytesIO(data), name)
        return {one.rule_id.partition(":")[2] for one in results if isinstance(one, Detection)}

    return fired


def _sigma(files: dict[str, list[Path]]) -> Fired:
    from atttcli.engines.correlation import CorrelationEngine, CountryRanges
    from atttcli.rulepack.correlation import load_correlation_rules

    pack = load_correlation_rules(files["sigma"])
    countries = CountryRanges.load(files["countries"][0]) if files["countries"] else None
    engine = CorrelationEngine(pack, countries=countries)

    def fired(name: str, data: bytes) -> set[str]:
        engine.begin_anew()
        results = engine.scan((Origin(path=name), event) for event in _events(name, data))
        return {one.rule_id for one in results if isinstance(one, Detection)}

    return fired


def _indicators(files: dict[str, list[Path]]) -> Fired:
    import hashlib

    from atttcli.engines.indicators import IndicatorEngine, IndicatorIndex
    from atttcli.rulepack.indicators import load_indicator_packs

    engine = IndicatorEngine(IndicatorIndex.build(load_indicator_packs(files["indicators"]).indicators))

    def fired(name: str, data: bytes) -> set[str]:
        md5, sha1 = hashlib.md5(data), hashlib.sha1(data)  # noqa: S324 - names of files, not secrets
        found = list(engine.match_hashes(md5.hexdigest(), sha1.hexdigest(), hashlib.sha256(data).hexdigest()))
        found += [one for _position, one in engine.match_events(list(_events(name, data)))]
        values = {(str(value.type), value.value) for one in found for value in one.observables}
        return {one.rule_id for one in found} | {f"{kind}:{value}" for kind, value in values} | {v for _, v in values}

    return fired


def _events(name: str, data: bytes) -> Iterator[Any]:
    from atttcli.model.event import Event
    from atttcli.source import Input
    from atttcli.sources.logs.table import LOG_SOURCES

    given = Input(name, "", len(data), data[:65536], io.BytesIO(data), modified=_FIXED_TIME)
    source = max(LOG_SOURCES, key=lambda one: one.recognise(given))
    if source.recognise(given):
        given.stream.seek(0)
        yield from (record for record in source.read(given) if isinstance(record, Event))


_MAKERS: dict[str, Callable[[dict[str, list[Path]]], Fired]] = {
    "yara": _yara,
    "network": _network,
    "sigma": _sigma,
    "indicators": _indicators,
}
