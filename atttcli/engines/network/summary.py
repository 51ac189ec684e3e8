"""What a capture holds, gathered by the traffic engine in one pass: hosts, talkers, names, certificates, files, a timeline."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from mmap import mmap
from typing import Any

from atttcli.engine import EngineProblem
from atttcli.engines.network.engine import CaptureRun, NetworkEngine
from atttcli.engines.network.eve import PROTOCOLS
from atttcli.engines.network.flow import Flow
from atttcli.engines.network.greatest import Greatest, Timeline
from atttcli.engines.network.http_message import Transaction
from atttcli.engines.network.judge import Match
from atttcli.engines.network.ruleset import RuleSet
from atttcli.engines.network.sightings import address_text
from atttcli.engines.network.spooled import SPOOL, Spool, Spools, WantedFacts
from atttcli.engines.network.traffic import Traffic
from atttcli.engines.network.view import TlsPart, View
from atttcli.errors import Where
from atttcli.rulepack.network.buffers import FILE_FACTS
from atttcli.rulepack.network.values import NetworkPack
from atttcli.sources.capture.decode import ICMP, ICMP6, Packet

MOST_FILES = 2000
MOST_NAME = 300
PARSED = (
    "http",
    "http2",
    "dns",
    "tls",
    "smtp",
    "ftp",
    "ssh",
    "smb",
    "nfs",
    "krb5",
    "rfb",
    "dcerpc",
    "ike",
    "quic",
    "snmp",
    "sip",
    "dhcp",
    "rdp",
    "pgsql",
    "ntp",
    "bittorrent-dht",
    "modbus",
    "dnp3",
    "enip",
)


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file that a flow carried. Digests are those of the whole where all of it was seen, else of the part that was kept."""

    time: int
    app: str
    source: str
    target: str
    target_port: int
    name: str
    size: int
    kept: int
    whole: bool
    md5: str
    sha1: str
    sha256: str
    carved: str = ""


# What judges a file, or its part, gives the name of the file that was written, or "". Third: the part that was told before.
Sink = Callable[[SeenFile, bytes | mmap, "SeenFile | None"], str]


@dataclass(slots=True)
class Summary:
    """Totals of a capture. Bytes (`size` all of them) are those of frames; times microseconds UTC."""

    packets: int = 0
    size: int = 0
    flows: int = 0
    first: int | None = None
    last: int = 0
    transports: Greatest[str] = field(default_factory=lambda: Greatest(2, 300))
    apps: Greatest[str] = field(default_factory=lambda: Greatest(3, 300))
    hosts: Greatest[bytes] = field(default_factory=lambda: Greatest(4))
    talkers: Greatest[tuple[Any, ...]] = field(default_factory=lambda: Greatest(3))
    names: dict[str, Greatest[str]] = field(default_factory=dict)
    timeline: Timeline = field(default_factory=Timeline)
    files: list[SeenFile] = field(default_factory=list)
    files_left: int = 0
    problems: Counter[str] = field(default_factory=Counter)

    def name(self, kind: str, value: bytes | str, time: int) -> None:
        """One sighting of a name of some kind."""
        text = value if isinstance(value, str) else value[:MOST_NAME].decode("utf-8", "backslashreplace")
        if text:
            self.names.setdefault(kind, Greatest(1, 10_000)).add(text[:MOST_NAME], time, 1)


_Place = tuple[int, int, bytes]


class SummaryTraffic(Traffic):
    """Traffic whose transactions are told to a summary."""

    def __init__(
        self, rules: RuleSet, pack: str, *, summary: Summary, sink: Sink | None, spools: Spools, **options: Any
    ) -> None:
        super().__init__(rules, pack, **options)
        self._summary, self._sink, self._spools = summary, sink, spools
        self._parsed = frozenset(PARSED)
        self._early: dict[_Place, int] = {}  # files told before all of them was there: where in the list

    def packet(self, packet: Packet) -> None:
        """One packet; its flow is judged as always."""
        if packet.valid:
            self._count(packet)
        super().packet(packet)

    def finish(self) -> None:
        """The capture is over: what was not kept is told too."""
        super().finish()
        for why, count in self._spools.refused.items():
            told = f"{count} carried files were not kept beyond 100 KiB: {why}"
            self.results.append(EngineProblem(Where(self._origin.path), told))
        self._spools.refused.clear()

    def _count(self, packet: Packet) -> None:
        summary, time, size = self._summary, packet.time, len(packet.data)
        summary.first = time if summary.first is None or time < summary.first else summary.first
        summary.last = max(summary.last, time)
        summary.timeline.add(time, size)
        summary.transports.add(PROTOCOLS.get(packet.protocol, str(packet.protocol)), time, size, 1)
        summary.hosts.add(packet.src, time, size, 1, size, 0)
        summary.hosts.add(packet.dst, time, size, 1, 0, size)

    def _end(self, flow: Flow) -> None:
        super()._end(flow)
        size, packets = sum(flow.bytes), sum(flow.packets)
        port = 0 if flow.protocol in (ICMP, ICMP6) else flow.server_port
        key = (flow.client, flow.server, PROTOCOLS.get(flow.protocol, str(flow.protocol)), port, flow.app or "")
        self._summary.flows += 1
        self._summary.talkers.add(key, flow.begun, size, packets, 1)
        self._summary.talkers.add(key, flow.last, 0, 0, 0)
        app = flow.app if flow.app not in (None, "failed") else "-"
        self._summary.apps.add(app or "-", flow.begun, size, packets, 1)

    def _view_matches(self, flow: Flow, view: View, payload: Any) -> list[Match]:
        matches = super()._view_matches(flow, view, payload)
        if not view.late:
            self._names(flow, view)
        self._files(flow, view)
        return matches

    def _names(self, flow: Flow, view: View) -> None:
        summary, now = self._summary, self._now
        for kind, app, direction, buffer in _NAMES:
            if view.app in app and direction in (view.direction, None):
                for value in view.read(buffer)[:8]:
                    summary.name(kind, value, now)
        if isinstance(view.source, TlsPart) and view.source.name == "certificate":
            first = view.source.session.first(view.direction)
            if first is not None:
                words = (first.subject, first.issuer, first.fingerprint)
                text = " · ".join(word.decode("utf-8", "backslashreplace")[:200] for word in words)
                summary.name("certificates", text[:MOST_NAME], now)

    def _files(self, flow: Flow, view: View) -> None:
        if view.app not in ("http", "http2", "smtp", "ftp-data", "smb", "nfs"):
            return
        if isinstance(view.source, Transaction) and not (view.direction or view.source.request.body.length):
            return
        contents = view.read("file.data")
        names, sizes = view.read("file.name"), view.read("file.size")
        digests = {kind: view.read(f"file.{kind}") for kind in ("md5", "sha1", "sha256")}
        for index, content in enumerate(contents):
            name = names[index] if index < len(names) else b""
            if view.app.startswith("http") and view.direction and not _is_file(view, content):
                continue
            whole = index < len(sizes) and all(index < len(known) for known in digests.values())
            seen = self._seen(flow, view, content, name, whole)
            if whole:
                md5, sha1, sha256 = (known[index].hex() for known in digests.values())
                seen = replace(seen, size=int(sizes[index]), whole=True, md5=md5, sha1=sha1, sha256=sha256)
            numbers = view.read(SPOOL) if whole else ()
            spool = self._spools.take(int(numbers[index])) if index < len(numbers) else None
            self._keep((flow.id, view.direction, name), seen, content, whole, spool)

    def _keep(self, at: _Place, seen: SeenFile, content: bytes, whole: bool, spool: Spool | None) -> None:
        """A file is told once; when the whole of it came later, in the place of what was told before."""
        summary = self._summary
        place = self._early.pop(at, None) if whole else None
        if place is not None:
            before = summary.files[place]
            summary.files[place] = replace(seen, carved=before.carved)
            if spool is not None and seen.size > seen.kept and (everything := spool.content()) is not None:
                with everything:
                    seen = replace(seen, kept=seen.size)
                    carved = self._sink(seen, everything, before) if self._sink is not None else ""
                    summary.files[place] = replace(seen, carved=carved or before.carved)
                spool.drop()
            return
        if len(summary.files) >= MOST_FILES:
            summary.files_left += 1
            return
        if not whole:
            self._early[at] = len(summary.files)
        carved = self._sink(seen, content, None) if self._sink is not None else ""
        summary.files.append(replace(seen, carved=carved))

    def _seen(self, flow: Flow, view: View, content: bytes, name: bytes, whole: bool) -> SeenFile:
        ends = [address_text(flow.client), address_text(flow.server)]
        text = name[:MOST_NAME].decode("utf-8", "backslashreplace")
        digests = ("", "", "") if whole else _digests(content)
        app, port = view.app, flow.server_port
        return SeenFile(
            self._now, app, ends[view.direction], ends[1 - view.direction], port, text, len(content), len(content), False,
            *digests,
        )  # fmt: skip


def _digests(content: bytes) -> tuple[str, str, str]:
    return (
        hashlib.md5(content, usedforsecurity=False).hexdigest(),
        hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        hashlib.sha256(content).hexdigest(),
    )


_PAGES = (b"text/html", b"text/css", b"text/plain", b"application/json", b"text/xml", b"application/xml")


def _is_file(view: View, content: bytes) -> bool:
    """Whether an answer is something one would keep: pages and what belongs to them are not, whatever is announced as an
    attachment and whatever looks like a program, document or archive is."""
    source = view.source
    if not isinstance(source, Transaction):
        return True
    if source.response.first(b"content-disposition"):
        return True
    kind = (source.response.first(b"content-type") or b"").split(b";")[0].strip().lower()
    return kind not in _PAGES or content[:2] == b"MZ" or content[:4] in (b"\x7fELF", b"%PDF", b"PK\x03\x04")


_HTTP = ("http", "http2")
_NAMES: tuple[tuple[str, tuple[str, ...], int | None, str], ...] = (
    ("dns_names", ("dns",), None, "dns.query"),
    ("tls_names", ("tls", "quic"), 0, "tls.sni"),
    ("ja3", ("tls",), 0, "ja3.hash"),
    ("ja3s", ("tls",), 1, "ja3s.hash"),
    ("http_hosts", _HTTP, 0, "http.host"),
    ("http_methods", _HTTP, 0, "http.method"),
    ("user_agents", _HTTP, 0, "http.user_agent"),
    ("http_servers", _HTTP, 1, "http.server"),
    ("http_statuses", _HTTP, 1, "http.stat_code"),
    ("ssh_software", ("ssh",), None, "ssh.software"),
    ("smb_shares", ("smb",), None, "smb.share"),
    ("rdp_cookies", ("rdp",), 0, "rdp.cookie"),
    ("sip_agents", ("sip",), None, "sip.user_agent"),
    ("dhcp_clients", ("dhcp",), None, "dhcp.client"),
)
NAME_KINDS = (*dict.fromkeys(kind for kind, _app, _direction, _buffer in _NAMES), "certificates")


def summary_run(summary: Summary, sink: Sink | None = None) -> CaptureRun:
    """A run over the files of a capture that fills `summary`; `sink` gets each file that was carried."""
    pack = NetworkPack((), (), (), (), (), "", {})
    engine = NetworkEngine(pack, hyperscan=False)
    engine.rules.apps = frozenset(PARSED)
    spools = Spools()
    engine.rules.facts = WantedFacts.of(FILE_FACTS, spools) if sink is not None else frozenset(FILE_FACTS)

    def make(rules: RuleSet, digest: str, **options: Any) -> Traffic:
        return SummaryTraffic(rules, digest, summary=summary, sink=sink, spools=spools, **options)

    return engine.begin(sightings=True, traffic=make)


def note_problem(summary: Summary, problem: EngineProblem) -> None:
    """Count a problem by what it says."""
    if len(summary.problems) < 1000 or problem.reason in summary.problems:
        summary.problems[problem.reason] += 1


__all__ = ["NAME_KINDS", "SeenFile", "Summary", "note_problem", "summary_run"]
