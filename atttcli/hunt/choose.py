"""Which Parquet files a hunt must open: those of the wanted logs whose times meet the window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atttcli.errors import NotFound
from atttcli.hunt.parts import PREFIX, folder_of, held, name_of
from atttcli.store.connection import Store
from atttcli.store.facts.segments import segments
from atttcli.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` until before `until`, microseconds UTC; None is open. Events without a time lie in an open one only."""

    since: int | None = None
    until: int | None = None

    def meets(self, low: int | None, high: int | None) -> bool:
        """Whether anything from `low` to `high` may lie in it."""
        if self.since is None and self.until is None:
            return True
        if low is None or high is None:
            return False
        return (self.since is None or high >= self.since) and (self.until is None or low < self.until)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Files to open; where one holds other segments too, only the events of `segments` are meant."""

    paths: tuple[Path, ...] = ()
    segments: tuple[str, ...] | None = None


def files(workspace: Workspace, store: Store, window: Window, source: str = "", sha256: str = "") -> Chosen:
    """The files to open. `source` is a log's name, its reader, or a part of its path; NotFound if no log is called so.

    `sha256`: only what was read from the file whose digest begins so.
    """
    folder = folder_of(workspace.root)
    rows = {name_of(row["path"]): row for row in segments(store)}
    ready = held(folder, rows)
    meant: dict[str, list[str]] = {}
    for segment, row in rows.items():
        if segment in ready and row["source_sha256"].startswith(sha256) and (not source or _is_of(row, source)):
            meant.setdefault(ready[segment].segment, []).append(segment)
    if source and not meant:
        raise NotFound(f"no log {source[:60]!r} is kept", hint="atttcli hunt sources")
    found: list[Path] = []
    partly = False
    for wanted in meant.values():
        part = ready[wanted[0]]
        partly |= len(wanted) < len(part.holds)
        place = folder / f"{PREFIX}{part.segment}"
        found += [place / one.path for one in part.files if window.meets(one.time_min, one.time_max)]
    return Chosen(tuple(found), tuple(one for wanted in meant.values() for one in wanted) if partly else None)


def _is_of(row: dict[str, Any], source: str) -> bool:
    wanted = source.lower()
    return wanted in (row["log_source"].lower(), row["reader"].lower()) or wanted in row["source_path"].lower()
