"""What the team did, read from the journal of the drill: nothing is typed twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from atttcli.store.projection import Entry

Read = tuple[str, dict[str, Any]]


def _opened(entry: Entry) -> Iterator[Read]:
    body = entry.payload
    alerts = [str(one.get("number")) for one in body.get("alerts", ()) if isinstance(one, dict)]
    facts = {name: body.get(name) or "" for name in ("title", "category", "severity", "detected", "summary")}
    facts["agencies"], facts["systems"] = list(body.get("agencies", ())), list(body.get("systems", ()))
    yield "opened", {"incident": entry.object, "alerts": alerts, **facts}
    if body.get("category") or body.get("severity"):
        yield "classified", {"incident": entry.object, **_class(body)}


def _linked(entry: Entry) -> Iterator[Read]:
    alerts = [str(one.get("number")) for one in entry.payload.get("alerts", ()) if isinstance(one, dict)]
    yield "linked", {"incident": entry.object, "alerts": alerts}


def _unlinked(entry: Entry) -> Iterator[Read]:
    yield "unlinked", {"incident": entry.object, "alerts": list(entry.payload.get("alerts", ()))}


def _set(entry: Entry) -> Iterator[Read]:
    fields = entry.payload.get("fields", {})
    if "category" in fields or "severity" in fields:
        yield "classified", {"incident": entry.object, **_class(fields)}
    yield "facts", {"incident": entry.object, "fields": dict(fields)}


def _class(body: dict[str, Any]) -> dict[str, str]:
    return {name: str(body[name]) for name in ("category", "severity") if body.get(name)}


def _moved(entry: Entry) -> Iterator[Read]:
    yield "moved", {"incident": entry.object, "value": str(entry.payload.get("to"))}


def _closed_alert(entry: Entry) -> Iterator[Read]:
    yield "dismissed", {"alerts": [entry.object], "verdict": str(entry.payload.get("verdict"))}


def _evidence(entry: Entry) -> Iterator[Read]:
    yield "evidence", {"incident": entry.payload.get("incident", ""), "value": "any"}


def _deadline(entry: Entry) -> Iterator[Read]:
    yield "deadline", {"incident": entry.object, "value": str(entry.payload.get("deadline"))}


def _paper(entry: Entry) -> Iterator[Read]:
    body = entry.payload
    yield "paper", {"incident": entry.object, "value": str(body.get("document") or body.get("kind") or entry.verb)}


def _advisory(entry: Entry) -> Iterator[Read]:
    yield "advisory", {"value": "any", "incident": str(entry.payload.get("incident") or "")}


def _answered(entry: Entry) -> Iterator[Read]:
    yield "answered", dict(entry.payload)


class StepNames:
    """Run id -> the codes of its steps, from the document that the run was started with."""

    def __init__(self) -> None:
        self._codes: dict[str, dict[str, str]] = {}
        self._shorts: dict[str, str] = {}

    def started(self, entry: Entry) -> Iterator[Read]:
        """Remember the playbook of a run."""
        document = entry.payload.get("document")
        if isinstance(document, dict):
            from atttcli.playbook.load import from_document

            book = from_document(document)
            self._codes[entry.object] = {step.id: step.code for step in book.steps.values()}
            self._shorts[entry.object] = str(entry.payload.get("short") or entry.payload.get("name") or "")
        yield "run", {"incident": str(entry.payload.get("incident") or "")}

    def answered(self, entry: Entry) -> Iterator[Read]:
        """A step of a playbook, or a task of its own, is done."""
        body = entry.payload
        if body.get("outcome") not in ("done", "skipped"):
            return
        run = str(body.get("run") or "")
        code = self._codes.get(run, {}).get(str(body.get("step") or ""), "")
        yield "step", {
            "incident": str(body.get("incident") or ""), "value": code or str(body.get("title") or ""),
            "title": str(body.get("title") or ""), "evidence": bool(body.get("evidence")),
            "outcome": str(body.get("outcome")), "note": str(body.get("note") or ""),
        }  # fmt: skip


def read_actions(entries: Iterable[Entry]) -> Iterator[tuple[Entry, str, dict[str, Any]]]:
    """Entry, kind and facts of each action, in order of the journal."""
    names = StepNames()
    readers: dict[str, Callable[[Entry], Iterator[Read]]] = {
        "incident.opened": _opened, "incident.linked": _linked, "incident.unlinked": _unlinked, "incident.set": _set,
        "incident.moved": _moved, "alert.closed": _closed_alert, "evidence.added": _evidence,
        "deadline.met": _deadline, "report.issued": _paper, "letter.issued": _paper, "advisory.issued": _advisory,
        "drill.answered": _answered, "run.started": names.started, "run.answered": names.answered,
        "task.closed": names.answered, "task.approved": names.answered,
    }  # fmt: skip
    for entry in entries:
        reader = readers.get(entry.verb)
        if reader is not None and not (entry.erased and not entry.payload):
            for kind, facts in reader(entry):
                yield entry, kind, facts
