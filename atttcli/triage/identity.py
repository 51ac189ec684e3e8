"""What makes two sightings one alert: kind, rule, key, victim; of an address in a list its port too, for behind one address
of a provider stand several agencies (NAT); of what a kit found its machine too, for every commune has a PC-01. The repeat
counter grows instead of a new alert."""

from __future__ import annotations

import hashlib
from typing import Any

from atttcli.inventory.ranges import parse_address
from atttcli.model.alert import Alert, Detection

KIT_MACHINE = "kit_machine"  # in an alert's detail: agency and machine, as a kit's bundle gives them


def fingerprint(alert: Alert) -> str:
    """Stable from run to run; does not depend on whose the victim is registered as today."""
    running = hashlib.sha256()
    for part in (alert.kind, alert.rule_id, alert.key, alert.victim, *_port(alert), *_machine(alert)):
        data = part.encode("utf-8", "surrogatepass")
        running.update(b"%d:" % len(data) + data)
    return running.hexdigest()[:32]


def _port(alert: Alert) -> tuple[str, ...]:
    port = alert.detail.get("port") if alert.kind == "national-list" else None
    return (str(port),) if port and parse_address(alert.victim) is not None else ()


def _machine(alert: Alert) -> tuple[str, ...]:
    machine = alert.detail.get(KIT_MACHINE)
    return (machine,) if isinstance(machine, str) and machine else ()


def alert_of(found: Detection, occurrence: str = "") -> Alert:
    """A detection as an alert. `occurrence` is the caller's, unless the detection carries its own."""
    detail: dict[str, Any] = found.detail
    return Alert(
        kind=found.engine,
        rule_id=found.rule_id,
        title=found.title,
        severity=found.severity,
        origin=found.origin,
        occurrence=str(detail.get("occurrence") or occurrence),
        time=found.time,
        key=found.key,
        category=str(detail.get("category") or ""),
        victim=str(detail.get("victim") or ""),
        sender=found.engine,
        tags=found.tags,
        observables=found.observables,
        why=found.why,
        detail=detail,
    )
