"""Files that a kit attached: into the vault, each with a custody record that says which bundle it came in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PureWindowsPath
from typing import BinaryIO, cast

from atttcli.evidence.vault import Vault
from atttcli.exchange.parcel import Parcel
from atttcli.field.manifest import Member
from atttcli.journal.journal import Journal


def keep_sample(
    journal: Journal, vault: Vault, incident: str, parcel: Parcel, member: Member, pieces: Iterator[bytes], path: str
) -> tuple[str, bool]:
    """The number of the exhibit, and whether it is new. Without an incident it belongs to none yet.

    `path` is where it stood on the machine, as the finding says; its last part is only a name to show.
    """
    manifest = parcel.manifest
    journal.permit("evidence.added", incident, {"incident": incident, "agency": manifest.agency})
    vault.keep(cast(BinaryIO, _Pieces(pieces)), member.name)
    source = f"{manifest.kit}/{manifest.sequence} {manifest.host.name}: {path or member.name}"
    with journal.transaction():
        known = journal.store.value(
            "SELECT number FROM evidence WHERE incident = ? AND sha256 = ? AND withdrawn IS NULL",
            incident,
            member.sha256,
        )
        if known:
            return str(known), False
        number = journal.next_number("CC")
        name = PureWindowsPath(path).name
        if not name.strip(". "):  # `..` and its like are a name to nobody
            name = member.sha256
        body = {
            "number": number, "incident": incident, "agency": manifest.agency, "sha256": member.sha256,
            "size": member.size, "name": name[:255], "source": source, "note": f"bundle {parcel.digest}",
        }  # fmt: skip
        journal.append("evidence.added", number, body)
    return number, True


class _Pieces:
    """A member's bytes as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._held = pieces, b""

    def read(self, size: int) -> bytes:
        """At most so many bytes; empty at the end."""
        if not self._held:
            self._held = next(self._pieces, b"")
        piece, self._held = self._held[:size], self._held[size:]
        return piece
