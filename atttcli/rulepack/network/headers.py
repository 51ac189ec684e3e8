"""Options about headers and state: `flow`, `flowbits`, `threshold`, and the numbers of a packet's headers."""

from __future__ import annotations

import re

from atttcli.errors import RuleError
from atttcli.rulepack.network.contents import number
from atttcli.rulepack.network.draft import Draft
from atttcli.rulepack.network.values import Flowbit, FlowTest, PacketTest, Threshold, Xbit

_DIRECTIONS = {
    "to_server": "to_server",
    "from_client": "to_server",
    "to_client": "to_client",
    "from_server": "to_client",
}
_STATES = {"established": "established", "not_established": "not_established", "stateless": ""}


def flow(draft: Draft, value: str) -> None:
    """`flow:established,to_server`."""
    if draft.flow is not None:
        raise RuleError("flow twice")
    direction = state = ""
    only_stream = no_stream = False
    for word in (part.strip().lower() for part in value.split(",")):
        if word in _DIRECTIONS:
            if direction and direction != _DIRECTIONS[word]:
                raise RuleError("flow: both directions")
            direction = _DIRECTIONS[word]
        elif word in _STATES:
            state = _STATES[word] or state
        elif word == "only_stream":
            only_stream = True
        elif word == "no_stream":
            no_stream = True
        else:
            raise RuleError(f"flow: unknown word {word[:40]!r}")
    if only_stream and no_stream:
        raise RuleError("flow: only_stream and no_stream together")
    draft.flow = FlowTest(direction, state, only_stream, no_stream)


_BIT = re.compile(r"[A-Za-z0-9_.\-/:#@$%&+~]{1,128}\Z")


def flowbits(draft: Draft, value: str) -> None:
    """`flowbits:set,name`, `isset,a|b`, `noalert`."""
    command, _, names = value.partition(",")
    command = command.strip()
    if command == "noalert" and not names.strip():
        draft.noalert = True
        return
    if command not in ("set", "unset", "toggle", "isset", "isnotset"):
        raise RuleError(f"flowbits: unknown command {command[:40]!r}")
    several = tuple(name.strip() for name in names.split("|"))
    if not all(_BIT.match(name) for name in several):
        raise RuleError("flowbits: not a name")
    if len(several) > 1 and command not in ("isset", "isnotset"):
        raise RuleError(f"flowbits: {command} takes one name")
    draft.flowbits.append(Flowbit(command, several))


_XBIT = re.compile(
    r"\s*(set|unset|isset|isnotset|toggle)\s*,\s*([^,\s]{1,128})\s*,\s*track\s+(ip_src|ip_dst|ip_pair)\s*(?:,\s*expire\s+(\d{1,9})\s*)?\Z"
)


def xbits(draft: Draft, value: str) -> None:
    """`xbits:set,name,track ip_src,expire 60`."""
    if value.strip() == "noalert":
        draft.noalert = True
        return
    found = _XBIT.match(value)
    if not found:
        raise RuleError(f"xbits: {value.strip()[:60]!r} is not command, name, track")
    command, name, track, expire = found.groups()
    draft.xbits.append(Xbit(command, name, track, int(expire or 30)))


def threshold(draft: Draft, value: str) -> None:
    """`threshold:type limit, track by_src, count 1, seconds 60`."""
    if any(known.kind == "filter" for known in draft.thresholds):
        raise RuleError("threshold and detection_filter together")
    kind, track, count, seconds = _rate(value, "threshold")
    if kind not in ("limit", "threshold", "both"):
        raise RuleError(f"threshold: unknown type {kind[:40]!r}")
    draft.thresholds.append(Threshold(kind, track, count, seconds))


def detection_filter(draft: Draft, value: str) -> None:
    """`detection_filter:track by_src, count 5, seconds 60`."""
    if draft.thresholds:
        raise RuleError("threshold or detection_filter beside a detection_filter")
    kind, track, count, seconds = _rate(value, "detection_filter")
    if kind:
        raise RuleError("detection_filter: has no type")
    draft.thresholds.append(Threshold("filter", track, count, seconds))


def _rate(value: str, keyword: str) -> tuple[str, str, int, int]:
    given: dict[str, str] = {}
    for part in value.split(","):
        name, _, word = part.strip().partition(" ")
        if name not in ("type", "track", "count", "seconds") or name in given:
            raise RuleError(f"{keyword}: unknown or repeated word {name[:40]!r}")
        given[name] = word.strip()
    track = given.get("track", "")
    if track not in ("by_src", "by_dst", "by_both", "by_rule"):
        raise RuleError(f"{keyword}: unknown track {track[:40]!r}")
    count = number(given.get("count", ""), keyword, 1)
    return given.get("type", ""), track, count, number(given.get("seconds", ""), keyword, 1)


_RANGE = re.compile(r"\s*(!)?\s*(?:(\d+)\s*(?:<>|-)\s*(\d+)|(<=|>=|<|>|=)?\s*(\d+))\s*\Z")
_TOPS = {
    "itype": 255,
    "icode": 255,
    "ttl": 255,
    "tos": 255,
    "id": 65_535,
    "icmp_id": 65_535,
    "icmp_seq": 65_535,
    "seq": 0xFFFFFFFF,
    "ack": 0xFFFFFFFF,
    "window": 65_535,
    "fragoffset": 8191,
}
_EXCLUSIVE = ("itype", "icode")


def header_number(draft: Draft, value: str, keyword: str) -> None:
    """`ttl:<10`, `itype:8`, `window:!1024` ...: a number of a packet's header."""
    found = _RANGE.match(value)
    if not found:
        raise RuleError(f"{keyword}: {value.strip()[:40]!r} is no number or range")
    negated, first, last, sign, plain = found.groups()
    top = _TOPS[keyword]
    if first is not None:
        edge = 1 if keyword in _EXCLUSIVE else 0
        low, high = int(first) + edge, int(last) - edge
    else:
        count = int(plain)
        low, high = {"<": (0, count - 1), "<=": (0, count), ">": (count + 1, top), ">=": (count, top)}.get(
            sign or "", (count, count)
        )
    if low > high or high > top:
        raise RuleError(f"{keyword}: {value.strip()[:40]!r} can never be")
    draft.packet.append(PacketTest(keyword, low, high, negated is not None))


_FLAGS = re.compile(r"\s*([!*+])?\s*([FSRPAUECW012]+|0)\s*([!*+])?\s*(?:,\s*([FSRPAUECW012]*))?\s*\Z")
_FLAG_BITS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32, "E": 64, "2": 64, "C": 128, "W": 128, "1": 128}


def flags(draft: Draft, value: str) -> None:
    """`flags:S,12`: TCP flags, with `+` (also others), `*` (any of), `!` (none so) and ignored ones after the comma."""
    found = _FLAGS.match(value)
    if not found or (found.group(1) and found.group(3)):
        raise RuleError(f"flags: {value.strip()[:40]!r} are no TCP flags")
    wanted = sum({_FLAG_BITS[sign] for sign in found.group(2) if sign != "0"})
    ignored = sum({_FLAG_BITS[sign] for sign in (found.group(4) or "") if sign != "0"})
    draft.packet.append(PacketTest("flags", wanted, 0xFF & ~ignored, modifier=found.group(1) or found.group(3) or ""))


_FRAGMENT_BITS = re.compile(r"\s*([*+!])?\s*([MDR]{1,3})\s*([*+!])?\s*\Z")


def fragbits(draft: Draft, value: str) -> None:
    """`fragbits:M`: bits of the IPv4 header: M(ore fragments), D(on't fragment), R(eserved); `+`, `*`, `!` as in `flags`."""
    found = _FRAGMENT_BITS.match(value)
    if not found or (found[1] and found[3]):
        raise RuleError(f"fragbits: {value.strip()[:40]!r} are no bits of a fragment")
    wanted = sum({"M": 1, "D": 2, "R": 4}[sign] for sign in set(found[2]))
    draft.packet.append(PacketTest("fragbits", wanted, 7, modifier=found[1] or found[3] or ""))


_STREAM_SIZE = re.compile(r"\s*(client|server|both|either)\s*,\s*(<=|>=|!=|<|>|=)\s*,\s*(\d{1,10})\s*\Z")


def stream_size(draft: Draft, value: str) -> None:
    """`stream_size:server,<,5`: bytes that a side has sent so far, its SYN counted as one."""
    found = _STREAM_SIZE.match(value)
    if not found:
        raise RuleError(f"stream_size: {value.strip()[:40]!r} is not side, operator, number")
    side, sign, digits = found.groups()
    count, top = int(digits), (1 << 48) - 1
    bounds = {"<": (0, count - 1), "<=": (0, count), ">": (count + 1, top), ">=": (count, top)}
    low, high = bounds.get(sign, (count, count))
    draft.packet.append(PacketTest("stream_size", low, high, sign == "!=", modifier=side))


def ip_proto(draft: Draft, value: str) -> None:
    """`ip_proto:[!<>]number or name`."""
    names = {"icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "ah": 51, "icmp6": 58, "sctp": 132}
    text = value.strip().lower()
    sign = text[0] if text and text[0] in "!<>" else ""
    body = text[1:].strip() if sign else text
    count = names[body] if body in names else number(body, "ip_proto", 0, 255)
    low, high = {"<": (0, count - 1), ">": (count + 1, 255)}.get(sign, (count, count))
    draft.packet.append(PacketTest("ip_proto", low, high, sign == "!"))


_IP_OPTIONS = {"eol": 0, "nop": 1, "rr": 7, "ts": 68, "sec": 130, "lsrr": 131, "esec": 133, "cipso": 134, "satid": 136}
_IP_OPTIONS |= {"ssrr": 137, "rtralt": 148, "any": -1}


def ipopts(draft: Draft, value: str) -> None:
    """`ipopts:rr`: an IPv4 option is there."""
    name = value.strip().lower()
    if name not in _IP_OPTIONS:
        raise RuleError(f"ipopts: unknown option {name[:40]!r}")
    draft.packet.append(PacketTest("ipopts", 0, 0, extra=_IP_OPTIONS[name]))


def checksum(draft: Draft, value: str, keyword: str) -> None:
    """`tcpv4-csum:valid|invalid`: the checksum of a packet of that kind."""
    word = value.strip().lower().strip('"')
    if word not in ("valid", "invalid"):
        raise RuleError(f"{keyword}: valid or invalid")
    draft.packet.append(PacketTest("checksum", 0, 0, word == "invalid", modifier=keyword))


def sameip(draft: Draft, value: str) -> None:
    """`sameip`: source and destination address are the same."""
    draft.packet.append(PacketTest("sameip", 0, 0))
