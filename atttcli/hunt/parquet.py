"""How Parquet files are written here: small row groups, a file for each day or month, each with its digest and times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from atttcli.errors import IntegrityError, Where
from atttcli.hunt.columns import literal
from atttcli.hunt.parts import PartFile, digest_of

SETTINGS = {
    "threads": 1,
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "temp_directory": "",
}
LITTLE, MUCH = "128MB", "2GB"
_ROWS = 4_096  # of a row group: small ones are written in little memory, and skipped more often
_ENOUGH = 200  # events that make a file of a day, or a month, worth while
_MOST_PARTS = 400


@dataclass(frozen=True, slots=True)
class Cut:
    """So many days are always cut by day, so many months by month; more only where each has enough events."""

    days: int = 31
    months: int = _MOST_PARTS


SEGMENT, MERGED = Cut(), Cut(days=1, months=1)


def copy(db: Any, select: str, target: Path) -> None:
    """Write what a SELECT gives."""
    options = f"FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {_ROWS}"
    db.execute(f"COPY ({select}) TO {literal(str(target))} ({options})")


def table_of(paths: Iterable[Path]) -> str:
    """Parquet files as SQL names them."""
    listed = ", ".join(literal(str(path)) for path in paths)
    return "".join(("read_parquet([", listed, "], hive_partitioning = false)"))


def divide(db: Any, whole: Path, work: Path, reader: str, count: int, cut: Cut = SEGMENT) -> list[PartFile]:
    """Cut a file into those of `work/kind=READER/day=DAY/`; it is gone then. IntegrityError unless it has `count` rows."""
    days = db.execute(f"SELECT day, count(*) FROM {table_of([whole])} GROUP BY day ORDER BY day").fetchall()
    if sum(rows for _, rows in days) != count:
        raise IntegrityError("its Parquet holds another number of events", where=Where(str(work)))
    files = []
    parts = _partitions(days, cut)
    for name, condition in parts:
        target = work / f"kind={_plain(reader)}" / f"day={name}" / "events.parquet"
        target.parent.mkdir(parents=True)
        if len(parts) == 1:
            whole.rename(target)
        else:
            copy(db, f"SELECT * FROM {table_of([whole])} WHERE {condition}", target)
        files.append(_file(db, work, target))
    whole.unlink(missing_ok=True)
    return files


def _partitions(days: list[tuple[date | None, int]], cut: Cut) -> list[tuple[str, str]]:
    """Name and condition of every part: by day, or by month or not at all where days would be too small."""
    dated = [(day, count) for day, count in days if day is not None]
    events = sum(count for _, count in dated)
    months = sorted({(day.year, day.month) for day, _ in dated})
    if len(dated) <= cut.days or (len(dated) <= _MOST_PARTS and events >= _ENOUGH * len(dated)):
        parts = [(day.isoformat(), f"day = DATE '{day.isoformat()}'") for day, _ in dated]
    elif len(months) <= cut.months or (len(months) <= _MOST_PARTS and events >= _ENOUGH * len(months)):
        parts = [(f"{y:04d}-{m:02d}", f"year(day) = {y} AND month(day) = {m}") for y, m in months]
    else:
        parts = [("many", "day IS NOT NULL")]
    if len(dated) < len(days):
        parts.append(("undated", "day IS NULL"))
    return parts


def _file(db: Any, work: Path, target: Path) -> PartFile:
    low, high, count = db.execute(
        f'SELECT epoch_us(min("time")), epoch_us(max("time")), count(*) FROM {table_of([target])}'
    ).fetchone()
    return PartFile(target.relative_to(work).as_posix(), count, target.stat().st_size, digest_of(target), low, high)


def _plain(reader: str) -> str:
    """A reader's name as part of a path."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in reader) or "unknown"
