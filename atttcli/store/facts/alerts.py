"""Alerts and their sightings. An alert's count is the number of its distinct occurrences."""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atttcli.store.connection import Store
from atttcli.text.fold import fold

JSON_COLUMNS = ("tags", "observables", "why", "detail")


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One sighting of an alert, ready to be stored: the alert's own columns and where this one was seen."""

    fingerprint: str
    kind: str
    rule_id: str
    title: str
    severity: int
    category: str
    key: str
    victim: str
    agency: str
    system: str
    sender: str
    time: int | None
    sha256: str
    path: str
    line: int | None
    offset: int | None
    pack: str
    tags: str
    observables: str
    why: str
    detail: str
    muted: bool
    occurrence: str


def add_alerts(db: sqlite3.Connection, rows: Iterable[AlertRow], year: int, now: int) -> tuple[list[bool], int]:
    """Store sightings. Returns which of them were new, and how many alerts were made. Same occurrence: nothing changes."""
    fresh: list[bool] = []
    made = 0
    last: int | None = None
    known: dict[str, int] = {}
    seen: dict[int, list[Any]] = {}  # alert -> [new sightings, first, last, severity]
    for row in rows:
        identity = known.get(row.fingerprint)
        if identity is None:
            found = db.execute("SELECT id FROM alert WHERE fingerprint = ?", (row.fingerprint,)).fetchone()
            if found is None:
                last = (_last_number(db, year) if last is None else last) + 1
                known[row.fingerprint] = identity = _insert(db, row, f"CB-{year}-{last:04d}", now)
                made += 1
                fresh.append(_sight(db, identity, row))
                continue
            known[row.fingerprint] = identity = found["id"]
        fresh.append(_sight(db, identity, row))
        if fresh[-1]:
            _count(seen.setdefault(identity, [0, None, None, 0]), row)
    db.executemany(
        "UPDATE alert SET count = count + ?1, first_seen = min(coalesce(first_seen, ?2), coalesce(?2, first_seen)),"
        " last_seen = max(coalesce(last_seen, ?3), coalesce(?3, last_seen)), severity = max(severity, ?4) WHERE id = ?5",
        [(*values, identity) for identity, values in seen.items()],
    )
    return fresh, made


def _sight(db: sqlite3.Connection, identity: int, row: AlertRow) -> bool:
    """Store where it was seen; whether that is new."""
    done = db.execute(
        "INSERT OR IGNORE INTO sighting VALUES (?,?,?,?,?,?,?)",
        (identity, row.occurrence, row.time, row.sha256, row.path, row.line, row.offset),
    )
    return done.rowcount == 1


def _count(values: list[Any], row: AlertRow) -> None:
    values[0] += 1
    values[3] = max(values[3], row.severity)
    if row.time is not None:
        values[1] = row.time if values[1] is None else min(values[1], row.time)
        values[2] = row.time if values[2] is None else max(values[2], row.time)


def _last_number(db: sqlite3.Connection, year: int) -> int:
    prefix = f"CB-{year}-"
    found = db.execute(  # numbers go up with ids, within a year
        "SELECT CAST(substr(number, ?) AS INTEGER) FROM alert WHERE number LIKE ? ORDER BY id DESC LIMIT 1",
        (len(prefix) + 1, prefix + "%"),
    ).fetchone()
    return 0 if found is None else int(found[0])


def _insert(db: sqlite3.Connection, row: AlertRow, number: str, now: int) -> int:
    """A new alert, its first sighting counted."""
    done = db.execute(
        "INSERT INTO alert (number, fingerprint, kind, rule_id, title, severity, category, key, victim, agency, system, sender,"
        " count, first_seen, last_seen, source_sha256, source_path, line, pack, tags, observables, why, detail, created, muted)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,1,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            number, row.fingerprint, row.kind, row.rule_id, row.title, row.severity, row.category,
            row.key, row.victim, row.agency, row.system, row.sender, row.time, row.time, row.sha256, row.path, row.line,
            row.pack, row.tags, row.observables, row.why, row.detail, now, int(row.muted),
        ),
    )  # fmt: skip
    identity = int(done.lastrowid or 0)
    db.execute("INSERT INTO alert_text (rowid, title) VALUES (?,?)", (identity, fold(row.title)))
    return identity


def alert_rows(store: Store, where: str = "1", *values: Any) -> list[dict[str, Any]]:
    """Alerts with their state, JSON decoded, worst and newest first. `where` is SQL of ours over `a` and `s`."""
    order = "ORDER BY a.severity DESC, a.last_seen DESC, a.id"
    return list(each_alert(store, f"{where} {order}", *values))


def each_alert(store: Store, where: str = "1", *values: Any) -> Iterator[dict[str, Any]]:
    """As `alert_rows`, in no order, one at a time: of half a million only one is held. Nothing may be written meanwhile."""
    sql = (
        "SELECT a.*, coalesce(s.state, 'open') AS state, coalesce(s.verdict, '') AS verdict,"
        " coalesce(s.incident, '') AS incident, coalesce(s.reason, '') AS reason,"
        " coalesce((SELECT max(v.advisory) FROM alert_advisory v WHERE v.alert = a.number), '') AS advisory"
        f" FROM alert a LEFT JOIN alert_state s ON s.alert = a.number WHERE {where}"
    )
    for row in store.connection.execute(sql, values):
        yield decoded(row)


def alerts_by_id(store: Store, ids: Sequence[int]) -> list[dict[str, Any]]:
    """As `alert_rows`, of these alerts (a few hundred), by id."""
    return list(each_alert(store, f"a.id IN ({','.join('?' * len(ids))}) ORDER BY a.id", *ids))


def unowned(store: Store, after: int = 0) -> array[int]:
    """Ids, above `after`, of the alerts that no agency owns."""
    return _ids(store, "SELECT id FROM alert WHERE agency = '' AND id > ? ORDER BY id", after)


def last_alert(store: Store) -> int:
    """The highest id."""
    return int(store.value("SELECT coalesce(max(id), 0) FROM alert"))


def perhaps_muted(store: Store, given: Iterable[Mapping[str, Any]]) -> array[int]:
    """Ids of alerts that are muted, or that one of these mutes may cover by its rule and agency; each once, in order."""
    queries, values = ["SELECT id FROM alert WHERE muted != 0"], []  # type: list[str], list[str]
    for mute in given:
        clauses = ["1"]
        if mute["agency"]:
            clauses.append("agency = ?")
            values.append(mute["agency"])
        if mute["rule_id"]:
            clauses.append("(rule_id = ? OR substr(rule_id, -length(?)) = ?)")
            values += [mute["rule_id"]] + [":" + mute["rule_id"]] * 2
        queries.append(f"SELECT id FROM alert WHERE {' AND '.join(clauses)}")
        if clauses == ["1"]:
            return _ids(store, "SELECT id FROM alert ORDER BY id")
    return _ids(store, f"{' UNION '.join(queries)} ORDER BY 1", *values)


def _ids(store: Store, sql: str, *values: Any) -> array[int]:
    return array("q", (row[0] for row in store.connection.execute(sql, values)))


def decoded(row: sqlite3.Row) -> dict[str, Any]:
    """A row with its JSON columns as values."""
    found = dict(row)
    for name in JSON_COLUMNS:
        found[name] = json.loads(found[name])
    return found


def sightings(store: Store, alert: int, limit: int = 50) -> list[dict[str, Any]]:
    """Where an alert was seen, oldest first."""
    sql = (
        "SELECT time, source_sha256, source_path, line, offset, occurrence FROM sighting WHERE alert = ?"
        " ORDER BY time, source_path, line, occurrence LIMIT ?"
    )
    return [dict(row) for row in store.rows(sql, alert, limit)]


def sighted_in(store: Store, sha256: str, kinds: tuple[str, ...] = ()) -> tuple[int, int]:
    """Sightings in one file and the alerts they belong to (of some kinds): the account of a run that was killed."""
    marks = f"AND a.kind IN ({','.join('?' * len(kinds))})" if kinds else ""
    row = store.row(
        "SELECT count(*) AS n, count(DISTINCT s.alert) AS m FROM sighting s JOIN alert a ON a.id = s.alert"
        f" WHERE s.source_sha256 = ? {marks}",
        sha256,
        *kinds,
    )
    return (0, 0) if row is None else (row["n"], row["m"])


def assign(db: sqlite3.Connection, found: Iterable[tuple[str, str, int]]) -> None:
    """Set agency and system of alerts by id."""
    db.executemany("UPDATE alert SET agency = ?, system = ? WHERE id = ?", found)


def log_of(store: Store, sha256: str) -> tuple[str, str, str]:
    """Of a file: the system given with it, its log's name, and its reader (only of a log); empty where unknown."""
    row = store.row(
        "SELECT f.kind, f.reader, coalesce(nullif(f.log_source, ''), g.log_source, '') AS name, coalesce(s.system, '') AS system"
        " FROM source_file f LEFT JOIN source_system s ON s.sha256 = f.sha256 LEFT JOIN segment g"
        " ON g.source_sha256 = f.sha256 AND g.part = 0 WHERE f.sha256 = ?",
        sha256,
    )
    return ("", "", "") if row is None else (row["system"], row["name"], row["reader"] if row["kind"] == "log" else "")


def set_system(db: sqlite3.Connection, sha256: str, system: str) -> None:
    """The system that a file is of, as whoever ingests it says."""
    db.execute("INSERT OR REPLACE INTO source_system VALUES (?,?)", (sha256, system))


def any_system_given(store: Store) -> bool:
    """Whether any file was ingested with its system."""
    return store.value("SELECT 1 FROM source_system LIMIT 1") is not None


def sources_without_place(store: Store, without: tuple[str, ...]) -> list[tuple[str, str]]:
    """Files (sha256, path) of alerts that lack agency or system, leaving out some kinds of alerts."""
    sql = (
        "SELECT DISTINCT source_sha256, source_path FROM alert WHERE (agency = '' OR system = '') AND source_sha256 <> ''"
        f" AND kind NOT IN ({','.join('?' * len(without))})"
    )
    return [(row["source_sha256"], row["source_path"]) for row in store.rows(sql, *without)]


def without_place(store: Store, sha256: str, without: tuple[str, ...]) -> list[tuple[int, str, str]]:
    """(id, agency, system) of a file's alerts that lack agency or system, leaving out some kinds of alerts."""
    sql = (
        "SELECT id, agency, system FROM alert WHERE (agency = '' OR system = '') AND source_sha256 = ?"
        f" AND kind NOT IN ({','.join('?' * len(without))})"
    )
    return [(row["id"], row["agency"], row["system"]) for row in store.rows(sql, sha256, *without)]


def logs_without_place(store: Store, limit: int = 20) -> list[tuple[str, str, int]]:
    """Logs (sha256, path) whose alerts name neither agency nor system, with how many; the most first."""
    sql = (
        "SELECT f.sha256, f.path, count(*) AS n FROM alert a JOIN source_file f ON f.sha256 = a.source_sha256"
        " WHERE a.agency = '' AND a.system = '' AND f.kind = 'log' GROUP BY f.sha256 ORDER BY n DESC, f.path LIMIT ?"
    )
    return [(row["sha256"], row["path"], row["n"]) for row in store.rows(sql, limit)]


def set_muted(db: sqlite3.Connection, found: Iterable[tuple[int, int]]) -> None:
    """Set the muted mark of alerts by id."""
    db.executemany("UPDATE alert SET muted = ? WHERE id = ?", found)


def mutes(store: Store, now: int) -> list[dict[str, Any]]:
    """Mutes in force."""
    sql = "SELECT * FROM mute WHERE lifted IS NULL AND until > ? ORDER BY created"
    return [dict(row) for row in store.rows(sql, now)]


def disabled_rules(store: Store) -> frozenset[str]:
    """Rules switched off by people."""
    return frozenset(row["rule_id"] for row in store.rows("SELECT rule_id FROM rule_state WHERE disabled = 1"))
