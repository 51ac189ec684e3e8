"""Rows of a table for a spreadsheet or another tool, through sqlite-utils (imported here only: it costs 0.8 s)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from atttcli.errors import NotFound, UsageError
from atttcli.store.connection import Store
from atttcli.text.spreadsheet import inert_cell

_PRIVATE = frozenset({"journal_payload"})


def exportable(store: Store) -> list[str]:
    """Names of the tables and views that may be exported."""
    from sqlite_utils import Database

    base = Database(store.connection, execute_plugins=False)
    names = (*base.table_names(), *base.view_names())
    return sorted(name for name in names if name not in _PRIVATE and not name.startswith("sqlite_"))


def export_rows(
    store: Store, table: str, *, where: str = "", for_spreadsheet: bool = False
) -> Iterator[dict[str, Any]]:
    """Rows as dicts in the table's own order. `where`: `column=value`. Cells are inert `for_spreadsheet`."""
    from sqlite_utils import Database

    if table not in exportable(store):
        raise NotFound(f"no table {table[:40]!r}", hint="known: " + ", ".join(exportable(store)))
    chosen = Database(store.connection, execute_plugins=False)[table]
    column, equals, value = where.partition("=")
    if where and (not equals or column not in chosen.columns_dict):
        raise UsageError(
            f"no condition: {where[:60]!r}", hint="COLUMN=VALUE; columns: " + ", ".join(chosen.columns_dict)
        )
    clause = f'"{column}" = ?' if where else None
    for row in chosen.rows_where(clause, [value] if where else None):
        yield {k: inert_cell(v) if for_spreadsheet and isinstance(v, str) else v for k, v in row.items()}
