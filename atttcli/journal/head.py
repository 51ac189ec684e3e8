"""The signed head (count and hash), kept outside the workspace: a cut or rewritten tail is invisible to the chain alone."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from atttcli.errors import IntegrityError, WorkspaceError
from atttcli.store.workspace import private_folder


@dataclass(frozen=True, slots=True)
class Head:
    """How many entries there were and the hash of the last."""

    count: int
    hash: str
    public_key: str


def _key() -> bytes:
    path = private_folder("keys") / "host.key"
    if not path.exists():
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.touch(mode=0o600)
        temporary.write_bytes(os.urandom(32))
        os.replace(temporary, path)
    return path.read_bytes()


def _path(workspace: str) -> Path:
    return private_folder("heads") / f"{workspace}.json"


def write_head(workspace: str, count: int, digest: str) -> None:
    """Sign and keep the head of a workspace (Ed25519), replacing the earlier one."""
    from nacl.signing import SigningKey

    if not workspace:
        return
    key = SigningKey(_key())
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
    except OSError as error:
        raise WorkspaceError(
            f"the decision is saved, but the journal head cannot be kept: {error}",
            hint=f"free some room in {private_folder('heads')}; the next decision keeps it again",
        ) from error


def _replace(path: Path, text: str) -> None:
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="ascii") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())  # else a power cut may leave an empty head, which reads as forged
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_head(workspace: str) -> Head | None:
    """The head kept outside, its signature checked with this host's key; None if there is none."""
    from nacl.exceptions import BadSignatureError
    from nacl.signing import SigningKey

    path = _path(workspace)
    if not path.exists():
        return None
    try:
        body = json.loads(path.read_text(encoding="ascii"))
        message = f"{body['workspace']}:{body['count']}:{body['hash']}".encode()
        SigningKey(_key()).verify_key.verify(message, bytes.fromhex(body["signature"]))
    except (OSError, ValueError, KeyError, BadSignatureError) as error:
        raise IntegrityError(
            f"the journal head kept at {path} is not this host's", hint="was it edited, or copied from elsewhere?"
        ) from error
    return Head(int(body["count"]), str(body["hash"]), str(body["public_key"]))
