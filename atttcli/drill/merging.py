"""Taking a bundle in: a new copy of the drill at a team's site, or at the centre what the team did there."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atttcli.drill.bundle import Bundle, read_bundle
from atttcli.drill.conduct import lay_rules
from atttcli.drill.room import SCENARIO, Room, building, drill_root
from atttcli.drill.scenario import parse_scenario
from atttcli.drill.score import score
from atttcli.errors import Conflict, InputError, IntegrityError, NotFound, Refused, Where
from atttcli.journal.carry import Carried, adopt, read_lines
from atttcli.journal.journal import Journal
from atttcli.store.connection import Store
from atttcli.store.durable import write_whole
from atttcli.store.workspace import Workspace, write_workspace

_TEXTS = (
    "kind",
    "drill",
    "team",
    "scenario",
    "sha256",
    "truth",
    "workspace",
    "organisation",
    "profile",
    "language",
    "hash",
)

# These become settings, and the name of the file that the journal's head is kept in.
_NAMES = {
    "workspace": re.compile(r"[A-Za-z0-9-]{1,64}\Z"),
    "organisation": re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z"),
    "profile": re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z"),
    "language": re.compile(r"[a-z]{2}\Z"),
}
_JUDGE = ("drill.graded", "drill.overridden")  # whoever judged at the site: the centre is told
# What only the centre decides: a run never brings another sealed scenario, nor who may do what here.
_OURS = ("drill.planned", "drill.packed", "user.", "organisation.", "key.", "kit.")


@dataclass(frozen=True, slots=True)
class Merged:
    """What a bundle brought: how many entries were new, how many of them judge, and the key that signed it."""

    drill: str
    entries: int
    new: int
    key: str
    rulings: int = 0


def opened(path: Path) -> tuple[Bundle, list[Carried]]:
    """A bundle with its chain, checked as far as it can be without knowing the drill."""
    bundle = read_bundle(path)
    manifest = bundle.manifest
    if not all(isinstance(manifest.get(name), str) and len(manifest[name]) <= 200 for name in _TEXTS):
        raise InputError("the manifest of the bundle lacks something", hint="pack it again: atttcli drill pack")
    for name, pattern in _NAMES.items():
        if not pattern.match(manifest[name]):
            raise InputError(f"the bundle's {name} is none", hint="ask for the bundle again", where=Where(str(path)))
    entries = read_lines(bundle.journal, "journal.jsonl")
    if (manifest.get("entries"), manifest["hash"]) != (entries[-1].seq, entries[-1].hash):
        raise IntegrityError("the journal is not the one that was packed", hint="ask for the bundle again")
    planned = _planned(entries)
    if (planned.get("sha256"), planned.get("truth")) != (manifest["sha256"], manifest["truth"]):
        raise IntegrityError("the journal is of another scenario than the bundle says", hint="ask for the bundle again")
    return bundle, entries


def _planned(entries: list[Carried]) -> dict[str, Any]:
    import json

    for one in entries:
        if one.header[5] == "drill.planned" and one.payload is not None:
            found: dict[str, Any] = json.loads(one.payload)
            return found
    raise InputError("nothing was planned in this journal", hint="ask for the bundle again")


def unpack(real: Path, path: Path, actor: str) -> Merged:
    """Make the drill of a bundle stand here, ready to be run. Conflict when it stands here already."""
    bundle, entries = opened(path)
    manifest = bundle.manifest
    if manifest["kind"] == "run":
        raise Refused("this bundle brings a run back", guard="kind", hint="atttcli drill merge FILE")
    _check_scenario(bundle, entries)
    root = drill_root(real, manifest["drill"])
    try:
        root.mkdir(parents=True)
    except FileExistsError:
        raise Conflict(f"{manifest['drill']} stands here already", hint="atttcli drill status") from None
    with building(root) as work:
        workspace = _workspace(work, manifest)
        with Store(workspace.database, create=True) as store:
            facts = {"id": workspace.id, "created": "", "tool_version": ""}
            with store.transaction() as db:
                db.executemany("INSERT INTO meta VALUES (?,?)", facts.items())
            adopt(Journal(store, actor), entries)
        write_whole(workspace.root / SCENARIO, bundle.scenario, 0o600)
        lay_rules(workspace)
        write_workspace(workspace)
    return Merged(manifest["drill"], len(entries), len(entries), bundle.key)


def _workspace(work: Path, manifest: dict[str, Any]) -> Workspace:
    import os

    work.mkdir(parents=True, exist_ok=True)
    return Workspace(
        work, manifest["workspace"], manifest["organisation"], manifest["profile"], manifest["language"],
        secret=os.urandom(32), exercise=manifest["drill"],
    )  # fmt: skip


def _check_scenario(bundle: Bundle, entries: list[Carried]) -> None:
    """The scenario is the one that was sealed, or the players' copy of it that the sealing journal names."""
    import json

    digest = hashlib.sha256(bundle.scenario).hexdigest()
    packed = [json.loads(one.payload) for one in entries if one.header[5] == "drill.packed" and one.payload]
    if digest not in (bundle.manifest["sha256"], *(one.get("sha256") for one in packed)):
        raise IntegrityError("the scenario in the bundle is not the one that was sealed", hint="ask for it again")
    parse_scenario(bundle.scenario, SCENARIO)


def merge(room: Room, bundle: Bundle, entries: list[Carried]) -> Merged:
    """Take over what a team did at its site. The same bundle twice changes nothing.

    Refused for another drill or another scenario, and for a run that went on from something else than what was handed out.
    """
    manifest = bundle.manifest
    if manifest["drill"] != room.code or manifest["workspace"] != room.workspace.id:
        raise NotFound(f"{manifest['drill'][:40]!r} was not planned here", hint="atttcli drill list")
    if manifest["kind"] != "run":
        raise Refused("this bundle takes a drill out", guard="kind", hint="atttcli drill unpack FILE")
    if manifest["sha256"] != room.planned["sha256"]:
        raise Refused("this run is of another scenario", guard="scenario", hint="atttcli drill list")
    if room.is_sealed:
        raise Refused("runs are merged where the whole scenario is", guard="sealed", hint="at the centre")

    known = int(room.store.value("SELECT max(seq) FROM journal"))
    strange = next((one.header[5] for one in entries if one.seq > known and one.header[5].startswith(_OURS)), "")
    if strange.startswith("drill."):
        raise IntegrityError("the run plans or packs the drill anew", hint="ask the team for its own bundle")
    if strange:
        raise IntegrityError(
            f"the run decides what no team decides: {strange[:60]}", hint="ask the team for its own bundle"
        )

    def check() -> None:
        score(room.scenario, room.play())

    judged = sum(one.seq > known and one.header[5] in _JUDGE for one in entries)
    new = adopt(room.journal, entries, check)
    return Merged(room.code, len(entries), new, bundle.key, judged)
