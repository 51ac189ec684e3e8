"""Finds and loads profiles: shipped ones by name, others by path."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from atttcli.errors import InputError, NotFound, Where
from atttcli.limits import read_bounded
from atttcli.packaged import packaged
from atttcli.profile.read import read_profile
from atttcli.profile.values import Profile

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
MAX_BYTES = 2 * 1024 * 1024


def profiles() -> tuple[str, ...]:
    """Names of the shipped profiles, oldest first."""
    return tuple(sorted(path.stem for path in (packaged("seeds") / "profiles").glob("*.yaml")))


@lru_cache(maxsize=8)
def load_profile(name: str) -> Profile:
    """The shipped profile of this name; NotFound when there is none, InputError (file:line) when it is broken."""
    path = packaged("seeds") / "profiles" / f"{name}.yaml"
    if not _NAME.match(name) or not path.is_file():
        raise NotFound(f"no profile {name[:40]!r}", hint="known: " + ", ".join(profiles()))
    return load_profile_file(path)


def load_profile_file(path: Path) -> Profile:
    """A profile from any file; its `name` must be the file's name without `.yaml`."""
    where = Where(str(path))
    try:
        with path.open("rb") as stream:
            data = read_bounded(stream, MAX_BYTES, where)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=where) from error
    return read_profile(data, str(path), path.stem)
