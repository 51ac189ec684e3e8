"""The signed head (count and hash), kept outside the workspace: a cut or rewritten tail is invisible to the chain alone."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from atttcli.errors import IntegrityError, WorkspaceError
from atttcli.store.durable import sync_folder, write_first
from atttcli.store.workspace import private_folder

_KEY_BYTES = 32
_IDENTITY = re.compile(r"[A-Za-z0-9_.-]{0,100}\Z")


# Only a person can say whether a lost head is an accident; the journal says then who did, and why.
ACCEPT = 'when you know why: atttcli db accept-head --reason "..." --yes'


@dataclass(frozen=True, slots=True)
class Head:
    """How many entries there were and the hash of the last."""

    count: int
    hash: str
    public_key: str


def host_key() -> bytes:
    """This host's key; made on first use, by whichever process is first. It signs heads and the bundles of drills."""
    path = private_folder("keys") / "host.key"
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        write_first(path, os.urandom(_KEY_BYTES))
        key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise IntegrityError(
            f"the key of this host at {path} is damaged",
            hint="put back a copy of it; without one, delete it and the folder heads beside it: heads begin anew",
        )
    return key


def _path(workspace: str) -> Path:
    """Of a workspace's head. Its identity may come from a folder or a backup of somebody else's: it must not lead elsewhere."""
    if not _IDENTITY.match(workspace):
        raise IntegrityError(
            "the workspace's identity is none", hint="whose folder is it? restore a backup of your own"
        )
    return private_folder("heads") / f"{workspace}.json"


def _known(workspace: str) -> Path:
    """Stands beside a head once one was kept: a head that went missing is told from one that never was."""
    return private_folder("heads") / f"{workspace}.known"


def write_head(workspace: str, count: int, digest: str) -> None:
    """Sign and keep the head of a workspace (Ed25519), replacing the earlier one."""
    from nacl.signing import SigningKey

    if not workspace:
        return
    key = SigningKey(host_key())
    message = f"{workspace}:{count}:{digest}".encode()
    body = {
        "workspace": workspace,
        "count": count,
        "hash": digest,
        "public_key": key.verify_key.encode().hex(),
        "signature": key.sign(message).signature.hex(),
    }
    try:
        _replace(_path(workspace), json.dumps(body, indent=1))
        _known(workspace).touch(mode=0o600)
    except OSError as error:
        raise WorkspaceError(
            f"the decision is saved, but the journal head cannot be kept: {error}",
            hint=f"free some room in {private_folder('heads')}; the next decision keeps it again",
        ) from error


def _replace(path: Path, text: str) -> None:
    """Whole, and flushed before it is renamed: after a power cut an empty head would read as forged.

    That the name is flushed too is waited for only once: a head that is one decision behind is no fault.
    """
    first = not path.exists()
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="ascii") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
        if first:
            sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def read_head(workspace: str) -> Head | None:
    """The head kept outside, its signature checked with this host's key; None if there never was one."""
    from nacl.exceptions import BadSignatureError
    from nacl.signing import SigningKey

    path = _path(workspace)
    if not path.exists():
        if _known(workspace).exists():
            raise IntegrityError(f"the journal head kept at {path} is gone", hint=ACCEPT)
        return None
    try:
        body = json.loads(path.read_text(encoding="ascii"))
        message = f"{body['workspace']}:{body['count']}:{body['hash']}".encode()
        SigningKey(host_key()).verify_key.verify(message, bytes.fromhex(body["signature"]))
    except (OSError, ValueError, KeyError, BadSignatureError) as error:
        raise IntegrityError(
            f"the journal head kept at {path} is not this host's (damaged, edited, or copied from elsewhere)",
            hint=ACCEPT,
        ) from error
    return Head(int(body["count"]), str(body["hash"]), str(body["public_key"]))


def set_aside(workspace: str, mark: str) -> str:
    """Forget a head that cannot be read: the file stays beside as evidence (its new name, empty if there was none)."""
    path = _path(workspace)
    kept = ""
    if path.exists():
        aside = path.with_suffix(f".damaged-{mark}")
        path.replace(aside)
        kept = aside.name
    _known(workspace).unlink(missing_ok=True)
    return kept
