"""Which playbook answers a type of incident."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from atttcli.playbook.library import Library

if TYPE_CHECKING:
    from atttcli.store.connection import Store

ORDINARY = "tt20-art11-ordinary"


def fitting_playbook(category: str, profile: str, root: Path | None, store: Store | None) -> str:
    """The name of the first playbook that says it fits the type under this profile, else the ordinary process."""
    for book in Library(root, store).all():
        labels = book.document.get("labels", [])
        if (
            category
            and category in book.fits
            and (profile in labels or not any(str(one).startswith("vn-") for one in labels))
        ):
            return book.short
    return ORDINARY
