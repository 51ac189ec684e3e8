"""Which Parquet files a hunt must open: those of the wanted logs whose times meet the window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atttcli.errors import NotFound
from atttcli.hunt.parts import PREFIX, Part, folder_of, name_of, read_part
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


def parts(workspace: Workspace, store: Store) -> Iterator[tuple[dict[str, Any], Part]]:
    """Every segment that stands in Parquet, with its row of the store."""
    folder = folder_of(workspace.root)
    for row in segments(store):
        part = read_part(folder, name_of(row["path"]))
        if part is not None:
            yield row, part


def files(workspace: Workspace, store: Store, window: Window, source: str = "", sha256: str = "") -> list[Path]:
    """The files to open. `source` is a log's name, its reader, or a part of its path; NotFound if no log is called so.

    `sha256`: only what was read from the file whose digest begins so.
    """
    folder = folder_of(workspace.root)
    found: list[Path] = []
    named = not source
    for row, part in parts(workspace, store):
        if not row["source_sha256"].startswith(sha256) or (source and not _is_of(row, source)):
            continue
        named = True
        place = folder / f"{PREFIX}{part.segment}"
        found += [place / one.path for one in part.files if window.meets(one.time_min, one.time_max)]
    if not named:
        raise NotFound(f"no log {source[:60]!r} is kept", hint="atttcli hunt sources")
    return found


def _is_of(row: dict[str, Any], source: str) -> bool:
    wanted = source.lower()
    return wanted in (row["log_source"].lower(), row["reader"].lower()) or wanted in row["source_path"].lower()
