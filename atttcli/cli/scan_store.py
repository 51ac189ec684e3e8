"""What `scan` does inside a workspace: its rules and hashes are looked for, findings become alerts, the run is recorded."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atttcli.cli import render
from atttcli.errors import AtttError
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from atttcli.cli.context import App
    from atttcli.field.records import HostRecord
    from atttcli.model.alert import Detection
    from atttcli.model.ledger import Ledger
    from atttcli.scan.account import ScanAccount
    from atttcli.scan.keep import Keeper


@dataclass(slots=True)
class Storage:
    """Where findings go: into the workspace, or nowhere. `failed` says why storing ended early; the scan itself goes on."""

    keeper: Keeper | None = None
    failed: str = ""
    ledger: Ledger | None = None

    @classmethod
    def open(cls, app: App, no_store: bool, host: str, paths: Sequence[Path]) -> Storage:
        """Into the workspace where there is one, unless nothing is to be stored."""
        if no_store or app.workspace_if_any() is None:
            return cls()
        from atttcli.journal.journal import current_actor
        from atttcli.scan.keep import Keeper

        name = host.strip() or socket.gethostname()
        return cls(Keeper(app.store, app.inventory, app.clock, current_actor(), name, [str(path) for path in paths]))

    def add(self, found: Detection) -> None:
        """One finding. A disk that is full ends the storing, not the scan: what was found is still shown."""
        if self.keeper is None or self.failed:
            return
        try:
            self.keeper.add(found)
        except AtttError as error:
            self.failed = error.message

    def keep_host(self, records: Sequence[tuple[int, HostRecord]]) -> None:
        """What was seen of the host, beside the findings."""
        if self.keeper is None or self.failed or not records:
            return
        try:
            self.keeper.keep_host(records)
        except AtttError as error:
            self.failed = error.message

    def finish(self, account: ScanAccount) -> dict[str, Any] | None:
        """What was stored, as `--json` tells it; None when nothing was to be stored or it could not be."""
        if self.keeper is None or self.failed:
            return None
        try:
            self.ledger = self.keeper.finish(account)
        except AtttError as error:
            self.failed = error.message
            return None
        ledger = self.ledger
        return {
            "run": self.keeper.run,
            "alerts": ledger.alerts,
            "sightings": ledger.stored,
            "known": ledger.duplicate,
        }

    def tell(self) -> None:
        """One line: what is new in the workspace, and where to look."""
        if self.ledger is None:
            return
        if not self.ledger.read:
            render.line(_("The scan is recorded: atttcli scan --runs"))
            return
        alerts = ngettext("{count} new alert", "{count} new alerts", self.ledger.alerts)
        text = _("Stored: {alerts}; {new} findings are new, {known} were known.",
                 alerts=alerts, new=self.ledger.stored, known=self.ledger.duplicate)  # fmt: skip
        render.line(text + " atttcli alert list --group")


def added_rules(app: App) -> list[Path]:
    """The YARA rules that were added to the workspace, where there is one and it has any."""
    workspace = app.workspace_if_any()
    if workspace is None:
        return []
    from atttcli.store.facts.rulepacks import added_places

    return added_places(workspace, app.store, "yara")


def show_scans(app: App, as_json: bool) -> None:
    """The scans that the workspace knows of, newest first."""
    from atttcli.clock import local_text, rfc3339
    from atttcli.store.facts.scans import scans

    found = scans(app.store)
    if as_json:
        for one in found:
            ended = None if one["finished"] is None else rfc3339(one["finished"])
            render.emit_json({"kind": "run", **one, "started": rfc3339(one["started"]), "finished": ended})
        return
    rows = []
    for one in found:
        ledger, files = one["ledger"], one["account"].get("files", {})
        end = _("not finished") if one["finished"] is None else local_text(one["finished"], seconds=False)
        state = "" if one["finished"] is None else _("complete") if files.get("complete") else _("with holes")
        rows.append(
            (
                one["id"], one["host"], ", ".join(one["paths"]), local_text(one["started"], seconds=False), end,
                files.get("found", ""), ledger.get("read", ""), ledger.get("alerts", ""), state, one["actor"],
            )
        )  # fmt: skip
    columns = (
        _("Scan"), _("Host"), _("Paths"), _("Started"), _("Ended"), _("Files"), _("Findings"), _("New alerts"), _("Coverage"),
        _("By"),
    )  # fmt: skip
    render.table(columns, rows, wide=(2,))
