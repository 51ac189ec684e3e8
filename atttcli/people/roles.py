"""Roles and what each may decide: one table from verb to roles, asked wherever a decision is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

VIEWER, REPORTER, RESPONDER, DUTY = "viewer", "reporter", "responder", "duty"
LEAD, APPROVER, DRILL, ADMIN = "lead", "approver", "drill", "admin"
ROLES = (VIEWER, REPORTER, RESPONDER, DUTY, LEAD, APPROVER, DRILL, ADMIN)

_CASEWORK = frozenset({RESPONDER, DUTY, LEAD})
_COORDINATION = frozenset({DUTY, LEAD})
_RULING = frozenset({LEAD, ADMIN})
_INTAKE = frozenset({REPORTER, RESPONDER, DUTY, LEAD})

# The longest prefix of the verb decides. What is not named here is casework.
_MAY: Mapping[str, frozenset[str]] = {
    "": _CASEWORK,
    "user.": frozenset({ADMIN}),
    "organisation.": frozenset({ADMIN}),
    "agency.": _RULING | {DUTY},
    "system.": _RULING | {DUTY},
    "network.learned": _RULING | {DUTY},
    "rule.": _RULING | {RESPONDER},
    "ranges.": _RULING,
    "rules.": _RULING,
    "log-source.": _RULING | {DUTY},
    "playbook.": _RULING,
    "events.purged": frozenset({ADMIN}),
    "payload.erased": frozenset({ADMIN}),
    "head.": frozenset({ADMIN}),
    "workspace.": frozenset({ADMIN}),
    "facts.": _CASEWORK | {REPORTER, ADMIN},
    "alert.added": _INTAKE,
    "incident.opened": _INTAKE,
    "incident.called": _INTAKE,
    "incident.noted": _INTAKE,
    "incident.merged": _COORDINATION,
    "incident.unmerged": _COORDINATION,
    "evidence.added": _INTAKE,
    "advisory.": _COORDINATION,
    "delivery.": _COORDINATION | {RESPONDER},
    "delivery.acknowledged": _COORDINATION | {RESPONDER, REPORTER},
    "delivery.answered": _COORDINATION | {RESPONDER, REPORTER},
    "letter.": _COORDINATION,
    "deadline.": _COORDINATION | {RESPONDER},
    "tick.": frozenset(ROLES) - {VIEWER},
    "shift.": _COORDINATION,
    "training.": _COORDINATION | {ADMIN},
    "inspection.": _COORDINATION | {RESPONDER, ADMIN},
    "contract.": _COORDINATION | {ADMIN},
    "mail.": _COORDINATION | {ADMIN},
    "key.": frozenset({ADMIN}),
    "kit.": _COORDINATION | {ADMIN},
    "fleet.": _COORDINATION | {ADMIN},
    "drill.": frozenset({DRILL, LEAD}),
    "undone": frozenset(ROLES) - {VIEWER},
}
_APPROVED = ".approved"


def allowed(verb: str, payload: Mapping[str, Any]) -> frozenset[str]:
    """The roles that may write this entry.

    An approval is the approver's own entry, or that of a role that a playbook's step names (`approving`); with the number
    of a signed paper the duty officer records it.
    """
    if verb.endswith(_APPROVED):
        named = frozenset(payload.get("approving", ())) & frozenset(ROLES)
        return named | {APPROVER, *(_COORDINATION if payload.get("paper") else ())}
    longest = max((prefix for prefix in _MAY if verb.startswith(prefix)), key=len)
    return _MAY[longest]
