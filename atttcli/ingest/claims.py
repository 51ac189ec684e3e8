"""Lists, mails and messages: what people outside claim.

A list is stored in short transactions, so that other writers get their turn and memory does not follow its length. Each commit
says how far it came; a run that was killed goes on behind that row, and its account is what one clean run gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from atttcli.errors import InputError, SecretDocument
from atttcli.ingest.route import Item
from atttcli.ingest.session import Session, Waiting, safe
from atttcli.ingest.spreading import spread
from atttcli.model.alert import Alert
from atttcli.model.ledger import Ledger
from atttcli.model.observable import Indicator
from atttcli.source import Letter, ReadProblem
from atttcli.sources.lists import ListSource, RowOutcome
from atttcli.store.connection import Connection
from atttcli.store.facts import files
from atttcli.store.facts.indicators import add_indicators

BATCH = 1000  # alerts, indicators and problems of one commit: about a fifth of a second
Outcome = Letter | RowOutcome | ReadProblem


def take_list(session: Session, item: Item, source: ListSource, row: files.FileRow) -> Ledger:
    """Read and store a list, or the rest of it. SecretDocument before anything of it is kept."""
    intake = RowIntake(session, item, row, "reading")
    for outcome in intake.rest(item, source):
        intake.take(outcome)
        if intake.is_full:
            intake.commit()
    intake.commit(last=True)
    return intake.ledger


def take_mail(session: Session, item: Item, row: files.FileRow) -> Ledger:
    """Store what the router read of a mail: one record, whatever it says, in one transaction."""
    intake = RowIntake(session, item, row, "done")
    for record in item.records:
        if isinstance(record, ReadProblem):
            intake.problem(record)
    for letter in [record for record in item.records if isinstance(record, Letter)][:1]:
        intake.take(letter)
    if item.broken is not None:
        intake.take(ReadProblem(None, item.broken.message))
    else:
        said = tuple(record for record in item.records if not isinstance(record, (Letter, ReadProblem)))
        intake.take(RowOutcome(1, "", said))
    intake.commit(last=True)
    return intake.ledger


def is_owed(session: Session, sha256: str) -> bool:
    """Whether rows of this list are still to be stored."""
    return not files.state_of(session.store, sha256) or files.progress(session.store, sha256) is not None


class RowIntake:
    """The rows of one file on their way into the store, a batch a transaction. `ledger` is its account."""

    def __init__(self, session: Session, item: Item, row: files.FileRow, state: str) -> None:
        self.ledger = Ledger()
        self._session, self._item, self._row, self._state = session, item, row, state
        self._waiting = Waiting(session, item.given.sha256, item.given.path)
        self._letter = Letter()
        self._at = ("", -1)  # the row read last
        self._rows: list[tuple[list[Indicator], int]] = []  # of each row that waits: indicators, number of alerts
        self._weight = 0

    @property
    def is_full(self) -> bool:
        """Whether a commit is due."""
        return self._weight >= BATCH

    def rest(self, item: Item, source: ListSource) -> Iterator[Outcome]:
        """The letter, then the rows that are not stored yet: a list of a million rows is never held whole."""
        before = files.progress(self._session.store, item.given.sha256)
        if before is None:
            return _outcomes(item, source)
        outcomes, at = _outcomes(item, source), ("", -1)
        skipped = 0
        while skipped < before.ledger.read and (outcome := next(outcomes, None)) is not None:
            if isinstance(outcome, Letter):
                self._letter = outcome
            else:
                at, skipped = _place(outcome), skipped + 1
        if (skipped, at) == (before.ledger.read, before.at):
            self.ledger, self._at = before.ledger, at
            self._waiting.problem_count = before.ledger.counts.get("problems", before.ledger.rejected)
            return outcomes
        item.given.stream.seek(0)  # what is ours, or the reader, changed meanwhile: all again, nothing is stored twice
        return _outcomes(item, source)

    def problem(self, problem: ReadProblem) -> None:
        """A part that could not be read."""
        self._waiting.problem(problem.reason, problem.line, problem.offset, problem.excerpt)

    def take(self, outcome: Outcome) -> None:
        """The letter or one row; nothing is stored yet."""
        if isinstance(outcome, Letter):
            self._letter = outcome
            return
        self._at = _place(outcome)
        self.ledger.read += 1
        records = (outcome,) if isinstance(outcome, ReadProblem) else outcome.records
        problems = [record for record in records if isinstance(record, ReadProblem)]
        for problem in problems:
            self.problem(problem)
        self._weight += 1 + len(problems)
        if problems and len(problems) == len(records):
            self.ledger.rejected += 1
            return
        indicators = [record for record in records if isinstance(record, Indicator)]
        alerts = [record for record in records if isinstance(record, Alert)]
        count = 0
        for alert in spread(alerts, self._session.matchers.inventory):
            self._waiting.claim(self._with_letter(alert))
            count += 1
        self._rows.append((indicators, count))
        self._weight += len(indicators) + count

    def commit(self, last: bool = False) -> None:
        """Store what waits and how far that is; with the last of it the file's account."""
        sha256, ledger = self._item.given.sha256, self.ledger
        with self._session.store.transaction() as db:
            files.begin_file(db, self._row, self._session.clock.now())
            self._settle(db)
            ledger.check()
            if self._waiting.problem_count > ledger.rejected:
                ledger.counts["problems"] = self._waiting.problem_count
            end = files.FileEnd(ledger, dict(self._item.given.assumed), _letter(self._letter))
            end.state = self._state if last else "reading"
            files.end_file(db, sha256, end)
            files.keep_progress(db, sha256, None if last else self._at)
        self._weight = 0
        self._session.tick(ledger.read, 0, self._item.given.path)

    def _settle(self, db: Connection) -> None:
        """Store what waits and count the rows that it came from."""
        sha256, now, ledger = self._item.given.sha256, self._session.clock.now(), self.ledger
        added = [add_indicators(db, indicators, sha256, now) for indicators, _ in self._rows]
        fresh = iter(self._waiting.store(db))
        for (indicators, alerts), new in zip(self._rows, added, strict=True):
            seen = sum([next(fresh) for _ in range(alerts)])  # takes every one
            is_new = seen > 0 or new > 0 or not (alerts or indicators)
            ledger.stored += is_new
            ledger.duplicate += not is_new
            ledger.alerts += alerts
            ledger.indicators += new
        self._rows.clear()

    def _with_letter(self, alert: Alert) -> Alert:
        letter, given = self._letter, self._item.given
        origin = replace(alert.origin, path=safe(given.path), sha256=given.sha256)
        if not letter.number or "letter" in alert.detail:
            return replace(alert, origin=origin)
        return replace(alert, origin=origin, detail=alert.detail | {"letter": _letter(letter)})


def _outcomes(item: Item, source: ListSource) -> Iterator[Outcome]:
    try:
        yield from source.outcomes(item.given)
    except SecretDocument:
        raise
    except InputError as error:
        yield ReadProblem(None, error.message)


def _place(outcome: RowOutcome | ReadProblem) -> tuple[str, int]:
    if isinstance(outcome, RowOutcome):
        return outcome.sheet, outcome.line
    return "", -1 if outcome.line is None else outcome.line


def _letter(letter: Letter) -> dict[str, Any]:
    return {key: value for key, value in asdict(letter).items() if value}
