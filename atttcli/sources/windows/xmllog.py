"""Exported XML: `wevtutil qe /f:xml`, Event Viewer's "Save as XML", Get-WinEvent's ToXml, records of a collector.

Records are cut out of the text and parsed one by one, each bounded, without entities or document types: a bomb is a problem
of one record. Forwarded events with `RenderingInfo` are read as well.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from atttcli.errors import InputError
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.lines import EXCERPT, looks_like_text, text_of, utf16
from atttcli.sources.windows.event import event_of
from atttcli.sources.windows.nested import system_of

_CHUNK = 256 * 1024
_OPEN = re.compile(r"<Event(?=[\s>])")
_CLOSE = "</Event>"
_NAMESPACE = "schemas.microsoft.com/win/2004/08/events/event"
_MAX_DEPTH = 16
_MOST = 2_000


class WindowsXml:
    """Events in Windows' XML, one after the other, with or without `<Events>` around them."""

    name = "windows-xml"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By an `<Event` of Microsoft's name space, or one with a System part, near the start."""
        encoding = utf16(given.head)
        if not encoding and not looks_like_text(given.head):
            return 0
        text = (given.head.decode(encoding, "backslashreplace") if encoding else text_of(given.head))[:16_384]
        found = _OPEN.search(text)
        if found is None or not text.lstrip("\ufeff \t\r\n").startswith("<"):
            return 0
        near = text[found.start() : found.start() + 2048]
        return 98 if _NAMESPACE in near else 90 if "<System>" in near and "<EventID" in near else 0

    def read(self, given: Input) -> Iterator[Record]:
        """Event or ReadProblem for every `<Event>`."""
        number = 0
        for text in _cut(given):
            number += 1
            if isinstance(text, ReadProblem):
                yield ReadProblem(number, text.reason, excerpt=text.excerpt)
                continue
            try:
                parts = _parse(text)
            except (expat.ExpatError, InputError) as error:
                yield ReadProblem(number, f"not valid XML: {str(error)[:80]}", excerpt=text[:EXCERPT])
                continue
            yield event_of(*parts, text, number)


def _cut(given: Input) -> Iterator[str | ReadProblem]:
    limit = given.budget.limits.line_bytes
    decoder = codecs.getincrementaldecoder(utf16(given.head) or "utf-8")("backslashreplace")
    held, looked = "", 0
    while data := given.stream.read(_CHUNK):
        given.budget.spend_bytes(0)
        held += decoder.decode(data)
        at = 0
        while True:
            end = held.find(_CLOSE, max(at, looked))
            if end < 0:
                break
            start = _OPEN.search(held, at, end)
            at = looked = end + len(_CLOSE)
            if start is not None:
                yield held[start.start() : at]
        held = held[at:]
        looked = max(0, len(held) - len(_CLOSE))
        if len(held) > limit:
            yield ReadProblem(None, f"event longer than {limit} bytes; not read", excerpt=held[:EXCERPT])
            held, looked = held[-len(_CLOSE) :], 0
    if start := _OPEN.search(held):
        yield ReadProblem(None, "XML ends within an event", excerpt=held[start.start() :][:EXCERPT])


def _parse(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=None)
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.Parse(text, True)
    system = system_of(reader.system)
    return system, reader.data


def _refuse(*_: Any) -> None:
    raise InputError("document types are not read")


class _Reader:
    """Collects System by name and the leaves of EventData, UserData by theirs."""

    def __init__(self) -> None:
        self.system: dict[str, Any] = {}
        self.data: dict[str, Any] = {}
        self._unnamed: list[str] = []
        self._path: list[str] = []
        self._attributes: dict[str, str] = {}
        self._text: list[str] = []
        self._leaf = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if len(self._path) >= _MAX_DEPTH:
            raise InputError(f"nested deeper than {_MAX_DEPTH}")
        self._path.append(name)
        self._text, self._leaf = [], True
        self._attributes = attributes
        if len(self._path) == 3 and self._path[1] == "System":
            self.system.setdefault(name, {"#attributes": attributes} if attributes and name != "EventID" else "")

    def text(self, text: str) -> None:
        self._text.append(text)

    def end(self, _name: str) -> None:
        path, text = self._path, "".join(self._text)
        name = path[-1]
        if len(path) > 2:
            if path[1] == "System":
                if self._leaf and len(path) == 3 and text.strip():
                    self.system[name] = text.strip()
            elif path[1] in ("EventData", "UserData") and len(self.data) < _MOST:
                self._data(path[1], name, text)
        elif len(path) == 2 and name == "EventData" and self._unnamed:
            self.data["Data"] = self._unnamed[0] if len(self._unnamed) == 1 else self._unnamed
        path.pop()
        self._text, self._leaf = [], False

    def _data(self, part: str, name: str, text: str) -> None:
        if not self._leaf:
            return
        given = self._attributes.get("Name")
        if part == "EventData" and name in ("Data", "ComplexData"):
            if given:
                self.data[given] = text
            elif len(self._unnamed) < _MOST:
                self._unnamed.append(text)
            return
        for key, value in self._attributes.items():
            if not key.startswith("xmlns"):
                self.data[key] = value
        if text or not self._attributes:
            self.data[name] = text
