"""The summary of a capture as a page: one file without script, every text of the capture inert (see `inert`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from atttcli.clock import local_text, parse_moment, zoned_text
from atttcli.reports.html import html_of
from atttcli.reports.outline import Block, Chart, Column, Heading, Masthead, Outline, Paragraph, Signature, Table
from atttcli.text.messages import _

_ROWS: Final = 200
_BARS: Final = 30
_CELL: Final = 300


def summary_page(told: Mapping[str, Any], kinds: Mapping[str, str], language: str) -> bytes:
    """`told` is what `capture summary --json` writes; `kinds` names its lists of names."""
    title = _("Summary of a capture")
    first = told["first"]
    return html_of(
        Outline(
            language=language,
            kind=title,
            summary=", ".join(str(name) for name in told["files"])[:_CELL],
            masthead=Masthead((), (), "", "", "", shown_time(first) if first else ""),
            addressees_label="",
            addressees=(),
            blocks=tuple(_blocks(told, kinds, language)),
            signature=Signature("", (), (), ""),
            annexes=(),
            foot="atttcli",
            subject=title,
            author="atttcli",
            as_of=parse_moment(first) if first else 0,
        )
    )


def shown_time(told: str | None, *, zoned: bool = True) -> str:
    """A time of the summary's JSON as people here read it; `?` for one that no calendar holds."""
    if told is None:
        return "?"
    return zoned_text(parse_moment(told)) if zoned else local_text(parse_moment(told))


def _blocks(told: Mapping[str, Any], kinds: Mapping[str, str], language: str) -> Iterator[Block]:
    yield Paragraph(_("{packets} packets, {bytes} bytes, {flows} flows, {hosts} hosts", packets=told["packets"],
                      bytes=told["bytes"], flows=told["flows"], hosts=told["host_count"]))  # fmt: skip
    if told["first"]:
        span = _("From {first} to {last}", first=shown_time(told["first"]), last=shown_time(told["last"]))
        yield Paragraph(span)
    if not told["exact"]:
        yield Paragraph(_("More different values than are counted at once: what is listed are lower bounds."), "note")
    yield from _chart(told["timeline"], language)
    yield from _list("protocols", _("Protocols"), told["protocols"], (("name", _("Name")), ("bytes", _("Bytes"))))
    apps = (("name", _("Name")), ("bytes", _("Bytes")), ("flows", _("Flows")))
    yield from _list("applications", _("Applications"), told["applications"], apps)
    hosts = (("address", _("Address")), ("sent", _("Sent")), ("received", _("Received")), ("first", _("First seen")),
             ("last", _("Last seen")))  # fmt: skip
    yield from _list("hosts", _("Hosts"), told["hosts"], hosts)
    talkers = (("source", _("From")), ("target", _("To")), ("protocol", _("Protocol")), ("port", _("Port")),
               ("bytes", _("Bytes")), ("flows", _("Flows")))  # fmt: skip
    yield from _list("talkers", _("Talkers"), told["talkers"], talkers)
    for kind, words in kinds.items():
        yield from _list(kind.replace("_", "-"), words, told[kind], (("value", _("Value")), ("count", _("Count"))))
    files = (("name", _("File")), ("source", _("From")), ("target", _("To")), ("size", _("Size")), ("sha256", "sha256"))
    yield from _list("files", _("Files ({count})", count=len(told["carried"])), told["carried"], files)
    found = (("engine", _("Engine")), ("rule", _("Rule")), ("title", _("Title")), ("path", _("File")))
    yield from _list("findings", _("Findings"), told["findings"], found)
    problems = [{"reason": reason, "count": count} for reason, count in told["problems"].items()]
    yield from _list("problems", _("Problems"), problems, (("reason", _("Reason")), ("count", _("Count"))))


def _chart(timeline: Mapping[str, Any], language: str) -> Iterator[Block]:
    steps: Sequence[Mapping[str, Any]] = timeline["steps"]
    if len(steps) < 2:
        return
    size = -(-len(steps) // _BARS)
    bars = tuple(
        (shown_time(steps[at]["begin"], zoned=False), sum(int(one["bytes"]) for one in steps[at : at + size]), None)
        for at in range(0, len(steps), size)
    )
    yield Chart(_("Bytes in steps of {seconds} s", seconds=f"{timeline['step_seconds'] * size:g}"), bars, language)


def _list(
    name: str, title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[tuple[str, str]]
) -> Iterator[Block]:
    if not rows:
        return
    yield Heading(1, title)
    share = 100 // len(columns)
    made = tuple(
        Column(words, share, "left", code=key in ("value", "sha256", "name", "path")) for key, words in columns
    )
    cells = tuple(tuple(_cell(key, row[key])[:_CELL] for key, _words in columns) for row in rows[:_ROWS])
    yield Table(f"capture-{name}", made, cells)


def _cell(key: str, value: object) -> str:
    if key in ("first", "last"):
        return shown_time(value if isinstance(value, str) else None)
    return "" if value is None else str(value)
