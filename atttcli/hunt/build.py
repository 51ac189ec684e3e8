"""Segments to Parquet: DuckDB reads a segment's own JSON lines, in pieces; a folder is written aside, flushed and renamed.

The segments stay the truth. What is derived of one is named by that segment's digest, so it is whole and right, or not there:
a kill at any moment leaves folders that nobody reads, and the next build takes them away (decision 0242).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from atttcli.archive.reading import segment_lines, verify_segment
from atttcli.errors import IntegrityError, LimitExceeded, Where, WorkspaceError
from atttcli.hunt.columns import COLUMNS, NUMBERS, literal, quoted
from atttcli.hunt.duck import load
from atttcli.hunt.lock import writing
from atttcli.hunt.parts import (
    BUILDING,
    FORMAT,
    MANIFEST,
    PREFIX,
    Part,
    PartFile,
    digest_of,
    folder_of,
    name_of,
    remove_strangers,
    waiting,
)
from atttcli.store.connection import Store
from atttcli.store.durable import sync_folder, sync_tree
from atttcli.store.facts.segments import segments
from atttcli.store.workspace import Workspace

Report = Callable[[int, int, str], None]
_FIRST, _LAST = (
    -62_135_596_800_000_000,
    253_402_300_799_999_999,
)  # the years 1 to 9999, which every reader of ours can show
_ROWS = 4_096  # of a row group: small ones are written in little memory, and skipped more often
_LITTLE, _MUCH = "128MB", "2GB"
_DAYS = 31  # a segment of so many days is always cut by day, a longer one only where a day has enough events
_ENOUGH = 200
_MOST_PARTS = 400


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did: segments written, their events, and folders of segments that are no more."""

    segments: int = 0
    events: int = 0
    removed: int = 0


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
            rows = waiting(workspace, store)
            events = done = 0
            for number, row in enumerate(rows):
                report(number, len(rows), row["path"])
                if _build(workspace, folder, row):
                    done, events = done + 1, events + row["count"]
            # A purge that came between takes what it purged away itself, or finds it gone here.
            removed += remove_strangers(folder, [name_of(row["path"]) for row in segments(store)])
            return Built(done, events, removed)
    except OSError as error:
        raise WorkspaceError(
            f"the hunting files cannot be written: {error.strerror or error}",
            hint="is the disk full? they are derived: free some room, then run the same command again",
            where=Where(str(folder)),
        ) from error


def _build(workspace: Workspace, folder: Path, row: dict[str, Any]) -> bool:
    """One segment; False if it was purged meanwhile."""
    source = workspace.events / row["path"]
    segment = name_of(row["path"])
    try:
        verify_segment(source, row["sha256"])
    except IntegrityError:
        if not source.exists():
            return False
        raise
    work, target = folder / f"{BUILDING}{segment}", folder / f"{PREFIX}{segment}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700)
    try:
        try:
            files = _write(source, work, row, _LITTLE)
        except LimitExceeded:  # few and very large records
            shutil.rmtree(work)
            work.mkdir(mode=0o700)
            files = _write(source, work, row, _MUCH)
        part = Part(FORMAT, segment, row["reader"], row["count"], tuple(files))
        (work / MANIFEST).write_bytes(msgspec.json.encode(part))
        sync_tree(work)
        if target.exists():  # its manifest cannot be used
            target.rename(folder / f"{BUILDING}gone-{segment}")
            shutil.rmtree(folder / f"{BUILDING}gone-{segment}", ignore_errors=True)
        os.replace(work, target)
        sync_folder(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return True


def _write(source: Path, work: Path, row: dict[str, Any], memory: str) -> list[PartFile]:
    duckdb = load()

    whole = work / "whole.parquet"
    pieces = _pieces(source, work / "lines")
    with duckdb.connect(config=_SETTINGS | {"memory_limit": memory}) as db:
        try:
            _copy(db, _events_of(pieces, row), whole)
            shutil.rmtree(work / "lines")
            days = db.execute(f"SELECT day, count(*) FROM {_parquet(whole)} GROUP BY day ORDER BY day").fetchall()
            if sum(count for _, count in days) != row["count"]:
                raise IntegrityError("its Parquet holds another number of events", where=Where(str(source)))
            files = []
            kind = f"kind={_plain(row['reader'])}"
            parts = _partitions(days)
            for name, condition in parts:
                target = work / kind / f"day={name}" / "events.parquet"
                target.parent.mkdir(parents=True)
                if len(parts) == 1:
                    whole.rename(target)
                else:
                    _copy(db, f"SELECT * FROM {_parquet(whole)} WHERE {condition}", target)
                files.append(_file(db, work, target))
            whole.unlink(missing_ok=True)
            return files
        except duckdb.OutOfMemoryException as error:
            raise LimitExceeded("not enough memory for the hunting files", where=Where(str(source))) from error
        except duckdb.Error as error:
            raise WorkspaceError(
                f"no hunting files could be made of this segment: {str(error).splitlines()[0][:200]}",
                hint="atttcli db verify",
                where=Where(str(source)),
            ) from error


_SETTINGS = {
    "threads": 1,
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "temp_directory": "",
}


def _copy(db: Any, select: str, target: Path) -> None:
    options = f"FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {_ROWS}"
    db.execute(f"COPY ({select}) TO {literal(str(target))} ({options})")


def _parquet(path: Path) -> str:
    return "".join(("read_parquet([", literal(str(path)), "], hive_partitioning = false)"))


def _pieces(source: Path, folder: Path) -> list[Path]:
    """The lines of a segment in files of about a megabyte each. DuckDB takes two buffers of 16 MB for any file of JSON, and
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


def _partitions(days: list[tuple[date | None, int]]) -> list[tuple[str, str]]:
    """Name and condition of every part: by day, or by month or not at all where days would be too small."""
    dated = [(day, count) for day, count in days if day is not None]
    events = sum(count for _, count in dated)
    if len(dated) <= _DAYS or (len(dated) <= _MOST_PARTS and events >= _ENOUGH * len(dated)):
        parts = [(day.isoformat(), f"day = DATE '{day.isoformat()}'") for day, _ in dated]
    else:
        months = sorted({(day.year, day.month) for day, _ in dated})
        if len(months) <= _MOST_PARTS:
            parts = [(f"{y:04d}-{m:02d}", f"year(day) = {y} AND month(day) = {m}") for y, m in months]
        else:
            parts = [("many", "day IS NOT NULL")]
    if len(dated) < len(days):
        parts.append(("undated", "day IS NULL"))
    return parts


def _file(db: Any, work: Path, target: Path) -> PartFile:
    low, high, count = db.execute(
        f'SELECT epoch_us(min("time")), epoch_us(max("time")), count(*) FROM {_parquet(target)}'
    ).fetchone()
    return PartFile(target.relative_to(work).as_posix(), count, target.stat().st_size, digest_of(target), low, high)


def _plain(reader: str) -> str:
    """A reader's name as part of a path."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in reader) or "unknown"
