"""What stands before a device's own words: priority, stamp, host and tag, in the many ways in which devices write them.

<189>date=2026-11-23 ...                                   nothing but a priority
Nov 23 10:00:00 gw firewall,info ...                       RFC 3164 with a host, or without
<166>Nov 23 2026 10:00:00 asa01 : %ASA-6-302013: ...       Cisco's year and lone colon
<134>1 2026-11-23T10:00:00+07:00 fw filterlog 12 - - ...   RFC 5424
2026:11:23-10:00:00 utm ulogd[123]: id="2001" ...          Sophos UTM
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from atttcli.sources.logs.stamps import ISO, Stamps

_BSD = re.compile(
    r"(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2})(?: (?P<year>\d{4}))? (?P<clock>\d\d:\d\d:\d\d)(?:[.,]\d{1,9})?"
    r"(?: (?P<late>\d{4}))?(?: [A-Z]{3,4}(?=:))?:? "
)
_ISO = re.compile(rf"(?P<stamp>{ISO}):? ")
_UTM = re.compile(r"(\d{4}):(\d\d):(\d\d)-(\d\d:\d\d:\d\d) ")
_PRI = re.compile(r"<(\d{1,3})>:? ?(?:\d{1,10}: )?[*.]?")
_5424 = re.compile(
    rf"1 (?P<stamp>-|{ISO}) (?P<host>\S{{1,255}}) (?P<program>\S{{1,48}}) (?P<pid>\S{{1,128}}) \S{{1,64}} ?"
)
_SD = re.compile(r"(?:-|\[[^\s\]=\"]{1,64}(?: [^\s\]=\"]{1,64}=\"(?:[^\"\\]|\\.)*+\")*+\])(?=[ \[]|\Z)")
_TAG = re.compile(r"(?P<program>[A-Za-z][\w./-]{0,63})(?:\[(?P<pid>\d{1,10})\])?: ")
_SEQUENCE = re.compile(r"\A\d{1,10}: (?=%)")  # of Cisco IOS
_NO_HOST = re.compile(r"[=,%\"]|:\Z|\A\[|\A\Z|\A:\Z")


@dataclass(slots=True)
class Envelope:
    """A line taken apart; `time` is None where it has no stamp before the body."""

    time: int | None
    host: str
    program: str
    body: str


def opened(line: str, stamps: Stamps) -> Envelope:
    """The line's envelope; a line without one is all body."""
    text = line.strip("\0\ufeff")
    if found := _PRI.match(text):
        text = text[found.end() :]
        if modern := _5424.match(text):
            return _modern(modern, text[modern.end() :], stamps)
    time, rest, dated = _stamp(text, stamps)
    if not dated:
        tag = _TAG.match(text)
        return Envelope(None, "", tag["program"], text[tag.end() :]) if tag else Envelope(None, "", "", text)
    host, blank, after = rest.partition(" ")
    if not blank or _NO_HOST.search(host):
        host, after = "", rest
    after = _SEQUENCE.sub("", after.removeprefix(": ").lstrip(" "), count=1)
    if tag := _TAG.match(after):
        return Envelope(time, host, tag["program"], after[tag.end() :])
    return Envelope(time, host, "", after)


def _modern(found: re.Match[str], rest: str, stamps: Stamps) -> Envelope:
    while element := _SD.match(rest):
        rest = rest[element.end() :]
        if element[0] == "-":
            break
    time = None if found["stamp"] == "-" else stamps.iso(found["stamp"])
    host, program = (("" if found[name] == "-" else found[name]) for name in ("host", "program"))
    return Envelope(time, host, program, rest.lstrip(" ").removeprefix("\ufeff"))


def _stamp(text: str, stamps: Stamps) -> tuple[int | None, str, bool]:
    """(time, what follows, whether there was a stamp)."""
    if found := _BSD.match(text):
        year = found["year"] or found["late"]
        if year:
            time = stamps.clf(f"{int(found['day']):02d}/{found['month']}/{year}:{found['clock']}")
        else:
            time = stamps.yearless(found["month"], found["day"], found["clock"])
        return time, text[found.end() :], True
    if found := _ISO.match(text):
        return stamps.iso(found["stamp"]), text[found.end() :], True
    if found := _UTM.match(text):
        return stamps.iso(f"{found[1]}-{found[2]}-{found[3]} {found[4]}"), text[found.end() :], True
    return None, text, False


def unstamped(line: str) -> Envelope:
    """As `opened`, when only the body is wanted: recognising a format must not note an assumed year or zone."""
    return opened(line, NO_CLOCK)


class _NoClock(Stamps):
    def __init__(self) -> None:
        """Reads no stamp: no input is needed."""

    def clf(self, text: str) -> int | None:
        return None

    def iso(self, text: str) -> int | None:
        return None

    def yearless(self, month: str, day: str, clock: str) -> int | None:
        return None


NO_CLOCK = _NoClock()
