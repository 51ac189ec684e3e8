"""What a bundle says of itself: which kit, which machine, which turn, what was covered, and every member by size and digest.

Read strictly: a manifest has exactly these fields, each within its bounds, and is refused otherwise. Python 3.8-clean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Dict, List, NamedTuple, Optional, Pattern, Tuple

from atttcli.clock import rfc3339, to_micros
from atttcli.errors import BundleRefused
from atttcli.field import strict_json
from atttcli.limits import MIB

FORMAT = "atttcli/bundle/1"
MAX_SEALED = 64 * MIB
MAX_INFLATED = 256 * MIB
MAX_MEMBERS = 10_000
MAX_MANIFEST = 4 * MIB
MAX_HOLES = 1_000
_DEPTH = 5

# Every way in which a bundle is refused, by its stable word.
FAULTS = (
    "sealed",  # no key of ours opens it: sealed for another centre, or damaged
    "signature",  # no kit of ours signed it
    "kit",  # signed by another kit than the one that it names
    "centre",  # sealed again for another centre than the one its kit made it for
    "malformed",  # signed, but its manifest or members are not what the format says
    "content",  # a member is not the one in the manifest
    "revoked",  # the kit's key was revoked
    "expired",  # the kit's key has expired
    "replay",  # this turn came before with other content
    "chain",  # it does not follow the bundle before it, or the one after it does not follow it
)

FINDINGS, HOST, LOG, SAMPLE = "findings", "host", "log", "sample"
_NAMES = {"findings.jsonl": FINDINGS, "host.jsonl": HOST, "log.txt": LOG}
_SAMPLE = re.compile(r"samples/([0-9a-f]{64})\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_SHA256_OR_NONE = re.compile(r"(?:[0-9a-f]{64})?\Z")
_KIT = re.compile(r"K-[0-9]{4}-[0-9]{4,8}\Z")
_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}\Z")
_MACHINE = re.compile(r"[0-9a-f]{16,64}\Z")
_WORD = re.compile(r"[A-Za-z0-9_.+-]{1,64}\Z")
_DIGEST = re.compile(r"[0-9a-f]{0,128}\Z")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z\Z")
_LARGEST = 1 << 53
_LATEST = 253_370_000_000 * 1_000_000  # before the year 9999: a later time cannot be shown in every zone
TLPS = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")


class Member(NamedTuple):
    """One part of a bundle. `kind`: findings, host, log, sample."""

    name: str
    size: int
    sha256: str
    kind: str


class Host(NamedTuple):
    """The machine that was looked at. `machine_id` is a digest of what the system calls itself, never that itself."""

    name: str
    os: str
    arch: str
    machine_id: str


@dataclass(frozen=True)
class RuleSet:
    """With which rules: digest, version as people say it, how many."""

    digest: str = ""
    version: str = ""
    count: int = 0


class Coverage(NamedTuple):
    """`holes`: (path, why) of what was not judged, at most MAX_HOLES; `unlisted` counts the rest."""

    complete: bool = True
    holes: Tuple[Tuple[str, str], ...] = ()
    unlisted: int = 0


class MachineClock(NamedTuple):
    """`zone`: minutes east of UTC. `not_before` (microseconds): later than this it must be, for the kit knew of it already."""

    zone: int = 0
    not_before: int = 0


@dataclass(frozen=True)
class Manifest:
    """Times are microseconds UTC by the machine's own clock. `account`: the columns of a FileAccount as JSON.

    `sequence` counts from 1 for each kit and host, `previous` is the sha256 of the bundle file before ("" for the first).
    `centre` is the public sealing key that it was made for, in hexadecimal.
    """

    kit: str
    agency: str
    host: Host
    sequence: int
    previous: str
    centre: str
    started: int
    made: int
    account: Dict[str, Any]
    clock: MachineClock = field(default_factory=MachineClock)
    tlp: str = "AMBER"
    tool: str = ""
    rules: RuleSet = field(default_factory=RuleSet)
    coverage: Coverage = field(default_factory=Coverage)
    members: Tuple[Member, ...] = ()

    def to_json(self) -> Dict[str, Any]:
        """The form that is signed."""
        return {
            "format": FORMAT,
            "kit": self.kit,
            "agency": self.agency,
            "host": self.host._asdict(),
            "sequence": self.sequence,
            "previous": self.previous,
            "centre": self.centre,
            "started": rfc3339(self.started),
            "made": rfc3339(self.made),
            "clock": {"zone": self.clock.zone, "not_before": rfc3339(self.clock.not_before)},
            "tlp": self.tlp,
            "tool": self.tool,
            "rules": {"digest": self.rules.digest, "version": self.rules.version, "count": self.rules.count},
            "account": self.account,
            "coverage": {
                "complete": self.coverage.complete,
                "holes": [{"path": path, "why": why} for path, why in self.coverage.holes],
                "unlisted": self.coverage.unlisted,
            },
            "members": [member._asdict() for member in self.members],
        }


def kind_of_member(name: str) -> str:
    """What a member of this name is; empty when a bundle has none of that name."""
    return SAMPLE if _SAMPLE.match(name) else _NAMES.get(name, "")


def read_manifest(line: bytes) -> Manifest:
    """The manifest of a signed body; BundleRefused (malformed) for anything that is not exactly one."""
    try:
        value = strict_json.loads(line, MAX_MANIFEST, _DEPTH)
    except strict_json.NotCanonical as error:
        raise malformed(f"the manifest is {error}") from None
    fields = _Fields(value, "")
    if fields.value("format") != FORMAT:
        raise malformed("the manifest is of another format")
    manifest = Manifest(
        kit=fields.text("kit", _KIT),
        agency=fields.text("agency", _CODE),
        host=_host(fields.inner("host")),
        sequence=fields.number("sequence", 1),
        previous=fields.text("previous", _SHA256_OR_NONE),
        centre=fields.text("centre", _SHA256),
        started=fields.moment("started"),
        made=fields.moment("made"),
        clock=_clock(fields.inner("clock")),
        tlp=_tlp(fields),
        tool=fields.text("tool", longest=64),
        rules=_rules(fields.inner("rules")),
        account=_account(fields.inner("account")),
        coverage=_coverage(fields.inner("coverage")),
        members=_members(fields.items("members", MAX_MEMBERS)),
    )
    fields.close()
    if (manifest.sequence == 1) != (manifest.previous == ""):
        raise malformed("the first bundle has none before it, every other has one")
    return manifest


def adds_up(account: Dict[str, Any]) -> bool:
    """Whether an account's columns add up to the files met."""
    columns = account["scanned"] + account["unchanged"]
    return bool(account["found"] == columns + sum(account["skipped"].values()) + sum(account["failed"].values()))


def malformed(message: str) -> BundleRefused:
    """Signed by a kit, and yet no bundle: the kit's program is another one, or somebody has its key."""
    return BundleRefused(
        message, fault="malformed", hint="the kit is damaged or not ours: atttcli kit check, else build it anew"
    )


def _host(fields: "_Fields") -> Host:
    host = Host(
        fields.text("name", longest=255, shortest=1),
        fields.text("os", _WORD),
        fields.text("arch", _WORD),
        fields.text("machine_id", _MACHINE),
    )
    fields.close()
    return host


def _clock(fields: "_Fields") -> MachineClock:
    clock = MachineClock(fields.number("zone", -1440, 1440), fields.moment("not_before"))
    fields.close()
    return clock


def _tlp(fields: "_Fields") -> str:
    word = fields.text("tlp", longest=16)
    if word not in TLPS:
        raise malformed("the manifest's field tlp is out of bounds")
    return word


def _rules(fields: "_Fields") -> RuleSet:
    rules = RuleSet(fields.text("digest", _DIGEST), fields.text("version", longest=64), fields.number("count"))
    fields.close()
    return rules


def _coverage(fields: "_Fields") -> Coverage:
    holes = []
    for item in fields.items("holes", MAX_HOLES):
        hole = _Fields(item, "coverage.holes.")
        holes.append((hole.text("path", longest=4096), hole.text("why", longest=256)))
        hole.close()
    coverage = Coverage(fields.flag("complete"), tuple(holes), fields.number("unlisted"))
    fields.close()
    return coverage


def _account(fields: "_Fields") -> Dict[str, Any]:
    numbers = ("found", "scanned", "unchanged", "bytes_scanned", "members", "member_problems", "matches")
    account: Dict[str, Any] = {name: fields.number(name) for name in numbers}
    for name in ("skipped", "failed"):
        account[name] = fields.counts(name)
    account["complete"] = fields.flag("complete")
    account["stopped"] = fields.text("stopped", longest=256)
    fields.close()
    return account


def _members(items: List[Any]) -> Tuple[Member, ...]:
    found: List[Member] = []
    seen = set()
    total = 0
    for item in items:
        fields = _Fields(item, "members.")
        member = Member(
            fields.text("name", longest=128),
            fields.number("size", 0, MAX_INFLATED),
            fields.text("sha256", _SHA256),
            fields.text("kind", longest=16),
        )
        fields.close()
        kind = kind_of_member(member.name)
        if not kind or kind != member.kind:
            raise malformed(f"a bundle has no member {member.name!r} of kind {member.kind!r}")
        if kind == SAMPLE and member.name != "samples/" + member.sha256:
            raise malformed("a sample has another name than its digest")
        if member.name in seen:
            raise malformed(f"two members {member.name!r}")
        seen.add(member.name)
        total += member.size
        found.append(member)
    if total > MAX_INFLATED:
        raise malformed(f"more than {MAX_INFLATED // MIB} MiB of members")
    return tuple(found)


class _Fields:
    """The fields of one object, each taken once; `close` refuses what is left."""

    def __init__(self, value: Any, at: str) -> None:
        self._at = at
        if not isinstance(value, dict):
            raise malformed(f"the manifest's field {at.rstrip('.') or 'manifest'} is no object")
        self._left = dict(value)

    def value(self, name: str) -> Any:
        if name not in self._left:
            raise malformed(f"the manifest has no field {self._at + name}")
        return self._left.pop(name)

    def _bad(self, name: str) -> BundleRefused:
        return malformed(f"the manifest's field {self._at + name} is out of bounds")

    def text(self, name: str, pattern: Optional[Pattern[str]] = None, longest: int = 256, shortest: int = 0) -> str:
        value = self.value(name)
        if not isinstance(value, str) or not shortest <= len(value) <= longest:
            raise self._bad(name)
        if pattern is not None and not pattern.match(value):
            raise self._bad(name)
        return value

    def number(self, name: str, least: int = 0, most: int = _LARGEST) -> int:
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self._bad(name)
        return value

    def flag(self, name: str) -> bool:
        value = self.value(name)
        if not isinstance(value, bool):
            raise self._bad(name)
        return value

    def moment(self, name: str) -> int:
        text = self.text(name, _MOMENT, longest=32)
        try:
            found = to_micros(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc))
        except ValueError:
            raise self._bad(name) from None
        if not 0 <= found <= _LATEST:
            raise self._bad(name)
        return found

    def counts(self, name: str) -> Dict[str, int]:
        value = self.value(name)
        if not isinstance(value, dict) or len(value) > 200:
            raise self._bad(name)
        inner = _Fields(value, self._at + name + ".")
        if any(len(key) > 256 for key in value):
            raise self._bad(name)
        return {key: inner.number(key) for key in value}

    def items(self, name: str, most: int) -> List[Any]:
        value = self.value(name)
        if not isinstance(value, list) or len(value) > most:
            raise self._bad(name)
        return value

    def inner(self, name: str) -> "_Fields":
        return _Fields(self.value(name), self._at + name + ".")

    def close(self) -> None:
        if self._left:
            raise malformed(f"the manifest has a field that no bundle has: {self._at}{min(self._left)[:60]}")
