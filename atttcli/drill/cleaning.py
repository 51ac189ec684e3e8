"""Removing what a drill made, known by its digests; and the safety gate: none of it may stand in the real workspace."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from atttcli.drill.room import Room, stands_in
from atttcli.store.connection import Store


def manifest(room: Room) -> dict[str, str]:
    """Digest -> name of every artefact that was handed out."""
    return {
        str(one["sha256"]): str(one["name"])
        for entry in room.journal.entries(verbs=("drill.injected",))
        for one in entry.payload.get("artefacts", ())
    }


def leftovers(room: Room) -> list[Path]:
    """Files in the drill's inbox that are still what the drill made; what somebody changed is left alone."""
    known = manifest(room)
    found = []
    for path in sorted(room.workspace.inbox.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as stream:
                if hashlib.file_digest(stream, "sha256").hexdigest() in known:
                    found.append(path)
    return found


def remove(room: Room, paths: Iterable[Path]) -> list[str]:
    """Remove them and say so in the drill's journal; names relative to the inbox."""
    names = []
    for path in paths:
        path.unlink(missing_ok=True)
        names.append(path.relative_to(room.workspace.inbox).as_posix())
    if names:
        room.journal.append("drill.cleaned", room.code, {"files": names})
    return names


def in_live(room: Room, real: Store) -> list[str]:
    """Artefacts of this drill that somebody took into the real workspace."""
    return [name for digest, name in manifest(room).items() if stands_in(real, digest)]
