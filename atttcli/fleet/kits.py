"""The register of kits: to which agency each was issued, with which public key, until when, whether it was revoked.

A kit's own secret seed is made where the kit is built and stands on the kit alone; the journal knows its public half.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atttcli.clock import DAY
from atttcli.errors import Conflict, Refused, UsageError
from atttcli.field.seal import KEY_BYTES
from atttcli.store.numbers import resolve_number

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Row, Store

ACTIVE, EXPIRED, REVOKED = "active", "expired", "revoked"
LIFETIME = 180 * DAY
LONGEST = 730 * DAY
GRACE = 60 * DAY  # a stick comes back later than its last run: what it says it made in time is taken, with a remark


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKit:
    """A kit that is issued. `public_key`: its Ed25519 key; `centre`: the public sealing key that its bundles go to."""

    agency: str
    os: str
    arch: str
    public_key: bytes
    centre: bytes
    expires: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Kit:
    """A kit of the register. Times in microseconds UTC."""

    number: str
    agency: str
    os: str
    arch: str
    public_key: bytes
    centre: bytes
    issued: int
    actor: str
    expires: int
    note: str = ""
    revoked: int | None = None
    why: str = ""

    @classmethod
    def of(cls, row: Row) -> Kit:
        """From a projected row."""
        values = dict(row)
        return cls(**values | {name: bytes.fromhex(values[name]) for name in ("public_key", "centre")})

    def state(self, now: int) -> str:
        """active, expired or revoked."""
        if self.revoked is not None:
            return REVOKED
        return EXPIRED if now > self.expires else ACTIVE


def kits(store: Store, agency: str = "") -> list[Kit]:
    """The register, newest first; of one agency or of all."""
    query = "SELECT * FROM kit WHERE ?1 = '' OR agency = ?1 ORDER BY issued DESC, number DESC"
    return [Kit.of(row) for row in store.rows(query, agency)]


def kits_by_key(store: Store) -> Mapping[bytes, Kit]:
    """Public key -> kit, the newest first: who signed is asked of all of them."""
    return {one.public_key: one for one in kits(store)}


def find_kit(store: Store, text: str) -> Kit:
    """A kit by any unique part of its number."""
    row = store.row("SELECT * FROM kit WHERE number = ?", resolve_number(store, "kit", text))
    if row is None:
        raise AssertionError("a number that was found has its row")
    return Kit.of(row)


def issue_kit(journal: Journal, new: NewKit) -> Kit:
    """Enter a kit under the next number; the one who builds it writes that number into it."""
    now = journal.clock.now()
    if len(new.public_key) != KEY_BYTES or len(new.centre) != KEY_BYTES:
        raise UsageError("a kit has a public key of 32 bytes")
    if not now < new.expires <= now + LONGEST:
        raise UsageError("a kit expires within two years from now", hint="--expires 180d")
    with journal.transaction():
        key = new.public_key.hex()
        if journal.store.value("SELECT 1 FROM kit WHERE public_key = ?", key):
            raise Conflict("another kit has this key", hint="every kit has a key of its own: build it anew")
        number = journal.next_number("K")
        body = {
            "number": number, "agency": new.agency, "os": new.os, "arch": new.arch, "public_key": key,
            "centre": new.centre.hex(), "expires": new.expires, "note": new.note,
        }  # fmt: skip
        journal.append("kit.issued", number, body)
    return find_kit(journal.store, number)


def revoke_kit(journal: Journal, text: str, reason: str) -> Kit:
    """Believe nothing more that this kit's key signs: it was lost, stolen or is no longer wanted."""
    if not reason.strip():
        raise Refused("revoking needs a reason", guard="reason", hint=f'atttcli kit revoke {text} --reason "…"')
    with journal.transaction():
        found = find_kit(journal.store, text)
        if found.revoked is not None:
            raise Conflict(f"{found.number} is revoked already", hint="atttcli kit list")
        journal.append("kit.revoked", found.number, {"agency": found.agency, "reason": reason})
    return find_kit(journal.store, found.number)
