"""`alert packets`: what was in the packet that an alert is about, with the flow around it, out of the capture itself."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from atttcli.cli import packet_view, render
from atttcli.cli.alert_view import title_of
from atttcli.cli.context import App
from atttcli.errors import NotFound, UsageError
from atttcli.text.messages import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from atttcli.sources.dissection.flows import Framed

_KINDS = ("network", "indicator", "eve")


def show_packets(
    app: App, number: str, capture: str | None, sighting: int, output: Path | None, most_bytes: int, as_json: bool,
    incident: str = "",
) -> None:  # fmt: skip
    """Find the packet by its number in the capture, else by its time and ends; show it, and write its flow.

    With `incident` the flow goes into the vault as an exhibit of it.
    """
    if incident:
        with TemporaryDirectory() as folder:
            target = Path(folder) / (re.sub(r"[^A-Za-z0-9-]", "-", number[:40]) + "-flow.pcap")
            show_packets(app, number, capture, sighting, output or target, most_bytes, as_json)
            _keep(app, number, output or target, incident, as_json)
        return
    from atttcli.store.facts.alerts import alert_rows, sightings
    from atttcli.store.numbers import resolve_number

    name = resolve_number(app.store, "alert", number)
    alert = alert_rows(app.store, "a.number = ?", name)[0]
    seen = sightings(app.store, alert["id"], limit=10_000)
    if alert["kind"] not in _KINDS:
        raise UsageError(f"{name} is about no packet ({alert['kind']})", hint=f"atttcli alert show {name}")
    if alert["kind"] == "eve" and not capture:
        raise UsageError(f"{name} came from a sensor's log", hint="--capture FILE: the capture of that time")
    if not 1 <= sighting <= len(seen):
        raise NotFound(f"{name} has {len(seen)} sightings", hint="--sighting counts from 1, oldest first")
    chosen = seen[sighting - 1]
    path = capture or chosen["source_path"]
    by_number = chosen["offset"] if alert["kind"] == "network" else _eve_number(alert, capture)
    if by_number is None and chosen["time"] is None:
        raise UsageError(f"{name} says neither packet nor time", hint=f"atttcli alert show {name}")
    if not as_json:
        _warn_of_change(path, chosen["source_sha256"], capture)
    wanted = _wanted(alert, chosen, by_number)
    shown = packet_view.look_up(path, wanted, f"{path} does not hold the packet of {name}", output, content=True)
    if as_json:
        render.emit_json(packet_view.as_json(shown, most_bytes, alert=name))
        return
    render.line(_("{number}: {title}", number=name, title=title_of(alert)))
    packet_view.show(shown, most_bytes)
    if len(seen) > 1:
        render.line(_("Sighting {which} of {count} (--sighting).", which=sighting, count=len(seen)))


def _keep(app: App, number: str, path: Path, incident: str, as_json: bool) -> None:
    """Into the vault, with where it came from."""
    from atttcli.cli.current import incident_number
    from atttcli.cli.evidence import exhibit_json
    from atttcli.cli.incident_input import vault_of
    from atttcli.evidence.vault import add, exhibit

    source = _("flow of alert {number}", number=number)
    kept = exhibit(
        app.store, add(app.journal, vault_of(app), incident_number(app, incident), path, source=source, note="")
    )
    if as_json:
        render.emit_json(exhibit_json(kept))
    else:
        render.line(_("Evidence: {number}  {sha256}", number=kept.number, sha256=kept.sha256))


def _eve_number(alert: dict[str, Any], capture: str | None) -> int | None:
    """Suricata numbers packets only when it read a capture itself; the number says nothing about another one."""
    number = alert["detail"].get("pcap_cnt")
    return number if alert["kind"] == "eve" and capture and isinstance(number, int) else None


def _wanted(alert: dict[str, Any], seen: dict[str, Any], number: int | None) -> Callable[[Framed], bool]:
    """What tells the packet: its number; else its very time and, where the alert names addresses, one of them."""
    if number is not None:
        return lambda one: one.record.number == number
    named = {str(one["value"]) for one in alert["observables"] if one["type"] in ("ipv4-addr", "ipv6-addr")}
    if alert["kind"] == "eve":
        named |= {str(alert["detail"].get(end, "")) for end in ("src_ip", "dest_ip")} - {""}

    def fits(one: Framed) -> bool:
        if one.record.time != seen["time"] or one.packet is None:
            return False
        import ipaddress

        ends = {str(ipaddress.ip_address(raw)) for raw in (one.packet.src, one.packet.dst)}
        return not named or bool(ends & named)

    return fits


def _warn_of_change(path: str, sha256: str, capture: str | None) -> None:
    """A capture that is no longer the one that was ingested may show another packet under the same number."""
    import hashlib

    if capture or not sha256:
        return
    digest = hashlib.sha256()
    with packet_view.opened_capture(path) as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    if digest.hexdigest() != sha256:
        render.warn(_("{path} is no longer the file that was ingested: the packet may be another one.", path=path))
