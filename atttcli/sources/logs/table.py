"""The static table of log readers. The router asks each; the highest `recognise` wins, the earlier one on a tie."""

from __future__ import annotations

from typing import Final

from atttcli.source import Source
from atttcli.sources.antivirus.table import ANTIVIRUS_SOURCES
from atttcli.sources.application.table import APPLICATION_SOURCES
from atttcli.sources.cloud.table import CLOUD_SOURCES
from atttcli.sources.databases.table import DATABASE_SOURCES
from atttcli.sources.firewall.table import FIREWALL_SOURCES
from atttcli.sources.logs.applog import AppLog
from atttcli.sources.logs.auditd import Auditd
from atttcli.sources.logs.cef import CefLog
from atttcli.sources.logs.errorlog import ErrorLog
from atttcli.sources.logs.eve import Eve
from atttcli.sources.logs.exim import Exim
from atttcli.sources.logs.ftp import VsftpdLog
from atttcli.sources.logs.iis import W3cLog
from atttcli.sources.logs.journal import JournalExport, JournalJson
from atttcli.sources.logs.leef import LeefLog
from atttcli.sources.logs.modsec import ModSecurity
from atttcli.sources.logs.squid import Squid
from atttcli.sources.logs.syslog import Syslog
from atttcli.sources.logs.text import TextLines
from atttcli.sources.logs.web import WebAccess
from atttcli.sources.logs.webjson import WebJson
from atttcli.sources.logs.webmail import Webmail
from atttcli.sources.logs.zimbra import Zimbra
from atttcli.sources.sensors.table import SENSOR_SOURCES
from atttcli.sources.windows.table import WINDOWS_SOURCES

LOG_SOURCES: Final[tuple[Source, ...]] = (
    *WINDOWS_SOURCES,
    *ANTIVIRUS_SOURCES,
    *CLOUD_SOURCES,
    CefLog(),
    LeefLog(),
    Eve(),
    *FIREWALL_SOURCES,
    *SENSOR_SOURCES,
    *DATABASE_SOURCES,
    Zimbra(),
    Auditd(),
    JournalJson(),
    JournalExport(),
    Exim(),
    VsftpdLog(),
    Webmail(),
    ModSecurity(),
    W3cLog(),
    Squid(),
    WebJson(),
    WebAccess(),
    ErrorLog(),
    Syslog(),
    AppLog(),
    *APPLICATION_SOURCES,
    TextLines(),
)
