"""Copies of logs that a collector brought: kept in the inbox, then taken in as every log is, as that machine's.

A copy stands under the name of its kit, machine and digest, so the same result again writes and adds nothing; of a log that
was collected before only the lines that came since are new. Alerts made of them are the agency's whose kit it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone
from pathlib import Path
from typing import Final

from atttcli.clock import Clock, from_micros
from atttcli.errors import WorkspaceError
from atttcli.evidence.vault import Vault
from atttcli.exchange.collected import COPY, copied_logs
from atttcli.exchange.judge import UNSIGNED, UNSIGNED_TEXT
from atttcli.exchange.parcel import Parcel, ParcelReader, open_parcel
from atttcli.exchange.samples import keep_sample
from atttcli.field.bundle import CHUNK
from atttcli.field.manifest import SAMPLE, Manifest, Member
from atttcli.ingest.account import RunAccount
from atttcli.ingest.route import Manner
from atttcli.ingest.run import Ingest
from atttcli.inventory import Inventory
from atttcli.journal.journal import Journal
from atttcli.store.connection import Store
from atttcli.store.durable import make_folder
from atttcli.store.workspace import Workspace

_FOLDER: Final = "collected"


@dataclass(frozen=True, slots=True)
class TakenLog:
    """What became of one log: `path` is where it stood on the machine, `copy` where it is kept here."""

    path: str
    copy: Path
    whole: bool
    account: RunAccount


@dataclass(slots=True)
class LogTaking:
    """Everything that taking the logs in needs."""

    workspace: Workspace
    store: Store
    inventory: Inventory
    clock: Clock
    actor: str
    readers: Sequence[ParcelReader]

    def take(self, path: Path) -> Iterator[TakenLog]:
        """Keep and ingest every log of one collector's result, one after another."""
        parcel = open_parcel(path, self.readers)
        manifest = parcel.manifest
        told = {one.name: one for one in copied_logs(path)}
        folder = self.workspace.inbox / _FOLDER / f"{manifest.kit}-{manifest.host.machine_id[:12]}" / parcel.digest[:16]
        kept: list[tuple[str, Path]] = []
        for member, pieces in parcel.members():
            if member.kind == COPY and member.name in told:
                copy = folder / member.name.removeprefix("logs/")
                _keep(copy, member.size, pieces)
                kept.append((member.name, copy))
        today = from_micros(self.clock.now()).date().isoformat()
        agency = self.inventory.current(manifest.agency, today) or manifest.agency
        for name, copy in kept:
            account = self._ingest(manifest, agency, told[name].path).run([str(copy)])
            yield TakenLog(told[name].path, copy, told[name].whole, account)

    def _ingest(self, manifest: Manifest, agency: str, path: str) -> Ingest:
        manner = Manner(
            zone=timezone(timedelta(minutes=manifest.clock.zone)),
            own_networks=self.inventory.own_networks(),
            own_domains=self.inventory.own_domains(),
        )
        source = f"{manifest.agency}/{manifest.host.machine_id[:16]}:{path}"[:500]
        return Ingest(
            self.workspace,
            self.store,
            self.inventory,
            self.clock,
            self.actor,
            manner,
            log_source=source,
            agency=agency,
            mark=(UNSIGNED, UNSIGNED_TEXT),
        )


def keep_result(journal: Journal, vault: Vault, incident: str, parcel: Parcel) -> tuple[str, bool]:
    """The archive as it came, as evidence of an incident: number of the exhibit, and whether it is new."""
    with parcel.path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        member = Member(parcel.path.name, parcel.path.stat().st_size, digest, SAMPLE)
        pieces = iter(lambda: stream.read(CHUNK), b"")
        return keep_sample(journal, vault, incident, parcel, member, pieces, parcel.path.name)


def _keep(copy: Path, size: int, pieces: Iterator[bytes]) -> None:
    """Written under another name first: what stands under its own name is whole."""
    if copy.is_file() and copy.stat().st_size == size:
        return
    part = copy.with_name(f".{copy.name}.part")
    try:
        make_folder(copy.parent)
        with part.open("wb") as out:
            out.writelines(pieces)
        part.replace(copy)
    except OSError as error:
        raise WorkspaceError(f"{copy} cannot be written: {error.strerror or error}") from None
