"""A centre with a key, kits built for this very machine, and the start of one as a person would start it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from atttcli.clock import DAY, Clock
from atttcli.exchange.bundles import BundleImport, Taken
from atttcli.exchange.parcel import SealedReader
from atttcli.field.kit.machine import architecture, system
from atttcli.fleet.kits import kits_by_key
from atttcli.fleet.stick.build import BuiltKit, KitPlan, build_kit
from atttcli.fleet.stick.check import KitState, check_kit
from atttcli.fleet.stick.rules import KitRules, choose_rules
from atttcli.journal.journal import Journal
from atttcli.signing.registry import KeyRing, create_key, trusted_keys
from tests.support.casework import make_app

RULE = """
rule dropper { meta: description = "A dropper" severity = "high" category = "madoc"
  strings: $m = "MARKER" condition: $m }
"""
PYTHON = Path(sys.base_prefix, "bin")


def can_unshare() -> bool:
    """Whether this machine lets us make name spaces."""
    try:
        return subprocess.run(["unshare", "-rmn", "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


needs_namespaces = pytest.mark.skipif(not can_unshare(), reason="needs name spaces (unshare) of Linux")


class Centre:
    """`build` makes kits, `start` runs one, `check` and `take` are what the centre does with what came back."""

    def __init__(self, folder: Path, agency: str = "x-vi-huong") -> None:
        self.folder, self.agency = folder, agency
        self.app = make_app(folder, Clock())
        self.journal = Journal(self.app.store, "lan", self.app.clock)
        key = create_key(self.journal, self.app.workspace.keys, "centre")
        self.pair = KeyRing(self.app.workspace.keys).pair(key.public.id)
        self.rule = folder / "r.yar"
        self.rule.write_text(RULE)

    def plan(self, name: str = "USB của tôi", **given: Any) -> KitPlan:
        values: dict[str, Any] = {
            "agency": self.agency, "agency_name": "UBND xã Vi Hương", "os": system(), "arch": architecture(),
            "folder": self.folder / name, "expires": self.app.clock.now() + 90 * DAY, "team": "Đội ứng cứu", "call": "0209 000 000",
        }  # fmt: skip
        return KitPlan(**values | given)

    def rules(self, *paths: Path, **given: Any) -> KitRules:
        return choose_rules(paths or [self.rule], given.pop("indicators", ()), "all", now=self.app.clock.now(), **given)

    def build(self, name: str = "USB của tôi", rules: KitRules | None = None, **given: Any) -> BuiltKit:
        plan = self.plan(name, **{"system_python": True} | given)
        return build_kit(self.journal, self.pair, plan, rules or self.rules())

    def check(self, folder: Path) -> KitState:
        return check_kit(folder, self.app.store, trusted_keys(self.app.store))

    def take(self, folder: Path) -> list[Taken]:
        readers = [SealedReader(KeyRing(self.app.workspace.keys), kits_by_key(self.app.store))]
        return BundleImport(self.app.workspace, self.journal, self.app.inventory, readers).run([folder])

    def alerts(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self.app.store.rows("SELECT * FROM alert ORDER BY number")]


def start_command(kit: Path, *words: str) -> list[str]:
    """What starts a kit, as one command."""
    return ["sh", str(kit / "bat-dau.sh"), "--yes", "--no-host", "--on-battery", *words]


def start(
    kit: Path, *words: str, inside: Sequence[str] = (), home: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Start a kit from a shell that knows nothing but the system's programs and a Python."""
    environment = {"PATH": f"{PYTHON}:/usr/bin:/bin", "HOME": str(home or "/nonexistent")}
    return subprocess.run(
        [*inside, *start_command(kit, *words)], env=environment, capture_output=True, text=True, timeout=60, check=False,
        cwd=os.sep,
    )  # fmt: skip


def centre(tmp_path: Path) -> Iterator[Centre]:
    made = Centre(tmp_path)
    yield made
    made.app.close()
