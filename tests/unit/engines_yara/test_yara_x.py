"""YARA-X finds what YARA finds, from a process that may be lost over any file."""

from pathlib import Path

import pytest

from atttcli.field.match import Matcher, MatchFailed, Subject
from atttcli.packaged import packaged
from atttcli.process.worker import Worker, WorkerLost
from atttcli.rulepack.samples import iter_cases
from atttcli.rulepack.yara import checked_sources, load_yara_rules


@pytest.fixture(scope="module")
def other():
    pytest.importorskip("yara_x")
    from atttcli.engines.yara_x import YaraXMatcher

    sources, rules, _problems = checked_sources([packaged("rules") / "yara"], "file")
    matcher = YaraXMatcher(sources, {f"{rule.namespace}:{rule.name}" for rule in rules}, ["no_such_rule"])
    yield matcher
    matcher.close()


CASES = [case for case in iter_cases(packaged("rules") / "cases" / "yara") if case.engine == "yara"]


def told(hits):
    # Where, not how long: the two take another of several possible lengths of a regular expression.
    return sorted(
        (hit.namespace, hit.rule, hit.tags, sorted((s.identifier, s.offset) for s in hit.strings)) for hit in hits
    )


def test_our_rules_find_the_same_in_their_samples(other):
    pack = load_yara_rules([packaged("rules") / "yara"], scope="file")
    matcher = Matcher(pack.compiled, only={f"{rule.namespace}:{rule.name}" for rule in pack.rules})
    assert other.refused() == ()
    hits = 0
    for case in CASES:
        for name, data in [*case.positives, *case.negatives]:
            expected = told(matcher.match(data, Subject(name)))
            hits += len(expected)
            assert told(other.match(data, Subject(name))) == expected, (case.rule, name)
    assert hits > 20


def test_a_lost_worker_costs_one_file(other):
    note = next(data for case in CASES if not case.rule.startswith("log_") for _name, data in case.positives)
    before = other.match(note, Subject("x.php"))
    worker = other._worker()
    worker._process.kill()
    worker._process.wait()
    assert before
    lost = other.match(note, Subject("x.php"))
    assert isinstance(lost, MatchFailed)
    assert told(other.match(note, Subject("x.php"))) == told(before)


@pytest.fixture
def odd(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))
    worker = Worker("tests.support.odd_worker", b"hello")
    yield worker
    worker.close()


def test_a_worker_answers_in_order(odd):
    assert [odd.ask(b"ab", b"c", seconds=20) for _question in range(3)] == [b"cba"] * 3


@pytest.mark.parametrize(("question", "said"), [(b"hang", "no answer in 1 s"), (b"die", "ended with 9")])
def test_a_worker_that_hangs_or_dies_is_replaced(odd, question, said):
    with pytest.raises(WorkerLost, match=said):
        odd.ask(question, seconds=1 if question == b"hang" else 20)
    assert odd.ask(b"xy", seconds=20) == b"yx"


def test_a_worker_that_reads_nothing_more_does_not_hang_us(odd):
    odd.ask(b"x", seconds=20)
    with pytest.raises(WorkerLost):
        odd.ask(b"hang", seconds=1)
    assert odd.ask(bytes(20_000_000), seconds=60) == bytes(20_000_000)
