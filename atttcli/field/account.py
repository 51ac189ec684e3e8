"""The account of a scan: every file met ends in exactly one column, and the columns add up.

Columns: scanned, unchanged (known from an earlier run), skipped (why), failed (why). Python 3.8-clean.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, NamedTuple

SCANNED = "scanned"
UNCHANGED = "unchanged"
SKIPPED = "skipped"
FAILED = "failed"

LINK = "symbolic link"
FIFO = "named pipe"
SOCKET = "socket"
DEVICE = "device"
PLACEHOLDER = "placeholder of a file in the cloud"
OTHER_FILE_SYSTEM = "other file system"
PSEUDO = "pseudo file system"
NETWORK = "network file system"
EXCLUDED = "excluded"
TOO_LARGE = "larger than the limit"
NO_TIME = "not reached before the run's limit"

VANISHED = "vanished"
MISSING = "no such file or folder"  # a root that was never there
DENIED = "permission denied"
CHANGED = "replaced or cut while it was being scanned"
TIMEOUT = "timeout"
NO_MEMORY = "not enough memory"
TOO_LONG = "path too long"
LOOP = "folder inside itself"

# Skipped by the nature of the thing or by the user's choice; any other reason means that the coverage has a hole.
_HARMLESS = frozenset((LINK, FIFO, SOCKET, DEVICE, OTHER_FILE_SYSTEM, PSEUDO, NETWORK, EXCLUDED))


class Outcome(NamedTuple):
    """Where one file (or one folder that was not entered) ended. `why` is empty for scanned and unchanged."""

    path: str
    column: str
    why: str = ""
    size: int = 0

    @property
    def harmless(self) -> bool:
        """Whether nothing was lost: judged, unchanged, or left out by its nature or by choice."""
        return self.column in (SCANNED, UNCHANGED) or (self.column == SKIPPED and self.why in _HARMLESS)


@dataclass(frozen=True)
class FileAccount:
    """The totals of a run. `found` = scanned + unchanged + skipped + failed; archive members are counted beside."""

    found: int = 0
    scanned: int = 0
    unchanged: int = 0
    skipped: Dict[str, int] = field(default_factory=dict)
    failed: Dict[str, int] = field(default_factory=dict)
    bytes_scanned: int = 0
    members: int = 0
    member_problems: int = 0
    matches: int = 0
    stopped: str = ""  # the limit that ended the run early, else empty

    @property
    def complete(self) -> bool:
        """Whether everything that should be scanned was; links, pipes and file systems left out by choice do not count."""
        return not (
            self.stopped or self.failed or self.member_problems or any(why not in _HARMLESS for why in self.skipped)
        )

    def to_json(self) -> Dict[str, Any]:
        """The stable JSON form."""
        return {
            "found": self.found,
            "scanned": self.scanned,
            "unchanged": self.unchanged,
            "skipped": dict(sorted(self.skipped.items())),
            "failed": dict(sorted(self.failed.items())),
            "bytes_scanned": self.bytes_scanned,
            "members": self.members,
            "member_problems": self.member_problems,
            "matches": self.matches,
            "complete": self.complete,
            "stopped": self.stopped,
        }


class Account:
    """The running count behind a FileAccount."""

    def __init__(self) -> None:
        self.found = 0
        self.scanned = 0
        self.unchanged = 0
        self.skipped: Dict[str, int] = {}
        self.failed: Dict[str, int] = {}
        self.bytes_scanned = 0
        self.members = 0
        self.member_problems = 0
        self.matches = 0
        self.stopped = ""

    def add(self, outcome: Outcome) -> None:
        """Put one file into its column."""
        if outcome.column == SCANNED:
            self.scanned += 1
            self.bytes_scanned += outcome.size
        elif outcome.column == UNCHANGED:
            self.unchanged += 1
        else:
            column = self.skipped if outcome.column == SKIPPED else self.failed
            column[outcome.why] = column.get(outcome.why, 0) + 1

    def close(self) -> FileAccount:
        """The final totals; AssertionError if they do not add up, which is a bug and never the input's fault."""
        columns = self.scanned + self.unchanged + sum(self.skipped.values()) + sum(self.failed.values())
        if self.found != columns:
            raise AssertionError("scan account does not add up: found %d != %d" % (self.found, columns))
        return FileAccount(
            self.found,
            self.scanned,
            self.unchanged,
            dict(self.skipped),
            dict(self.failed),
            self.bytes_scanned,
            self.members,
            self.member_problems,
            self.matches,
            self.stopped,
        )
