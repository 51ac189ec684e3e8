"""Which keys are ours, which of others are trusted, which were revoked: decisions of the journal, public halves only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from atttcli.errors import (
    AtttError,
    BundleRefused,
    Conflict,
    IntegrityError,
    NotFound,
    Refused,
    UsageError,
    Where,
)
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


def own_keys(store: Store) -> list[PublicKey]:
    """The centre's own keys, newest first, also revoked ones: those still open what was sealed to them."""
    return [one.public for one in known_keys(store) if one.own]


def signing_keys(store: Store) -> list[PublicKey]:
    """Our own keys that were not revoked: who else is trusted signs rules, but builds no kit of ours."""
    return [one.public for one in known_keys(store) if one.own and one.revoked is None]


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
    """The secrets of this centre's keys, each unlocked when it is first needed; `ask` gives the passphrase of a key.

    `known`: the public halves as the register has them, in the order in which they are tried. A file that is none of them, or
    that was put in the place of one, is not used: kits would be sealed to whoever put it there.
    """

    def __init__(self, folder: Path, ask: Passphrase | None = None, known: Sequence[PublicKey] | None = None) -> None:
        self._folder, self._ask = folder, ask
        self._known = None if known is None else {one.id: one for one in known}
        self._open: dict[str, KeyPair] = {}
        self._wrong: dict[str, Refused] = {}

    def pair(self, identity: str) -> KeyPair:
        """The secrets of one key."""
        return self._unlocked(self._checked(find_key_file(self._folder, identity), identity))

    def sealing_secrets(self) -> Iterator[bytes]:
        """What bundles are opened with: keys that need no passphrase first, so that none is asked in vain.

        A damaged key, or one whose passphrase is wrong, is told when no other one opened the bundle.
        """
        files, damaged = self._files()
        if not files and damaged is None:
            raise NotFound(
                f"no key of this centre is in {self._folder}", hint="atttcli key create; atttcli key restore FILE"
            )
        wrong: Refused | None = None
        for file in sorted(files, key=lambda one: one.locked and one.public.id not in self._open):
            try:
                yield self._unlocked(file).seal
            except Refused as error:
                wrong = wrong or error
        if damaged is not None:
            raise damaged
        if wrong is not None:
            raise self._told(wrong)

    def _told(self, wrong: Refused) -> AtttError:
        """One file that nothing opens must not hold up the others that a key in hand does open."""
        if not self._open:
            return wrong
        return BundleRefused(
            f"no key that could be unlocked opens it; {wrong.message}", fault="sealed", hint=wrong.hint
        )

    def _files(self) -> tuple[list[KeyFile], IntegrityError | None]:
        """Key files in the order in which they are tried, and what is wrong with one that cannot be used."""
        files: list[KeyFile] = []
        damaged: IntegrityError | None = None
        for path in key_paths(self._folder):
            if self._known is not None and path.stem not in self._known:
                continue
            try:
                files.append(self._checked(read_key(path), path.stem))
            except IntegrityError as error:
                damaged = error
        order = list(self._known or ())
        return sorted(files, key=lambda one: order.index(one.public.id) if order else 0), damaged

    def _checked(self, file: KeyFile, identity: str) -> KeyFile:
        known = file.public if self._known is None else self._known.get(identity)
        if file.public.id != identity or file.public != known:
            raise IntegrityError(
                f"this is not the key {identity} that the journal knows",
                hint="who put it there? put a copy back: atttcli key restore FILE",
                where=Where(str(file.path)),
            )
        return file

    def _unlocked(self, file: KeyFile) -> KeyPair:
        identity = file.public.id
        if identity in self._wrong:  # asked once: not again for each of a hundred bundles
            raise self._wrong[identity]
        if identity not in self._open:
            ask = self._ask if file.locked else None
            try:
                self._open[identity] = file.unlock(ask(identity) if ask else None)
            except Refused as error:
                self._wrong[identity] = error
                raise
        return self._open[identity]
