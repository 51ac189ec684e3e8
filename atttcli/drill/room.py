"""A drill's own workspace, open: where it stands, its scenario as it was sealed, its journal, what is made for it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from atttcli.drill.payload import Making
from atttcli.drill.play import Play, play_of
from atttcli.drill.scenario import parse_scenario
from atttcli.errors import IntegrityError, NotFound
from atttcli.inventory import Inventory
from atttcli.journal.journal import Journal
from atttcli.limits import read_bounded
from atttcli.model.drill import Scenario
from atttcli.store.connection import Store
from atttcli.store.durable import sync_folder, sync_tree
from atttcli.store.workspace import SETTINGS, Workspace

FOLDER = "drills"
SCENARIO = "scenario.yaml"
MAX_BYTES = 1024 * 1024
_CODE = re.compile(r"DT-\d{4}-\d{4}(?:-[a-z0-9]{1,20})?\Z")


@dataclass(slots=True)
class Room:
    """Everything that conducting a drill needs. `scenario` is the sealed copy in the drill's workspace."""

    workspace: Workspace
    store: Store
    journal: Journal
    inventory: Inventory
    scenario: Scenario
    planned: dict[str, Any] = field(default_factory=dict)
    real: Store | None = None

    @property
    def code(self) -> str:
        """`DT-2026-0001`, with the team's name behind it where several play."""
        return self.workspace.root.name

    @property
    def is_sealed(self) -> bool:
        """Whether this is the players' copy, which holds no answers: what it is worth is known where the whole one is."""
        return bool(self.scenario.digest != self.planned.get("sha256", self.scenario.digest))

    def play(self) -> Play:
        """The drill as its journal stands now; data of it that stands in the real workspace breaks a safety gate."""
        play = play_of(self.store)
        if self.real is not None and any(stands_in(self.real, digest) for digest in play.made):
            play.breaches = ("drill-data-in-live",)
        return play

    def making(self, inject: str) -> Making:
        """What payloads are made from: only what was planned, so that they are the same bytes whenever they are made."""
        found = self.scenario.inject(inject)
        offset = self.scenario.duration // 2 if found is None or found.at is None else found.at
        return Making(
            drill=self.code,
            seed=int(self.planned["seed"]),
            team=str(self.planned["team"]),
            language=str(self.planned["language"]),
            at=int(self.planned["base"]) + offset,
            places=self.planned["places"],
        )


def stands_in(real: Store, digest: str) -> bool:
    """Whether these bytes were ingested into the real workspace, or put into its vault."""
    sql = "SELECT 1 FROM source_file WHERE sha256 = ? UNION ALL SELECT 1 FROM evidence WHERE sha256 = ? LIMIT 1"
    return real.value(sql, digest, digest) is not None


def drill_root(real: Path, code: str) -> Path:
    """Folder of a drill under the real workspace; only names of our own making become paths."""
    if not _CODE.match(code):
        raise NotFound(f"no drill {code[:40]!r}", hint="atttcli drill list")
    return real / FOLDER / code


def drill_codes(real: Path) -> list[str]:
    """Every drill kept under a workspace, in order."""
    folder = real / FOLDER
    if not folder.is_dir():
        return []
    return sorted(one.name for one in folder.iterdir() if _CODE.match(one.name) and (one / SETTINGS).is_file())


def taken_codes(real: Path) -> list[str]:
    """Every number that has a folder, also where planning was interrupted."""
    folder = real / FOLDER
    return sorted(one.name for one in folder.iterdir() if _CODE.match(one.name)) if folder.is_dir() else []


@contextmanager
def building(root: Path) -> Iterator[Path]:
    """A folder beside `root` to plan a drill in; it becomes `root` (reserved, still empty) when all of it stands.

    So a drill that can be opened is a whole one, whenever the planning was interrupted.
    """
    work = root.with_name(f".new-{root.name}")
    shutil.rmtree(work, ignore_errors=True)  # what an interrupted planning left: the number is ours
    try:
        yield work
        sync_tree(work)
        root.rmdir()
        os.rename(work, root)
        sync_folder(root.parent)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        if root.is_dir() and not any(root.iterdir()):
            root.rmdir()
        raise


def find_code(real: Path, text: str) -> str:
    """The drill that people mean: its code, a unique ending of it, or `last`; NotFound."""
    codes = drill_codes(real)
    if text in codes:
        return text
    wanted = text.strip().upper()
    found = codes[-1:] if wanted in ("", "LAST", "@") else [one for one in codes if _ends(one, text.strip())]
    if len(found) != 1:
        raise NotFound(f"{len(found)} drills match {text[:30]!r}", hint="atttcli drill list")
    return found[0]


def _ends(code: str, text: str) -> bool:
    number, _dash, team = text.partition("-")
    parts = code.split("-", 3)
    if number.isdigit():
        return int(parts[2]) == int(number) and (not team or parts[3:] == [team])
    return code.casefold().startswith(text.casefold())


def teams_of(real: Path, code: str) -> Iterator[str]:
    """The codes of all teams that play the same drill."""
    stem = "-".join(code.split("-")[:3])
    for one in drill_codes(real):
        if one == stem or one.startswith(stem + "-"):
            yield one


def sealed_scenario(root: Path, planned: dict[str, Any]) -> Scenario:
    """The scenario as it was planned; IntegrityError when its copy was changed since."""
    path = root / SCENARIO
    try:
        with path.open("rb") as stream:
            data = read_bounded(stream, MAX_BYTES)
    except OSError as error:
        raise IntegrityError(f"{path} cannot be read: {error.strerror}", hint="atttcli drill new again") from error
    if hashlib.sha256(data).hexdigest() not in (planned.get("sha256"), *planned.get("packed", ())):
        raise IntegrityError(
            f"the scenario of {root.name} was changed after it was planned", hint="make a new drill: atttcli drill new"
        )
    return parse_scenario(data, str(path))


def planned_of(journal: Journal) -> dict[str, Any]:
    """What was planned, as the drill's journal has it; NotFound in a workspace that is no drill's."""
    found = list(journal.entries(verbs=("drill.planned", "drill.packed")))
    packed = [str(entry.payload.get("sha256")) for entry in found if entry.verb == "drill.packed"]
    for entry in found:
        if entry.verb == "drill.planned":
            return entry.payload | {"packed": packed}
    raise NotFound("this is no drill's workspace", hint="atttcli drill new --from SCENARIO")
