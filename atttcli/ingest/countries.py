"""The workspace's own table of address ranges and countries: given by people, kept in one form, used by rules `as: country`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from atttcli.engines.correlation import Countries, CountryRanges
from atttcli.errors import InputError, IntegrityError, Where
from atttcli.journal.journal import Journal
from atttcli.rulepack.countries import MAX_BYTES, Span, read_spans, write_spans
from atttcli.source import ReadProblem
from atttcli.store.connection import Store
from atttcli.store.durable import make_folder, write_whole
from atttcli.store.workspace import Workspace

KIND = "countries"
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Given:
    """A file as it was read: ranges, rows that are none (all counted, the first ones named)."""

    spans: list[Span]
    problems: list[ReadProblem]
    rejected: int
    digest: str


def read_given(stream: BinaryIO, path: str, shown: int) -> Given:
    """Read a table that somebody supplied; InputError when nothing in it is a range or it is too large."""
    where = Where(path)
    spans: list[Span] = []
    problems: list[ReadProblem] = []
    rejected = 0
    running, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK):
        running.update(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            raise InputError(f"larger than {MAX_BYTES // _CHUNK} MiB", where=where)
    stream.seek(0)
    for row in read_spans(stream, where):
        if isinstance(row, Span):
            spans.append(row)
            continue
        rejected += 1
        if len(problems) < shown:
            problems.append(row)
    if not spans:
        raise InputError("no address range in it", hint="lines of `cidr,country` or `start,end,country`", where=where)
    return Given(spans, problems, rejected, running.hexdigest())


def adopt(workspace: Workspace, journal: Journal, given: Given, name: str) -> dict[str, Any]:
    """Keep a table as the one in force: the file first, then the decision; the one before goes last. Returns the decision."""
    kept = list(CountryRanges.of(given.spans).spans())
    data = write_spans(kept)
    digest = hashlib.sha256(data).hexdigest()
    folder = workspace.rules / KIND
    make_folder(folder, 0o777)
    target = folder / _file_name(digest)
    write_whole(target, data)
    body = {
        "digest": digest, "source": name, "source_digest": given.digest, "ranges": len(kept),
        "countries": len({span.country for span in kept}), "rejected": given.rejected,
    }  # fmt: skip
    journal.append("ranges.adopted", KIND, body)
    for other in folder.glob("*.ranges"):
        if other != target:
            other.unlink(missing_ok=True)
    return body


def in_force(store: Store) -> dict[str, Any] | None:
    """The row of the table that people gave, or None."""
    row = store.row("SELECT * FROM range_table WHERE kind = ?", KIND)
    return None if row is None else dict(row)


def stored_ranges(workspace: Workspace, store: Store) -> Countries | None:
    """The table in force; its file is read when first asked. None when people gave none."""
    row = in_force(store)
    return None if row is None else _Kept(workspace.rules / KIND / _file_name(row["digest"]), row["digest"])


def ranges_file(workspace: Workspace, store: Store) -> Path | None:
    """The file of the table in force, for readers that take a file; None when people gave none."""
    row = in_force(store)
    return None if row is None else workspace.rules / KIND / _file_name(row["digest"])


class _Kept:
    def __init__(self, path: Path, digest: str) -> None:
        self._path, self._digest = path, digest
        self._ranges: CountryRanges | None = None

    def country(self, text: str) -> str:
        """See engines.correlation.Countries. IntegrityError when the file is not the one that was adopted."""
        if self._ranges is None:
            self._check()
            self._ranges = CountryRanges.load(self._path)
        return self._ranges.country(text)

    def _check(self) -> None:
        running = hashlib.sha256()
        try:
            with self._path.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    running.update(chunk)
        except OSError as error:
            raise _damaged(self._path, error.strerror or str(error)) from error
        if running.hexdigest() != self._digest:
            raise _damaged(self._path, "its content is not what was adopted")


def _damaged(path: Path, reason: str) -> IntegrityError:
    return IntegrityError(
        f"the table of country ranges is damaged: {reason}",
        hint="give it again: atttcli rules ranges add FILE",
        where=Where(str(path)),
    )


def _file_name(digest: str) -> str:
    return f"{digest[:16]}.ranges"  # an ending that no rule pack has
