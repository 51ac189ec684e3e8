"""From the pairs of a CEF or LEEF record to an event: the two formats differ in writing, not in what devices say.

Native names stay as they are; the header's parts are added as `DeviceVendor`, `DeviceProduct`, `DeviceVersion`,
`DeviceEventClassID`, `Name` and `Severity`, as CEF's dictionary calls them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from atttcli.model.event import Event
from atttcli.sources.antivirus.threat import outcome_of as _dealt_with
from atttcli.sources.logs.address import address, port
from atttcli.sources.logs.stamps import ISO, MONTHS, Stamps

Pairs = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Header:
    """Who wrote the record and what it is."""

    vendor: str
    product: str
    version: str
    signature: str
    name: str
    severity: str


MAKERS: Final[tuple[tuple[str, str, str], ...]] = (
    ("kaspersky", "antivirus", "kaspersky"),
    ("bkav", "antivirus", "bkav"),
    ("eset", "antivirus", "eset"),
    ("bitdefender", "antivirus", "bitdefender"),
    ("symantec", "antivirus", "symantec"),
    ("trend micro", "antivirus", "trendmicro"),
    ("mcafee", "antivirus", "mcafee"),
    ("trellix", "antivirus", "trellix"),
    ("fortinet", "firewall", "fortigate"),
    ("palo alto", "firewall", "paloalto"),
    ("check point", "firewall", "checkpoint"),
    ("cisco", "firewall", "cisco"),
    ("sophos", "firewall", "sophos"),
    ("sonicwall", "firewall", "sonicwall"),
    ("mikrotik", "firewall", "mikrotik"),
    ("juniper", "firewall", "juniper"),
    ("barracuda", "firewall", "barracuda"),
    ("f5", "webserver", "f5"),
    ("imperva", "webserver", "imperva"),
)
"""Beginning of the vendor's name in lower case, category, product. An antivirus record without malware keeps no category."""

_SRC = ("src", "sourceTranslatedAddress", "srcip", "source_ip", "c6a2")
_DST = ("dst", "dstip", "destination_ip", "c6a3")
_USER = ("suser", "duser", "usrName", "user", "userName", "accountName", "identSrc")
_HOST = ("dvchost", "dhost", "shost", "identHostName", "devname", "dvc")
_TIME = ("rt", "devTime", "deviceReceiptTime", "start", "end", "eventTime")
_HASH = ("fileHash", "sha256", "SHA256", "hash", "md5", "oldFileHash")
_URL = ("request", "url", "requestUrl")
_DOMAIN = ("destinationDnsDomain", "dntdom", "requestHost", "domain")
_ACT = ("act", "action", "deviceAction", "policyAction")
_THREAT = (
    "VirusName",
    "virusName",
    "Virus name",
    "ThreatName",
    "Threat Name",
    "threatName",
    "malwareName",
    "virus",
    "cs1",
)
_FILE = ("filePath", "fname", "fileName", "objectName", "ObjectName", "file")
_MALWARE = re.compile(
    r"virus|malware|trojan|threat|infect|ransom|worm|riskware|grayware|spyware|exploit", re.IGNORECASE
)
_FAIL = re.compile(r"den(?:y|ied)|drop|block|reject|fail|discard|reset|refus|quarantin|prevent", re.IGNORECASE)
_PASS = re.compile(r"allow|accept|permit|pass|success|monitor|close|start", re.IGNORECASE)
_HEX = re.compile(r"[0-9A-Fa-f]{64}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{32}")
_WORDS = re.compile(
    r"([A-Z][a-z]{2}) (\d{1,2}),? (\d{4}) (\d\d:\d\d:\d\d)(?:\.\d{1,9})?(?: ([A-Z]{3,4}|[+-]\d\d:?\d\d))?"
)
_IS_ISO = re.compile(ISO)
_LONGEST_VENDOR = 128


def event_of(header: Header, pairs: Pairs, line: str, number: int, stamps: Stamps, outer: Event | None) -> Event:
    """The event; `outer` is the syslog header before it, whose time and host fill what the record leaves out."""
    fields: dict[str, Any] = {
        "DeviceVendor": header.vendor,
        "DeviceProduct": header.product,
        "DeviceVersion": header.version,
        "DeviceEventClassID": header.signature,
        "Name": header.name,
    }
    if header.severity:
        fields["Severity"] = header.severity
    fields.update(pairs)
    category, product = maker_of(header.vendor)
    if category == "antivirus":
        category = _as_threat(header, pairs, fields)
    act = first(pairs, _ACT)
    time = moment(pairs, stamps)
    host = first(pairs, _HOST)
    return Event(
        time if time is not None or outer is None else outer.time,
        number,
        line,
        category,
        product,
        header.product.lower().replace(" ", "-")[:64],
        host if host or outer is None else outer.host,
        _bare(first(pairs, _USER)),
        address(first(pairs, _SRC)),
        port(first(pairs, ("spt", "srcPort", "srcport"))),
        address(first(pairs, _DST)),
        port(first(pairs, ("dpt", "dstPort", "dstport"))),
        first(pairs, _DOMAIN).lower().rstrip("."),
        first(pairs, _URL),
        _hash(first(pairs, _HASH)),
        "alert" if category == "antivirus" else act.lower()[:64],
        _dealt_with(f"{act} {header.name}")
        if category == "antivirus"
        else outcome_of(first(pairs, ("outcome",)) or act),
        fields,
    )


def maker_of(vendor: str) -> tuple[str, str]:
    """(category, product) of a vendor; the product is the vendor's name when it is not in the table."""
    return _maker(vendor[:_LONGEST_VENDOR])


@lru_cache(1024)
def _maker(vendor: str) -> tuple[str, str]:
    lowered = vendor.lower()
    for start, category, product in MAKERS:
        if lowered.startswith(start):
            return category, product
    return "", lowered.replace(" ", "-")[:64]


def outcome_of(words: str) -> str:
    """`success` for let through, `failure` for stopped, "" when the words say neither."""
    return "failure" if _FAIL.search(words[:256]) else "success" if _PASS.search(words[:256]) else ""


def first(pairs: Pairs, names: tuple[str, ...]) -> str:
    """The first of these that says something."""
    for name in names:
        if (value := pairs.get(name)) and value != "-":
            return value
    return ""


def moment(pairs: Pairs, stamps: Stamps) -> int | None:
    """When it happened, in whichever of CEF's and LEEF's forms it is told."""
    for name in _TIME:
        text = pairs.get(name, "").strip()
        if not text:
            continue
        if text.isascii() and text.isdigit() and len(text) in (10, 13):
            return stamps.format(text, "epoch" if len(text) == 10 else "epoch-ms")
        if _IS_ISO.match(text):
            return stamps.iso(text) if _IS_ISO.fullmatch(text) else None
        if found := _WORDS.match(text):
            month, day, year, clock, zone = found.groups()
            if month not in MONTHS:
                continue
            offset = zone.replace(":", "") if zone and zone[0] in "+-" else "+0000" if zone in ("UTC", "GMT") else ""
            return stamps.clf(f"{int(day):02d}/{month}/{year}:{clock}" + (f" {offset}" if offset else ""))
    return None


def _as_threat(header: Header, pairs: Pairs, fields: dict[str, Any]) -> str:
    """The category: antivirus when malware is named, "" for updates, tasks and licences of the same console."""
    threat, path = first(pairs, _THREAT), first(pairs, _FILE)
    if not _MALWARE.search(f"{header.name} {header.signature} {pairs.get('cat', '')}"[:512]) and not first(
        pairs, _THREAT[:-1]
    ):
        return ""
    fields.setdefault("Signature", threat or header.name)
    if path:
        fields.setdefault("Filename", path)
    return "antivirus"


def _bare(user: str) -> str:
    return user.rpartition("\\")[2]


def _hash(text: str) -> str:
    found = _HEX.search(text[:256])
    return found[0].lower() if found else ""
