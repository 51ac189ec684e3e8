"""Windows event logs: EVTX files, exported XML, and the JSON of Winlogbeat, NXLog, Wazuh, Get-WinEvent, EvtxECmd.

Every form ends in `event_of`, so that a Sigma rule sees the same fields whatever the event came by.
"""

from __future__ import annotations

from atttcli.sources.windows.event import event_of

__all__ = ["event_of"]
