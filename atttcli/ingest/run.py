"""One ingest from beginning to end: lists and mails first, then logs, captures and files, then what concerns many events."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from atttcli.archive.writing import orphans, sweep
from atttcli.clock import Clock
from atttcli.errors import SecretDocument, Where, WorkspaceError
from atttcli.field.filetype import archive_kind
from atttcli.ingest.account import FileAccount, RunAccount
from atttcli.ingest.beside import Beside
from atttcli.ingest.captures import take_capture
from atttcli.ingest.claims import is_owed, take_list, take_mail
from atttcli.ingest.correlate import correlate
from atttcli.ingest.kept import match_kept
from atttcli.ingest.lock import ingest_lock
from atttcli.ingest.logs import LogIntake
from atttcli.ingest.matchers import Matchers
from atttcli.ingest.route import Failure, Item, Manner, Router
from atttcli.ingest.session import Session, Tick, safe
from atttcli.ingest.whole import close, finish_list, scan_content, take_file
from atttcli.inventory import Inventory
from atttcli.model.ledger import Ledger
from atttcli.sources.lists import ListSource
from atttcli.sources.logs.lines import head_lines
from atttcli.sources.secrecy import refuse_secret
from atttcli.store.connection import Store
from atttcli.store.facts import files, segments
from atttcli.store.facts.alerts import last_alert, set_system
from atttcli.store.workspace import Workspace
from atttcli.triage.desk import Desk, assign_again, hint_again, mute_again

_FIRST = frozenset({"list", "mail", "text"})


def _quiet(done: int, total: int, what: str) -> None:
    """Nobody watches."""


@dataclass(slots=True)
class Ingest:
    """Everything an ingest needs. `run` does it."""

    workspace: Workspace
    store: Store
    inventory: Inventory
    clock: Clock
    actor: str
    manner: Manner
    log_source: str = ""
    tick: Tick = _quiet
    system: str = ""
    agency: str = ""  # whose all of it is, known otherwise (what a kit brought)
    mark: tuple[str, str] | None = None  # a tag and a sentence that every alert of it bears
    workers: int = 1  # processes that read and match logs; the results are those of one

    def run(self, paths: Sequence[str]) -> RunAccount:
        """Take in all of it. Failures of single inputs stand in the account; a full disk raises WorkspaceError."""
        usual = gc.get_threshold()
        gc.set_threshold(100_000, 20, 20)  # millions of short-lived records without cycles: looking for them is waste
        try:
            with ingest_lock(self.workspace.root):
                return _Run(self, paths).whole()
        finally:
            gc.set_threshold(*usual)

    def catch_up(self) -> int:
        """Match indicators that people added against the events kept; returns the alerts made."""
        with ingest_lock(self.workspace.root):
            matchers = Matchers(self.workspace, self.store, self.inventory)
            desk = Desk(self.store, self.inventory, self.clock)
            return match_kept(Session(self.workspace, self.store, desk, matchers, self.clock, 0, self.tick), set())


class _Run:
    def __init__(self, given: Ingest, paths: Sequence[str]) -> None:
        self.account = RunAccount()
        self._given = given
        store, clock = given.store, given.clock
        sweep(given.workspace.events)
        self._remove_orphans()
        self._segments_before = {row["path"] for row in segments.segments(store)}
        number = files.begin_run(store, given.actor, [safe(path) for path in paths], clock.now())
        matchers = Matchers(given.workspace, store, given.inventory)
        desk = Desk(store, given.inventory, clock, given.agency, given.mark)
        self.session = Session(given.workspace, store, desk, matchers, clock, number, given.tick, given.log_source)
        self.session.system = given.system
        self.router = Router(paths, given.manner)
        self._accounts: dict[str, FileAccount] = {}
        self._failed: set[tuple[str, str]] = set()
        self._beside = Beside(self.session, given.workers) if given.workers > 1 else None

    def _remove_orphans(self) -> None:
        given = self._given
        folder = given.workspace.events
        known = [row["path"] for row in segments.segments(given.store)]
        for path in orphans(folder, known):
            (folder / path).unlink(missing_ok=True)

    def whole(self) -> RunAccount:
        """Both passes, then what concerns many events, then the total."""
        store = self.session.store
        fresh = last_alert(store)
        self._pass(self._claims)
        try:
            self._pass(self._contents, report=True)
        finally:
            if self._beside is not None:
                self._beside.stop()
        written = {row["path"] for row in segments.segments(store)} - self._segments_before
        self.account.kept_matches = match_kept(self.session, written)
        self.account.correlated = correlate(self.session)
        assign_again(store, self._given.inventory, fresh)
        hint_again(store, self._given.inventory)
        mute_again(store, self.session.clock.now())
        self.account.alerts = self.session.desk.sighted
        self.account.rules_refused = len([p for p in self.session.matchers.problems if p.refused])
        for one in self.account.files:
            one.ledger.check()
            self.account.total.add(one.ledger)
        self.account.total.check()
        files.end_run(store, self.session.run, self.account.total, self.session.clock.now())
        return self.account

    def _pass(self, take: Callable[[Item], None], report: bool = False) -> None:
        for item in self.router.items():
            if isinstance(item, Failure):
                if report:
                    self._drain(item.path)
                    self._failure(item)
                continue
            self.session.tick(0, 0, item.given.path)
            try:
                take(item)
            except SecretDocument as error:
                self._refuse(item, error)
            except OSError as error:
                raise _stuck(error, item.given.path) from error
        self._drain("")

    def _drain(self, path: str) -> None:
        """Store what copies of this process have read."""
        if self._beside is not None:
            try:
                self._beside.drain()
            except OSError as error:
                raise _stuck(error, path) from error

    def _claims(self, item: Item) -> None:
        """First pass: lists and mails."""
        if item.kind not in _FIRST:
            return
        if item.secret is not None:
            raise item.secret
        sha256 = item.given.sha256
        if not is_owed(self.session, sha256):
            return
        account = self._open(item)
        row = self._row(item)
        if isinstance(item.source, ListSource):
            account.ledger = take_list(self.session, item, item.source, row)
        else:
            account.ledger = take_mail(self.session, item, row)
        account.problems = account.ledger.counts.get("problems", 0)

    def _contents(self, item: Item) -> None:
        """Second pass: everything else, and the content of what carried lists."""
        sha256 = item.given.sha256
        beside = self._beside if self._beside is not None and self._beside.takes(item) else None
        if beside is None or sha256 in self._accounts:
            self._drain(item.given.path)
        if sha256 in self._accounts and item.kind not in _FIRST:
            self._again(item)
            return
        state = files.state_of(self.session.store, sha256)
        if item.kind in _FIRST:
            if item.secret is None and state == "reading":
                self._finish_list(item)
            elif sha256 not in self._accounts:
                self._known(item)
            return
        if item.kind in ("file", "log"):
            self._refuse_marked(item)
        if self.session.system and item.kind in ("log", "capture"):
            with self.session.store.transaction() as db:
                set_system(db, sha256, self.session.system)
        if state == "done":
            self._known(item)
            return
        account, row = self._open(item), self._row(item)
        if item.kind == "log" and item.source is not None:
            with self.session.store.transaction() as db:
                files.begin_file(db, row, self.session.clock.now())
            if beside is not None:
                beside.start(item, lambda intake: self._taken(account, intake))
                return
            intake = LogIntake(self.session, item, item.source)
            intake.take()
            self._taken(account, intake)
        elif item.kind == "capture":
            account.ledger = take_capture(self.session, item, row)
        elif item.kind == "archive":
            account.ledger = self._archive(item, row)
        else:
            account.ledger = take_file(self.session, item, row)
        account.problems = account.problems or account.ledger.counts.get("problems", 0)

    def _taken(self, account: FileAccount, intake: LogIntake) -> None:
        """A log was stored, here or by what a copy of this process left."""
        account.ledger, account.problems = intake.ledger, intake.waiting.problem_count
        account.problems = account.problems or account.ledger.counts.get("problems", 0)
        if intake.damage:
            self._failure(Failure(intake.item.given.path, intake.damage, intake.item.given.sha256))

    def _finish_list(self, item: Item) -> None:
        """Match the content; a run that was killed after the rows were stored did not tell their account."""
        sha256 = item.given.sha256
        account = self._accounts.get(sha256)
        if account is None:
            account = self._open(item)
            account.ledger = files.account_of(self.session.store, sha256)
            account.problems = account.ledger.counts.get("problems", 0)
        account.problems += finish_list(self.session, item)

    def _archive(self, item: Item, row: files.FileRow) -> Ledger:
        from atttcli.ingest.session import Waiting

        waiting = Waiting(self.session, item.given.sha256, item.given.path)
        if archive_kind(item.given.head) in ("zip", "tar", "rar", "7z"):
            scan_content(self.session, item, waiting)
        return close(self.session, item, row, waiting, Ledger())

    def _refuse_marked(self, item: Item) -> None:
        if item.source is not None and item.source.name != "text-lines":
            return
        lines = head_lines(item.given)
        if lines:
            refuse_secret(lines, Where(item.given.path))

    def _row(self, item: Item) -> files.FileRow:
        given = item.given
        reader = item.source.name if item.source is not None else item.kind
        return files.FileRow(given.sha256, safe(given.path), given.size, reader, item.kind, given.modified, item.parent)

    def _open(self, item: Item) -> FileAccount:
        given = item.given
        reader = item.source.name if item.source is not None else item.kind
        account = FileAccount(safe(given.path), given.sha256, item.kind, reader)
        self._accounts[given.sha256] = account
        self.account.files.append(account)
        return account

    def _known(self, item: Item) -> None:
        """Ingested before: all that was stored then is there already."""
        account = self._open(item)
        self._as_known(account, item)

    def _again(self, item: Item) -> None:
        """The same content a second time in this run."""
        if self._accounts[item.given.sha256].path == safe(item.given.path):
            return
        given = item.given
        account = FileAccount(safe(given.path), given.sha256, item.kind, self._accounts[given.sha256].reader)
        self.account.files.append(account)
        self._as_known(account, item)

    def _as_known(self, account: FileAccount, item: Item) -> None:
        row = self.session.store.row("SELECT read, rejected FROM source_file WHERE sha256 = ?", item.given.sha256)
        account.state = "known"
        if row is not None:
            read, rejected = row["read"], row["rejected"]
            account.ledger = Ledger(read=read, duplicate=read - rejected, rejected=rejected)

    def _refuse(self, item: Item, error: SecretDocument) -> None:
        path = safe(item.given.path)
        if (path, error.message) in self._failed:
            return
        self._failed.add((path, error.message))
        account = FileAccount(path, "", item.kind, "", state="refused", note=error.message)
        self.account.files.append(account)
        self.account.failures.append((path, error.message))

    def _failure(self, failure: Failure) -> None:
        path = safe(failure.path)
        if failure.harmless:
            self.account.passed_over += 1
            return
        self.account.failures.append((path, failure.reason))
        problem = files.Problem(failure.sha256, path, failure.reason)
        with self.session.store.transaction() as db:
            files.add_problems(db, [problem], self.session.clock.now())


def _stuck(error: OSError, path: str) -> WorkspaceError:
    return WorkspaceError(
        f"cannot go on: {error.strerror or error}",
        hint="is the disk full? free some room, then run the same command again: nothing is doubled",
        where=Where(path),
    )
