"""Where playbooks come from: those that are shipped, and those that a workspace imported, each pinned by its digest."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atttcli.errors import Conflict, InputError, IntegrityError, NotFound, UsageError
from atttcli.model.playbook import Playbook
from atttcli.packaged import packaged
from atttcli.playbook.document import digest, json_text, parse_json, read_bytes, read_document
from atttcli.playbook.lint import is_valid, lint
from atttcli.playbook.load import checked, from_document, pick, shipped
from atttcli.store.durable import make_folder, sync_folder
from atttcli.text.fold import fold

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Row, Store

FOLDER = "playbooks"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z")


class Library:
    """All playbooks that a workspace can run. Without a store: the shipped ones."""

    def __init__(self, root: Path | None = None, store: Store | None = None) -> None:
        self.root = root
        self.store = store
        self.broken: dict[str, IntegrityError] = {}  # imported ones that cannot be read, by name; filled by `all`

    def all(self) -> list[Playbook]:
        """Shipped ones, then imported ones; an imported one hides a shipped one of the same name or id."""
        own = [book for row in self._rows() if (book := self._try(row)) is not None]
        taken = {book.id for book in own} | {book.short for book in own}
        return sorted(
            [book for book in shipped() if book.id not in taken and book.short not in taken] + own,
            key=lambda book: book.short,
        )

    def find(self, name: str, *, lenient: bool = False) -> Playbook:
        """By file name, id, or a unique prefix of either. One that is kept but not valid is refused unless `lenient`."""
        book = self._quick(name)
        if book is None:
            found = self.all()
            if name in self.broken:
                raise self.broken[name]
            book = pick(found, name)
        if book.origin != "imported" or lenient:
            return book
        first = next((p for p in lint(book.document, f"{book.short}.json") if p.fatal), None)
        if first is not None:
            raise InputError(
                f"{book.short} is kept but cannot be run: {first.message}", hint=f"atttcli playbook show {book.short}"
            )
        return book

    def document(self, name: str) -> Any:
        """The document as it was shipped or imported, byte for byte of its texts."""
        book = self.find(name, lenient=True)
        if book.origin == "imported" and self.root is not None:
            path = stored_path(self.root, book.short)
            return parse_json(read_bytes(path), str(path))
        return book.document

    def by_id(self, identity: str, version: str = "") -> Playbook | None:
        """A playbook by its id (and version, when one is demanded)."""
        for book in self.all():
            if book.id == identity and version in {"", book.modified}:
                return book
        return None

    def _quick(self, name: str) -> Playbook | None:
        """A shipped one by its file's whole name: nothing else is read."""
        path = packaged("playbooks") / f"{name}.yaml"
        if not _NAME.match(name) or any(row["short"] == name for row in self._rows()) or not path.is_file():
            return None
        return checked(read_document(path), str(path), path.stem, origin="shipped")

    def _rows(self) -> list[Row]:
        if self.store is None:
            return []
        return self.store.rows("SELECT * FROM playbook_import WHERE removed IS NULL ORDER BY short")

    def _try(self, row: Row) -> Playbook | None:
        """One that was damaged is told and keeps nobody from the others."""
        try:
            return self._read(row)
        except IntegrityError as error:
            self.broken[row["short"]] = error
            return None

    def _read(self, row: Row) -> Playbook:
        assert self.root is not None
        path = stored_path(self.root, row["short"])
        hint = f"atttcli playbook import FILE --name {row['short']}"
        try:
            document = parse_json(read_bytes(path), str(path))
        except InputError as error:
            raise IntegrityError(f"the imported playbook {row['short']}: {error.message}", hint=hint) from error
        if digest(document) != row["digest"]:
            raise IntegrityError(f"the imported playbook {row['short']} is not the one that was imported", hint=hint)
        return from_document(document, row["short"], "imported")


def stored_path(root: Path, short: str) -> Path:
    """Where an imported playbook stands; only names of our own making become paths."""
    if not _NAME.match(short):
        raise UsageError(f"{short[:60]!r} is no name for a playbook", hint="letters a-z, digits and -")
    return root / FOLDER / f"{short}.json"


def short_name(text: str) -> str:
    """A safe name of a title or file name: no accents, no separators, never empty."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text).lower()).strip("-")[:60].strip("-") or "playbook"


def import_playbook(journal: Journal, root: Path, file: Path, *, name: str = "", lenient: bool = False) -> Playbook:
    """Take a playbook file into the workspace, unchanged, pinned by its digest; InputError with the reason otherwise."""
    document = read_document(file)
    short = name or short_name(file.stem)
    path = stored_path(root, short)
    book = checked(document, str(file), short, lenient=lenient, origin="imported")
    with journal.transaction():
        row = journal.store.row("SELECT * FROM playbook_import WHERE short = ? AND removed IS NULL", short)
        if row is not None and row["digest"] == book.digest and path.is_file():
            return book
        if row is not None and row["playbook"] != book.id:
            raise Conflict(f"{short} is another playbook already", hint="give it another name: --name NAME")
        if any(other.short == short and other.id != book.id for other in shipped()):
            raise Conflict(f"{short} is a shipped playbook", hint="give it another name: --name NAME")
        _write(path, json_text(document))
        valid = is_valid(lint(document, f"{short}.json"))
        body = {"playbook": book.id, "name": book.name, "name_en": book.name_en, "modified": book.modified}
        journal.append("playbook.imported", short, {**body, "digest": book.digest, "short": short, "valid": valid})
    return book


def remove_playbook(journal: Journal, short: str, reason: str) -> None:
    """No longer offer an imported playbook; runs of it go on, their document is theirs."""
    with journal.transaction():
        row = journal.store.row("SELECT * FROM playbook_import WHERE short = ? AND removed IS NULL", short)
        if row is None:
            raise NotFound(f"no imported playbook {short[:60]!r}", hint="atttcli playbook list")
        journal.append("playbook.removed", short, {"playbook": row["playbook"], "short": short, "reason": reason})


def _write(path: Path, text: str) -> None:
    make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, path)
    sync_folder(path.parent)
