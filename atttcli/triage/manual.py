"""Alerts that people add: typed fields, pasted text, a picture kept as evidence."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from atttcli.model.alert import Alert, Origin
from atttcli.model.observable import Indicator, Observable
from atttcli.model.severity import Severity
from atttcli.sources.pasted import PastedAlert, is_bad
from atttcli.sources.scope import Scope
from atttcli.store.connection import Store
from atttcli.store.facts.indicators import add_indicators
from atttcli.triage.desk import Desk


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed; empty fields are taken from the text."""

    title: str = ""
    sender: str = ""
    channel: str = ""
    received: int | None = None
    detected: int | None = None
    severity: Severity = Severity.MEDIUM
    category: str = ""
    victim: str = ""
    image: str = ""  # sha256 in the vault
    image_name: str = ""


def add_manual(
    store: Store, desk: Desk, typed: Typed, pasted: PastedAlert | None, text: str, scope: Scope, actor: str, now: int
) -> tuple[str, int]:
    """Store it. Returns the alert's number and how many new indicators it gave. The same text again changes nothing."""
    digest = hashlib.sha256("\x1f".join([text, typed.title, typed.image]).encode("utf-8", "replace")).hexdigest()
    alert = _alert(typed, pasted, digest, actor)
    with store.transaction() as db:
        _, _made = desk.store_alerts(db, [(alert, "")])
        source = typed.sender or alert.sender or "manual"
        given = [_indicator(one, source, alert, now) for one in alert.observables if is_bad(one, scope)]
        new = add_indicators(db, given, digest, now)
        row = db.execute(
            "SELECT a.number FROM alert a JOIN sighting s ON s.alert = a.id WHERE s.occurrence = ? AND a.kind = 'manual'",
            (alert.occurrence,),
        ).fetchone()
    return str(row["number"]), new


def _alert(typed: Typed, pasted: PastedAlert | None, digest: str, actor: str) -> Alert:
    detail: dict[str, Any] = {"channel": typed.channel, "entered_by": actor}
    if typed.image:
        detail |= {"image": typed.image, "image_name": typed.image_name}
    if pasted is not None and pasted.letter.number:
        detail["letter"] = {
            "number": pasted.letter.number,
            "date": pasted.letter.date,
            "deadline": pasted.letter.deadline,
        }
    received = typed.received
    if received is None and pasted is not None and pasted.times:
        received = pasted.times[-1]
    if typed.received is not None:
        detail["received"] = typed.received
    victims = (typed.victim,) if typed.victim else pasted.victims if pasted is not None else ()
    return Alert(
        kind="manual",
        rule_id="manual",
        title=typed.title or (pasted.title if pasted is not None else "") or typed.image_name,
        severity=typed.severity,
        origin=Origin(digest, typed.channel or "manual"),
        occurrence=digest[:32],
        time=typed.detected if typed.detected is not None else received,
        key=digest[:32],
        category=typed.category,
        victim=victims[0] if victims else "",
        sender=typed.sender or (pasted.sender if pasted is not None else ""),
        observables=pasted.observables if pasted is not None else (),
        detail=detail,
    )


def _indicator(one: Observable, source: str, alert: Alert, now: int) -> Indicator:
    return Indicator(one.type, one.value, source, alert.title[:200], valid_from=alert.time or now)
