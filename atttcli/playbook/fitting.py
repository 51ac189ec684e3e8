"""Which playbook answers a type of incident."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from atttcli.model.playbook import Playbook
from atttcli.playbook.library import Library

if TYPE_CHECKING:
    from atttcli.store.connection import Store

ORDINARY = "tt20-art11-ordinary"


def fitting_playbook(category: str, profile: str, root: Path | None, store: Store | None) -> str:
    """The name of the first playbook that says it fits the type under this profile, else the profile's ordinary process."""
    books = [book for book in Library(root, store).all() if profile in _profiles(book) or not _profiles(book)]
    fits = (book.short for book in books if category and category in book.fits)
    own = (book.short for book in books if book.process == "ordinary" and _profiles(book) == {profile})
    return next(fits, "") or next(own, "") or ORDINARY


def _profiles(book: Playbook) -> set[str]:
    return {str(label) for label in book.document.get("labels", ()) if str(label).startswith("vn-")}
