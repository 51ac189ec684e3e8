"""Which playbook answers a type of incident."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from atttcli.errors import AtttError
from atttcli.model.playbook import Playbook
from atttcli.playbook.library import Library
from atttcli.playbook.runs import check_validity

if TYPE_CHECKING:
    from atttcli.store.connection import Store

ORDINARY = "tt20-art11-ordinary"


def fitting_playbook(category: str, profile: str, root: Path | None, store: Store | None, now: int = 0) -> str:
    """The name of the first playbook that says it fits the type under this profile, else the profile's ordinary process.

    The team's own come before ours. One that could not be begun (not valid, revoked, out of its time at `now`) is passed by.
    """
    library = Library(root, store)
    books = [book for book in library.all() if profile in _profiles(book) or not _profiles(book)]
    books.sort(key=lambda book: (book.origin != "imported", book.short))
    fits = (book.short for book in books if category and category in book.fits and _can_begin(library, book, now))
    own = (book.short for book in books if book.process == "ordinary" and _profiles(book) == {profile})
    return next(fits, "") or next(own, "") or ORDINARY


def _can_begin(library: Library, book: Playbook, now: int) -> bool:
    try:
        check_validity(library.find(book.short), now)
    except AtttError:
        return False
    return True


def _profiles(book: Playbook) -> set[str]:
    return {str(label) for label in book.document.get("labels", ()) if str(label).startswith("vn-")}
