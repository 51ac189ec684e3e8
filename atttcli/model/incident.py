"""An incident as the guards see it: status and the facts that a move depends on. Pure values."""

from __future__ import annotations

from dataclasses import dataclass

STATUSES = (
    "reported", "triage", "rejected", "analysis", "containment", "eradication", "recovery", "post_incident", "closed",
)  # fmt: skip
ENDED = frozenset({"closed", "rejected"})
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
    """What the guards ask. `open_tasks`: numbers of open required tasks; `broken_evidence`: numbers that do not verify."""

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
