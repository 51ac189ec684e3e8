"""Which rule pack is in force, and where the rules that people added to a workspace stand.

`rules/` of a workspace holds what people put there by hand; `rules/packs/<digest>/` holds packs that were installed. The journal
says which of them is in force, so one commit switches from one to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from atttcli.errors import IntegrityError, Where
from atttcli.store.connection import Store
from atttcli.store.workspace import Workspace

PACKS = "packs"


@dataclass(frozen=True, slots=True)
class InstalledPack:
    """A pack that was put in force, or with an empty digest the moment from which none was. Times in microseconds UTC."""

    seq: int
    at: int
    actor: str
    digest: str
    version: int
    name: str
    tlp: str
    created: int
    signer: str
    files: int
    previous: str
    reason: str
    reverted: int


def installs(store: Store) -> list[InstalledPack]:
    """Every time that a pack was put in force, the latest first."""
    names = [one.name for one in fields(InstalledPack)]
    rows = store.rows(f"SELECT {','.join(names)} FROM rule_install ORDER BY seq DESC")
    return [InstalledPack(**dict(row)) for row in rows]


def current_pack(store: Store) -> InstalledPack | None:
    """The pack in force, or None."""
    found = next(iter(installs(store)), None)
    return found if found is not None and found.digest else None


def rules_version(store: Store) -> str:
    """The version of the pack in force, for accounts of scans and for kits; empty without one: only what the tool ships."""
    pack = current_pack(store)
    return str(pack.version) if pack is not None else ""


def pack_folder(workspace: Workspace, digest: str) -> Path:
    """Where the files of a pack stand."""
    return workspace.rules / PACKS / digest[:16]


def current_folder(workspace: Workspace, store: Store) -> Path | None:
    """The folder of the pack in force. IntegrityError when it is gone: a run without it would look like a clean one."""
    pack = current_pack(store)
    if pack is None:
        return None
    folder = pack_folder(workspace, pack.digest)
    if not folder.is_dir():
        raise IntegrityError(
            f"the rule pack {pack.version} is in force, and its files are not here",
            hint="atttcli rules install FILE", where=Where(str(folder)),
        )  # fmt: skip
    return folder


def added_places(workspace: Workspace, store: Store, kind: str) -> list[Path]:
    """Folders with rules of one kind (yara, network, sigma, indicators) beside the shipped ones."""
    above = [workspace.rules, current_folder(workspace, store)]
    folders = [place / kind for place in above if place is not None]
    return [folder for folder in folders if folder.is_dir() and any(folder.rglob("*.*"))]


def every_place(workspace: Workspace, store: Store) -> list[Path]:
    """Everything that people added, of every kind, without packs that are not in force."""
    folder = current_folder(workspace, store)
    own = sorted(one for one in workspace.rules.iterdir() if one.name != PACKS) if workspace.rules.is_dir() else []
    return [*own, *([folder] if folder is not None else [])]
