"""Readers against crowdsec, fail2ban and Wazuh, by family (../shared/data; skipped, visibly, where it is absent).

`python bench/readers_conformance.py --only FAMILY` prints the same with every expectation that is not met.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache

import pytest

from tests.support.log_conformance import (
    DATA,
    DECODERS,
    GOAL,
    GOAL_CROWDSEC,
    GOAL_FAIL2BAN,
    Check,
    checks,
)

pytestmark = [pytest.mark.reference, pytest.mark.skipif(not DATA.is_dir(), reason=f"no reference data at {DATA}")]
FAMILIES = [
    *(("crowdsec", family) for family in GOAL_CROWDSEC),
    *(("fail2ban", family) for family in GOAL_FAIL2BAN),
    *(("wazuh", family) for family in DECODERS),
]


@cache
def by_family() -> dict[tuple[str, str], list[Check]]:
    found: dict[tuple[str, str], list[Check]] = defaultdict(list)
    for check in checks():
        found[check.peer, check.family].append(check)
    return found


@pytest.mark.parametrize(("peer", "family"), FAMILIES)
def test_a_family_meets_its_goal(peer: str, family: str) -> None:
    found = by_family()[peer, family]
    missed = [(check.case, check.kind, check.wanted, check.got, check.line[:200]) for check in found if not check.met]
    assert found, "no expectation was read"
    assert len(found) - len(missed) >= GOAL * len(found), missed


def test_the_sets_are_read_whole() -> None:
    """A runner that reads fewer expectations than there are would pass by looking away."""
    count = Counter(check.peer for checks_of in by_family().values() for check in checks_of)
    assert count["crowdsec"] > 500
    assert count["fail2ban"] > 500
    assert count["wazuh"] > 45
