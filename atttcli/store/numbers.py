"""What people type for a human number (all of it, a unique prefix, its last digits), and whether the incident is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atttcli.errors import NotFound, Refused, UsageError

if TYPE_CHECKING:
    from atttcli.store.connection import Store

KINDS = {
    "incident": "SC", "task": "NV", "evidence": "CC", "alert": "CB", "advisory": "CV", "training": "TH", "inspection": "KT",
    "contract": "HD", "shift": "BG", "action": "CT", "kit": "K", "mail_travel": "DL",
}  # fmt: skip


LAST = "LAST"


def resolve_number(store: Store, table: str, text: str) -> str:
    """The number that `text` means in one of the tables of KINDS; NotFound, or UsageError when it may mean several.

    `last` is the one given out last.
    """
    wanted = text.strip().upper()
    if wanted == LAST:
        newest = store.value(
            f"SELECT number FROM {table} ORDER BY substr(number, 1, 7) DESC, length(number) DESC, number DESC"
        )
        if newest is None:
            raise NotFound(f"no {table} yet", hint=f"atttcli {table} --help")
        return str(newest)
    exact = store.value(f"SELECT number FROM {table} WHERE number = ?", wanted)
    if exact:
        return str(exact)
    hint = f"atttcli {table} list"
    if not wanted or len(wanted) > 40:
        raise NotFound(f"no {table} {text[:40]!r}", hint=hint)
    if wanted.isdecimal():
        sql, value = "number GLOB ?", f"{KINDS[table]}-[0-9][0-9][0-9][0-9]-{int(wanted):04d}"
    else:
        sql, value = "substr(number, 1, length(?1)) = ?1", wanted
    found = [
        str(row[0]) for row in store.rows(f"SELECT number FROM {table} WHERE {sql} ORDER BY number LIMIT 6", value)
    ]
    if not found:
        raise NotFound(f"no {table} {text[:40]!r}", hint=hint)
    if len(found) > 1:
        raise UsageError(f"{text!r} may be {', '.join(found[:5])}", hint="give more of the number")
    return found[0]


def require_open_incident(store: Store, number: str) -> None:
    """NotFound when there is no such incident, Refused when it has ended: nothing more is added to it then."""
    row = store.row("SELECT status, merged_into FROM incident WHERE number = ?", number)
    if row is None:
        raise NotFound(f"no incident {number[:40]!r}", hint="atttcli incident list")
    status, into = row
    if status == "merged":
        raise Refused(f"{number} was merged into {into}", guard="merged", hint=f"atttcli incident show {into}")
    if status in {"closed", "rejected"}:
        raise Refused(f"{number} is {status}", guard="ended", hint=f'atttcli incident reopen {number} --reason "…"')
