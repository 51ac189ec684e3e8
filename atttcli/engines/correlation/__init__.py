"""Sigma rules and correlations over events: what one event says, and what many say together."""

from __future__ import annotations

from atttcli.engines.correlation.engine import CorrelationEngine
from atttcli.engines.correlation.novelty import CountryRanges, History, KeptHistory, Learned

__all__ = ["CorrelationEngine", "CountryRanges", "History", "KeptHistory", "Learned"]
