"""Which logs may be cut between two lines, so that each part reads as it does within the whole."""

from __future__ import annotations

from typing import Final

from atttcli.source import Input, Source
from atttcli.sources.logs.jsonstream import is_lines
from atttcli.sources.logs.lines import utf16

# Readers that carry nothing from one line to the next (tests/unit/readers/test_readers_divided.py holds them to it). Not among
# them: formats with a heading (IIS, Zeek, CSV), with records of several lines (auditd, stack traces), and binary ones.
BY_LINES: Final = frozenset(
    (
        "cef", "checkpoint", "cisco", "clamav", "dns-server", "fortigate", "generic-json", "generic-kv", "journal-json",
        "kaspersky-syslog", "leef", "m365-json", "mariadb-audit", "mikrotik", "netfilter", "paloalto", "pfsense", "sophos",
        "squid", "suricata-eve", "suricata-fast", "syslog", "text-lines", "vsftpd", "wazuh", "web-access", "web-error",
        "web-format", "web-json", "webmail", "windows-dns", "windows-json", "windows-winevtlog", "zeek-json",
    )
)  # fmt: skip
_OBJECTS: Final = frozenset(("m365-json", "wazuh", "windows-json"))  # of these: only where an object is a line


def is_divisible(source: Source, given: Input) -> bool:
    """Whether each line of this log stands for itself. `source` is a reader of ours, not one of a mapping file."""
    if source.name not in BY_LINES or utf16(given.head):
        return False
    return source.name not in _OBJECTS or is_lines(given)
