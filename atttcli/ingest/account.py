"""The account that a run hands back: one line a file, every failure, and the total."""

from __future__ import annotations

from dataclasses import dataclass, field

from atttcli.model.ledger import Ledger


@dataclass(slots=True)
class FileAccount:
    """What became of one file. `state`: new, known (nothing of it is new), refused or failed; `note` says why."""

    path: str
    sha256: str
    kind: str
    reader: str
    state: str = "new"
    note: str = ""
    ledger: Ledger = field(default_factory=Ledger)
    problems: int = 0


@dataclass(slots=True)
class RunAccount:
    """A whole run. `found` alerts were made or seen again; `incomplete` if anything was not taken in."""

    files: list[FileAccount] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    total: Ledger = field(default_factory=Ledger)
    correlated: int = 0
    kept_matches: int = 0
    passed_over: int = 0
    rules_refused: int = 0
    alerts: int = 0

    @property
    def incomplete(self) -> bool:
        """Whether something was not taken in: an input that failed, or a record or part of a new file that could not be read."""
        told = (one for one in self.files if one.state == "new")
        return bool(self.failures) or any(one.ledger.rejected or one.problems for one in told)
