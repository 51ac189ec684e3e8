"""Files judged as wholes: YARA rules and hash indicators over content."""

from __future__ import annotations

import hashlib
import mmap

from atttcli.engine import EngineProblem
from atttcli.field.filetype import file_type
from atttcli.ingest.route import Item
from atttcli.ingest.session import Session, Waiting, safe
from atttcli.limits import MIB
from atttcli.model.alert import Detection, Origin
from atttcli.model.ledger import Ledger
from atttcli.source import Input
from atttcli.store.facts import alerts as alert_facts
from atttcli.store.facts import files

LARGEST = 16 * 1024 * MIB  # memory and disk images of a server; beyond that the run would take hours unasked
_MAPPED = 8 * MIB
_CHUNK = MIB


def scan_content(session: Session, item: Item, waiting: Waiting) -> None:
    """YARA rules and file hashes over one file. Large ones are mapped, as the `yara` command does it (decision 0089)."""
    given = item.given
    if not given.size:
        return
    if given.size > LARGEST:
        waiting.problem(f"larger than {LARGEST // MIB} MiB: not matched by YARA")
    else:
        _match(session, item, waiting)
    origin = Origin(given.sha256, safe(given.path))
    for one in session.matchers.indicators.match_hashes(*_hashes(given), at=given.modified, origin=origin):
        waiting.detection(one, given.sha256)


def _match(session: Session, item: Item, waiting: Waiting) -> None:
    given = item.given
    data = _content(given)
    if data is None:
        waiting.problem("the file changed while it was being read: not matched by YARA")
        return
    found = session.matchers.yara_files.match_data(
        data, filepath=safe(given.path), member=safe(item.member), sha256=given.sha256,
        filetype=file_type(given.head[:64]),
    )  # fmt: skip
    if isinstance(data, mmap.mmap):
        data.close()
    if isinstance(found, EngineProblem):
        waiting.engine_problem(found)
        return
    for one in found:
        waiting.detection(_placed(one, item.victim), given.sha256)


def _content(given: Input) -> bytes | mmap.mmap | None:
    """All bytes, mapped when they are many and stand on a disk; None when there are fewer than there were.

    Only libyara may touch a mapping: it survives a file that is cut under it, Python does not.
    """
    given.stream.seek(0)
    if given.size < _MAPPED:
        return given.stream.read(given.size)
    try:
        descriptor = given.stream.fileno()
    except (OSError, AttributeError):  # a member held in memory
        return given.stream.read(given.size)
    try:
        return mmap.mmap(descriptor, given.size, access=mmap.ACCESS_READ)
    except ValueError:
        return None


def _hashes(given: Input) -> tuple[str, str, str]:
    """MD5, SHA-1 and SHA-256, read in pieces: memory does not follow the file's size."""
    md5, sha1 = hashlib.md5(usedforsecurity=False), hashlib.sha1(usedforsecurity=False)
    given.stream.seek(0)
    while piece := given.stream.read(_CHUNK):
        md5.update(piece)
        sha1.update(piece)
    return md5.hexdigest(), sha1.hexdigest(), given.sha256


def _placed(found: Detection, victim: str) -> Detection:
    """The rule's incident type, and who received it."""
    meta = found.detail.get("meta", {})
    if victim:
        found.detail["victim"] = victim
    if meta.get("category"):
        found.detail["category"] = str(meta["category"])
    return found


def take_file(session: Session, item: Item, row: files.FileRow) -> Ledger:
    """A file of no known format: one record, matched as a whole."""
    waiting = Waiting(session, item.given.sha256, item.given.path)
    scan_content(session, item, waiting)
    return close(session, item, row, waiting, Ledger(read=1, stored=1))


def finish_list(session: Session, item: Item) -> int:
    """A list's document was stored with its rows; now its content is matched too. Returns how many problems that gave."""
    waiting = Waiting(session, item.given.sha256, item.given.path)
    scan_content(session, item, waiting)
    with session.store.transaction() as db:
        waiting.store(db)
        db.execute("UPDATE source_file SET state = 'done' WHERE sha256 = ?", (item.given.sha256,))
    return waiting.problem_count


def close(session: Session, item: Item, row: files.FileRow, waiting: Waiting, ledger: Ledger) -> Ledger:
    """Store what waits and the file's account in one transaction."""
    ledger.check()
    with session.store.transaction() as db:
        files.begin_file(db, row, session.clock.now())
        waiting.store(db)
        ledger.alerts = alert_facts.sighted_in(session.store, item.given.sha256)[1]
        if waiting.problem_count:
            ledger.counts["problems"] = waiting.problem_count
        files.end_file(db, item.given.sha256, files.FileEnd(ledger, dict(item.given.assumed)))
    return ledger
