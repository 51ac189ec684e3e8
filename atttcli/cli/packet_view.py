"""One packet and its flow for the duty officer: found in a capture, taken apart, shown, and written out as a small pcap."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from atttcli.cli import render
from atttcli.cli.matching import Rows
from atttcli.clock import local_text, parse_moment, rfc3339
from atttcli.errors import Conflict, InputError, NotFound, Where, WorkspaceError
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.source import ReadProblem
    from atttcli.sources.capture import Packet, Record
    from atttcli.sources.dissection.flows import Flow, Framed
    from atttcli.sources.dissection.layers import Dissection
    from atttcli.sources.dissection.writing import PcapWriter

MOST_FRAMES: Final = 100_000
_LISTED: Final = 40
_PREVIEW: Final = 48
_WIDTH: Final = 96


@dataclass(slots=True)
class Shown:
    """What was found: the frame asked for, its flow (None: no IP), and the first frames of the flow as rows.

    `record` is what is taken apart: the frame itself, or what it acknowledged (`look_up(content=True)`).
    """

    path: str
    framed: Framed
    record: Record
    flow: Flow | None
    dissection: Dissection | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    frames: int = 0
    bytes: int = 0
    cut: bool = False
    problems: list[ReadProblem] = field(default_factory=list)
    written: dict[str, Any] | None = None


def look_up(
    path: str,
    wanted: Callable[[Framed], bool],
    missing: str,
    output: Path | None = None,
    content: bool = False,
    most: int = MOST_FRAMES,
) -> Shown:
    """Find the frame, then its flow. NotFound with `missing` when the capture has no such frame.

    `content`: a rule over a stream fires when its bytes are acknowledged, so the frame that fired is often an empty one;
    then the last bytes that its receiver sent before it are what people ask for.
    """
    from atttcli.sources.dissection.flows import find_frame, flow_of
    from atttcli.sources.dissection.layers import dissect

    problems: list[ReadProblem] = []
    with opened_capture(path) as stream:
        framed = find_frame(stream, path, wanted, problems)
    if framed is None:
        raise NotFound(missing, hint=problems[-1].reason if problems else "atttcli capture show FILE lists its flows")
    packet = framed.packet
    shown = Shown(path, framed, framed.record, flow_of(packet) if packet is not None else None)
    content = content and packet is not None and not packet.payload
    if output is None:
        _gather(shown, None, content, most)
    else:
        _write(shown, output, content, most)
    shown.dissection = dissect(shown.record)
    return shown


def _gather(shown: Shown, writer: PcapWriter | None, content: bool, most: int) -> None:
    from atttcli.sources.dissection.flows import frames_of

    record, packet = shown.framed
    if shown.flow is None or packet is None:
        shown.frames, shown.bytes = 1, len(record.data)
        if writer is not None:
            writer.add(record)
        return
    shown.problems.clear()
    with opened_capture(shown.path) as stream:
        for one, decoded in frames_of(stream, shown.path, shown.flow, shown.problems, most):
            if shown.frames >= most:
                shown.cut = True
                break
            shown.frames += 1
            shown.bytes += len(one.data)
            if content and decoded.payload and one.number < record.number and decoded.src == packet.dst:
                shown.record = one
            if len(shown.rows) < _LISTED or one.number == record.number:
                shown.rows.append(_row(one, decoded))
            if writer is not None:
                writer.add(one)


def _row(record: Record, packet: Packet) -> dict[str, Any]:
    from atttcli.sources.dissection.flows import ends_of, flags_of

    source, target = ends_of(packet)
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in packet.payload[:_PREVIEW])
    return {
        "number": record.number,
        "time": stamp(record.time),
        "source": str(source),
        "target": str(target),
        "flags": flags_of(packet),
        "length": len(record.data),
        "payload": len(packet.payload),
        "preview": text,
    }


def _write(shown: Shown, output: Path, content: bool, most: int) -> None:
    """The flow's frames in a new file, whole or not at all."""
    from atttcli.sources.dissection.writing import PcapWriter

    if os.path.lexists(output):
        raise Conflict(f"{output} exists already", hint="name another file")
    beside = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with beside.open("xb") as stream:
            writer = PcapWriter(stream, shown.framed.record.link)
            _gather(shown, writer, content, most)
        beside.replace(output)
    except OSError as error:
        raise WorkspaceError(
            f"{output} cannot be written: {error.strerror}", hint="name another file: -o PATH"
        ) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    shown.written = {"path": str(output), "frames": writer.frames, "bytes": writer.bytes, "sha256": writer.sha256}


@contextmanager
def opened_capture(path: str) -> Iterator[BinaryIO]:
    """A capture by its path; a member of an archive as its alert names it (`morning.zip!office.pcap`)."""
    from atttcli.field.opening import NotReadable, open_regular

    outer = path
    while not os.path.lexists(outer) and "!" in outer:
        outer = outer.rpartition("!")[0]
    try:
        descriptor, _info = open_regular(os.path.realpath(outer))
    except NotReadable as error:
        hint = "is the file elsewhere now? alert packets NUMBER --capture FILE"
        raise InputError(error.why, hint=hint, where=Where(path)) from error
    with os.fdopen(descriptor, "rb") as stream:
        if outer == path:
            yield stream
            return
        from atttcli.field.unpack import Member, unpack_all
        from atttcli.limits import Budget

        for piece in unpack_all(stream, outer, Budget(), 1, (b"infected",)):
            if isinstance(piece, Member) and piece.path == path:
                yield piece.stream
                return
    raise InputError("no such member in the archive", hint="unpack it and give --capture FILE", where=Where(path))


def stamp(micros: int) -> str | None:
    """A time in JSON; None for a crafted one that no calendar holds."""
    try:
        return rfc3339(micros)
    except (OverflowError, ValueError):
        return None


def moment(micros: int) -> str:
    """A time as people read it."""
    try:
        return local_text(micros)
    except (OverflowError, ValueError):
        return str(micros)


def as_json(shown: Shown, most_bytes: int, **more: Any) -> dict[str, Any]:
    """The stable form (docs/json/packet.schema.json)."""
    record, flow, dissection = shown.record, shown.flow, shown.dissection
    return {
        "kind": "packet",
        **more,
        "capture": shown.path,
        "frame": record.number,
        "fired": shown.framed.record.number,
        "time": stamp(record.time),
        "length": len(record.data),
        "flow": None if flow is None else {"protocol": flow.name, "ends": [str(end) for end in flow.ends]},
        "flow_frames": shown.frames,
        "flow_bytes": shown.bytes,
        "flow_cut": shown.cut,
        "frames": shown.rows,
        "layers": [
            {
                "name": one.name,
                "depth": one.depth,
                "fields": [{"name": name, "value": text} for name, text in one.fields],
            }
            for one in (dissection.layers if dissection else ())
        ],
        "note": dissection.note if dissection else "",
        "hex": record.data[:most_bytes].hex(),
        "problems": [problem.reason for problem in shown.problems],
        "written": shown.written,
    }


def show(shown: Shown, most_bytes: int) -> None:
    """The flow's frames, the packet layer by layer, its bytes."""
    record, dissection = shown.record, shown.dissection
    _show_flow(shown)
    render.line()
    if record is not shown.framed.record:
        render.line(_("Packet {fired} acknowledged what the rule matched; it came in packet {number}.",
                      fired=shown.framed.record.number, number=record.number))  # fmt: skip
    render.line(_("Packet {number}, {time}, {length} bytes:", number=record.number, time=moment(record.time),
                  length=len(record.data)))  # fmt: skip
    for layer in dissection.layers if dissection else ():
        indent = "  " * (layer.depth + 1)
        render.line(f"{indent}{layer.name}")
        for text in _field_lines(layer.fields):
            render.line(f"{indent}    {text}")
    if dissection is not None and dissection.note:
        render.warn(_("Note: {note}", note=retell(dissection.note)))
    _show_bytes(record.data, most_bytes)
    for problem in shown.problems:
        render.warn(f"{shown.path}: {retell(problem.reason)}")
    if shown.written is not None:
        render.line()
        render.line(_("Written: {path} ({frames} packets, sha256 {sha256})", **shown.written))
        render.line(_("To keep it: {command}", command=f"atttcli evidence add {shown.written['path']} --incident @"))


def _field_lines(fields: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Short fields side by side, a long one on a line of its own: a packet has fifty of them."""
    line = ""
    for name, text in fields:
        cell = f"{name}: {text}"
        if line and len(line) + len(cell) > _WIDTH:
            yield line
            line = ""
        line = f"{line}   {cell}" if line else cell
    if line:
        yield line


def _show_flow(shown: Shown) -> None:
    if shown.flow is None:
        render.line(_("Not a packet of a flow (no IP, or damaged): only this one is shown."))
        return
    one, other = shown.flow.ends
    count = ngettext("{count} packet", "{count} packets", shown.frames)
    text = _("{protocol} between {one} and {other}: {count}, {bytes} bytes", protocol=shown.flow.name, one=one, other=other,
             count=count, bytes=shown.bytes)  # fmt: skip
    render.line(text + (_(" (cut at the limit)") if shown.cut else ""))
    rows = Rows(("", _("Packet"), _("Time"), _("From"), _("To"), _("Flags"), _("Payload"), _("Begins with")), wide=(7,))
    marks = {shown.framed.record.number: "*", shown.record.number: "→"}
    for row in shown.rows:
        mark = marks.get(row["number"], "")
        when = moment(parse_moment(row["time"])) + row["time"][19:26] if row["time"] else ""
        rows.add(mark, row["number"], when, row["source"], row["target"], row["flags"], row["payload"], row["preview"])
    rows.show()
    if shown.frames > len(shown.rows):
        render.line(
            _("… and {count} more packets of this flow (all of them: -o FILE)", count=shown.frames - len(shown.rows))
        )


def _show_bytes(data: bytes, most: int) -> None:
    from atttcli.sources.dissection.layers import hexdump

    if not most or not data:
        return
    render.line()
    for text in hexdump(data, most):
        render.line(text)
    if len(data) > most:
        render.line(_("… and {count} more bytes (--bytes)", count=len(data) - most))
