"""Many small parts of one reader become one: a workspace of thousands of small logs must not become as many files to open.

Done where parts are written anyhow, by the holder of the lock. The merged part is written aside, flushed and renamed; a segment
stands in two folders then, of which a hunt reads one (`parts.held`), and a later build takes the small ones away: hunts under
way may still read these. It is bounded: a part that has enough rows is never written again, and one call makes few merged parts.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import add, gt
from pathlib import Path
from typing import Any

from atttcli.errors import IntegrityError, LimitExceeded
from atttcli.hunt.duck import load
from atttcli.hunt.parquet import LITTLE, MERGED, SETTINGS, copy, divide, table_of
from atttcli.hunt.parts import BUILDING, FORMAT, MANY, PREFIX, Part, held, name_of, settle

SMALL = 20_000  # rows below which a part is merged
_FEWEST = 32  # parts that are worth it
_ROWS, _MEMBERS, _BYTES = 200_000, 1_000, 64 << 20  # of a merged part
_AT_ONCE = 16  # merged parts of one call


def merge_small(folder: Path, rows: Sequence[dict[str, Any]]) -> int:
    """Merge what is worth it of the segments `rows` (of the store, in order of time). Returns how many parts became fewer."""
    ready = held(folder, [name_of(row["path"]) for row in rows])
    by_reader: dict[str, dict[str, Part]] = {}
    for part in ready.values():
        if part.count < SMALL:
            by_reader.setdefault(part.reader, {})[part.segment] = part
    groups = (group for parts in by_reader.values() for group in _groups(parts.values()))
    return sum(_merge(folder, group) for group in islice(groups, _AT_ONCE))


def _groups(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """Parts that follow each other in time, as many as one merged part may hold."""
    group: list[Part] = []
    taken: tuple[int, ...] = (0, 0, 0)
    for part in parts:
        more = _size(part)
        taken = tuple(map(add, taken, more))
        if group and any(map(gt, taken, (_ROWS, _MEMBERS, _BYTES))):
            if len(group) * 4 >= _FEWEST:
                yield group
            group, taken = [], more
        group.append(part)
    if len(group) >= _FEWEST:
        yield group


def _size(part: Part) -> tuple[int, ...]:
    """Rows, segments, bytes."""
    return part.count, len(part.holds), sum(one.bytes for one in part.files)


def _merge(folder: Path, group: list[Part]) -> int:
    """How many folders went for one; 0 where a part is damaged (`db verify` tells it) or the disk has no room: hunts read the
    parts as they are."""
    duckdb = load()

    members = tuple(one for part in group for one in part.holds)
    name = MANY + hashlib.sha256("\n".join(sorted(members)).encode()).hexdigest()[:24]
    count = sum(part.count for part in group)
    paths = [folder / f"{PREFIX}{part.segment}" / one.path for part in group for one in part.files]
    work = folder / f"{BUILDING}{name}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700)
    try:
        with duckdb.connect(config=SETTINGS | {"memory_limit": LITTLE}) as db:
            whole = work / "whole.parquet"
            copy(db, f"SELECT * FROM {table_of(paths)}", whole)
            files = divide(db, whole, work, group[0].reader, count, MERGED)
        settle(folder, work, Part(FORMAT, name, group[0].reader, count, tuple(files), members))
    except (OSError, duckdb.Error, IntegrityError, LimitExceeded):
        return 0
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return len(group) - 1
