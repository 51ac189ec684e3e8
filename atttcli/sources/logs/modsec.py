"""ModSecurity's serial audit log: the parts of one transaction (`--1a2b3c4d-A--` ... `-Z--`) are one event.

The boundary is random, so that nothing a client sends can end its own transaction; parts with another boundary belong to the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.address import address, port
from atttcli.sources.logs.lines import EXCERPT, head_lines, read_blocks
from atttcli.sources.logs.stamps import Stamps

_BOUNDARY = re.compile(r"-{2,3}(?P<id>[0-9A-Za-z]{8,20})-{1,3}(?P<part>[A-K]|Z)--\s*\Z")
_HEAD = re.compile(
    r"\[(?P<stamp>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?:\.\d{1,6})?(?: [+-]\d{4})?)(?:\.\d{1,6})?\] (?P<unique>\S{1,128}) "
    r"(?P<ip>\S{2,100}) (?P<port>\d{1,5}) (?P<dst_ip>\S{2,100}) (?P<dst_port>\d{1,5})"
)
_REQUEST = re.compile(r"(?P<method>[A-Za-z]{1,32}) (?P<url>\S{1,16384})(?: (?P<version>HTTP/\d(?:\.\d)?))?")
_STATUS = re.compile(r"HTTP/\d(?:\.\d)? (\d{3})")
_TAG = re.compile(r"\[(id|msg|severity|tag|data|file|line) \"((?:[^\"\\]|\\.)*+)\"\]")
_NAMED = {
    "host": "cs-host",
    "user-agent": "cs-user-agent",
    "referer": "cs-referer",
    "x-forwarded-for": "x-forwarded-for",
}
MAX_LINES = 1_000
MAX_CHARACTERS = 256 * 1024
MAX_RULES = 100
REASON = "not within a transaction of a ModSecurity audit log"


class ModSecurity:
    """modsec_audit.log (serial, native format)."""

    name = "modsecurity"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the boundary that begins a transaction, and its head line."""
        lines = head_lines(given)
        for first, second in pairwise(lines):
            if (found := _BOUNDARY.match(first)) and found["part"] == "A" and _HEAD.match(second):
                return 97
        return 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a transaction; one that does not end (cut off) is an event of what there is."""
        stamps = Stamps(given)
        held: _Transaction | None = None
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for number, line in enumerate(block.lines, block.number):
                mark = _BOUNDARY.match(line) if line.startswith("--") else None
                if mark and mark["part"] == "A" and (held is None or held.id != mark["id"]):
                    if held:
                        yield held.event(stamps)
                    held = _Transaction(mark["id"], number)
                if held is None:
                    if line and not line.isspace():
                        yield ReadProblem(number, REASON, None, line[:EXCERPT])
                    continue
                is_own = mark is not None and mark["id"] == held.id
                held.take(line, mark["part"] if mark and is_own else "")
                if mark and is_own and mark["part"] == "Z":
                    yield held.event(stamps)
                    held = None
        if held:
            yield held.event(stamps)


class _Transaction:
    def __init__(self, boundary: str, number: int) -> None:
        self.id, self._number, self._size, self._part = boundary, number, 0, ""
        self._lines: list[str] = []
        self._parts: dict[str, list[str]] = {}
        self._truncated = False

    def take(self, line: str, part: str) -> None:
        if part:
            self._part = part
            self._parts.setdefault(part, [])
        if len(self._lines) >= MAX_LINES or self._size + len(line) > MAX_CHARACTERS:
            self._truncated = True
            if self._part != "H" or len(self._parts["H"]) >= MAX_RULES:  # the verdict comes after the bodies
                return
        self._lines.append(line[:MAX_CHARACTERS])
        self._size += len(line)
        if not part:
            self._parts.setdefault(self._part, []).append(line[:MAX_CHARACTERS])

    def event(self, stamps: Stamps) -> Event:
        fields: dict[str, Any] = {"transaction": self.id}
        if self._truncated:
            fields["truncated"] = True
        head = next((found for line in self._parts.get("A", ()) if (found := _HEAD.match(line))), None)
        url = self._request(fields)
        blocked = self._verdict(fields)
        for line in self._parts.get("F", ()):
            if status := _STATUS.match(line):
                fields["sc-status"] = int(status[1])
                break
        host = str(fields.get("cs-host", "")).partition(":")[0].lower().rstrip(".")
        if head:
            fields["unique_id"] = head["unique"]
        return Event(
            stamps.clf(re.sub(r"\.\d+", "", head["stamp"])) if head else None, self._number, "\n".join(self._lines), "webserver",
            "modsecurity", "audit", src_ip=address(head["ip"]) if head else "", src_port=port(head["port"]) if head else 0,
            dst_ip=address(head["dst_ip"]) if head else "", dst_port=port(head["dst_port"]) if head else 0,
            domain=host if "." in host and not address(host) else "", url=url, action="request",
            outcome="failure" if blocked or int(fields.get("sc-status", 0)) >= 400 else "success", fields=fields,
        )  # fmt: skip

    def _request(self, fields: dict[str, Any]) -> str:
        lines = self._parts.get("B", [])
        found = _REQUEST.match(lines[0]) if lines else None
        for line in lines[1:200]:
            name, mark, value = line.partition(":")
            if mark and (ours := _NAMED.get(name.lower())):
                fields.setdefault(ours, value.strip())
        if body := "\n".join([*self._parts.get("C", []), *self._parts.get("I", [])]).strip():
            fields["request-body"] = body
        if found is None:
            return ""
        stem, mark, query = found["url"].partition("?")
        fields |= {"cs-method": found["method"], "cs-uri-stem": stem}
        if mark:
            fields["cs-uri-query"] = query
        return found["url"]

    def _verdict(self, fields: dict[str, Any]) -> bool:
        """The rules that matched, and whether the request was stopped."""
        blocked = False
        rules: list[dict[str, str]] = []
        for line in self._parts.get("H", ()):
            name, _, value = line.partition(": ")
            if name == "Action" and value.startswith("Intercepted"):
                blocked = True
            elif (name == "Message" or "ModSecurity:" in line[:40]) and len(rules) < MAX_RULES:
                tags = _TAG.findall(line[:16_384])
                rules.append(dict(reversed(tags)) | {"text": value[:1024]})
                blocked = blocked or "Access denied" in line
            elif name in ("Server", "Producer", "Engine-Mode", "Apache-Handler"):
                fields[name] = value.strip().strip('"')
        if rules:
            fields["rules"] = rules
            fields["rule_id"] = [rule["id"] for rule in rules if "id" in rule]
            fields["rule_msg"] = [rule["msg"] for rule in rules if "msg" in rule]
        return blocked
