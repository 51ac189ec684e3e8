"""`alert list` and `alert unresolved`: a page on a terminal, everything in a pipe, a row as it comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from atttcli.cli import render
from atttcli.cli.alert_view import moment_text, severity_word, show_rows, stamp, title_of
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.cli.context import App
    from atttcli.triage.groups import Group, Wanted

SCREEN = 200  # rows that a terminal gets unasked


def show_alerts(app: App, wanted: Wanted, limit: int | None, as_json: bool) -> int:
    """The alerts that are wanted; returns how many were shown."""
    from atttcli.triage.groups import alerts, how_many

    most = _most(limit, as_json)
    shown = 0

    def counted() -> Iterator[dict[str, Any]]:
        nonlocal shown
        for alert in alerts(app.store, wanted, most):
            shown += 1
            yield alert

    show_rows(counted(), as_json)
    if shown == most:
        _say_more(how_many(app.store, wanted) - shown, shown, as_json)
    return shown


def show_groups(app: App, wanted: Wanted, limit: int | None, as_json: bool) -> None:
    """A row a group."""
    from atttcli.triage.groups import groups

    found, most = groups(app.store, wanted), _most(limit, as_json)
    shown = found[:most] if most >= 0 else found
    if as_json:
        render.emit_json_lines(_as_json(app, group, wanted) for group in shown)
    else:
        _table(app, shown, wanted)
    _say_more(len(found) - len(shown), len(shown), as_json)


def _most(limit: int | None, as_json: bool) -> int:
    if limit is not None:
        return limit
    return SCREEN if render.is_terminal() and not as_json else -1


def _say_more(left: int, shown: int, as_json: bool) -> None:
    """What was left off; never among the rows of a pipe."""
    if left > 0 and not as_json:
        text = _("{count} more: --limit {limit}", count=left, limit=shown + left)
        (render.line if render.is_terminal() else render.warn)(text)


def _as_json(app: App, group: Group, wanted: Wanted) -> dict[str, Any]:
    from atttcli.triage.groups import first, numbers

    return {
        "group": group.name, "agency": group.agency, "rule_id": group.rule_id, "severity": group.severity.label,
        "title": first(app.store, group, wanted)["title"], "alerts": numbers(app.store, group, wanted),
        "count": group.count, "last_seen": stamp(group.last_seen),
    }  # fmt: skip


def _table(app: App, groups: Sequence[Group], wanted: Wanted) -> None:
    from atttcli.triage.groups import first

    rows = (
        (
            group.name, severity_word(group.severity), title_of(worst), group.size, group.count,
            moment_text(group.last_seen), worst["number"],
        )
        for group in groups
        for worst in (first(app.store, group, wanted),)
    )  # fmt: skip
    columns = (_("Group"), _("Severity"), _("Title"), _("Alerts"), _("Times"), _("Last seen"), _("Worst"))
    render.table(columns, rows, wide=(2,), whole=(6,))
    if not groups and render.is_terminal():
        render.line(_("Next: {command}", command="atttcli next"))
    if groups and render.is_terminal():
        number = first(app.store, groups[0], wanted)["number"]
        render.line(_("One alert: {command}", command=f"atttcli alert show {number}"))
        render.line(_("One key a group: {command}", command="atttcli alert triage"))
