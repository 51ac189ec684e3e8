"""Key files: one pair to sign with (Ed25519) and one to be sealed to (X25519), in the workspace's `keys/`, mode 0600.

With a passphrase the secrets stand under a key that scrypt makes of it (people/passphrase); the public halves are readable
without it. Secrets are in no journal, database, backup or bundle.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atttcli.errors import Conflict, IntegrityError, NotFound, Refused, UsageError, Where, WorkspaceError
from atttcli.field import strict_json
from atttcli.field.opening import NotReadable, open_regular
from atttcli.field.seal import KEY_BYTES, box, public_of, sealing_public_of, unbox
from atttcli.people.passphrase import COST, LONGEST, SHORTEST, stretched
from atttcli.store.durable import make_folder, write_first

FORMAT = "atttcli/key/1"
_MOST = 4096
_MAX_COST = 1 << 17  # a crafted file must not ask for gigabytes


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half. `seal` is empty for keys of others, which only sign; `given_mark` is minisign's id of such a key."""

    sign: bytes
    seal: bytes = b""
    given_mark: bytes = b""

    @property
    def id(self) -> str:
        """Eight hexadecimal digits: how the key is called here."""
        return hashlib.sha256(self.sign).hexdigest()[:8]

    @property
    def mark(self) -> bytes:
        """The eight bytes by which signatures name their key."""
        return self.given_mark or hashlib.sha256(self.sign).digest()[:8]

    @property
    def fingerprint(self) -> str:
        """Six groups of four digits (80 bits), to be read over the telephone in any language."""
        number = int.from_bytes(hashlib.sha256(b"atttcli key\n" + self.sign).digest(), "big") % 10**24
        digits = f"{number:024d}"
        return " ".join(digits[at : at + 4] for at in range(0, 24, 4))


@dataclass(frozen=True, slots=True, repr=False)
class KeyPair:
    """The secret half: the seed that signs and the key that opens. Never shown, logged or stored elsewhere."""

    sign: bytes
    seal: bytes

    @classmethod
    def new(cls) -> KeyPair:
        """Fresh keys from the operating system's random source."""
        return cls(os.urandom(KEY_BYTES), os.urandom(KEY_BYTES))

    @property
    def public(self) -> PublicKey:
        """What others may know."""
        return PublicKey(public_of(self.sign), sealing_public_of(self.seal))


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key as it stands on disk; `unlock` gives its secrets."""

    path: Path
    public: PublicKey
    body: dict[str, Any]

    @property
    def locked(self) -> bool:
        """Whether a passphrase is needed."""
        return "box" in self.body

    def unlock(self, passphrase: str | None = None) -> KeyPair:
        """The secrets; Refused when the passphrase is wrong, IntegrityError when the file is damaged."""
        secrets = self._opened(passphrase) if self.locked else bytes.fromhex(self.body["secrets"])
        pair = KeyPair(secrets[:KEY_BYTES], secrets[KEY_BYTES:])
        if len(secrets) != 2 * KEY_BYTES or pair.public != self.public:
            raise _damaged(self.path)
        return pair

    def _opened(self, passphrase: str | None) -> bytes:
        if passphrase is None:
            raise Refused("this key is locked", guard="passphrase", hint="ATTTCLI_PASSPHRASE_FILE=… atttcli …")
        if len(passphrase) > LONGEST:
            raise _wrong(self.public.id)
        salt, cost = bytes.fromhex(self.body["salt"]), self.body["cost"]
        secrets = unbox(stretched(passphrase, salt, cost), bytes.fromhex(self.body["box"]))
        if secrets is None:
            raise _wrong(self.public.id)
        return secrets


def write_key(folder: Path, pair: KeyPair, passphrase: str | None = None) -> KeyFile:
    """Keep a new key; Conflict when there is one of that name. Whole and flushed before it has a name."""
    return keep_key(folder, KeyFile(folder, pair.public, key_body(pair, passphrase)))


def key_body(pair: KeyPair, passphrase: str | None = None) -> dict[str, Any]:
    """What a key file holds: the public halves, and the secret ones as they are or under a passphrase."""
    public = pair.public
    body: dict[str, Any] = {"format": FORMAT, "sign_public": public.sign.hex(), "seal_public": public.seal.hex()}
    return body | (_locked(pair, passphrase) if passphrase is not None else {"secrets": (pair.sign + pair.seal).hex()})


def keep_key(folder: Path, key: KeyFile) -> KeyFile:
    """Write a key file into the folder."""
    path = folder / f"{key.public.id}.key"
    try:
        make_folder(folder)
        if not write_first(path, strict_json.dumps(key.body) + b"\n", 0o600):
            raise Conflict(f"there is a key {key.public.id} already", hint="atttcli key list")
    except OSError as error:
        raise WorkspaceError(f"the key cannot be kept: {error.strerror}") from error
    return KeyFile(path, key.public, key.body)


def read_key(path: Path) -> KeyFile:
    """A key file; IntegrityError when it is damaged or none."""
    try:
        descriptor, _ = open_regular(str(path))
        with os.fdopen(descriptor, "rb") as stream:
            return key_of(path, strict_json.loads(stream.read(_MOST + 1).removesuffix(b"\n"), _MOST))
    except (NotReadable, OSError, ValueError):
        raise _damaged(path) from None


def key_of(path: Path, value: Any) -> KeyFile:
    """A key file's content as one; IntegrityError when it is none."""
    try:
        _check(value)
    except (ValueError, KeyError, TypeError):
        raise _damaged(path) from None
    return KeyFile(path, PublicKey(bytes.fromhex(value["sign_public"]), bytes.fromhex(value["seal_public"])), value)


def key_files(folder: Path) -> list[KeyFile]:
    """Every key in the folder, by name."""
    return [read_key(path) for path in key_paths(folder)]


def key_paths(folder: Path) -> list[Path]:
    """Where keys stand in the folder, by name."""
    return sorted(folder.glob("*.key")) if folder.is_dir() else []


def find_key_file(folder: Path, identity: str) -> KeyFile:
    """The file of one key, or NotFound."""
    path = folder / f"{identity}.key"
    if not path.is_file():
        raise NotFound(f"the secrets of key {identity} are not in {folder}", hint="atttcli key restore FILE")
    return read_key(path)


def _locked(pair: KeyPair, passphrase: str) -> dict[str, Any]:
    if not SHORTEST <= len(passphrase) <= LONGEST:
        raise UsageError(
            f"a passphrase has {SHORTEST} to {LONGEST} characters", hint="several words are easy to keep in mind"
        )
    salt = os.urandom(16)
    sealed = box(stretched(passphrase, salt, COST), pair.sign + pair.seal)
    return {"box": sealed.hex(), "salt": salt.hex(), "cost": COST}


def _check(value: Any) -> None:
    secret = ("box", "cost", "salt") if "box" in value else ("secrets",)
    if value["format"] != FORMAT or value.keys() != {"format", "sign_public", "seal_public", *secret}:
        raise ValueError("another format")
    for name in ("sign_public", "seal_public"):
        if len(bytes.fromhex(value[name])) != KEY_BYTES:
            raise ValueError("no key")
    bytes.fromhex(value["box" if "box" in value else "secrets"])
    if "box" in value:
        cost = value["cost"]
        if not isinstance(cost, int) or not 2 <= cost <= _MAX_COST or cost & (cost - 1) or len(value["salt"]) != 32:
            raise ValueError("no cost")
        bytes.fromhex(value["salt"])


def _wrong(identity: str) -> Refused:
    return Refused(f"the passphrase of key {identity} is wrong", guard="passphrase", hint="try again")


def _damaged(path: Path) -> IntegrityError:
    return IntegrityError(
        "this is no key, or a damaged one",
        hint="put a copy of it back: atttcli key restore FILE",
        where=Where(str(path)),
    )
