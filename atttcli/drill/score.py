"""The score: a pure function of the scenario and of what the journal says. Every line cites the entries that it rests on.

Times are active time since the delivery of the inject, also for what follows on a detection: counted from the detection, who
detects early would be worse off. How the formulae go together stands in docs/decisions/0141.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from atttcli.drill.match import Met, Reader, is_not_applicable
from atttcli.drill.places import filled
from atttcli.drill.play import Play
from atttcli.drill.rulings import Rulings
from atttcli.model.drill import (
    DIMENSIONS,
    Expectation,
    GoalScore,
    Inject,
    Scenario,
    Score,
    ScoreLine,
)
from atttcli.text.fold import fold

LOGGED, LATER, LATE, DETECTED = 0.25, 0.5, 0.75, 1.0
_HALF, _OVER = 0.5, 0.75


@dataclass(frozen=True, slots=True)
class _Part:
    """One line before it is written: which share of the points, what it is worth."""

    name: str
    share: float
    value: float
    reason: str
    took: int = -1
    entries: tuple[int, ...] = ()
    disagreed: str = ""


def time_score(took: int, target: int, limit: int) -> float:
    """1 up to the target, 0 from the limit on, a straight line between; without a target always 1."""
    if target <= 0 or took <= target:
        return 1.0
    if took >= limit:
        return 0.0
    return 1.0 - (took - target) / (limit - target)


def score(scenario: Scenario, play: Play) -> Score:
    """The score as it stands."""
    reader, rulings = Reader(scenario, play), Rulings(scenario, play, time_score)
    unscripted = scenario.format == "log"
    lines = tuple(_overridden(line, play) for line in (rulings.lines() if unscripted else _lines(scenario, reader)))
    positives, false_alarms, missed = rulings.alarms(lines) if unscripted else _alarms(scenario, reader)
    dims = tuple((dim, _dimension(dim, lines, positives, false_alarms, missed)) for dim in DIMENSIONS)
    return Score(
        lines=lines,
        dims=dims,
        total=_total(scenario, dims),
        goals=tuple(_goal(one.id, lines, scenario) for one in scenario.goals),
        coverage=_means(rulings.coverage(lines) if unscripted else _coverage(scenario, reader)),
        true_positives=positives,
        false_positives=false_alarms,
        false_negatives=missed,
        f2=f2(positives, false_alarms, missed),
        gates=tuple(dict.fromkeys((*(note.gate for note in play.gates), *play.breaches))),
    )


def _lines(scenario: Scenario, reader: Reader) -> Iterator[ScoreLine]:
    """Lines of every expectation whose inject reached the team."""
    for inject in scenario.injects:
        if reader.delivery(inject.id) is None:
            continue
        for expectation in inject.expects:
            if is_not_applicable(expectation.kind, reader.answer(expectation)):
                continue
            for part in _PARTS[expectation.kind](reader, inject, expectation):
                yield ScoreLine(
                    id=expectation.id + part.name,
                    expectation=expectation.id,
                    inject=inject.id,
                    goal=expectation.goal,
                    dim=expectation.dim,
                    points=expectation.points * part.share,
                    value=part.value,
                    reason=part.reason,
                    took=part.took,
                    target=expectation.target,
                    limit=expectation.limit,
                    entries=tuple(dict.fromkeys(part.entries)),
                    disagreed=part.disagreed,
                )


def _overridden(line: ScoreLine, play: Play) -> ScoreLine:
    """The controller's ruling over what was computed; who ruled and why stand in the entry."""
    ruling = play.overrides.get(line.id)
    if ruling is None:
        return line
    from dataclasses import replace

    said = f"{ruling['by']}: {ruling.get('reason', '')}"
    return replace(
        line, value=float(ruling["value"]), reason="ruled", overridden=said, entries=(*line.entries, int(ruling["seq"]))
    )


def _timing(met: Met | None, expectation: Expectation) -> tuple[float, str]:
    if met is None:
        return 0.0, "never"
    value = time_score(met.took, expectation.target, expectation.limit)
    return value, "on-time" if value == 1.0 else "late" if value else "too-late"


def detection_step(reader: Reader, expectation: Expectation) -> tuple[float, str, Met | None]:
    """The five steps: missed, logged only, found later, read late, detected; what the tool alone saw is `logged`."""
    met = reader.detected(expectation)
    if met is None:
        return (LOGGED, "logged", None) if reader.alerts(expectation.inject) else (0.0, "missed", None)
    if expectation.target <= 0 or met.took < expectation.limit:
        fraction = time_score(met.took, expectation.target, expectation.limit)
        value = LATE + (DETECTED - LATE) * fraction
        return value, "on-time" if fraction == 1.0 else "late", met
    if reader.contained_before(met):
        return LATER, "found-later", met
    return LATE, "too-late", met


def _detect(reader: Reader, inject: Inject, expectation: Expectation) -> Iterator[_Part]:
    """What the tool logged and nobody read is the tool's merit: it shows in the coverage, not in the team's points."""
    value, reason, met = detection_step(reader, expectation)
    delivery = reader.delivery(inject.id)
    assert delivery is not None
    if met is None:
        yield _Part("", 1, 0.0, reason, entries=(delivery.seq,))
    else:
        yield _Part("", 1, value, reason, met.took, met.entries)


def _dismiss(reader: Reader, inject: Inject, expectation: Expectation) -> Iterator[_Part]:
    delivery = reader.delivery(inject.id)
    assert delivery is not None
    wrong = reader.false_alarm(expectation)
    if wrong is not None:
        yield _Part("", 1, 0.0, "false-alarm", entries=(delivery.seq, wrong.seq))
        return
    met = reader.dismissed(expectation)
    value, reason = _timing(met, expectation)
    yield _Part("", 1, value, reason, met.took if met else -1, met.entries if met else (delivery.seq,))


def class_score(expectation: Expectation, inject: Inject, category: str, severity: str) -> float:
    """1 for the same class and severity; one level too low 0.5, one too high 0.75; 0 else."""
    truth = inject.truth
    wanted = expectation.category or (truth.category if truth else "")
    level = expectation.severity or (truth.severity if truth else "")
    if not category or category != wanted:
        return 0.0
    if not level or severity == level:
        return 1.0
    if not (severity[1:].isdigit() and level[1:].isdigit()):
        return 0.0
    apart = int(severity[1:]) - int(level[1:])  # M1 is the gravest
    return {1: _HALF, -1: _OVER}.get(apart, 0.0)


def _classify(reader: Reader, inject: Inject, expectation: Expectation) -> Iterator[_Part]:
    category, severity, met = reader.classified(expectation)
    delivery = reader.delivery(inject.id)
    assert delivery is not None
    value = class_score(expectation, inject, category, severity) if met else 0.0
    reason = "never" if met is None else "right" if value == 1.0 else "partly" if value else "wrong"
    entries = met.entries if met else (delivery.seq,)
    took = met.took if met else -1
    yield _Part(".class", _HALF, value, reason, took, entries)
    fraction, said = _timing(met, expectation)
    yield _Part(".time", _HALF, fraction if value else 0.0, said if value else reason, took, entries)


def _done(reader: Reader, inject: Inject, expectation: Expectation) -> Iterator[_Part]:
    """A measure, a step of the playbook, an exhibit: time, order and evidence multiply."""
    met = reader.met(expectation)
    delivery = reader.delivery(inject.id)
    assert delivery is not None
    if met is None:
        yield _Part("", 1, 0.0, "never", entries=(delivery.seq,))
        return
    value, reason = _timing(met, expectation)
    entries = met.entries
    if not _in_order(reader, expectation, met):
        value, reason = value * _HALF, "out-of-order"
    if expectation.evidence:
        shown, cited = reader.has_evidence(expectation, met)
        entries += cited
        if not shown:
            value, reason = value * _HALF, "no-evidence"
    grade, apart, graded = reader.graded(expectation)
    if grade is not None and grade < 1:
        value, reason = value * grade, "partly" if grade else "wrong"
    yield _Part("", 1, value, reason, met.took, (*entries, *graded), apart)


def _in_order(reader: Reader, expectation: Expectation, met: Met) -> bool:
    for name in expectation.after:
        other = reader.scenario.expectation(name)
        if other is None or reader.delivery(other.inject) is None:
            continue
        before = reader.achieved(other)
        if before is None or before.rank > met.rank:
            return False
    return True


def _report(reader: Reader, inject: Inject, expectation: Expectation) -> Iterator[_Part]:
    met = reader.met(expectation)
    delivery = reader.delivery(inject.id)
    assert delivery is not None
    if met is None:
        yield _Part(".time", _HALF, 0.0, "never", entries=(delivery.seq,))
        yield _Part(".quality", _HALF, 0.0, "never", entries=(delivery.seq,))
        return
    quality, reason = _quality(reader, expectation, met)
    grade, apart, graded = reader.graded(expectation)
    if grade is not None:
        quality, reason = grade, "right" if grade == 1 else "partly" if grade else "wrong"
    value, said = _timing(met, expectation)
    entries = (*met.entries, *graded)
    yield _Part(".time", _HALF, value if quality else 0.0, said if quality else reason, met.took, entries)
    yield _Part(".quality", _HALF, quality, reason, met.took, entries, apart)


def _quality(reader: Reader, expectation: Expectation, met: Met) -> tuple[float, str]:
    """Share of the fields that are filled, and true where the truth is known; halved when it went to the wrong reader."""
    places = reader.play.planned.get("places", {})
    told = met.action.data.get("fields") if met.action.kind == "answered" else reader.facts(expectation, met.action)
    told = told or {}
    right = [name for name, truth in expectation.fields if _is_true(told.get(name), filled(truth, places))]
    value = len(right) / len(expectation.fields) if expectation.fields else 1.0
    addressee = str(met.action.data.get("addressee") or "")
    if met.action.kind == "answered" and expectation.addressee and fold(addressee) != fold(expectation.addressee):
        return value * _HALF, "wrong-addressee"
    return value, "right" if value == 1.0 else "partly" if value else "wrong"


def _is_true(given: object, truth: str) -> bool:
    text = fold(str(given if given is not None else "").strip())
    if not text:
        return False
    return not truth or text in [fold(one.strip()) for one in truth.split("|")]


def _decision(reader: Reader, inject: Inject, expectation: Expectation) -> Iterator[_Part]:
    given = reader.answer(expectation)
    delivery = reader.delivery(inject.id)
    assert delivery is not None
    if given is None:
        yield _Part("", 1, 0.0, "never", entries=(delivery.seq,))
        return
    grade, apart, graded = reader.graded(expectation)
    ruled = grade is not None or bool(expectation.options)
    if grade is None:
        choice = given.data.get("choice")
        grade = next((one.grade for one in expectation.options if one.id == choice), 0.0)
    met = reader._made(expectation, given)
    value, _reason = _timing(met, expectation)
    reason = "right" if grade == 1 else "partly" if grade else "wrong" if ruled else "unruled"
    yield _Part("", 1, grade * value, reason, met.took, (*met.entries, *graded), apart)


_PARTS: dict[str, Callable[[Reader, Inject, Expectation], Iterator[_Part]]] = {
    "detect": _detect, "dismiss": _dismiss, "classify": _classify, "contain": _done, "step": _done, "evidence": _done,
    "report": _report, "decision": _decision,
}  # fmt: skip


def _alarms(scenario: Scenario, reader: Reader) -> tuple[int, int, int]:
    """True alarms, false alarms and what was missed, counted by inject."""
    positives = false_alarms = missed = 0
    for inject in scenario.injects:
        if reader.delivery(inject.id) is None:
            continue
        for expectation in inject.expects:
            if expectation.kind == "detect":
                found = reader.detected(expectation) is not None
                positives, missed = positives + found, missed + (not found)
            elif expectation.kind == "dismiss":
                false_alarms += reader.false_alarm(expectation) is not None
    return positives, false_alarms, missed


def f2(positives: int, false_alarms: int, missed: int) -> float | None:
    """F2 of precision and recall: missing costs more than crying wolf. None when there was nothing to find."""
    if positives + missed == 0:
        return None
    return 5 * positives / (5 * positives + 4 * missed + false_alarms)


def _dimension(dim: str, lines: tuple[ScoreLine, ...], positives: int, false_alarms: int, missed: int) -> float | None:
    value = _mean([line for line in lines if line.dim == dim])
    if dim != "detect" or value is None:
        return value
    alarms = f2(positives, false_alarms, missed)
    return value if alarms is None else (value + alarms) / 2


def _mean(lines: list[ScoreLine]) -> float | None:
    points = sum(line.points for line in lines)
    return sum(line.points * line.value for line in lines) / points if points else None


def _total(scenario: Scenario, dims: tuple[tuple[str, float | None], ...]) -> float:
    present = [(scenario.weights[dim], value) for dim, value in dims if value is not None and scenario.weights[dim]]
    weight = sum(one for one, _value in present)
    return 100 * sum(one * value for one, value in present) / weight if weight else 0.0


def letter(value: float | None, missed: tuple[str, ...]) -> str:
    """P, S, M or U (HSEEP); empty when nothing was reached."""
    if value is None:
        return ""
    if missed or value < 50:
        return "U"
    return "P" if value >= 85 - 1e-9 else "S" if value >= 70 - 1e-9 else "M"


def _goal(goal: str, lines: tuple[ScoreLine, ...], scenario: Scenario) -> GoalScore:
    own = [line for line in lines if line.goal == goal]
    critical = {one.id for one in scenario.expectations if one.critical}
    missed = tuple(dict.fromkeys(line.expectation for line in own if line.expectation in critical and not line.value))
    mean = _mean(own)
    value = None if mean is None else 100 * mean
    return GoalScore(goal, value, letter(value, missed), len({line.expectation for line in own}), missed)


def _means(found: dict[str, list[float]]) -> tuple[tuple[str, float | None], ...]:
    """Technique -> mean; None where nothing carried it: untested."""
    return tuple((code, sum(steps) / len(steps) if steps else None) for code, steps in sorted(found.items()))


def _coverage(scenario: Scenario, reader: Reader) -> dict[str, list[float]]:
    """Technique -> the five steps of each inject that carries it and was delivered."""
    found: dict[str, list[float]] = {code: [] for code in scenario.techniques}
    for inject in scenario.injects:
        codes = inject.truth.attack if inject.truth else ()
        wanted = next((one for one in inject.expects if one.kind == "detect"), None)
        for code in codes:
            steps = found.setdefault(code, [])
            if wanted is not None and reader.delivery(inject.id) is not None:
                steps.append(detection_step(reader, wanted)[0])
    return found
