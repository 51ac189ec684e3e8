"""Copies of logs that a collector brought, on their way through the ingest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atttcli.cli import render
from atttcli.text.messages import _
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.cli.context import App
    from atttcli.exchange.bundles import Taken
    from atttcli.exchange.collected_logs import TakenLog
    from atttcli.exchange.parcel import ParcelReader

Logs = Mapping[Path, Sequence["TakenLog"]]


def take_logs(app: App, readers: Sequence[ParcelReader], taken: Sequence[Taken]) -> Logs:
    """Ingest the logs of every unsigned result that was taken in, now or before (a kill between the two is made good)."""
    from atttcli.exchange.bundles import KNOWN, NEW
    from atttcli.exchange.collected_logs import LogTaking

    job = LogTaking(app.workspace, app.store, app.inventory, app.clock, app.journal.actor, readers)
    return {
        one.path: list(job.take(one.path)) for one in taken if one.state in (NEW, KNOWN) and not one.signed
    }  # fmt: skip


def keep_results(app: App, readers: Sequence[ParcelReader], taken: Sequence[Taken], incident: str) -> None:
    """With an incident, what a collector brought is its evidence, as it came; a folder is none (pack it first)."""
    from atttcli.evidence.vault import Vault
    from atttcli.exchange.bundles import KNOWN, NEW
    from atttcli.exchange.collected_logs import keep_result
    from atttcli.exchange.parcel import open_parcel
    from atttcli.field.collected import MANIFEST

    for one in taken:
        if one.state in (NEW, KNOWN) and not one.signed and one.path.name != MANIFEST:
            parcel = open_parcel(one.path, readers)
            number, _fresh = keep_result(app.journal, Vault(app.workspace.vault), incident, parcel)
            one.exhibits.append(number)


def logs_found(logs: Logs) -> bool:
    """Whether any log gave a new alert."""
    return any(log.account.alerts for many in logs.values() for log in many)


def show_logs(logs: Logs) -> None:
    """A row for each log, and what could not be read of it."""
    rows = []
    for path, many in logs.items():
        for one in many:
            total = one.account.total
            told = one.path if one.whole else _("{path} (its end)", path=one.path)
            rows.append(
                (path.name, told, total.read, total.stored, total.duplicate, total.rejected, one.account.alerts)
            )
    if not rows:
        return
    render.line(_("Logs that came along:"))
    columns = (_("File"), _("Log"), _("Read"), _("Stored"), _("Duplicate"), _("Not read"), _("New alerts"))
    render.table(columns, rows, wide=(1,))
    for many in logs.values():
        for one in many:
            for _copy, reason in one.account.failures:
                render.warn(f"{one.path}: {retell(reason)}")


def log_object(one: TakenLog) -> dict[str, Any]:
    """As JSON."""
    total = one.account.total
    return {
        "path": one.path, "copy": str(one.copy), "whole": one.whole, "read": total.read, "stored": total.stored,
        "duplicate": total.duplicate, "rejected": total.rejected, "alerts": one.account.alerts,
        "failures": [reason for _path, reason in one.account.failures],
    }  # fmt: skip
