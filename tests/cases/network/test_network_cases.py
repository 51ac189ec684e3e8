"""Every shipped network rule loads whole, and fires on its positive captures and on none of its negatives."""

from __future__ import annotations

import io
import re

import pytest

from atttcli.model.alert import Detection
from atttcli.packaged import packaged
from atttcli.rulepack.samples import RuleCase, iter_cases

FOLDER = packaged("rules") / "network"
CASES = [case for case in iter_cases(packaged("rules") / "cases" / "network") if case.engine == "network"]
SIDS = {
    int(found[1]): line
    for path in sorted(FOLDER.glob("*.rules"))
    for line in path.read_text("utf-8").splitlines()
    if (found := re.search(r"\bsid:(\d+);", line)) and not line.startswith("#")
}


def test_every_rule_has_a_case_and_whole_metadata() -> None:
    silent = {
        sid for sid, line in SIDS.items() if "flowbits:noalert" in line
    }  # tested by the rules that ask for the mark
    assert {str(sid) for sid in set(SIDS) - silent} == {case.rule for case in CASES}
    for sid, line in SIDS.items():
        assert 9_900_000 <= sid <= 9_999_999
        assert re.search(r"metadata:category (giamao|madoc|truycap|giaodien|mahoa), attack T\d{4}", line), sid
        assert "description_vi " in line and "classtype:" in line, sid


def test_case_has_both_kinds_of_samples() -> None:
    assert [case.rule for case in CASES if not (case.why and case.positives and case.negatives)] == []


def test_all_rules_load() -> None:
    network = pytest.importorskip("atttcli.rulepack.network")
    pack = network.load_network_rules(sorted(FOLDER.glob("*.rules")))
    assert pack.problems == ()
    assert len(pack.rules) == len(SIDS)


@pytest.fixture(scope="module")
def engine() -> object:
    engines = pytest.importorskip("atttcli.engines.network")
    rulepack = pytest.importorskip("atttcli.rulepack.network")
    if not hasattr(engines, "NetworkEngine"):
        pytest.skip("the network engine is not there yet")
    return engines.NetworkEngine(rulepack.load_network_rules(sorted(FOLDER.glob("*.rules"))))


def _fired(engine: object, data: bytes) -> set[str]:
    found = engine.scan_capture(io.BytesIO(data), "sample.pcap")  # type: ignore[attr-defined]
    return {item.rule_id.rpartition(":")[2] for item in found if isinstance(item, Detection)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_samples(engine: object, case: RuleCase) -> None:
    missed = [name for name, data in case.positives if case.rule not in _fired(engine, data)]
    false = [name for name, data in case.negatives if case.rule in _fired(engine, data)]
    assert (missed, false) == ([], [])
