"""Results of shards put together: exactly what one run over everything would have found, or a refusal that says why not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atttcli.engine import EngineProblem
from atttcli.errors import Conflict, InputError, LimitExceeded, Where
from atttcli.field.account import FileAccount
from atttcli.limits import MIB
from atttcli.model.alert import Detection
from atttcli.scan.account import Listed, ScanAccount
from atttcli.scan.results import MOST_BYTES, Results, ResultsWriter, read_detection, read_results

_MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Merged:
    """All parts of one run. `notes`: files that were left out, and why."""

    parts: tuple[Results, ...]
    notes: tuple[tuple[str, str], ...] = ()

    def lines(self) -> list[bytes]:
        """Findings and problems in an order that does not depend on how the work was divided."""
        return sorted(line for part in self.parts for line in part.lines)

    def findings(self) -> Iterator[Detection | EngineProblem]:
        """Findings and problems as values."""
        for line in self.lines():
            value: dict[str, Any] = json.loads(line)  # it was read strictly before
            if value["kind"] == "detection":
                yield read_detection(value["detection"], Where(str(self.parts[0].path)))
            else:
                yield EngineProblem(Where(value["where"]), value["reason"])

    @property
    def settings(self) -> dict[str, Any]:
        """What the run was."""
        return dict(self.parts[0].settings)

    def account(self) -> ScanAccount:
        """The account of the whole."""
        severities: dict[str, int] = {}
        for part in self.parts:
            for word, count in part.severities.items():
                severities[word] = severities.get(word, 0) + count
        files = _sum(one.files for one in self.parts)
        problems = sorted(one for part in self.parts for one in part.problems)
        listed = [Listed(where, _column(files, why), why) for where, why in problems]
        first, settings = self.parts[0], self.settings
        return ScanAccount(
            tuple(settings.get("paths", ())), min(one.started for one in self.parts), max(one.ended for one in self.parts),
            files, str(settings.get("rules", "")), first.rules,
            max(one.rules_refused for one in self.parts), False, sum(severities.values()), severities,
            tuple(listed[:_MOST_LISTED]), max(0, len(listed) - _MOST_LISTED),
        )  # fmt: skip

    def write(self, writer: ResultsWriter) -> None:
        """One file of results of the whole, the same however it was divided; it carries no times."""
        account = self.account()
        writer.head(self.settings, (1, 1))
        for line in self.lines():
            writer.line(line)
        writer.end(account.files, account.rules, account.rules_refused, 0, 0)


def merge_results(paths: Sequence[Path]) -> Merged:
    """Read and put together. A shard that came twice is counted once; InputError names a missing one.

    Conflict: parts of different runs, or two of the same shard that found different things.
    """
    whole: list[Results] = []
    notes: list[tuple[str, str]] = []
    broken: list[InputError] = []
    size = 0
    for path in dict.fromkeys(paths):
        try:
            whole.append(read_results(path))
            size += sum(map(len, whole[-1].lines))
        except InputError as error:
            broken.append(error)
        if size > MOST_BYTES:
            raise LimitExceeded(f"larger than {MOST_BYTES // MIB} MiB together", where=Where(str(path)))
    if not whole:
        raise broken[0] if broken else InputError("no file of results")
    parts = _distinct(whole, notes)
    _complete(parts, broken)
    notes += [(str(error.where), error.message) for error in broken]
    return Merged(tuple(parts[index] for index in sorted(parts)), tuple(notes))


def _distinct(whole: Iterable[Results], notes: list[tuple[str, str]]) -> dict[int, Results]:
    parts: dict[int, Results] = {}
    first: Results | None = None
    for one in whole:
        first = first or one
        _alike(first, one)
        known = parts.setdefault(one.shard[0], one)
        if known is one:
            continue
        if known.same != one.same:
            raise Conflict(
                f"{known.path} and {one.path} are both shard {one.shard[0]}/{one.shard[1]} and differ",
                hint="files changed between the two runs: keep one of them, or run all shards again",
            )
        notes.append((str(one.path), f"the same as {known.path}: counted once"))
    return parts


def _alike(first: Results, one: Results) -> None:
    """Parts of one run: the same rules, lists, places and bounds."""
    if one.shard[1] != first.shard[1]:
        raise Conflict(
            f"{first.path} is one of {first.shard[1]} shards, {one.path} of {one.shard[1]}", hint="one run at a time"
        )
    for name in sorted(first.settings.keys() | one.settings.keys()):
        if first.settings.get(name) != one.settings.get(name):
            raise Conflict(
                f"{first.path} and {one.path} were made with different {name}",
                hint="run all shards with the same rules, lists and options",
            )


def _complete(parts: dict[int, Results], broken: Sequence[InputError]) -> None:
    count = next(iter(parts.values())).shard[1]
    missing = [index for index in range(1, count + 1) if index not in parts]
    if not missing:
        return
    named = ", ".join(f"{index}/{count}" for index in missing[:20])
    broke = f"; {broken[0].where}: {broken[0].message}" if broken else ""
    raise InputError(
        f"missing shards: {named}{broke}", hint=f"run them again: --shard {missing[0]}/{count}, then merge"
    )


def _column(files: FileAccount, reason: str) -> str:
    """Where a file that was not judged stands in the account."""
    return "skipped" if reason in files.skipped else "failed" if reason in files.failed else "member"


def _sum(accounts: Iterable[FileAccount]) -> FileAccount:
    numbers = dict.fromkeys(
        ("found", "scanned", "unchanged", "bytes_scanned", "members", "member_problems", "matches"), 0
    )
    skipped: dict[str, int] = {}
    failed: dict[str, int] = {}
    stopped = ""
    for one in accounts:
        for name in numbers:
            numbers[name] += getattr(one, name)
        for column, more in ((skipped, one.skipped), (failed, one.failed)):
            for why, count in more.items():
                column[why] = column.get(why, 0) + count
        stopped = stopped or one.stopped
    return FileAccount(
        numbers["found"], numbers["scanned"], numbers["unchanged"], dict(sorted(skipped.items())),
        dict(sorted(failed.items())), numbers["bytes_scanned"], numbers["members"], numbers["member_problems"],
        numbers["matches"], stopped,
    )  # fmt: skip
