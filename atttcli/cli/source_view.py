"""What `source test` shows of one file, and the draft that `source mapping` makes."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from itertools import islice
from textwrap import wrap
from typing import Any

import msgspec

from atttcli.cli import render
from atttcli.cli.log_findings import stamp
from atttcli.clock import from_micros
from atttcli.errors import InputError, Where
from atttcli.ingest.route import Failure, Item
from atttcli.model.alert import Alert
from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources import LOG_SOURCES
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

MOST = 1_000_000  # records of one file that are read
_DIFFERENT = 1000
_GUESSING = frozenset({"generic-kv", "generic-json", "generic-csv", "text-lines"})
_BEFORE_NAME = re.compile(r" (?=\S+=)")
_SHOWN = ("host", "user", "domain", "url", "hash", "action", "outcome")
_HEAD = (*_SHOWN, "src_ip", "src_port", "dst_ip", "dst_port")


def _add(counted: Counter[str], word: str) -> None:
    """Words of a crafted log may be endless: what is new after many is counted together."""
    counted[word if word in counted or len(counted) < _DIFFERENT else "..."] += 1


class Count:
    """What became of a file's records."""

    def __init__(self) -> None:
        self.events = self.understood = self.timed = self.alerts = self.problems = 0
        self.filled: Counter[str] = Counter()
        self.sources: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()

    def add(self, record: Record) -> None:
        """One record."""
        if isinstance(record, Event):
            self.events += 1
            self.timed += record.time is not None
            filled = [name for name in _HEAD if getattr(record, name)]
            self.filled.update(filled)
            self.understood += bool(record.category or set(filled) - {"host"})
            _add(self.sources, "/".join((record.category or "-", record.product or "-", record.service or "-")))
        elif isinstance(record, Alert):
            self.alerts += 1
        elif isinstance(record, ReadProblem):
            self.problems += 1
            _add(self.reasons, record.reason)

    def as_json(self) -> dict[str, Any]:
        """The summary line."""
        return {
            "events": self.events, "understood": self.understood, "timed": self.timed, "alerts": self.alerts,
            "problems": self.problems, "filled": dict(self.filled.most_common()), "sources": dict(self.sources.most_common(50)),
            "reasons": dict(self.reasons.most_common(20)),
        }  # fmt: skip


def scores(given: Input) -> list[tuple[str, int]]:
    """How sure each log reader is, the surest first."""
    found = [(one.name, one.recognise(given)) for one in LOG_SOURCES]
    return sorted(((name, score) for name, score in found if score), key=lambda pair: -pair[1])


def show(item: Item | Failure, lines: int, fields: bool, as_json: bool) -> bool:
    """One input. Whether a log reader knows it."""
    if isinstance(item, Failure):
        if as_json:
            render.emit_json({"kind": "file", "path": item.path, "reader": None, "reason": item.reason})
        else:
            render.warn(f"{item.path}: {retell(item.reason)}")
        return False
    if item.kind != "log" or item.source is None:
        _no_log(item, as_json)
        return item.kind not in ("file", "text")
    others = scores(item.given)
    if as_json:
        render.emit_json(
            {"kind": "file", "path": item.given.path, "reader": item.source.name, "scores": dict(others[:5])}
        )
    else:
        rest = ", ".join(f"{name} {score}" for name, score in others if name != item.source.name)
        sure = dict(others).get(item.source.name, 0)
        render.line(
            _(
                "{path}: read as {reader} (sure: {score} of 100)",
                path=item.given.path,
                reader=item.source.name,
                score=sure,
            )
        )
        if rest:
            render.line("  " + _("others: {names}", names=rest[:200]))
    count = Count()
    records = item.source.read(item.given)
    for place, record in enumerate(islice(records, MOST)):
        count.add(record)
        if place < lines:
            render.emit_json(_json(record, fields)) if as_json else _record(record, fields, item.given.zone)
    if next(records, None) is not None:
        render.warn(_("{path}: only the first {most} records were read.", path=item.given.path, most=MOST))
    if as_json:
        render.emit_json({"kind": "summary", "path": item.given.path, "assumed": item.given.assumed, **count.as_json()})
    else:
        _summary(count, item.given, lines)
        _say_next(item)
    return True


def _say_next(item: Item) -> None:
    """What a person at a screen may do with what was understood."""
    if not render.is_terminal() or item.source is None:
        return
    path = shlex.quote(item.given.path.partition("!")[0])
    if item.source.name in _GUESSING:
        render.line(_("Better understood with a mapping file of its own:"))
        render.line(f"      → atttcli source mapping {path} -o mapping.yaml")
    render.line(_("Take it in:"))
    render.line(f"      → atttcli ingest {path}")


def _no_log(item: Item, as_json: bool) -> None:
    reader = item.source.name if item.source else None
    if as_json:
        render.emit_json({"kind": "file", "path": item.given.path, "reader": reader, "reason": f"no log: {item.kind}"})
    elif reader:
        render.line(
            _("{path}: no log, but read as {reader} ({kind})", path=item.given.path, reader=reader, kind=item.kind)
        )
    elif item.kind != "archive":
        render.line(_("{path}: no reader knows it", path=item.given.path))


def _json(record: Record, fields: bool) -> dict[str, Any]:
    if isinstance(record, Event):
        made: dict[str, Any] = msgspec.to_builtins(record)
        native, raw = made.pop("fields", {}), made.pop("raw", "")
        made.update(kind="event", time=stamp(record.time), raw=raw[:2000])
        return {**made, "fields": native} if fields else made
    if isinstance(record, Alert):
        return {
            "kind": "alert",
            "line": record.origin.line,
            "time": stamp(record.time),
            "rule": record.rule_id,
            "title": record.title,
        }
    if isinstance(record, ReadProblem):
        return {"kind": "problem", "line": record.line, "reason": record.reason, "excerpt": record.excerpt}
    return {"kind": "other", "line": None}


def _record(record: Record, fields: bool, zone: Any) -> None:
    if isinstance(record, ReadProblem):
        where = f"{record.line:>6}" if record.line is not None else "     -"
        render.line(_("{line}  NOT READ: {reason}", line=where, reason=retell(record.reason)))
        if record.excerpt:
            render.line("        > " + record.excerpt[:68])
    elif isinstance(record, Alert):
        render.line(
            f"{record.origin.line or 0:>6}  {_time(record.time, zone)}  " + _("alert {rule}", rule=record.rule_id)
        )
        render.line(f"        {record.title[:70]}")
    elif isinstance(record, Event):
        place = "/".join((record.category or "-", record.product or "-", record.service or "-"))
        render.line(f"{record.line:>6}  {_time(record.time, zone)}  {place}")
        told = _head(record)
        for line in _wrapped(told) if told else ["> " + record.raw[:68]]:
            render.line("        " + line)
        if fields:
            for name, value in record.fields.items():
                text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
                render.line(f"          {name} = {text[:200]}")


def _time(time: int | None, zone: Any) -> str:
    if time is None:
        return _("no time") + " " * max(0, 25 - len(_("no time")))
    try:
        return from_micros(time, zone).isoformat(" ", "seconds")
    except (OverflowError, ValueError):
        return str(time)


def _head(event: Event) -> list[str]:
    parts = []
    if event.src_ip or event.dst_ip:
        source = f"{event.src_ip or '?'}" + (f":{event.src_port}" if event.src_port else "")
        target = f"{event.dst_ip}" + (f":{event.dst_port}" if event.dst_port else "")
        parts.append(f"{source} → {target}" if event.dst_ip else source)
    return parts + [f"{name}={value}" for name in _SHOWN if (value := getattr(event, name))]


def _wrapped(parts: list[str], width: int = 70) -> list[str]:
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) + 2 <= width:
            lines[-1] += "  " + part
        else:
            lines.append(part)
    return lines


def _summary(count: Count, given: Input, lines: int) -> None:
    total = count.events + count.alerts + count.problems
    render.line()
    if total > lines:
        render.line(_("The first {lines} of {total} records are shown (--lines).", lines=lines, total=total))
    render.line(
        ngettext("{count} event", "{count} events", count.events)
        + ", "
        + _(
            "{timed} with a time, {understood} with more than their text",
            timed=count.timed,
            understood=count.understood,
        )
    )
    if count.alerts:
        render.line(ngettext("{count} alert", "{count} alerts", count.alerts))
    if count.problems:
        render.line(ngettext("{count} line not read:", "{count} lines not read:", count.problems))
        for reason, times in count.reasons.most_common(5):
            for place, line in enumerate(wrap(retell(reason), 69) or [""]):
                render.line((" " * 11 if place else f"  {times:>6} × ") + line)
    for what, found in ((_("log sources"), count.sources), (_("filled"), count.filled)):
        if found:
            render.line(f"{what}:")
            for line in _wrapped([f"{name} {times}" for name, times in found.most_common(24)], 76):
                render.line("  " + line)
    if given.assumed:
        names = {"zone": _("zone"), "year": _("year"), "fields": _("fields by their names")}
        for name, value in given.assumed.items():
            said = _("assumed: {what}: {value}", what=names.get(name, name), value=value)
            for place, line in enumerate(_wrapped(_BEFORE_NAME.split(said), 76)):
                render.line("  " * bool(place) + line)


def draft(item: Item | Failure | None, file: str) -> tuple[str, str]:
    """(the mapping file, what was guessed); InputError where the form is none of those that can be guessed."""
    from atttcli.sources.application.guess import as_yaml, csv_sample, guessed, json_sample, kv_sample, told

    if isinstance(item, Item):
        found = [sample for take in (json_sample, kv_sample, csv_sample) if (sample := take(item.given)) is not None]
        ranked = sorted(
            ((guessed(sample, "mapped"), sample) for sample in found), key=lambda pair: -len(pair[0].columns)
        )
        if ranked:
            mapping, sample = ranked[0]
            return as_yaml(mapping, sample), told(mapping)
    raise InputError(
        "neither JSON lines nor a table nor pairs of name=value: nothing to guess from",
        where=Where(file), hint="write one with format: regex; docs/readers/mapping.md has an example",
    )  # fmt: skip
