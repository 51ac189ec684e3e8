"""What a kit says of itself (`kit.json`): its number, for whom, until when, to whom its bundles are sealed, its limits.

Python 3.8-clean.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Any, Dict, NamedTuple, Tuple

from atttcli.errors import InputError, Where
from atttcli.field import strict_json
from atttcli.field.manifest import TLPS, RuleSet
from atttcli.field.opening import NotReadable, open_regular

FORMAT = "atttcli/kit/1"
FILE = "kit.json"
SEED = os.path.join("key", "seed")
STATE, OUT, RULES, LIB = "state", "out", "rules", "lib"
SCANNER, COLLECTOR = "scanner", "collector"
UNFIT = 3  # the exit code of a scanner that does not start on this machine: the collector takes over
_MOST = 64 * 1024
_KIT = re.compile(r"K-[0-9]{4}-[0-9]{4,8}\Z")
_KEY = re.compile(r"[0-9a-f]{64}\Z")


class KitLimits(NamedTuple):
    """What a run may take unless its starter says otherwise; 0 means unlimited. `samples`: attach what was found."""

    seconds: int = 0
    file_bytes: int = 64 * 1024 * 1024
    cpu_percent: int = 60
    samples: bool = False


@dataclass(frozen=True)
class Passport:
    """A kit. `centre` seals, `signer` signed its manifest (both hexadecimal); times in microseconds UTC.

    `call` is what an office is told to ring; `pythons` are the interpreters whose modules it carries (`cp38`).
    """

    number: str
    agency: str
    agency_name: str
    kind: str
    os: str
    arch: str
    issued: int
    expires: int
    centre: str
    signer: str
    team: str = ""
    call: str = ""
    tool: str = ""
    tlp: str = "AMBER"
    rules: RuleSet = field(default_factory=RuleSet)
    limits: KitLimits = field(default_factory=KitLimits)
    pythons: Tuple[str, ...] = ()

    def to_json(self) -> Dict[str, Any]:
        """As it stands in kit.json."""
        plain = {name: getattr(self, name) for name in _TEXTS + _NUMBERS}
        rules = {"digest": self.rules.digest, "version": self.rules.version, "count": self.rules.count}
        parts = {"rules": rules, "limits": self.limits._asdict(), "pythons": list(self.pythons)}
        return {"format": FORMAT, **plain, **parts}


_TEXTS = (
    "number", "agency", "agency_name", "kind", "os", "arch", "centre", "signer", "team", "call", "tool", "tlp",
)  # fmt: skip
_NUMBERS = ("issued", "expires")


def read_passport(folder: str) -> Passport:
    """The passport of the kit in this folder; InputError when there is none or it is damaged."""
    path = os.path.join(folder, FILE)
    try:
        fd, _ = open_regular(path)
        with os.fdopen(fd, "rb") as stream:
            value = strict_json.loads(stream.read(_MOST + 1).rstrip(b"\n"), _MOST)
        found = _passport(value)
    except (NotReadable, OSError, ValueError, KeyError, TypeError):
        raise InputError("no kit, or a damaged one", hint="kit.json cannot be read", where=Where(path)) from None
    return found


def _passport(given: Dict[str, Any]) -> Passport:
    value = dict(given)
    if value.pop("format") != FORMAT:
        raise ValueError("another format")
    limits = KitLimits(**value.pop("limits"))
    rules = RuleSet(**value.pop("rules"))
    pythons = tuple(str(one) for one in value.pop("pythons"))
    found = Passport(rules=rules, limits=limits, pythons=pythons, **value)
    texts = [getattr(found, name) for name in _TEXTS] + [rules.digest, rules.version]
    numbers = [getattr(found, name) for name in _NUMBERS] + [rules.count, *limits[:3]]
    if not all(isinstance(one, str) for one in texts) or not all(type(one) is int for one in numbers):
        raise ValueError("another type")
    keys = (found.centre, found.signer)
    if not _KIT.match(found.number) or not all(_KEY.match(one) for one in keys) or found.tlp not in TLPS:
        raise ValueError("out of bounds")
    if found.kind not in (SCANNER, COLLECTOR) or min(numbers) < 0 or not isinstance(limits.samples, bool):
        raise ValueError("out of bounds")
    if found.to_json() != given:
        raise ValueError("not all of its fields")
    return found
