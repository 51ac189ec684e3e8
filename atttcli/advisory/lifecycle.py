"""Stages of an advisory and states of a delivery, with their guards: pure functions, the same in a drill and in earnest."""

from __future__ import annotations

from collections.abc import Mapping

from atttcli.errors import Refused
from atttcli.model.advisory import OPEN, Answer, Delivery

# What may be done with an advisory at each stage, and the stage that follows.
STAGE_AFTER: Mapping[str, Mapping[str, str]] = {
    "draft": {"approve": "approved", "edit": "draft", "withdraw": "withdrawn"},
    "approved": {"issue": "awaiting_signature", "edit": "draft", "withdraw": "withdrawn"},
    "awaiting_signature": {"sign": "awaiting_number", "withdraw": "withdrawn"},
    "awaiting_number": {"number": "numbered", "withdraw": "withdrawn"},
    "numbered": {"close": "closed", "answer": "numbered"},
    "closed": {"answer": "closed", "reopen": "numbered"},
    "withdrawn": {},
}
_NEXT_COMMAND = {
    "draft": "atttcli advisory approve {number}",
    "approved": "atttcli advisory issue {number}",
    "awaiting_signature": 'atttcli advisory sign {number} --signer "…"',
    "awaiting_number": "atttcli advisory number {number} …",
    "numbered": "atttcli advisory board {number}",
    "closed": 'atttcli advisory reopen {number} --reason "…"',
    "withdrawn": "atttcli advisory draft …",
}
# What may happen to a delivery, and where it leads.
STATE_AFTER: Mapping[str, Mapping[str, str]] = {
    "planned": {"queue": "queued", "withdraw": "withdrawn"},
    "queued": {"send": "sent", "exempt": "exempt", "withdraw": "withdrawn"},
    "sent": {
        "acknowledge": "acknowledged", "answer-none": "not_affected", "answer-some": "fixing", "answer-all": "fixed",
        "remind": "sent", "escalate": "sent", "exempt": "exempt",
    },
    "acknowledged": {
        "answer-none": "not_affected", "answer-some": "fixing", "answer-all": "fixed", "remind": "acknowledged",
        "escalate": "acknowledged", "exempt": "exempt",
    },
    "fixing": {
        "answer-none": "not_affected", "answer-some": "fixing", "answer-all": "fixed", "remind": "fixing",
        "escalate": "fixing", "exempt": "exempt",
    },
    "fixed": {
        "answer-none": "not_affected", "answer-some": "fixing", "answer-all": "fixed", "verify": "verified",
        "fail": "fixing", "exempt": "exempt",
    },
    "not_affected": {
        "answer-none": "not_affected", "answer-some": "fixing", "answer-all": "fixed", "verify": "verified", "fail": "fixing",
    },
    "verified": {"fail": "fixing"},
    "exempt": {"resume": "sent"},  # queued, when it had not been sent
    "withdrawn": {},
}  # fmt: skip
_STATE_HINT = {
    "planned": "atttcli advisory issue {advisory}",
    "queued": "atttcli advisory sent {advisory} {agency} --how email",
    "sent": "atttcli advisory reply {advisory} {agency} 3/5",
    "acknowledged": "atttcli advisory reply {advisory} {agency} 3/5",
    "fixing": "atttcli advisory reply {advisory} {agency} 5/5",
    "fixed": 'atttcli advisory verify {advisory} {agency} --note "…"',
    "not_affected": "atttcli advisory reply {advisory} {agency} 3/5",
    "verified": 'atttcli advisory verify {advisory} {agency} --failed --note "…"',
    "exempt": 'atttcli advisory exempt {advisory} {agency} --resume --reason "…"',
    "withdrawn": "atttcli advisory draft …",
}


def stage_after(number: str, stage: str, deed: str) -> str:
    """The stage that follows; Refused with the command that the advisory waits for."""
    after = STAGE_AFTER[stage].get(deed)
    if after is None:
        raise Refused(
            f"{number} is {stage}: it cannot be taken to {deed} now",
            guard="stage",
            hint=_NEXT_COMMAND[stage].format(number=number),
        )
    return after


def state_after(delivery: Delivery, deed: str) -> str:
    """The state that follows; Refused with the command that fits the state it is in."""
    after = STATE_AFTER[delivery.state].get(deed)
    if after is None:
        raise Refused(
            f"{delivery.advisory} {delivery.agency} is {delivery.state}: it cannot be taken to {deed} now",
            guard="state",
            hint=_STATE_HINT[delivery.state].format(advisory=delivery.advisory, agency=delivery.agency),
        )
    return after


def check_issue(number: str, count: int) -> None:
    """An advisory without a recipient reaches nobody."""
    if not count:
        raise Refused(f"{number} has no recipient", guard="recipients", hint=f"atttcli advisory edit {number} --to all")


def check_send(number: str, stage: str) -> None:
    """Nothing leaves the house before it is signed and numbered."""
    if stage not in ("numbered", "closed"):
        raise Refused(
            f"{number} is {stage}: it has no signature and number yet",
            guard="numbered",
            hint=_NEXT_COMMAND[stage].format(number=number),
        )


def check_reason(reason: str, hint: str) -> None:
    """Who departs from the way says why."""
    if not reason.strip():
        raise Refused("this needs a reason", guard="reason", hint=hint)


def check_close(number: str, open_agencies: tuple[str, ...]) -> None:
    """An advisory ends when every delivery has."""
    if open_agencies:
        raise Refused(
            f"{number} has {len(open_agencies)} open deliveries, first {open_agencies[0]}",
            guard="deliveries",
            hint=f"atttcli advisory board {number} --open",
        )


def answered_deed(delivery: Delivery, answer: Answer) -> str:
    """Which deed an answer is: nothing there, part of it done, all done. Refused when its numbers make no sense."""
    if not answer.affected:
        return "answer-none"
    if answer.complete:
        return "answer-all"
    total = answer.total if answer.total is not None else delivery.total
    if answer.handled is None:
        return "answer-some"
    if total is not None and answer.handled > total:
        raise Refused(
            f"{answer.handled} machines handled of {total}",
            guard="machines",
            hint=f"atttcli advisory reply {delivery.advisory} {delivery.agency} {total}/{total}",
        )
    if total is not None and answer.handled == total:
        return "answer-all" if total else "answer-none"
    return "answer-some"


def is_overdue(state: str, due: int | None, now: int) -> bool:
    """Whether the agency should have answered by now."""
    return state in OPEN and state != "fixed" and due is not None and due < now
