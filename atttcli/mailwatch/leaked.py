"""Lists of leaked accounts against the accounts that are known: read once, a line at a time; nothing of them is kept.

A line is an address, `address:password`, `address;…`, a row of CSV, or the MD5, SHA-1 or SHA-256 of an address. What follows the
address is not looked at.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from atttcli.errors import InputError, Where

_LINE: Final = 4096
_ADDRESS: Final = re.compile(rb"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9.-]{1,190}")
_DIGEST: Final = re.compile(rb"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{64}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{32})(?![0-9A-Fa-f])")


def leaked_accounts(path: Path, accounts: Iterable[str]) -> Iterator[tuple[str, int]]:
    """(account, line) for each known account that the list names, once. InputError when it cannot be read."""
    known = {account.encode("utf-8", "replace"): account for account in accounts if "@" in account}
    digests: dict[bytes, str] | None = None
    told: set[str] = set()
    try:
        with path.open("rb") as stream:
            number = 0
            while line := stream.readline(_LINE):
                number += line.endswith(b"\n") or len(line) < _LINE
                for found in _ADDRESS.findall(line)[:4]:
                    account = known.get(found.lower())
                    if account and account not in told:
                        told.add(account)
                        yield account, number
                if (digest := _DIGEST.search(line)) is not None:
                    digests = digests if digests is not None else _digests(known)
                    account = digests.get(digest[0].lower())
                    if account and account not in told:
                        told.add(account)
                        yield account, number
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=Where(str(path))) from error


def _digests(known: dict[bytes, str]) -> dict[bytes, str]:
    found: dict[bytes, str] = {}
    for data, account in known.items():
        for name in ("md5", "sha1", "sha256"):
            found[hashlib.new(name, data, usedforsecurity=False).hexdigest().encode()] = account
    return found
