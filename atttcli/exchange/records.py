"""A bundle's records as what the centre makes of its own: detections of files and of the host."""

from __future__ import annotations

from collections.abc import Iterator

from atttcli.engines.indicators.findings import describe_file
from atttcli.engines.yara import detection_of
from atttcli.field.examine import FileFinding
from atttcli.field.manifest import Manifest
from atttcli.field.records import HostRecord, KnownBad
from atttcli.model.alert import Detection, Origin
from atttcli.model.observable import Indicator, ObservableType
from atttcli.model.severity import Severity

HOST_ENGINE = "host"


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
