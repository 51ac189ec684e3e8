"""A workspace for casework tests: fresh, of Bắc Kạn, with a clock that people can set, and alerts made by hand."""

from __future__ import annotations

from pathlib import Path

from atttcli.cli.context import App
from atttcli.cli.workspace import make_workspace
from atttcli.clock import Clock, parse_moment
from atttcli.evidence.vault import Vault
from atttcli.inventory import load_organisation
from atttcli.journal.journal import Journal
from atttcli.store.connection import Store
from atttcli.store.projection import PROJECTED_TABLES

START = parse_moment("2026-03-02 08:00")


class SetClock(Clock):
    """Stands where it was put."""

    def __init__(self, at: int = START) -> None:
        self.at = at

    def now(self) -> int:
        return self.at


def make_app(folder: Path, clock: Clock | None = None, profile: str = "vn-2017") -> App:
    root = folder / "ws"
    make_workspace(root, load_organisation("bac-kan"), profile, "vi", clock or SetClock(), "lan")
    return App(workspace=str(root), lang="en", clock=clock or SetClock())


def journal_of(app: App, actor: str = "lan") -> Journal:
    return Journal(app.store, actor, app.clock)


def vault_of(app: App) -> Vault:
    return Vault(app.workspace.vault)


def add_alert(store: Store, seq: int, **values: object) -> str:
    number = f"CB-2026-{seq:04d}"
    row = {
        "number": number, "fingerprint": f"f{seq}", "kind": "network", "rule_id": "r1", "title": "Kết nối C2",
        "severity": 3, "first_seen": START, "last_seen": START, "count": 2, "created": START, "tags": '["botnet"]',
    } | values  # fmt: skip
    with store.transaction() as db:
        db.execute(f"INSERT INTO alert ({','.join(row)}) VALUES ({','.join('?' * len(row))})", tuple(row.values()))
    return number


def dump(store: Store, *, without: tuple[str, ...] = ()) -> dict[str, list[tuple[object, ...]]]:
    """Every projected row, in a fixed order."""
    return {
        table: sorted((tuple(row) for row in store.rows(f"SELECT * FROM {table}")), key=repr)
        for table in PROJECTED_TABLES
        if table not in without
    }
