"""An incident as the guards see it: status and the facts that a move depends on. Pure values."""

from __future__ import annotations

from dataclasses import dataclass

STATUSES = (
    "reported", "triage", "rejected", "analysis", "containment", "eradication", "recovery", "post_incident", "closed",
)  # fmt: skip
MERGED = "merged"
ENDED = frozenset({"closed", "rejected", MERGED})
FORWARD = {
    "reported": "triage",
    "triage": "analysis",
    "analysis": "containment",
    "containment": "eradication",
    "eradication": "recovery",
    "recovery": "post_incident",
    "post_incident": "closed",
}
NOT_DETERMINED = "not determined"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards ask.

    `open_tasks`: numbers of open required tasks; `open_deliveries`: `CV-… agency` of letters that nobody verified yet;
    `broken_evidence`: numbers that do not verify; `gates`: statuses that need an approval; `approved`: those that have it;
    `proposed`: the severity that follows from the facts; `into`: the incident that this one was merged into.
    """

    number: str
    status: str
    category: str = ""
    severity: str = ""
    owner: str = ""
    resolution: str = ""
    cause: str = ""
    cause_reason: str = ""
    open_tasks: tuple[str, ...] = ()
    broken_evidence: tuple[str, ...] = ()
    open_deliveries: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    approved: frozenset[str] = frozenset()
    proposed: str = ""
    into: str = ""
