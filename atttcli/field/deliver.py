"""The end of a kit's run: what was collected becomes the next bundle in its folder `out/`. Python 3.8-clean."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from typing import BinaryIO, Iterable, List, NamedTuple, Optional, cast

from atttcli.field.account import FileAccount, Outcome
from atttcli.field.bundle import BodyWriter
from atttcli.field.chain import Chain
from atttcli.field.manifest import MAX_HOLES, Coverage, Manifest
from atttcli.field.seal import seal
from atttcli.field.strict_json import plain

_PATH = 4096
_WHY = 256
_SPOOLED = 1 << 20


class Delivered(NamedTuple):
    """The file that is to be carried to the centre."""

    path: str
    digest: str
    manifest: Manifest


def deliver(
    writer: BodyWriter, manifest: Manifest, seed: bytes, chain: Chain, folder: Optional[str] = None
) -> Delivered:
    """Sign, seal and keep what the writer collected as this machine's next bundle.

    `manifest.sequence`, `previous` and `members` are filled in here; `centre` says to whom it is sealed. `folder`: where the
    body is put together. LimitExceeded when it is larger than a bundle may be; nothing is kept then, and the turn is free.
    """
    turn = chain.next()
    with tempfile.SpooledTemporaryFile(max_size=_SPOOLED, dir=folder) as spool:
        body = cast(BinaryIO, spool)
        whole = writer.finish(replace(manifest, sequence=turn.sequence, previous=turn.previous), body)
        body.seek(0)
        data = seal(seed, bytes.fromhex(manifest.centre), body.read())
    digest = hashlib.sha256(data).hexdigest()
    return Delivered(chain.put(turn, manifest.host.name, data, digest), digest, whole)


def coverage_of(account: FileAccount, holes: Iterable[Outcome]) -> Coverage:
    """What was not judged, as the manifest tells it: at most MAX_HOLES of them by name, the others counted."""
    listed: List["tuple[str, str]"] = []
    unlisted = 0
    for one in holes:
        if one.harmless:
            continue
        if len(listed) < MAX_HOLES:
            listed.append((plain(one.path)[:_PATH], plain(one.why)[:_WHY]))
        else:
            unlisted += 1
    return Coverage(account.complete, tuple(listed), unlisted)
