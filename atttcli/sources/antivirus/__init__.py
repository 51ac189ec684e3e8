"""Antivirus and endpoint protection: consoles' exports, Kaspersky's syslog, ClamAV, edXML reports, Wazuh alerts.

All give events of Sigma's category `antivirus` (fields `Signature`, `Filename`, `Action`, beside the native ones), and each such
event becomes an alert (`detection_of`).
"""

from __future__ import annotations

from atttcli.sources.antivirus.threat import detection_of

__all__ = ["detection_of"]
