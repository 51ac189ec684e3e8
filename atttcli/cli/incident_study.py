"""Looking at one incident: the official forms beside what is known, and what happened in order of time."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.alert_view import title_of
from atttcli.cli.casework_words import entry_words, fact_word, moment
from atttcli.cli.context import App, with_app
from atttcli.cli.current import incident_number
from atttcli.cli.incident_input import json_option
from atttcli.clock import rfc3339
from atttcli.errors import UsageError
from atttcli.text.messages import _, language, ngettext, speaking
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atttcli.incident.form import Line

_number = click.argument("number", metavar="[ID]", required=False)


@click.command()
@_number
@click.option("--form", "wanted", default="", metavar="CODE", help="Only this form: mau_03, mau_04, bao_cao_nhanh …")
@click.option("--missing", is_flag=True, help="Only what is still missing.")
@click.option("--fields", "only_fields", is_flag=True, help="All fields of the record instead, with their types.")
@json_option
@with_app
def form(app: App, number: str | None, wanted: str, missing: bool, only_fields: bool, as_json: bool) -> None:
    """The official forms of the incident's profile beside what is known: filled, missing, and the command that fills it.

    \b
    Examples:
      atttcli incident form @ --form mau_03
      atttcli incident form @ --missing --json
      atttcli incident form --fields
    """
    if only_fields:
        _print_fields(as_json)
        return
    found = incident_number(app, number)
    lines = [(code, line) for code, line in _lines(app, found, wanted) if line.missing or not missing]
    if as_json:
        render.emit_json_lines(
            {
                "incident": found, "form": code, "section": line.section, "label": line.label,
                "required": line.required, "value": line.value, "fields": list(line.fields),
                "derived": line.derived, "missing": line.missing,
            }
            for code, line in lines
        )  # fmt: skip
        return
    _print_lines(found, lines)


def _lines(app: App, number: str, wanted: str) -> Iterator[tuple[str, Line]]:
    from atttcli.incident.facts import incident_row
    from atttcli.incident.form import bound_forms, derived_values, form_lines, form_values
    from atttcli.profile import load_profile

    row = incident_row(app.journal, number)
    forms = bound_forms(load_profile(row["profile"]))
    if wanted and wanted not in {one.code for one in forms}:
        raise UsageError(
            f"no form {wanted[:40]!r} is filled from an incident",
            hint="one of: " + ", ".join(one.code for one in forms),
        )
    values, derived = form_values(row), derived_values(app.store, row, app.inventory)
    for one in forms:
        if wanted in ("", one.code):
            for line in form_lines(one, values, derived):
                yield one.code, line


def _print_lines(number: str, lines: list[tuple[str, Line]]) -> None:
    last = ("", "")
    for code, line in lines:
        if (code, line.section) != last:
            render.line(f"{code}  {line.section}")
            last = (code, line.section)
        value = line.value
        if line.missing:
            field = next(iter(line.fields))
            sign = "!" if line.required else " "
            value = f"{sign} " + _("missing: {command}", command=f"atttcli incident set {number} {field}=…")
        label = "" if line.label == line.section else line.label
        render.line(f"    {label}  {value}" if label else f"    {value}")
    left = sum(line.missing and line.required for _code, line in lines)
    render.line(ngettext("{count} required line is missing", "{count} required lines are missing", left))


def _print_fields(as_json: bool) -> None:
    from atttcli.model.record import FIELDS

    if as_json:
        render.emit_json_lines(
            {"field": one.name, "group": one.group, "type": one.kind, "choices": list(one.choices)}
            for one in FIELDS.values()
        )
        return
    render.table(
        [_("Field"), _("Group"), _("Type"), _("One of")],
        ((one.name, one.group, one.kind, ", ".join(one.choices)) for one in FIELDS.values()),
    )


@click.command()
@_number
@click.option("--facts", "only", flag_value="fact", help="Only what machines saw.")
@click.option("--decisions", "only", flag_value="decision", help="Only what people decided.")
@json_option
@with_app
def timeline(app: App, number: str | None, only: str | None, as_json: bool) -> None:
    """What happened in order of time: what machines saw, and what people decided.

    \b
    Examples:
      atttcli incident timeline @
      atttcli incident timeline SC-2026-0001 --decisions --json
    """
    found = incident_number(app, number)
    with speaking("en") if as_json else nullcontext():
        rows = [row for row in _moments(app, found) if only in (None, row["kind"])]
    if as_json:
        render.emit_json_lines({**row, "time": rfc3339(row["time"])} for row in rows)
        return
    for row in rows:
        mark = "·" if row["kind"] == "fact" else "»"
        render.line(
            f"{moment(row['time'])}  {mark} {row['actor'] or row['object']}  {retell(row['what'])}  {row['text']}"
        )


def _titles(app: App, number: str) -> dict[str, str]:
    """What the incident's alerts are called in the reader's language, by their numbers."""
    rows = app.store.rows("SELECT alert, record FROM incident_alert WHERE incident = ?", number)
    return {str(row["alert"]): title_of(json.loads(row["record"])) for row in rows}


def _moments(app: App, number: str) -> list[dict[str, Any]]:
    from atttcli.incident.timeline import facts
    from atttcli.incident.timeline import timeline as decisions

    rows: list[dict[str, Any]] = []
    titles = _titles(app, number) if language() == "vi" else {}
    for fact in facts(app.store, number):
        many = f"x{fact.count} " if fact.count > 1 else ""
        rows.append(
            {
                "time": fact.at, "kind": "fact", "what": fact_word(fact.kind), "object": fact.object, "actor": "",
                "seq": None, "text": many + titles.get(fact.object, fact.text),
            }
        )  # fmt: skip
    rows += [
        {
            "time": entry.time, "kind": "decision", "what": entry.verb, "object": entry.object, "actor": entry.actor,
            "seq": entry.seq, "text": entry_words(entry.verb, entry.payload),
        }
        for entry in decisions(app.journal, number)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row["time"], row["kind"] == "decision", row["seq"] or 0, row["object"]))
