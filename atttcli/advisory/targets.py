"""Who gets an advisory, and which rows concern whom: named, by group, or computed from alerts, incident and inventory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from atttcli.errors import NotFound, UsageError
from atttcli.inventory import Inventory
from atttcli.inventory.organisation import GROUPS
from atttcli.inventory.ranges import parse_address
from atttcli.model.advisory import Marker, Recipient, Row, SourceLetter
from atttcli.store.connection import Store
from atttcli.store.facts.alerts import alert_rows

MAX_MARKERS = 200
_SHARED_MARKERS = 20
BAD_ROLES = ("c2", "attacker", "malicious", "phishing", "malware", "scanner", "sender")


def named(inventory: Inventory, words: Iterable[str], today: str) -> list[Recipient]:
    """`all`, a group (`xa`), or an agency by code or name."""
    codes: list[str] = []
    active = active_agencies(inventory, today)
    for word in words:
        for part in (piece.strip() for piece in word.split(",")):
            if part in ("all", "tat-ca"):
                codes += active
            elif part in GROUPS:
                codes += [code for code in active if _group(inventory, code) == part]
            elif part:
                codes.append(agency_code(inventory, part, today))
    return [Recipient(code) for code in dict.fromkeys(codes)]


def active_agencies(inventory: Inventory, today: str) -> list[str]:
    """Codes of the agencies that exist on this day, in the order of the organisation."""
    return [
        agency.code
        for agency in inventory.organisation.agencies
        if (not agency.valid_until or agency.valid_until >= today)
        and (not agency.valid_from or agency.valid_from <= today)
    ]


def agency_code(inventory: Inventory, text: str, today: str = "") -> str:
    """The code that a person means, or of its successor when it has ended; NotFound."""
    found = inventory.find_agency(text)
    if found is None:
        raise NotFound(f"no single agency {text[:60]!r}", hint="atttcli agency list")
    return inventory.current(found.code, today)


def _group(inventory: Inventory, code: str) -> str:
    found = inventory.agency(code)
    return found.group if found else ""


def of_alerts(inventory: Inventory, alerts: Sequence[Mapping[str, Any]], today: str) -> tuple[list[Recipient], int]:
    """One recipient per agency with a row per alert, and how many alerts no agency owns."""
    rows: dict[str, list[Row]] = {}
    unowned = 0
    for alert in alerts:
        if not alert["agency"]:
            unowned += 1
            continue
        rows.setdefault(inventory.current(alert["agency"], today), []).append(row_of_alert(alert))
    found = [Recipient(code, tuple(sorted(mine, key=_row_order)), _machines(mine)) for code, mine in rows.items()]
    return found, unowned


def _row_order(row: Row) -> tuple[str, str, int]:
    return (row.address or row.subject, row.port, row.time or 0)


def _machines(rows: Iterable[Row]) -> int:
    """At least as many machines as there are different addresses (and ports: NAT) that were seen."""
    return len({(row.address or row.subject, row.port) for row in rows})


def row_of_alert(alert: Mapping[str, Any]) -> Row:
    """An alert as a line of the annex; `alert` is a decoded row, with `seen` and `times` when it comes out of a list."""
    detail = alert["detail"]
    victim = str(alert["victim"])
    remote = next((str(one["value"]) for one in alert["observables"] if one.get("role") in BAD_ROLES), "")
    is_address = parse_address(victim) is not None
    times = int(alert.get("times", alert["count"]))
    return Row(
        address=victim if is_address else "",
        subject="" if is_address else victim or str(alert["title"]),
        port=str(detail.get("port") or ""),
        time=alert.get("seen", alert["last_seen"]),
        malware=str(detail.get("malware") or "") or ("" if alert["kind"] == "national-list" else str(alert["title"])),
        remote=remote,
        note=f"×{times}" if times > 1 else "",
        alert=str(alert["number"]),
    )


def with_product(inventory: Inventory, product: str, version: str, today: str) -> list[Recipient]:
    """Who runs a system with this product in one of these versions (unknown versions included): a row for each system."""
    rows: dict[str, list[Row]] = {}
    for system in inventory.systems_with(product, version):
        holder = next((code for code in (system.operator, system.owner) if inventory.agency(code)), "")
        if holder and not system.external:
            shown = f"{system.product} {system.version}".strip()
            row = Row(system=system.name, product=shown)
            rows.setdefault(inventory.current(holder, today), []).append(row)
    return [Recipient(code, tuple(found), len(found)) for code, found in rows.items()]


def affected_by(store: Store, inventory: Inventory, incident: str, today: str) -> tuple[list[Recipient], int]:
    """Agencies of the incident, of its systems and its alerts, and those whose own alerts show one of its indicators."""
    row = store.row("SELECT agencies, systems FROM incident WHERE number = ?", incident)
    if row is None:
        raise NotFound(f"no incident {incident[:40]!r}", hint="atttcli incident list")
    linked = linked_alerts(store, incident)
    markers = markers_of(linked)[:_SHARED_MARKERS]
    shared = _sharing(store, [marker.value for marker in markers])
    every = {alert["number"]: alert for alert in (*linked, *shared)}
    found, unowned = of_alerts(inventory, list(every.values()), today)
    codes = [code for code in json.loads(row["agencies"]) if inventory.agency(code)]
    for name in json.loads(row["systems"]):
        system = inventory.system(name)
        if system is not None:
            codes += [code for code in (system.operator, system.owner) if inventory.agency(code)]
    return merged(found, [Recipient(inventory.current(code, today)) for code in codes]), unowned


def linked_alerts(store: Store, incident: str) -> list[dict[str, Any]]:
    """Alerts of an incident, worst first."""
    return alert_rows(store, "s.incident = ? AND s.state = 'linked'", incident)


def _sharing(store: Store, values: Sequence[str]) -> list[dict[str, Any]]:
    if not values:
        return []
    clause = " OR ".join("instr(a.observables, ?) > 0" for _ in values)
    quoted = [json.dumps(value, ensure_ascii=False) for value in values]
    return alert_rows(
        store, f"a.agency != '' AND a.muted = 0 AND coalesce(s.state, 'open') != 'closed' AND ({clause})", *quoted
    )


def markers_of(alerts: Iterable[Mapping[str, Any]]) -> list[Marker]:
    """What others may look for at home: the bad ends of these alerts, each once."""
    found: dict[tuple[str, str], Marker] = {}
    for alert in alerts:
        for one in alert["observables"]:
            if one.get("role") in BAD_ROLES and len(found) < MAX_MARKERS:
                key = (str(one["type"]), str(one["value"]))
                found.setdefault(key, Marker(*key, str(one["role"])))
    return list(found.values())


def merged(*groups: Iterable[Recipient]) -> list[Recipient]:
    """Each agency once, with all its rows."""
    found: dict[str, Recipient] = {}
    for one in (recipient for group in groups for recipient in group):
        known = found.get(one.agency)
        if known is None:
            found[one.agency] = one
            continue
        rows = tuple(dict.fromkeys((*known.rows, *one.rows)))
        totals = [total for total in (known.total, one.total) if total is not None]
        found[one.agency] = replace(known, rows=rows, total=max(totals) if totals else None)
    return list(found.values())


def list_alerts(store: Store, text: str) -> tuple[list[dict[str, Any]], SourceLetter]:
    """The alerts that one ingested list gave (`last`, its letter's number, its file's name), and the letter with it."""
    files = list(_list_files(store, text))
    if not files:
        raise NotFound(f"no ingested list {text[:60]!r}", hint="atttcli ingest FILE; then name it by file or letter")
    marks = ",".join("?" * len(files))
    digests = [row["sha256"] for row in files]
    seen = {
        row["alert"]: (row["n"], row["last"])
        for row in store.rows(
            f"SELECT alert, count(*) AS n, max(time) AS last FROM sighting WHERE source_sha256 IN ({marks}) GROUP BY alert",
            *digests,
        )
    }
    clause = (
        "a.kind = 'national-list' AND coalesce(s.state, 'open') != 'closed' AND a.id IN"
        f" (SELECT alert FROM sighting WHERE source_sha256 IN ({marks}))"
    )
    alerts = alert_rows(store, clause, *digests)
    for alert in alerts:
        alert["times"], alert["seen"] = seen[alert["id"]]
    return alerts, _source_letter(files[0])


def _list_files(store: Store, text: str) -> Iterator[Any]:
    """Files that gave alerts of a list; of several with one name all of them, newest first."""
    rows = store.rows(
        "SELECT sha256, path, letter, first_seen FROM source_file WHERE alerts > 0 AND kind = 'list'"
        " ORDER BY first_seen DESC, path"
    )
    if text == "last":
        yield from rows[:1]
        return
    wanted = text.strip().casefold()
    numbered = [row for row in rows if json.loads(row["letter"]).get("number", "").casefold() == wanted]
    yield from numbered or [
        row for row in rows if _tail(row["path"]).casefold() == _tail(wanted) or row["sha256"].startswith(wanted)
    ]


def _tail(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2].rpartition("!")[2]


def _source_letter(row: Any) -> SourceLetter:
    letter = json.loads(row["letter"])
    known = {name: str(letter.get(name, "")) for name in ("number", "date", "sender", "subject", "deadline", "reply")}
    return SourceLetter(**known, list=_tail(row["path"]))


def unresolved_rows(store: Store, list_name: str = "") -> list[Row]:
    """Victims that no agency owns: what the internet provider is asked about."""
    if list_name:
        alerts = [alert for alert in list_alerts(store, list_name)[0] if not alert["agency"] and alert["victim"]]
    else:
        alerts = alert_rows(
            store, "a.agency = '' AND a.victim != '' AND a.muted = 0 AND coalesce(s.state, 'open') = 'open'"
        )
    rows = (row_of_alert(alert) for alert in alerts)
    return sorted((row for row in rows if row.address), key=_row_order)


def check_some(recipients: Sequence[Recipient], hint: str) -> None:
    """UsageError when nobody would get it."""
    if not recipients:
        raise UsageError("nobody is concerned: the advisory would have no recipient", hint=hint)
