"""What came back from a machine, whoever carried it: a manifest and members, with or without a kit's signature.

Each form has a reader that gives the same Parcel, so that nothing behind it knows of forms. A sealed bundle is opened with
the centre's keys, its signature is held against the keys of every kit that was issued, and only then is anything inside
looked at.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from atttcli.errors import BundleRefused, InputError, Where
from atttcli.field.account import SKIPPED
from atttcli.field.bundle import Body, check
from atttcli.field.manifest import Manifest, Member
from atttcli.field.opening import NotReadable, open_regular
from atttcli.field.seal import BUNDLE, MAGIC, Opened, signer, unseal
from atttcli.fleet.kits import Kit
from atttcli.signing.registry import KeyRing

HEAD = 4096  # a compressed archive shows its first name only after some hundred bytes
Members = Iterator[tuple[Member, Iterator[bytes]]]


@dataclass(slots=True)
class Parcel:
    """One file that came back. `members` may be asked again and again; each time they are read anew, and checked.

    `kit` is the one whose key signed it; for an unsigned parcel the one whose number it bears, if there is such a kit.
    """

    path: Path
    digest: str
    manifest: Manifest
    kit: Kit | None
    signed: bool
    members: Callable[[], Members]


class ParcelReader(Protocol):
    """Reads one form of parcel."""

    def recognises(self, head: bytes) -> bool:
        """Whether a file that begins so (HEAD bytes) is of this form."""
        ...

    def read(self, path: Path, stream: BinaryIO) -> Parcel:
        """The parcel, all of it checked; InputError (BundleRefused) with its one reason otherwise."""
        ...


class SealedReader:
    """Reads sealed bundles. `kits` by public key, expired and revoked ones too: that they are is another question."""

    def __init__(self, ring: KeyRing, kits: Mapping[bytes, Kit]) -> None:
        self._ring, self._kits = ring, kits

    def recognises(self, head: bytes) -> bool:
        """By its magic."""
        return head.startswith(MAGIC)

    def read(self, path: Path, stream: BinaryIO) -> Parcel:
        """Opened, its signer known, its manifest read, every member held against it."""
        opened = unseal(stream, self._ring.sealing_secrets())
        kit = self._signer(opened)
        manifest = check(opened.body)
        _agree(manifest, kit, opened)
        return Parcel(path, opened.digest, manifest, kit, True, lambda: Body(opened.body).members())

    def _signer(self, opened: Opened) -> Kit:
        keys = tuple(self._kits)
        place = signer(keys, BUNDLE, opened.body, opened.signature)
        if place is None:
            raise BundleRefused(
                "no kit of this centre signed it",
                fault="signature",
                hint="who brought it? atttcli kit list shows the kits",
            )
        kit = self._kits[keys[place]]
        if kit.revoked is not None:
            raise BundleRefused(
                f"signed by {kit.number}, whose key was revoked: {kit.why}",
                fault="revoked",
                hint="scan that machine again with another kit",
            )
        return kit


def open_parcel(path: Path, readers: Sequence[ParcelReader]) -> Parcel:
    """Read one file with the reader that recognises it; errors carry its path."""
    where = Where(str(path))
    try:
        descriptor, _ = open_regular(os.path.realpath(path))
    except NotReadable as error:
        raise InputError(f"cannot be read: {error.why}", where=where) from None
    with os.fdopen(descriptor, "rb") as stream:
        reader = reader_of(stream.read(HEAD), readers)
        if reader is None:
            raise InputError(
                "no bundle of a kit", hint="a bundle's name ends in .attb, its content begins with ATTTB1", where=where
            )
        stream.seek(0)
        try:
            return reader.read(path, stream)
        except InputError as error:
            error.where = error.where or where
            raise
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}", where=where) from None


def reader_of(head: bytes, readers: Sequence[ParcelReader]) -> ParcelReader | None:
    """The reader of a file that begins so."""
    return next((reader for reader in readers if reader.recognises(head)), None)


def parcels_below(folder: Path, readers: Sequence[ParcelReader]) -> Iterator[Path]:
    """Files in a folder and those below it that a reader recognises, by name; links are not followed.

    A folder that cannot be listed is an InputError: what is in it would be missed in silence.
    """

    def refuse(error: OSError) -> None:
        raise InputError(f"cannot be read: {error.strerror or error}", where=Where(str(error.filename)))

    for here, folders, names in os.walk(folder, onerror=refuse):
        folders.sort()
        for name in sorted(names):
            path = Path(here) / name
            try:
                descriptor, _ = open_regular(str(path))
            except NotReadable as error:
                if error.column != SKIPPED and name.lower().endswith(".attb"):
                    yield path  # opening it says why
                continue
            with os.fdopen(descriptor, "rb") as stream:
                head = stream.read(HEAD)
            if reader_of(head, readers) is not None:
                yield path


def _agree(manifest: Manifest, kit: Kit, opened: Opened) -> None:
    """What the manifest says of kit, agency and centre is what the keys say."""
    if manifest.kit != kit.number:
        raise BundleRefused(
            f"signed by {kit.number}, but it says that it is from {manifest.kit}",
            fault="kit",
            hint="somebody has the key of a kit: atttcli kit revoke",
        )
    if manifest.agency != kit.agency:
        raise BundleRefused(
            f"{kit.number} was issued to {kit.agency}, but it says that it is from {manifest.agency}",
            fault="kit",
            hint="somebody has the key of a kit: atttcli kit revoke",
        )
    if manifest.centre != opened.centre.hex():
        raise BundleRefused(
            "its kit made it for another key than the one that opens it: somebody sealed it again",
            fault="centre",
            hint="ask for the file as the kit wrote it",
        )
