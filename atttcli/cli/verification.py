"""What `db` composes of several rooms: the whole verification, taking over a restored workspace, purging events."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atttcli.cli.context import App
from atttcli.clock import rfc3339
from atttcli.errors import IntegrityError
from atttcli.journal.head import Head, read_head
from atttcli.journal.verify import chain_faults as journal_chain_faults
from atttcli.journal.verify import first_fault, verify_journal
from atttcli.store.verify import Fault, Report, database_faults, silent
from atttcli.text.messages import _
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.archive.layout import SegmentInfo
    from atttcli.store.backup import Manifest

_LISTED = 1000
_COLUMNS = ("source_sha256", "reader", "source_path", "log_source", "part", "moment")


@dataclass(slots=True)
class Verification:
    """The outcome of `db verify`."""

    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    entries: int = 0
    head: str = ""
    head_kept: bool = False
    segments: int = 0
    evidence: int = 0

    @property
    def first(self) -> Fault | None:
        """The first bad entry; else the first fault found."""
        return first_fault(self.faults)

    @property
    def only_head_lost(self) -> bool:
        """Whether all is whole but the head kept outside: an accident of this host, not of the workspace."""
        return bool(self.faults) and all(fault.check == "head" and fault.seq is None for fault in self.faults)

    @staticmethod
    def text(fault: Fault | None) -> str:
        """A fault in one line."""
        if fault is None:
            return ""
        place = _("entry {seq}", seq=fault.seq) if fault.seq is not None else fault.where
        return ": ".join(part for part in (retell(fault.check), place, retell(fault.reason)) if part)

    def as_json(self) -> dict[str, Any]:
        """As `db-verify.schema.json` says."""
        first = self.first
        return {
            "ok": not self.faults,
            "entries": self.entries,
            "head": self.head,
            "head_kept": self.head_kept,
            "segments": self.segments,
            "evidence": self.evidence,
            "first_bad": None if first is None else _plain(first),
            "faults": [_plain(fault) for fault in self.faults],
            "notes": self.notes,
        }


def _plain(fault: Fault) -> dict[str, Any]:
    return {"check": fault.check, "seq": fault.seq, "where": fault.where, "reason": fault.reason}


def verify_workspace(app: App, report: Report = silent) -> Verification:
    """Everything, in the order in which it is trusted: a database that cannot be read ends it."""
    result = Verification()
    try:
        store = app.store
    except IntegrityError as error:
        result.faults.append(Fault("database", error.message))
        return result
    head = _head(app, result)
    store.connection.execute("BEGIN")  # one snapshot: others may write meanwhile
    try:
        report(0, 0, "database")
        result.faults += database_faults(store.connection)
        if any(fault.check == "database" for fault in result.faults):
            return result
        result.faults += verify_journal(store.connection, head, report)
        last = store.row("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
        result.entries, result.head = (last["seq"], last["hash"]) if last else (0, "")
    finally:
        store.connection.execute("ROLLBACK")
    _segments(app, result, report)
    _evidence(app, result, report)
    return result


def _head(app: App, result: Verification) -> Head | None:
    try:
        head = read_head(app.store.meta("id"))
    except IntegrityError as error:
        result.faults.append(Fault("head", error.message))
        return None
    result.head_kept = head is not None
    if head is None:
        result.notes.append(_("no journal head is kept on this host: a cut tail cannot be noticed here"))
    return head


def chain_faults(app: App, report: Report = silent) -> list[Fault]:
    """Faults of the journal itself; those of the projections left out."""
    head = read_head(app.store.meta("id"))
    return list(journal_chain_faults(app.store.connection, head, report))


def _segments(app: App, result: Verification, report: Report) -> None:
    from atttcli.archive.reading import verify_segment
    from atttcli.archive.writing import orphans

    rows = app.store.rows("SELECT path, sha256 FROM segment ORDER BY path")
    root = app.workspace.events.resolve()
    for row in rows:
        report(result.segments, len(rows), row["path"])
        result.segments += 1
        path = root / row["path"]
        try:
            if not path.resolve().is_relative_to(root):
                raise IntegrityError("lies outside the events folder")
            verify_segment(path, row["sha256"])
        except IntegrityError as error:
            if app.store.value("SELECT 1 FROM segment WHERE path = ? AND sha256 = ?", *row):  # not purged meanwhile
                result.faults.append(Fault("segment", error.message, where=f"events/{row['path']}"))
    known = (row["path"] for row in app.store.rows("SELECT path FROM segment"))
    left = orphans(app.workspace.events, known)
    if left:
        result.notes.append(_("{count} event files belong to no ingest that was finished", count=len(left)))
    _hunting(app, result, report)


def _hunting(app: App, result: Verification, report: Report) -> None:
    """What was derived for hunting: it can be written anew, but until then hunts would tell something else."""
    from atttcli.hunt.derived import faults, left_over

    for place, reason in faults(app.workspace, app.store, report):
        result.faults.append(Fault("hunting file", reason, where=place))
    left = left_over(app.workspace, app.store)
    if left:
        result.notes.append(_("{count} hunting folders belong to no segment: atttcli hunt build", count=left))


def _evidence(app: App, result: Verification, report: Report) -> None:
    total = app.store.value("SELECT count(*) FROM evidence WHERE withdrawn IS NULL")
    if not total:
        return
    from atttcli.evidence.vault import Vault
    from atttcli.evidence.vault import verify as verify_evidence

    for verdict in verify_evidence(app.store, Vault(app.workspace.vault)):
        report(result.evidence, total, verdict.number)
        result.evidence += 1
        if verdict.problem:
            result.faults.append(Fault("evidence", verdict.problem, where=verdict.number))


def take_over(app: App, manifest: Manifest, target: Path) -> tuple[str, int]:
    """Give a restored workspace its own identity and say in its journal where it came from.

    Returns the identity and how many later decisions this host knows of that the backup does not hold.
    """
    from atttcli.journal.journal import Journal, current_actor
    from atttcli.people.identity import actor_without_right
    from atttcli.store.connection import Store
    from atttcli.store.workspace import load_workspace, write_workspace

    workspace = load_workspace(target)
    with Store(workspace.database) as store:
        fault = next(iter(verify_journal(store.connection, Head(manifest.entries, manifest.head, ""))), None)
        if fault is not None:
            raise IntegrityError(
                _("restored to {target}, but it is broken: {fault}", target=target, fault=Verification.text(fault)),
                hint=_("try an older backup"),
            )
        newer = _later_decisions(manifest)
        identity = str(uuid.uuid4())
        journal = Journal(store, actor_without_right(store, current_actor()), app.clock)
        with journal.transaction() as db:
            db.execute("UPDATE meta SET value = ? WHERE key = 'id'", (identity,))
            body = {"from": manifest.workspace, "created": manifest.created, "entries": manifest.entries}
            journal.append(
                "workspace.restored", identity, {**body, "head": manifest.head, "later_decisions_lost": newer}
            )
    write_workspace(replace(workspace, id=identity))
    return identity, newer


def _later_decisions(manifest: Manifest) -> int:
    try:
        head = read_head(manifest.workspace)
    except IntegrityError:
        return 0
    return max(0, head.count - manifest.entries) if head is not None else 0


def purge_events(app: App, cutoff: int, reason: str, dry_run: bool, report: Report = silent) -> tuple[int, int, int]:
    """Take away events before `cutoff`, a segment at a time, and what rules learned that was last seen before it.

    (segments touched, events gone, learned values gone).
    """
    from atttcli.archive.purge import purge, remove
    from atttcli.hunt.derived import forget
    from atttcli.store.facts.learned import forget_learned, learned_before
    from atttcli.store.purge import replace_segment

    infos = list(_infos(app))
    learned = learned_before(app.store, cutoff)
    if dry_run:
        return (*_would_go(app, infos, cutoff), learned)
    done = []
    for number, purged in enumerate(purge(app.workspace.events, infos, cutoff)):
        report(number, len(infos), purged.old.path)
        done.append(purged)
    events = sum(purged.removed for purged in done)
    if not done and not learned:
        forget(app.workspace, app.store)  # a purge that was killed may have left what it should have taken away
        return 0, 0, 0
    listed = [{"path": p.old.path, "sha256": p.old.sha256, "events": p.removed} for p in done[:_LISTED]]
    body = {"cutoff": rfc3339(cutoff), "segments": len(done), "events": events, "reason": reason, "listed": listed}
    body["learned"] = learned
    with app.journal.transaction():  # all or nothing: until here only new files were written
        for purged in done:
            replace_segment(app.store, purged.old.path, None if purged.kept is None else _row(purged.kept))
        forget_learned(app.store.connection, cutoff)
        app.journal.append("events.purged", app.workspace.organisation, body)
    for purged in done:
        remove(app.workspace.events, purged)
    forget(app.workspace, app.store)
    return len(done), events, learned


def _would_go(app: App, infos: list[SegmentInfo], cutoff: int) -> tuple[int, int]:
    from atttcli.archive.reading import read_segment

    segments = events = 0
    for info in infos:
        old = 0
        if (info.time_min or info.header.moment or 0) < cutoff:
            for event in read_segment(app.workspace.events / info.path):
                moment = event.time if event.time is not None else info.header.moment
                old += moment is not None and moment < cutoff
        segments += old > 0
        events += old
    return segments, events


def _infos(app: App) -> Iterator[SegmentInfo]:
    import json

    from atttcli.archive.layout import SegmentHeader, SegmentInfo

    for row in app.store.rows("SELECT * FROM segment ORDER BY path"):
        yield SegmentInfo(
            path=row["path"],
            sha256=row["sha256"],
            bytes=row["bytes"],
            header=SegmentHeader(**{name: row[name] for name in _COLUMNS}),
            count=row["count"],
            time_min=row["time_min"],
            time_max=row["time_max"],
            undated=row["undated"],
            categories=json.loads(row["categories"]),
        )


def _row(info: SegmentInfo) -> dict[str, object]:
    import json

    header = {name: getattr(info.header, name) for name in _COLUMNS}
    header["moment"] = info.header.moment or 0
    figures = {
        name: getattr(info, name) for name in ("path", "sha256", "bytes", "count", "time_min", "time_max", "undated")
    }
    return {**figures, **header, "categories": json.dumps(info.categories, sort_keys=True)}
