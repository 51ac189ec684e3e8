"""What purging and verifying ask of the derived files. DuckDB is not needed for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from atttcli.errors import IntegrityError
from atttcli.hunt.lock import writing
from atttcli.hunt.parts import (
    MANY,
    folder_of,
    held,
    name_of,
    present,
    read_part,
    remove_strangers,
    strangers,
    verify_part,
    waiting,
)
from atttcli.store.connection import Store
from atttcli.store.facts.segments import segments
from atttcli.store.workspace import Workspace


def forget(workspace: Workspace, store: Store) -> int:
    """Take away what was derived of segments that the store no longer knows: a purge calls it. Returns how many went."""
    folder = folder_of(workspace.root)
    if not folder.is_dir():
        return 0
    with writing(folder):
        return remove_strangers(folder, _known(store))


def left_over(workspace: Workspace, store: Store) -> int:
    """Folders that nobody reads."""
    return sum(1 for _ in strangers(folder_of(workspace.root), _known(store)))


def is_behind(workspace: Workspace, store: Store) -> bool:
    """Whether segments wait for their Parquet, or some of it is of segments that are no more."""
    return bool(waiting(workspace, store)) or left_over(workspace, store) > 0


def faults(
    workspace: Workspace, store: Store, report: Callable[[int, int, str], None]
) -> Iterator[tuple[str, str]]:  # fmt: skip
    """Place and reason of every folder whose files are not those that were derived."""
    folder = folder_of(workspace.root)
    known = {name_of(row["path"]): row for row in segments(store)}
    ready = held(folder, known)
    used = {part.segment for part in ready.values()}
    for path, segment in present(folder):
        damaged = segment.startswith(MANY) and read_part(folder, segment) is None
        if segment not in used and not damaged and (segment not in known or segment in ready):
            continue  # nobody reads it
        report(0, 0, path.name)
        part = read_part(folder, segment)
        try:
            if part is None:
                raise IntegrityError("it is damaged; write it again: atttcli hunt build")
            wanted = sum(known[one]["count"] for one in part.holds)
            if part.count != wanted or sum(one.rows for one in part.files) != wanted:
                raise IntegrityError("it holds another number of events than its segment; atttcli hunt build --anew")
            verify_part(folder, part)
        except IntegrityError as error:
            if path.exists():  # not purged meanwhile
                yield f"hunt/{path.name}", error.message


def _known(store: Store) -> list[str]:
    return [name_of(row["path"]) for row in segments(store)]
