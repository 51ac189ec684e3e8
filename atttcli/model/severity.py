"""The internal severity of alerts and rules, in the order of growing weight. (The legal classes are profile data.)"""

from __future__ import annotations

from enum import IntEnum


class Severity(IntEnum):
    """Five steps, as Sigma names them; Suricata's priority 1, 2, 3 are high, medium, low."""

    INFORMATIONAL = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """`high`: the stable word in JSON and rule files."""
        return self.name.lower()


def parse_severity(text: str, default: Severity = Severity.MEDIUM) -> Severity:
    """`high`, `HIGH`, `3`... to a Severity; anything unknown is `default`."""
    word = text.strip().upper()
    if word in Severity.__members__:
        return Severity[word]
    return Severity(int(word)) if word in {"0", "1", "2", "3", "4"} else default


def from_suricata(priority: int) -> Severity:
    """Suricata priority (1 worst) to Severity."""
    return {1: Severity.HIGH, 2: Severity.MEDIUM, 3: Severity.LOW}.get(priority, Severity.INFORMATIONAL)
