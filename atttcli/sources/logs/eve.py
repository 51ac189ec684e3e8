"""Suricata's EVE JSON: its `alert` records become alerts, every other record an event with the native fields whole."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import Any

from atttcli.model.alert import Alert, Origin
from atttcli.model.event import Event
from atttcli.model.observable import Observable, ObservableType
from atttcli.model.severity import from_suricata
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.address import address
from atttcli.sources.logs.jsonline import decode_object
from atttcli.sources.logs.lines import head_lines, read_blocks
from atttcli.sources.logs.stamps import ISO, Stamps

_STAMP = re.compile(ISO + r"\Z")
_IS_EVE = re.compile(r'"event_type"\s*:\s*"')
_DOMAIN = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})\.){1,10}[A-Za-z][A-Za-z0-9-]{1,62}\Z")
# Words of Suricata's class descriptions, to the profile's incident types (context: the ten official strings).
_CATEGORIES = (
    ("denial of service", "tcdv"),
    ("phishing", "giamao"),
    ("social engineering", "giamao"),
    ("ransom", "mahoa"),
    ("trojan", "madoc"),
    ("malware", "madoc"),
    ("command and control", "madoc"),
    ("crypto currency mining", "madoc"),
    ("coin", "madoc"),
    ("exploit kit", "madoc"),
    ("information leak", "nghetrom"),
    ("exfiltration", "nghetrom"),
    ("privilege gain", "truycap"),
    ("web application attack", "truycap"),
    ("default username and password", "truycap"),
    ("compromise", "truycap"),
)


class Eve:
    """Suricata EVE, one JSON object a line."""

    name = "suricata-eve"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the first lines: JSON objects with Suricata's `event_type` and `timestamp`."""
        lines = head_lines(given, 20)
        hits = sum(1 for line in lines if line.startswith("{") and _IS_EVE.search(line) and '"timestamp"' in line)
        return 97 * hits // len(lines) if hits * 3 >= len(lines) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """Alert, Event or ReadProblem for every line."""
        stamps = Stamps(given)
        own = own_networks(given)
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for index, line in enumerate(block.lines):
                if not line or line.isspace():
                    continue
                number = block.number + index
                record = decode_object(line.strip("\0"))
                if isinstance(record, str):
                    yield block.problem(index, record)
                elif isinstance(record.get("alert"), dict):
                    yield _alert(record, line, Origin(given.sha256, given.path, number), stamps, own)
                else:
                    yield _event(record, line, number, stamps)


def _text(record: dict[str, Any], *path: str) -> str:
    value: Any = record
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _number(record: dict[str, Any], name: str) -> int:
    value = record.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else 0


def _port(record: dict[str, Any], name: str) -> int:
    value = _number(record, name)
    return value if value < 65_536 else 0


def _time(record: dict[str, Any], stamps: Stamps) -> int | None:
    stamp = _text(record, "timestamp")
    return stamps.iso(stamp) if _STAMP.match(stamp) else None


def _names(record: dict[str, Any]) -> tuple[str, str]:
    """(domain, url) that the record speaks of."""
    host = _text(record, "http", "hostname")
    path = _text(record, "http", "url")
    url = path if "://" in path[:12] or not host else f"http://{host}{path}" if path else ""
    domain = host or _text(record, "tls", "sni") or _text(record, "dns", "rrname") or _query(record)
    return domain.lower().rstrip("."), url


def _query(record: dict[str, Any]) -> str:
    dns = record.get("dns")
    queries = dns.get("query") or dns.get("queries") if isinstance(dns, dict) else None
    if isinstance(queries, list) and queries and isinstance(queries[0], dict):
        return _text(queries[0], "rrname")
    return ""


def _file_hash(record: dict[str, Any]) -> str:
    for name in ("sha256", "sha1", "md5"):
        if found := _text(record, "fileinfo", name):
            return found.lower()
    return ""


def _event(record: dict[str, Any], line: str, number: int, stamps: Stamps) -> Event:
    domain, url = _names(record)
    category = _text(record, "event_type")
    action, outcome = _did(record, category)
    return Event(
        _time(record, stamps), number, line, category, "suricata", "eve", _text(record, "host"), "",
        address(_text(record, "src_ip")), _port(record, "src_port"), address(_text(record, "dest_ip")),
        _port(record, "dest_port"), domain, url, _file_hash(record), action, outcome, record,
    )  # fmt: skip


def _did(record: dict[str, Any], kind: str) -> tuple[str, str]:
    """(action, outcome); a dns record gets Sigma's names of the dns category beside its own."""
    if kind == "http":
        status = record["http"].get("status") if isinstance(record.get("http"), dict) else None
        return "request", ("success" if status < 400 else "failure") if isinstance(status, int) else ""
    if kind == "dns":
        return _dns(record)
    if kind == "flow":
        return _text(record, "flow", "state"), ""
    return ("transfer", "") if kind == "fileinfo" else ("", "")


def _dns(record: dict[str, Any]) -> tuple[str, str]:
    dns = record["dns"] if isinstance(record.get("dns"), dict) else {}
    first = next((one for one in _list(dns, "query") + _list(dns, "queries") if isinstance(one, dict)), dns)
    rows = [one for one in (*_list(dns, "answers"), dns) if isinstance(one, dict)]
    names = {"query": _text(first, "rrname"), "record_type": _text(first, "rrtype"), "rcode": _text(dns, "rcode")}
    record.update((name, value) for name, value in names.items() if value and name not in record)
    if answers := [text for one in rows if (text := _text(one, "rdata"))][:64]:
        record.setdefault("answer", answers)
    if _text(dns, "type") in ("query", "request"):
        return "query", ""
    return "answer", {"NOERROR": "success", "": ""}.get(_text(dns, "rcode"), "failure")


def _list(record: dict[str, Any], name: str) -> list[Any]:
    value = record.get(name)
    return value if isinstance(value, list) else []


_KNOWN = 16_384


class Networks:
    """Which addresses are ours. Remembers the answers: a province has hundreds of networks, a storm of alerts few addresses."""

    def __init__(self, ranges: Iterable[str]) -> None:
        self._networks = [ipaddress.ip_network(cidr, strict=False) for cidr in ranges]
        self._known: dict[str, bool] = {}

    def __contains__(self, address: str) -> bool:
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            parsed = ipaddress.ip_address(address)
            known = self._known[address] = any(parsed in network for network in self._networks)
        return known


def _alert(record: dict[str, Any], line: str, origin: Origin, stamps: Stamps, own: Networks) -> Alert:
    claim = record["alert"]
    gid, sid = _number(claim, "gid") or 1, _number(claim, "signature_id")
    source, target = address(_text(record, "src_ip")), address(_text(record, "dest_ip"))
    domain, url = _names(record)
    rule_id = f"{gid}:{sid}"
    return Alert(
        kind="eve",
        rule_id=rule_id,
        title=_text(claim, "signature") or rule_id,
        severity=from_suricata(_number(claim, "severity")),
        origin=origin,
        occurrence=_occurrence(record, line, rule_id),
        time=_time(record, stamps),
        key=f"{source}>{target}",
        category=category_of(_text(claim, "category")),
        victim=victim_of(source, target, own),
        sender="suricata",
        tags=tuple(word for word in (_text(record, "app_proto"), _text(claim, "action")) if word),
        observables=tuple(_observables(record, source, target, domain, url)),
        why=tuple(part for part in (_text(claim, "category"), _text(record, "payload_printable")[:500]) if part),
        detail=record,
    )


def _occurrence(record: dict[str, Any], line: str, rule_id: str) -> str:
    flow = _number(record, "flow_id")
    if not flow:
        return "line:" + hashlib.blake2b(line.encode(), digest_size=16).hexdigest()
    parts = (
        str(flow),
        str(record.get("tx_id", "")),
        _text(record, "timestamp"),
        str(record.get("pcap_cnt", "")),
        rule_id,
    )
    return "/".join(part[:64] for part in parts)


def category_of(description: str) -> str:
    """The profile's incident type for Suricata's class description, "" for none."""
    lowered = description.lower()
    return next((code for words, code in _CATEGORIES if words in lowered), "")


def own_networks(given: Input) -> Networks:
    """The networks that the input's reader is told are ours."""
    return Networks(given.own_networks)


def victim_of(source: str, target: str, own: Networks) -> str:
    """Our own side; the target if both are ours."""
    return next((candidate for candidate in (target, source) if candidate and candidate in own), "")


def _observables(record: dict[str, Any], source: str, target: str, domain: str, url: str) -> Iterator[Observable]:
    for value, role in ((source, "source"), (target, "target")):
        if value:
            yield Observable(ObservableType.IPV6 if ":" in value else ObservableType.IPV4, value, role)
    if _DOMAIN.match(domain):
        yield Observable(ObservableType.DOMAIN, domain)
    if url.startswith("http"):
        yield Observable(ObservableType.URL, url)
    files = record.get("files")
    for item in (files if isinstance(files, list) else [])[:16]:
        for kind in (ObservableType.SHA256, ObservableType.MD5):
            value = _text(item, kind.value) if isinstance(item, dict) else ""
            if re.fullmatch(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{64}", value):
                yield Observable(kind, value.lower())
