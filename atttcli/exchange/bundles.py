"""Taking bundles in: all of one is verified before anything of it is stored, then it is stored in small transactions.

The row of the bundle comes last, with its account: an import that was killed leaves no such row, the next one finds again
what is stored already (a sighting is machine, path, content and rule) and stores the rest. The same bundle twice adds
nothing. One that is refused does not hold up the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from atttcli.clock import from_micros
from atttcli.errors import AtttError, BundleRefused, InputError, Where, WorkspaceError
from atttcli.evidence.vault import Vault
from atttcli.exchange.collected import NAMES
from atttcli.exchange.collected_text import file_rows
from atttcli.exchange.judge import UNSIGNED, UNSIGNED_TEXT, Remark, clock_is_wrong, judge
from atttcli.exchange.parcel import Parcel, ParcelReader, open_parcel, parcels_below
from atttcli.exchange.records import MOST_RECORDS, FirstLines, file_detections, host_detection
from atttcli.exchange.samples import keep_sample
from atttcli.field.bundle import Line, lines
from atttcli.field.manifest import FINDINGS, HOST, SAMPLE, Manifest
from atttcli.field.records import HIT, HostRecord, read_finding, read_host
from atttcli.field.strict_json import NotCanonical
from atttcli.ingest.lock import ingest_lock
from atttcli.inventory import Inventory
from atttcli.journal.journal import Journal
from atttcli.model.alert import Alert, Detection, Origin
from atttcli.model.ledger import Ledger
from atttcli.scan.keep import BATCH, host_alert
from atttcli.scan.run import FileLookup
from atttcli.store.facts import fleet
from atttcli.store.facts.alerts import disabled_rules
from atttcli.store.facts.fleet import BundleRow, FleetScan
from atttcli.store.workspace import Workspace
from atttcli.triage.desk import Desk

NEW, KNOWN, REFUSED, CHECKED = "new", "known", "refused", "checked"
_MOST_LISTED: Final = 100
_TOO_MANY: Final = f"more than {MOST_RECORDS} records in one bundle"


@dataclass(slots=True)
class Taken:
    """What became of one file. `rejected`: (member, line, reason) of records that are none, at most 100 of them listed.

    `state`: new, known (taken in before: nothing added), refused (`error` says why), checked (a dry run: it would be taken).
    """

    path: Path
    state: str
    digest: str = ""
    manifest: Manifest | None = None
    signed: bool = True
    remarks: tuple[Remark, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)
    rejected: list[tuple[str, int, str]] = field(default_factory=list)
    exhibits: list[str] = field(default_factory=list)
    error: AtttError | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What taking a parcel in now would say of it. `known`: it was taken in before; `refusal`: it would not be taken."""

    known: bool = False
    remarks: tuple[Remark, ...] = ()
    refusal: BundleRefused | None = None


@dataclass(slots=True)
class BundleImport:
    """Everything that taking in needs. `incident`: whose evidence attached samples become; none by default.

    `look_up`: what our lists say today of a file (path, sha256, md5, sha1): a stick's lists are as old as the stick.
    """

    workspace: Workspace
    journal: Journal
    inventory: Inventory
    readers: Sequence[ParcelReader]
    incident: str = ""
    look_up: FileLookup | None = None
    _turns: dict[tuple[str, str], dict[int, list[tuple[str, str]]]] = field(default_factory=dict)

    def run(self, paths: Sequence[Path], *, dry_run: bool = False) -> list[Taken]:
        """Take in files and folders, each kit's and machine's bundles in their turn."""
        ready = list(self._sorted(paths))
        if dry_run:
            return [one if one.error else self._take(one.path, dry_run=True) for one in ready]
        with ingest_lock(self.workspace.root):
            return [one if one.error else self._take(one.path, dry_run=False) for one in ready]

    def opinion(self, parcel: Parcel) -> Opinion:
        """Whether a parcel would be taken, and what is to be known of it. One that is here already was judged when it came."""
        if fleet.bundle(self.journal.store, parcel.digest) is not None:
            return Opinion(known=True)
        try:
            turns = self._turns_of(parcel.manifest)
            return Opinion(remarks=judge(parcel, turns, self.journal.clock.now(), self.inventory))
        except BundleRefused as error:
            return Opinion(refusal=error)

    def _sorted(self, paths: Sequence[Path]) -> Iterator[Taken]:
        """Every file looked at once, what cannot be opened first."""
        found: list[tuple[str, str, int, Taken]] = []
        for path in dict.fromkeys(self._files(paths)):
            try:
                parcel = open_parcel(path, self.readers)
            except InputError as error:  # what is wrong with us (no key, no passphrase) ends the run before it began
                yield Taken(path, REFUSED, error=error)
                continue
            manifest = parcel.manifest
            found.append((manifest.kit, manifest.host.machine_id, manifest.sequence, Taken(path, CHECKED)))
        yield from (one[3] for one in sorted(found, key=lambda one: one[:3]))

    def _files(self, paths: Sequence[Path]) -> Iterator[Path]:
        for path in paths:
            if path.is_dir():
                yield from parcels_below(path, self.readers)
            else:
                yield path

    def _take(self, path: Path, *, dry_run: bool) -> Taken:
        try:
            parcel = open_parcel(path, self.readers)
        except InputError as error:
            return _refused(path, error)
        manifest = parcel.manifest
        opinion = self.opinion(parcel)
        if opinion.refusal is not None:
            return _refused(path, opinion.refusal)
        taken = Taken(path, CHECKED, parcel.digest, manifest, parcel.signed, opinion.remarks)
        before = fleet.bundle(self.journal.store, parcel.digest)
        if before is not None:
            taken.state = KNOWN
            count, rejected = before["ledger"]["read"], before["ledger"]["rejected"]
            taken.ledger = Ledger(read=count, duplicate=count - rejected, rejected=rejected)
            return taken
        taking = _Taking(self, parcel, taken)
        if dry_run:
            taking.count()
        else:
            self._may_keep(manifest)
            try:
                taking.store()
            except InputError as error:  # read anew it is another one: a folder that was written to meanwhile
                return _refused(path, error)
            except OSError as error:
                raise WorkspaceError(
                    f"cannot go on: {error.strerror or error}",
                    hint="is the disk full? free some room, then run the same command again: nothing is doubled",
                    where=Where(str(path)),
                ) from error
        if parcel.signed:
            self._turns_of(manifest).setdefault(manifest.sequence, []).append((parcel.digest, manifest.previous))
        return taken

    def _may_keep(self, manifest: Manifest) -> None:
        """Asked before anything is stored: whoever may take findings in, but no evidence, would never get to the end."""
        if any(one.kind == SAMPLE for one in manifest.members):
            body = {"incident": self.incident, "agency": manifest.agency}
            self.journal.permit("evidence.added", self.incident, body)

    def _turns_of(self, manifest: Manifest) -> dict[int, list[tuple[str, str]]]:
        """What is here, and what this run has taken (or in a dry run would have)."""
        key = (manifest.kit, manifest.host.machine_id)
        if key not in self._turns:
            self._turns[key] = fleet.turns(self.journal.store, *key)
        return self._turns[key]


class _Taking:
    """One parcel on its way into the workspace."""

    def __init__(self, given: BundleImport, parcel: Parcel, taken: Taken) -> None:
        self._given, self._parcel, self._taken = given, parcel, taken
        self._manifest = parcel.manifest
        journal = given.journal
        self._store, self._now = journal.store, journal.clock.now()
        today = from_micros(self._now).date().isoformat()
        self._agency = given.inventory.current(self._manifest.agency, today) or self._manifest.agency
        self._desk = Desk(self._store, given.inventory, journal.clock, self._agency)
        self._disabled = disabled_rules(self._store)
        self._machine = f"{self._manifest.agency}/{self._manifest.host.machine_id}"
        self._time = self._now if clock_is_wrong(parcel, self._now) else self._manifest.started
        self._alerts: list[tuple[Alert, str]] = []
        self._seen: list[tuple[int, HostRecord]] = []
        self._found = 0
        self._paths: dict[str, str] = {}  # sha256 of a sample -> where it stood

    def count(self) -> None:
        """What would be read and stored."""
        ledger = self._taken.ledger
        for member, pieces in self._parcel.members():
            if member.kind == FINDINGS:
                ledger.read += sum(1 for _ in self._detections(pieces))
            elif member.kind == HOST:
                ledger.read += sum(1 for _ in self._host(pieces))
            elif member.kind == NAMES:
                ledger.read += sum(1 for _ in self._known(pieces))
            elif member.kind == SAMPLE:
                ledger.read += 1
        ledger.stored = ledger.read
        self._reject()
        ledger.check()

    def store(self) -> None:
        """Findings and observations a batch a transaction, samples, then the bundle's row with the account."""
        for member, pieces in self._parcel.members():
            if member.kind in (FINDINGS, NAMES):
                for found in self._detections(pieces) if member.kind == FINDINGS else self._known(pieces):
                    self._alerts.append((self._alert(found), found.pack))
                    self._flush(BATCH)
            elif member.kind == HOST:
                for line, record in self._host(pieces):
                    self._seen.append((line, record))
                    self._flush(BATCH)
            elif member.kind == SAMPLE:
                path = self._paths.get(member.sha256, "")
                given = self._given
                number, fresh = keep_sample(
                    given.journal, Vault(given.workspace.vault), given.incident, self._parcel, member, pieces, path
                )
                self._taken.exhibits.append(number)
                self._add(1, int(fresh))
        self._flush(1)
        self._end()

    def _detections(self, pieces: Iterator[bytes]) -> Iterator[Detection]:
        count, first = 0, FirstLines(pieces, MOST_RECORDS)
        for line in lines(iter(first)):
            try:
                found, known = read_finding(_data(line, count))
            except NotCanonical as error:
                self._refuse("findings.jsonl", line.number, str(error))
                continue
            if len(self._paths) < 10_000:
                self._paths.setdefault(found.sha256, found.path)
            for one in file_detections(found, known, self._manifest):
                count += 1
                if self._is_disabled(one.rule_id):
                    self._refuse("findings.jsonl", line.number, f"the rule {one.rule_id} is switched off here")
                else:
                    yield one
        self._refuse_rest("findings.jsonl", first.left_out)

    def _known(self, pieces: Iterator[bytes]) -> Iterator[Detection]:
        """What our lists say of the files that a collector saw."""
        look_up = self._given.look_up
        count = 0
        for number, (path, sha256, md5, sha1) in file_rows(pieces) if look_up is not None else ():
            for one in look_up(path, sha256, md5, sha1) if look_up is not None else ():
                if count >= MOST_RECORDS or self._is_disabled(one.rule_id):
                    why = _TOO_MANY if count >= MOST_RECORDS else f"the rule {one.rule_id} is switched off here"
                    self._refuse("files.tsv", number, why)
                    continue
                count += 1
                yield replace(one, origin=Origin(sha256, path))

    def _host(self, pieces: Iterator[bytes]) -> Iterator[tuple[int, HostRecord]]:
        first = FirstLines(pieces, MOST_RECORDS)
        for line in lines(iter(first)):
            try:
                record = read_host(_data(line, 0))
            except NotCanonical as error:
                self._refuse("host.jsonl", line.number, str(error))
                continue
            yield line.number, record
        self._refuse_rest("host.jsonl", first.left_out)

    def _alert(self, found: Detection) -> Alert:
        if not self._parcel.signed:  # said wherever the alert is shown
            found = replace(found, tags=(*found.tags, UNSIGNED), why=(*found.why, UNSIGNED_TEXT))
        return host_alert(found, self._manifest.host.name, self._time, self._machine)

    def _is_disabled(self, rule_id: str) -> bool:
        return rule_id in self._disabled or rule_id.rpartition(":")[2] in self._disabled

    def _refuse(self, member: str, line: int, reason: str) -> None:
        self._taken.ledger.rejected += 1
        if len(self._taken.rejected) < _MOST_LISTED:
            self._taken.rejected.append((member, line, reason))

    def _refuse_rest(self, member: str, count: int) -> None:
        """Lines behind the last that is read: counted, told once."""
        if count:
            self._refuse(member, MOST_RECORDS + 1, _TOO_MANY)
            self._taken.ledger.rejected += count - 1

    def _reject(self) -> None:
        self._taken.ledger.read += self._taken.ledger.rejected

    def _add(self, count: int, fresh: int) -> None:
        ledger = self._taken.ledger
        ledger.read += count
        ledger.stored += fresh
        ledger.duplicate += count - fresh

    def _flush(self, least: int) -> None:
        """Store what waits, if it is enough. A hit of a host check is one record: its observation; the alert comes of it."""
        if len(self._alerts) + len(self._seen) < least:
            return
        hits = [host_detection(one, self._manifest.rules.digest) for _line, one in self._seen if one.kind == HIT]
        hits = [one for one in hits if not self._is_disabled(one.rule_id)]
        with self._store.transaction() as db:
            fresh, made = self._desk.store_alerts(db, self._alerts)
            made += self._desk.store_alerts(db, [(self._alert(one), one.pack) for one in hits])[1]
            seen = fleet.add_host_records(db, self._parcel.digest, self._seen)
        self._found += len(fresh) + len(hits)
        self._add(len(fresh), sum(fresh))
        self._add(len(self._seen), seen)
        self._taken.ledger.alerts += made
        self._alerts, self._seen = [], []

    def _end(self) -> None:
        self._reject()
        ledger, manifest, parcel = self._taken.ledger, self._manifest, self._parcel
        ledger.check()
        counts = {name: getattr(ledger, name) for name in ("read", "stored", "duplicate", "rejected", "alerts")}
        row = BundleRow(
            digest=parcel.digest, kit=manifest.kit, machine=manifest.host.machine_id, sequence=manifest.sequence,
            previous=manifest.previous, agency=self._agency, host=manifest.host.name, signed=parcel.signed,
            made=manifest.made, imported=self._now, actor=self._given.journal.actor, tlp=manifest.tlp,
            flags=[one.word for one in self._taken.remarks], ledger=counts,
        )  # fmt: skip
        with self._store.transaction() as db:
            self._taken.state = NEW if fleet.add_bundle(db, row) else KNOWN
            fleet.record_scan(db, self._fleet_row())

    def _fleet_row(self) -> FleetScan:
        manifest, parcel = self._manifest, self._parcel
        wrong = clock_is_wrong(parcel, self._now)
        return FleetScan(
            source="kit" if parcel.signed else "collector", host=manifest.host.name, machine=manifest.host.machine_id,
            agency=self._agency, kit=manifest.kit, started=self._time, finished=self._now if wrong else manifest.made,
            rules_digest=manifest.rules.digest, rules_version=manifest.rules.version, rules_count=manifest.rules.count,
            account=manifest.account, complete=manifest.coverage.complete and manifest.account["complete"],
            holes=[{"path": path, "why": why} for path, why in manifest.coverage.holes[:50]],
            findings=self._found, bundle=parcel.digest,
        )  # fmt: skip


def _refused(path: Path, error: InputError) -> Taken:
    error.where = error.where or Where(str(path))
    return Taken(path, REFUSED, error=error)


def _data(line: Line, before: int) -> bytes:
    if before >= MOST_RECORDS:
        raise NotCanonical(_TOO_MANY)
    if line.data is None:
        raise NotCanonical("a line that is too long")
    return line.data
