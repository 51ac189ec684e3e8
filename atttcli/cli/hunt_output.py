"""How hunts are written: a table, JSON lines, CSV, and the forms of other tools. All of it is inert."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from atttcli.cli import event_lines, render
from atttcli.text.display import display
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.hunt.ask import Answer

FORMS = ("table", "json", "csv", "ecs", "timesketch", "timesketch-jsonl", "plaso", "l2tcsv")
OF_EVENTS = frozenset(FORMS[3:])
_CELL = 300  # of a table; JSON and CSV give all of it


def show(answer: Answer, form: str, *, by_fields: bool, chosen: bool = False) -> None:
    """Write an answer to stdout as its rows come."""
    from atttcli.hunt import exports

    found = 0

    def counted() -> Iterator[dict[str, Any]]:
        nonlocal found
        for row in answer.rows:
            found += 1
            yield dict(zip(answer.columns, row, strict=True))

    rows = counted()
    makers: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
        "ecs": exports.ecs, "timesketch": exports.timesketch, "timesketch-jsonl": exports.timesketch, "plaso": exports.plaso,
        "l2tcsv": exports.l2tcsv,
    }  # fmt: skip
    heads = {"timesketch": exports.TIMESKETCH, "plaso": exports.PLASO, "l2tcsv": exports.L2T}
    if form in heads:
        _csv(heads[form], map(makers[form], rows))
    elif form in makers:
        render.emit_json_lines(map(makers[form], rows))
    elif form == "json":
        render.emit_json_lines(map(exports.as_json if by_fields else exports.plain, rows))
    elif form == "csv":
        _csv(answer.columns, map(exports.plain, rows))
    elif by_fields and not chosen:
        _events(rows)
    else:
        cells = ([display(_cell(exports.plain(value)), _CELL) for value in row.values()] for row in rows)
        if render.is_terminal() and not event_lines.fits(len(answer.columns)):
            event_lines.tall(answer.columns, cells)
        else:
            render.table(answer.columns, cells)
    if not found and form == "table":
        render.warn(
            _(
                "Nothing found. A part of a value: --field 'user=*name*', --text; columns: atttcli hunt schema;"
                " logs: atttcli hunt sources"
            )
        )


def _events(rows: Iterable[Mapping[str, Any]]) -> None:
    """Events as people read them: local time, what and who, and the record."""
    from atttcli.clock import local_text, to_micros

    def told() -> Iterator[tuple[str, ...]]:
        for row in rows:
            moment = row["time"]
            when = local_text(to_micros(_utc(moment))) if moment is not None else "-"
            what = "/".join(filter(None, (row["product"], row["service"]))) or row["category"] or row["kind"]
            who = " ".join(filter(None, (row["user"], row["src_ip"])))
            yield when, row["ref"], what, who or "-", display(_record(row), _CELL)

    if render.is_terminal() and not event_lines.is_roomy():
        for when, ref, what, who, text in told():
            event_lines.entry(f"{when}  {ref}  {what}  {'' if who == '-' else who}".rstrip(), [text])
        return
    render.table([_("Time"), _("Event"), _("What"), _("Who"), _("Record")], told(), wide=(4,), whole=(0,))


def _record(row: Mapping[str, Any]) -> str:
    import json

    fields = row.get("fields")
    if isinstance(fields, str):
        fields = json.loads(fields)
    return event_lines.record(row["raw"], fields or {})


def _utc(moment: datetime) -> datetime:
    from datetime import UTC

    return moment.replace(tzinfo=UTC)


def _cell(value: Any) -> str:
    if isinstance(value, dict | list):
        import json

        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def _csv(columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> None:
    render.csv_line(columns)
    for row in rows:
        render.csv_line(_cell(value) for value in row.values())
