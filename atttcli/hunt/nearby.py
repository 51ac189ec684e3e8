"""Where to look when a timeline does not show what was expected: the nearest events, and logs whose clock seems to be off."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from atttcli.clock import HOUR, MINUTE
from atttcli.hunt.ask import Bounds, hunting
from atttcli.hunt.choose import Window, files
from atttcli.hunt.parts import folder_of
from atttcli.hunt.timeline import Around, Whom, concerned
from atttcli.store.connection import Store
from atttcli.store.workspace import Workspace

_HOURS = 14  # zones are not further apart than that
_CLOSE = 10 * MINUTE
_MOST = 5


@dataclass(frozen=True, slots=True)
class Shifted:
    """A log in which the same addresses stand, but whole hours away (`hours` later, earlier if negative), and at no other time."""

    source: str
    hours: int
    events: int


def nearest(
    workspace: Workspace, store: Store, about: Around, whom: Whom, bounds: Bounds
) -> tuple[int | None, int | None]:
    """The last event before the window and the first after it, of those that concern somebody."""
    meant = concerned(whom)
    window = about.window
    found: list[int | None] = []
    for sides, pick in ((Window(until=window.since), "max"), (Window(since=window.until), "min")):
        sql = f'SELECT epoch_us({pick}("time")) FROM events WHERE {meant.sql}'
        paths = files(workspace, store, sides)
        with (
            hunting(folder_of(workspace.root), paths, bounds, sides) as opened,
            opened.ask(sql, meant.values) as answer,
        ):
            row = next(answer.rows, None)
        found.append(int(row[0]) if row is not None and row[0] is not None else None)
    return found[0], found[1]


def shifted(
    workspace: Workspace, store: Store, about: Around, addresses: Sequence[str], bounds: Bounds
) -> list[Shifted]:
    """Logs whose clock or time zone may be wrong: they name the addresses close to the middle but for whole hours."""
    if not addresses:
        return []
    window = Window(about.middle - _HOURS * HOUR - _CLOSE, about.middle + _HOURS * HOUR + _CLOSE)
    marks = ", ".join("?" * len(addresses))
    away = f'epoch_us("time") - {int(about.middle)}'
    hours = f"CAST(round(({away}) / {HOUR}.0) AS INTEGER)"
    sql = (
        f"SELECT source, min(h), max(h), count(*), max(abs(a - h * {HOUR})) FROM"
        f" (SELECT source, {away} AS a, {hours} AS h FROM events WHERE src_ip IN ({marks}) OR dst_ip IN ({marks}))"
        " GROUP BY source ORDER BY source"
    )
    paths = files(workspace, store, window)
    with (
        hunting(folder_of(workspace.root), paths, replace(bounds, rows=1000), window) as opened,
        opened.ask(sql, [*addresses, *addresses]) as answer,
    ):
        rows = list(answer.rows)
    if not any(low <= 0 <= high for _, low, high, _, _ in rows):
        return []  # nothing to compare with
    found = [
        Shifted(str(source), int(low), int(count))
        for source, low, high, count, off in rows
        if low == high != 0 and off <= _CLOSE
    ]
    return found[:_MOST]


def addresses_of(store: Store, about: Around, whom: Whom) -> list[str]:
    """Whom to look for: the address that was asked for, or the sources that the alert names."""
    if whom.address:
        try:
            return [str(ipaddress.ip_address(whom.address.strip()))]
        except ValueError:
            return []
    text = store.value("SELECT observables FROM alert WHERE number = ?", about.name) if about.name else None
    named = json.loads(text) if isinstance(text, str) else []
    return [
        one["value"] for one in named if one.get("role") == "source" and one.get("type") in ("ipv4-addr", "ipv6-addr")
    ][:_MOST]
