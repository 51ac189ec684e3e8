"""Options about what a flow or a host has done before: `flowint`, `hostbits`, `app-layer-protocol`, `tag`, `dataset`."""

from __future__ import annotations

import re

from atttcli.errors import RuleError
from atttcli.rulepack.network.contents import number
from atttcli.rulepack.network.draft import Draft, NotMeant
from atttcli.rulepack.network.values import Flowint, InSet, SetSource, Xbit

VERSION = (7, 0, 17)  # of the reference engine, whose behaviour this one has
_VERSION = re.compile(r"version\s*((?:(?:>=|<=|>|<)\s*\d+(?:\.\d+){0,2}\s*(?:\|\s*)?)+)\Z")
_BOUND = re.compile(r"(>=|<=|>|<)\s*(\d+(?:\.\d+){0,2})")


def requires(draft: Draft, value: str) -> None:
    """`requires: version >= 7.0.3 < 8`: a rule for other versions, or with a feature of them, is left out."""
    for part in (word.strip() for word in value.split(",")):
        found = _VERSION.match(part)
        if found:
            if not any(_within(bounds) for bounds in found.group(1).split("|")):
                raise NotMeant(f"requires: {part[:60]} (this engine follows {'.'.join(map(str, VERSION))})")
        elif part.startswith(("feature ", "keyword ")):
            word = part.split(None, 1)[1]
            from atttcli.rulepack.network.keywords import KEYWORDS

            if part.startswith("feature ") or word not in KEYWORDS:
                raise NotMeant(f"requires: {part[:60]}, which this engine has not")
        else:
            raise RuleError(f"requires: {part[:60]!r} is not understood")


def _within(bounds: str) -> bool:
    for sign, text in _BOUND.findall(bounds):
        wanted = tuple(int(number) for number in text.split("."))
        have = VERSION
        wanted += (0,) * (3 - len(wanted))
        if not {">=": have >= wanted, "<=": have <= wanted, ">": have > wanted, "<": have < wanted}[sign]:
            return False
    return True


_NAME = r"[A-Za-z0-9_.\-]{1,128}"
_FLOWINT = re.compile(rf"\s*({_NAME})\s*,\s*(\+|-|<=|>=|==|!=|=|<|>|isset|isnotset|notset)\s*(?:,\s*({_NAME})\s*)?\Z")
_OPERATORS = {"=": "set", "isnotset": "notset"}


def flowint(draft: Draft, value: str) -> None:
    """`flowint:name,+,1`, `name,>,other`, `name,isset`."""
    found = _FLOWINT.match(value)
    if not found:
        raise RuleError(f"flowint: {value.strip()[:60]!r} is not name, operator, value")
    name, sign, given = found.groups()
    sign = _OPERATORS.get(sign, sign)
    if (given is None) != (sign in ("isset", "notset")):
        raise RuleError("flowint: a value is missing, or one too many")
    wanted: int | str = 0
    if given is not None:
        wanted = number(given, "flowint", 0, 0xFFFFFFFF) if given.isdigit() else given
    draft.flowints.append(Flowint(name, sign, wanted))


_HOSTBIT = re.compile(rf"\s*(set|unset|isset|isnotset|toggle)\s*,\s*({_NAME})\s*(?:,\s*(src|dst|both)\s*)?\Z")


def hostbits(draft: Draft, value: str) -> None:
    """`hostbits:set,name[,src|dst|both]`: a mark on an address, by default the source."""
    if value.strip() == "noalert":
        draft.noalert = True
        return
    found = _HOSTBIT.match(value)
    if not found:
        raise RuleError(f"hostbits: {value.strip()[:60]!r} is not command, name, side")
    command, name, side = found.groups()
    sides = ("src", "dst") if side == "both" else (side or "src",)
    for one in sides:
        draft.xbits.append(Xbit(command, "host:" + name, "ip_" + one, 0))


def app_layer_protocol(draft: Draft, value: str) -> None:
    """`app-layer-protocol:[!]name`: what the flow speaks, as far as it was recognised."""
    from atttcli.rulepack.network.rule import APPLICATIONS

    name = value.strip().lower()
    negated = name.startswith("!")
    name = name.lstrip("!").strip()
    if name not in APPLICATIONS and name not in ("failed", "unknown"):
        raise RuleError(f"app-layer-protocol: {name[:40]!r} is not recognised by this engine")
    draft.protocols.append((name, negated))


_TAG = re.compile(r"\s*(session|host)\s*(?:,\s*(\d{1,9})\s*,\s*(packets|bytes|seconds)\s*(?:,\s*(src|dst)\s*)?)?\Z")


def tag(draft: Draft, value: str) -> None:
    """`tag:session,5,packets`: which packets are worth keeping after the alert; told with the alert."""
    found = _TAG.match(value)
    if not found or (found.group(1) == "session" and found.group(4)) or found.group(2) == "0":
        raise RuleError(f"tag: {value.strip()[:60]!r} is not session or host, count, packets|bytes|seconds")
    draft.tag = ",".join(word for word in found.groups() if word)


_CONFIG = re.compile(r"\s*logging\s+disable\s*,\s*type\s+(tx|flow)\s*,\s*scope\s+(tx|flow)\s*\Z")


def config(draft: Draft, value: str) -> None:
    """`config:logging disable, type tx, scope tx`: what is not to be logged. Only alerts are told here: nothing changes."""
    if not _CONFIG.match(value):
        raise RuleError(f"config: {value.strip()[:60]!r} is not logging disable, type, scope")
    draft.noalert = True


_KINDS = {"string": "string", "md5": "md5", "sha256": "sha256", "ipv4": "ip", "ipv6": "ip", "ip": "ip"}


def dataset(draft: Draft, value: str) -> None:
    """`dataset:isset,name,type string[,load FILE]`; `save` and `state` name files that are never written."""
    parts = [part.strip() for part in value.split(",")]
    command = parts[0]
    if command not in ("isset", "isnotset", "set", "unset") or len(parts) < 2 or not re.fullmatch(_NAME, parts[1]):
        raise RuleError(f"dataset: {value.strip()[:60]!r} is not command, name, type")
    kind = load = ""
    for part in parts[2:]:
        word, _, rest = part.partition(" ")
        if word == "type" and rest.strip() in _KINDS:
            kind = _KINDS[rest.strip()]
        elif word in ("load", "state") and rest.strip():
            load = rest.strip().strip('"')
        elif word not in ("save", "memcap", "hashsize") or not rest.strip():
            raise RuleError(f"dataset: unknown word {part[:40]!r}")
    known = next((source for source in draft.sets if source.name == parts[1]), None)
    if not kind:
        raise RuleError("dataset: needs a type", hint="type string, md5, sha256, ipv4, ipv6 or ip")
    if draft.current is None:
        raise RuleError("dataset without a sticky buffer")
    if known is None:
        draft.sets.append(SetSource(parts[1], kind, load))
    draft.current.ops.append(InSet(command, parts[1], kind))
    draft.last = None
