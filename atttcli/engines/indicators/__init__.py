"""Indicators (addresses, ranges, domains, URLs, mailboxes, hashes) over events, captures and files.

`IndicatorIndex` answers "who says this value is bad?" at a cost that does not grow with the number of indicators;
`IndicatorEngine` asks it about events, capture sightings and file hashes and yields detections.
"""

from __future__ import annotations

from atttcli.engines.indicators.engine import IndicatorEngine, Sighted
from atttcli.engines.indicators.exclusions import Exclusions
from atttcli.engines.indicators.index import IndicatorIndex

__all__ = ["Exclusions", "IndicatorEngine", "IndicatorIndex", "Sighted"]
