"""A task's life, and how it ends: the answer that a playbook run or a lone task takes."""

from __future__ import annotations

from dataclasses import dataclass

# CACAO's execution status of a task, and the coarse state that lists and guards ask for.
WAITING, READY, ONGOING, AWAITING = "waiting", "ready", "ongoing", "await_user_input"
DONE, FAILED, TIMED_OUT = "successfully_executed", "failed", "timeout_error"
SKIPPED, CANCELLED = "skipped", "cancelled"
OPEN_STATUS = (WAITING, READY, ONGOING, AWAITING)
STATUS_OF_OUTCOME = {
    "done": DONE, "failed": FAILED, "timeout": TIMED_OUT, "skipped": SKIPPED, "cancelled": CANCELLED,
}  # fmt: skip
STATES = ("open", "done", "failed", "skipped", "cancelled")


@dataclass(frozen=True, slots=True)
class Answer:
    """`outcome`: done, skipped or failed; `yes` answers a step that asks (None: not asked); `evidence`: numbers of the vault.

    `values`: (variable, text) for the step's `out_args`; `agreed_by`: the lead who agreed to a failure, or to skipping
    what is required.
    """

    outcome: str = "done"
    yes: bool | None = None
    note: str = ""
    evidence: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    agreed_by: str = ""
