"""The chain of custody: who had a piece in hand, when, where, why and under which seal; re-hashed at every hand-over.

Every step is a journal entry (ISO/IEC 27037 clause 6.1: identification, who accessed it and when, where, why, changes).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from atttcli.errors import Conflict, IntegrityError, Refused, UsageError
from atttcli.evidence.vault import Vault, exhibit
from atttcli.store.numbers import require_open_incident

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal
    from atttcli.model.evidence import Exhibit
    from atttcli.store.connection import Store


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the chain. `action`: added, sealed, unsealed, moved, exported, withdrawn; times in microseconds UTC."""

    seq: int
    at: int
    actor: str
    action: str
    sha256: str
    note: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """A piece goes from hand to hand. `seal_intact` is asked of a sealed piece; `paper` is the minutes' number."""

    to: str
    why: str
    place: str = ""
    paper: str = ""
    seal_intact: bool | None = None


def chain(store: Store, number: str) -> list[Step]:
    """The whole chain of a piece, in order."""
    rows = store.rows(
        "SELECT seq, at, actor, action, sha256, note, detail FROM custody WHERE evidence = ? ORDER BY seq", number
    )
    return [
        Step(row["seq"], row["at"], row["actor"], row["action"], row["sha256"], row["note"], json.loads(row["detail"]))
        for row in rows
    ]


def add_item(
    journal: Journal, incident: str, name: str, *, serial: str, source: str, note: str = "", place: str = ""
) -> str:
    """Record a thing that is no file (a disk, a telephone, a sheet of paper); its number."""
    if not name.strip() or not source.strip():
        raise UsageError(
            "a thing needs a description and where it was taken from", hint='--item "Ổ cứng 1 TB" --serial … --source …'
        )
    with journal.transaction():
        require_open_incident(journal.store, incident)
        number = journal.next_number("CC")
        body = {"number": number, "incident": incident, "sha256": "", "size": 0, "name": name, "serial": serial}
        journal.append("evidence.added", number, body | {"source": source, "note": note, "place": place})
    return number


def seal(journal: Journal, vault: Vault, text: str, mark: str, *, place: str = "", note: str = "") -> Exhibit:
    """Put a piece under a seal whose number is recorded; Conflict when it is under one already."""
    if not mark.strip():
        raise UsageError("a seal has a number", hint=f'atttcli evidence seal {text} --seal "NP-0012"')
    whole = _whole(journal.store, vault, text)
    with journal.transaction():
        item = _still(journal.store, whole)
        if item.seal:
            raise Conflict(
                f"{item.number} is under seal {item.seal}", hint=f'atttcli evidence unseal {item.number} --reason "…"'
            )
        _record(journal, "evidence.sealed", item, {"seal": mark, "place": place, "note": note})
    return exhibit(journal.store, item.number)


def unseal(journal: Journal, vault: Vault, text: str, reason: str) -> Exhibit:
    """Break the seal, with a reason."""
    if not reason.strip():
        raise Refused(
            "breaking a seal needs a reason", guard="reason", hint=f'atttcli evidence unseal {text} --reason "…"'
        )
    whole = _whole(journal.store, vault, text)
    with journal.transaction():
        item = _still(journal.store, whole)
        if not item.seal:
            raise Conflict(f"{item.number} is under no seal", hint=f"atttcli evidence show {item.number}")
        _record(journal, "evidence.unsealed", item, {"seal": item.seal, "reason": reason, "note": reason})
    return exhibit(journal.store, item.number)


def move(journal: Journal, vault: Vault, text: str, step: HandOver) -> Exhibit:
    """Hand a piece over: re-hashed first, IntegrityError when it is not what was collected."""
    if not step.to.strip() or not step.why.strip():
        raise Refused(
            "a hand-over says to whom and why",
            guard="reason",
            hint=f'atttcli evidence move {text} --to "…" --why "…"',
        )
    whole = _whole(journal.store, vault, text)
    with journal.transaction():
        item = _still(journal.store, whole)
        if item.seal and step.seal_intact is None:
            raise Refused(
                f"{item.number} is under seal {item.seal}: is it intact?",
                guard="seal",
                hint=f"atttcli evidence move {item.number} … --seal-intact, or --seal-broken",
            )
        body: dict[str, Any] = {"from": item.holder or item.actor, "to": step.to, "why": step.why, "place": step.place}
        body |= {"paper": step.paper, "seal": item.seal, "note": step.why}
        if item.seal:
            body["seal_intact"] = step.seal_intact
        _record(journal, "evidence.moved", item, body)
    return exhibit(journal.store, item.number)


def _whole(store: Store, vault: Vault, text: str) -> Exhibit:
    """The piece, its bytes re-hashed; Conflict when it was withdrawn.

    Before the transaction: a disk image of 8 GB takes longer than others wait for their turn to write.
    """
    item = _held(exhibit(store, text))
    problem = vault.problem(item.sha256) if item.sha256 else ""
    if problem:
        raise IntegrityError(f"{item.number}: {problem}", hint="restore it: atttcli db restore BACKUP")
    return item


def _still(store: Store, whole: Exhibit) -> Exhibit:
    """The piece as it is now that nobody else can write; what was re-hashed is what it still is."""
    item = _held(exhibit(store, whole.number))
    if item.sha256 != whole.sha256:
        raise Conflict(f"{item.number} has changed meanwhile", hint=f"atttcli evidence show {item.number}")
    return item


def _held(item: Exhibit) -> Exhibit:
    if item.withdrawn is not None:
        raise Conflict(f"{item.number} is withdrawn", hint=f"atttcli evidence show {item.number}")
    return item


def _record(journal: Journal, verb: str, item: Exhibit, body: dict[str, Any]) -> None:
    journal.append(verb, item.number, {"incident": item.incident, "sha256": item.sha256, **body})
