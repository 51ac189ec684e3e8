"""A match as a Detection: what the rule said, where in the record, and the record's two sides."""

from __future__ import annotations

from typing import Any

from atttcli.engines.network.flow import Flow
from atttcli.engines.network.judge import Match
from atttcli.engines.network_logs.columns import Columns
from atttcli.model.alert import Detection, Origin
from atttcli.model.canonical import canonical_address
from atttcli.model.event import Event
from atttcli.model.observable import Observable, ObservableType
from atttcli.model.severity import from_suricata

_EXCERPT = 300


def detection(
    match: Match, flow: Flow, direction: int, event: Event, columns: Columns, origin: Origin, pack: str
) -> Detection:
    """The Detection of one match; `key` is source>target, as of a match in a capture."""
    rule = match.rule
    ends = (event.dst_ip, event.src_ip) if direction else (event.src_ip, event.dst_ip)
    detail: dict[str, Any] = {
        "alert": {
            "gid": rule.gid, "signature_id": rule.sid, "rev": rule.rev, "signature": rule.msg,
            "category": rule.category, "severity": rule.priority,
        },
        "record": columns.kind,
        "direction": "to_client" if direction else "to_server",
        "src_ip": ends[0],
        "dest_ip": ends[1],
    }  # fmt: skip
    if columns.app:
        detail["app_proto"] = columns.app
    line = origin if origin.line is not None else Origin(origin.sha256, origin.path, event.line, origin.offset)
    return Detection(
        engine="network",
        rule_id=f"{rule.gid}:{rule.sid}",
        title=rule.msg,
        severity=from_suricata(rule.priority),
        origin=line,
        time=event.time,
        pack=pack,
        key=">".join(ends),
        tags=(rule.classtype,) if rule.classtype else (),
        observables=tuple(_observables(event, direction)),
        why=(*match.why, event.raw[:_EXCERPT]),
        detail=detail,
    )


def _observables(event: Event, direction: int) -> list[Observable]:
    found: list[Observable] = []
    for text, role in ((event.src_ip, "source"), (event.dst_ip, "target")):
        address = canonical_address(text)
        if address is not None:
            found.append(Observable(*address, "target" if direction and role == "source" else role))
    if event.domain and "." in event.domain:
        found.append(Observable(ObservableType.DOMAIN, event.domain, "host"))
    return found
