"""Searching what people wrote and what alerts are called, with and without diacritics. Reads only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from atttcli.errors import UsageError
from atttcli.store.connection import Store
from atttcli.text.fold import fold, nfc

KINDS = ("incident", "note", "task", "evidence", "advisory", "alert")
_WORD = re.compile(r"\w+")
_MAX_WORDS = 16
_TAIL = 20_000  # alerts not in the index (put there by other means than ours) that a search still looks through
_AROUND = 60


@dataclass(frozen=True, slots=True)
class Hit:
    """`exact`: the words stand there with the diacritics that were typed. `at` microseconds; `text` around the first word."""

    kind: str
    object: str
    incident: str
    at: int | None
    text: str
    exact: bool


def search(store: Store, text: str, kinds: Sequence[str] = (), limit: int = 50) -> list[Hit]:
    """What holds every word of `text` (or begins with it), folded; with the very diacritics first, then the best match."""
    words = _WORD.findall(fold(text))[:_MAX_WORDS]
    if not words:
        raise UsageError("nothing to search for", hint='atttcli search "ma doc"')
    query = " ".join(f'"{word}"*' for word in words)
    found: list[Hit] = []
    if not kinds or set(kinds) - {"alert"}:
        found += _documents(store, query, text, [kind for kind in kinds or KINDS if kind != "alert"], limit)
    if not kinds or "alert" in kinds:
        found += _alerts(store, query, words, text, limit)
    found.sort(key=lambda hit: not hit.exact)
    return found[:limit]


def _documents(store: Store, query: str, text: str, kinds: Sequence[str], limit: int) -> Iterator[Hit]:
    rows = store.rows(
        "SELECT d.* FROM search_text s JOIN search_doc d ON d.id = s.rowid WHERE search_text MATCH ?"
        f" AND d.kind IN ({','.join('?' * len(kinds))}) ORDER BY s.rank, d.at DESC, d.object LIMIT ?",
        query, *kinds, max(limit, 1) * 4,
    )  # fmt: skip
    for row in rows:
        yield Hit(
            row["kind"], row["object"], row["incident"], row["at"], around(row["text"], text), exact(row["text"], text)
        )


def _alerts(store: Store, query: str, words: Sequence[str], text: str, limit: int) -> Iterator[Hit]:
    sql = (
        "SELECT a.number, a.title, coalesce(a.last_seen, a.created) AS at, coalesce(s.incident, '') AS incident"
        " FROM alert a LEFT JOIN alert_state s ON s.alert = a.number WHERE a.id IN"
    )
    last = store.value("SELECT rowid FROM alert_text ORDER BY rowid DESC LIMIT 1") or 0
    tail = store.rows("SELECT id, title FROM alert WHERE id > ? ORDER BY id DESC LIMIT ?", last, _TAIL)
    fresh = [row["id"] for row in tail if _begins(fold(row["title"]), words)][:limit]
    indexed = store.rows(
        "SELECT rowid FROM alert_text WHERE alert_text MATCH ? ORDER BY rowid DESC LIMIT ?", query, max(limit, 1)
    )
    wanted = [*fresh, *(row[0] for row in indexed)]
    for row in store.rows(f"{sql} ({','.join('?' * len(wanted))}) ORDER BY a.id DESC", *wanted):
        yield Hit(
            "alert", row["number"], row["incident"], row["at"], around(row["title"], text), exact(row["title"], text)
        )


def _begins(folded: str, words: Sequence[str]) -> bool:
    held = _WORD.findall(folded)
    return all(any(one.startswith(word) for one in held) for word in words)


def exact(held: str, typed: str) -> bool:
    """True when the words that were typed stand in the text with their very diacritics."""
    low = nfc(held).lower()
    return all(word in low for word in _WORD.findall(nfc(typed).lower()))


def around(held: str, typed: str) -> str:
    """The text around the first word that was typed."""
    flat = " ".join(held.split())
    folded = fold(flat)
    word = next(iter(_WORD.findall(fold(typed))), "")
    # Folding Vietnamese keeps the number of letters of NFC text; where it does not, the excerpt is only less well centred.
    place = max(folded.find(word), 0)
    start, end = max(place - _AROUND, 0), place + len(word) + _AROUND
    return ("…" if start else "") + flat[start:end] + ("…" if end < len(flat) else "")
