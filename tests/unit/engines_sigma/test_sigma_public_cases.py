"""The public cases: SigmaHQ's regression events, event logs of attacks, pySigma's reading of rules. Needs ../shared/data."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from atttcli.engines.correlation import CorrelationEngine
from atttcli.engines.sigma.evaluate import compile_node
from atttcli.model.event import Event
from atttcli.rulepack.correlation import CorrelationPack, load_correlation_rules
from atttcli.rulepack.sigma_pipeline import translated
from atttcli.source import Input
from atttcli.sources.windows.evtx import Evtx
from atttcli.text import strict_yaml

DATA = Path("/work/shared/data/logs")
pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data"),
]
DISPUTED = {  # the files hold more matching events than their info.yml states; the peer counts as we do
    "8fbf3271-1ef6-4e94-8210-03c2317947f6": 3,
    "0b9ad457-2554-44c1-82c2-d56a99c42377": 3,
    "45e112d0-7759-4c2a-aa36-9f8fb79d3393": 3,
    "c7dcacd0-cc59-4004-b0a4-1d6cdebe6f3e": 2,
}
FALSE = ("3a9b8c1e-5b2e-4f7a-9d1c-2a7f3b6e1c55",)  # a rule on deletion of a key, which the peer meets on its creation


@pytest.fixture(scope="module")
def pack() -> CorrelationPack:
    return load_correlation_rules([DATA / "sigma/rules"])


def events(path: Path) -> Iterator[Event]:
    with path.open("rb") as stream:
        head = stream.read(65_536)
        stream.seek(0)
        for record in Evtx().read(Input(str(path), "", path.stat().st_size, head, stream)):
            if isinstance(record, Event):
                yield record


def cases() -> Iterator[tuple[str, Path, int | None]]:
    for info in sorted((DATA / "sigma/regression_data").rglob("info.yml")):
        said = strict_yaml.load(info.read_bytes(), str(info))
        for test in said.get("regression_tests_info") or ():
            if test["type"] == "evtx":
                yield said["rule_metadata"][0]["id"], DATA / "sigma" / test["path"], test.get("match_count")


def test_every_regression_case_fires_as_stated(pack: CorrelationPack) -> None:
    assert not [problem for problem in pack.problems if problem.refused]
    engine = CorrelationEngine(pack)
    wrong, judged = [], 0
    for rule, path, count in cases():
        found = sum(rule in ids for _, ids in engine.matches(list(events(path))))
        judged += 1
        wanted = DISPUTED.get(rule, count)
        if not found or (wanted and found != wanted):
            wrong.append((rule, wanted, found))
    assert judged >= 110 and not wrong, wrong


def test_the_peers_findings_on_event_logs_of_attacks(pack: CorrelationPack) -> None:
    """Of the rules at hand: all of the peer's Windows findings, and none of a rule for another product."""
    expected = json.loads((DATA / "evtx/EXPECTED-zircolite.json").read_text())
    products = {rule.meta.id: rule.logsource[1] for rule in pack.rules}
    engine = CorrelationEngine(pack)
    missed, judged = [], 0
    for path in sorted((DATA / "evtx").glob("*.evtx")):
        found = Counter(rule for _, ids in engine.matches(list(events(path))) for rule in ids)
        assert not [rule for rule in found if products[rule] not in ("windows", "")]
        for one in expected.get(path.name, ()):
            if products.get(one["id"]) == "windows" and one["id"] not in FALSE:
                judged += 1
                if found[one["id"]] < one["count"]:
                    missed.append((path.name, one["title"]))
    assert judged >= 20 and not missed, (judged, missed)


def test_each_rule_means_what_pysigma_reads(pack: CorrelationPack) -> None:
    """Our tree and pySigma's, translated, hold for the same regression events, and differ in no test."""
    from sigma.rule import SigmaRule as Peer

    seen = [event for _, path, _ in cases() for event in events(path)][:400]
    assert len(seen) > 100
    held = 0
    for rule in pack.rules:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            peer = translated(rule, Peer.from_yaml(Path(rule.meta.where.path).read_text(encoding="utf-8")))
        assert peer.logsource == rule.logsource
        ours, theirs = compile_node(rule.node), compile_node(peer.node)
        for event in seen:
            said = ours(event)
            held += said
            assert said is theirs(event), (rule.meta.title, event.raw[:300])
    assert held > 100
