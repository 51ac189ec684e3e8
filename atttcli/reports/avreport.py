"""AVReport, the edXML file in which antivirus findings are told upwards (công văn 2290/BTTTT-CATTT; envelope of QCVN 102:2016).

Written from alerts of kind `antivirus`; `sources/antivirus/edxml.py` reads it back. Ours is a file only: nothing is sent, and
the envelope is not signed (whoever sends it signs it).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

NAMESPACE: Final = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Sender:
    """Who reports."""

    code: str
    name: str
    address: str = ""
    email: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True)
class Infection:
    """One kind of malware on one machine, and how often it was seen."""

    machine: str
    ip: str
    malware: str
    behaviour: str = ""
    files: int = 1


def infections_of(alerts: Iterable[Mapping[str, Any]]) -> Iterator[Infection]:
    """What alerts of kind `antivirus` (rows as `alert_rows` gives them) say."""
    for alert in alerts:
        detail = alert.get("detail")
        said = detail if isinstance(detail, dict) else {}
        victim = str(alert.get("victim") or "")
        is_address = bool(re.match(r"[0-9A-Fa-f:.]{3,45}\Z", victim)) and ("." in victim or ":" in victim)
        behaviour = " ".join(str(said.get(name) or "") for name in ("file", "action")).strip()
        name = str(said.get("host") or ("" if is_address else victim))
        yield Infection(
            name, victim if is_address else "", str(alert["rule_id"]), behaviour, max(1, int(alert.get("count") or 1))
        )


def avreport(sender: Sender, subject: str, name: str, moment: int, found: Iterable[Infection]) -> Iterator[str]:
    """The file, piece by piece. `moment` in microseconds UTC; `name` is what the report is called by its receiver."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f"<edXML:edXMLEnvelope xmlns:edXML={quoteattr(NAMESPACE)}>\n<edXML:edXMLHeader><edXML:MessageHeader><edXML:From>\n"
    for tag, text in (
        ("OrganId", sender.code), ("OrganName", sender.name), ("OrganAdd", sender.address), ("Email", sender.email),
        ("Website", sender.website),
    ):  # fmt: skip
        yield f"<edXML:{tag}>{_text(text)}</edXML:{tag}>\n"
    yield f"</edXML:From><edXML:Subject>{_text(subject)}</edXML:Subject></edXML:MessageHeader></edXML:edXMLHeader>\n"
    yield f"<edXML:edXMLBody><AVReport name={_quoted(name)}><Datetime>{moment // 1_000_000}</Datetime>\n<Malware>\n"
    for one in found:
        yield from _machine(one)
    yield "</Malware>\n</AVReport></edXML:edXMLBody>\n</edXML:edXMLEnvelope>\n"


def _machine(one: Infection) -> Iterator[str]:
    yield f"<Machine ip={_quoted(one.ip)} name={_quoted(one.machine)}><MalwareInfo>"
    yield f"<MalwareName>{_text(one.malware)}</MalwareName><MalwareType>{_text(_type(one.malware))}</MalwareType>"
    yield f"<MalwareBehavior>{_text(one.behaviour)}</MalwareBehavior><TypeOfDevice>PC</TypeOfDevice>"
    yield f"<NumberFile>{one.files}</NumberFile></MalwareInfo></Machine>\n"


_TYPES: Final = ("ransom", "trojan", "worm", "backdoor", "adware", "rootkit", "exploit", "virus", "riskware")


def _type(malware: str) -> str:
    lowered = malware.lower()
    return next((word.capitalize() for word in _TYPES if word in lowered), "Malware")


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text[:_LONGEST])


def _text(text: str) -> str:
    return escape(_clean(text))


def _quoted(text: str) -> str:
    return quoteattr(_clean(text).replace("\n", " ").replace("\r", " ").replace("\t", " "))
