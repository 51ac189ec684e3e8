"""A kit's turns: for each machine a number that grows and the digest of the bundle before, kept on the kit itself.

Written so that a power cut at any moment loses at most the turn under way, and never gives one turn to two bundles: the
bundle is flushed beside its place, then the turn is kept, then the bundle gets its name. Python 3.8-clean.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import NamedTuple, Tuple

from atttcli.errors import InputError, Where
from atttcli.field import strict_json
from atttcli.field.opening import NotReadable, open_regular

_STATE_BYTES = 4096
_UNFINISHED = ".part"


class Turn(NamedTuple):
    """Which bundle of this kit and machine comes next, and the sha256 of the file before it ("" for the first)."""

    sequence: int
    previous: str


class Chain:
    """The turns of one machine. `state` and `out` are folders of the kit; both must exist."""

    def __init__(self, state: str, out: str, kit: str, machine_id: str) -> None:
        self._path = os.path.join(state, machine_id[:32] + ".json")
        self._out, self._kit = out, kit
        self._sequence, self._digest, self._name = self._read()
        self._recover()

    def next(self) -> Turn:
        """The turn of the bundle that is made now."""
        return Turn(self._sequence + 1, self._digest)

    def put(self, turn: Turn, host: str, data: bytes, digest: str) -> str:
        """Keep a bundle and its turn; the path of the file."""
        if turn != self.next():
            raise ValueError("not the next turn")
        label = re.sub(r"[^A-Za-z0-9-]+", "-", host)[:24].strip("-") or "host"
        name = "%s-%s-%s-%05d.attb" % (self._kit, label, os.path.basename(self._path)[:6], turn.sequence)
        path = os.path.join(self._out, name)
        _write(path + _UNFINISHED, data)
        state = {"kit": self._kit, "sequence": turn.sequence, "digest": digest, "name": name}
        _write(self._path + _UNFINISHED, strict_json.dumps(state))
        _rename(self._path + _UNFINISHED, self._path)
        _rename(path + _UNFINISHED, path)
        self._sequence, self._digest, self._name = turn.sequence, digest, name
        return path

    def _read(self) -> Tuple[int, str, str]:
        if not os.path.lexists(self._path):
            return 0, "", ""
        try:
            with os.fdopen(open_regular(self._path)[0], "rb") as stream:
                value = strict_json.loads(stream.read(_STATE_BYTES + 1), _STATE_BYTES)
            found = int(value["sequence"]), str(value["digest"]), str(value["name"])
            if value["kit"] != self._kit or found[0] < 1 or os.path.basename(found[2]) != found[2]:
                raise ValueError("another kit's")
        except (NotReadable, OSError, ValueError, KeyError, TypeError):
            raise InputError(
                "the kit's record of its turns is damaged",
                hint="bring the kit back to the centre",
                where=Where(self._path),
            ) from None
        return found

    def _recover(self) -> None:
        """A cut came between keeping the turn and naming its bundle: name it now."""
        path = os.path.join(self._out, self._name)
        if self._name and not os.path.exists(path) and os.path.isfile(path + _UNFINISHED):
            with suppress(OSError):
                _rename(path + _UNFINISHED, path)


def _write(path: str, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _rename(path: str, target: str) -> None:
    os.replace(path, target)
    if os.name == "nt":  # a folder cannot be opened there
        return
    handle = os.open(os.path.dirname(target) or ".", os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
