"""Teams of one drill side by side. They share a rank unless more lies between them than one expectation can be worth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from atttcli.model.drill import Scenario, Score


@dataclass(frozen=True, slots=True)
class Standing:
    """A team's result. `rank` 0: not ranked (void, or not ended). `margin`: what one expectation can be worth of the total."""

    team: str
    code: str
    total: float
    rank: int
    margin: float
    score: Score


def margin_of(scenario: Scenario, found: Score) -> float:
    """The most that one expectation can change of the total out of 100."""
    points: dict[str, float] = {}
    largest: dict[str, float] = {}
    of: dict[tuple[str, str], float] = {}
    for line in found.lines:
        points[line.dim] = points.get(line.dim, 0.0) + line.points
        of[line.dim, line.expectation] = of.get((line.dim, line.expectation), 0.0) + line.points
    for (dim, _expectation), worth in of.items():
        largest[dim] = max(largest.get(dim, 0.0), worth)
    present = {dim: scenario.weights[dim] for dim in points if scenario.weights[dim]}
    whole = sum(present.values())
    return max((100 * present[dim] / whole * largest[dim] / points[dim] for dim in present), default=0.0)


def standings(teams: Iterable[tuple[str, str, Scenario, Score, bool]]) -> list[Standing]:
    """From (team, code, scenario, score, ended), best first; a rank begins where the gap to the first of the last is too wide."""
    given = sorted(teams, key=lambda one: (-one[3].total, one[0]))
    margin = max((margin_of(scenario, found) for _team, _code, scenario, found, _ended in given), default=0.0)
    standing: list[Standing] = []
    rank, first, place = 0, 0.0, 0
    for team, code, _scenario, found, ended in given:
        counts = ended and found.valid
        if counts:
            place += 1
            if rank == 0 or first - found.total > margin:
                rank, first = place, found.total
        standing.append(Standing(team, code, found.total, rank if counts else 0, margin, found))
    return standing
