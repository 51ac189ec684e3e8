"""What stands beside a finding: the command line of a Windows event, not the head of its JSON."""

from __future__ import annotations

from atttcli.model.event import Event
from atttcli.model.excerpt import excerpt

RAW = '{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon"}}}}}'


def test_a_windows_event_shows_what_ran() -> None:
    fields = {"Channel": "x", "EventID": 1, "ParentImage": "C:\\p.exe", "CommandLine": "whoami /all"}
    assert excerpt(Event(None, 1, RAW, fields=fields), 300) == "EventID=1 CommandLine=whoami /all ParentImage=C:\\p.exe"
    assert excerpt(Event(None, 1, RAW, fields=fields), 12) == "EventID=1 Co"


def test_all_else_stays_as_it_was_written() -> None:
    assert excerpt(Event(None, 1, "<13>Nov 16 gw x", fields={"EventID": 1}), 300).startswith("EventID=1") is False
    assert excerpt(Event(None, 1, RAW, fields={"EventID": 1}), 10) == RAW[:10]
    assert excerpt(Event(None, 1, RAW), 10) == RAW[:10]
