"""A copy of the centre's keys for the safe: every key under one passphrase, in one file. `db backup` takes no key.

A backup of the workspace lies on disks that many hands touch; with the keys in it, whoever finds one could read every
bundle and sign kits and rules. So the keys are copied on purpose, locked, and kept where seals are kept.
"""

from __future__ import annotations

import os
from pathlib import Path

from atttcli.errors import Conflict, InputError, IntegrityError, NotFound, Where, WorkspaceError
from atttcli.field import strict_json
from atttcli.field.opening import NotReadable, open_regular
from atttcli.signing.keys import KeyFile, keep_key, key_body, key_files, key_of, read_key
from atttcli.signing.registry import KeyRing, own_keys
from atttcli.store.connection import Store
from atttcli.store.durable import write_first

FORMAT = "atttcli/keys/1"
_MOST = 1 << 20


def back_up_keys(folder: Path, ring: KeyRing, target: Path, passphrase: str) -> list[str]:
    """Write the copy; the ids of the keys in it. Conflict when the file exists, NotFound when there is no key."""
    files = key_files(folder)
    if not files:
        raise NotFound("this centre has no key yet", hint="atttcli key create")
    bodies = [key_body(ring.pair(one.public.id), passphrase) for one in files]
    try:
        if not write_first(target, strict_json.dumps({"format": FORMAT, "keys": bodies}) + b"\n", 0o600):
            raise Conflict(f"{target} exists already", hint="name another file: a copy of keys is never overwritten")
    except OSError as error:
        raise WorkspaceError(f"no copy was made: {error.strerror}", hint="is there room at the target?") from error
    return [one.public.id for one in files]


def restore_keys(store: Store, folder: Path, source: Path) -> list[str]:
    """Put back what is missing, still under the copy's passphrase; the ids of the keys that were put back.

    Only keys of this workspace's register: a key that nobody here made is no key of this centre, and is left out. A file that
    is damaged, or another key under its name, is set aside.
    """
    ours = {one.id: one for one in own_keys(store)}
    found = _read(source)
    known = [one for one in found if ours.get(one.public.id) == one.public]
    if found and not known:
        raise NotFound(f"the key {found[0].public.id} is not one of this centre", hint="atttcli key list")
    missing = [one for one in known if not _stands(folder / f"{one.public.id}.key", one)]
    for one in missing:
        keep_key(folder, one)
    return [one.public.id for one in missing]


def _stands(path: Path, key: KeyFile) -> bool:
    """Whether this key is there already; what stands in its place and is not it is set aside."""
    try:
        if read_key(path).public == key.public:
            return True
    except IntegrityError:
        pass
    try:
        os.replace(path, path.with_name(path.name + ".set-aside"))
    except FileNotFoundError:
        pass
    except OSError as error:
        raise WorkspaceError(f"the key cannot be kept: {error.strerror}", where=Where(str(path))) from error
    return False


def _read(source: Path) -> list[KeyFile]:
    try:
        descriptor, _ = open_regular(str(source))
        with open(descriptor, "rb") as stream:
            value = strict_json.loads(stream.read(_MOST + 1).removesuffix(b"\n"), _MOST)
        if value["format"] != FORMAT:
            raise ValueError("another format")
        return [key_of(source, body) for body in value["keys"]]
    except (NotReadable, OSError, ValueError, KeyError, TypeError, IntegrityError):
        raise InputError("no copy of keys, or a damaged one", where=Where(str(source))) from None
