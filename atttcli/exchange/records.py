"""A bundle's records as what the centre makes of its own: detections of files and of the host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from atttcli.engines.indicators.findings import describe_file
from atttcli.engines.yara import detection_of
from atttcli.field.examine import FileFinding
from atttcli.field.manifest import Manifest
from atttcli.field.records import HostRecord, KnownBad
from atttcli.model.alert import Detection, Origin
from atttcli.model.observable import Indicator, ObservableType
from atttcli.model.severity import Severity

HOST_ENGINE = "host"
MOST_RECORDS: Final = 100_000  # of one member: a stolen key must not bury the desk


class FirstLines:
    """The pieces of a member up to so many line ends. What comes after is only counted: 200 MiB of line ends fit into
    200 KB of a bundle, and taking each as a line would take minutes.
    """

    def __init__(self, pieces: Iterable[bytes], most: int = MOST_RECORDS) -> None:
        self._pieces, self._left = pieces, most
        self.left_out = 0

    def __iter__(self) -> Iterator[bytes]:
        last = b""
        for piece in self._pieces:
            count = piece.count(b"\n")
            last = piece[-1:] or last
            if self._left and count >= self._left:
                end = _after(piece, self._left)
                yield piece[:end]
                self.left_out += count - self._left
                self._left, last = 0, piece[max(end, len(piece) - 1) :] or b"\n"
            elif self._left:
                self._left -= count
                yield piece
            else:
                self.left_out += count
        if not self._left:
            self.left_out += last not in (b"", b"\n")


def _after(piece: bytes, count: int) -> int:
    """The place behind so many line ends."""
    return len(piece) - len(piece.split(b"\n", count)[count])


def file_detections(found: FileFinding, known: tuple[KnownBad, ...], manifest: Manifest) -> Iterator[Detection]:
    """What a kit found in one file: a detection for each rule and for each indicator."""
    pack = manifest.rules.digest
    for hit in found.hits:
        yield detection_of(hit, found.path, found.sha256, pack)
    for one in known:
        yield _known(one, Origin(found.sha256, found.path), pack)


def host_detection(record: HostRecord, pack: str) -> Detection:
    """A hit of a host check."""
    return Detection(
        engine=HOST_ENGINE,
        rule_id=record.rule,
        title=record.title or record.rule,
        severity=Severity(record.severity),
        origin=Origin("", record.subject),
        pack=pack,
        key=f"{record.check}|{record.subject}",
        tags=(str(technique),) if (technique := record.detail.get("technique")) else (),
        why=tuple(_why(record)),
        detail={"check": record.check, "subject": record.subject, "seen": record.detail, "category": record.category},
    )


def _why(record: HostRecord) -> Iterator[str]:
    """Where, why it is suspicious, and what looks the same without being it."""
    yield f"{record.check}: {record.subject}"
    if record.detail.get("why"):
        yield str(record.detail["why"])
    if record.detail.get("innocent"):
        yield f"innocent: {record.detail['innocent']}"


def _known(one: KnownBad, origin: Origin, pack: str) -> Detection:
    if one.type in {"md5", "sha1", "sha256"}:
        kind = ObservableType(one.type)
        value = one.value.lower()
        said = Indicator(kind, value, one.source, one.description, one.kind, severity=one.severity)
        return describe_file((kind, value), (said,), origin, None, pack)
    return Detection(
        engine="indicator",
        rule_id=f"{one.type}:{one.value}",
        title=f"{one.kind}: {one.value}" + (f" ({one.description})" if one.description else ""),
        severity=Severity(one.severity),
        origin=origin,
        pack=pack,
        key=f"{one.value}|",
        tags=(one.kind,),
        why=(f"{one.type} = {one.value}", f"source: {one.source}"),
        detail={"field": one.type, "matched": one.value, "source": one.source},
    )
