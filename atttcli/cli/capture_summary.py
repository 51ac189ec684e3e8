"""`atttcli capture summary`: what a capture holds on one page: who talked to whom, names, certificates, files, a timeline."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from mmap import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from atttcli.cli import render
from atttcli.cli.capture_runs import captures_of
from atttcli.cli.detect_capture import indicator_engine, judged, opened
from atttcli.cli.matching import Disabled, Tally, disabled_here, finish
from atttcli.cli.packet_view import stamp
from atttcli.errors import Conflict, InputError, WorkspaceError
from atttcli.text.messages import _, language, ngettext

if TYPE_CHECKING:
    from atttcli.cli.context import App
    from atttcli.engines.network.summary import SeenFile, Summary
    from atttcli.engines.yara import YaraEngine
    from atttcli.model.alert import Detection

MOST_CARVED: Final = 1000
MOST_CARVED_BYTES: Final = 256 << 20
_WIDTH: Final = 80
_BAR: Final = 40
_ROWS: Final = 24


@dataclass(slots=True)
class Carved:
    """Files into a folder, under their own digest: a name out of a capture never becomes a path."""

    folder: Path | None
    yara: YaraEngine | None
    tally: Tally
    found: list[Detection] = field(default_factory=list)
    count: int = 0
    size: int = 0
    left: int = 0
    _of_parts: dict[str, list[Detection]] = field(default_factory=dict)  # by the part's digest
    _parts: Counter[str] = field(default_factory=Counter)  # how many files' parts a carved copy is

    def sink(self, seen: SeenFile, content: bytes | mmap, before: SeenFile | None) -> str:
        """Judge one file and keep it; the name it was kept under. `before` is its part that was judged already: the whole takes
        its place."""
        from atttcli.engine import EngineProblem

        if before is not None:
            self._forget(before)
        if self.yara is not None:
            result = self.yara.match_data(content, filepath=seen.name or "-")
            if isinstance(result, EngineProblem):
                self.tally.problem(result)
            else:
                result = result[: max(0, 1000 - len(self.found))]
                self.found += result
                if not seen.whole and result:
                    self._of_parts[seen.sha256] = result
        made = self._write(content) if self.folder is not None else ""
        if not seen.whole:
            self._parts[made] += 1
        return made

    def _forget(self, part: SeenFile) -> None:
        """What was found in the part of a file, and its carved copy, are those of the whole."""
        gone = self._of_parts.pop(part.sha256, [])
        self.found = [one for one in self.found if not any(one is other for other in gone)]
        if self.folder is not None and part.carved and not part.whole and self._parts[part.carved] == 1:
            (self.folder / part.carved).unlink(missing_ok=True)
            self.count -= 1
            self.size -= part.kept
        self._parts[part.carved] -= 1

    def _write(self, content: bytes | mmap) -> str:
        import hashlib

        assert self.folder is not None
        if self.count >= MOST_CARVED or self.size + len(content) > MOST_CARVED_BYTES:
            self.left += 1
            return ""
        name = hashlib.sha256(content).hexdigest()[:32] + ".carved"
        try:
            descriptor = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return name  # the same bytes
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        self.count += 1
        self.size += len(content)
        return name


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command was asked for."""

    files: tuple[str, ...]
    html: Path | None
    carve: Path | None
    yara: bool
    yara_rules: tuple[Path, ...]
    indicators: tuple[Path, ...]
    top: int
    as_json: bool


def summarise(app: App, wanted: Wanted) -> None:
    """Read all files as one capture each after the other, and tell what they hold together."""
    from atttcli.engines.network.summary import Summary

    tally = Tally()
    if wanted.html is not None and os.path.lexists(wanted.html):
        raise Conflict(f"{wanted.html} exists already", hint="name another file")
    carved = Carved(_folder(wanted.carve), _yara(app, wanted, tally), tally)
    summary = Summary()
    meant = captures_of(wanted.files)
    for trouble in meant.unread:
        tally.note(trouble.where, trouble.reason)
    found = list(_read(meant.names, summary, carved, wanted.indicators, tally)) + carved.found
    told = summary_object(summary, meant.names, wanted.top) | {"findings": [_finding(one) for one in found]}
    tally.found = len(found)
    if wanted.html is not None:
        _write_html(told, wanted.html)
    if wanted.as_json:
        render.emit_json(told)
    else:
        tell(told)
    if carved.left:
        render.warn(ngettext("{count} file was not carved: the limit is reached.",
                             "{count} files were not carved: the limit is reached.", carved.left))  # fmt: skip
    finish(tally)


def _folder(path: Path | None) -> Path | None:
    if path is not None:
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise WorkspaceError(f"{path} cannot be made: {error.strerror}", hint="--carve DIR") from error
    return path


def _yara(app: App, wanted: Wanted, tally: Tally) -> YaraEngine | None:
    from atttcli.cli.detect import yara_engine

    if not (wanted.yara or wanted.yara_rules):
        return None
    return yara_engine(wanted.yara_rules, tally, disabled_here(app) if app else Disabled())


def _read(
    names: Sequence[str], summary: Summary, carved: Carved, indicators: Sequence[Path], tally: Tally
) -> Iterator[Detection]:
    from atttcli.engine import EngineProblem
    from atttcli.engines.network.summary import note_problem, summary_run

    listed = indicator_engine(indicators, tally)
    for name in names:
        run = summary_run(summary, carved.sink)
        try:
            with opened(name) as stream:
                for results in (run.read(stream, name), run.finish()):
                    for one in judged(results, listed, name):
                        if isinstance(one, EngineProblem):
                            note_problem(summary, one)
                            tally.problem(one)
                        else:
                            yield one
        except InputError as error:
            summary.problems[error.message] += 1
            tally.note(error.where or name, error.message)
        except OSError as error:
            raise WorkspaceError(f"the folder of carved files cannot be written: {error.strerror}") from error
        summary.packets += run.counts.packets
        summary.size += run.counts.bytes
    if listed is not None:
        for seen in summary.files:
            yield from listed.match_hashes(seen.md5, seen.sha1, seen.sha256, seen.time)


def summary_object(summary: Summary, names: Sequence[str], top: int) -> dict[str, Any]:
    """The stable form (docs/json/capture-summary.schema.json). Lists hold the `top` greatest."""
    from atttcli.engines.network.sightings import address_text
    from atttcli.engines.network.summary import NAME_KINDS

    def times(low: int, high: int) -> dict[str, Any]:
        return {"first": stamp(low), "last": stamp(high)}

    exact = summary.hosts.exact and summary.talkers.exact and all(one.exact for one in summary.names.values())
    return {
        "kind": "capture_summary",
        "files": list(names),
        "packets": summary.packets,
        "bytes": summary.size,
        "flows": summary.flows,
        "first": None if summary.first is None else stamp(summary.first),
        "last": None if summary.first is None else stamp(summary.last),
        "exact": exact,
        "protocols": [
            {"name": key, "bytes": totals[0], "packets": totals[1]}
            for key, totals, _low, _high in summary.transports.first(top)
        ],
        "applications": [
            {"name": key, "bytes": totals[0], "packets": totals[1], "flows": totals[2]}
            for key, totals, _low, _high in summary.apps.first(top)
        ],
        "host_count": len(summary.hosts),
        "hosts": [
            {"address": address_text(key), "bytes": totals[0], "packets": totals[1], "sent": totals[2],
             "received": totals[3], **times(low, high)}
            for key, totals, low, high in summary.hosts.first(top)
        ],
        "talkers": [
            {"source": address_text(key[0]), "target": address_text(key[1]), "protocol": key[2], "port": key[3],
             "application": key[4] if key[4] != "failed" else "", "bytes": totals[0], "packets": totals[1],
             "flows": totals[2], **times(low, high)}
            for key, totals, low, high in summary.talkers.first(top)
        ],
        **{
            kind: [
                {"value": key, "count": totals[0], **times(low, high)}
                for key, totals, low, high in (summary.names[kind].first(top) if kind in summary.names else ())
            ]
            for kind in NAME_KINDS
        },
        "name_counts": {kind: len(known) for kind, known in summary.names.items()},
        "carried": [{**asdict(one), "time": stamp(one.time)} for one in summary.files],
        "carried_left": summary.files_left,
        "timeline": {
            "step_seconds": summary.timeline.width / 1_000_000,
            "steps": [{"begin": stamp(begin), "bytes": amount} for begin, amount in summary.timeline.steps()],
        },
        "problems": dict(summary.problems),
    }  # fmt: skip


def _finding(found: Detection) -> dict[str, Any]:
    return {
        "engine": found.engine,
        "rule": found.rule_id,
        "title": found.title,
        "severity": found.severity.label,
        "path": found.origin.path,
        "why": list(found.why)[:8],
    }


def kind_words() -> dict[str, str]:
    """What people call the lists of names."""
    return {
        "dns_names": _("DNS names"),
        "tls_names": _("TLS server names (SNI)"),
        "certificates": _("Certificates (subject · issuer · fingerprint)"),
        "ja3": "JA3",
        "ja3s": "JA3S",
        "http_hosts": _("HTTP hosts"),
        "http_methods": _("HTTP methods"),
        "user_agents": _("User agents"),
        "http_servers": _("HTTP servers"),
        "http_statuses": _("HTTP status codes"),
        "ssh_software": _("SSH software"),
        "smb_shares": _("SMB shares"),
        "rdp_cookies": _("RDP cookies (user names)"),
        "sip_agents": _("SIP user agents"),
        "dhcp_clients": _("DHCP clients (hardware address, address, name)"),
    }


def tell(told: dict[str, Any]) -> None:
    """For people, no wider than 80 columns but for what is longer by itself; times are local."""
    from atttcli.reports.capture_summary import shown_time

    render.line(_("{packets} packets, {bytes} bytes, {flows} flows, {hosts} hosts", packets=told["packets"],
                  bytes=told["bytes"], flows=told["flows"], hosts=told["host_count"]))  # fmt: skip
    if told["first"]:
        render.line(_("From {first} to {last}", first=shown_time(told["first"]), last=shown_time(told["last"])))
    if not told["exact"]:
        render.line(_("More different values than are counted at once: what is listed are lower bounds."))
    for text in chart_lines(told["timeline"]):
        render.line(text)
    _section(_("Protocols"), (_("Name"), _("Bytes"), _("Packets")), told["protocols"], ("name", "bytes", "packets"))
    _section(_("Applications"), (_("Name"), _("Bytes"), _("Flows")), told["applications"], ("name", "bytes", "flows"))
    columns: tuple[str, ...] = (_("Address"), _("Sent"), _("Received"), _("Packets"))
    _section(_("Hosts"), columns, told["hosts"], ("address", "sent", "received", "packets"))
    columns = (_("From"), _("To"), _("Protocol"), _("Port"), _("Bytes"), _("Flows"))
    _section(_("Talkers"), columns, told["talkers"], ("source", "target", "protocol", "port", "bytes", "flows"))
    for kind, title in kind_words().items():
        count = told["name_counts"].get(kind, 0)
        _section(f"{title} ({count})", (_("Value"), _("Count")), told[kind], ("value", "count"))
    columns = (_("File"), _("Application"), _("From"), _("Size"), "sha256")
    rows = [{**one, "name": one["name"] or "-", "sha256": one["sha256"] + ("" if one["whole"] else " *")}
            for one in told["carried"][:100]]  # fmt: skip
    _section(_("Files ({count})", count=len(told["carried"]) + told["carried_left"]), columns, rows,
             ("name", "app", "source", "size", "sha256"))  # fmt: skip
    if any(not one["whole"] for one in told["carried"]):
        render.line(_("* of the part that was kept; the file was longer, or not all of it was captured"))
    columns = (_("Engine"), _("Rule"), _("Title"), _("File"))
    _section(_("Findings"), columns, told["findings"], ("engine", "rule", "title", "path"))


def _section(title: str, columns: Sequence[str], rows: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
    if not rows:
        return
    render.line()
    render.line(title)
    render.table(columns, ([row[name] for name in names] for row in rows))


def chart_lines(timeline: dict[str, Any], width: int = _WIDTH) -> Iterator[str]:
    """Bytes over time as bars: neighbours are put together until a screen holds them; plain marks in a pipe."""
    from atttcli.reports.capture_summary import shown_time

    steps = [(one["begin"], one["bytes"]) for one in timeline["steps"]]
    if len(steps) < 2:
        return
    size = -(-len(steps) // _ROWS)
    rows = [
        (steps[at][0], sum(amount for _begin, amount in steps[at : at + size])) for at in range(0, len(steps), size)
    ]
    most = max(amount for _begin, amount in rows) or 1
    mark = "█" if render.is_terminal() else "#"
    yield _("Bytes in steps of {seconds} s:", seconds=f"{timeline['step_seconds'] * size:g}")
    for begin, amount in rows:
        bar = mark * round(amount * _BAR / most)
        yield f"{shown_time(begin, zoned=False):19}  {bar:{_BAR}}  {amount:>12}"[:width].rstrip()


def _write_html(told: dict[str, Any], path: Path) -> None:
    from atttcli.reports.capture_summary import summary_page

    page = summary_page(told, kind_words(), language())
    try:
        with path.open("xb") as stream:
            stream.write(page)
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be written: {error.strerror}", hint="--html FILE") from error
