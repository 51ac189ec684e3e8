"""Segments to Parquet: DuckDB reads a segment's own JSON lines, in pieces; a folder is written aside, flushed and renamed.

The segments stay the truth. What is derived of one is named by that segment's digest, so it is whole and right, or not there:
a kill at any moment leaves folders that nobody reads, and the next build takes them away (decision 0242).
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atttcli.archive.reading import segment_lines, verify_segment
from atttcli.errors import IntegrityError, LimitExceeded, Where, WorkspaceError
from atttcli.hunt.columns import COLUMNS, NUMBERS, literal, quoted
from atttcli.hunt.duck import load
from atttcli.hunt.lock import writing
from atttcli.hunt.merge import SMALL, merge_small
from atttcli.hunt.parquet import LITTLE, MUCH, SETTINGS, copy, divide
from atttcli.hunt.parts import (
    BUILDING,
    FORMAT,
    Part,
    PartFile,
    folder_of,
    name_of,
    remove_strangers,
    settle,
    waiting,
)
from atttcli.store.connection import Store
from atttcli.store.facts.segments import segments
from atttcli.store.workspace import Workspace

Report = Callable[[int, int, str], None]
_FIRST, _LAST = (
    -62_135_596_800_000_000,
    253_402_300_799_999_999,
)  # the years 1 to 9999, which every reader of ours can show


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did: segments written, their events, folders of segments that are no more, and how many were merged."""

    segments: int = 0
    events: int = 0
    removed: int = 0
    merged: int = 0


def quiet(_done: int, _total: int, _what: str) -> None:
    """Nobody watches."""


def bring_up_to_date(
    workspace: Workspace, store: Store, report: Report = quiet, *, anew: bool = False, patience: float = 600.0
) -> Built:
    """Write what is wanting, take away what belongs to no segment any more (all of it first, if `anew`).

    WorkspaceError where the folder cannot be written; IntegrityError for a segment that is damaged.
    """
    folder = folder_of(workspace.root)
    try:
        with writing(folder, patience):
            known = [] if anew else [name_of(row["path"]) for row in segments(store)]
            removed = remove_strangers(folder, known)
            rows = sorted(waiting(workspace, store), key=lambda row: row["count"] < SMALL)
            events = done = 0
            with ExitStack() as stack:
                # Opening a connection costs more than a small segment: these share one, after the large ones, whose memory is
                # given back each time.
                shared: Any = None
                for number, row in enumerate(rows):
                    report(number, len(rows), row["path"])
                    if shared is None and row["count"] < SMALL:
                        shared = stack.enter_context(_connected(LITTLE))
                    if _build(workspace, folder, row, shared):
                        done, events = done + 1, events + row["count"]
            merged = merge_small(folder, segments(store))
            # A purge that came between takes what it purged away itself, or finds it gone here.
            removed += remove_strangers(folder, [name_of(row["path"]) for row in segments(store)])
            return Built(done, events, removed, merged)
    except OSError as error:
        raise _unwritable(folder, error.strerror or str(error)) from error


def _build(workspace: Workspace, folder: Path, row: dict[str, Any], shared: Any) -> bool:
    """One segment, by a connection that is open or one of its own; False if it was purged meanwhile."""
    source = workspace.events / row["path"]
    segment = name_of(row["path"])
    try:
        verify_segment(source, row["sha256"])
    except IntegrityError:
        if not source.exists():
            return False
        raise
    work = folder / f"{BUILDING}{segment}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700)
    try:
        try:
            files = _write(source, work, row, nullcontext(shared) if shared is not None else _connected(LITTLE))
        except LimitExceeded:  # few and very large records
            shutil.rmtree(work)
            work.mkdir(mode=0o700)
            files = _write(source, work, row, _connected(MUCH))
        settle(folder, work, Part(FORMAT, segment, row["reader"], row["count"], tuple(files)))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return True


def _connected(memory: str) -> Any:
    return load().connect(config=SETTINGS | {"memory_limit": memory})


def _write(source: Path, work: Path, row: dict[str, Any], connection: AbstractContextManager[Any]) -> list[PartFile]:
    duckdb = load()

    whole = work / "whole.parquet"
    pieces = _pieces(source, work / "lines")
    with connection as db:
        try:
            copy(db, _events_of(pieces, row), whole)
            shutil.rmtree(work / "lines")
            return divide(db, whole, work, row["reader"], row["count"])
        except duckdb.OutOfMemoryException as error:
            raise LimitExceeded("not enough memory for the hunting files", where=Where(str(source))) from error
        except duckdb.IOException as error:  # it packs the system's words into its own
            full = os.strerror(errno.ENOSPC)
            raise _unwritable(work.parent, full if full in str(error) else str(error).splitlines()[0][:200]) from error
        except duckdb.Error as error:
            raise WorkspaceError(
                f"no hunting files could be made of this segment: {str(error).splitlines()[0][:200]}",
                hint="atttcli db verify",
                where=Where(str(source)),
            ) from error


def _unwritable(folder: Path, reason: str) -> WorkspaceError:
    return WorkspaceError(
        f"the hunting files cannot be written: {reason}",
        hint="is the disk full? they are derived: free some room, then run the same command again",
        where=Where(str(folder)),
    )


def _pieces(source: Path, folder: Path) -> list[Path]:
    """The lines of a segment in files of about half a megabyte each. DuckDB takes two buffers of 16 MB for any file of JSON, and
    touches as much of them as the file is long: 26 MB less of memory, for a tenth of a second per 200,000 events."""
    folder.mkdir()
    pieces = []
    for number, lines in enumerate(segment_lines(source)):
        pieces.append(folder / f"{number}.json")
        pieces[-1].write_bytes(lines)
    return pieces


def _events_of(pieces: list[Path], row: dict[str, Any]) -> str:
    """The events of a segment as rows of COLUMNS; the header line has no `line`."""
    files = ", ".join(literal(str(piece)) for piece in pieces)
    stored = {c.name: "BIGINT" if c.name == "time" else c.type for c in COLUMNS if c.stored}
    types = ", ".join(f"{quoted(name)}: {literal(kind)}" for name, kind in stored.items())
    read = (
        f"read_json([{files}], format = 'newline_delimited', compression = 'none', "
        f"columns = {{{types}}}, maximum_object_size = 4194304)"
    )
    time = f'CASE WHEN "time" BETWEEN {_FIRST} AND {_LAST} THEN make_timestamp("time") END'
    made = {
        "time": time,
        "day": f"CAST({time} AS DATE)",
        "kind": literal(row["reader"]),
        "fields": "coalesce(\"fields\", '{}')",
        "line": '"line"',
        "source": literal(row["source_path"]),
        "source_sha256": literal(row["source_sha256"]),
        "segment": literal(name_of(row["path"])),
    }
    chosen = [f"{made.get(c.name) or _given(c.name)} AS {quoted(c.name)}" for c in COLUMNS if c.name != "ref"]
    return " ".join(("SELECT", ", ".join(chosen), "FROM", read, 'WHERE "line" IS NOT NULL'))


def _given(name: str) -> str:
    return "".join(("coalesce(", quoted(name), ", ", "0" if name in NUMBERS else literal(""), ")"))
