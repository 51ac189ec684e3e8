"""What the calendar, contracts, inspections, unfinished calls and shifts add to `next`. Read from rows; writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from atttcli.cli.agenda import Item, urgency
from atttcli.cli.casework_words import distance, localised, moment
from atttcli.clock import DAY
from atttcli.deadline.watch import CONTRACT_WARNING, calendar, contracts, findings
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.deadline.reminders import Watched
    from atttcli.store.connection import Store

HORIZON = 30 * DAY  # a paper that is due later is not today's work


def clock_items(store: Store, now: int) -> Iterator[Item]:
    """Calendar duties and findings of the next month, contracts that end soon."""
    profile = store.value("SELECT profile FROM organisation ORDER BY adopted DESC LIMIT 1") or ""
    ahead = {"contract": CONTRACT_WARNING * DAY}
    for one in (*calendar(store, profile, now), *findings(store), *contracts(store)):
        if one.due <= now + ahead.get(one.kind, HORIZON):
            words = partial(_words, one, now)
            yield Item(urgency(one.due, now, 4), one.kind, one.object, words, one.command, one.due)


def desk_items(store: Store, now: int) -> Iterator[Item]:
    """A call that nobody finished, a shift that nobody took."""
    for row in store.rows("SELECT id, started FROM call WHERE ended IS NULL ORDER BY started"):
        text = _("a call of {time} is not finished", time=moment(row["started"]))
        yield Item(1, "call", row["id"], text, f"atttcli incident call --resume {row['id'][:8]}")
    row_ = store.row("SELECT number, coming, taken FROM shift ORDER BY at DESC LIMIT 1")
    if row_ is not None and row_["taken"] is None:
        text = _("the shift was handed to {name}, who has not taken it", name=row_["coming"])
        yield Item(1, "shift", row_["number"], text, "atttcli shift take")


def _words(one: Watched, now: int) -> str:
    title = localised({"title": one.title, "title_en": one.title_en}, "title")
    return f"{one.object}: {title} ({distance(one.due, now)})"
