"""`rules explain RULE --event FILE[:N]`: why a Sigma rule held for an event or did not; of a correlation, what it saw."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from atttcli.cli import render
from atttcli.errors import InputError, NotFound, UsageError, Where
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.model.event import Event
    from atttcli.rulepack.catalogue import Catalogue, RuleEntry

ZONE = "Asia/Ho_Chi_Minh"
_TESTS = 12
_GROUPS = 20


def split_place(text: str) -> tuple[Path, int | None]:
    """`auth.log:17` to path and line; a name that ends so and exists is a path."""
    path = Path(text)
    head, sign, tail = text.rpartition(":")
    if sign and tail.isdigit() and len(tail) <= 12 and not path.exists():
        return Path(head), int(tail)
    return path, None


def trace(entry: RuleEntry, catalogue: Catalogue, path: Path, line: int | None) -> dict[str, Any]:
    """The stable form (docs/json/rules-explain-event.schema.json). NotFound when the log has no such event."""
    from atttcli.engines.correlation.explain import explain_correlation, explain_event

    if catalogue.sigma is None or entry.kind not in ("sigma", "correlation"):
        raise UsageError("only Sigma rules and correlations are explained by an event", hint="atttcli detect capture")
    made: dict[str, Any] = {"rule": entry.id, "title": entry.title, "kind": entry.kind, "path": str(path)}
    for many in catalogue.sigma.correlations:
        if many.meta.id == entry.id:
            made |= explain_correlation(many, catalogue.sigma, _events(path), str(path))
            return made | {"groups": made["groups"][:1000]}
    single = next(one for one in catalogue.sigma.rules if one.meta.id == entry.id)
    event = next((one for one in _events(path) if line is None or one.line >= line), None)
    if event is None or (line is not None and event.line != line):
        raise NotFound(f"no event in line {line or 1} of {path}", hint=f"atttcli source test {path}")
    return made | {"line": event.line, "event": _shown(event)} | explain_event(single, event)


def _events(path: Path) -> Iterator[Event]:
    """What the reader that recognises the file makes of it; lines that it cannot read are left out."""
    from atttcli.field.inflate import Damaged, Unsupported
    from atttcli.field.opening import NotReadable, open_regular
    from atttcli.model.event import Event
    from atttcli.sources.opening import as_input, recognised

    try:
        fd, info = open_regular(str(path))
    except NotReadable as refused:
        raise InputError(refused.why, where=Where(str(path))) from refused
    with os.fdopen(fd, "rb") as raw:
        try:
            given = as_input(raw, str(path), info, ZoneInfo(ZONE))
            source = recognised(given)
            if source is None:
                raise InputError("no log that any reader knows", where=Where(str(path)))
            for record in source.read(given):
                if isinstance(record, Event):
                    yield record
        except (Damaged, Unsupported, OSError) as error:
            raise InputError(str(error) or "damaged", where=Where(str(path))) from error


def _shown(event: Event) -> dict[str, Any]:
    import msgspec

    from atttcli.cli.log_findings import stamp

    made: dict[str, Any] = msgspec.to_builtins(event)
    return made | {"time": stamp(event.time)}


def tell(told: dict[str, Any], title: str) -> None:
    """For people."""
    _folded(f"{told['rule']}  {title}")
    if told["kind"] == "correlation":
        _tell_correlation(told)
    else:
        _tell_event(told)


def _folded(text: str) -> None:
    """A line; on a screen wrapped beneath itself."""
    if not render.is_terminal():
        render.line(text)
        return
    from textwrap import wrap

    from atttcli.cli.event_lines import width
    from atttcli.text.display import display

    indent = " " * (len(text) - len(text.lstrip()) + 6)
    for line in wrap(display(text), width() - 1, subsequent_indent=indent, break_on_hyphens=False) or [""]:
        render.line(line)


def _quoted(value: object) -> str:
    """As it stands in the event or rule: a backslash is one backslash."""
    return f"'{value}'" if isinstance(value, str) else str(value)


def _truth(holds: bool) -> str:
    return _("true") if holds else _("false")


def _tell_event(told: dict[str, Any]) -> None:
    _folded("  " + _("Event: {path}, line {line}", path=told["path"], line=told["line"]))
    source = told["log_source"]
    wanted = "/".join(word for word in source["wanted"].values() if word) or _("any")
    seen = "/".join(word or "-" for word in source["event"].values())
    text = _("Log source: the rule wants {wanted}, the event is {seen}", wanted=wanted, seen=seen)
    _folded(f"  {text}: {_('fits') if source['fits'] else _('does not fit')}")
    render.line("  " + _("Condition:"))
    for line in _tree(told["condition"], 2):
        _folded(line)
    render.line(
        "  " + (_("The rule matches this event.") if told["matches"] else _("The rule does not match this event."))
    )


def _tree(node: dict[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    if node["op"] != "field":
        words = {"and": _("all of"), "or": _("any of"), "not": _("not")}
        yield f"{indent}[{_truth(node['holds'])}] {words[node['op']]}"
        for child in node["children"]:
            yield from _tree(child, depth + 1)
        return
    name = node["field"] or _("the whole record")
    selection = f"{node['selection']}: " if node["selection"] else ""
    value = _quoted(node["value"]) if node["present"] else _("is not in the event")
    every = " " + _("(all tests)") if node["every"] else ""
    yield f"{indent}[{_truth(node['holds'])}] {selection}{name}{every} = {value[:200]}"
    shown = (
        sorted(node["tests"], key=lambda one: not one["holds"])[:_TESTS]
        if not node["every"]
        else node["tests"][:_TESTS]
    )
    for test in shown:
        yield f"{indent}    [{_truth(test['holds'])}] {test['test']} {_quoted(test['wanted'])}"
    left = len(node["tests"]) - len(shown) + node["more_tests"]
    if left:
        yield f"{indent}    " + _("… and {count} more tests", count=left)


def _local(micros: int | None) -> str:
    from atttcli.clock import local_text

    return local_text(micros) if micros is not None else "-"


def _tell_correlation(told: dict[str, Any]) -> None:
    by = ", ".join(told["group_by"]) or "-"
    text = _("{kind}: {condition} within {span} s, grouped by {by}",
             kind=told["type"], condition=told["condition"], span=told["timespan"], by=by)  # fmt: skip
    render.line("  " + text)
    for one in told["rules"]:
        render.line(
            "  " + _("{count} matches of {rule}: {title}", count=one["matches"], rule=one["id"], title=one["title"])
        )
    if told["without_group"]:
        render.line(
            "  " + _("{count} of these lack a field of the group or the value counted", count=told["without_group"])
        )
    if told["without_time"]:
        render.line("  " + _("{count} of these have no time", count=told["without_time"]))
    render.line(
        "  " + _("{groups} groups seen, {matches} matches", groups=told["groups_seen"], matches=told["matches"])
    )
    rows = (
        (" ".join(f"{name}={value}" for name, value in one["group"].items()), one["events"], f"{one['peak']:g}",
         one["matches"], _local(one["first"]), _local(one["last"]))
        for one in told["groups"][:_GROUPS]
    )  # fmt: skip
    columns = (_("Group"), _("Events"), _("Peak"), _("Matches"), _("First"), _("Last seen"))
    render.table(columns, rows, wide=(0,))
