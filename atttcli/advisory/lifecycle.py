"""Stages of an advisory and states of a delivery, with their guards: pure functions, the same in a drill and in earnest."""

from __future__ import annotations

from collections.abc import Mapping

from atttcli.errors import Conflict, Refused
from atttcli.model.advisory import OPEN, Answer, Delivery

# What may be done with an advisory at each stage, and the stage that follows.
STAGE_AFTER: Mapping[str, Mapping[str, str]] = {
    "draft": {"approve": "approved", "edit": "draft", "withdraw": "withdrawn", "source": "draft"},
    "approved": {"issue": "awaiting_signature", "edit": "draft", "withdraw": "withdrawn", "source": "draft"},
    "awaiting_signature": {"sign": "awaiting_number", "withdraw": "withdrawn", "source": "awaiting_signature"},
    "awaiting_number": {"number": "numbered", "withdraw": "withdrawn", "source": "awaiting_number"},
    "numbered": {"close": "closed", "answer": "numbered", "source": "numbered"},
    "closed": {"answer": "closed", "reopen": "numbered", "source": "closed"},
    "withdrawn": {},
}
_ONWARD = ("draft", "approved", "awaiting_signature", "awaiting_number", "numbered", "closed")
_DONE_BY = {"approve": "approved", "issue": "awaiting_signature", "sign": "awaiting_number", "number": "numbered"}
# As people say it: refusals are read, and put into the reader's language word by word.
_STAGE_WORD = {"approved": "approved, not issued"} | {
    code: code.replace("_", " ")
    for code in ("draft", "awaiting_signature", "awaiting_number", "numbered", "closed", "withdrawn")
}
_STATE_WORD = {"queued": "not sent", "not_affected": "not affected"}
_DEED_WORD = {
    "approve": "approving it", "edit": "editing it", "issue": "issuing it", "sign": "signing it", "number": "numbering it",
    "withdraw": "withdrawing it", "close": "closing it", "reopen": "reopening it", "answer": "answering who warned us",
    "source": "naming who warned us", "queue": "queueing it", "send": "sending it", "acknowledge": "acknowledging it",
    "answer-none": "an answer", "answer-some": "an answer", "answer-all": "an answer", "remind": "reminding them",
    "escalate": "escalating it", "exempt": "exempting them", "verify": "verifying it", "fail": "a failed verification",
    "resume": "awaiting it again",
}  # fmt: skip
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
    """The stage that follows; Refused with the command that the advisory waits for, Conflict when it was done already."""
    after = STAGE_AFTER[stage].get(deed)
    if after is None and deed in _DONE_BY and stage in _ONWARD[_ONWARD.index(_DONE_BY[deed]) :]:
        raise Conflict(f"{number} is {_STAGE_WORD[stage]} already", hint=_NEXT_COMMAND[stage].format(number=number))
    if after is None:
        raise Refused(
            f"{number} is {_STAGE_WORD[stage]}: {_DEED_WORD.get(deed, deed)} is not possible now",
            guard="stage",
            hint=_NEXT_COMMAND[stage].format(number=number),
        )
    return after


def state_after(delivery: Delivery, deed: str) -> str:
    """The state that follows; Refused with the command that fits the state it is in."""
    after = STATE_AFTER[delivery.state].get(deed)
    if after is None:
        raise Refused(
            f"{delivery.advisory} {delivery.agency} is {_STATE_WORD.get(delivery.state, delivery.state)}:"
            f" {_DEED_WORD[deed]} is not possible now",
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
            f"{number} is {_STAGE_WORD[stage]}: it has no signature and number yet",
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
