"""Personal passphrases of a shared account: scrypt with a salt of its own; the journal and the bundles never hold them.

Cost: N=2^15, r=8, p=1 (about 0.1 s and 32 MiB), the interactive parameters that RFC 7914 and its followers give.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass

from atttcli.errors import UsageError
from atttcli.text.fold import nfc

SHORTEST = 10
LONGEST = 1024  # characters: what is hashed is bounded before it is hashed
COST = 1 << 15
_R, _P = 8, 1
_MEMORY = 64 << 20


@dataclass(frozen=True, slots=True)
class Credential:
    """What is kept of a passphrase: hexadecimal salt and digest, and the cost that made it."""

    salt: str
    digest: str
    cost: int = COST


def make_credential(passphrase: str) -> Credential:
    """Hash a new passphrase; UsageError when it is too short or absurdly long."""
    if not SHORTEST <= len(passphrase) <= LONGEST:
        raise UsageError(
            f"a passphrase has {SHORTEST} to {LONGEST} characters", hint="several words are easy to keep in mind"
        )
    salt = os.urandom(16)
    return Credential(salt.hex(), _digest(passphrase, salt, COST))


def fits(credential: Credential, passphrase: str) -> bool:
    """Whether this is the passphrase; the same time whatever the answer."""
    if len(passphrase) > LONGEST:
        return False
    return hmac.compare_digest(credential.digest, _digest(passphrase, bytes.fromhex(credential.salt), credential.cost))


def _digest(passphrase: str, salt: bytes, cost: int) -> str:
    return stretched(passphrase, salt, cost).hex()


def stretched(passphrase: str, salt: bytes, cost: int) -> bytes:
    """A key of 32 bytes made of a passphrase, slowly on purpose."""
    text = nfc(passphrase).encode("utf-8", "backslashreplace")
    return hashlib.scrypt(text, salt=salt, n=cost, r=_R, p=_P, maxmem=max(_MEMORY, 256 * cost * _R), dklen=32)
