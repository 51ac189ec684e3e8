"""Lists and mails: what people outside claim. One file is one transaction: all of it is stored, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from atttcli.errors import InputError, SecretDocument
from atttcli.ingest.route import Item
from atttcli.ingest.session import Session, Waiting, safe
from atttcli.ingest.spreading import spread
from atttcli.model.alert import Alert
from atttcli.model.ledger import Ledger
from atttcli.model.observable import Indicator
from atttcli.source import Letter, ReadProblem, Record
from atttcli.sources.lists import ListSource, RowOutcome
from atttcli.store.facts import files
from atttcli.store.facts.indicators import add_indicators


def take_list(session: Session, item: Item, source: ListSource, row: files.FileRow) -> Ledger:
    """Read and store a list. SecretDocument before anything of it is kept."""
    waiting = Waiting(session, item.given.sha256, item.given.path)
    letter, outcomes = Letter(), []
    try:
        for outcome in source.outcomes(item.given):
            if isinstance(outcome, Letter):
                letter = outcome
            else:
                outcomes.append(outcome)
    except SecretDocument:
        raise
    except InputError as error:
        outcomes.append(ReadProblem(None, error.message))
    return _store(session, item, row, waiting, letter, outcomes, "reading")


def take_mail(session: Session, item: Item, row: files.FileRow) -> Ledger:
    """Store what the router read of a mail: one record, whatever it says."""
    waiting = Waiting(session, item.given.sha256, item.given.path)
    letter = next((record for record in item.records if isinstance(record, Letter)), Letter())
    said = tuple(record for record in item.records if not isinstance(record, (Letter, ReadProblem)))
    for record in item.records:
        if isinstance(record, ReadProblem):
            waiting.problem(record.reason, record.line, record.offset, record.excerpt)
    if item.broken is not None:
        outcomes: list[RowOutcome | ReadProblem] = [ReadProblem(None, item.broken.message)]
    else:
        outcomes = [RowOutcome(1, "", said)]
    return _store(session, item, row, waiting, letter, outcomes, "done")


def _store(
    session: Session,
    item: Item,
    row: files.FileRow,
    waiting: Waiting,
    letter: Letter,
    outcomes: Sequence[RowOutcome | ReadProblem],
    state: str,
) -> Ledger:
    ledger = Ledger()
    now = session.clock.now()
    inventory = session.matchers.inventory
    counted: dict[int, int] = {}  # a number for each row that gave alerts -> how many of them
    with session.store.transaction() as db:
        files.begin_file(db, row, now)
        rows_new: list[bool] = []
        for outcome in outcomes:
            ledger.read += 1
            records: Sequence[Record] = (outcome,) if isinstance(outcome, ReadProblem) else outcome.records
            problems = [record for record in records if isinstance(record, ReadProblem)]
            for problem in problems:
                waiting.problem(problem.reason, problem.line, problem.offset, problem.excerpt)
            if problems and len(problems) == len(records):
                ledger.rejected += 1
                continue
            new_indicators = add_indicators(
                db, [record for record in records if isinstance(record, Indicator)], item.given.sha256, now
            )
            ledger.indicators += new_indicators
            alerts = list(spread([record for record in records if isinstance(record, Alert)], inventory))
            for alert in alerts:
                waiting.claim(_with_letter(alert, letter, item))
            if alerts:
                counted[len(rows_new)] = len(alerts)
            rows_new.append(new_indicators > 0 or (not alerts and not any(isinstance(r, Indicator) for r in records)))
        fresh = iter(waiting.store(db))
        for index, known_new in enumerate(rows_new):
            is_new = sum([next(fresh) for _ in range(counted.get(index, 0))]) > 0 or known_new  # takes every one
            ledger.stored += is_new
            ledger.duplicate += not is_new
        ledger.alerts = sum(counted.values())
        ledger.check()
        end = files.FileEnd(ledger, dict(item.given.assumed), _letter(letter), state=state)
        files.end_file(db, item.given.sha256, end)
    return ledger


def _with_letter(alert: Alert, letter: Letter, item: Item) -> Alert:
    origin = replace(alert.origin, path=safe(item.given.path), sha256=item.given.sha256)
    if not letter.number or "letter" in alert.detail:
        return replace(alert, origin=origin)
    return replace(alert, origin=origin, detail=alert.detail | {"letter": _letter(letter)})


def _letter(letter: Letter) -> dict[str, Any]:
    return {key: value for key, value in asdict(letter).items() if value}
