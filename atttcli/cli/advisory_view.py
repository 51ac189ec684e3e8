"""Advisories and deliveries as JSON and as lines: stable keys in English, words in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from atttcli.advisory.lifecycle import is_overdue
from atttcli.cli import render
from atttcli.cli.casework_words import distance, moment
from atttcli.clock import parse_moment, rfc3339
from atttcli.errors import UsageError
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.advisory.board import Standing
    from atttcli.cli.context import App
    from atttcli.fleet.board import Coverage
    from atttcli.store.connection import Row

AS_JSON = click.option("--json", "as_json", is_flag=True, help="JSON: one object a line for lists, one object else.")
_MOMENTS = ("due", "created", "approved", "issued", "signed", "numbered", "answered", "closed")
_DELIVERY_MOMENTS = ("due", "sent", "acknowledged", "answered", "verified", "reminded", "escalated")


def stage_word(code: str) -> str:
    """The stage as people say it."""
    words = {
        "draft": _("draft"),
        "approved": _("approved, not issued"),
        "awaiting_signature": _("awaiting signature"),
        "awaiting_number": _("awaiting number"),
        "numbered": _("numbered"),
        "closed": _("closed"),
        "withdrawn": _("withdrawn"),
    }
    return words.get(code, code)


def state_word(code: str) -> str:
    """The state of a delivery as people say it."""
    words = {
        "planned": _("planned"),
        "queued": _("not sent"),
        "sent": _("sent"),
        "acknowledged": _("acknowledged"),
        "not_affected": _("not affected"),
        "fixing": _("fixing"),
        "fixed": _("fixed"),
        "verified": _("verified"),
        "exempt": _("exempt"),
        "withdrawn": _("withdrawn"),
    }
    return words.get(code, code)


def _times(row: Row, names: tuple[str, ...]) -> dict[str, str | None]:
    return {name: None if row[name] is None else rfc3339(row[name]) for name in names}


def advisory_json(row: Row, standing: Standing) -> dict[str, Any]:
    """An advisory with its figures."""
    plain = ("number", "title", "template", "category", "stage", "incident", "organ", "document", "dated", "signer")
    return {
        **{name: row[name] for name in plain},
        **_times(row, _MOMENTS),
        "answer": row["answer"],
        "per_agency": bool(row["each"]),
        "reason": row["reason"],
        "source": json.loads(row["source"]),
        "target": json.loads(row["target"]),
        "counts": {name: getattr(standing, name) for name in standing.__slots__},
    }


def scanned_since(app: App, rows: list[Row], now: int) -> Mapping[str, Coverage]:
    """Agency -> its machines by the scans since its copy went out; nothing is computed where no machine is known."""
    if not app.store.value("SELECT EXISTS (SELECT 1 FROM fleet_scan) OR EXISTS (SELECT 1 FROM fleet_host)"):
        return {}
    from atttcli.advisory.by_scan import scans_since

    return scans_since(app.store, rows, app.inventory.current, now)


def _scans_json(coverage: Coverage | None) -> dict[str, int] | None:
    if coverage is None:
        return None
    counted = {state: len(coverage.of(state)) for state in ("clean", "handled", "open", "holes", "never")}
    return {"machines": coverage.total, **counted}


def delivery_json(app: App, row: Row, now: int, seen: Mapping[str, Coverage] | None = None) -> dict[str, Any]:
    """One agency's copy. `seen`: scans of the agencies' machines since their letters went out."""
    plain = (
        "advisory",
        "agency",
        "state",
        "document",
        "how",
        "proof",
        "total",
        "handled",
        "reminders",
        "escalated_to",
        "reason",
    )
    return {
        **{name: row[name] for name in plain},
        "agency_name": app.organisation.name_of(row["agency"]),
        **_times(row, _DELIVERY_MOMENTS),
        "overdue": is_overdue(row["state"], row["due"], now),
        "evidence": json.loads(row["evidence"]),
        "answer": json.loads(row["answer"]),
        "scans": _scans_json(seen.get(row["agency"]) if seen else None),
    }


def machines(row: Row) -> str:
    """`3/5`; a dash while nobody knows of how many."""
    return "-" if row["total"] is None else f"{row['handled']}/{row['total']}"


def headed(*words: str) -> tuple[str, ...]:
    """Headings of a table: labels that stand within lines too, here with a capital."""
    return tuple(word[:1].upper() + word[1:] for word in words)


def draw_deliveries(app: App, rows: list[Row], now: int) -> None:
    """The board of one advisory."""
    seen = scanned_since(app, rows, now)
    columns = headed(_("agency"), _("name"), _("state"), _("machines"), _("due"), _("reminders"), _("note"))
    drawn = []
    for row in rows:
        told = json.loads(row["answer"])
        late = is_overdue(row["state"], row["due"], now)
        due = "-" if row["due"] is None else distance(row["due"], now) if late else moment(row["due"])
        state = state_word(row["state"]) + (f" ({_('escalated')})" if row["escalated"] is not None else "")
        note = row["reason"] or told.get("result", "") or row["proof"]
        if row["agency"] in seen:
            from atttcli.cli.fleet_view import total_words

            # what its machines say stands before what it says itself
            note = "; ".join(
                filter(None, (_("scans: {scans}", scans=total_words(seen[row["agency"]]).rstrip(".")), note))
            )
        drawn.append(
            (
                row["agency"],
                app.organisation.name_of(row["agency"]),
                state,
                machines(row),
                due,
                row["reminders"] or "",
                note,
            )
        )
    render.table(columns, drawn, wide=(1, 6))


def draw_advisory(row: Row, standing: Standing) -> None:
    """Head of one advisory in a few lines."""
    render.line(f"{row['number']}  {row['title']}")
    document = row["document"] or "-"
    render.line(
        f"  {_('stage')}: {stage_word(row['stage'])} · {_('number')}: {document} · {_('due')}: {moment(row['due'])}"
    )
    render.line(
        "  "
        + _(
            "deliveries: {n}, unsent {unsent}, unanswered {unanswered}, fixing {fixing}, to verify {unverified}, done {done},"
            " late {late}",
            n=standing.deliveries,
            unsent=standing.unsent,
            unanswered=standing.unanswered,
            fixing=standing.fixing,
            unverified=standing.unverified,
            done=standing.done,
            late=standing.late,
        )
    )
    render.line("  " + _("machines handled: {handled}/{total}", handled=standing.handled, total=standing.total))
    source = json.loads(row["source"])
    if source:
        shown = " · ".join(
            str(source[name]) for name in ("sender", "number", "date", "deadline", "list") if source.get(name)
        )
        render.line(f"  {_('source')}: {shown}")
    if row["incident"]:
        render.line(f"  {_('incident')}: {row['incident']}")


def next_step(number: str, stage: str) -> str:
    """The command that an advisory waits for."""
    return {
        "draft": f"atttcli advisory approve {number}",
        "approved": f"atttcli advisory issue {number}",
        "awaiting_signature": f'atttcli advisory sign {number} --signer "…"',
        "awaiting_number": f"atttcli advisory number {number} …",
        "numbered": f"atttcli advisory board {number}",
    }.get(stage, "")


def told(app: App, number: str, as_json: bool) -> None:
    """What an advisory is after a decision about it."""
    from atttcli.advisory.board import Standing, standings
    from atttcli.advisory.desk import advisory_row

    row = advisory_row(app.store, number)
    standing = standings(app.store, app.clock.now(), [number]).get(number, Standing())
    if as_json:
        render.emit_json(advisory_json(row, standing))
        return
    draw_advisory(row, standing)
    following = next_step(number, row["stage"])
    if following:
        render.line(f"  → {following}")


def numbered(app: App, text: str) -> str:
    """The advisory that people mean."""
    from atttcli.advisory.desk import find_advisory

    return find_advisory(app.store, text)


def moment_of(app: App, text: str) -> int:
    """A moment that a person typed; now when nothing was."""
    if not text:
        return app.clock.now()
    try:
        return parse_moment(text)
    except ValueError as error:
        raise UsageError(f"not a time: {text[:40]!r}", hint="as 2026-11-23 10:04 or 23/11/2026 10:04") from error


def day_of(text: str) -> str:
    """An ISO day that a person typed, or empty."""
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise UsageError(_("no day: {text}", text=repr(text[:30])), hint="YYYY-MM-DD") from error
