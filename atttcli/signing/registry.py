"""Which keys are ours, which of others are trusted, which were revoked: decisions of the journal, public halves only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from atttcli.errors import Conflict, IntegrityError, NotFound, Refused, UsageError
from atttcli.signing.keys import KeyFile, KeyPair, PublicKey, find_key_file, key_paths, read_key, write_key

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Row, Store

Passphrase = Callable[[str], str]  # asked with the key's id


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key of the register. `own`: the centre's. Times in microseconds UTC."""

    public: PublicKey
    name: str
    own: bool
    since: int
    revoked: int | None = None
    why: str = ""

    @classmethod
    def of(cls, row: Row) -> KnownKey:
        """From a projected row."""
        halves = (bytes.fromhex(row[column]) for column in ("sign_public", "seal_public", "mark"))
        return cls(PublicKey(*halves), row["name"], bool(row["own"]), row["since"], row["revoked"], row["why"])


def known_keys(store: Store) -> list[KnownKey]:
    """The register: our own first, newest first."""
    return [KnownKey.of(row) for row in store.rows("SELECT * FROM signing_key ORDER BY own DESC, since DESC, id")]


def current_key(store: Store) -> KnownKey:
    """The newest own key that was not revoked: it signs now, and kits are made for it."""
    found = next((one for one in known_keys(store) if one.own and one.revoked is None), None)
    if found is None:
        raise NotFound("this centre has no key yet", hint="atttcli key create")
    return found


def trusted_keys(store: Store) -> list[PublicKey]:
    """Whose signatures count here: our own and the trusted ones, without the revoked."""
    return [one.public for one in known_keys(store) if one.revoked is None]


def find_key(store: Store, text: str) -> KnownKey:
    """A key by its id or a unique beginning of it."""
    wanted = text.strip().lower()
    found = [one for one in known_keys(store) if wanted and one.public.id.startswith(wanted)]
    if not found:
        raise NotFound(f"no key {text[:40]!r}", hint="atttcli key list")
    if len(found) > 1:
        raise UsageError(f"{text!r} may be {', '.join(one.public.id for one in found[:5])}", hint="give more of it")
    return found[0]


def create_key(journal: Journal, folder: Path, name: str = "", passphrase: str | None = None) -> KnownKey:
    """Make the key that is used from now on; earlier ones go on opening what was sealed to them."""
    journal.permit("key.created", "", {})
    pair = KeyPair.new()
    public = write_key(folder, pair, passphrase).public  # the secrets first: a key without them would be used in vain
    body = {"name": name.strip()[:80], "sign_public": public.sign.hex(), "seal_public": public.seal.hex()}
    journal.append("key.created", public.id, body)
    return find_key(journal.store, public.id)


def trust_key(journal: Journal, public: PublicKey, name: str, fingerprint: str) -> KnownKey:
    """Trust another's signatures. `fingerprint` is what the other read out: Refused when it is another key's."""
    if not name.strip():
        raise UsageError("whose key is it?", hint='--name "Trung tâm vùng"')
    if "".join(fingerprint.split()) != public.fingerprint.replace(" ", ""):
        raise Refused(
            f"the fingerprint of this key is {public.fingerprint}",
            guard="fingerprint",
            hint="have its owner read theirs out on the telephone, then give it: --fingerprint",
        )
    with journal.transaction():
        known = {one.public.id: one for one in known_keys(journal.store)}
        if public.id in known and known[public.id].revoked is None:
            raise Conflict(f"the key {public.id} is known already", hint="atttcli key list")
        if public.id in known and known[public.id].own:
            raise Refused(f"the key {public.id} is our own and was revoked", guard="revoked", hint="atttcli key create")
        body = {"name": name.strip()[:80], "sign_public": public.sign.hex(), "mark": public.mark.hex()}
        journal.append("key.trusted", public.id, body)
    return find_key(journal.store, public.id)


def revoke_key(journal: Journal, text: str, reason: str) -> KnownKey:
    """Nothing that this key signs counts any more; an own one still opens the bundles that were sealed to it."""
    if not reason.strip():
        raise Refused("revoking needs a reason", guard="reason", hint=f'atttcli key revoke {text} --reason "…"')
    with journal.transaction():
        found = find_key(journal.store, text)
        if found.revoked is not None:
            raise Conflict(f"the key {found.public.id} is revoked already", hint="atttcli key list")
        journal.append("key.revoked", found.public.id, {"reason": reason})
    return find_key(journal.store, found.public.id)


class KeyRing:
    """The secrets of this centre's keys, each unlocked when it is first needed; `ask` gives the passphrase of a key."""

    def __init__(self, folder: Path, ask: Passphrase | None = None) -> None:
        self._folder, self._ask = folder, ask
        self._open: dict[str, KeyPair] = {}

    def pair(self, identity: str) -> KeyPair:
        """The secrets of one key."""
        return self._unlocked(find_key_file(self._folder, identity))

    def sealing_secrets(self) -> Iterator[bytes]:
        """What bundles are opened with: keys that need no passphrase first, so that none is asked in vain.

        A damaged key is told when no other one opened the bundle.
        """
        files: list[KeyFile] = []
        damaged: IntegrityError | None = None
        for path in key_paths(self._folder):
            try:
                files.append(read_key(path))
            except IntegrityError as error:
                damaged = error
        if not files and damaged is None:
            raise NotFound(
                f"no key of this centre is in {self._folder}", hint="atttcli key create; atttcli key restore FILE"
            )
        for file in sorted(files, key=lambda one: one.locked and one.public.id not in self._open):
            yield self._unlocked(file).seal
        if damaged is not None:
            raise damaged

    def _unlocked(self, file: KeyFile) -> KeyPair:
        identity = file.public.id
        if identity not in self._open:
            ask = self._ask if file.locked else None
            self._open[identity] = file.unlock(ask(identity) if ask else None)
        return self._open[identity]
