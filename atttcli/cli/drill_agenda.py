"""What improvement actions add to `next`: those that are due, and those that a later drill has put to the test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from atttcli.cli.agenda import Item, urgency
from atttcli.cli.casework_words import distance
from atttcli.clock import VIETNAM, to_micros
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.store.connection import Row, Store


def action_items(store: Store, now: int) -> Iterator[Item]:
    """Open actions by their day; done ones as soon as a later drill has measured them, verified ones when one missed it."""
    for row in store.rows("SELECT * FROM action ORDER BY number"):
        if row["status"] in ("done", "verified"):
            yield from _tested(store, row)
            continue
        due = _day_end(row["due"])
        when = f" ({distance(due, now)})" if due is not None else ""
        text = _("{number}: improvement still open: {title}", number=row["number"], title=row["title"]) + when
        yield Item(
            urgency(due, now, 5), "action", row["number"], text, f'atttcli action done {row["number"]} --note "…"', due
        )


def _tested(store: Store, row: Row) -> Iterator[Item]:
    from atttcli.drill.improve import later_drills

    found = list(later_drills(store, row))
    if not found or (row["status"] == "verified" and (found[-1][1] or found[-1][0] == row["verified_by"])):
        return
    code, met = found[-1]
    words = (
        _("{number}: {drill} met its measure, so it can be verified", number=row["number"], drill=code)
        if met
        else _("{number}: {drill} missed its measure, so it is opened again", number=row["number"], drill=code)
    )
    yield Item(4, "action-verify", row["number"], words, f"atttcli action verify {row['number']} --by {code}")


def _day_end(text: str) -> int | None:
    """The end of a day as the action's row has it (2026-12-31), or None."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return to_micros(datetime.combine(day, time(23, 59, 59), VIETNAM))
