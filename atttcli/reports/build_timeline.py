"""The timeline of a paper: first what happened (facts from the alerts), among it what people decided (the journal)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from atttcli.report import TimelineEntry, Words
from atttcli.reports.record_words import record_word
from atttcli.text.messages import _, language, ngettext

if TYPE_CHECKING:
    from atttcli.inventory import Organisation
    from atttcli.store.projection import Entry

_DERIVED = frozenset({"ended", "meeting"})  # the tool's own bookkeeping in a decision
MAX_FACTS = 25  # groups of alerts that the timeline tells; all of them stand in the annex


def status_words(status: str) -> Words:
    """A status in the language in use."""
    names = {
        "reported": _("Reported"),
        "triage": _("Being triaged"),
        "rejected": _("Rejected"),
        "analysis": _("Being analysed"),
        "containment": _("Being contained"),
        "eradication": _("Being eradicated"),
        "recovery": _("Recovering"),
        "post_incident": _("Post-incident review"),
        "closed": _("Closed"),
        "merged": _("Merged into another"),
    }
    name = names.get(status, status)
    return Words(name, name)


def timeline(
    entries: Iterable[Entry],
    alerts: Sequence[dict[str, Any]],
    tasks: Iterable[Any],
    organisation: Organisation,
    words: dict[str, str],
) -> list[TimelineEntry]:
    """Facts and decisions in order of time; what carries no time comes first. `words`: what the profile's codes mean."""
    titles = words | {task["number"]: _task_title(task) for task in tasks}
    rows = [*_facts(alerts, organisation), *_decisions(entries, titles)]
    return sorted(rows, key=lambda row: (row.at is not None, row.at or 0))


def official_step(code: str) -> str:
    """The step as the circular numbers it: points go a, b, c, d, đ, e."""
    return code.replace("dd", "đ")


def _task_title(task: Any) -> str:
    title = task["title_en"] if language() == "en" and task["title_en"] else task["title"]
    return f"{official_step(task['code'])}. {title}" if task["code"] else str(title)


def _facts(alerts: Sequence[dict[str, Any]], organisation: Organisation) -> Iterator[TimelineEntry]:
    """One line for all alerts of one rule against one agency; the worst, then the earliest, when there are too many."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for alert in alerts:
        if alert.get("first_seen") is not None:
            groups.setdefault((alert.get("rule_id") or "", alert.get("agency") or ""), []).append(alert)
    chosen = sorted(groups.values(), key=lambda group: (-max(one.get("severity") or 0 for one in group), _first(group)))
    for group in chosen[:MAX_FACTS]:
        yield TimelineEntry(at=_first(group), text=_fact(group, organisation), actor=_source(group[0]), kind="alert")


def _first(group: Sequence[dict[str, Any]]) -> int:
    return min(int(one["first_seen"]) for one in group)


def _source(alert: dict[str, Any]) -> str:
    return str(alert.get("source_path") or "").replace("\\", "/").partition("!")[0].rsplit("/", 1)[-1]


def _fact(group: Sequence[dict[str, Any]], organisation: Organisation) -> str:
    count = sum(int(one.get("count") or 1) for one in group)
    agency = group[0].get("agency") or ""
    text = _("{title} ({numbers})", title=group[0].get("title") or "", numbers=_numbers(group))
    if agency:
        text += _("; agency: {name}", name=organisation.name_of(agency))
    return text + ("" if count == 1 else _("; {count} times in all", count=count)) + "."


def _numbers(alerts: Sequence[Any], shown: int = 3) -> str:
    numbers = [str(one["number"] if isinstance(one, dict) else one) for one in alerts]
    more = len(numbers) - shown
    return ", ".join(numbers[:shown]) + (_(" and {count} more", count=more) if more > 0 else "")


def _decisions(entries: Iterable[Entry], titles: dict[str, str]) -> Iterator[TimelineEntry]:
    for entry in entries:
        sentence = _SENTENCES.get(entry.verb)
        text = sentence(entry, titles) if sentence else _("Recorded in the journal: {verb}.", verb=entry.verb)
        if entry.erased and not entry.payload:
            text = _("Recorded in the journal: {verb} (its text was erased).", verb=entry.verb)
        if text:
            yield TimelineEntry(at=entry.time, text=text, actor=entry.actor, kind=entry.verb)


def _opened(entry: Entry, titles: dict[str, str]) -> str:
    alerts = entry.payload.get("alerts") or []
    if not alerts:
        return _("Opened the incident.")
    text = ngettext("Opened the incident from {count} alert", "Opened the incident from {count} alerts", len(alerts))
    return f"{text} ({_numbers(alerts)})."


def _linked(entry: Entry, titles: dict[str, str]) -> str:
    alerts = entry.payload.get("alerts") or []
    text = ngettext("Linked {count} alert to the incident", "Linked {count} alerts to the incident", len(alerts))
    return f"{text} ({_numbers(alerts)})."


def _unlinked(entry: Entry, titles: dict[str, str]) -> str:
    return _("Took alerts out of the incident: {numbers}.", numbers=_numbers(entry.payload.get("alerts") or []))


def _set(entry: Entry, titles: dict[str, str]) -> str:
    names = {
        "category": _("incident type"),
        "severity": _("severity"),
        "class": _("legal class"),
        "owner": _("person in charge"),
        "title": _("title"),
        "detected": _("time of detection"),
        "resolution": _("result"),
        "cause": _("cause"),
        "cause_reason": _("reason why the cause is unknown"),
        "agencies": _("agencies"),
        "systems": _("systems"),
        "personal_data": _("personal data"),
        "flags": _("facts for the classification"),
        "detected_by": _("how it was detected"),
        "summary": _("description"),
        "scope": _("scope"),
        "lessons": _("lessons"),
        "proposals": _("proposals"),
        "measures": _("measures"),
        "level": _("system level"),
    }
    fields = {key: value for key, value in (entry.payload.get("fields") or {}).items() if key not in _DERIVED}
    short = {"category", "severity", "class", "owner"}
    parts = [
        f"{names.get(key, key)}: {titles.get(str(value), value)}"
        if key in short and value
        else names.get(key) or _uncapitalised(record_word(key))
        for key, value in fields.items()
    ]
    return _("Set: {what}.", what="; ".join(parts)) if parts else ""


def _uncapitalised(words: str) -> str:
    """A label within a sentence; an abbreviation keeps its capitals."""
    return words[:1].lower() + words[1:] if words[1:2].islower() or words[1:2] == " " else words


def _moved(entry: Entry, titles: dict[str, str]) -> str:
    text = _("Status: {status}", status=status_words(str(entry.payload.get("to") or "")).vi)
    reason = str(entry.payload.get("reason") or "")
    return f"{text} ({reason.rstrip('. ')})." if reason else f"{text}."


def _answered(entry: Entry, titles: dict[str, str]) -> str:
    body = entry.payload
    number = str(body.get("task") or entry.object)
    what = titles.get(number, "")
    names = {"skipped": _("Skipped: {what}"), "done": _("Done: {what}"), "failed": _("Failed: {what}")}
    text = names.get(str(body.get("outcome")), _("Ended: {what}")).format(what=f"{what} ({number})" if what else number)
    answer = {"yes": _("answer: yes"), "no": _("answer: no")}.get(_answer(body.get("answer")), "")
    return f"{text}; {answer}." if answer else f"{text}."


def _task_approved(entry: Entry, titles: dict[str, str]) -> str:
    body = entry.payload
    paper = f" ({body['paper']})" if body.get("paper") else ""
    who = _("approved by {who}", who=f"{body.get('approved_by') or entry.actor}{paper}")
    return f"{_answered(entry, titles).rstrip('.')}; {who}."


def _held(entry: Entry, titles: dict[str, str]) -> str:
    if entry.verb == "run.resumed":
        return _("The playbook run goes on.")
    return _("Paused the playbook run: {reason}.", reason=entry.payload.get("reason") or "-")


def _commanded(entry: Entry, titles: dict[str, str]) -> str:
    body = entry.payload
    code = body.get("exit_code")
    how = _("stopped") if code is None else str(code)
    return _(
        "Ran a {type} command of {task}: {how}, output {evidence}.",
        type=body.get("type") or "", task=entry.object, how=how, evidence=body.get("evidence") or "-",
    )  # fmt: skip


def _answer(value: Any) -> str:
    return {True: "yes", False: "no"}.get(value, str(value or "")) if isinstance(value, bool) else str(value or "")


def _started(entry: Entry, titles: dict[str, str]) -> str:
    body = entry.payload
    name = (body.get("name_en") if language() == "en" else "") or body.get("name") or body.get("playbook")
    return _("Started the playbook: {name}.", name=name or entry.object)


def _cancelled(entry: Entry, titles: dict[str, str]) -> str:
    return _("Cancelled the playbook run: {reason}.", reason=entry.payload.get("reason") or "-")


def _task_added(entry: Entry, titles: dict[str, str]) -> str:
    tasks = entry.payload.get("tasks") or []
    named = [titles.get(str(task.get("number")), str(task.get("number"))) for task in tasks if isinstance(task, dict)]
    return _("Added a task: {what}.", what="; ".join(named))


def _evidence_added(entry: Entry, titles: dict[str, str]) -> str:
    return _("Took {number} into the vault: {name}.", number=entry.object, name=entry.payload.get("name") or "")


def _evidence_withdrawn(entry: Entry, titles: dict[str, str]) -> str:
    return _("Withdrew {number}: {reason}.", number=entry.object, reason=entry.payload.get("reason") or "-")


def _evidence_exported(entry: Entry, titles: dict[str, str]) -> str:
    return _("Handed out a copy of {number} to {to}.", number=entry.object, to=entry.payload.get("to") or "-")


def _approved(entry: Entry, titles: dict[str, str]) -> str:
    body = entry.payload
    text = _(
        "Approved by {who}: {status}",
        who=body.get("approver") or entry.actor,
        status=status_words(str(body.get("gate") or "")).vi,
    )
    return f"{text} ({body['paper']})." if body.get("paper") else f"{text}."


def _joined(entry: Entry, titles: dict[str, str]) -> str:
    body = entry.payload
    words = {
        "incident.merged": _("{one} was merged into {other}: {reason}"),
        "incident.unmerged": _("{one} was parted from {other} again: {reason}"),
        "incident.split": _("{one} was split off from {other}: {reason}"),
    }[entry.verb]
    other = body.get("into") or body.get("source") or "-"
    return words.format(one=entry.object, other=other, reason=str(body.get("reason") or "-").rstrip(". ")) + "."


def _met(entry: Entry, titles: dict[str, str]) -> str:
    body = entry.payload
    code = str(body.get("deadline") or "")
    return _("Sent as the law requires ({duty}): {paper}.", duty=titles.get(code, code), paper=body.get("paper") or "-")


def _issued(entry: Entry, titles: dict[str, str]) -> str:
    return _("Issued the report {number}.", number=entry.payload.get("document") or "-")


def _silent(entry: Entry, titles: dict[str, str]) -> str:
    return ""  # notes have their own part of the paper


_SENTENCES: dict[str, Callable[[Entry, dict[str, str]], str]] = {
    "incident.opened": _opened,
    "incident.linked": _linked,
    "incident.unlinked": _unlinked,
    "incident.set": _set,
    "incident.moved": _moved,
    "incident.noted": _silent,
    "incident.approved": _approved,
    "incident.merged": _joined,
    "incident.unmerged": _joined,
    "incident.split": _joined,
    "run.started": _started,
    "run.answered": _answered,
    "run.cancelled": _cancelled,
    "run.paused": _held,
    "run.resumed": _held,
    "task.approved": _task_approved,
    "task.commanded": _commanded,
    "task.added": _task_added,
    "task.closed": _answered,
    "evidence.added": _evidence_added,
    "evidence.withdrawn": _evidence_withdrawn,
    "evidence.exported": _evidence_exported,
    "deadline.met": _met,
    "report.issued": _issued,
}
