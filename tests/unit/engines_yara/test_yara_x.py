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


def test_memory_lent_to_a_worker_that_was_lost_is_free_again(odd):
    buffer = bytearray(8_000_000)
    view = memoryview(buffer)
    assert odd.ask(b"deaf", seconds=20) == b"faed"
    with pytest.raises(WorkerLost):
        odd.ask(b"slow", view, seconds=0.3)
    view.release()
    buffer.append(0)  # BufferError while anybody still holds it
    assert odd.ask(b"xy", seconds=20) == b"yx"


def test_what_a_worker_used_is_known_also_when_it_is_gone(odd):
    odd.ask(bytes(5_000_000), seconds=20)
    used = odd.spent
    with pytest.raises(WorkerLost):
        odd.ask(b"die", seconds=20)
    odd.ask(b"x", seconds=20)
    assert odd.spent >= used > 0


@pytest.mark.parametrize("answer", [b"", b"{", b"17", b"[[1]]", b'[["a"]]', b"null", b'[{"a":1}]', b"\xff"])
def test_a_worker_that_was_taken_over_may_answer_anything(other, monkeypatch, answer):
    monkeypatch.setattr(Worker, "ask", lambda *_words, **_options: answer)
    assert isinstance(other.match(b"x", Subject("x")), MatchFailed)


def test_two_threads_each_have_a_worker_and_lose_only_their_own(other):
    from concurrent.futures import ThreadPoolExecutor

    samples = [(name, data) for case in CASES for name, data in case.positives][:12]
    expected = [told(other.match(data, Subject(name))) for name, data in samples]

    def judge(at):
        if at % 7 == 3:
            other.match(b"", Subject("x"))  # the last file may have cost this thread its worker
            other._worker()._process.kill()
            return None if isinstance(other.match(samples[at][1], Subject("x")), MatchFailed) else "judged"
        return told(other.match(samples[at][1], Subject(samples[at][0])))

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(judge, range(12))) == [None if at % 7 == 3 else expected[at] for at in range(12)]
