"""The readers of antivirus and endpoint protection."""

from __future__ import annotations

from typing import Final

from atttcli.source import Source
from atttcli.sources.antivirus.clamav import ClamAv
from atttcli.sources.antivirus.console import ConsoleCsv, ConsoleXlsx
from atttcli.sources.antivirus.edxml import EdXml
from atttcli.sources.antivirus.kaspersky import KasperskySyslog
from atttcli.sources.antivirus.wazuh import Wazuh

ANTIVIRUS_SOURCES: Final[tuple[Source, ...]] = (
    EdXml(),
    Wazuh(),
    KasperskySyslog(),
    ClamAv(),
    ConsoleXlsx(),
    ConsoleCsv(),
)
