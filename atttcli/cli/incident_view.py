"""How an incident and its tasks look: the stable JSON, and the screen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from atttcli.cli import render
from atttcli.cli.alert_view import title_of
from atttcli.cli.casework_words import distance, entry_words, field_word, localised, moment, status_word
from atttcli.cli.law_words import LawWords
from atttcli.cli.task_view import task_json
from atttcli.clock import parse_moment, rfc3339
from atttcli.model.record import FIELDS
from atttcli.text.messages import _, ngettext, speaking
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atttcli.cli.context import App


def incident_json(app: App, number: str, *, brief: bool = False) -> dict[str, Any]:
    """The stable JSON of one incident; `brief` without what hangs on it."""
    store = app.store
    row = store.row("SELECT * FROM incident WHERE number = ?", number)
    assert row is not None
    body: dict[str, Any] = {
        key: row[key] for key in ("number", "title", "status", "category", "severity", "class", "owner", "profile")
    }
    body |= {"organisation": row["organisation"], "resolution": row["resolution"], "cause": row["cause"]}
    body |= {key: json.loads(row[key]) for key in ("agencies", "systems", "fields", "gates")}
    body |= {"merged_into": row["merged_into"], "exercise": bool(row["exercise"])}
    body |= {key: row[key] and rfc3339(row[key]) for key in ("detected", "opened", "closed", "updated")}
    if brief:
        return body
    from atttcli.incident.timeline import timeline

    alerts = store.rows("SELECT record FROM incident_alert WHERE incident = ? ORDER BY alert", number)
    body["alerts"] = [json.loads(alert["record"]) for alert in alerts]
    body["tasks"] = [
        task_json(task) for task in store.rows("SELECT * FROM task WHERE incident = ? ORDER BY number", number)
    ]
    body["evidence"] = [
        {key: e[key] for key in ("number", "sha256", "name", "size", "source", "note", "actor")}
        for e in store.rows("SELECT * FROM evidence WHERE incident = ? AND withdrawn IS NULL ORDER BY number", number)
    ]
    body["approvals"] = [
        {
            "gate": a["gate"], "approver": a["approver"], "paper": a["paper"], "recorded_by": a["recorded_by"],
            "at": rfc3339(a["at"]),
        }
        for a in store.rows("SELECT * FROM approval WHERE incident = ? ORDER BY seq", number)
    ]  # fmt: skip
    body["deadlines"] = [
        {
            "code": d["code"], "name": d["name"], "name_en": d["name_en"], "document": d["document"],
            "basis": d["basis"], "due": rfc3339(d["due"]), "met": d["met"] and rfc3339(d["met"]), "paper": d["paper"],
        }
        for d in store.rows("SELECT * FROM deadline WHERE incident = ? ORDER BY due, code", number)
    ]  # fmt: skip
    body["timeline"] = [
        {"seq": e.seq, "time": rfc3339(e.time), "actor": e.actor, "verb": e.verb, "object": e.object,
         "text": entry_words(e.verb, e.payload)}
        for e in timeline(app.journal, number)
    ]  # fmt: skip
    return body


def print_incident_json(app: App, number: str) -> None:
    """The stable JSON on stdout: the words of its timeline are English for every reader."""
    with speaking("en"):
        render.emit_json(incident_json(app, number))


def show_incident(app: App, number: str) -> None:
    body = incident_json(app, number)
    row = app.store.row("SELECT * FROM incident WHERE number = ?", number)
    assert row is not None
    render.line(f"{number}  {row['title']}")
    law = LawWords(row["profile"])
    facts = [
        (_("Status"), status_word(row["status"])),
        (_("Incident type"), law.category(row["category"]) or "-"),
        (_("Severity"), law.severity(row["severity"]) or "-"),
        (_("Class"), law.legal_class(row["class"]) or "-"),
        (_("Owner"), row["owner"] or "-"),
        (_("Agencies"), ", ".join(body["agencies"]) or "-"),
        (_("Systems"), ", ".join(body["systems"]) or "-"),
        (_("Detected"), moment(row["detected"])),
        (_("Opened"), moment(row["opened"])),
        (_("Closed at"), moment(row["closed"])),
    ]
    facts += list(_further(body))
    for name, value in facts:
        render.line(f"  {name + ':':<16} {value}")
    _show_parts(app, number, body)


def _further(body: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What not every incident has: merged, exercise, approvals, and the fields of the record that are filled."""
    if body["merged_into"]:
        yield _("Merged into"), body["merged_into"]
    if body["exercise"]:
        yield _("Exercise"), _("yes")
    for approval in body["approvals"]:
        paper = f" ({approval['paper']})" if approval["paper"] else ""
        yield _("Approvals"), f"{status_word(approval['gate'])}: {approval['approver']}{paper}"
    for name, value in body["fields"].items():
        if name in FIELDS and value not in (None, "", []):
            yield field_word(name), _shown(name, value)


def _shown(name: str, value: Any) -> str:
    """A field as people read it: choices in their words, several lines as one."""
    if FIELDS[name].kind == "moment":
        return moment(value)
    if isinstance(value, list):
        return ", ".join(retell(str(one)) for one in value)
    return " / ".join(line for line in retell(str(value)).splitlines() if line.strip())


def _show_parts(app: App, number: str, body: dict[str, Any]) -> None:
    now = app.clock.now()
    render.line(ngettext("{count} alert", "{count} alerts", len(body["alerts"])))
    for alert in body["alerts"][:20]:
        render.line(f"  {alert['number']}  x{alert['count']}  {alert['agency'] or '-'}  {title_of(alert)}")
    render.line(ngettext("{count} deadline", "{count} deadlines", len(body["deadlines"])))
    for row in app.store.rows("SELECT * FROM deadline WHERE incident = ? ORDER BY due, code", number):
        state = _("met {time} {paper}", time=moment(row["met"]), paper=row["paper"])
        left = distance(row["due"], now) if row["met"] is None else state
        render.line(f"  {row['code']:<4} {moment(row['due'])} ({left})  {localised(row, 'name')}")
    render.line(ngettext("{count} task", "{count} tasks", len(body["tasks"])))
    for row in app.store.rows("SELECT * FROM task WHERE incident = ? ORDER BY number", number):
        code = f"{row['code']}/{row['round']}" if row["code"] else ""
        render.line(f"  {row['number']}  {status_word(row['state']):<10} {code:<6} {localised(row, 'title')}")
    render.line(ngettext("{count} piece of evidence", "{count} pieces of evidence", len(body["evidence"])))
    for item in body["evidence"]:
        render.line(f"  {item['number']}  {item['sha256'][:16]}…  {item['size']}  {item['name']}")
    render.line(_("Timeline"))
    for entry in body["timeline"][-40:]:
        render.line(
            f"  {moment(parse_moment(entry['time']))}  {entry['actor']}  {retell(entry['verb'])}  {entry['text']}"
        )
