"""The incident's states and guards: pure functions, so that a drill runs the very code of a real incident."""

from __future__ import annotations

from atttcli.errors import Refused
from atttcli.model.incident import FORWARD, MERGED, NOT_DETERMINED, STATUSES, Facts

# Where each status may go. Everything that is not the next step forward needs a reason.
EDGES: dict[str, tuple[str, ...]] = {
    "reported": ("triage",),
    "triage": ("analysis", "rejected"),
    "analysis": ("containment", "triage"),
    "containment": ("eradication", "analysis"),
    "eradication": ("recovery", "containment", "analysis"),
    "recovery": ("post_incident", "eradication", "containment"),
    "post_incident": ("closed", "recovery"),
    "closed": (),
    "rejected": (),
}
REOPENED = {"closed": "analysis", "rejected": "triage"}
_DELIVERED = 'atttcli advisory verify {advisory} {agency}, or: atttcli advisory exempt {advisory} {agency} --reason "…"'
_CLOSE = 'atttcli incident close {number} --resolution "…" --cause "…"'


def check_move(facts: Facts, to: str, reason: str = "") -> None:
    """Refused, with the guard's name and the command that satisfies it, unless the incident may go to `to`."""
    if to not in STATUSES:
        raise Refused(f"there is no status {to[:40]!r}", guard="status", hint="one of: " + ", ".join(STATUSES))
    if to not in EDGES.get(facts.status, ()):
        raise Refused(f"{facts.number} is {facts.status}: it cannot become {to}", guard="edge", hint=_ways(facts))
    if FORWARD.get(facts.status) != to and not reason.strip():
        raise Refused(
            f"{facts.status} to {to} needs a reason",
            guard="reason",
            hint=f'atttcli incident move {facts.number} {to} --reason "…"',
        )
    if facts.status == "triage" and to != "rejected":
        _leave_triage(facts)
    if to == "closed":
        _close(facts)
    if to in facts.gates and to not in facts.approved:
        raise _unapproved(facts, to)


def check_reopen(facts: Facts, reason: str) -> str:
    """The status that an ended incident comes back to; Refused when it has not ended or no reason is given."""
    if facts.status not in REOPENED:
        raise Refused(f"{facts.number} is not closed but {facts.status}", guard="edge", hint=_ways(facts))
    if not reason.strip():
        raise Refused(
            "reopening needs a reason", guard="reason", hint=f'atttcli incident reopen {facts.number} --reason "…"'
        )
    return REOPENED[facts.status]


def stuck_at(facts: Facts) -> Refused | None:
    """The guard that stands between the incident and its next status, if one does."""
    to = FORWARD.get(facts.status)
    if to is None:
        return None
    try:
        check_move(facts, to)
    except Refused as refusal:
        return refusal
    return None


def check_approval(facts: Facts, gate: str, approver: str, paper: str, actor: str, hands: frozenset[str]) -> None:
    """Refused unless `actor` may record that `approver` lets the incident enter status `gate`.

    `hands`: who opened, owns or moved it. Whoever worked on it cannot approve it by an own entry; what somebody else
    approved is recorded with the number of the paper.
    """
    again = f"atttcli incident approve {facts.number} --for {gate}"
    if gate not in facts.gates:
        needed = ", ".join(facts.gates) or "none"
        raise Refused(
            f"{facts.number} needs no approval for {gate[:20]} (severity {facts.severity or '-'}; needed for: {needed})",
            guard="gate",
            hint=f"atttcli incident show {facts.number}",
        )
    if approver and not paper.strip():
        raise Refused(
            "an approval by somebody else is recorded with the number of its paper",
            guard="paper",
            hint=f'{again} --approved-by "{approver}" --paper "NUMBER"',
        )
    if not approver and actor in hands:
        raise Refused(
            f"{actor} worked on {facts.number} and cannot approve it too",
            guard="four-eyes",
            hint=f'{again} --approved-by "NAME" --paper "NUMBER"',
        )


def _unapproved(facts: Facts, to: str) -> Refused:
    approve = f"atttcli incident approve {facts.number} --for {to}"
    return Refused(
        f"{facts.number} is {facts.severity}: {to} needs an approval",
        guard="approval",
        hint=f'the approver: {approve}; the duty officer: {approve} --approved-by "NAME" --paper "NUMBER"',
    )


def merged_away(number: str, into: str) -> Refused:
    """Refused: what is to be done goes to the incident that this one was merged into."""
    return Refused(
        f"{number} was merged into {into}",
        guard="merged",
        hint=f'atttcli incident show {into}; apart again: atttcli incident unmerge {number} --reason "…"',
    )


def _ways(facts: Facts) -> str:
    ways = EDGES.get(facts.status, ())
    if facts.status == MERGED:
        return f'atttcli incident unmerge {facts.number} --reason "…"'
    if not ways:
        return f'atttcli incident reopen {facts.number} --reason "…"'
    return " | ".join(f"atttcli incident move {facts.number} {to}" for to in ways)


def _leave_triage(facts: Facts) -> None:
    for name, value, sample in (
        ("category", facts.category, "CODE"),
        ("severity", facts.severity, facts.proposed or "M1|M2|M3|M4"),
        ("owner", facts.owner, "NAME"),
    ):
        if not value:
            raise Refused(
                f"{facts.number} cannot leave triage without {name}",
                guard=name,
                hint=f"atttcli incident set {facts.number} --{name} {sample}",
            )


def _close(facts: Facts) -> None:
    again = _CLOSE.format(number=facts.number)
    if not facts.resolution.strip():
        raise Refused(f"{facts.number} cannot be closed without a resolution", guard="resolution", hint=again)
    if not facts.cause.strip():
        raise Refused(f"{facts.number} cannot be closed without a cause", guard="cause", hint=again)
    if facts.cause.strip().lower() == NOT_DETERMINED and not facts.cause_reason.strip():
        raise Refused(
            "a cause that was not determined needs the reason why",
            guard="cause-reason",
            hint=f'atttcli incident close {facts.number} --cause "{NOT_DETERMINED}" --cause-reason "…"',
        )
    if facts.open_tasks:
        task = facts.open_tasks[0]
        raise Refused(
            f"{facts.number} has {len(facts.open_tasks)} open required task(s), first {task}",
            guard="tasks",
            hint=f'atttcli task done {task} --note "…"',
        )
    if facts.open_deliveries:
        advisory, _space, agency = facts.open_deliveries[0].partition(" ")
        raise Refused(
            f"{facts.number} has {len(facts.open_deliveries)} open delivery(ies), first {advisory} to {agency}",
            guard="deliveries",
            hint=_DELIVERED.format(advisory=advisory, agency=agency),
        )
    if facts.broken_evidence:
        raise Refused(
            f"evidence does not verify: {', '.join(facts.broken_evidence[:5])}",
            guard="evidence",
            hint=f"atttcli evidence verify --incident {facts.number}",
        )
