"""What the team did, read from the journal of the drill: nothing is typed twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
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


def _reopened_alert(entry: Entry) -> Iterator[Read]:
    yield "reopened", {"alerts": [entry.object]}


def _evidence(entry: Entry) -> Iterator[Read]:
    yield "evidence", {"incident": entry.payload.get("incident", ""), "value": "any"}


def _deadline(entry: Entry) -> Iterator[Read]:
    yield "deadline", {"incident": entry.object, "value": str(entry.payload.get("deadline"))}


def _paper(entry: Entry) -> Iterator[Read]:
    """A paper that left the house: `value` its form (`mau_03`), not its number, which nobody knows beforehand."""
    body = entry.payload
    code = "isp" if entry.verb == "letter.issued" else str(body.get("code") or "")
    subject = str(body.get("subject") or entry.object)
    yield "paper", {"incident": subject, "value": code, "title": str(body.get("document") or "")}


def _answered(entry: Entry) -> Iterator[Read]:
    yield "answered", dict(entry.payload)


def _voted(entry: Entry) -> Iterator[Read]:
    yield "voted", dict(entry.payload)


class AdvisoryKinds:
    """Advisory -> the template that it was drafted from, so that a scenario can ask for a certain warning."""

    def __init__(self) -> None:
        self._drafts: dict[str, tuple[str, str]] = {}

    def drafted(self, entry: Entry) -> Iterator[Read]:
        """Remember what a draft is about; drafting alone is no warning."""
        self._drafts[entry.object] = (
            str(entry.payload.get("template") or ""),
            str(entry.payload.get("incident") or ""),
        )
        yield from ()

    def issued(self, entry: Entry) -> Iterator[Read]:
        """A warning has gone to the agencies."""
        template, incident = self._drafts.get(entry.object, ("", ""))
        yield "advisory", {"value": template, "incident": incident, "title": entry.object}


class StepNames:
    """Run -> its playbook's short name and the codes of its steps, from the document that the run was started with."""

    def __init__(self) -> None:
        self._codes: dict[str, dict[str, str]] = {}
        self._shorts: dict[str, str] = {}
        self._imported: dict[str, str] = {}

    def imported(self, entry: Entry) -> Iterator[Read]:
        """Remember what people call an imported playbook."""
        self._imported[str(entry.payload.get("id") or "")] = entry.object
        yield from ()

    def started(self, entry: Entry) -> Iterator[Read]:
        """Remember the playbook of a run, and of the runs within it."""
        self._learn(entry.object, entry.payload)
        self._children(entry)
        yield "run", {"incident": str(entry.payload.get("incident") or "")}

    def _children(self, entry: Entry) -> None:
        for child in entry.payload.get("runs", ()):
            if isinstance(child, dict):
                self._learn(str(child.get("run")), child)

    def _learn(self, run: str, body: dict[str, Any]) -> None:
        document = body.get("document")
        if isinstance(document, dict):
            from atttcli.playbook.load import from_document

            book = from_document(document)
            self._codes[run] = {step.id: step.code for step in book.steps.values()}
            self._shorts[run] = self._imported.get(book.id) or short_names().get(book.id, "")

    def answered(self, entry: Entry) -> Iterator[Read]:
        """A step of a playbook, or a task of its own, is done: `value` is `ma-hoa/1`, or the title of the task.

        A step that was skipped is not done; whether it was not applicable is the controller's to say.
        """
        body = entry.payload
        self._children(entry)
        if body.get("outcome") != "done":
            return
        run = str(body.get("run") or "")
        code = self._codes.get(run, {}).get(str(body.get("step") or ""), "")
        title = str(body.get("title") or "")
        yield "step", {
            "incident": str(body.get("incident") or ""), "value": f"{self._shorts[run]}/{code}" if code else title,
            "title": title, "evidence": bool(body.get("evidence")), "note": str(body.get("note") or ""),
        }  # fmt: skip


@cache
def short_names() -> dict[str, str]:
    """Id of each shipped playbook -> the name that people type."""
    from atttcli.playbook.load import shipped

    return {book.id: book.short for book in shipped()}


def read_actions(entries: Iterable[Entry]) -> Iterator[tuple[Entry, str, dict[str, Any]]]:
    """Entry, kind and facts of each action, in order of the journal."""
    names, kinds = StepNames(), AdvisoryKinds()
    readers: dict[str, Callable[[Entry], Iterator[Read]]] = {
        "incident.opened": _opened, "incident.linked": _linked, "incident.unlinked": _unlinked, "incident.set": _set,
        "incident.moved": _moved, "alert.closed": _closed_alert, "alert.reopened": _reopened_alert, "evidence.added": _evidence,
        "deadline.met": _deadline, "report.issued": _paper, "letter.issued": _paper, "advisory.drafted": kinds.drafted,
        "advisory.issued": kinds.issued, "playbook.imported": names.imported,
        "drill.answered": _answered, "drill.voted": _voted, "run.started": names.started, "run.answered": names.answered,
        "task.closed": names.answered, "task.approved": names.answered,
    }  # fmt: skip
    for entry in entries:
        reader = readers.get(entry.verb)
        if reader is not None and not (entry.erased and not entry.payload):
            for kind, facts in reader(entry):
                yield entry, kind, facts
