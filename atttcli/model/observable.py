"""Observable: a typed value seen somewhere. Indicator: one that somebody says is bad, with validity. Sighting: they met."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ObservableType(StrEnum):
    """Types that indicators and observables share (STIX 2.1 names, with dashes)."""

    IPV4 = "ipv4-addr"
    IPV6 = "ipv6-addr"
    CIDR = "cidr"
    DOMAIN = "domain-name"
    URL = "url"
    EMAIL = "email-addr"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    FILE = "file"  # a name, or the end of a path, with * and ? (atttcli.field.names)


@dataclass(frozen=True, slots=True)
class Observable:
    """A normalised value (lower-case domain, compressed IPv6 ...) and the part it played: `source`, `target`, `c2`, `victim` ..."""

    type: ObservableType
    value: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Indicator:
    """A value that a list, letter or pack calls bad. Times in microseconds UTC; None is open-ended."""

    type: ObservableType
    value: str
    source: str
    description: str = ""
    kind: str = "malicious"  # c2, phishing, malware, attacker, scanner, malicious
    valid_from: int | None = None
    valid_until: int | None = None
    severity: int = 3
    tlp: str = "AMBER"
