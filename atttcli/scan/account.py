"""What a scan covered and found, whole enough to be shown to somebody who was not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from atttcli.clock import rfc3339
from atttcli.field.account import FileAccount


@dataclass(frozen=True, slots=True)
class Listed:
    """One file that was not judged, with the column of the account it stands in."""

    path: str
    column: str  # skipped, failed or member; host for what a check of the host could not look at
    why: str
    size: int = 0

    def to_json(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {"path": self.path, "column": self.column, "why": self.why, "size": self.size}


@dataclass(frozen=True, slots=True)
class HostTotals:
    """What the checks of the host came to: things seen, findings among them, places that could not be looked at."""

    seen: int = 0
    found: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class ScanAccount:
    """The account of one run. Times in microseconds UTC. `listed` names files that were not judged, up to a limit;
    `unlisted` counts the rest. `severities` counts detections by severity word.
    """

    paths: tuple[str, ...]
    started: int
    ended: int
    files: FileAccount
    pack: str = ""
    rules: int = 0
    rules_refused: int = 0
    incremental: bool = False
    detections: int = 0
    severities: Mapping[str, int] = field(default_factory=dict)
    listed: tuple[Listed, ...] = ()
    unlisted: int = 0
    notes: tuple[str, ...] = ()
    host: HostTotals | None = None  # None: nobody asked for the host

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for was judged, files and host."""
        return self.files.complete and not (self.host is not None and self.host.missed)

    @property
    def exit_code(self) -> int:
        """0 nothing found, 1 found, 2 incomplete (which beats 1)."""
        if not self.complete:
            return 2
        return 1 if self.detections else 0

    def to_json(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {
            "paths": list(self.paths),
            "started": rfc3339(self.started),
            "ended": rfc3339(self.ended),
            "files": self.files.to_json(),
            "pack": self.pack,
            "rules": self.rules,
            "rules_refused": self.rules_refused,
            "incremental": self.incremental,
            "detections": self.detections,
            "severities": dict(sorted(self.severities.items())),
            "not_judged": [one.to_json() for one in self.listed],
            "not_judged_unlisted": self.unlisted,
            "notes": list(self.notes),
            "host": None if self.host is None else asdict(self.host),
        }
