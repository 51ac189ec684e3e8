"""Antivirus and endpoint protection: consoles' exports, Kaspersky's syslog, ClamAV, edXML reports, Wazuh alerts.

All give events of Sigma's category `antivirus` (fields `Signature`, `Filename`, `Action`, beside the native ones), and each such
event becomes one alert (`detection_of`), with what rules say of it (`joined`).
"""

from __future__ import annotations

from atttcli.sources.antivirus.threat import ENGINE, detection_of, joined

FINDINGS = frozenset((ENGINE,))  # categories of events that are findings of their own

__all__ = ["FINDINGS", "detection_of", "joined"]
