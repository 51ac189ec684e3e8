"""Where names lead: the hosts file, the resolvers, the neighbours on the wire. Python 3.8-clean."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from typing import Dict, Iterator, List, Tuple

from atttcli.field import account
from atttcli.field.host.check import ADDRESS, DOMAIN, WINDOWS, Asked, Missed, Observation, Scope, Seen
from atttcli.field.host.commands import remote_address
from atttcli.field.opening import NotReadable

_MOST = 16 * 1024 * 1024
_MOST_LINES = 200_000
# Names of trust, by their ends. Whoever sends them elsewhere wants what is typed there.
_STATE = ("gov.vn", "edu.vn")
_TRUSTED = ("vietcombank.com.vn", "vietinbank.vn", "bidv.com.vn", "agribank.com.vn", "techcombank.com",
            "mbbank.com.vn", "vpbank.com.vn", "acb.com.vn", "sacombank.com.vn", "tpb.vn", "vib.com.vn", "sbv.gov.vn",
            "zalo.me", "gmail.com", "google.com", "microsoftonline.com", "live.com", "facebook.com")  # fmt: skip
_GUARDIANS = ("windowsupdate.com", "update.microsoft.com", "wdcp.microsoft.com", "wd.microsoft.com", "kaspersky.com",
              "kaspersky-labs.com", "bitdefender.com", "symantec.com", "norton.com", "mcafee.com", "avast.com", "avg.com",
              "eset.com", "trendmicro.com", "malwarebytes.com", "clamav.net", "sophos.com", "bkav.com.vn", "bkav.com",
              "cmccybersecurity.com", "virustotal.com", "debian.org", "ubuntu.com", "centos.org", "redhat.com")  # fmt: skip
_NOWHERE = re.compile(r"^(?:0\.0\.0\.0|127\.\d+\.\d+\.\d+|::1?|::ffff:0:0)$")
_INSIDE = [
    ipaddress.ip_network(one)
    for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7",
                "fe80::/10")
]  # fmt: skip
_HOSTS = {True: "/Windows/System32/drivers/etc/hosts", False: "/etc/hosts"}


def look_hosts(scope: Scope) -> Iterator[Seen]:
    """Every line that is not the machine's own name."""
    path = _HOSTS[scope.system == WINDOWS]
    path = scope.root.folded(path) if scope.system == WINDOWS else path
    try:
        file = scope.root.read(path, _MOST)
    except NotReadable as refused:
        if refused.why != account.VANISHED:
            yield Missed(path, refused.why)
        return
    scope.spending.spend(len(file.text))
    own = _own_name(scope)
    for number, line in enumerate(file.text.split("\n")[:_MOST_LINES], 1):
        address, names = hosts_line(line)
        for name in names:
            if name in _ORDINARY or (own and name.split(".")[0] == own):
                continue
            detail = {"address": address, "name": name, "line": number}
            remote = remote_address(address)
            asked: Tuple[Asked, ...] = ((DOMAIN, name), *(((ADDRESS, remote),) if remote else ()))
            yield Observation(f"{path}: {address} {name}", detail, redirect_rules(address, name), asked)
    if file.cut:
        yield Missed(path, "longer than the limit")


_ORDINARY = frozenset(
    ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "ip6-localnet", "ip6-mcastprefix", "ip6-allnodes",
     "ip6-allrouters", "ip6-allhosts", "broadcasthost", "localhost4", "localhost6", "localhost4.localdomain4",
     "localhost6.localdomain6")
)  # fmt: skip


def hosts_line(line: str) -> Tuple[str, List[str]]:
    """The address and the names of one line; empty when it names nothing."""
    words = line.partition("#")[0].split()
    if len(words) < 2:
        return "", []
    try:
        address = str(ipaddress.ip_address(words[0].split("%")[0]))
    except ValueError:
        return "", []
    return address, [word.lower().rstrip(".")[:253] for word in words[1:50]]


def redirect_rules(address: str, name: str) -> Tuple[str, ...]:
    """What is wrong with sending this name there. A state's name may lead to an address inside: networks of agencies do so."""
    nowhere = bool(_NOWHERE.match(address))
    if nowhere:
        return ("host.hosts-blocked",) if _ends(name, _GUARDIANS) else ()
    inside = is_inside(address)
    if _ends(name, _GUARDIANS) and not inside:
        return ("host.hosts-blocked",)
    if _ends(name, _TRUSTED) and not inside:
        return ("host.hosts-redirect",)
    if _ends(name, _STATE) and not inside:
        return ("host.hosts-redirect-state",)
    return ()


def is_inside(address: str) -> bool:
    """Whether it is an address that only networks of one's own use; Python's `is_private` means more than that."""
    known = ipaddress.ip_address(address)
    return any(known in network for network in _INSIDE if network.version == known.version)


def _ends(name: str, ends: Tuple[str, ...]) -> bool:
    return any(name == end or name.endswith("." + end) for end in ends)


def _own_name(scope: Scope) -> str:
    try:
        return scope.root.read("/etc/hostname", 4096).text.strip().split(".")[0].lower()
    except NotReadable:
        return ""


def look_resolvers(scope: Scope) -> Iterator[Seen]:
    """Name servers and search lists; on a live system also the neighbours (ARP)."""
    path = "/etc/resolv.conf"
    try:
        text = scope.root.read(path, 1024 * 1024).text
    except NotReadable as refused:
        if refused.why != account.VANISHED:
            yield Missed(path, refused.why)
        text = ""
    for line in text.split("\n")[:1000]:
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver":
            address = remote_address(words[1])
            public = address is not None and not is_inside(address)
            seen = {"nameserver": words[1], "outside": public}
            yield Observation(f"{path}: {words[1]}", seen, (), ((ADDRESS, address),) if address else ())
        elif len(words) > 1 and words[0] in ("search", "domain"):
            yield Observation(
                f"{path}: {line.strip()[:300]}", {words[0]: words[1:]}, (), tuple((DOMAIN, one) for one in words[1:])
            )
    if scope.live:
        yield from _neighbours(scope)


def _neighbours(scope: Scope) -> Iterator[Seen]:
    place = "/proc/self/net" if scope.root.is_own else "/proc/net"
    try:
        arp = scope.root.read(place + "/arp", 4 * 1024 * 1024).text
        route = scope.root.read(place + "/route", 4 * 1024 * 1024).text
    except NotReadable as refused:
        yield Missed(place, refused.why)
        return
    gateways = set(default_gateways(route))
    rows = [words for words in (line.split() for line in arp.split("\n")[1:]) if len(words) >= 6]
    shared: Dict[str, int] = Counter(words[3] for words in rows if words[3] != "00:00:00:00:00:00")
    wires = {words[3] for words in rows if words[0] in gateways}
    for words in rows:
        address, wire = words[0], words[3]
        rules = ("host.arp-duplicate",) if shared.get(wire, 0) > 1 and wire in wires else ()
        detail = {"address": address, "hardware": wire, "device": words[5], "gateway": address in gateways}
        yield Observation(f"arp {address}", detail, rules)


def default_gateways(route: str) -> Iterator[str]:
    """Addresses of the default routes of /proc/net/route."""
    for line in route.split("\n")[1:]:
        words = line.split()
        if len(words) > 2 and words[1] == "00000000" and len(words[2]) == 8:
            try:
                yield str(ipaddress.ip_address(bytes.fromhex(words[2])[::-1]))
            except ValueError:
                continue
