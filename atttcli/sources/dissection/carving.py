"""Chosen flows of a capture as small pcaps of their own, in one pass: bounded in number and bytes, names made here.

A flow inside a tunnel is kept with the tunnel's headers, as the frames stood on the wire. Of a datagram that came in fragments
only the last fragment is known to belong to the flow.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from atttcli.source import ReadProblem
from atttcli.sources.capture import Decoder, Record, read_records
from atttcli.sources.dissection.flows import Flow, flow_of
from atttcli.sources.dissection.writing import PcapWriter

MOST_FLOWS: Final = 1000
MOST_FLOW: Final = 16 << 20  # bytes of one flow
MOST_BYTES: Final = 1 << 30  # bytes of all of them
PART: Final = ".part"
_BLOCK: Final = 16 << 10
_MOST_NAMES: Final = 1000


@dataclass(slots=True)
class Saved:
    """One flow that was written. `cut` says that it went on beyond what is kept."""

    path: Path
    flow: Flow
    begun: int
    writer: PcapWriter | None = None
    cut: bool = False


class _Appended:
    """A file that is written in blocks and open only while one is: a thousand flows are not a thousand open files."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        self._held += data
        if len(self._held) >= _BLOCK:
            self.flush()
        return len(data)

    def flush(self) -> None:
        if self._held:
            with self._path.open("ab") as stream:
                stream.write(self._held)
            self._held.clear()


@dataclass(slots=True)
class Carver:
    """Flows wanted by `want`, written to `folder` by `carve`. `left` counts those beyond the limits. With `apart` a file has
    `.part` in its name until it is whole.
    """

    folder: Path
    most_flows: int = MOST_FLOWS
    most_flow: int = MOST_FLOW
    most_bytes: int = MOST_BYTES
    left: int = 0
    apart: bool = False
    written: int = 0
    count: int = 0
    _wanted: dict[Flow, list[tuple[int, str]]] = field(default_factory=dict)
    _made: dict[tuple[Flow, int], tuple[Saved, _Appended]] = field(default_factory=dict)

    def want(self, flow: Flow, begun: int, name: str) -> None:
        """This flow, which began then (microseconds); `name` is that of the file, without its suffix."""
        known = self._wanted.setdefault(flow, [])
        if any(one == begun for one, _name in known):
            return
        if self.count >= self.most_flows:
            self.left += 1
            return
        self.count += 1
        known.append((begun, name))
        known.sort()

    def carve(self, stream: BinaryIO, path: str) -> Iterator[Saved | ReadProblem]:
        """Write what is wanted and found in this capture; each flow once, when the capture was read. OSError as it comes."""
        yield from self.read(stream, path)
        yield from self.done()

    def read(self, stream: BinaryIO, path: str) -> Iterator[ReadProblem]:
        """The next file of a capture that is cut into several."""
        decoder = Decoder()
        for record in read_records(stream, path):
            if isinstance(record, ReadProblem):
                yield record
                continue
            packet = decoder.decode(record)
            while packet is not None:
                self._take(flow_of(packet), record, self._made)
                packet = packet.inner

    def done(self) -> Iterator[Saved]:
        """The capture was read to its end: its flows stand in their files."""
        for saved, out in self._made.values():
            out.flush()
            if self.apart:
                saved.path = saved.path.replace(saved.path.with_name(saved.path.name.partition(PART)[0] + ".pcap"))
            yield saved
        self._made.clear()

    def forget(self) -> None:
        """The next capture has flows of its own."""
        self._wanted.clear()

    def _take(self, flow: Flow, record: Record, made: dict[tuple[Flow, int], tuple[Saved, _Appended]]) -> None:
        chosen = None
        for begun, name in self._wanted.get(flow, ()):
            if begun <= record.time:  # the same ends may talk again: a frame belongs to the conversation begun last
                chosen = begun, name
        if chosen is None:
            return
        known = made.get((flow, chosen[0]))
        if known is None:
            target = _fresh(self.folder, chosen[1] + PART if self.apart else chosen[1])
            out = _Appended(target)
            known = made[flow, chosen[0]] = Saved(target, flow, chosen[0]), out
            known[0].writer = PcapWriter(out, record.link)  # type: ignore[arg-type]
        saved, _out = known
        assert saved.writer is not None
        room = min(self.most_flow - saved.writer.bytes, self.most_bytes - self.written)
        if len(record.data) + 16 > room:
            saved.cut = True
            return
        saved.writer.add(record)
        self.written += len(record.data) + 16


def _fresh(folder: Path, name: str) -> Path:
    """A file that was not there, made empty; OSError when none can be made."""
    for number in range(1, _MOST_NAMES):
        path = folder / (f"{name}.pcap" if number == 1 else f"{name}-{number}.pcap")
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            return path
    raise FileExistsError(f"{folder / name}.pcap and its like exist already")
