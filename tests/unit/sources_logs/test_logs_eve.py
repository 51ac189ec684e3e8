"""Suricata EVE."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from log_reading import read

from atttcli.model.alert import Alert
from atttcli.model.event import Event
from atttcli.model.severity import Severity
from atttcli.source import ReadProblem

ALERT: dict[str, Any] = {
    "timestamp": "2026-11-23T10:04:05.678901+0700", "flow_id": 77, "event_type": "alert", "src_ip": "192.0.2.7", "src_port": 5123,
    "dest_ip": "198.51.100.5", "dest_port": 80, "proto": "TCP", "tx_id": 0, "app_proto": "http",
    "alert": {"action": "allowed", "gid": 1, "signature_id": 2024468, "rev": 3, "signature": "X beacon",
              "category": "Malware Command and Control Activity Detected", "severity": 1},
    "http": {"hostname": "Evil.example", "url": "/gate.php"},
}  # fmt: skip


def lines(*records: Any) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def test_an_alert() -> None:
    (alert,) = read("suricata-eve", lines(ALERT), own_networks=("192.0.2.0/24",))
    assert isinstance(alert, Alert)
    assert (alert.kind, alert.rule_id, alert.title, alert.severity) == ("eve", "1:2024468", "X beacon", Severity.HIGH)
    assert (alert.victim, alert.category, alert.key, alert.origin.line) == (
        "192.0.2.7",
        "madoc",
        "192.0.2.7>198.51.100.5",
        1,
    )
    values = {(item.value, item.role) for item in alert.observables}
    assert values == {
        ("192.0.2.7", "source"),
        ("198.51.100.5", "target"),
        ("evil.example", ""),
        ("http://Evil.example/gate.php", ""),
    }
    assert alert.detail == ALERT


def test_the_same_alert_is_the_same_occurrence_and_others_are_not() -> None:
    changed = [
        ALERT,
        {**ALERT, "extra": 1},
        {**ALERT, "tx_id": 1},
        {**ALERT, "flow_id": 78},
        {**ALERT, "timestamp": "x"},
    ]
    occurrences = [alert.occurrence for alert in read("suricata-eve", lines(*changed)) if isinstance(alert, Alert)]
    assert occurrences[0] == occurrences[1]
    assert len(set(occurrences)) == 4


def test_other_records_are_events_with_their_native_fields() -> None:
    records = [
        {"timestamp": "2026-11-23T10:04:05.1+0700", "event_type": "dns", "src_ip": "192.0.2.7", "src_port": 53,
         "dns": {"type": "query", "rrname": "A.Example."}},
        {"timestamp": "2026-11-23T10:04:05.1+0700", "event_type": "http",
         "http": {"hostname": "h.example", "url": "/x", "status": 404}},
        {"timestamp": "2026-11-23T10:04:05.1+0700", "event_type": "tls", "tls": {"sni": "t.example"}},
        {"timestamp": "2026-11-23T10:04:05.1+0700", "event_type": "fileinfo", "fileinfo": {"sha256": "A" * 64}},
        {"timestamp": "2026-11-23T10:04:05.1+0700", "event_type": "stats", "stats": {}},
    ]  # fmt: skip
    events = [record for record in read("suricata-eve", lines(*records)) if isinstance(record, Event)]
    assert [event.category for event in events] == ["dns", "http", "tls", "fileinfo", "stats"]
    assert [event.domain for event in events] == ["a.example", "h.example", "t.example", "", ""]
    assert (events[1].url, events[1].outcome, events[3].hash) == ("http://h.example/x", "failure", "a" * 64)
    assert [event.fields | record for event, record in zip(events, records, strict=True)] == [
        event.fields for event in events
    ]
    assert events[0].fields["query"] == "A.Example."  # Sigma's name of the dns category, beside Suricata's own
    assert [event.fields for event in events[1:]] == records[1:]


def test_wrong_types_everywhere_are_survived() -> None:
    wrong: list[Any] = [None, True, -1, 10**30, 1.5, "x" * 100, [], {}, [[1]], {"a": {"b": 1}}]
    for name in [*ALERT, "dns", "tls", "fileinfo", "files", "event_type"]:
        for value in wrong:
            for base in (ALERT, {key: item for key, item in ALERT.items() if key != "alert"}):
                (record,) = read("suricata-eve", lines({**base, name: value}))
                if isinstance(record, Event):
                    assert msgspec.json.decode(msgspec.json.encode(record), type=Event) == record


def test_broken_json_is_a_problem() -> None:
    for line in ("{", "[1]", '"x"', "{'a':1}", "[" * 100_000, '{"a":' * 3000 + "1" + "}" * 3000, '{"a":1}x', "nul"):
        (found,) = read("suricata-eve", line + "\n")
        assert isinstance(found, ReadProblem)
        assert found.reason


def test_half_a_surrogate_does_not_hide_an_alert() -> None:
    (alert,) = read("suricata-eve", lines({**ALERT, "payload_printable": "\ud800 x"}))
    assert isinstance(alert, Alert)
    assert "ud800" in alert.detail["payload_printable"]
