"""Words for casework: states, moments, and what an entry of the journal says. Codes stay codes in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from atttcli.clock import DAY, HOUR, MINUTE, local_text
from atttcli.reports.record_words import record_word
from atttcli.text.messages import _, language, ngettext
from atttcli.text.retell import retell

_WORD = 30  # a longer value is somebody's text and no choice of ours
_MOMENTS = frozenset({"detected", "occurred", "next_report", "preliminary_at", "official_at", "ended"})


def status_word(code: str) -> str:
    """The status as people say it."""
    words = {
        "reported": _("reported"),
        "triage": _("in triage"),
        "rejected": _("rejected"),
        "analysis": _("in analysis"),
        "containment": _("containment"),
        "eradication": _("eradication"),
        "recovery": _("recovery"),
        "post_incident": _("post-incident"),
        "closed": _("closed"),
        "merged": _("merged"),
        "open": _("open"),
        "done": _("done"),
        "skipped": _("skipped"),
        "cancelled": _("cancelled"),
        "failed": _("could not be done"),
        "paused": _("paused"),
        "running": _("running"),
        "finished": _("finished"),
    }
    return words.get(code, code)


def guard_words(guard: str) -> str:
    """Why an incident cannot go on, by the guard's name."""
    words = {
        "category": _("needs a category before it leaves triage"),
        "severity": _("needs a severity before it leaves triage"),
        "owner": _("needs an owner before it leaves triage"),
        "resolution": _("needs a resolution before it is closed"),
        "cause": _("needs a cause before it is closed"),
        "cause-reason": _("needs the reason why its cause was not determined"),
        "approval": _("needs an approval before it goes on"),
        "deliveries": _("has letters to agencies that are not verified yet"),
        "tasks": _("has open required tasks"),
    }
    return words.get(guard, guard)


def fact_word(kind: str) -> str:
    """What machines saw, as people say it."""
    words = {
        "occurred": _("occurred"),
        "detected": _("detected"),
        "first_seen": _("first seen"),
        "last_seen": _("last seen"),
    }
    return words.get(kind, kind)


def moment(micros: int | None) -> str:
    """Local time, or a dash."""
    if micros is None:
        return "-"
    try:
        return local_text(micros, seconds=False)
    except (OverflowError, ValueError):  # kept by an earlier version: a log's stamp that no calendar has
        return str(micros)


def distance(due: int, now: int) -> str:
    """`in 3 h` or `2 d overdue`."""
    span = abs(due - now)
    if span < MINUTE:
        return _("due now")  # what is owed at once is not late in the moment in which it begins
    if span >= 2 * DAY:
        size = _("{n} d", n=span // DAY)
    elif span >= 2 * HOUR:
        size = _("{n} h", n=span // HOUR)
    else:
        size = _("{n} min", n=span // MINUTE)
    return _("{size} overdue", size=size) if due < now else _("in {size}", size=size)


def localised(row: Any, name: str) -> str:
    """The Vietnamese column or its English twin, by the language in use."""
    other = str(row[f"{name}_en"] or "")
    return other if language() == "en" and other else str(row[name])


def entry_words(verb: str, body: Mapping[str, Any]) -> str:
    """One line of what a decision was; empty for verbs that say it all by their name."""
    if verb == "incident.moved":
        return _join(f"{status_word(str(body.get('from', '')))} → {status_word(str(body['to']))}", body.get("reason"))
    if verb == "incident.opened":
        return _join(str(body["title"]), ngettext("{count} alert", "{count} alerts", len(body.get("alerts", ()))))
    if verb == "incident.set":
        return ", ".join(f"{field_word(name)}={_value(value, name)}" for name, value in body.get("fields", {}).items())
    if verb in {"incident.linked", "incident.unlinked"}:
        alerts = [a["number"] if isinstance(a, dict) else str(a) for a in body.get("alerts", ())]
        return _join(", ".join(alerts[:8]) + ("…" if len(alerts) > 8 else ""), body.get("reason"))
    if verb == "incident.approved":
        return _join(status_word(str(body["gate"])), body.get("approver"), body.get("paper"))
    if verb in {"incident.merged", "incident.unmerged"}:
        return _join(("→ " if verb == "incident.merged" else "← ") + str(body["into"]), body.get("reason"))
    if verb == "incident.split":
        return _join(f"← {body['source']}", str(body["title"]), body.get("reason"))
    if verb in {"run.answered", "task.approved", "task.handed_in", "task.closed"}:
        words = [
            body.get("task"),
            body.get("approved_by"),
            body.get("paper"),
            _("handed in") if verb == "task.handed_in" else status_word(str(body["outcome"])),
            body.get("title"),
            retell(str(body.get("answer") or "")),
            body.get("note"),
        ]
        return _join(*words)
    if verb == "task.commanded":
        how = body["exit_code"] if body.get("exit_code") is not None else body["outcome"]
        return _join(str(body["type"]), str(how), body.get("evidence"))
    if verb in {"playbook.imported", "playbook.trusted", "playbook.distrusted"}:
        return _join(body.get("name"), body.get("reason"), f"sha256 {str(body['digest'])[:16]}…")
    if verb == "run.started":
        return str(body.get("name_en" if language() == "en" else "name", body["playbook"]))
    if verb == "deadline.met":
        return _join(str(body["deadline"]), body.get("paper"))
    return _join(*(body.get(name) for name in ("text", "name", "reason", "note", "verb", "to")))


def field_word(name: str) -> str:
    """A fact of an incident; its key in English, as `incident set` takes it."""
    if language() == "en":
        return name
    words = {
        "title": _("Title"),
        "category": _("Incident type"),
        "severity": _("Severity"),
        "class": _("Class"),
        "owner": _("Owner"),
        "agencies": _("Agencies"),
        "systems": _("Systems"),
        "detected": _("Detected"),
        "summary": _("Summary"),
        "scope": _("Scope"),
        "cause": _("Cause"),
        "cause_reason": _("Reason why the cause is unknown"),
        "resolution": _("Resolution"),
        "lessons": _("Lessons learned"),
        "measures": _("Measures"),
        "impact": _("Impact"),
        "flags": _("Flags"),
        "national_list": _("On the national list"),
    }
    return words.get(name) or record_word(name)


def _value(value: Any, name: str = "") -> str:
    """A value as people write it: of a mapping (flags with the moment they were raised) its names."""
    if isinstance(value, int) and name in _MOMENTS:
        return moment(value)
    if isinstance(value, (dict, list, tuple)):
        return ", ".join(retell(str(one)) for one in value)
    text = retell(value) if isinstance(value, str) and len(value) < _WORD else str(value)
    return " / ".join(line for line in text.splitlines() if line.strip())


def _join(*parts: object) -> str:
    return " · ".join(" / ".join(str(part).splitlines()) for part in parts if part)
