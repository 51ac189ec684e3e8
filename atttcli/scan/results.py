"""Results of a scan as a plain file: a head that says what was scanned with what, findings and problems, and the end.

JSON lines, each canonical (`field.strict_json`). The end counts and digests what stands before it: a shard that was killed
has none, one that was damaged another. The file appears under its name only when it is whole. It is not signed: it stays
on storage that those who run the shards share; what travels between sites is a bundle.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

from atttcli.errors import InputError, LimitExceeded, Where, WorkspaceError
from atttcli.field import strict_json
from atttcli.field.account import FileAccount
from atttcli.field.strict_json import NotCanonical
from atttcli.limits import MIB
from atttcli.model.alert import Detection, Origin
from atttcli.model.observable import Observable, ObservableType
from atttcli.model.severity import Severity
from atttcli.store.durable import sync_folder

FORMAT: Final = "atttcli/results/1"
MOST_LINE: Final = 4 * MIB
MOST_BYTES: Final = 1024 * MIB
_DEPTH: Final = 16
_COUNTS: Final = ("found", "scanned", "unchanged", "bytes_scanned", "members", "member_problems", "matches")


@dataclass(frozen=True, slots=True)
class Results:
    """What one file says. `findings` and `problems` are canonical lines, sorted; times in microseconds UTC.

    `settings`: everything that must be alike in the parts of one run; `shard`: (index, count), (1, 1) of an undivided run.
    """

    path: Path
    settings: Mapping[str, Any]
    shard: tuple[int, int]
    lines: tuple[bytes, ...]
    files: FileAccount
    rules: int
    rules_refused: int
    started: int
    ended: int
    severities: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[tuple[str, str], ...] = ()  # where, why

    @property
    def same(self) -> tuple[Any, ...]:
        """What a repeated run of the same part finds again."""
        return self.lines, self.files, self.shard, self.settings


@dataclass(slots=True)
class ResultsWriter:
    """Writes one file; `end` makes it whole."""

    _stream: BinaryIO
    _digest: Any = field(default_factory=hashlib.sha256)
    _lines: int = 0
    whole: bool = False

    def head(self, settings: Mapping[str, Any], shard: tuple[int, int]) -> None:
        """The first line."""
        self._write({"format": FORMAT, "settings": settings, "shard": list(shard)})

    def found(self, one: Detection) -> None:
        """A finding."""
        self._write({"kind": "detection", "detection": detection_json(one)})

    def problem(self, where: str, reason: str) -> None:
        """Something that was not judged."""
        self._write({"kind": "problem", "where": where, "reason": reason})

    def end(self, files: FileAccount, rules: int, rules_refused: int, started: int, ended: int) -> None:
        """The last line."""
        body = {
            "kind": "end", "files": files.to_json(), "rules": rules, "rules_refused": rules_refused, "started": started,
            "ended": ended, "lines": self._lines, "sha256": self._digest.hexdigest(),
        }  # fmt: skip
        self._write(body)
        self.whole = True

    def _write(self, value: Any) -> None:
        line = strict_json.dumps(_plain(value)) + b"\n"
        if len(line) > MOST_LINE:
            raise LimitExceeded("a finding too large for a file of results", where=Where(str(value.get("kind", ""))))
        self.line(line)

    def line(self, line: bytes) -> None:
        """A line that stands in another file of results."""
        self._stream.write(line)
        self._digest.update(line)
        self._lines += 1


@contextmanager
def results_file(path: Path) -> Iterator[ResultsWriter]:
    """A file of results that stands under its name once it is whole, flushed; until then it is `NAME.part`."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as stream:
            writer = ResultsWriter(stream)
            yield writer
            stream.flush()
            os.fsync(stream.fileno())
        if writer.whole:
            part.replace(path)
            sync_folder(path.absolute().parent)
    except OSError as error:
        raise WorkspaceError(
            f"the results cannot be written: {error.strerror or error}", hint="--results FILE in a folder of yours",
            where=Where(str(path)),
        ) from error  # fmt: skip


def read_results(path: Path) -> Results:
    """A whole file; InputError, with the line, for anything else."""
    where = Where(str(path))
    try:
        if path.stat().st_size > MOST_BYTES:
            raise LimitExceeded(f"larger than {MOST_BYTES // MIB} MiB", where=where)
        with path.open("rb") as stream:
            return _read(path, stream)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=where) from error


def _read(path: Path, stream: BinaryIO) -> Results:
    digest = hashlib.sha256()
    head: dict[str, Any] = {}
    kept: list[bytes] = []
    severities: dict[str, int] = {}
    problems: list[tuple[str, str]] = []
    number = 0
    while line := stream.readline(MOST_LINE + 1):
        number += 1
        value = _value(line, Where(str(path), number))
        if number == 1:
            head = value
        elif value.get("kind") == "end":
            if stream.read(1):
                raise InputError("something stands behind the end", where=Where(str(path), number + 1))
            if (value.get("lines"), value.get("sha256")) != (number - 1, digest.hexdigest()):
                raise InputError("the file is not what its end says: it was damaged or changed", where=Where(str(path)))
            found = _results(path, head, kept, value)
            return replace(found, severities=severities, problems=tuple(sorted(problems)))
        else:
            kept.append(line)
            if value["kind"] == "problem":
                problems.append((value["where"], value["reason"]))
            else:
                word = Severity(value["detection"]["severity"]).label
                severities[word] = severities.get(word, 0) + 1
        digest.update(line)
    raise InputError(
        "the file has no end: its run was stopped", hint="run that shard again, then merge", where=Where(str(path))
    )


def _value(line: bytes, where: Where) -> dict[str, Any]:
    try:
        value = strict_json.loads(line.removesuffix(b"\n"), MOST_LINE, _DEPTH)
    except NotCanonical as error:
        raise InputError(f"no line of results: {error}", where=where) from None
    if not isinstance(value, dict) or not line.endswith(b"\n"):
        raise InputError("no line of results", where=where)
    if where.line == 1:
        if value.get("format") != FORMAT:
            raise InputError("no file of results", hint="atttcli scan … --results FILE makes one", where=where)
    elif value.get("kind") == "detection":
        read_detection(value.get("detection"), where)
    elif value.get("kind") == "problem":
        if not (isinstance(value.get("where"), str) and isinstance(value.get("reason"), str)):
            raise InputError("no line of results", where=where)
    elif value.get("kind") != "end":
        raise InputError("no line of results", where=where)
    return value


def _results(path: Path, head: Mapping[str, Any], kept: list[bytes], end: Mapping[str, Any]) -> Results:
    where = Where(str(path))
    shard, settings = head.get("shard"), head.get("settings")
    if not (isinstance(shard, list) and len(shard) == 2 and all(_is_count(one) for one in shard)):
        raise InputError("no shard", where=where)
    if not isinstance(settings, dict) or not 1 <= shard[0] <= shard[1]:
        raise InputError("no shard", where=where)
    numbers = [end.get(name) for name in ("rules", "rules_refused", "started", "ended")]
    if not all(_is_count(one) for one in numbers):
        raise InputError("no account", where=where)
    files = _files(end.get("files"), where)
    return Results(path, settings, (shard[0], shard[1]), tuple(sorted(kept)), files, *numbers)  # type: ignore[arg-type]


def _files(value: Any, where: Where) -> FileAccount:
    """The account of files; its columns add up."""
    if isinstance(value, dict) and all(_is_count(value.get(name)) for name in _COUNTS):
        skipped, failed = value.get("skipped"), value.get("failed")
        if isinstance(skipped, dict) and isinstance(failed, dict) and _are_counts(skipped) and _are_counts(failed):
            counts = {name: value[name] for name in _COUNTS}
            columns = counts["scanned"] + counts["unchanged"] + sum(skipped.values()) + sum(failed.values())
            if counts["found"] == columns:
                return FileAccount(**counts, skipped=skipped, failed=failed, stopped=str(value.get("stopped", "")))
    raise InputError("an account that does not add up", where=where)


def _are_counts(value: Mapping[Any, Any]) -> bool:
    return all(map(_is_count, value.values()))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def detection_json(one: Detection) -> dict[str, Any]:
    """All of a finding."""
    origin = one.origin
    return {
        "engine": one.engine, "rule": one.rule_id, "title": one.title, "severity": int(one.severity),
        "origin": {"sha256": origin.sha256, "path": origin.path, "line": origin.line, "offset": origin.offset},
        "time": one.time, "pack": one.pack, "key": one.key, "tags": list(one.tags),
        "observables": [[str(seen.type), seen.value, seen.role] for seen in one.observables],
        "why": list(one.why), "detail": one.detail,
    }  # fmt: skip


def read_detection(value: Any, where: Where) -> Detection:
    """The finding of `detection_json`; InputError for anything else."""
    try:
        texts = {name: _text(value[name]) for name in ("engine", "title", "pack", "key")}
        origin = value["origin"]
        place = Origin(
            _text(origin["sha256"]), _text(origin["path"]), _number(origin["line"]), _number(origin["offset"])
        )
        seen = tuple(
            Observable(ObservableType(kind), _text(text), _text(role)) for kind, text, role in value["observables"]
        )
        if not isinstance(value["detail"], dict):
            raise TypeError
        return Detection(
            **texts, rule_id=_text(value["rule"]), severity=Severity(value["severity"]), origin=place,
            time=_number(value["time"]), tags=tuple(map(_text, value["tags"])), observables=seen,
            why=tuple(map(_text, value["why"])), detail=value["detail"],
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        raise InputError("no finding", where=where) from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: Any) -> int | None:
    if value is not None and not _is_count(value):
        raise TypeError
    return value if value is None else int(value)


def _plain(value: Any) -> Any:
    """What canonical JSON holds: file names may carry bytes that are no UTF-8; tuples are lists."""
    if isinstance(value, str):
        return value if value.isascii() else strict_json.plain(value)
    if isinstance(value, Mapping):
        return {_plain(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
