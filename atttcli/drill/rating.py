"""What people think of an answer: raters' grades and the votes round a table. Pure; writing them down is `judging`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from atttcli.model.drill import Action, Expectation, Grade

APART = 1.0  # two raters this far apart do not agree at all
VALUES = (0.0, 0.5, 1.0)


def verdict(grades: Iterable[Grade]) -> tuple[float | None, str]:
    """The mean of what the raters gave, None where nobody did; and who is a whole grade apart, empty when they agree."""
    given = sorted(grades, key=lambda one: (one.value, one.rater))
    if not given:
        return None, ""
    mean = sum(one.value for one in given) / len(given)
    low, high = given[0], given[-1]
    if high.value - low.value < APART:
        return mean, ""
    return mean, f"{low.rater} {low.value:g}, {high.rater} {high.value:g}"


def grades_of(answer: Action | None, given: Mapping[str, Grade]) -> list[Grade]:
    """Grades of one expectation; the one that was entered together with the answer is a grade of who entered it."""
    found = dict(given)
    if answer is not None and answer.data.get("grade") is not None and answer.actor not in found:
        text = str(answer.data.get("text") or "")
        found[answer.actor] = Grade(answer.actor, float(answer.data["grade"]), text, answer.seq)
    return list(found.values())


def tally(votes: Iterable[Action]) -> tuple[dict[str, int], Action | None]:
    """Option -> votes, and the last that counted. Whoever votes again has changed his mind; so has a table counted anew."""
    latest = dict[str, Action]()
    for one in sorted(votes, key=lambda one: one.seq):
        latest[str(one.data.get("who") or "")] = one
    counts: dict[str, int] = {}
    for one in latest.values():
        for name, number in dict(one.data.get("votes") or {}).items():
            counts[str(name)] = counts.get(str(name), 0) + int(number)
    counts = {name: number for name, number in counts.items() if number > 0}
    last = max(latest.values(), key=lambda one: (one.at, one.seq), default=None)
    return counts, last if counts else None


def voted(expectation: Expectation, votes: Iterable[Action]) -> Action | None:
    """The table's decision as an answer, given when its last vote was. A tie is the lower of the tied options."""
    counts, last = tally(votes)
    if last is None:
        return None
    most = max(counts.values())
    grades = {one.id: one.grade for one in expectation.options}
    tied = sorted((grades.get(name, 0.0), name) for name, number in counts.items() if number == most)
    data: dict[str, Any] = {"expectation": expectation.id, "choice": tied[0][1], "votes": counts, "tie": len(tied) > 1}
    return Action("answered", last.seq, last.at, last.active, last.scenario, last.actor, last.object, data)
