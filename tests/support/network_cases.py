"""Conformance cases in the layout of ../shared/data/network/verify: run one, compare with its checks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atttcli.engines.network import NetworkEngine
from atttcli.engines.network.settings import Settings
from atttcli.model.alert import Detection
from atttcli.rulepack.network import load_network_rules

# EVE fields that a matcher of captures does not report (payload dumps, verdicts of an inline engine, flow counters).
UNREPORTED = ("payload", "payload_printable", "packet", "stream", "pkt_src")
UNREPORTED_PREFIXES = ("verdict.", "flow.")


@dataclass(frozen=True)
class Outcome:
    """`state`: pass, fail or refused (with the rules' reasons); `why` for people."""

    name: str
    state: str
    why: str = ""


def manifest(root: Path) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((root / "manifest.json").read_text())
    return cases


def run_case(root: Path, case: dict[str, Any]) -> Outcome:
    """Judge a case by its checks; a case with a refused rule is not judged."""
    folder = root / "cases" / case["name"]
    pack = load_network_rules([folder / "rules.rules"])
    refused = sorted({problem.reason for problem in pack.problems if problem.refused})
    if refused:
        return Outcome(case["name"], "refused", "; ".join(refused))
    engine = NetworkEngine(pack, settings=settings_of(case))
    with (folder / "input.pcap").open("rb") as stream:
        found = [flat(r.detail) for r in engine.scan_capture(stream, case["name"]) if isinstance(r, Detection)]
    for check in case["checks"]:
        if check.get("peer") == "skip":  # meant for another version of the reference engine
            continue
        wanted = reportable(flat(check["match"]))
        count = sum(
            all(
                event.get(name) == value if name != "not-has-key" else value not in event
                for name, value in wanted.items()
            )
            for event in found
        )
        if count != check["count"]:
            return Outcome(case["name"], "fail", f"{count} instead of {check['count']} of {wanted}")
    return Outcome(case["name"], "pass")


# Options of the reference engine's command line that this one has as well.
_SWITCHES = {
    "stream.midstream=true": "midstream",
    "stream.async-oneside=true": "one_sided",
    "stream.inline=true": "inline",
    "stream.checksum-validation=yes": "checksums",
}


def settings_of(case: dict[str, Any]) -> Settings:
    """What a case asks of the engine, as far as it makes sense for captures."""
    words = " ".join(case.get("args", ())).split()
    given: dict[str, Any] = {name: True for switch, name in _SWITCHES.items() if switch in words}
    if "--simulate-ips" in words:
        given["inline"] = True
    if "vlan.use-for-tracking=false" in words:
        given["vlans"] = False
    port = next((w.partition("=")[2] for w in words if "dns.detection-ports.dp=" in w), "")
    if port.isdigit():
        given["dns_ports"] = frozenset((int(port),))
    layers = next((w.partition("=")[2] for w in words if "response-body-decompress-layer-limit=" in w), "")
    if layers.isdigit():
        given["layers"] = int(layers)
    return Settings(**given)


def reportable(match: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in match.items()
        if name not in UNREPORTED and not name.startswith(UNREPORTED_PREFIXES)
    }


def flat(event: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested objects as `alert.signature_id`."""
    out: dict[str, Any] = {}
    for name, value in event.items():
        if isinstance(value, dict):
            out |= flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            out[prefix + name] = value
            out |= flat({f"{name}[{index}]": one for index, one in enumerate(value)}, prefix)
        else:
            out[prefix + name] = value
    return out
