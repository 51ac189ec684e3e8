"""A call while it is taken: each answer is kept at once, so that a cut line or a power cut costs at most one answer.

The draft is nobody's decision yet; what the call comes to is one: the incident that it opens, with all it was told.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from atttcli.clock import rfc3339
from atttcli.errors import Conflict, NotFound, UsageError
from atttcli.incident.casework import NewIncident, open_incident
from atttcli.incident.facts import propose_severity
from atttcli.incident.interview import UNKNOWN, Question, load_interview
from atttcli.inventory import Inventory
from atttcli.journal.journal import Journal
from atttcli.model.record import FIELDS
from atttcli.profile import Profile
from atttcli.store.connection import Row, Store


@dataclass(frozen=True, slots=True)
class Call:
    """A call: when it began (microseconds UTC), who takes it, what was answered so far, and what it came to."""

    id: str
    started: int
    actor: str
    answers: Mapping[str, str]
    incident: str = ""
    ended: int | None = None

    def known(self, key: str) -> str:
        """An answer, empty when it was not given or not known."""
        given = self.answers.get(key, "")
        return "" if given == UNKNOWN else given


def begin(store: Store, actor: str, now: int) -> Call:
    """Start a call."""
    call = Call(uuid.uuid4().hex, now, actor, {})
    with store.transaction() as db:
        db.execute("INSERT INTO call (id, started, actor) VALUES (?,?,?)", (call.id, now, actor))
    return call


def keep(store: Store, call: Call, key: str, answer: str) -> Call:
    """Keep one answer at once (empty takes it back)."""
    with store.transaction() as db:
        row = db.execute("SELECT answers, incident, ended FROM call WHERE id = ?", (call.id,)).fetchone()
        if row is None or row["ended"] is not None:
            raise Conflict("this call has ended", hint="atttcli incident call --list")
        answers = json.loads(row["answers"])
        answers.pop(key, None)
        if answer:
            answers[key] = answer
        db.execute("UPDATE call SET answers = ? WHERE id = ?", (json.dumps(answers, ensure_ascii=False), call.id))
    return replace(call, answers=answers)


def open_calls(store: Store) -> list[Call]:
    """Calls that nobody ended, the newest first."""
    return [_call(row) for row in store.rows("SELECT * FROM call WHERE ended IS NULL ORDER BY started DESC, id")]


def find_call(store: Store, text: str) -> Call:
    """An unended call by the beginning of its id; the newest without one. NotFound."""
    found = [one for one in open_calls(store) if one.id.startswith(text.lower())]
    if not found or (text and len(found) > 1):
        raise NotFound(f"{len(found)} unfinished calls match {text[:20]!r}", hint="atttcli incident call --list")
    return found[0]


def call_of(store: Store, incident: str) -> Call:
    """The call that opened an incident, or NotFound."""
    row = store.row("SELECT * FROM call WHERE incident = ? ORDER BY started DESC LIMIT 1", incident)
    if row is None:
        raise NotFound(f"{incident} was not opened by a call", hint=f"atttcli incident show {incident}")
    return _call(row)


def drop(store: Store, call: Call, now: int) -> None:
    """End a call that came to nothing; its answers stay."""
    with store.transaction() as db:
        db.execute("UPDATE call SET ended = ? WHERE id = ? AND ended IS NULL", (now, call.id))


def _call(row: Row) -> Call:
    return Call(row["id"], row["started"], row["actor"], json.loads(row["answers"]), row["incident"], row["ended"])


@dataclass(frozen=True, slots=True)
class Reading:
    """What the answers amount to. `detected`: T0 as the call has it, to be confirmed: the caller noticed it by then."""

    title: str
    category: str
    severity: str
    agency: str
    system: str
    level: int | None
    detected: int
    fields: dict[str, Any]


def read_call(call: Call, law: Profile, inventory: Inventory, language: str) -> Reading:
    """Type, severity, title and record fields that follow from the answers."""
    questions = {one.key: one for one in load_interview()}
    category = _category(call, questions["seen"], law)
    agency = next((one for one in inventory.organisation.agencies if one.code == call.known("agency")), None)
    system = inventory.system(call.known("system")) if call.known("system") else None
    fields = _fields(call, questions)
    kind = law.incident_type(category) if category else None
    what = (kind.name if language == "vi" else kind.name_en) if kind else " ".join(call.known("detail").split())[:80]
    where = agency.name if agency else call.known("caller")
    if not what and not where:
        raise UsageError("nothing was answered that could open an incident", hint="what is seen, and at which agency?")
    subjects = fields.get("personal_data_subjects") or 0
    return Reading(
        title=": ".join(filter(None, (what, where))),
        category=category,
        severity=propose_severity(law, fields["flags"], subjects),
        agency=call.known("agency"),
        system=system.code if system else "",
        level=system.level if system else None,
        detected=min(int(call.known("since") or call.started), call.started),
        fields=fields,
    )


def _category(call: Call, seen: Question, law: Profile) -> str:
    option = seen.option(call.known("seen"))
    return law.type_for_tags([option.tag]) if option else ""


def _fields(call: Call, questions: Mapping[str, Question]) -> dict[str, Any]:
    """Answers as the record's fields; yes/no that nobody knows stays `unknown`: that is an answer too."""
    fields: dict[str, Any] = {}
    for key, given in call.answers.items():
        question = questions.get(key)
        if question is None or not question.field or (given == UNKNOWN and question.kind != "yes"):
            continue
        fields[question.field] = _typed(question, given)
    fields["flags"] = {"personal_data": call.started} if call.known("personal_data") == "yes" else {}
    fields["received"] = call.started
    fields["call"] = call.id
    return fields


def _typed(question: Question, given: str) -> Any:
    if question.kind in {"number", "moment"}:
        return int(given)
    if FIELDS[question.field].many:
        return [item.strip() for item in given.split(",") if item.strip()]
    option = question.option(given)
    return option.vi if option and FIELDS[question.field].kind == "text" else given


def finish(
    journal: Journal,
    call: Call,
    reading: Reading,
    organisation: str,
    profile: str,
    owner: str,
    *,
    exercise: bool = False,
) -> str:
    """Open the incident and end the call, in one transaction; the incident's number."""
    with journal.transaction() as db:
        row = db.execute("SELECT ended, answers FROM call WHERE id = ?", (call.id,)).fetchone()
        if row is None or row["ended"] is not None:
            raise Conflict("this call has ended", hint="atttcli incident call --list")
        if json.loads(row["answers"]) != dict(call.answers):  # two officers at one call
            raise Conflict(
                "somebody else answered in this call meanwhile", hint=f"atttcli incident call --resume {call.id[:8]}"
            )
        new = NewIncident(
            title=reading.title, category=reading.category, severity=reading.severity, owner=owner,
            agencies=(reading.agency,) if reading.agency else (), systems=(reading.system,) if reading.system else (),
            detected=reading.detected, level=reading.level, fields=reading.fields | {"interview": transcript(call)},
            exercise=exercise,
        )  # fmt: skip
        number = open_incident(journal, organisation, profile, new)
        db.execute("UPDATE call SET ended = ?, incident = ? WHERE id = ?", (journal.clock.now(), number, call.id))
    return number


def transcript(call: Call) -> list[dict[str, str]]:
    """Questions and answers as they were said, in the order of the interview."""
    lines = []
    for question in load_interview():
        given = call.answers.get(question.key)
        if given is None:
            continue
        option = question.option(given)
        text = rfc3339(int(given)) if question.kind == "moment" and given != UNKNOWN else given
        lines.append({"key": question.key, "text": question.vi, "answer": option.vi if option else text})
    return lines
