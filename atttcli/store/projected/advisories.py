"""Advisories and their deliveries, as the decisions about them say."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

_FIELDS = ("title", "template", "category", "incident", "organ", "each", "due")
_JSON_FIELDS = ("body", "source", "target")


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _drafted(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    values = [body.get(name) for name in _FIELDS]
    values[_FIELDS.index("each")] = int(bool(body.get("each")))
    db.execute(
        f"INSERT OR REPLACE INTO advisory (number, stage, created, updated, {', '.join(_FIELDS + _JSON_FIELDS)})"
        f" VALUES (?,'draft',?,?,{','.join('?' * (len(_FIELDS) + len(_JSON_FIELDS)))})",
        (entry.object, entry.time, entry.time, *values, *(_dumps(body.get(name, {})) for name in _JSON_FIELDS)),
    )
    _recipients(db, entry)


def _edited(db: sqlite3.Connection, entry: Any) -> None:
    for name, value in entry.payload.get("fields", {}).items():
        if name in _FIELDS:
            shown = int(value) if name == "each" else value
            db.execute(f"UPDATE advisory SET {name} = ? WHERE number = ?", (shown, entry.object))
        elif name in _JSON_FIELDS:
            db.execute(f"UPDATE advisory SET {name} = ? WHERE number = ?", (_dumps(value), entry.object))
    if "recipients" in entry.payload:
        db.execute("DELETE FROM delivery WHERE advisory = ?", (entry.object,))
        db.execute("DELETE FROM delivery_row WHERE advisory = ?", (entry.object,))
        _recipients(db, entry)
    db.execute(
        "UPDATE delivery SET incident = a.incident, due = a.due FROM advisory a"
        " WHERE a.number = delivery.advisory AND delivery.advisory = ?",
        (entry.object,),
    )
    _stage(db, entry, "draft", approved=None)


def _sourced(db: sqlite3.Connection, entry: Any) -> None:
    db.execute(
        "UPDATE advisory SET source = ?, updated = ? WHERE number = ?",
        (_dumps(entry.payload["fields"]["source"]), entry.time, entry.object),
    )


def _recipients(db: sqlite3.Connection, entry: Any) -> None:
    due, incident = db.execute("SELECT due, incident FROM advisory WHERE number = ?", (entry.object,)).fetchone()
    for one in entry.payload.get("recipients", ()):
        db.execute(
            "INSERT OR REPLACE INTO delivery (advisory, agency, incident, state, due, total, updated)"
            " VALUES (?,?,?,'planned',?,?,?)",
            (entry.object, one["agency"], incident, due, one.get("total"), entry.time),
        )
        db.executemany(
            "INSERT OR REPLACE INTO delivery_row VALUES (?,?,?,?)",
            [(entry.object, one["agency"], place, _dumps(row)) for place, row in enumerate(one.get("rows", ()))],
        )


def _stage(db: sqlite3.Connection, entry: Any, stage: str, **fields: Any) -> None:
    given = {"stage": stage, "updated": entry.time} | fields
    sets = ", ".join(f"{name} = ?" for name in given)
    db.execute(f"UPDATE advisory SET {sets} WHERE number = ?", (*given.values(), entry.object))


def _approved(db: sqlite3.Connection, entry: Any) -> None:
    _stage(db, entry, "approved", approved=entry.time)


def _issued(db: sqlite3.Connection, entry: Any) -> None:
    _stage(db, entry, "awaiting_signature", issued=entry.time)
    db.execute(
        "UPDATE delivery SET state = 'queued', updated = ? WHERE advisory = ? AND state = 'planned'",
        (entry.time, entry.object),
    )
    _cover(db, entry)


def _cover(db: sqlite3.Connection, entry: Any) -> None:
    """Alerts that were passed on no longer wait for triage; those closed or linked to an incident stay as they are."""
    for alert in entry.payload.get("alerts", ()):
        db.execute("INSERT OR REPLACE INTO alert_advisory VALUES (?,?,?)", (alert, entry.object, entry.time))
        if not db.execute("SELECT 1 FROM alert_state WHERE alert = ? AND state != 'open'", (alert,)).fetchone():
            db.execute(
                "INSERT OR REPLACE INTO alert_state (alert, state, actor, at) VALUES (?, 'linked', ?, ?)",
                (alert, entry.actor, entry.time),
            )


def _uncover(db: sqlite3.Connection, entry: Any) -> None:
    """They wait again, unless another advisory or an incident has them."""
    for alert in entry.payload.get("alerts", ()):
        db.execute("DELETE FROM alert_advisory WHERE alert = ? AND advisory = ?", (alert, entry.object))
        if not is_covered(db, alert):
            db.execute(
                "UPDATE alert_state SET state = 'open', actor = ?, at = ? WHERE alert = ? AND state = 'linked' AND incident = ''",
                (entry.actor, entry.time, alert),
            )


def is_covered(db: sqlite3.Connection, alert: str) -> bool:
    """Whether an advisory that was issued passes the alert on."""
    return db.execute("SELECT 1 FROM alert_advisory WHERE alert = ?", (alert,)).fetchone() is not None


def _signed(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    _stage(db, entry, "awaiting_number", signed=body.get("at", entry.time), signer=body.get("signer", ""))


def _numbered(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    _stage(db, entry, "numbered", numbered=entry.time, document=body["document"], dated=body.get("dated", ""))
    for agency, document in body.get("documents", {}).items():
        db.execute(
            "UPDATE delivery SET document = ? WHERE advisory = ? AND agency = ?", (document, entry.object, agency)
        )


def _withdrawn(db: sqlite3.Connection, entry: Any) -> None:
    _stage(db, entry, "withdrawn", reason=entry.payload.get("reason", ""))
    db.execute("UPDATE delivery SET state = 'withdrawn', updated = ? WHERE advisory = ?", (entry.time, entry.object))
    _uncover(db, entry)


def _closed(db: sqlite3.Connection, entry: Any) -> None:
    _stage(db, entry, "closed", closed=entry.time, reason=entry.payload.get("reason", ""))


def _reopened(db: sqlite3.Connection, entry: Any) -> None:
    _stage(db, entry, "numbered", closed=None, reason=entry.payload.get("reason", ""))


def _source_answered(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "UPDATE advisory SET answered = ?, answer = ?, updated = ? WHERE number = ?",
        (body.get("at", entry.time), body.get("document", ""), entry.time, entry.object),
    )


def _update(db: sqlite3.Connection, entry: Any, agency: str, **fields: Any) -> None:
    sets = ", ".join(f"{name} = ?" for name in fields)
    db.execute(
        f"UPDATE delivery SET {sets}, updated = ? WHERE advisory = ? AND agency = ?",
        (*fields.values(), entry.time, entry.object, agency),
    )


def _sent(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    for agency in body["agencies"]:
        _update(
            db, entry, agency, state="sent", sent=body.get("at", entry.time), how=body.get("how", ""),
            proof=body.get("proof", ""),
        )  # fmt: skip


def _acknowledged(db: sqlite3.Connection, entry: Any) -> None:
    for agency in entry.payload["agencies"]:
        _update(db, entry, agency, state="acknowledged", acknowledged=entry.payload.get("at", entry.time))


def _answered(db: sqlite3.Connection, entry: Any) -> None:
    for one in entry.payload["answers"]:
        at = one.get("at") or entry.time
        db.execute(
            "UPDATE delivery SET acknowledged = coalesce(acknowledged, ?) WHERE advisory = ? AND agency = ?",
            (at, entry.object, one["agency"]),
        )
        fields: dict[str, Any] = {"state": one["state"], "answered": at, "answer": _dumps(one), "verified": None}
        if one.get("total") is not None:
            fields["total"] = one["total"]
        if one.get("handled") is not None:
            fields["handled"] = one["handled"]
        _update(db, entry, one["agency"], **fields)


def _verified(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    for agency in body["agencies"]:
        _update(
            db, entry, agency, state="verified", verified=entry.time, reason=body.get("note", ""),
            evidence=_dumps(body.get("evidence", [])),
        )  # fmt: skip


def _failed(db: sqlite3.Connection, entry: Any) -> None:
    for agency in entry.payload["agencies"]:
        _update(db, entry, agency, state="fixing", verified=None, reason=entry.payload.get("note", ""))


def _reminded(db: sqlite3.Connection, entry: Any) -> None:
    for agency in entry.payload["agencies"]:
        db.execute(
            "UPDATE delivery SET reminders = reminders + 1, reminded = ?, due = coalesce(?, due), updated = ?"
            " WHERE advisory = ? AND agency = ?",
            (entry.payload.get("at", entry.time), entry.payload.get("due"), entry.time, entry.object, agency),
        )


def _escalated(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    for agency in body["agencies"]:
        _update(db, entry, agency, escalated=body.get("at", entry.time), escalated_to=body.get("to", ""))


def _exempted(db: sqlite3.Connection, entry: Any) -> None:
    for agency in entry.payload["agencies"]:
        _update(db, entry, agency, state="exempt", reason=entry.payload.get("reason", ""))


def _resumed(db: sqlite3.Connection, entry: Any) -> None:
    for agency in entry.payload["agencies"]:
        db.execute(
            "UPDATE delivery SET state = CASE WHEN sent IS NULL THEN 'queued' ELSE 'sent' END, reason = ?, updated = ?"
            " WHERE advisory = ? AND agency = ?",
            (entry.payload.get("reason", ""), entry.time, entry.object, agency),
        )


def _place_changed(db: sqlite3.Connection, entry: Any) -> None:
    """Fields given later win over those given before; what is not named stays."""
    for change in entry.payload.get("changes", ()):
        key = (change["kind"], change["code"])
        row = db.execute("SELECT fields FROM place_change WHERE kind = ? AND code = ?", key).fetchone()
        fields = (json.loads(row[0]) if row else {}) | change["fields"]
        db.execute("INSERT OR REPLACE INTO place_change VALUES (?,?,?,?)", (*key, _dumps(fields), entry.seq))


HANDLERS: dict[str, Callable[[Any, Any], None]] = {
    "advisory.drafted": _drafted,
    "advisory.edited": _edited,
    "advisory.sourced": _sourced,
    "advisory.approved": _approved,
    "advisory.issued": _issued,
    "advisory.signed": _signed,
    "advisory.numbered": _numbered,
    "advisory.withdrawn": _withdrawn,
    "advisory.closed": _closed,
    "advisory.reopened": _reopened,
    "advisory.answered": _source_answered,
    "delivery.sent": _sent,
    "delivery.acknowledged": _acknowledged,
    "delivery.answered": _answered,
    "delivery.verified": _verified,
    "delivery.failed": _failed,
    "delivery.reminded": _reminded,
    "delivery.escalated": _escalated,
    "delivery.exempted": _exempted,
    "delivery.resumed": _resumed,
    "agency.changed": _place_changed,
    "agency.merged": _place_changed,
    "agency.imported": _place_changed,
}
