"""What a scan found, kept in a workspace: alerts through triage in small transactions, the run with its account last.

A finding is the same sighting again when host, path, content and rule are the same: the same scan twice adds nothing. A
run that was killed leaves what its transactions held; the next one finds the rest again (what was judged before comes from
the cache of results, findings included), so nothing is lost and nothing doubled.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Final

from atttcli.clock import Clock
from atttcli.field.records import HostRecord
from atttcli.field.strict_json import plain
from atttcli.inventory import Inventory
from atttcli.model.alert import Alert, Detection
from atttcli.model.ledger import Ledger
from atttcli.scan.account import ScanAccount
from atttcli.store.connection import Connection, Store
from atttcli.store.facts.fleet import FleetScan, add_host_records, record_scan
from atttcli.store.facts.rulepacks import rules_version
from atttcli.store.facts.scans import begin_scan, end_scan, host_source
from atttcli.triage.desk import Desk
from atttcli.triage.identity import KIT_MACHINE, alert_of

BATCH: Final = 200  # alerts in one transaction
_HOLES: Final = 50  # on the board; the scan's own account names more


class Keeper:
    """Stores the findings of one scan of one machine. `run` is the scan's number."""

    def __init__(
        self, store: Store, inventory: Inventory, clock: Clock, actor: str, host: str, paths: Sequence[str]
    ) -> None:
        self._store, self._clock, self._host, self._inventory = store, clock, host, inventory
        self._desk = Desk(store, inventory, clock)
        self._started = clock.now()
        self._waiting: list[tuple[Alert, str]] = []
        self.ledger = Ledger()
        self.run = begin_scan(store, actor, host, paths, self._started)

    def add(self, found: Detection) -> None:
        """One finding; a full batch is committed."""
        self._waiting.append((host_alert(found, self._host, self._started), found.pack))
        if len(self._waiting) >= BATCH:
            with self._store.transaction() as db:
                self._store_waiting(db)

    def keep_host(self, records: Sequence[tuple[int, HostRecord]]) -> None:
        """What was seen of the host, with its place among all of it."""
        with self._store.transaction() as db:
            add_host_records(db, host_source(self.run), records)

    def finish(self, account: ScanAccount) -> Ledger:
        """The last alerts and the run's account, in one transaction."""
        with self._store.transaction() as db:
            self._store_waiting(db)
            self.ledger.check()
            end_scan(db, self.run, account.pack, self.ledger, account.to_json(), self._clock.now())
            record_scan(db, self._fleet_row(account))
        return self.ledger

    def _store_waiting(self, db: Connection) -> None:
        fresh, made = self._desk.store_alerts(db, self._waiting)
        self.ledger.read += len(fresh)
        self.ledger.stored += sum(fresh)
        self.ledger.duplicate += len(fresh) - sum(fresh)
        self.ledger.alerts += made
        self._waiting = []

    def _fleet_row(self, account: ScanAccount) -> FleetScan:
        """This scan on the board of all machines."""
        owner = self._inventory.owner_of(self._host)
        return FleetScan(
            source="local", host=self._host, agency=owner.code if owner else "", started=account.started,
            finished=account.ended, rules_digest=account.pack, rules_version=rules_version(self._store),
            rules_count=account.rules, account=account.files.to_json(),
            complete=account.complete, holes=[one.to_json() for one in account.listed[:_HOLES]],
            findings=account.detections, run=self.run,
        )  # fmt: skip


def host_alert(found: Detection, host: str, started: int, machine: str = "") -> Alert:
    """A finding as the claim that this machine has it: the machine is whom it concerns.

    `machine` tells apart those that call themselves alike (a kit's: agency and machine); by default the name does.
    """
    path = storable(found.origin.path)
    meta = found.detail.get("meta", {})
    detail = {**found.detail, "host": host, "victim": host} | ({KIT_MACHINE: machine} if machine else {})
    if meta.get("category"):
        detail["category"] = str(meta["category"])
    place = hashlib.blake2b(f"{machine or host}\n{path}".encode("utf-8", "replace"), digest_size=12).hexdigest()
    placed = dataclasses.replace(
        found,
        origin=dataclasses.replace(found.origin, path=path),
        time=started if found.time is None else found.time,
        detail=detail,
    )
    return alert_of(placed, f"{place}:{found.origin.sha256[:24]}")


def storable(path: str) -> str:
    """A path that a database holds: file names may carry bytes that are no UTF-8."""
    return plain(path)
