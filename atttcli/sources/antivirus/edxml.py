"""AVReport, the edXML that antivirus consoles report with (công văn 2290/BTTTT-CATTT; QCVN 102:2016 for the envelope).

    edXMLEnvelope / edXMLHeader / MessageHeader / From {OrganId, OrganName, ...}, Subject
    edXMLBody / AVReport@name / Datetime, Malware/Machine@ip@name/MalwareInfo {MalwareName, MalwareType, ...},
      Connection/Machine/ConnectionInfo {Program, md5, Sha2, TargetIP}, Vulnerability/Machine/VulnerabilityInfo {Name, OSName}, ...

Read by a parser of our own over expat: no document types, bounded depth, a machine at a time; `reports/avreport.py` writes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from xml.parsers import expat

from atttcli.errors import InputError
from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.antivirus.threat import hash_of
from atttcli.sources.logs.address import address
from atttcli.sources.logs.lines import text_of, utf16

_CHUNK: Final = 64 * 1024
_MAX_DEPTH: Final = 24
_MAX_TEXT: Final = 8_192
_MAX_FIELDS: Final = 64
_ABOUT: Final = ("organid", "organname", "organadd", "email", "subject")
_KINDS: Final = {
    "malwareinfo": "malware",
    "connectioninfo": "connection",
    "vulnerabilityinfo": "vulnerability",
}
_MACHINE_KINDS: Final = {"os": "os", "update": "update", "qualityfeature": "feature"}
_EARLIEST, _LATEST = 946_684_800, 4_102_444_800  # 2000 to 2100, Unix seconds


class EdXml:
    """An AVReport."""

    name = "edxml-avreport"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the element AVReport in an XML text, with or without the envelope."""
        encoding = utf16(given.head)
        text = given.head.decode(encoding, "backslashreplace") if encoding else text_of(given.head)
        text = text.lstrip("\ufeff \r\n\t")
        if not text.startswith("<"):
            return 0
        return 99 if "AVReport" in text and ("<Malware" in text or "edXML" in text or "<Machine" in text) else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event for each malware, connection, weakness or state that a machine is reported with."""
        reader = _Reader()
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = reader.start
        parser.EndElementHandler = reader.end
        parser.CharacterDataHandler = reader.text
        parser.StartDoctypeDeclHandler = _refuse
        try:
            while data := given.stream.read(_CHUNK):
                given.budget.spend_bytes(0)
                parser.Parse(data, False)
                yield from reader.taken()
            parser.Parse(b"", True)
            yield from reader.taken()
        except (expat.ExpatError, InputError, LookupError) as error:
            yield from reader.taken()
            yield ReadProblem(reader.number + 1, f"not valid XML: {str(error)[:80]}", parser.CurrentByteIndex)


def _refuse(*_: Any) -> None:
    raise InputError("document types are not read")


class _Reader:
    """Keeps what encloses the element under way, and makes an event where a machine's part ends."""

    def __init__(self) -> None:
        self.number = 0
        self._events: list[Event] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self._about: dict[str, str] = {}
        self._report = ""
        self._time: int | None = None
        self._machine: dict[str, str] = {}
        self._fields: dict[str, str] = {}
        self._told = False

    def taken(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2].lower()
        if len(self._path) >= _MAX_DEPTH:
            raise InputError(f"nested deeper than {_MAX_DEPTH}")
        self._path.append(name)
        self._text, self._length = [], 0
        if name == "machine":
            self._machine = {key.lower()[:32]: value[:256] for key, value in list(attributes.items())[:16]}
            self._fields, self._told = {}, False
        elif name in _KINDS:
            self._fields = {}
        elif name == "avreport":
            self._report = next((value[:256] for key, value in attributes.items() if key.lower() == "name"), "")

    def text(self, text: str) -> None:
        if self._length < _MAX_TEXT:
            self._text.append(text[:_MAX_TEXT])
            self._length += len(text)

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        lowered, text = name.lower(), "".join(self._text).strip()
        self._path.pop()
        self._text = []
        if (lowered in _ABOUT and "from" in self._path) or lowered == "subject":
            self._about.setdefault(name, text)
        elif lowered == "datetime" and text.isascii() and text.isdigit() and len(text) <= 13:
            seconds = int(text) // (1000 if len(text) > 11 else 1)
            self._time = seconds * 1_000_000 if _EARLIEST <= seconds < _LATEST else None
        elif lowered in _KINDS:
            self._emit(_KINDS[lowered])
        elif lowered == "machine":
            kind = next((_MACHINE_KINDS[part] for part in reversed(self._path) if part in _MACHINE_KINDS), "")
            if not self._told and (kind or self._fields):
                self._emit(kind or "malware")
            self._machine, self._fields = {}, {}
        elif "machine" in self._path and text and len(self._fields) < _MAX_FIELDS:
            self._fields[name[:64]] = text

    def _emit(self, kind: str) -> None:
        self._told = True
        self.number += 1
        said = {name.lower(): value for name, value in self._fields.items()}
        fields: dict[str, Any] = {**self._about, **self._fields, "kind": kind}
        if self._report:
            fields["AVReport"] = self._report
        host, ip = self._machine.get("name", ""), address(self._machine.get("ip", ""))
        raw = " ".join((kind, host, ip, *(f"{name}={value}" for name, value in self._fields.items())))
        if kind == "malware":
            fields["Signature"] = said.get("malwarename", "malware")
        target = address(said.get("targetip", ""))
        self._events.append(
            Event(
                self._time, self.number, raw, "antivirus" if kind == "malware" else "", _product(self._report), "avreport", host,
                src_ip=ip, dst_ip=target, hash=hash_of(said.get("sha2", "")) or hash_of(said.get("md5", "")),
                action={"malware": "alert", "connection": "connect"}.get(kind, kind), fields=fields,
            )
        )  # fmt: skip


def _product(report: str) -> str:
    from atttcli.sources.logs.device import maker_of

    return maker_of(report)[1] or "antivirus"
