# ruff: noqa: E501 - a pattern is read whole
"""Suricata's and Snort's fast.log: one alert a line, without the packet.

11/23/2026-10:29:01.860293  [**] [1:2200074:2] TITLE [**] [Classification: TEXT] [Priority: 3] {TCP} 192.0.2.1:28487 -> 192.0.2.2:80
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from atttcli.model.alert import Alert, Origin
from atttcli.model.observable import Observable, ObservableType
from atttcli.model.severity import from_suricata
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.address import address_port
from atttcli.sources.logs.eve import Networks, category_of, own_networks, victim_of
from atttcli.sources.logs.lines import head_lines, read_blocks
from atttcli.sources.logs.stamps import Stamps

_LINE = re.compile(
    r"(?P<month>\d\d)/(?P<day>\d\d)(?:/(?P<year>\d{2,4}))?-(?P<clock>\d\d:\d\d:\d\d)\.(?P<fraction>\d{1,6}) {1,2}(?:\[(?P<did>[A-Za-z]{1,12})\] )?"
    r"\[\*\*\] \[(?P<gid>\d{1,9}):(?P<sid>\d{1,10}):(?P<rev>\d{1,6})\] (?P<title>.{0,512}?) \[\*\*\] "
    r"(?:\[Classification: (?P<class>[^\]]{0,200})\] )?\[Priority: (?P<priority>\d)\] \{(?P<proto>[^{}]{1,24})\} (?P<src>\S{2,60}) -> (?P<dst>\S{2,60})"
)  # fmt: skip


class FastLog:
    """fast.log."""

    name = "suricata-fast"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the share of the first lines of that form."""
        lines = head_lines(given, 30)
        hits = sum(1 for line in lines if _LINE.match(line))
        return 96 * hits // len(lines) if hits * 3 >= len(lines) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Alert a line."""
        stamps = Stamps(given)
        own = own_networks(given)
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for index, line in enumerate(block.lines):
                if line and not line.isspace():
                    found = _LINE.match(line)
                    origin = Origin(given.sha256, given.path, block.number + index)
                    yield (
                        _alert(found, line, origin, stamps, own) if found else block.problem(index, "no fast.log line")
                    )


def _alert(found: re.Match[str], line: str, origin: Origin, stamps: Stamps, own: Networks) -> Alert:
    (source, source_port), (target, target_port) = address_port(found["src"]), address_port(found["dst"])
    rule_id = f"{found['gid']}:{found['sid']}"
    detail = {
        "src_ip": source, "src_port": source_port, "dest_ip": target, "dest_port": target_port, "proto": found["proto"],
        "alert": {"gid": int(found["gid"]), "signature_id": int(found["sid"]), "rev": int(found["rev"]),
                  "signature": found["title"], "category": found["class"] or "", "severity": int(found["priority"])},
    }  # fmt: skip
    return Alert(
        kind="eve",
        rule_id=rule_id,
        title=found["title"] or rule_id,
        severity=from_suricata(int(found["priority"])),
        origin=origin,
        occurrence="line:" + hashlib.blake2b(line.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest(),
        time=_time(found, stamps),
        key=f"{source}>{target}",
        category=category_of(found["class"] or ""),
        victim=victim_of(source, target, own),
        sender="suricata",
        tags=tuple(word for word in (found["proto"].lower(), (found["did"] or "").lower()) if word),
        observables=tuple(
            Observable(ObservableType.IPV6 if ":" in value else ObservableType.IPV4, value, role)
            for value, role in ((source, "source"), (target, "target"))
            if value
        ),
        why=(found["class"],) if found["class"] else (),
        detail=detail,
    )


def _time(found: re.Match[str], stamps: Stamps) -> int | None:
    year = found["year"]
    if year:
        year = f"20{year}" if len(year) == 2 else year
        time = stamps.iso(f"{year}-{found['month']}-{found['day']}T{found['clock']}")
    else:
        names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        month = int(found["month"])
        time = stamps.yearless(names[month - 1] if 0 < month < 13 else "", found["day"], found["clock"])
    return time if time is None else time + int(found["fraction"].ljust(6, "0"))
