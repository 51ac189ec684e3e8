"""Accepting a new head when the one kept outside was lost or damaged: a person's decision, with a reason, in the journal.

What a readable head disagrees with is never accepted: then the journal was cut or written anew, and only a backup helps.
"""

from __future__ import annotations

from dataclasses import dataclass

from atttcli.errors import IntegrityError, Refused, UsageError
from atttcli.journal.head import read_head, set_aside
from atttcli.journal.journal import Journal
from atttcli.journal.verify import first_fault, verify_journal


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was accepted: how many entries, the hash of the last of them, and where the damaged file is now ('' if none)."""

    entries: int
    hash: str
    was: str
    kept_as: str
    entry: int


def lost_head(journal: Journal) -> str:
    """Why the head outside cannot be relied on; empty when it agrees with the journal. Refused when it contradicts it."""
    store = journal.store
    try:
        head = read_head(store.meta("id"))
    except IntegrityError as error:
        return error.message
    if head is None:
        return "no journal head was ever kept on this host"
    if store.value("SELECT hash FROM journal WHERE seq = ?", head.count) != head.hash:
        raise Refused(
            "the head kept outside is whole and contradicts the journal: entries were cut or written anew",
            guard="head",
            hint="keep this copy as it is; then: atttcli db restore BACKUP NEW-FOLDER",
        )
    return ""


def accept_head(journal: Journal, reason: str) -> Accepted | None:
    """Keep a new head of the journal as it stands, if its own chain holds; None when the head is in order already."""
    if not reason.strip():
        raise UsageError("a reason is needed", hint="--reason TEXT")
    was = lost_head(journal)
    if not was:
        return None
    store = journal.store
    broken = first_fault([one for one in verify_journal(store.connection, None) if one.check != "projection"])
    if broken is not None:
        raise IntegrityError(f"the journal itself is broken: {broken.reason}", hint="see: atttcli db verify")
    with store.transaction() as db:
        last = db.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
        count, digest = (last["seq"], last["hash"]) if last else (0, "")
        body = {"reason": reason.strip(), "was": was, "entries": count, "head": digest}
        entry = journal.append("head.accepted", store.meta("id"), body)
    kept = set_aside(store.meta("id"), str(entry.seq))
    journal.anchor()
    return Accepted(count, digest, was, kept, entry.seq)
