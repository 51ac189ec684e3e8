"""One rule's text to a `Rule`, whole, or a RuleError that names what is in the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec

from atttcli.errors import RuleError
from atttcli.rulepack.network.buffers import BOTH, BUFFERS, HTTP, PAYLOAD, is_of_packet, is_transaction
from atttcli.rulepack.network.draft import Draft, freeze_op
from atttcli.rulepack.network.keywords import KEYWORDS
from atttcli.rulepack.network.lead import choose_lead
from atttcli.rulepack.network.ranges import parse_addresses, parse_ports
from atttcli.rulepack.network.values import AddressSet, ByteTest, Content, Group, Ranges, Rule, Size

ACTIONS = frozenset({"config", "alert", "pass", "drop", "reject", "rejectsrc", "rejectdst", "rejectboth"})
TRANSPORTS = frozenset(
    [
        "ip",
        "ipv4",
        "ipv6",
        "ip4",
        "ip6",
        "tcp",
        "tcp-pkt",
        "tcp-stream",
        "udp",
        "icmp",
        "icmpv4",
        "icmpv6",
        "sctp",
        "pkthdr",
    ]
)
APPLICATIONS = {
    "http": HTTP,
    "http1": ("http",),
    "http2": ("http2",),
    "dns": ("dns",),
    "tls": ("tls",),
    "ssl": ("tls",),
    "smtp": ("smtp",),
    "ftp": ("ftp",),
    "ftp-data": ("ftp-data",),
    "ssh": ("ssh",),
    "mqtt": ("mqtt",),
    "snmp": ("snmp",),
    "tftp": ("tftp",),
    "smb": ("smb",),
    "quic": ("quic",),
    "krb5": ("krb5",),
    "ike": ("ike",),
    "rfb": ("rfb",),
    "nfs": ("nfs",),
    "sip": ("sip",),
    "dhcp": ("dhcp",),
    "rdp": ("rdp",),
    "pgsql": ("pgsql",),
    "imap": ("imap",),
    "telnet": ("telnet",),
    "ntp": ("ntp",),
    "bittorrent-dht": ("bittorrent-dht",),
    "modbus": ("modbus",),
    "dnp3": ("dnp3",),
    "enip": ("enip",),
    "dcerpc": ("dcerpc", "smb"),  # pipes over SMB count, as in the reference engine
}
MAX_OPS = 256  # the evaluator nests one call per option
# Options end at an unescaped semicolon. Unrolled so that it is linear on text that never ends.
_OPTION = re.compile(r"\s*([A-Za-z0-9_.\-]+)\s*(?::([^;\\]*(?:\\.[^;\\]*)*))?;", re.S)
_HEADER = re.compile(r"(\S+)\s+(\S+)\s+(.+?)\s+(->|<>|<-|=>)\s+(.+)\Z", re.S)
_SID = re.compile(r";\s*sid\s*:\s*(\d{1,10})\s*;")


@dataclass(slots=True)
class Interned:
    """Header parts met so far, numbered: thousands of rules share a few dozen."""

    variables: Mapping[str, str]
    addresses: dict[AddressSet, int] = field(default_factory=dict)
    ports: dict[Ranges, int] = field(default_factory=dict)
    headers: dict[str, tuple[str, str, int, int, bool, int, int]] = field(default_factory=dict)

    def address(self, text: str) -> int:
        """The number of an address group."""
        return self.addresses.setdefault(parse_addresses(text, self.variables), len(self.addresses))

    def port(self, text: str) -> int:
        """The number of a port group."""
        return self.ports.setdefault(parse_ports(text, self.variables), len(self.ports))


def sid_of(text: str) -> str:
    """`sid 2000001` for messages about a rule that may not parse."""
    found = _SID.search(text)
    return f"sid {found.group(1)}" if found else ""


def parse_rule(text: str, interned: Interned, file: int, line: int) -> Rule:
    """The rule, or RuleError (message and hint; the caller adds the place)."""
    opening = text.find("(")
    if opening < 0 or not text.rstrip().endswith(")"):
        raise RuleError("no options in round brackets", hint="action protocol source ports -> target ports (options;)")
    header = parse_header(text[:opening].strip(), interned)
    draft = Draft(header[1])
    for name, value in split_options(text[opening + 1 : text.rindex(")")]):
        handler = KEYWORDS.get(name) or KEYWORDS.get(name.lower())
        if handler is None:
            raise RuleError(f"keyword {name[:60]} is not supported", hint="the rule is left out whole")
        handler(draft, value)
    return _finish(draft, header, file, line)


def split_options(body: str) -> list[tuple[str, str]]:
    """(name, value) of every option; RuleError at the first text that is none."""
    options: list[tuple[str, str]] = []
    position = 0
    while found := _OPTION.match(body, position):
        options.append((found.group(1), found.group(2) or ""))
        position = found.end()
    rest = body[position:].strip()
    if rest:
        raise RuleError(f"text that is no option (a semicolon missing?): {rest[:60]!r}")
    return options


def parse_header(text: str, interned: Interned) -> tuple[str, str, int, int, bool, int, int]:
    """Action, protocol, source, its ports, both ways, target, its ports."""
    known = interned.headers.get(text)
    if known is not None:
        return known
    found = _HEADER.match(text)
    if not found:
        raise RuleError("the header is not: action protocol source ports -> target ports")
    action, protocol, left, arrow, right = found.groups()
    if action not in ACTIONS:
        raise RuleError(f"action {action[:40]!r} is not supported")
    protocol = protocol.lower()
    if protocol not in TRANSPORTS and protocol not in APPLICATIONS:
        raise RuleError(f"protocol {protocol[:40]} is not supported")
    if arrow not in ("->", "<>"):
        raise RuleError(f"direction {arrow} is not supported", hint="-> or <>")
    source, source_ports = _side(left)
    target, target_ports = _side(right)
    made = (
        action,
        protocol,
        interned.address(source),
        interned.port(source_ports),
        arrow == "<>",
        interned.address(target),
        interned.port(target_ports),
    )
    interned.headers[text] = made
    return made


def _side(text: str) -> tuple[str, str]:
    """Split `[a, b] [1, 2]` at the blank outside brackets."""
    depth = 0
    for index, char in enumerate(text):
        depth += (char == "[") - (char == "]")
        if char.isspace() and depth == 0:
            return text[:index], text[index:].strip()
    raise RuleError("the header needs an address and a port on each side")


def _finish(draft: Draft, header: tuple[str, str, int, int, bool, int, int], file: int, line: int) -> Rule:
    action, protocol, source, source_ports, both_ways, target, target_ports = header
    if not draft.sid:
        raise RuleError("no sid")
    if draft.current is not None and not draft.current.ops:
        raise RuleError(f"{draft.current.buffer} is named but nothing is asked of it")
    groups = tuple(
        Group(group.buffer, tuple(group.transforms), tuple(freeze_op(op) for op in group.ops)) for group in draft.groups
    )
    apps = _applications(protocol, groups)
    if apps == ("quic",) and find_spec("cryptography") is None:
        raise RuleError("QUIC needs the package cryptography", hint="pip install cryptography")
    direction = _direction(draft, groups)
    _check(draft, protocol, groups)
    priority = draft.priority or draft.class_priority or 3
    return Rule(
        action,
        protocol,
        source,
        source_ports,
        both_ways,
        target,
        target_ports,
        draft.gid,
        draft.sid,
        draft.rev,
        draft.msg,
        draft.classtype,
        draft.category,
        priority,
        file,
        line,
        apps,
        direction,
        draft.flow,
        tuple(draft.flowbits),
        tuple(draft.xbits),
        draft.dsize,
        tuple(draft.packet),
        groups,
        choose_lead(groups),
        tuple(draft.thresholds),
        draft.noalert,
        draft.points_at,
        tuple(draft.metadata),
        tuple(draft.references),
        tuple(draft.flowints),
        tuple(draft.protocols),
        draft.tag,
        tuple(draft.sets),
        draft.told,
    )


def _applications(protocol: str, groups: tuple[Group, ...]) -> tuple[str, ...]:
    """The application protocols that have every buffer and that the header allows; none: any."""
    apps = APPLICATIONS.get(protocol, ())
    for group in groups:
        having = () if group.buffer == PAYLOAD else BUFFERS[group.buffer].apps
        if not having:
            continue
        kept = tuple(app for app in apps if app in having) if apps else having
        if not kept:
            raise RuleError(f"{group.buffer} never occurs in {' or '.join(apps)}")
        apps = kept
    return apps


def _direction(draft: Draft, groups: tuple[Group, ...]) -> str:
    wanted = draft.flow.direction if draft.flow else ""
    for group in groups:
        if not is_transaction(group.buffer):
            continue
        seen = BUFFERS[group.buffer].direction
        if seen == BOTH:
            continue
        if wanted and wanted != seen:
            raise RuleError(f"{group.buffer} is only seen {seen}, the rule looks {wanted}")
        wanted = seen
    return wanted


def _check(draft: Draft, protocol: str, groups: tuple[Group, ...]) -> None:
    if sum(len(group.ops) for group in groups) > MAX_OPS:
        raise RuleError(f"more than {MAX_OPS} contents and tests in one rule")
    for group in groups:
        for op in group.ops:
            _check_op(group, op)
    has_app = any(is_transaction(group.buffer) for group in groups)
    of_packet = draft.dsize is not None or draft.packet or any(is_of_packet(group.buffer) for group in groups)
    if has_app and of_packet:
        raise RuleError("an option about one packet (dsize, flags, ttl ...) with a buffer of the application")
    if protocol == "tcp-stream" and any(is_of_packet(group.buffer) for group in groups):
        raise RuleError("an option about one packet (dsize, flags, ttl ...) in a rule for tcp-stream")
    if protocol == "pkthdr" and not all(group.buffer == "decode-event" for group in groups):
        raise RuleError("a rule for pkthdr can only ask for decode-event")
    if has_app and protocol in ("tcp-pkt", "tcp-stream", "icmp", "icmpv4", "icmpv6", "sctp"):
        raise RuleError(f"{protocol} rules have no buffers of the application")


def _check_op(group: Group, op: object) -> None:
    if not isinstance(op, Content | ByteTest | Size):
        return
    if isinstance(op, Content) and group.buffer == "http.host" and op.pattern != op.pattern.lower():
        raise RuleError("http.host is lower case: a content with capitals could never match", hint="use http.host.raw")
    if isinstance(op, Content) and group.buffer == "http.host" and op.nocase:
        raise RuleError("http.host is lower case already: nocase is refused", hint="leave nocase out")
    if (
        isinstance(op, Content)
        and group.buffer == "http.method"
        and op.pattern != op.pattern.strip()
        and not op.negated
    ):
        raise RuleError("http.method has no blanks around it: this content could never match")
