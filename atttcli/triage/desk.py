"""The desk where alerts arrive: each is identified, assigned, compared with the mutes and stored."""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from atttcli.clock import Clock, from_micros
from atttcli.inventory import Inventory
from atttcli.model.alert import Alert
from atttcli.model.observable import Observable
from atttcli.store.connection import Connection, Store
from atttcli.store.facts import alerts as facts
from atttcli.store.facts.files import set_meta
from atttcli.triage.assign import agency_and_system, codes_of_row, with_hint
from atttcli.triage.identity import fingerprint
from atttcli.triage.mute import is_muted

_LONGEST = 16_384
_PAGE = 500  # alerts looked at, and changed, at once
_ASSIGNED = "alerts_assigned"  # with which inventory, and up to which alert
CLAIMS = ("national-list", "mail", "manual", "message")  # they say whom they concern: where they came from says nothing


class Desk:
    """Stores alerts for one run. `store_alerts` is called inside the caller's transaction.

    `agency`: whose they all are, known otherwise (a kit is one agency's, whatever its host calls itself). `mark`: a tag and a
    sentence that all of them bear.
    """

    def __init__(
        self, store: Store, inventory: Inventory, clock: Clock, agency: str = "", mark: tuple[str, str] | None = None
    ) -> None:
        self._agency, self._mark = agency, mark
        self._store, self._inventory, self._clock = store, inventory, clock
        self._mutes = facts.mutes(store, clock.now())
        self._places: dict[str, tuple[str, str]] = {}
        self._hints: dict[str, str] = {}
        self.sighted = 0  # new sightings that it stored

    def store_alerts(self, db: Connection, alerts: Sequence[tuple[Alert, str]]) -> tuple[list[bool], int]:
        """Alerts with the digest of their rule pack: which sightings were new, and how many alerts were made."""
        now = self._clock.now()
        rows = [self._row(alert, pack) for alert, pack in alerts]
        fresh, made = facts.add_alerts(db, rows, from_micros(now).year, now)
        self.sighted += sum(fresh)
        return fresh, made

    def _row(self, alert: Alert, pack: str) -> facts.AlertRow:
        mark = fingerprint(alert)
        place = self._places.get(mark)
        if place is None:
            if len(self._places) > 100_000:
                self._places.clear()
            place = self._places[mark] = agency_and_system(alert, self._inventory)
        if self._agency:
            place = (self._agency, place[1] if place[0] == self._agency else "")
        elif not all(place) and alert.kind not in CLAIMS:
            place = with_hint(place, self._hint(alert), self._inventory)
        observables = [_plain(one) for one in alert.observables]
        tags, why = list(alert.tags), list(alert.why)[:50]
        if self._mark is not None:
            tags, why = [*tags, self._mark[0]], [*why, self._mark[1]]
        subject = {
            "rule_id": alert.rule_id, "agency": place[0], "victim": alert.victim, "observables": observables,
            "detail": alert.detail,
        }  # fmt: skip
        return facts.AlertRow(
            fingerprint=mark, kind=alert.kind, rule_id=_text(alert.rule_id), title=_text(alert.title),
            severity=int(alert.severity), category=alert.category, key=_text(alert.key), victim=_text(alert.victim),
            agency=place[0], system=place[1], sender=_text(alert.sender), time=alert.time, sha256=alert.origin.sha256,
            path=_text(alert.origin.path), line=alert.origin.line, offset=alert.origin.offset, pack=pack,
            tags=_json(tags), observables=_json(observables), why=_json(why),
            detail=_detail(alert.detail), muted=bool(self._mutes) and is_muted(subject, self._mutes),
            occurrence=alert.occurrence,
        )  # fmt: skip

    def _hint(self, alert: Alert) -> str:
        """The system of the log that the alert was made of."""
        sha256 = alert.origin.sha256
        if not sha256:
            return ""
        if sha256 not in self._hints:
            if len(self._hints) > 10_000:
                self._hints.clear()
            self._hints[sha256] = system_of_log(self._store, self._inventory, sha256, alert.origin.path)
        return self._hints[sha256]


def system_of_log(store: Store, inventory: Inventory, sha256: str, path: str) -> str:
    """Code of the system that a file's alerts are of: said when it was ingested, told for its path or name, or its format's."""
    given, name, reader = facts.log_of(store, sha256)
    return given or inventory.log_sources.system_of(path, name, reader)


def hint_again(store: Store, inventory: Inventory) -> int:
    """Alerts of logs that name no system (or no agency): look up their log's anew; returns how many found something."""
    if not inventory.log_sources and not facts.any_system_given(store):
        return 0
    found: list[tuple[str, str, int]] = []
    for sha256, path in facts.sources_without_place(store, CLAIMS):
        hint = system_of_log(store, inventory, sha256, path)
        for identity, agency, system in facts.without_place(store, sha256, CLAIMS) if hint else ():
            place = with_hint((agency, system), hint, inventory)
            if place != (agency, system):
                found.append((*place, identity))
    for start in range(0, len(found), _PAGE):
        with store.transaction() as db:
            facts.assign(db, found[start : start + _PAGE])
    return len(found)


def assign_again(store: Store, inventory: Inventory, fresh: int | None = None) -> int:
    """Look up anew the alerts that no agency owned (after `agency learn-ip`); returns how many found theirs.

    What was looked up in the same inventory before is not looked up again: nor are alerts above the id `fresh`, which came
    to a desk that had it. Stored a page at a time, so that other writers get their turn.
    """
    digest, _, before = store.meta(_ASSIGNED).partition(":")
    now, last = inventory.digest(), facts.last_alert(store)
    ids = facts.unowned(store, int(before) if digest == now else 0)
    count = 0
    for page in _pages(store, ids if fresh is None else ids[: bisect_right(ids, fresh)]):
        places = [(codes_of_row(row, inventory), row["id"]) for row in page]
        found = [(agency, system, identity) for (agency, system), identity in places if agency]
        count += len(found)
        if found:
            with store.transaction() as db:
                facts.assign(db, found)
    if ids:
        with store.transaction() as db:
            set_meta(db, _ASSIGNED, f"{now}:{last}")
    return count


def mute_again(store: Store, now: int) -> int:
    """Bring the muted marks in line with the mutes in force; returns how many alerts are muted. A page at a time."""
    in_force = facts.mutes(store, now)
    count = 0
    for page in _pages(store, facts.perhaps_muted(store, in_force)):
        marks = [(int(is_muted(row, in_force)), row) for row in page]
        count += sum(muted for muted, _ in marks)
        changed = [(muted, row["id"]) for muted, row in marks if muted != row["muted"]]
        if changed:
            with store.transaction() as db:
                facts.set_muted(db, changed)
    return count


def _pages(store: Store, ids: array[int]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(ids), _PAGE):
        yield facts.alerts_by_id(store, ids[start : start + _PAGE])


def _plain(one: Observable) -> dict[str, str]:
    return {"type": str(one.type), "value": _text(one.value), "role": one.role}


def _text(value: str) -> str:
    """Lone surrogates cannot be stored."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def _json(value: Any) -> str:
    return _text(json.dumps(value, ensure_ascii=False, default=str))


def _detail(detail: dict[str, Any]) -> str:
    text = _json(detail)
    if len(text) <= _LONGEST:
        return text
    kept = {key: value for key, value in detail.items() if len(_json(value)) <= 1024}
    return _json(kept | {"shortened": True})
