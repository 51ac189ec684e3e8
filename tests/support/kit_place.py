"""A workspace with a centre's key and one issued kit, and the way in for its bundles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from atttcli.clock import DAY
from atttcli.exchange.bundles import BundleImport, Taken
from atttcli.exchange.parcel import SealedReader
from atttcli.fleet.kits import NewKit, issue_kit, kits_by_key
from atttcli.journal.journal import Journal
from atttcli.signing.registry import KeyRing, create_key
from tests.support.casework import SetClock, make_app
from tests.support.kit_case import NOW, KitCase


class KitPlace:
    """`take` imports; `kit` makes bundles."""

    def __init__(self, folder: Path, agency: str = "x-vi-huong") -> None:
        self.folder = folder
        self.app = make_app(folder, SetClock(NOW - DAY))
        self.clock = self.app.clock
        self.journal = Journal(self.app.store, "lan", self.clock)
        key = create_key(self.journal, self.app.workspace.keys, "centre")
        self.secret = KeyRing(self.app.workspace.keys).pair(key.public.id).seal
        self.kit = self.issue(agency)
        self.clock.at = NOW + DAY // 24

    def issue(self, agency: str, seed: bytes = b"k" * 32, **given: Any) -> KitCase:
        case = KitCase(agency=agency, seed=seed, centre_secret=self.secret, **given)
        new = NewKit(
            agency=agency, os="windows", arch="amd64", public_key=case.public, centre=case.centre,
            expires=self.clock.now() + 180 * DAY,
        )  # fmt: skip
        case.number = issue_kit(self.journal, new).number
        return case

    def write(self, data: bytes, name: str = "a.attb") -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def importer(self, **given: Any) -> BundleImport:
        app = self.app
        readers = [SealedReader(KeyRing(app.workspace.keys), kits_by_key(app.store))]
        return BundleImport(app.workspace, self.journal, app.inventory, readers, **given)

    def take(self, *bundles: bytes, dry_run: bool = False, **given: Any) -> list[Taken]:
        paths = [self.write(data, f"{n}.attb") for n, data in enumerate(bundles)]
        return self.importer(**given).run(paths, dry_run=dry_run)

    def take_one(self, data: bytes, **given: Any) -> Taken:
        (taken,) = self.take(data, **given)
        return taken

    def alerts(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self.app.store.rows("SELECT * FROM alert ORDER BY number")]

    def facts(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that an import stores."""
        tables = ("alert", "sighting", "bundle", "host_record", "fleet_scan", "evidence", "custody", "journal")
        return {name: [tuple(row) for row in self.app.store.rows(f"SELECT * FROM {name}")] for name in tables}


def place(tmp_path: Path) -> Iterator[KitPlace]:
    made = KitPlace(tmp_path)
    yield made
    made.app.close()
