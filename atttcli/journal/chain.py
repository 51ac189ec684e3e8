"""The chain: hash = H(header, H(payload)), so that a payload can be erased and the chain still holds."""

from __future__ import annotations

import hashlib
import json
from typing import Any

GENESIS = "0" * 64


def canonical(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def payload_digest(payload: str) -> str:
    """Sha256 of a canonical payload text."""
    return hashlib.sha256(payload.encode("utf-8", "surrogatepass")).hexdigest()


def entry_hash(header: tuple[object, ...], digest: str, prev: str) -> str:
    """Hash of (seq, id, time, host, actor, verb, object), the payload's digest and the previous hash."""
    text = canonical([*header, digest, prev])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
