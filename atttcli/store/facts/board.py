"""What the board of machines asks of the database: the last scan of each, what is undecided of it, gaps between bundles."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from atttcli.store.connection import Row, Store

# An alert waits for nobody any more: closed, muted, or linked to an incident that has come to its end.
_DECIDED: Final = (
    "a.muted != 0 OR s.state = 'closed' OR (s.state = 'linked' AND i.status IN ('post_incident','closed','rejected'))"
)
_MOST_MISSING: Final = 20


def last_scans(store: Store, since: int, until: int) -> list[Row]:
    """The last scan of each agency, host and machine that ended in the span; `flags`: what was odd about its bundle."""
    return store.rows(
        "SELECT f.source, f.host, f.machine, f.agency, f.kit, f.started, f.finished, f.rules_digest, f.rules_version,"
        " f.rules_count, f.account, f.complete, f.findings, json_array_length(f.holes) AS holes, f.bundle, f.run,"
        " coalesce(b.flags, '[]') AS flags FROM (SELECT id, max(finished) FROM fleet_scan"
        " WHERE finished >= ? AND finished < ? GROUP BY agency, host, machine) l"
        " JOIN fleet_scan f ON f.id = l.id LEFT JOIN bundle b ON b.digest = f.bundle AND f.bundle <> ''"
        " ORDER BY f.finished, f.id",
        since,
        until,
    )


def last_seen(store: Store) -> Iterable[tuple[str, str, int]]:
    """Agency, host and the end of its last scan, of all that were ever scanned."""
    for row in store.rows("SELECT agency, host, max(finished) FROM fleet_scan GROUP BY agency, host"):
        yield row[0], row[1], row[2]


def undecided(store: Store, hosts: Sequence[str]) -> list[tuple[str, str, str, str]]:
    """Agency, host, machine (of a kit: `agency/machine`, else empty) and number of each alert of these hosts that waits."""
    rows = store.rows(
        "SELECT a.agency, a.victim, coalesce(json_extract(a.detail, '$.kit_machine'), '') AS machine, a.number"
        " FROM alert a LEFT JOIN alert_state s ON s.alert = a.number LEFT JOIN incident i ON i.number = s.incident"
        " WHERE a.victim IN (SELECT value FROM json_each(?)) AND a.kind IN ('yara','indicator','host')"
        f" AND NOT coalesce({_DECIDED}, 0) ORDER BY a.number",
        json.dumps(list(hosts)),
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def versions(store: Store) -> list[str]:
    """Versions of rules that any scan ran with."""
    return [row[0] for row in store.rows("SELECT DISTINCT rules_version FROM fleet_scan WHERE rules_version <> ''")]


def gaps(store: Store) -> list[dict[str, Any]]:
    """Signed bundles that must exist and never came: kit, machine, agency, host and the missing turns, at most 20 of each."""
    rows = store.rows(
        "SELECT kit, machine, max(agency) AS agency, max(host) AS host, count(DISTINCT sequence) AS came, max(sequence) AS top"
        " FROM bundle WHERE signed = 1 GROUP BY kit, machine HAVING came < top ORDER BY agency, kit, machine"
    )
    return [{**dict(row), "missing": _missing(store, row)} for row in rows]


def _missing(store: Store, row: Row) -> list[int]:
    """The first turns that are not there; a sequence is the sender's word, so holes are read between what came."""
    found: list[int] = []
    before = 0
    here = store.rows(
        "SELECT DISTINCT sequence FROM bundle WHERE signed = 1 AND kit = ? AND machine = ? ORDER BY sequence",
        row["kit"],
        row["machine"],
    )
    for (turn,) in here:
        found += range(before + 1, min(turn, before + 1 + _MOST_MISSING - len(found)))
        if len(found) >= _MOST_MISSING:
            break
        before = turn
    return found
