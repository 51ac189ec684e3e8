"""Taking back: a compensating entry, after which what it touched is folded again without the entry that it names."""

from __future__ import annotations

from atttcli.errors import NotFound, Refused
from atttcli.journal.journal import ERASED, Journal, undone_seqs
from atttcli.journal.refold import fold_without
from atttcli.store.connection import Row
from atttcli.store.projection import Entry

LEFT_THE_HOUSE = frozenset(
    {
        "report.issued", "evidence.exported", "letter.issued", "advisory.answered", "delivery.sent", "delivery.reminded",
        "delivery.escalated", "drill.held", "kit.issued", "kit.revoked", "key.created", "key.trusted", "key.revoked",
        "rules.signed", "rules.installed", "rules.reverted",
    }
)  # fmt: skip
FOUNDATION = frozenset({"organisation.adopted", "events.purged", "workspace.restored", "head.accepted", ERASED})


REGISTER = "user."  # who may do what
# How a drill is conducted is corrected by entering again; in its workspace players take back what *they* did.
CONDUCT = "verb LIKE 'drill.%' AND verb NOT LIKE 'drill.action%' AND verb != 'drill.held'"


def last_own(journal: Journal) -> Entry:
    """The actor's own last entry that still stands; NotFound without one."""
    store = journal.store
    undone = undone_seqs(store.connection)
    rows = store.connection.execute(
        f"SELECT seq FROM journal WHERE actor = ? AND verb != 'undone' AND NOT ({CONDUCT}) ORDER BY seq DESC",
        (journal.actor,),
    )
    seq = next((row[0] for row in rows if row[0] not in undone), None)
    if seq is None:
        raise NotFound(f"{journal.actor} has no entry to take back", hint="atttcli log")
    return journal.entry(seq)


def undo(journal: Journal, seq: int | None = None) -> Entry:
    """Take back the actor's own last entry (or `seq`, which must be that one); what was taken back. Refused otherwise."""
    with journal.transaction():
        entry = last_own(journal)
        if seq is not None and seq != entry.seq:
            raise Refused(
                f"only your own last entry ({entry.seq}) can be taken back", guard="own-last", hint="atttcli undo"
            )
        _check(journal, entry)
        journal.append("undone", entry.object, {"seq": entry.seq, "verb": entry.verb})
        fold_without(journal, entry)
    return entry


def _check(journal: Journal, entry: Entry) -> None:
    if entry.verb in LEFT_THE_HOUSE:
        raise Refused(
            f"{entry.verb} has left the house and cannot be taken back",
            guard="left-the-house",
            hint="issue a correction instead",
        )
    if entry.verb.startswith(REGISTER):
        raise Refused(
            f"{entry.verb} cannot be taken back: rights are given and taken by entries of their own",
            guard="register",
            hint=f"atttcli user set {entry.object} …, or: atttcli user remove {entry.object}",
        )
    # Whoever may no longer decide it may not take it back either.
    journal.permit(entry.verb, entry.object, entry.payload)
    if entry.verb in FOUNDATION:
        raise Refused(f"{entry.verb} cannot be taken back", guard="foundation", hint="atttcli db restore BACKUP")
    later = _builds_on(journal, entry)
    if later is not None:
        raise Refused(
            f"entry {later['seq']} ({later['verb']}) of {later['actor']} builds on it",
            guard="built-upon",
            hint=f"atttcli log --object {entry.object}",
        )


def _builds_on(journal: Journal, entry: Entry) -> Row | None:
    """The first later entry, not taken back, that speaks of the object or of a task that the entry opened."""
    store, undone = journal.store, undone_seqs(journal.store.connection)
    given = [entry.object, *(str(task.get("number")) for task in entry.payload.get("tasks", ()))]
    found = store.rows(
        "SELECT j.seq, j.actor, j.verb, p.payload, t.object FROM journal j JOIN journal_payload p USING (seq)"
        f" LEFT JOIN touch t ON t.seq = j.seq AND t.object IN ({','.join('?' * len(given))})"
        " WHERE j.seq > ? AND j.verb != 'undone' AND j.verb NOT LIKE 'tick.%' GROUP BY j.seq ORDER BY j.seq",
        *given, entry.seq,
    )  # fmt: skip
    code = f'"{entry.object}"'  # of an agency or a rule: it stands in payloads, but is no number that is indexed
    return next(
        (row for row in found if row["seq"] not in undone and (row["object"] or code in (row["payload"] or ""))), None
    )
