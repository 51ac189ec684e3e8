"""What advisories add to `next`: to approve, issue, sign, number, send, remind, verify, and to answer whoever warned us."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from atttcli.advisory.board import Todo, todos
from atttcli.cli.casework_words import distance
from atttcli.clock import DAY
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from atttcli.cli.agenda import Item
    from atttcli.store.connection import Store

_LATER = {"advisory-verify": 4, "advisory-answer": 5}


def advisory_items(store: Store, now: int) -> Iterator[Item]:
    """One item for each thing that an advisory waits for."""
    from atttcli.cli.agenda import Item

    for todo in todos(store, now):
        yield Item(_urgency(todo, now), todo.kind, todo.advisory, _text(todo, now), _command(todo), todo.due)


def _urgency(todo: Todo, now: int) -> int:
    """Overdue things first; what only we wait for comes as its term comes near."""
    later = _LATER.get(todo.kind, 3)
    if todo.kind == "advisory-verify" or todo.due is None:
        return later
    return 0 if todo.due < now else 1 if todo.due < now + DAY else later


def _text(todo: Todo, now: int) -> str:
    said = {
        "advisory-approve": _("awaits approval"),
        "advisory-issue": _("approved, to be issued"),
        "advisory-sign": _("awaits its signature"),
        "advisory-number": _("awaits its number"),
        "advisory-send": ngettext("{count} copy not sent", "{count} copies not sent", todo.count),
        "advisory-remind": ngettext(
            "{count} agency has not answered", "{count} agencies have not answered", todo.count
        ),
        "advisory-verify": ngettext("{count} answer to verify", "{count} answers to verify", todo.count),
        "advisory-answer": _("who warned us awaits our answer"),
    }[todo.kind]
    when = f" ({distance(todo.due, now)})" if todo.due is not None and todo.kind != "advisory-verify" else ""
    return f"{todo.advisory}: {said}{when}: {todo.title}"


def _command(todo: Todo) -> str:
    return {
        "advisory-approve": f"atttcli advisory approve {todo.advisory}",
        "advisory-issue": f"atttcli advisory issue {todo.advisory}",
        "advisory-sign": f'atttcli advisory sign {todo.advisory} --signer "…"',
        "advisory-number": f"atttcli advisory number {todo.advisory} …",
        "advisory-send": f"atttcli advisory sent {todo.advisory} --how edoc",
        "advisory-remind": f"atttcli advisory remind {todo.advisory} --letter",
        "advisory-verify": f'atttcli advisory verify {todo.advisory} {todo.first} --note "…"',
        "advisory-answer": f"atttcli advisory answer {todo.advisory}",
    }[todo.kind]
