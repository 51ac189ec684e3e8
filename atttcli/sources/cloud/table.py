"""The readers of Microsoft's mail systems and cloud."""

from __future__ import annotations

from typing import Final

from atttcli.source import Source
from atttcli.sources.cloud.exchange import Exchange
from atttcli.sources.cloud.m365 import M365Csv, M365Json

CLOUD_SOURCES: Final[tuple[Source, ...]] = (Exchange(), M365Csv(), M365Json())
