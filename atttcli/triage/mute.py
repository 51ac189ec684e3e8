"""False alarms silenced by people: by rule, agency, host, address, with an end. A muted alert is stored and counted."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any


def is_muted(alert: Mapping[str, Any], mutes: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a mute in force covers this alert (`rule_id, agency, victim, observables, detail` as stored)."""
    return any(_covers(mute, alert) for mute in mutes)


def _covers(mute: Mapping[str, Any], alert: Mapping[str, Any]) -> bool:
    values = {str(one["value"]).lower() for one in alert["observables"]} | {str(alert["victim"]).lower()}
    if mute["rule_id"] and mute["rule_id"] not in (alert["rule_id"], alert["rule_id"].rpartition(":")[2]):
        return False
    if mute["agency"] and mute["agency"] != alert["agency"]:
        return False
    if mute["host"] and mute["host"].lower() not in values | {str(alert["detail"].get("host", "")).lower()}:
        return False
    return not mute["address"] or any(_holds(mute["address"], value) for value in values)


def _holds(wanted: str, value: str) -> bool:
    if wanted.lower() == value:
        return True
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False
