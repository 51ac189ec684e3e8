"""A match as an EVE alert object (the shape other tools read) and as a Detection."""

from __future__ import annotations

from typing import Any

from atttcli.clock import from_micros
from atttcli.engines.network import dns
from atttcli.engines.network.fields import Fields
from atttcli.engines.network.flow import Flow
from atttcli.engines.network.http_buffers import READERS
from atttcli.engines.network.http_message import Transaction, status_code
from atttcli.engines.network.judge import Match
from atttcli.engines.network.shown import seen_object
from atttcli.engines.network.sightings import address_observable, address_text, host_value, url_of
from atttcli.engines.network.view import DnsMessage, TlsPart, View
from atttcli.model.alert import Detection, Origin
from atttcli.model.observable import Observable, ObservableType
from atttcli.model.severity import from_suricata
from atttcli.rulepack.network.values import Rule
from atttcli.sources.capture.decode import ICMP, ICMP6, SCTP, TCP, UDP, Packet

PROTOCOLS = {TCP: "TCP", UDP: "UDP", ICMP: "ICMP", ICMP6: "IPv6-ICMP", SCTP: "SCTP", 47: "GRE", 50: "ESP", 2: "IGMP"}
MAX_TEXT = 512
MOST_SHOWN = 6  # buffers that matched, and what was found in each: an alert stays small


def eve_address(raw: bytes) -> str:
    """As EVE writes it: IPv6 in full."""
    return address_text(raw) if len(raw) == 4 else ":".join(raw[i : i + 2].hex() for i in range(0, 16, 2))


def alert_object(match: Match, flow: Flow, direction: int, time: int, number: int) -> dict[str, Any]:
    """The EVE alert object of one match."""
    rule = match.rule
    ends = ((flow.client, flow.client_port), (flow.server, flow.server_port))
    (src, sport), (dst, dport) = ends if direction == 0 else (ends[1], ends[0])
    made: dict[str, Any] = {
        "timestamp": eve_time(time),
        "flow_id": flow.id,
        "pcap_cnt": number,
        "event_type": "alert",
        "src_ip": eve_address(src),
        "src_port": sport,
        "dest_ip": eve_address(dst),
        "dest_port": dport,
        "proto": PROTOCOLS.get(flow.protocol, str(flow.protocol)),
    }
    if flow.protocol in (ICMP, ICMP6):
        del made["src_port"], made["dest_port"]
        made["icmp_type"], made["icmp_code"] = flow.client_port, flow.server_port
    if flow.app is not None:
        made["app_proto"] = flow.app
    vlan = flow.vlan
    if vlan:
        made["vlan"] = list(vlan) if isinstance(vlan, tuple) else [vlan]
    if match.transaction is not None:
        made["tx_id"] = match.transaction
    made["alert"] = _alert(rule)
    made["direction"] = "to_client" if direction else "to_server"
    made["flow"] = _flow(flow)
    made |= _shown(match)
    if match.view is not None:
        made |= _context(match.view) | _frame(match, direction)
    if flow.bits or flow.variables:
        made |= _marks(flow)
    return made


def tunnel_object(carrier: Packet) -> dict[str, Any]:
    """The ends of a tunnel over UDP."""
    return {
        "src_ip": eve_address(carrier.src),
        "src_port": carrier.sport,
        "dest_ip": eve_address(carrier.dst),
        "dest_port": carrier.dport,
        "proto": PROTOCOLS.get(carrier.protocol, str(carrier.protocol)),
    }


def _flow(flow: Flow) -> dict[str, Any]:
    """The flow up to now, in the words of EVE."""
    return {
        "pkts_toserver": flow.packets[0],
        "pkts_toclient": flow.packets[1],
        "bytes_toserver": flow.bytes[0],
        "bytes_toclient": flow.bytes[1],
        "start": eve_time(flow.begun),
    }


def _shown(match: Match) -> dict[str, Any]:
    """The first buffer that matched as an excerpt, escaped, and what was found at which offset in each."""
    if not match.seen:
        return {}
    shown = [seen_object(one, MOST_SHOWN) for one in match.seen[:MOST_SHOWN]]
    text = shown[0].pop("excerpt")
    matched = [{name: value for name, value in one.items() if name != "excerpt"} for one in shown]
    return {"payload_printable": text, "matched": matched}


def _frame(match: Match, direction: int) -> dict[str, Any]:
    """The first frame that a rule looked at."""
    for one in match.seen:
        if one.buffer.startswith("frame."):
            _, app, name = one.buffer.partition(";")[0].split(".", 2)
            kind = f"{app}.{name}" if app in ("smb1", "smb2", "nbss") else name
            way = "toclient" if direction else "toserver"
            return {"frame": {"type": kind, "direction": way, "length": len(one.text)}}
    return {}


def eve_time(micros: int) -> str:
    """As EVE writes it."""
    return from_micros(micros).strftime("%Y-%m-%dT%H:%M:%S.%f+0000")


def _marks(flow: Flow) -> dict[str, Any]:
    """Flowbits and captured variables as EVE tells them; bits named `traffic/id/...` also under `traffic`."""
    bits = sorted(flow.bits)
    metadata: dict[str, Any] = {"flowbits": bits} if bits else {}
    if flow.variables:
        metadata["flowvars"] = [{name: value.decode("utf-8", "replace")} for name, value in flow.variables]
    made: dict[str, Any] = {"metadata": metadata}
    traffic = {
        kind: [bit.split("/", 2)[2] for bit in bits if bit.startswith(f"traffic/{kind}/")] for kind in ("id", "label")
    }
    if any(traffic.values()):
        made["traffic"] = {kind: names for kind, names in traffic.items() if names}
    return made


def _alert(rule: Rule) -> dict[str, Any]:
    made: dict[str, Any] = {
        "action": "allowed",  # nothing is blocked in a capture, whatever the rule's action
        "gid": rule.gid,
        "signature_id": rule.sid,
        "rev": rule.rev,
        "signature": rule.msg,
        "category": rule.category,
        "severity": rule.priority,
    }
    if rule.tag:
        made["tag"] = rule.tag
    if rule.metadata:
        made["metadata"] = _metadata(rule)
    return made


def _metadata(rule: Rule) -> dict[str, list[str]]:
    """The rule's metadata as Suricata writes it: each key with its values."""
    found: dict[str, list[str]] = {}
    for word in rule.metadata:
        key, _, value = word.partition(" ")
        found.setdefault(key, []).append(value.strip())
    return found


def _text(values: tuple[bytes, ...]) -> str | None:
    return values[0][:MAX_TEXT].decode("utf-8", "replace") if values else None


def _context(view: View) -> dict[str, Any]:
    """What was asked and answered, in the words EVE uses."""
    source = view.source
    if isinstance(source, Transaction):
        fields = {
            "hostname": _text(READERS["http.host"](source, 0)),
            "url": _text(READERS["http.uri.raw"](source, 0)),
            "http_user_agent": _text(READERS["http.user_agent"](source, 0)),
            "http_method": _text(READERS["http.method"](source, 0)),
            "http_refer": _text(READERS["http.referer"](source, 0)),
            "http_content_type": _media_type(source),
            "protocol": _text(READERS["http.protocol"](source, 0)),
        }
        http: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
        code = status_code(source.response.line)
        if code.isdigit() and len(code) == 3:
            http["status"] = int(code)
        http["length"] = source.response.body.total
        weights = READERS["http2.priority"](source, 0) if view.app == "http2" else ()
        if weights:
            http["http2"] = {"request": {"priority": int(weights[0])}}
        return {"http": http}
    if isinstance(source, DnsMessage):
        return {"dns": {"query": _questions(source, view.number)}}
    if isinstance(source, TlsPart):
        return {
            "tls": {"sni": source.session.server_name.decode("utf-8", "replace")} if source.session.server_name else {}
        }
    return dict(source.context) if isinstance(source, Fields) else {}


def _questions(source: DnsMessage, number: int) -> list[dict[str, Any]]:
    """The questions of a message; what belongs to the message stands with each."""
    data = source.data
    common: dict[str, Any] = {
        "type": "answer" if source.response else "query",
        "id": int.from_bytes(data[:2], "big"),
        "tx_id": number,
        "opcode": source.opcode,
    }
    if data[3] & 0x40:
        common["z"] = True
    pairs = zip(source.names[:16], dns.kinds(data), strict=False)
    return [{**common, "rrname": name.decode("utf-8", "replace"), "rrtype": kind} for name, kind in pairs]


def _media_type(source: Transaction) -> str | None:
    """The answer's content type without its parameters."""
    text = _text(READERS["http.content_type"](source, 1))
    return text.split(";")[0].split(",")[0].strip() if text else None


def detection(match: Match, flow: Flow, direction: int, time: int, number: int, origin: Origin, pack: str) -> Detection:
    """The Detection of one match."""
    rule = match.rule
    ends = (flow.server, flow.client) if direction else (flow.client, flow.server)
    eve = alert_object(match, flow, direction, time, number)
    return Detection(
        engine="network",
        rule_id=f"{rule.gid}:{rule.sid}",
        title=rule.msg,
        severity=from_suricata(rule.priority),
        origin=Origin(origin.sha256, origin.path, None, number),
        time=time,
        pack=pack,
        key=">".join(address_text(raw) for raw in ends),
        tags=(rule.classtype,) if rule.classtype else (),
        observables=tuple(_observables(match, flow, direction)),
        why=match.why,
        detail=eve,
    )


def _observables(match: Match, flow: Flow, direction: int) -> list[Observable]:
    found = [
        address_observable(flow.server if direction else flow.client, "source"),
        address_observable(flow.client if direction else flow.server, "target"),
    ]
    source = match.view.source if match.view is not None else None
    values: list[tuple[ObservableType, str]] = []
    if isinstance(source, Transaction):
        names = READERS["http.host"](source, 0)
        values += host_value(names[0]) if names else ()
        url = url_of(source, flow)
        values += [(ObservableType.URL, url)] if url else []
    elif isinstance(source, DnsMessage):
        values += [value for name in source.names for value in host_value(name)]
    elif isinstance(source, TlsPart) and source.session.server_name:
        values += host_value(source.session.server_name)
    found += [Observable(kind, value, "host") for kind, value in values[:8]]
    return found
