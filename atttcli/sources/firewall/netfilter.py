"""Linux's netfilter: the kernel lines that iptables LOG, nftables `log prefix` and ufw leave.

[ 203.842973] IPTABLES-DROP: IN=eth0 OUT= MAC=... SRC=192.0.2.1 DST=192.0.2.2 LEN=40 ... PROTO=TCP SPT=5 DPT=22 ... SYN URGP=0
"""

from __future__ import annotations

import re
from functools import lru_cache

from atttcli.sources.firewall.heard import Heard
from atttcli.sources.logs.address import address, port

_START = re.compile(r"(?:\[ {0,12}\d{1,12}\.\d{1,9}\] ?)?(?P<prefix>[^=]{0,120}?)\bIN=(?P<in>\S{0,64}) ")
_PAIR = re.compile(r"(?<!\S)([A-Z]{2,12})=(\S*)")
_FLAG = re.compile(r"(?<!\S)(SYN|ACK|FIN|RST|PSH|DF|MF|CWR|ECE)(?!\S)")
_DROPPED = re.compile(r"drop|den[yi]|block|reject|bad|invalid|blacklist|\bban", re.IGNORECASE)
_PASSED = re.compile(r"accept|allow|permit|pass", re.IGNORECASE)


def understand(body: str) -> Heard | None:
    """A packet's line; None for any other message of the kernel."""
    if "SRC=" not in body[:1024]:
        return None
    found = _START.match(body)
    if found is None:
        return None
    text = body[found.start("in") - 3 : 4096].partition(" [SRC=")[0]  # an ICMP error quotes its packet in brackets
    given = _PAIR.findall(text)
    names: dict[str, str] = dict(given)
    if len(names) < len(given):  # the first of a name counts
        names = {}
        for name, value in given:
            names.setdefault(name, value)
    if "SRC" not in names or "DST" not in names:
        return None
    heard = Heard("firewall", "iptables", "netfilter")
    heard.src_ip, heard.dst_ip = address(names["SRC"]), address(names["DST"])
    heard.src_port, heard.dst_port = port(names.get("SPT", "")), port(names.get("DPT", ""))
    heard.fields.update({name: value for name, value in names.items() if value})
    if flags := _FLAG.findall(text):
        heard.fields["flags"] = ",".join(dict.fromkeys(flags))
    if prefix := found["prefix"].strip(" :[]"):
        heard.fields["prefix"] = prefix
        heard.action, heard.outcome = _verdict(prefix)
    return heard


@lru_cache(1024)
def _verdict(prefix: str) -> tuple[str, str]:
    if _DROPPED.search(prefix):
        return "deny", "failure"
    return ("allow", "success") if _PASSED.search(prefix) else ("", "")
