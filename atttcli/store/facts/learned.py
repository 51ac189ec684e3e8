"""What rules of the kind `new_value` have seen of each group, kept between runs. Bounded in age, per group and in all."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from atttcli.clock import DAY
from atttcli.store.connection import Store

KEPT_FOR = 396 * DAY  # thirteen months, as events
MOST_ROWS = 1_000_000  # in all: the longest unseen go first
_LONGEST = 1000  # characters of a group with its value: an account has no such name


@dataclass(frozen=True, slots=True)
class LearnedRow:
    """A group was seen with a value. Times in microseconds; `told`: the event that was told as new, None if none was."""

    rule: str
    group: tuple[str, ...]
    value: str
    first: int
    last: int
    count: int
    told: int | None = None


def learned(store: Store, rule: str, group: tuple[str, ...]) -> list[LearnedRow]:
    """What is known of one group, the longest known first."""
    sql = "SELECT value, first, last, count, told FROM learned_value WHERE rule = ? AND grp = ? ORDER BY first, value"
    return [LearnedRow(rule, group, *tuple(row)) for row in store.rows(sql, rule, _key(group))]


def keep_learned(db: sqlite3.Connection, rows: Iterable[LearnedRow], now: int) -> None:
    """In the transaction that settles a correlation: add what it saw, forget what is past its age or beyond the bound."""
    newest: dict[tuple[str, str], int] = {}
    for row in rows:
        group = _key(row.group)
        if len(group) + len(row.value) > _LONGEST:
            continue
        db.execute(
            "INSERT INTO learned_value VALUES (?1,?2,?3,?4,?5,?6,?7) ON CONFLICT DO UPDATE SET first = min(first, ?4),"
            " last = max(last, ?5), count = count + ?6, told = coalesce(told, ?7)",
            (row.rule, group, row.value, row.first, row.last, row.count, row.told),
        )
        mark = (row.rule, group)
        newest[mark] = max(newest.get(mark, row.last), row.last)
    # By the group's own time, so that an old log read today is not forgotten at once; never by a stamp from the future.
    db.executemany(
        "DELETE FROM learned_value WHERE rule = ? AND grp = ? AND last < ?",
        [(*mark, min(last, now) - KEPT_FOR) for mark, last in newest.items()],
    )
    over = db.execute("SELECT count(*) FROM learned_value").fetchone()[0] - MOST_ROWS if newest else 0
    if over > 0:
        db.execute(
            "DELETE FROM learned_value WHERE (rule, grp, value) IN"
            " (SELECT rule, grp, value FROM learned_value ORDER BY last LIMIT ?)",
            (over,),
        )


def unlearned_segments(store: Store) -> frozenset[str]:
    """Paths of segments that were stored and not yet learned from."""
    return frozenset(row["path"] for row in store.rows("SELECT path FROM unlearned_segment"))


def forget_learned(db: sqlite3.Connection, cutoff: int) -> int:
    """Forget what was last seen before `cutoff`; returns how many values."""
    return int(db.execute("DELETE FROM learned_value WHERE last < ?", (cutoff,)).rowcount)


def learned_before(store: Store, cutoff: int) -> int:
    """How many values `forget_learned` would take."""
    return int(store.value("SELECT count(*) FROM learned_value WHERE last < ?", cutoff))


def _key(group: tuple[str, ...]) -> str:
    return json.dumps(list(group), ensure_ascii=False, separators=(",", ":"))
