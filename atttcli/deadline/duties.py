"""Calendar duties of a profile for `next`: kept as JSON beside the rule caches, since reading the profile's YAML costs 60 ms.

The cache is the user's own (0700) and only a cache: what is not readable, not ours or out of date is made anew.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from atttcli.packaged import packaged
from atttcli.store.workspace import private_folder

OWN_ROLES = frozenset({"mang_luoi", "chuyen_trach", "doi_ucsc", "chu_quan", "bcd_tinh"})


@dataclass(frozen=True, slots=True)
class Duty:
    """A paper of the calendar that our side owes. `dates` are MM-DD, `every` cycles, as in the profile."""

    id: str
    name: str
    name_en: str
    dates: tuple[str, ...] = ()
    every: tuple[str, ...] = ()


def calendar_duties(profile: str) -> tuple[Duty, ...]:
    """The duties of a shipped profile whose sender is on our side."""
    source = packaged("seeds") / "profiles" / f"{profile}.yaml"
    cache = _cache(source)
    known = _read(cache)
    if known is not None:
        return known
    made = _from_profile(profile)
    try:
        from atttcli.store.durable import write_whole

        write_whole(cache, json.dumps([asdict(one) for one in made], ensure_ascii=False).encode(), 0o600)
    except OSError:  # a full or read-only home costs the next start some milliseconds
        pass
    return made


def _cache(source: Path) -> Path:
    try:
        state = source.stat()
        mark = f"{state.st_mtime_ns:x}-{state.st_size:x}"
    except OSError:
        mark = "none"
    return private_folder("cache") / f"duties-{source.stem}-{mark}.json"


def _read(path: Path) -> tuple[Duty, ...] | None:
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_bytes()[:200_000])
        return tuple(
            Duty(str(row["id"]), str(row["name"]), str(row["name_en"]), tuple(row["dates"]), tuple(row["every"]))
            for row in rows
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _from_profile(name: str) -> tuple[Duty, ...]:
    from atttcli.profile import load_profile

    return tuple(
        Duty(one.id, one.name, one.name_en, one.dates, one.every)
        for one in load_profile(name).deadlines
        if one.trigger == "calendar" and OWN_ROLES & {*one.sender, "all"}
    )
