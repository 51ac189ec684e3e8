"""Sigma rules and correlations over events: what one event says, and what many say together."""

from __future__ import annotations

from atttcli.engines.correlation.engine import CorrelationEngine
from atttcli.engines.correlation.novelty import Countries, History, KeptHistory, Learned
from atttcli.rulepack.country_ranges import CountryRanges

__all__ = ["Countries", "CorrelationEngine", "CountryRanges", "History", "KeptHistory", "Learned"]
