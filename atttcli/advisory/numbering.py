"""The records office's numbers: one number of one year is one letter, whichever kind of paper it stands on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from atttcli.errors import Conflict, UsageError
from atttcli.store.connection import Store

# number -> what bears it, of this year: letters, copies numbered apart, answers to who warned us, papers of the register.
_HOLDERS = (
    "SELECT number AS holder FROM advisory WHERE document = ?1 AND substr(dated, 1, 4) = ?2"
    " UNION ALL SELECT d.advisory FROM delivery d JOIN advisory a ON a.number = d.advisory"
    " WHERE d.document = ?1 AND substr(a.dated, 1, 4) = ?2"
    " UNION ALL SELECT number FROM advisory WHERE answer = ?1"
    " AND strftime('%Y', answered / 1000000, 'unixepoch', '+7 hours') = ?2"
    " UNION ALL SELECT title FROM paper WHERE number = ?1 AND substr(dated, 1, 4) = ?2 LIMIT 1"
)


def check_free(store: Store, documents: Sequence[str], year: str) -> None:
    """Conflict when one of these numbers was given out that year already, or stands twice among them."""
    twice = [one for one, count in Counter(documents).items() if count > 1]
    if twice:
        raise Conflict(f"{twice[0]} is given to two letters", hint="each letter has a number of its own")
    for one in documents:
        holder = store.value(_HOLDERS, one, year)
        if holder:
            raise Conflict(f"{one} is the number of {holder} already", hint="give the next number of the register")


def check_apart(number: str, each: bool, documents: Sequence[str]) -> None:
    """Letters are numbered apart only when there is one for each agency."""
    if documents and not each:
        raise UsageError(
            f"{number} is one letter: it has one number", hint=f"atttcli advisory edit {number} --per-agency"
        )
