"""The run behind `mail watch`: logs opened in the order of time, tables and rules loaded, lists and settings after them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from atttcli.cli.log_run import sigma_kept
from atttcli.cli.matching import Disabled, Tally, disabled_here, existing
from atttcli.clock import DAY, parse_moment
from atttcli.engines.correlation import CorrelationEngine, Countries, CountryRanges, KeptHistory, Learned
from atttcli.errors import InputError, UsageError, Where
from atttcli.field.account import Outcome
from atttcli.field.opening import NotReadable, open_regular
from atttcli.field.walk import Found, walk
from atttcli.mailwatch.merge import Log, Merge
from atttcli.mailwatch.places import Places, load_geo
from atttcli.mailwatch.reasons import Finding
from atttcli.mailwatch.seen import Names
from atttcli.mailwatch.signs import Signs
from atttcli.mailwatch.travel import Travel, journeys
from atttcli.mailwatch.watch import Scope, Watch
from atttcli.packaged import packaged
from atttcli.process.collector import settle
from atttcli.rulepack.catalogue import by_kind
from atttcli.rulepack.correlation import load_correlation_rules
from atttcli.source import Record, Source
from atttcli.sources.opening import as_input, recognised

if TYPE_CHECKING:
    from atttcli.cli.context import App
    from atttcli.cli.mail_watch import Asked
    from atttcli.cli.render import Progress

RULES = ("mail.yml", "mailbox.yml", "cloud.yml")
_MAX_LOGS = 20_000
_SURE = 90
_GROUPS = 20_000  # open groups of a rule: thrice the accounts of a province


def prepared(app: App, asked: Asked, tally: Tally) -> Watch:
    """The watch with everything it needs: rules, ranges, accounts and travel of the workspace where there is one."""
    from atttcli.mailwatch.accounts import SHUT
    from atttcli.mailwatch.accounts import accounts as every

    inside = app.workspace_if_any() is not None
    accounts = every(app.store) if inside else []
    names = Names((one.address for one in accounts), asked.domain)
    ranges = _countries(app, asked, inside)
    own = [*asked.home, *(app.inventory.own_networks() if inside else ())]
    places = Places(ranges, own, load_geo(asked.geo) if asked.geo else None)
    wanted = names.account(asked.explain or asked.account)
    scope = Scope(wanted, _moment(asked.since), _moment(asked.until))
    disabled = disabled_here(app)
    engine = _engine(app, asked, tally, ranges, scope.since, disabled)
    signs = Signs(
        places,
        {one.address: one.last_login for one in accounts if one.last_login is not None},
        frozenset(one.address for one in accounts if one.status in SHUT),
    )
    settle()
    travel = Travel(journeys(app.store) if inside else ())
    return Watch(engine, places, names, signs, travel, scope, every_event=bool(asked.rules), disabled=disabled.covers)


def run(app: App, asked: Asked, watch: Watch, tally: Tally, progress: Progress) -> None:
    """Read the logs, then settings and lists, which are asked about the accounts that were seen."""
    logs = list(_logs(asked.logs, _zone(asked.source_tz), tally, progress))
    merge = Merge(logs, app.clock.now() + DAY)
    for problem in watch.feed(merge):
        tally.problem(problem)
    for problem in watch.finish():
        tally.problem(problem)
    if watch.signs.evicted:
        tally.note(
            "",
            f"{watch.signs.evicted} accounts were forgotten to bound memory: less may be said of them than there was",
        )
    _settings(app, asked, watch, tally)
    _leaked(app, asked, watch)
    if watch.ranking.left_out:
        tally.note(
            "", f"{watch.ranking.left_out} findings of accounts with little weight were left out to bound memory"
        )


def _engine(
    app: App, asked: Asked, tally: Tally, ranges: Countries | None, since: int | None, disabled: Disabled
) -> CorrelationEngine:
    paths = [*existing(asked.rules)] or [packaged("rules") / "sigma" / name for name in RULES]
    problems: list[Any] = []
    pack = load_correlation_rules(by_kind(paths, problems)["sigma"], sigma_kept())
    tally.rules(problems)
    metas = [*(rule.meta for rule in pack.rules), *(rule.meta for rule in pack.correlations)]
    disabled.tell(meta.id for meta in metas)
    history = _before(app, since) if since is not None and app.workspace_if_any() is not None else KeptHistory()
    engine = CorrelationEngine(pack, history, ranges, _GROUPS)
    tally.rules(engine.problems)
    return engine


class _Before:
    """What the workspace learned until a moment: what came later is in the logs that are looked at."""

    def __init__(self, app: App, moment: int) -> None:
        from atttcli.ingest.learning import StoredHistory

        self._stored, self._moment = StoredHistory(app.store), moment

    def seen(self, rule: str, group: tuple[str, ...]) -> list[Learned]:
        """See engines.correlation.History."""
        return [one for one in self._stored.seen(rule, group) if one.first < self._moment]


def _before(app: App, since: int) -> _Before:
    return _Before(app, since)


def _countries(app: App, asked: Asked, inside: bool) -> Countries | None:
    if asked.countries is not None:
        return CountryRanges.load(asked.countries)
    if inside:
        from atttcli.ingest.countries import stored_ranges

        if (kept := stored_ranges(app.workspace, app.store)) is not None:
            return kept
    shipped = by_kind([packaged("rules") / "sigma"])["countries"]
    return CountryRanges.load(shipped[0]) if shipped else None


def _moment(text: str) -> int | None:
    if not text:
        return None
    try:
        return parse_moment(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"no time: {text[:40]!r}", hint="23/11/2026 or 2026-11-23T10:04") from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"unknown time zone {name!r}", hint="--source-tz Asia/Ho_Chi_Minh") from error


def _logs(paths: Sequence[Path], zone: ZoneInfo, tally: Tally, progress: Progress) -> Iterator[Log]:
    count = 0
    readers: dict[str, Source] = {}
    for item in walk(str(path) for path in paths):
        if isinstance(item, Outcome):
            if not item.harmless:
                tally.note(item.path, item.why)
            continue
        count += 1
        if count > _MAX_LOGS:
            tally.note(item.path, f"more than {_MAX_LOGS} logs: the rest was not read")
            return
        progress(count, 0, item.path)
        yield _log(item, zone, readers)


def _log(item: Found, zone: ZoneInfo, readers: dict[str, Source]) -> Log:
    """A log that can be opened again by its path; a folder's descriptor is gone when the walk has gone on.

    `readers`: by the first word of the name; a rotated set is of one reader, which need only be sure of the next file.
    """
    path = item.path
    stem = Path(path).name.partition(".")[0]

    def records() -> Iterator[Record]:
        try:
            fd, info = open_regular(path)
        except NotReadable as refused:
            raise InputError(refused.why, where=Where(path)) from refused
        with os.fdopen(fd, "rb") as raw:
            given = as_input(raw, path, info, zone)
            if not given.head:
                return  # rotated while nothing happened
            source = readers.get(stem)
            if source is None or source.recognise(given) < _SURE:
                source = recognised(given)
            if source is not None:
                readers[stem] = source
            else:
                raise InputError("no log that any reader knows; it was not judged", where=Where(path))
            yield from source.read(given)

    return Log(path, records)


def _settings(app: App, asked: Asked, watch: Watch, tally: Tally) -> None:
    if not asked.settings:
        return
    from atttcli.limits import read_bounded
    from atttcli.mailwatch.settings import MAX_BYTES, Settings

    inside = app.workspace_if_any() is not None

    def is_own(address: str) -> bool:
        domain = address.rpartition("@")[2]
        return (bool(asked.domain) and domain == asked.domain.lower()) or (inside and app.inventory.is_own(address))

    reader = Settings(is_own, watch.names.account)
    for item in walk(str(path) for path in existing(asked.settings)):
        if isinstance(item, Outcome):
            if not item.harmless:
                tally.note(item.path, item.why)
            continue
        try:
            fd, _info = open_regular(item.name, item.dir_fd)
            with os.fdopen(fd, "rb") as stream:
                data = read_bounded(stream, MAX_BYTES, Where(item.path))
        except NotReadable as refused:
            tally.note(item.path, refused.why)
            continue
        for found in reader.read(item.path, data):
            if isinstance(found, Finding):
                watch.add(found)
            else:
                tally.problem(found)


def _leaked(app: App, asked: Asked, watch: Watch) -> None:
    """Last of all: a list is asked only about accounts that are known, so that nothing of it need be kept."""
    if not asked.leaked:
        return
    from atttcli.mailwatch.accounts import accounts as every
    from atttcli.mailwatch.leaked import leaked_accounts

    known = {*watch.signs.accounts, *watch.ranking.accounts()}
    if app.workspace_if_any() is not None:
        known |= {one.address for one in every(app.store)}
    for path in existing(asked.leaked):
        for account, line in leaked_accounts(path, known):
            detail: dict[str, object] = {"list": path.name}
            watch.add(Finding("leaked", "attt-mailbox-leaked", account, 0, path=str(path), line=line, detail=detail))
