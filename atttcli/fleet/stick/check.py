"""A kit that came back: is it ours, is it whole, what was put onto it, and what has it brought?

Nothing of it is run or believed before the signature of its list of files is verified; every file is read once, no link is
followed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from atttcli.errors import AtttError, InputError, NotFound, Where
from atttcli.field.kit import contents
from atttcli.field.kit.contents import Difference
from atttcli.field.kit.passport import FILE, OUT, Passport, read_passport
from atttcli.field.opening import NotReadable, open_regular
from atttcli.fleet.kits import Kit, find_kit
from atttcli.signing.files import KIT, verify_file
from atttcli.signing.keys import PublicKey

if TYPE_CHECKING:
    from atttcli.store.connection import Store

_RESULTS = (".attb", ".zip", ".tar.gz")
_MOST_RESULTS = 10_000
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Brought:
    """A result on the kit. `known`: it was imported already."""

    path: Path
    digest: str
    known: bool


@dataclass(frozen=True, slots=True)
class KitState:
    """What there is to say of a kit. `fault`: why it is not believed at all, empty when its list of files is signed by us."""

    passport: Passport | None
    kit: Kit | None
    signed_by: str
    fault: AtttError | None
    differences: tuple[Difference, ...] = ()
    brought: tuple[Brought, ...] = ()

    @property
    def changed(self) -> tuple[Difference, ...]:
        """Differences but for what operating systems leave everywhere."""
        return tuple(one for one in self.differences if not one.litter)

    @property
    def new(self) -> tuple[Brought, ...]:
        """Results that were not imported yet."""
        return tuple(one for one in self.brought if not one.known)

    @property
    def is_whole(self) -> bool:
        """Ours, with nothing added, changed or missing."""
        return self.fault is None and not self.changed


def check_kit(folder: Path, store: Store, trusted: Sequence[PublicKey]) -> KitState:
    """Look at the kit in this folder. InputError when it is none at all."""
    if not (folder / FILE).exists() and not (folder / contents.FILE).exists():
        raise InputError("there is no kit in this folder", where=Where(str(folder)), hint="kit.json stands in it")
    brought = tuple(_brought(folder / OUT, _imported(store)))
    try:
        signer = _signer(folder, trusted)
        listed = contents.read_contents(str(folder))
        found = tuple(contents.differences(str(folder), listed))
    except AtttError as error:
        return KitState(None, None, "", error, brought=brought)
    try:
        passport, kit = read_passport(str(folder)), find_kit(store, listed.number)
    except InputError:  # the differences say that it was changed
        passport, kit = None, find_kit(store, listed.number)
    except NotFound as error:
        return KitState(None, None, signer.id, error, found, brought)
    return KitState(passport, kit, signer.id, None, found, brought)


def _signer(folder: Path, trusted: Sequence[PublicKey]) -> PublicKey:
    for name in (contents.FILE, contents.SIGNATURE):  # a pipe in a file's place would hold up whoever reads it
        try:
            fd, _ = open_regular(str(folder / name))
        except NotReadable as refused:
            raise InputError(refused.why, where=Where(str(folder / name))) from None
        with open(fd, "rb"):
            pass
    return verify_file(folder / contents.FILE, trusted, KIT)[0]


def _imported(store: Store) -> Callable[[str], bool]:
    return lambda digest: bool(store.value("SELECT 1 FROM bundle WHERE digest = ?", digest))


def _brought(folder: Path, imported: Callable[[str], bool]) -> list[Brought]:
    if folder.is_symlink() or not folder.is_dir():
        return []
    found = []
    for path in sorted(folder.iterdir())[:_MOST_RESULTS]:
        if not path.name.endswith(_RESULTS):
            continue
        try:
            fd, _ = open_regular(str(path))
        except NotReadable:
            continue
        digest = hashlib.sha256()
        with open(fd, "rb") as stream:
            while piece := stream.read(_CHUNK):
                digest.update(piece)
        found.append(Brought(path, digest.hexdigest(), imported(digest.hexdigest())))
    return found
