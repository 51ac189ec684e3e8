"""The text that a collector writes without Python: its manifest, and its tables as the lines that a bundle has.

Everything in it was written on a machine that may be in an attacker's hands and carried without a signature. Tables are
tab-separated; what is not printable ASCII, and `%`, stands as %XX byte by byte. A line that is none is handed on as it is, so
that it is counted and told where a bundle's own bad lines are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from atttcli.clock import to_micros
from atttcli.errors import BundleRefused
from atttcli.field import strict_json
from atttcli.field.account import DENIED, NO_TIME, TOO_LARGE
from atttcli.field.bundle import lines
from atttcli.field.collected import FORMAT, MANIFEST, NAME
from atttcli.field.examine import FileFinding
from atttcli.field.host.rules import RULES
from atttcli.field.manifest import Coverage, Host, MachineClock, Manifest, RuleSet, read_manifest
from atttcli.field.records import HostRecord, KnownBad, finding_records, host_record
from atttcli.field.strict_json import NotCanonical, plain
from atttcli.fleet.kits import Kit

MOST_FILES: Final = 1000
MOST_BYTES: Final = 1 << 30
MAX_MANIFEST: Final = 4 * 1024 * 1024
_ESCAPE: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_DIGEST: Final = re.compile(r"(?:[0-9a-f]{64}|[0-9a-f]{32})\Z")
_SHA256: Final = re.compile(r"[0-9a-f]{64}\Z")
_SUM: Final = re.compile(r"(?:-|[0-9a-f]{32,64})\Z")
_SIZE: Final = re.compile(r"[0-9]{1,15}\Z")
_ZONE: Final = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})\Z")
_VIETNAM: Final = 420  # minutes east: of a machine that does not say
_SCALARS: Final = frozenset(
    ("kit", "agency", "host", "os", "arch", "machine", "tool", "started", "ended", "zone", "rules_digest", "rules_version",
     "rules_count", "complete", "stopped", "left")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the digest list. `digest` is SHA-256, or MD5 from a machine that has nothing better."""

    name: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy of a log. `path`: where it stood on the machine; `whole`, or only its tail."""

    name: str
    path: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What a collector's manifest says."""

    scalars: Mapping[str, str]
    files: tuple[Listed, ...]
    logs: tuple[Copied, ...]
    holes: tuple[tuple[str, str], ...]


def decode(text: str) -> str:
    """The value behind %XX; bytes that are no UTF-8 become surrogates, as Python gives such file names."""
    data = _ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), text.encode("ascii", "replace"))
    return data.decode("utf-8", "surrogateescape")


def wrong(message: str) -> BundleRefused:
    """This archive is not what a collector wrote."""
    return BundleRefused(message, fault="content", hint="ask for the file as the collector wrote it, or run it again")


def read_said(data: bytes) -> Said:
    """The manifest of a collector's result; BundleRefused for anything that is not exactly one."""
    try:
        rows = [line.split("\t") for line in data.decode("ascii").replace("\r\n", "\n").rstrip("\n").split("\n")]
    except UnicodeDecodeError:
        raise wrong("the collector's manifest holds bytes that no collector writes") from None
    if rows[0] != [FORMAT]:
        raise wrong("the collector's manifest is of another format")
    _whole(data, rows.pop())
    scalars: dict[str, str] = {}
    files: dict[str, Listed] = {}
    logs: list[Copied] = []
    holes: list[tuple[str, str]] = []
    for number, row in enumerate(rows[1:], 2):
        if row[0] == "file" and len(row) == 4:
            _add_file(files, row, number)
        elif row[0] == "log" and len(row) == 4:
            logs.append(Copied(row[1], plain(decode(row[3]))[:4096], row[2] == "whole"))
        elif row[0] == "hole" and len(row) == 3:
            holes.append((plain(decode(row[1]))[:4096] or "/", plain(decode(row[2]))[:256]))
        elif row[0] in _SCALARS and len(row) == 2 and row[0] not in scalars:
            scalars[row[0]] = plain(decode(row[1]))
        else:
            raise wrong(f"line {number} of the collector's manifest is none")
    if missing := _SCALARS - scalars.keys():
        raise wrong(f"the collector's manifest does not say {min(missing)}")
    copied = tuple(one for one in logs if one.name in files and one.name.startswith("logs/"))
    return Said(scalars, tuple(files.values()), copied, tuple(holes))


def _whole(data: bytes, last: list[str]) -> None:
    """The last line is the digest of those before it: the list of digests is not its own."""
    before = data[: data.rstrip(b"\r\n").rfind(b"\n") + 1]
    sums = (hashlib.sha256(before).hexdigest(), hashlib.md5(before, usedforsecurity=False).hexdigest())
    if len(last) != 2 or last[0] != "end" or last[1] not in sums:
        raise wrong("the collector's manifest was changed or cut short")


def _add_file(files: dict[str, Listed], row: list[str], number: int) -> None:
    name, size, digest = row[1:]
    if not NAME.match(name) or name == MANIFEST or not _SIZE.match(size) or not _DIGEST.match(digest):
        raise wrong(f"line {number} of the collector's manifest is none")
    if name in files or len(files) >= MOST_FILES:
        raise wrong(f"line {number} of the collector's manifest lists {name} again, or too many files")
    files[name] = Listed(name, int(size), digest)
    if sum(one.size for one in files.values()) > MOST_BYTES:
        raise wrong("the collector's manifest lists more than 1 GiB")


@dataclass(slots=True)
class FileCount:
    """What became of the files, counted from the table of names and hashes."""

    ok: int = 0
    large: int = 0
    failed: int = 0

    def add(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Counts while the table is read by somebody else."""
        waiting = b""
        for piece in pieces:
            yield piece
            *whole, waiting = (waiting + piece).split(b"\n")
            waiting = waiting[:100]
            for line in whole:
                state = line.partition(b"\t")[0]
                self.ok += state == b"ok"
                self.large += state == b"large"
                self.failed += state == b"failed"


def manifest_of(said: Said, kit: Kit, counted: FileCount, findings: int) -> Manifest:
    """The manifest in the form that a bundle has, read by the same strict reader."""
    told = said.scalars
    holes = tuple(sorted(set(said.holes)))[:1000]
    left = _number(told["left"])
    skipped = {name: count for name, count in ((TOO_LARGE, counted.large), (NO_TIME, left)) if count}
    complete = told["complete"] == "yes" and not said.holes and not counted.failed and not left
    account = {
        "found": counted.ok + counted.large + counted.failed + left, "scanned": counted.ok, "unchanged": 0, "bytes_scanned": 0,
        "members": 0, "member_problems": 0, "matches": findings, "skipped": skipped,
        "failed": {DENIED: counted.failed} if counted.failed else {}, "complete": complete, "stopped": told["stopped"][:256],
    }  # fmt: skip
    started = _moment(told["started"])
    manifest = Manifest(
        kit=told["kit"], agency=told["agency"], host=Host(told["host"][:255], told["os"], told["arch"], told["machine"]),
        sequence=1, previous="", centre=kit.centre.hex(), started=started, made=max(started, _moment(told["ended"])),
        account=account, clock=MachineClock(_zone(told["zone"]), kit.issued), tool=told["tool"][:64],
        rules=RuleSet(told["rules_digest"], told["rules_version"][:64], _number(told["rules_count"])),
        coverage=Coverage(complete, holes, len(said.holes) - len(holes)),
    )  # fmt: skip
    try:
        return read_manifest(strict_json.dumps(manifest.to_json()))
    except (BundleRefused, NotCanonical) as error:
        raise wrong(f"the collector's manifest is none: {error}") from None


def _number(text: str) -> int:
    if not _SIZE.match(text):
        raise wrong("the collector's manifest holds a number that is none")
    return int(text)


def _moment(text: str) -> int:
    try:
        return to_micros(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC))
    except ValueError:
        raise wrong("the collector's manifest holds a time that is none") from None


def _zone(text: str) -> int:
    found = _ZONE.match(text)
    minutes = int(found[2]) * 60 + int(found[3]) if found else _VIETNAM
    return (-minutes if found and found[1] == "-" else minutes) if minutes < 1440 else _VIETNAM


def findings_json(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The table of what was found on the spot as a bundle's findings."""
    return _converted(pieces, _finding)


def host_json(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The table of what was seen on the host as a bundle's observations."""
    return _converted(pieces, _host)


def file_rows(pieces: Iterator[bytes], most: int = 200_000) -> Iterator[tuple[int, tuple[str, str, str, str]]]:
    """(line number, (path, sha256, md5, sha1)) of the table of names and hashes, "" for what was not computed.

    Lines that are none are passed over, and at most `most` are looked at.
    """
    for line in lines(pieces):
        if line.number > most:
            return
        row = (line.data or b"").rstrip(b"\r").decode("ascii", "replace").split("\t")
        if len(row) == 7 and all(_SUM.match(one) for one in row[1:4]):
            sha256, md5, sha1 = ("" if one == "-" else one for one in row[1:4])
            if all(len(one) in (0, size) for one, size in ((sha256, 64), (md5, 32), (sha1, 40))):
                yield line.number, (plain(decode(row[6]))[:4096], sha256, md5, sha1)


def _converted(pieces: Iterator[bytes], convert: Callable[[list[str]], dict[str, object]]) -> Iterator[bytes]:
    for line in lines(pieces):
        data = line.data
        if data is None:
            yield b"a line that is too long\n"
            continue
        try:
            yield strict_json.dumps(convert(data.rstrip(b"\r").decode("ascii").split("\t"))) + b"\n"
        except (ValueError, NotCanonical):  # UnicodeDecodeError is a ValueError
            yield data[:1000] + b"\n"


def _finding(row: list[str]) -> dict[str, object]:
    kind, value, severity, category, source, description, sha256, _md5, size, path = row
    known = KnownBad(kind, decode(value), decode(source), decode(description), decode(category), _small(severity))
    found = FileFinding(decode(path), "", "" if sha256 == "-" else sha256, int(size) if _SIZE.match(size) else 0, ())
    return next(finding_records(found, (known,)))


def _host(row: list[str]) -> dict[str, object]:
    check, kind, subject, rule, severity, title, *pairs = row
    detail: dict[str, object] = {}
    for pair in pairs[:40]:
        key, _, value = decode(pair).partition("=")
        detail[plain(key)[:64]] = plain(value)[:4096]
    record = HostRecord(check, kind, decode(subject), detail, rule, decode(title), _small(severity))
    known = RULES.get(rule)
    if known is not None:  # what a rule means is said here, not on the machine
        record = record._replace(title=known.title, severity=known.severity, category=known.category)
    return host_record(record)


def _small(text: str) -> int:
    if text not in ("0", "1", "2", "3", "4"):
        raise ValueError(text)
    return int(text)
