"""Signing and sealing with PyNaCl (imported when first used): Ed25519 by the kit, a sealed box to the centre's X25519 key.

What is signed is never the bytes alone but a context and their SHA-512: a signature made for one purpose says nothing for
another. Python 3.8-clean; the only module of this room that needs PyNaCl.
"""

from __future__ import annotations

import hashlib
from typing import Any, BinaryIO, Iterable, NamedTuple, Optional, Union

from atttcli.errors import BundleRefused, InputError, LimitExceeded, MissingFeature
from atttcli.field.manifest import MAX_SEALED
from atttcli.limits import MIB

MAGIC = b"ATTTB1\n"
BUNDLE = "atttcli/bundle/1"  # the context of what kits sign
KEY_BYTES = 32
SIGNATURE_BYTES = 64
SEAL_OVERHEAD = 48  # what a sealed box adds: an ephemeral public key and the authenticator

Bytes = Union[bytes, memoryview]


class Opened(NamedTuple):
    """What was inside a sealed file: the signature of whoever made it, the body, and the public key it was sealed to.

    `digest` is the sha256 of the whole file: what the next bundle names as the one before it.
    """

    signature: bytes
    body: memoryview
    centre: bytes
    digest: str


def public_of(seed: bytes) -> bytes:
    """The public signing key (Ed25519) that belongs to a secret seed of 32 bytes."""
    return bytes(_signing().SigningKey(seed).verify_key)


def sealing_public_of(secret: bytes) -> bytes:
    """The public sealing key (X25519) that belongs to a secret one."""
    return bytes(_public().PrivateKey(secret).public_key)


def sign(seed: bytes, context: str, data: Bytes) -> bytes:
    """The signature (64 bytes) of data for one purpose."""
    return bytes(_signing().SigningKey(seed).sign(_message(context, data)).signature)


def verify(public: bytes, context: str, data: Bytes, signature: bytes) -> bool:
    """Whether the holder of this key signed these data for this purpose."""
    return signer((public,), context, data, signature) is not None


def signer(publics: Iterable[bytes], context: str, data: Bytes, signature: bytes) -> Optional[int]:
    """Which of these keys signed, by its place; None when none did. The data are digested once."""
    signing = _signing()
    from nacl.exceptions import CryptoError
    from nacl.exceptions import TypeError as WrongType
    from nacl.exceptions import ValueError as WrongValue

    message = _message(context, data)
    for place, public in enumerate(publics):
        try:
            signing.VerifyKey(public).verify(message, signature)
        except (CryptoError, WrongType, WrongValue):
            continue
        return place
    return None


def seal(seed: bytes, centre: bytes, body: Bytes) -> bytes:
    """A whole bundle file: the body signed with the kit's seed and sealed to the centre's public key."""
    if len(body) > MAX_SEALED - len(MAGIC) - SIGNATURE_BYTES - SEAL_OVERHEAD:
        raise LimitExceeded(
            f"a bundle of more than {MAX_SEALED // MIB} MiB", hint="attach fewer samples, or scan in several runs"
        )
    signature = sign(seed, BUNDLE, body)
    public = _public()
    return MAGIC + bytes(public.SealedBox(public.PublicKey(centre)).encrypt(signature + body))


def unseal(stream: BinaryIO, secrets: Iterable[bytes]) -> Opened:
    """Open a bundle file with whichever of the centre's secret keys it was sealed to. Nothing in it is believed yet.

    At most MAX_SEALED bytes are read; memory is about three times the file.
    """
    if stream.read(len(MAGIC)) != MAGIC:
        raise InputError("no bundle of a kit", hint="a bundle's name ends in .attb, its content begins with ATTTB1")
    sealed = stream.read(MAX_SEALED - len(MAGIC) + 1)
    if len(sealed) > MAX_SEALED - len(MAGIC):
        raise LimitExceeded(f"a bundle of more than {MAX_SEALED // MIB} MiB")
    for secret in secrets:
        plain = _opened(secret, sealed)
        if plain is not None and len(plain) > SIGNATURE_BYTES:
            digest = hashlib.sha256(MAGIC)
            digest.update(sealed)
            body = memoryview(plain)[SIGNATURE_BYTES:]
            return Opened(plain[:SIGNATURE_BYTES], body, sealing_public_of(secret), digest.hexdigest())
    raise BundleRefused(
        "no key of this centre opens it: it is sealed for another centre, or a byte of it was changed or is missing",
        fault="sealed",
        hint="carry the file over again; is the key that the kit was made with still here? atttcli key list",
    )


def _opened(secret: bytes, sealed: bytes) -> Optional[bytes]:
    public = _public()
    from nacl.exceptions import CryptoError
    from nacl.exceptions import TypeError as WrongType
    from nacl.exceptions import ValueError as WrongValue

    try:
        return bytes(public.SealedBox(public.PrivateKey(secret)).decrypt(sealed))
    except (CryptoError, WrongType, WrongValue):
        return None


def box(key: bytes, data: bytes) -> bytes:
    """Data under a secret key of 32 bytes (XSalsa20-Poly1305)."""
    from nacl.secret import SecretBox

    return bytes(SecretBox(key).encrypt(data))


def unbox(key: bytes, data: bytes) -> Optional[bytes]:
    """What `box` put away; None when the key is another or a byte was changed."""
    from nacl.exceptions import CryptoError
    from nacl.exceptions import TypeError as WrongType
    from nacl.exceptions import ValueError as WrongValue
    from nacl.secret import SecretBox

    try:
        return bytes(SecretBox(key).decrypt(data))
    except (CryptoError, WrongType, WrongValue):
        return None


def _message(context: str, data: Bytes) -> bytes:
    return context.encode("ascii") + b"\n" + hashlib.sha512(data).digest()


def _signing() -> Any:
    try:
        import nacl.signing
    except ImportError:
        raise _missing() from None
    return nacl.signing


def _public() -> Any:
    try:
        import nacl.public
    except ImportError:
        raise _missing() from None
    return nacl.public


def _missing() -> MissingFeature:
    return MissingFeature("signing and sealing need PyNaCl", hint="pip install PyNaCl")


__all__ = [
    "BUNDLE", "KEY_BYTES", "MAGIC", "Opened", "box", "public_of", "seal", "sealing_public_of", "sign", "signer",
    "unbox", "unseal", "verify",
]  # fmt: skip
