"""Our pack over scenario logs of another project (reference data: present beside the project or skipped)."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_sigma_cases import fired

SCENARIOS = Path(__file__).resolve().parents[4] / "shared" / "data" / "logs" / "scenarios" / "crowdsec"
pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(not SCENARIOS.is_dir(), reason="no reference data in ../shared/data"),
]


@pytest.mark.parametrize(
    ("scenario", "rule"),
    [
        ("zimbra-bf", "attt-mail-0013"),
        ("ssh-slow-bf", "attt-auth-0010"),
        ("sshd-invalid-bf", "attt-auth-0011"),
        ("nginx-http-sqli-probing", "attt-web-0021"),
        ("nginx-http-path-traversal", "attt-web-0020"),
        ("nginx-http-xss-probing", "attt-web-0027"),
        ("apache_log4j2_cve-2021-44228", "attt-web-0022"),
        ("CVE-2017-9841", "attt-web-0023"),
        ("nginx-bad-user-agent", "attt-web-0028"),
        ("apache-http-probing", "attt-web-0010"),
        ("cve-2021-42013", "attt-web-0020"),
    ],
)
def test_an_attack_that_others_know_is_seen(scenario: str, rule: str) -> None:
    found: set[str] = set()
    for file in sorted((SCENARIOS / scenario).glob("*.log")):
        found |= set(fired(file.read_bytes()))
    assert rule in found


@pytest.mark.parametrize("scenario", ["sshd-logs-fp", "dovecot-logs", "postfix-logs", "syslog-logs"])
def test_plain_logs_raise_nothing_high(scenario: str) -> None:
    files = sorted((SCENARIOS / scenario).glob("*.log"))
    assert files
    for file in files:
        loud = {item.rule_id for found in fired(file.read_bytes()).values() for item in found if item.severity >= 3}
        assert not loud, (file.name, loud)
