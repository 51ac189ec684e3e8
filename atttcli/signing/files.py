"""Detached signatures of files in the format of minisign, so that a third party can verify them without this tool.

The format as its authors publish it: an untrusted comment; base64 of `ED`, the key's id (8 bytes) and the Ed25519 signature
of the file's BLAKE2b-512; a trusted comment; base64 of the signature over the first signature and the trusted comment. The
trusted comment begins with what the file is signed as (`atttcli/rules/1`): a signature made for one purpose is refused for
another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from atttcli.errors import InputError, IntegrityError, Refused, Where
from atttcli.limits import read_bounded
from atttcli.signing.keys import KeyPair, PublicKey

RULES = "atttcli/rules/1"
KIT = "atttcli/kit/1"
INSTALLER = "atttcli/installer/1"
PURPOSES = (RULES, KIT, INSTALLER)
_ALGORITHM = b"ED"
_PUBLIC = b"Ed"
_MOST = 4096
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signature file says; nothing of it is believed before `verify`."""

    key_id: bytes
    signature: bytes
    comment: str
    whole: bytes

    @property
    def purpose(self) -> str:
        """As what the file was signed."""
        return self.comment.partition("\t")[0]

    @property
    def note(self) -> str:
        """What else the signer said of it."""
        return self.comment.partition("\t")[2]


def sign(pair: KeyPair, stream: BinaryIO, purpose: str, note: str = "") -> str:
    """The signature file's text for what the stream holds. `note` is one line, signed with it."""
    from nacl.signing import SigningKey

    comment = "\t".join(filter(None, (purpose, " ".join(note.split())[:500])))
    key = SigningKey(pair.sign)
    signature = bytes(key.sign(_digest(stream)).signature)
    whole = bytes(key.sign(signature + comment.encode()).signature)
    first = base64.b64encode(_ALGORITHM + pair.public.mark + signature).decode()
    lines = (
        f"untrusted comment: {purpose}, key {pair.public.id}",
        first,
        f"trusted comment: {comment}",
        base64.b64encode(whole).decode(),
    )
    return "\n".join(lines) + "\n"


def verify(stream: BinaryIO, text: bytes, trusted: Sequence[PublicKey], purpose: str) -> tuple[PublicKey, Signature]:
    """Who of the trusted signed the stream for this purpose; Refused for another key or purpose, IntegrityError for other bytes."""
    from nacl.exceptions import CryptoError
    from nacl.signing import VerifyKey

    found = parse(text)
    marked = [one for one in trusted if one.mark == found.key_id]
    if not marked:
        raise Refused(
            "signed with a key that is not trusted here",
            guard="trust",
            hint="atttcli key list; atttcli key trust FILE …",
        )
    digest = _digest(stream)
    for key in marked:  # whoever hands a public key over chooses its mark: another's may be the same
        check = VerifyKey(key.sign)
        try:
            check.verify(digest, found.signature)
            check.verify(found.signature + found.comment.encode(), found.whole)
        except CryptoError:
            continue
        break
    else:
        raise IntegrityError(
            "the signature is not of this file: one of the two was changed", hint="carry both over again"
        )
    if found.purpose != purpose:
        raise Refused(f"signed as {found.purpose}, not as {purpose}", guard="purpose", hint="is it the right file?")
    return key, found


def parse(text: bytes) -> Signature:
    """A signature file; InputError when it is none."""
    try:
        lines = text[:_MOST].decode("utf-8").removesuffix("\n").split("\n")
        if len(lines) != 4 or not lines[0].startswith("untrusted comment: ") or len(text) > _MOST:
            raise ValueError("other lines")
        first, comment = _bytes(lines[1]), lines[2].removeprefix("trusted comment: ")
        whole = _bytes(lines[3])
        if len(first) != 74 or first[:2] != _ALGORITHM or len(whole) != 64 or comment == lines[2]:
            raise ValueError("other sizes")
    except (ValueError, binascii.Error):
        raise InputError("no signature file", hint="it has four lines, as minisign writes them") from None
    return Signature(first[2:10], first[10:], comment, whole)


def signature_path(path: Path) -> Path:
    """Where the signature of a file stands: beside it, as minisign looks for it."""
    return path.with_name(path.name + ".minisig")


def sign_file(pair: KeyPair, path: Path, purpose: str, note: str = "") -> Path:
    """Sign a file; the signature stands beside it."""
    from atttcli.store.durable import write_whole

    with path.open("rb") as stream:
        text = sign(pair, stream, purpose, note)
    write_whole(signature_path(path), text.encode())
    return signature_path(path)


def verify_file(path: Path, trusted: Sequence[PublicKey], purpose: str) -> tuple[PublicKey, Signature]:
    """As `verify`, for a file with its signature beside it."""
    beside = signature_path(path)
    if not beside.is_file():
        raise InputError("there is no signature beside it", where=Where(str(path)), hint=f"it would be {beside.name}")
    with path.open("rb") as stream, beside.open("rb") as text:
        return verify(stream, read_bounded(text, _MOST, Where(str(beside))), trusted, purpose)


def public_text(key: PublicKey) -> str:
    """A public key file as minisign reads it."""
    return "\n".join(("untrusted comment: atttcli key " + key.id, public_line(key), ""))


def public_line(key: PublicKey) -> str:
    """A public key on one line, for `minisign -P`."""
    return base64.b64encode(_PUBLIC + key.mark + key.sign).decode()


def read_public(text: bytes) -> PublicKey:
    """A public key as minisign writes it (a file of two lines, or the line alone); InputError when it is none."""
    lines = [line for line in text[:_MOST].decode("utf-8", "replace").split("\n") if line.strip()]
    try:
        data = _bytes(lines[-1].strip())
        if len(data) != 42 or data[:2] != _PUBLIC or len(lines) > 2:
            raise ValueError("other sizes")
    except (ValueError, IndexError, binascii.Error):
        raise InputError(
            "no public key", hint="it is one line of base64 that begins with RW, or a file with it"
        ) from None
    return PublicKey(data[10:], given_mark=data[2:10])


def _bytes(text: str) -> bytes:
    """Of base64 in its one canonical spelling; ValueError for any other."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("not canonical")
    return data


def _digest(stream: BinaryIO) -> bytes:
    running = hashlib.blake2b(digest_size=64)
    stream.seek(0)
    while piece := stream.read(_CHUNK):
        running.update(piece)
    return running.digest()
