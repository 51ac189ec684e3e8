"""Identity, muting and counting of alerts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from atttcli.clock import DAY
from atttcli.errors import UsageError
from atttcli.model.alert import Alert, Origin
from atttcli.model.severity import Severity
from atttcli.triage.decide import parse_until
from atttcli.triage.identity import fingerprint
from atttcli.triage.mute import is_muted

ALERT = Alert("yara", "pack:rule", "t", Severity.HIGH, Origin("ab", "x"), "1", key="k", victim="v")
STORED = {
    "rule_id": "web.yar:shell", "agency": "so-nv", "victim": "192.0.2.9", "observables": [{"value": "198.51.100.4"}], "detail": {},
}  # fmt: skip
MUTE = {"rule_id": "", "agency": "", "host": "", "address": ""}


def test_identity_is_kind_rule_key_and_victim_only() -> None:
    same = replace(ALERT, occurrence="2", time=5, title="other", origin=Origin("cd", "y"))
    assert fingerprint(same) == fingerprint(ALERT)
    for change in ({"kind": "eve"}, {"rule_id": "r"}, {"key": "kv", "victim": ""}, {"victim": "w"}):
        assert fingerprint(replace(ALERT, **change)) != fingerprint(ALERT)


def test_of_an_address_in_a_list_the_port_tells_who_it_was() -> None:
    """Two agencies behind one address of the provider are two alerts; of other alerts the port is only a detail."""
    listed = replace(ALERT, kind="national-list", victim="198.51.100.9", detail={"port": "40001"})
    assert fingerprint(replace(listed, detail={"port": "40002"})) != fingerprint(listed)
    assert fingerprint(replace(listed, detail={"port": "40001", "malware": "Mirai"})) == fingerprint(listed)
    site = replace(listed, victim="cong.example")
    assert fingerprint(replace(site, detail={"port": "8080"})) == fingerprint(site)
    assert fingerprint(replace(ALERT, detail={"port": "1"})) == fingerprint(replace(ALERT, detail={"port": "2"}))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"rule_id": "shell"}, True),
        ({"rule_id": "shel"}, False),
        ({"rule_id": "web.yar:shell", "agency": "so-nv"}, True),
        ({"rule_id": "shell", "agency": "so-gd"}, False),
        ({"address": "198.51.100.0/24"}, True),
        ({"address": "203.0.113.0/24"}, False),
        ({"host": "192.0.2.9", "rule_id": "shell"}, True),
    ],
)
def test_every_word_of_a_mute_must_fit(words: dict[str, str], expected: bool) -> None:
    assert is_muted(STORED, [MUTE | words]) is expected


def test_until_takes_days_and_dates() -> None:
    assert parse_until("30d", 0) == 30 * DAY
    assert parse_until("02/01/1970", 0) == 2 * DAY - 7 * DAY // 24 - 1
    with pytest.raises(UsageError):
        parse_until("soon", 0)
