"""The static table of log readers. The router asks each; the highest `recognise` wins, the earlier one on a tie."""

from __future__ import annotations

from typing import Final

from atttcli.source import Source
from atttcli.sources.firewall.table import FIREWALL_SOURCES
from atttcli.sources.logs.cef import CefLog
from atttcli.sources.logs.errorlog import ErrorLog
from atttcli.sources.logs.eve import Eve
from atttcli.sources.logs.leef import LeefLog
from atttcli.sources.logs.syslog import Syslog
from atttcli.sources.logs.text import TextLines
from atttcli.sources.logs.web import WebAccess
from atttcli.sources.logs.zimbra import Zimbra
from atttcli.sources.windows.table import WINDOWS_SOURCES

LOG_SOURCES: Final[tuple[Source, ...]] = (
    *WINDOWS_SOURCES,
    CefLog(),
    LeefLog(),
    Eve(),
    *FIREWALL_SOURCES,
    Zimbra(),
    WebAccess(),
    ErrorLog(),
    Syslog(),
    TextLines(),
)
