"""What the board of machines adds to `next`: scans that are owed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from atttcli.cli.agenda import Item
from atttcli.text.messages import ngettext

if TYPE_CHECKING:
    from atttcli.store.connection import Store

OVERDUE = "atttcli fleet board --overdue"


def fleet_items(store: Store, now: int) -> Iterator[Item]:
    """Machines of the register whose scan is overdue, in one line."""
    from atttcli.fleet.board import overdue_count

    count = overdue_count(store, now)
    if count:
        yield Item(4, "fleet", "", overdue_words(count), OVERDUE)


def overdue_words(count: int) -> str:
    """`12 machines overdue for a scan`."""
    return ngettext("{count} machine overdue for a scan", "{count} machines overdue for a scan", count)
