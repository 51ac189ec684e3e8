"""Lists, mails and messages: what people outside claim. One file is one transaction: all of it is stored, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
from atttcli.store.connection import Connection
from atttcli.store.facts import files
from atttcli.store.facts.indicators import add_indicators


def take_list(session: Session, item: Item, source: ListSource, row: files.FileRow) -> Ledger:
    """Read and store a list. SecretDocument before anything of it is kept."""
    waiting = Waiting(session, item.given.sha256, item.given.path)
    return _store(session, item, row, waiting, _outcomes(item, source), "reading")


def _outcomes(item: Item, source: ListSource) -> Iterator[Letter | RowOutcome | ReadProblem]:
    """The letter first, then row by row: a list of a million rows is never held whole."""
    try:
        yield from source.outcomes(item.given)
    except SecretDocument:
        raise
    except InputError as error:
        yield ReadProblem(None, error.message)


def take_mail(session: Session, item: Item, row: files.FileRow) -> Ledger:
    """Store what the router read of a mail: one record, whatever it says."""
    waiting = Waiting(session, item.given.sha256, item.given.path)
    said = tuple(record for record in item.records if not isinstance(record, (Letter, ReadProblem)))
    for record in item.records:
        if isinstance(record, ReadProblem):
            waiting.problem(record.reason, record.line, record.offset, record.excerpt)
    outcomes: list[Letter | RowOutcome | ReadProblem] = []
    outcomes += [record for record in item.records if isinstance(record, Letter)][:1]
    if item.broken is not None:
        outcomes.append(ReadProblem(None, item.broken.message))
    else:
        outcomes.append(RowOutcome(1, "", said))
    return _store(session, item, row, waiting, outcomes, "done")


def _store(
    session: Session,
    item: Item,
    row: files.FileRow,
    waiting: Waiting,
    outcomes: Iterable[Letter | RowOutcome | ReadProblem],
    state: str,
) -> Ledger:
    ledger, letter = Ledger(), Letter()
    now = session.clock.now()
    inventory = session.matchers.inventory
    rows: list[tuple[int, bool]] = []  # of each row that waits: how many alerts it gave, whether it is new without them
    with session.store.transaction() as db:
        files.begin_file(db, row, now)
        for outcome in outcomes:
            if isinstance(outcome, Letter):
                letter = outcome
                continue
            ledger.read += 1
            records: Sequence[Record] = (outcome,) if isinstance(outcome, ReadProblem) else outcome.records
            problems = [record for record in records if isinstance(record, ReadProblem)]
            for problem in problems:
                waiting.problem(problem.reason, problem.line, problem.offset, problem.excerpt)
            if problems and len(problems) == len(records):
                ledger.rejected += 1
            else:
                indicators = [record for record in records if isinstance(record, Indicator)]
                added = add_indicators(db, indicators, item.given.sha256, now)
                ledger.indicators += added
                alerts = list(spread([record for record in records if isinstance(record, Alert)], inventory))
                for alert in alerts:
                    waiting.claim(_with_letter(alert, letter, item))
                rows.append((len(alerts), added > 0 or not (alerts or indicators)))
            if waiting.is_full:
                _settle(db, waiting, rows, ledger)
        _settle(db, waiting, rows, ledger)
        ledger.check()
        end = files.FileEnd(ledger, dict(item.given.assumed), _letter(letter), state=state)
        files.end_file(db, item.given.sha256, end)
    return ledger


def _settle(db: Connection, waiting: Waiting, rows: list[tuple[int, bool]], ledger: Ledger) -> None:
    """Store what waits and count the rows that it came from."""
    fresh = iter(waiting.store(db))
    for alerts, new in rows:
        is_new = sum([next(fresh) for _ in range(alerts)]) > 0 or new  # takes every one
        ledger.stored += is_new
        ledger.duplicate += not is_new
        ledger.alerts += alerts
    rows.clear()


def _with_letter(alert: Alert, letter: Letter, item: Item) -> Alert:
    origin = replace(alert.origin, path=safe(item.given.path), sha256=item.given.sha256)
    if not letter.number or "letter" in alert.detail:
        return replace(alert, origin=origin)
    return replace(alert, origin=origin, detail=alert.detail | {"letter": _letter(letter)})


def _letter(letter: Letter) -> dict[str, Any]:
    return {key: value for key, value in asdict(letter).items() if value}
