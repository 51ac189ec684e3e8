"""How a task ends and with what: the answer that a playbook run or a lone task takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """`outcome`: done or skipped; `yes` answers a step that asks (None: not asked); `evidence`: numbers of the vault."""

    outcome: str = "done"
    yes: bool | None = None
    note: str = ""
    evidence: tuple[str, ...] = ()
