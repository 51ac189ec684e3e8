"""Every rule of the shipped Sigma pack against its own samples, through the log readers, as people will use them."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from atttcli.engines.correlation import CorrelationEngine, CountryRanges
from atttcli.model.alert import Detection, Origin
from atttcli.model.event import Event
from atttcli.packaged import packaged
from atttcli.rulepack.correlation import load_correlation_rules
from atttcli.rulepack.samples import RuleCase, iter_cases
from atttcli.source import Input
from atttcli.sources.logs.table import LOG_SOURCES

RULES = packaged("rules")
PACK = load_correlation_rules([RULES / "sigma"])
COUNTRIES = CountryRanges.load(RULES / "sigma" / "countries.sample.csv")
CASES = list(iter_cases(RULES / "cases" / "sigma"))
ENGINE = CorrelationEngine(PACK, countries=COUNTRIES)


def events_of(data: bytes, name: str = "sample.log") -> list[Event]:
    given = Input(name, "", len(data), data[:65536], io.BytesIO(data), modified=1_800_000_000_000_000)
    source = max(LOG_SOURCES, key=lambda one: one.recognise(given))
    given.stream.seek(0)
    return [record for record in source.read(given) if isinstance(record, Event)]


def fired(data: bytes) -> dict[str, list[Detection]]:
    ENGINE.begin_anew()
    found: dict[str, list[Detection]] = {}
    for item in list(ENGINE.scan((Origin(path="sample.log"), event) for event in events_of(data))):
        assert isinstance(item, Detection), item
        found.setdefault(item.rule_id, []).append(item)
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_rule_meets_its_samples(case: RuleCase) -> None:
    for name, data in case.positives:
        found = fired(data)
        assert case.rule in found, (name, sorted(found))
        assert found[case.rule][0].engine == case.engine
    assert case.negatives
    for name, data in case.negatives:
        assert case.rule not in fired(data), name


@pytest.mark.parametrize("case", [case for case in CASES if case.engine == "correlation"], ids=lambda case: case.rule)
def test_a_burst_is_one_alert(case: RuleCase) -> None:
    for _, data in case.positives:
        assert len(fired(data)[case.rule]) == 1


def test_every_rule_that_alerts_has_a_case() -> None:
    loud = {rule.meta.id for rule in PACK.rules if not rule.silent} | {
        rule.meta.id for rule in PACK.correlations if not rule.silent
    }
    assert loud == {case.rule for case in CASES}


def test_pack_loads_without_a_word() -> None:
    assert not ENGINE.problems


def test_an_engine_that_begins_anew_is_as_just_built() -> None:
    for case in CASES:
        if case.engine == "correlation":
            for _, data in case.positives:  # an engine that is left in the middle, too
                list(ENGINE.feed((Origin(path="sample.log"), event) for event in events_of(data)))
    fresh = CorrelationEngine(PACK, countries=COUNTRIES)
    _, data = next(case for case in CASES if case.rule == "attt-auth-0010").positives[0]
    items = [(Origin(path="sample.log"), event) for event in events_of(data)]
    ENGINE.begin_anew()
    assert list(ENGINE.scan(items)) == list(fresh.scan(items))
    assert list(ENGINE.learned()) == list(fresh.learned())


def test_every_loud_rule_speaks_vietnamese_and_names_an_incident_type() -> None:
    types = {"tcdv", "giamao", "madoc", "truycap", "giaodien", "mahoa", "phahoai", "nghetrom", "tonghop", "khac"}
    for rule in (*PACK.rules, *PACK.correlations):
        if not rule.silent:
            assert rule.meta.title_vi != rule.meta.title, rule.meta.id
            assert rule.meta.category in types, rule.meta.id


def test_rebuilt_samples_are_the_ones_that_stand_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    folder = Path(__file__).resolve().parents[2] / "cases" / "sigma"
    monkeypatch.syspath_prepend(str(folder))  # as for a script that is run there: builders use each other
    names = [path.stem for path in sorted(folder.glob("*.py"))]
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)  # `build` is a package of others too
    builders = [importlib.import_module(name) for name in names]
    for module in builders:
        monkeypatch.setattr(module, "OUT", tmp_path, raising=False)
    for module in builders:
        module.main()
    here = {file.relative_to(tmp_path): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    there = RULES / "cases" / "sigma"
    assert here
    for name, data in here.items():
        assert (there / name).read_bytes() == data, name
