"""`atttcli capture`: look into a capture as a person does: its flows, one packet, the flow that it belongs to."""

from __future__ import annotations

from pathlib import Path

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.errors import UsageError
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

OUTPUT = click.option(
    "--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="Write the flow's packets as a small pcap."
)
BYTES = click.option(
    "--bytes",
    "most_bytes",
    type=click.IntRange(0, 65536),
    default=256,
    show_default=True,
    help="Bytes of the hex dump.",
)


@click.group()
def capture() -> None:
    """Look into a capture: all it holds in one page, its flows, or one packet layer by layer.

    \b
    Example:
      atttcli capture show office.pcap --frame 4711
    """


@capture.command()
@click.argument("file", metavar="FILE")
@click.option("--frame", type=click.IntRange(1), metavar="N", help="This packet, layer by layer, with its flow.")
@OUTPUT
@BYTES
@click.option("--json", "as_json", is_flag=True, help="One JSON object for the packet, or one a line for each flow.")
@with_app
def show(app: App, file: str, frame: int | None, output: Path | None, most_bytes: int, as_json: bool) -> None:
    """The flows of a capture (pcap, pcapng, gzipped or in an archive), or one packet of it with its flow.

    Packet numbers count from 1, as tcpdump and Wireshark count them, and as alerts name them.

    \b
    Examples:
      atttcli capture show office.pcap
      atttcli capture show office.pcap --frame 4711 -o flow.pcap
    """
    from atttcli.cli import packet_view

    if frame is None:
        if output is not None:
            raise UsageError("which flow is to be written?", hint="--frame N: a packet of it")
        _show_flows(file, as_json)
        return
    missing = f"{file} has no packet {frame}"
    shown = packet_view.look_up(file, lambda one: one.record.number == frame, missing, output)
    if as_json:
        render.emit_json(packet_view.as_json(shown, most_bytes))
    else:
        packet_view.show(shown, most_bytes)


@capture.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--html", type=click.Path(path_type=Path), metavar="OUT", help="Write a page as well.")
@click.option(
    "--carve", type=click.Path(path_type=Path), metavar="DIR", help="Write the files that were carried there."
)
@click.option("--yara", is_flag=True, help="Judge the files by the shipped YARA rules.")
@click.option("--yara-rules", multiple=True, type=click.Path(path_type=Path), help="Judge them by these (repeatable).")
@click.option(
    "--indicators",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Match addresses, names and hashes (repeatable).",
)
@click.option("--top", type=click.IntRange(1, 1000), default=20, show_default=True, help="Lines of each list.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@with_app
def summary(
    app: App,
    files: tuple[str, ...],
    html: Path | None,
    carve: Path | None,
    yara: bool,
    yara_rules: tuple[Path, ...],
    indicators: tuple[Path, ...],
    top: int,
    as_json: bool,
) -> None:
    """What captures hold together: hosts, talkers, names, user agents, certificates, files with their hashes, a timeline.

    Files seen whole are judged and carved up to 20 MiB, of others the first 100 KiB; size and hashes are of the whole.

    \b
    Examples:
      atttcli capture summary office.pcap --yara
      atttcli capture summary morning.pcap.gz noon.pcap --html summary.html --carve files/
    """
    from atttcli.cli.capture_summary import Wanted, summarise

    summarise(app, Wanted(files, html, carve, yara, yara_rules, indicators, top, as_json))


def _show_flows(file: str, as_json: bool) -> None:
    from atttcli.cli.matching import Rows
    from atttcli.cli.packet_view import moment, opened_capture, stamp
    from atttcli.source import ReadProblem
    from atttcli.sources.dissection.flows import overview

    problems: list[ReadProblem] = []
    with opened_capture(file) as stream:
        found = overview(stream, file, problems)
    rows = Rows(
        (_("Packet"), _("Protocol"), _("From"), _("To"), _("Packets"), _("Bytes"), _("First seen"), _("Last seen"))
    )
    for one in found.flows.values():
        ends = {"source": str(one.source), "target": str(one.target)}
        if as_json:
            times = {"first": stamp(one.first), "last": stamp(one.last)}
            body = {"frame": one.frame, "protocol": one.flow.name, **ends, "packets": one.packets, "bytes": one.bytes}
            render.emit_json({"kind": "flow", **body, **times})
        else:
            rows.add(
                one.frame, one.flow.name, *ends.values(), one.packets, one.bytes, moment(one.first), moment(one.last)
            )
    rows.show()
    for problem in problems:
        render.warn(f"{file}: {retell(problem.reason)}")
    packets = ngettext("{count} packet", "{count} packets", found.packets)
    text = _("{packets}, {flows} flows, {others} packets that are no IP.", packets=packets, flows=len(found.flows),
             others=found.others)  # fmt: skip
    render.warn(text)
    if found.unlisted:
        render.warn(_("{count} packets belong to flows beyond the limit of this list.", count=found.unlisted))
    if problems:
        click.get_current_context().exit(2)
