"""`atttcli ingest`: take in whatever came, and say what became of every record."""

from __future__ import annotations

import gc
import os
import re
from datetime import timedelta, timezone, tzinfo
from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.errors import UsageError
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

_SHOWN = 5
_EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # sha256 of nothing
_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)\Z")


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--source", "log_source", default="", metavar="NAME", help="The log that these files continue.")
@click.option("--system", "system", default="", metavar="CODE", help="The system that these logs are of.")
@click.option("--source-tz", default="", metavar="+07:00", help="Zone of times that carry none.")
@click.option("--password", "passwords", multiple=True, metavar="P", help="Password of archives (repeatable).")
@click.option("--mapping", type=click.Path(exists=True, dir_okay=False), help="Mapping of a CSV or JSON lines log.")
@click.option("--log-format", metavar="FORMAT", help="LogFormat (Apache) or log_format (nginx) of these access logs.")
@click.option("--allow", multiple=True, metavar="VALUE", help="Never take this as an indicator (repeatable).")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, metavar="N",
    help="Processes that read and match logs; the result is that of one.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@with_app
def ingest(
    app: App,
    paths: tuple[str, ...],
    log_source: str,
    system: str,
    source_tz: str,
    passwords: tuple[str, ...],
    mapping: str | None,
    log_format: str | None,
    allow: tuple[str, ...],
    workers: int,
    as_json: bool,
) -> None:
    """Take in files, folders, archives and `-`: recognise, read, match, store.

    `atttcli ingest problems` lists every record that could not be read.

    \b
    Example:
      atttcli ingest ~/inbox --password infected
      atttcli ingest problems
    """
    if paths == ("problems",) and not os.path.lexists("problems"):
        _problems(app, as_json)
        return
    from atttcli.ingest.route import Manner
    from atttcli.ingest.run import Ingest

    app.permit("facts.ingested")
    inventory = app.inventory
    code = _system_code(app, system)
    manner = Manner(
        passwords=tuple(dict.fromkeys([*(p.encode() for p in passwords), b"infected"])),
        zone=zone_of(source_tz),
        mapping=_mapping(mapping, log_format),
        own_networks=inventory.own_networks(),
        own_domains=inventory.own_domains(),
        allow=allow,
    )
    with render.progress(_("Ingest"), quiet=as_json) as tick:
        job = Ingest(
            app.workspace,
            app.store,
            inventory,
            app.clock,
            app.journal.actor,
            manner,
            log_source,
            tick,
            code,
            workers=workers,
        )
        account = job.run(paths)
        del job
        _for_hunting(app, tick)
    unplaced = _unplaced(app, account)
    if as_json:
        render.emit_json(_as_json(account) | {"unplaced": unplaced})
    else:
        _show(account)
        _show_unplaced(unplaced)
    for path, reason in account.failures:
        render.warn(f"atttcli: {path}: {retell(reason)}")
    click.get_current_context().exit(2 if account.incomplete else 1 if account.alerts else 0)


_WORTH = 50_000  # waiting events for which DuckDB is loaded at once; fewer are left to the first hunt


def _for_hunting(app: App, tick: Any) -> None:
    """Parquet of what was taken in. A disk without room for it loses nothing: the next hunt writes it."""
    from atttcli.hunt.parts import waiting_events

    if waiting_events(app.workspace, app.store) < _WORTH:
        return
    from atttcli.errors import Conflict, IntegrityError, LimitExceeded, WorkspaceError
    from atttcli.field.memory import give_back
    from atttcli.hunt.build import bring_up_to_date

    gc.unfreeze()  # what was loaded for the whole run (`process.collector.settle`)
    gc.collect()  # rules, tables and what was matched are done with: DuckDB finds their room
    give_back()
    try:
        bring_up_to_date(app.workspace, app.store, tick, patience=5.0)
    except (WorkspaceError, Conflict, IntegrityError, LimitExceeded) as error:
        render.warn(f"atttcli: {retell(error.message)}")


def _system_code(app: App, name: str) -> str:
    if not name:
        return ""
    from atttcli.cli.system import find_system

    return find_system(app, name).code


def _unplaced(app: App, account: Any) -> list[dict[str, Any]]:
    """Logs of this run whose alerts name neither agency nor system."""
    from atttcli.store.facts.alerts import logs_without_place

    known = {one.sha256 for one in account.files}
    found = logs_without_place(app.store, 1000)
    return [{"path": path, "alerts": count} for sha256, path, count in found if sha256 in known]


def _show_unplaced(found: list[dict[str, Any]]) -> None:
    from atttcli.cli.log_source import command_for

    for one in found[:_SHOWN]:
        text = ngettext(
            "{path}: {count} alert of no agency. Which system is this log of?",
            "{path}: {count} alerts of no agency. Which system is this log of?",
            one["alerts"],
            path=one["path"],
        )
        render.line(f"{text} {command_for(one['path'])}")


def zone_of(text: str) -> tzinfo:
    """`+07:00`, `Z`, "" (Vietnam) as a zone; UsageError for anything else."""
    from atttcli.clock import VIETNAM

    if not text:
        return VIETNAM
    if text.upper() in ("Z", "UTC"):
        return timezone.utc  # noqa: UP017 - the same object as +00:00
    found = _ZONE.match(text)
    if found is None or int(found[2]) > 14 or int(found[3]) > 59:
        raise UsageError(_("{text} is no zone", text=text), hint="--source-tz +07:00")
    span = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(span if found[1] == "+" else -span, text)


def _mapping(path: str | None, log_format: str | None) -> Any:
    if log_format:
        from atttcli.sources.logs.webformat import web_format

        return web_format(log_format)
    if path is None:
        return None
    from pathlib import Path

    from atttcli.limits import MIB, read_bounded
    from atttcli.sources.mapping import MappedLog, load_mapping

    with Path(path).open("rb") as stream:
        return MappedLog(load_mapping(read_bounded(stream, MIB), path))


def _show(account: Any) -> None:
    if account.files or not account.failures:
        _ledger_table(account)
    if account.passed_over:
        render.line(_("{count} links, pipes or devices were passed over.", count=account.passed_over))
    if account.rules_refused:
        render.line(_("{count} rules were refused at load: atttcli rules check", count=account.rules_refused))
    if any(one.sha256 == _EMPTY for one in account.files):
        empty = [one.path for one in account.files if one.sha256 == _EMPTY]
        render.line(
            ngettext(
                "Empty, nothing in it: {paths}",
                "Empty, nothing in them: {paths}",
                len(empty),
                paths=", ".join(empty[:_SHOWN]),
            )
        )
    if account.total.rejected or (account.failures and account.files):
        render.line(_("What could not be read: atttcli ingest problems"))
    if any("encrypted" in reason for _path, reason in account.failures):
        render.line(_("With the password of the archive: {command}", command="atttcli ingest PATH --password …"))
    if account.alerts:
        render.line(_("Next: atttcli alert triage"))


def _folder(paths: list[str]) -> str:
    """What all names begin with, up to the last folder or archive; empty for one name."""
    least, most = (min(paths), max(paths)) if len(paths) > 1 else ("", "")
    differ = next(
        (place for place, (one, other) in enumerate(zip(least, most, strict=False)) if one != other), len(least)
    )
    shared = least[:differ]
    return shared[: max(shared.rfind("/"), shared.rfind("!")) + 1]


def _ledger_table(account: Any) -> None:
    folder = _folder([one.path for one in account.files]) if render.is_terminal() else ""
    states = {"new": _("new"), "known": _("known"), "refused": _("REFUSED"), "failed": _("failed")}
    rows = [
        (
            one.path[len(folder) :], one.reader, states[one.state], one.ledger.read, one.ledger.stored, one.ledger.duplicate,
            one.ledger.rejected, one.ledger.alerts, one.ledger.indicators,
        )
        for one in account.files
    ]  # fmt: skip
    total = account.total
    rows.append(
        (_("Total"), "", "", total.read, total.stored, total.duplicate, total.rejected, total.alerts, total.indicators)
    )
    columns = (
        _("File"), _("Reader"), _("State"), _("Read"), _("Stored"), _("Duplicate"), _("Not read"), _("Alerts"),
        _("Indicators"),
    )  # fmt: skip
    if folder:
        render.line(_("In {folder}", folder=folder))
    render.table(columns, rows, wide=(0,))
    render.line(ngettext("{count} new sighting of alerts.", "{count} new sightings of alerts.", account.alerts))


def _as_json(account: Any) -> dict[str, Any]:
    return {
        "files": [
            {
                "path": one.path, "sha256": one.sha256, "kind": one.kind, "reader": one.reader, "state": one.state,
                "note": one.note, **_ledger(one.ledger),
            }
            for one in account.files
        ],
        "total": _ledger(account.total),
        "sightings": account.alerts,
        "passed_over": account.passed_over,
        "rules_refused": account.rules_refused,
        "failures": [{"path": path, "reason": reason} for path, reason in account.failures],
    }  # fmt: skip


def _ledger(ledger: Any) -> dict[str, Any]:
    return {
        "read": ledger.read, "stored": ledger.stored, "duplicate": ledger.duplicate, "rejected": ledger.rejected,
        "alerts": ledger.alerts, "indicators": ledger.indicators, "counts": ledger.counts,
    }  # fmt: skip


def _problems(app: App, as_json: bool) -> None:
    from atttcli.store.facts.files import problems

    found = problems(app.store)
    if as_json:
        from atttcli.clock import rfc3339

        render.emit_json_lines(one | {"seen": rfc3339(one["seen"])} for one in found)
        return
    rows = map(_problem_row, found)
    render.table((_("File"), _("Position"), _("Reason"), _("Excerpt")), rows, wide=(0, 3))


def _problem_row(problem: dict[str, Any]) -> tuple[str, str, str, str]:
    reason = str(problem["reason"])
    return problem["path"], _position(problem), retell(reason), problem["excerpt"][:120]


def _position(problem: dict[str, Any]) -> str:
    if problem["line"] >= 0:
        return _("line {line}", line=problem["line"])
    return _("byte {offset}", offset=problem["offset"]) if problem["offset"] >= 0 else ""
