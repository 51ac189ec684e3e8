"""How a task looks: the stable JSON, and the screen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from atttcli.cli import render
from atttcli.cli.casework_words import distance, localised, moment, status_word
from atttcli.cli.law_words import LawWords
from atttcli.clock import rfc3339
from atttcli.text.messages import _, language
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.cli.context import App

_TEXTS = (
    "number", "incident", "run", "code", "round", "title", "title_en", "description", "description_en", "lead", "lead_name",
    "assignee", "asks", "state", "answer", "note", "closed_by", "status", "kind", "child", "escalated_to", "approved_by",
    "paper", "agreed_by", "reminders",
)  # fmt: skip
_LISTS = ("support", "outputs", "evidence", "agencies", "depends", "approval", "results", "detail")
_MOMENTS = ("due", "created", "closed", "not_before", "started", "reminded", "escalated")


def task_json(row: Any) -> dict[str, Any]:
    """The stable JSON of one task."""
    body: dict[str, Any] = {name: row[name] for name in _TEXTS}
    body |= {"required": bool(row["required"]), "needs_evidence": bool(row["needs_evidence"])}
    body |= {name: json.loads(row[name]) for name in _LISTS}
    return body | {name: row[name] and rfc3339(row[name]) for name in _MOMENTS}


def due_words(row: Any, now: int) -> str:
    """Until when, and how far that is."""
    due = row["due"]
    if due is None:
        return "-"
    return f"{moment(due)} ({distance(due, now)})" if row["state"] == "open" else moment(due)


def status_words(row: Any, now: int) -> str:
    """The execution status as people say it."""
    from atttcli.playbook.late import status_now

    words = {
        "waiting": _("waiting"),
        "ready": _("ready"),
        "ongoing": _("under way"),
        "await_user_input": _("awaits approval"),
        "failed": _("could not be done"),
        "timeout_error": _("out of time"),
    }
    status = status_now(row, now)
    return words.get(status) or status_word(str(row["state"]))


def show_task(app: App, row: Any) -> None:
    """One task on the screen."""
    now, detail = app.clock.now(), json.loads(row["detail"])
    render.line(f"{row['number']}  {row['code']}  {localised(row, 'title')}")
    listed = {name: ", ".join(json.loads(row[name])) for name in ("agencies", "evidence", "depends")}
    law = LawWords(str(app.store.value("SELECT profile FROM incident WHERE number = ?", row["incident"]) or ""))
    expected = ", ".join(detail.get("expects", ())) or _("demanded")
    facts = [
        (_("Incident"), row["incident"]),
        (_("Status"), status_words(row, now)),
        (_("Round"), row["round"]),
        (_("Lead"), row["lead_name"] or "-"),
        (_("Assignee"), row["assignee"] or "-"),
        (_("Agencies"), listed["agencies"] or "-"),
        (_("Support"), law.roles(json.loads(row["support"])) or "-"),
        (_("Due"), due_words(row, now)),
        (_("Waits for"), listed["depends"] or (moment(row["not_before"]) if row["not_before"] else "-")),
        (_("Required"), _("yes") if row["required"] else _("no")),
        (_("Papers"), law.papers(json.loads(row["outputs"])) or "-"),
        (_("Evidence"), listed["evidence"] or (expected if row["needs_evidence"] else "-")),
        (_("Approval"), _approval(row)),
        (_("Asks"), _question(row, detail)),
        (
            _("Answer"),
            retell(row["answer"]) or ", ".join(f"{k}={v}" for k, v in json.loads(row["results"]).items()) or "-",
        ),
        (_("Note"), row["note"] or "-"),
    ]
    width = max(len(name) for name, _value in facts) + 1
    for name, value in facts:
        render.line(f"  {name + ':':<{width}} {value}")
    render.line(localised(row, "description"))
    _show_more(row, detail)


def _approval(row: Any) -> str:
    roles = ", ".join(json.loads(row["approval"]))
    if row["approved_by"]:
        return f"{row['approved_by']} {row['paper']}".strip()
    return roles or "-"


def _question(row: Any, detail: dict[str, Any]) -> str:
    if row["asks"] == "again":
        return _("go round again? yes or no (--answer)")
    question = detail.get("ask_en" if language() == "en" and detail.get("ask_en") else "ask", "")
    if row["asks"]:
        return f"{question} {_('yes or no (--answer)')}".strip()
    wanted = ", ".join(f"--set {one['name']}=… ({one['type']})" for one in detail.get("wants", ()))
    return f"{question} {wanted}".strip() or "-"


def _show_more(row: Any, detail: dict[str, Any]) -> None:
    if detail.get("by_hand"):
        from atttcli.text.retell import retell

        render.line(_("To be done by hand: {why}", why=retell(detail["by_hand"])))
    if row["child"]:
        render.line(_("Its own run: {run}", run=row["child"][:8]))
    for command in detail.get("commands", ()):
        render.line(f"  [{command['type']}]")
        render.block("\n".join(f"    {line}" for line in str(command["command"]).splitlines()))
    if any(command["type"] != "manual" for command in detail.get("commands", ())) and row["state"] == "open":
        render.line(f"→ atttcli task run {row['number']}")
    if row["state"] == "open":
        for code in detail.get("advisory", ()):
            render.line(f"→ atttcli advisory draft --template {code} --from-incident {row['incident']}")
        for code in detail.get("reports", ()):
            render.line(f"→ atttcli incident form {row['incident']} --form {code}")
        if row["status"] == "await_user_input":
            render.line(f"→ atttcli task approve {row['number']}")
