"""Taking old events away: whole segments, and a segment astride the cutoff is written anew without its old part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from atttcli.archive.layout import DIGEST_BYTES, SegmentInfo
from atttcli.archive.reading import read_segment, segment_digests
from atttcli.archive.writing import BLOCK, SegmentWriter
from atttcli.model.event import Event


@dataclass(frozen=True, slots=True)
class Purged:
    """What became of one segment: `kept` replaces `old` (None: nothing is left of it); `removed` events are gone.

    The old file still stands: commit the change to the store first, then call `remove`.
    """

    old: SegmentInfo
    kept: SegmentInfo | None
    removed: int


def purge(folder: Path, segments: Iterator[SegmentInfo] | list[SegmentInfo], cutoff: int) -> Iterator[Purged]:
    """For every segment with events before `cutoff` (microseconds): what is left of it, already durable."""
    for segment in segments:
        if not _touched(segment, cutoff):
            continue
        kept = _rewritten(folder, segment, cutoff)
        yield Purged(segment, kept, segment.count - (kept.count if kept else 0))


def remove(folder: Path, purged: Purged) -> None:
    """Delete the old file, and the folders of days that are empty now."""
    path = folder / purged.old.path
    if purged.kept is not None and purged.kept.path == purged.old.path:
        return
    path.unlink(missing_ok=True)
    for parent in path.parents:
        if parent == folder or any(parent.iterdir()):
            break
        parent.rmdir()


def _touched(segment: SegmentInfo, cutoff: int) -> bool:
    old_undated = segment.undated and segment.header.moment is not None and segment.header.moment < cutoff
    return bool(old_undated) or (segment.time_min is not None and segment.time_min < cutoff)


def _rewritten(folder: Path, segment: SegmentInfo, cutoff: int) -> SegmentInfo | None:
    moment = segment.header.moment
    undated_kept = segment.undated and (moment is None or moment >= cutoff)
    if not undated_kept and (segment.time_max is None or segment.time_max < cutoff):
        return None
    path = folder / segment.path
    digests = segment_digests(path)
    with SegmentWriter(folder, segment.header) as writer:
        block: list[Event] = []
        kept = bytearray()
        for number, event in enumerate(read_segment(path)):
            dated = event.time if event.time is not None else moment
            if dated is not None and dated < cutoff:
                continue
            block.append(event)
            kept += digests[number * DIGEST_BYTES : (number + 1) * DIGEST_BYTES]
            if len(block) >= BLOCK:
                writer.add(block, bytes(kept))
                block, kept = [], bytearray()
        writer.add(block, bytes(kept))
        return writer.close()
