"""Hunts by name: a decision in the journal, so that colleagues have them too, and who changed one is known."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from atttcli.errors import NotFound, UsageError
from atttcli.hunt.fields import FieldHunt
from atttcli.journal.journal import Journal
from atttcli.store.connection import Store

_NAME = re.compile(r"[\w-][\w.-]{0,63}\Z")


@dataclass(frozen=True, slots=True)
class SavedHunt:
    """SQL, or conditions by fields; `at` is microseconds UTC."""

    name: str
    sql: str
    fields: FieldHunt
    note: str
    at: int
    actor: str


def save(journal: Journal, name: str, sql: str, fields: FieldHunt, note: str = "") -> None:
    """Record a hunt; one of the same name is replaced. UsageError if it has no name or asks nothing."""
    if not _NAME.match(name):
        raise UsageError(f"not a name: {name[:64]!r}", hint="letters, digits, - and _: atttcli hunt save ssh-root ...")
    if bool(sql) == (fields != FieldHunt()):
        raise UsageError(
            "a saved hunt is one SELECT, or fields", hint='hunt save NAME "SELECT ..." | --field user=root'
        )
    asked = {key: value for key, value in asdict(fields).items() if value}
    with journal.transaction():
        journal.append("hunt.saved", name, {"sql": sql, "filter": asked, "note": note})


def remove(journal: Journal, name: str) -> None:
    """Take a saved hunt away; NotFound if there is none."""
    with journal.transaction():
        one(journal.store, name)
        journal.append("hunt.removed", name, {})


def every(store: Store) -> list[SavedHunt]:
    """All of them by name."""
    return [_of(row) for row in store.rows("SELECT * FROM saved_hunt ORDER BY name")]


def one(store: Store, name: str) -> SavedHunt:
    """A saved hunt by its name, or NotFound."""
    row = store.row("SELECT * FROM saved_hunt WHERE name = ?", name)
    if row is None:
        raise NotFound(f"no hunt is saved as {name[:64]!r}", hint="atttcli hunt list")
    return _of(row)


def _of(row: Any) -> SavedHunt:
    values = dict(row)
    asked = {key: tuple(value) if key == "fields" else value for key, value in json.loads(values["filter"]).items()}
    known: dict[str, Any] = {key: value for key, value in asked.items() if key in FieldHunt.__dataclass_fields__}
    return SavedHunt(values["name"], values["sql"], FieldHunt(**known), values["note"], values["at"], values["actor"])
