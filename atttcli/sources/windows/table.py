"""The readers of Windows event logs."""

from __future__ import annotations

from typing import Final

from atttcli.source import Source
from atttcli.sources.windows.evtx import Evtx

WINDOWS_SOURCES: Final[tuple[Source, ...]] = (Evtx(),)
