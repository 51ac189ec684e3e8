"""The account of a run: read = stored + duplicate + rejected, for every file and in total."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Ledger:
    """Counts of records of one input. `check` raises if they do not add up: a bug, never the input's fault."""

    read: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0
    alerts: int = 0
    indicators: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, other: Ledger) -> None:
        """Add another ledger's counts to this one."""
        self.read += other.read
        self.stored += other.stored
        self.duplicate += other.duplicate
        self.rejected += other.rejected
        self.alerts += other.alerts
        self.indicators += other.indicators
        for key, value in other.counts.items():
            self.counts[key] = self.counts.get(key, 0) + value

    def check(self) -> None:
        """Fail loudly when the conservation law is broken."""
        if self.read != self.stored + self.duplicate + self.rejected:
            raise AssertionError(
                f"ledger does not add up: read {self.read} != stored {self.stored}"
                f" + duplicate {self.duplicate} + rejected {self.rejected}"
            )
