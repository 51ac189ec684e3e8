"""A drill's bundle for a USB stick: a small zip with a signed manifest. Reading believes nothing before it is checked.

Members: `manifest.json`, `manifest.sig`, `journal.jsonl`, and `scenario.yaml` on the way out.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atttcli.errors import InputError, IntegrityError, Where
from atttcli.journal.chain import canonical
from atttcli.limits import read_bounded

SCHEMA = "atttcli/drill-bundle/1"
MANIFEST, SIGNATURE, JOURNAL, SCENARIO = "manifest.json", "manifest.sig", "journal.jsonl", "scenario.yaml"
MEMBERS = (MANIFEST, SIGNATURE, JOURNAL, SCENARIO)
MAX_BUNDLE = 32 * 1024 * 1024
LIMITS = {MANIFEST: 64 * 1024, SIGNATURE: 4096, JOURNAL: 64 * 1024 * 1024, SCENARIO: 1024 * 1024}
_END = struct.Struct("<4s4H2LH")
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose digests and signature hold. `key`: public key of who packed it, in hex; whose that is people compare."""

    manifest: dict[str, Any]
    journal: bytes
    scenario: bytes
    key: str


def write_bundle(manifest: dict[str, Any], members: dict[str, bytes]) -> bytes:
    """The zip: the same content is the same bytes, whoever packs it again with the same key."""
    from nacl.signing import SigningKey

    from atttcli.journal.head import host_key

    digests = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    body = canonical({"schema": SCHEMA, **manifest, "files": digests}).encode()
    key = SigningKey(host_key())
    signed = {"public_key": key.verify_key.encode().hex(), "signature": key.sign(body).signature.hex()}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {MANIFEST: body, SIGNATURE: canonical(signed).encode(), **members}.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def read_bundle(path: Path) -> Bundle:
    """A bundle from a file; InputError for what is none, IntegrityError for one that was altered."""
    where = Where(str(path))
    try:
        with path.open("rb") as stream:
            data = read_bounded(stream, MAX_BUNDLE, where)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=where) from error
    members = _members(data, where)
    if not {MANIFEST, SIGNATURE, JOURNAL} <= set(members):
        raise InputError("this is no bundle of a drill", where=where)
    key = _verified(members, where)
    manifest = _mapping(members[MANIFEST], where)
    if manifest.get("schema") != SCHEMA or not isinstance(manifest.get("files"), dict):
        raise InputError("this is no bundle of a drill", where=where)
    held = {name: hashlib.sha256(one).hexdigest() for name, one in members.items() if name not in (MANIFEST, SIGNATURE)}
    if held != manifest["files"]:
        raise IntegrityError("what is in the bundle is not what its manifest says", where=where, hint="copy it again")
    return Bundle(manifest, members[JOURNAL], members.get(SCENARIO, b""), key)


def _members(data: bytes, where: Where) -> dict[str, bytes]:
    """Only our own members, each once, each bounded; the directory is looked at before the library reads it."""
    wrong = InputError("this is no bundle of a drill", where=where)
    if len(data) < _END.size:
        raise wrong
    mark, disk, start, here, count, size, _offset, comment = _END.unpack(data[-_END.size :])
    if (
        mark != b"PK\x05\x06"
        or disk
        or start
        or here != count
        or not 0 < count <= len(MEMBERS)
        or size > 4096
        or comment
    ):
        raise wrong
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                if info.filename not in MEMBERS or info.filename in found or info.flag_bits & 1:
                    raise wrong
                if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise wrong
                with archive.open(info) as member:
                    found[info.filename] = read_bounded(member, LIMITS[info.filename], where)  # type: ignore[arg-type]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, struct.error) as error:
        raise InputError(f"this is no bundle of a drill: {type(error).__name__}", where=where) from error
    return found


def _verified(members: dict[str, bytes], where: Where) -> str:
    """The public key under which the manifest is signed; IntegrityError when the signature does not hold."""
    from nacl.exceptions import BadSignatureError, CryptoError
    from nacl.signing import VerifyKey

    signed = _mapping(members[SIGNATURE], where)
    try:
        key, signature = bytes.fromhex(str(signed.get("public_key"))), bytes.fromhex(str(signed.get("signature")))
        VerifyKey(key).verify(members[MANIFEST], signature)
    except (BadSignatureError, CryptoError, ValueError, TypeError) as error:
        raise IntegrityError(
            "the signature of the bundle does not hold", where=where, hint="ask for it again"
        ) from error
    return key.hex()


def _mapping(data: bytes, where: Where) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise InputError("this is no bundle of a drill", where=where) from None
    if not isinstance(found, dict):
        raise InputError("this is no bundle of a drill", where=where)
    return found
