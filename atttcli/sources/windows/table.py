"""The readers of Windows event logs."""

from __future__ import annotations

from typing import Final

from atttcli.source import Source
from atttcli.sources.windows.evtx import Evtx
from atttcli.sources.windows.jsonlog import WindowsJson
from atttcli.sources.windows.winevtlog import WIN_EVT_LOG
from atttcli.sources.windows.xmllog import WindowsXml

WINDOWS_SOURCES: Final[tuple[Source, ...]] = (Evtx(), WindowsXml(), WindowsJson(), WIN_EVT_LOG)
