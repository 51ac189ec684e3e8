"""Run a scan: files through the YARA engine and the hash indicators, detections as they come, the account last.

Storing is the caller's: in a workspace the detections go through triage like any other engine's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from atttcli.clock import Clock
from atttcli.engine import EngineProblem
from atttcli.engines.yara import YaraEngine, engine_problem
from atttcli.errors import Where, WorkspaceError
from atttcli.field.account import FileAccount, Outcome
from atttcli.field.examine import ARCHIVE_LIMITS, Examiner, FileFinding, MemberProblem
from atttcli.field.scanner import Progress, ScanLimits, Scanner
from atttcli.field.walk import WalkOptions
from atttcli.limits import Limits
from atttcli.model.alert import Detection, Origin
from atttcli.scan.account import Listed, ScanAccount

if TYPE_CHECKING:
    from atttcli.field.cache import ScanCache

# Path, sha256, md5, sha1 of one file to what the indicators say of it; origin is filled in here.
FileLookup = Callable[[str, str, str, str], Iterable[Detection]]
ScanResult = Detection | EngineProblem | ScanAccount


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """How a scan runs. `cache` is the file of earlier results (None: everything is read anew)."""

    limits: ScanLimits = field(default_factory=ScanLimits)
    archives: Limits = ARCHIVE_LIMITS
    walk: WalkOptions = field(default_factory=WalkOptions)
    passwords: tuple[bytes, ...] = (b"infected",)
    cache: Path | None = None
    most_listed: int = 1000
    left_out: Callable[[Listed], None] | None = None  # hears each file that was not judged, also where nothing was lost


def scan(
    paths: Sequence[Path],
    engine: YaraEngine | None,
    look_up: FileLookup | None = None,
    settings: ScanSettings | None = None,
    clock: Clock | None = None,
    progress: Progress | None = None,
) -> Iterator[ScanResult]:
    """Detections and problems as they come, the ScanAccount last. Hashes are computed only when there is a look-up."""
    return _Run(paths, engine, look_up, settings or ScanSettings(), clock or Clock(), progress).results()


class _Run:
    def __init__(
        self,
        paths: Sequence[Path],
        engine: YaraEngine | None,
        look_up: FileLookup | None,
        settings: ScanSettings,
        clock: Clock,
        progress: Progress | None,
    ) -> None:
        self._paths = paths
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._progress = progress
        self._started = clock.now()
        self._listed: list[Listed] = []
        self._unlisted = 0
        self._severities: dict[str, int] = {}
        told = (lambda *file: tuple(look_up(*file))) if look_up is not None else None
        self._examiner = Examiner(engine.matcher if engine else None, told, settings.archives, settings.passwords)

    def results(self) -> Iterator[ScanResult]:
        """Run to the end, or to a limit."""
        cache = self._open_cache()
        settings = self._settings
        scanner = Scanner(self._examiner, settings.limits, cache, settings.walk, self._progress)
        try:
            for result in scanner.run(str(path) for path in self._paths):
                if isinstance(result, FileFinding):
                    yield from self._detections(result)
                elif isinstance(result, FileAccount):
                    yield self._account(result, cache.note if cache is not None else "")
                else:
                    yield from self._problem(result)
        finally:
            if cache is not None:
                cache.close()

    def _open_cache(self) -> ScanCache | None:
        path = self._settings.cache
        if path is None:
            return None
        from atttcli.field.cache import ScanCache

        # What archives are looked into, and how far, decides what is found in them: it belongs to the pack's identity.
        pack = f"{self._engine.pack if self._engine else ''} {self._settings.archives!r}"
        try:
            return ScanCache(str(path), pack)
        except OSError as error:
            hint = "give another place for it, or scan without one"
            raise WorkspaceError(f"the cache of earlier scans cannot be used: {error.strerror}", hint=hint) from None

    def _detections(self, finding: FileFinding) -> Iterator[Detection]:
        origin = Origin(finding.sha256, finding.path)
        found = [dataclasses.replace(one, origin=origin) for one in finding.indicators]
        if self._engine is not None:
            found += self._engine.detections(finding)
        for detection in found:
            word = detection.severity.label
            self._severities[word] = self._severities.get(word, 0) + 1
            yield detection

    def _problem(self, result: Outcome | MemberProblem) -> Iterator[EngineProblem]:
        if isinstance(result, MemberProblem):
            listed = Listed(str(Where(result.path, member=result.member)), "member", result.reason)
        else:
            listed = Listed(result.path, result.column, result.why, result.size)
        if self._settings.left_out is not None:
            self._settings.left_out(listed)
        problem = engine_problem(result)
        if problem is None:
            return
        if len(self._listed) < self._settings.most_listed:
            self._listed.append(listed)
        else:
            self._unlisted += 1
        yield problem

    def _account(self, files: FileAccount, note: str) -> ScanAccount:
        engine = self._engine
        return ScanAccount(
            tuple(str(path) for path in self._paths),
            self._started,
            self._clock.now(),
            files,
            engine.pack if engine else "",
            len(engine.rules) if engine else 0,
            sum(problem.refused for problem in engine.problems) if engine else 0,
            self._settings.cache is not None,
            sum(self._severities.values()),
            self._severities,
            tuple(self._listed),
            self._unlisted,
            (note,) if note else (),
        )
