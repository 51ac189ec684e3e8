"""The YARA engine: rules of a YaraPack over files, archive members, bytes in memory and log text.

The matching itself stands in `atttcli.field`, which also runs alone; here its findings become Detections.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from atttcli.engine import EngineProblem, RuleProblem
from atttcli.errors import Where
from atttcli.field.account import FileAccount, Outcome
from atttcli.field.examine import ARCHIVE_LIMITS, Examiner, FileFinding, MemberProblem
from atttcli.field.filetype import file_type
from atttcli.field.match import Judge, Matcher, MatchFailed, RuleHit, StringHit, Subject
from atttcli.field.scanner import MAX_FILE_BYTES, Progress, ScanLimits, Scanner
from atttcli.field.walk import WalkOptions
from atttcli.limits import Limits
from atttcli.rulepack.yara import YaraPack

if TYPE_CHECKING:  # what a match is told in is loaded with the first match: most scans have none
    from atttcli.model.alert import Detection
    from atttcli.model.severity import Severity

ENGINE: Final = "yara"
_SHOWN_STRINGS: Final = 8
_SHOWN_BYTES: Final = 48
_LONGEST_LINE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class LineMatch:
    """A rule that matched one line of log text; offsets of its strings count from the line's start."""

    hit: RuleHit
    line: int


class YaraEngine:
    """A loaded pack, ready for any number of threads. Rules that the pack disables never report."""

    name = ENGINE

    def __init__(self, pack: YaraPack) -> None:
        self.pack = pack.digest
        self.problems: tuple[RuleProblem, ...] = pack.problems
        self.rules = pack.rules
        self.matcher: Judge | None = self._matcher(pack, pack.compiled)
        self._prefilter = self._matcher(pack, pack.prefilter)

    def judge_by(self, other: Judge, name: str) -> None:
        """Let another engine judge files by the same rules; what it found is told apart by the pack's digest."""
        self.matcher = other
        self.pack = hashlib.sha256(f"{self.pack} {name}".encode()).hexdigest()

    @staticmethod
    def _matcher(pack: YaraPack, compiled: Any) -> Matcher | None:
        if compiled is None:
            return None
        wanted = {f"{rule.namespace}:{rule.name}" for rule in pack.rules}
        return Matcher(compiled, pack.disabled, only=wanted if pack.scope != "all" else ())

    def scan(self, items: Iterable[Path]) -> Iterator[Detection | EngineProblem]:
        """Judge files (the Engine contract); folders, archives and totals: `detect_files`."""
        for path in items:
            yield from self.match_file(path)

    def match_file(self, path: Path, archives: Limits = ARCHIVE_LIMITS) -> Iterator[Detection | EngineProblem]:
        """Judge one file and, where it is an archive, its members."""
        for result in detect_files([path], self, archives=archives):
            if not isinstance(result, FileAccount):
                yield result

    def match_data(
        self,
        data: bytes | memoryview | mmap,
        *,
        filepath: str,
        member: str = "",
        sha256: str = "",
        filetype: str | None = None,
        owner: str = "",
    ) -> list[Detection] | EngineProblem:
        """Judge bytes in memory that people know as `filepath` (`outer.zip!inner/name`, then `member` is `inner/name`).

        `sha256` is computed when something matches and it is not given.
        """
        if self.matcher is None:
            return []
        kind = file_type(bytes(data[:64])) if filetype is None else filetype
        hits = self.matcher.match(data, Subject(filepath, member, kind, owner))
        if isinstance(hits, MatchFailed):
            return EngineProblem(Where(filepath), hits.reason)
        if hits and not sha256:
            sha256 = _sha256(data)
        return [self.detection(hit, filepath, sha256) for hit in hits]

    def match_text_block(self, block: bytes, first_line: int = 1) -> Iterator[LineMatch]:
        """Rules for log text over whole lines (about 1 MB of them), each match with its line number.

        All lines are searched at once for any string of any rule; a line with one is then judged alone by the real
        rules, so conditions never mix strings of different lines. Needs a pack loaded with scope `log`. A block that
        cannot be searched at once (a timeout) is searched line by line.
        """
        if self.matcher is None or self._prefilter is None:
            return
        starts = _line_starts(block)
        found = self._prefilter.offsets(block)
        candidates = range(len(starts)) if found is None else sorted({bisect_right(starts, at) - 1 for at in found})
        for index in candidates:
            end = starts[index + 1] if index + 1 < len(starts) else len(block)
            line = block[starts[index] : min(end, starts[index] + _LONGEST_LINE)].rstrip(b"\r\n")
            hits = self.matcher.match(line)
            if not isinstance(hits, MatchFailed):
                for hit in hits:
                    yield LineMatch(hit, first_line + index)

    def detection(self, hit: RuleHit, path: str, sha256: str = "", line: int | None = None, key: str = "") -> Detection:
        """A match as a Detection. `key` defaults to the file's sha256; a log's caller passes the client or host."""
        return detection_of(hit, path, sha256, self.pack, line, key)

    def detections(self, finding: FileFinding) -> Iterator[Detection]:
        """All YARA matches of one file or member."""
        for hit in finding.hits:
            yield self.detection(hit, finding.path, finding.sha256)


def detection_of(hit: RuleHit, path: str, sha256: str, pack: str, line: int | None = None, key: str = "") -> Detection:
    """A match as a Detection, also one that was made elsewhere with the pack of this digest (a kit's)."""
    from atttcli.model.alert import Detection, Origin

    detail: dict[str, Any] = {
        "path": path,
        "rule": hit.rule,
        "namespace": hit.namespace,
        "tags": list(hit.tags),
        "meta": dict(hit.meta),
        "strings": [{"identifier": s.identifier, "offset": s.offset, "length": s.length} for s in hit.strings],
    }
    if hit.truncated:
        detail["truncated"] = hit.truncated
    if hit.encoding:
        detail["encoding"] = hit.encoding
    return Detection(
        engine=ENGINE,
        rule_id=f"{hit.namespace}:{hit.rule}",
        title=str(hit.meta.get("description") or hit.rule),
        severity=severity_of(hit.meta),
        origin=Origin(sha256, path, line, hit.strings[0].offset if hit.strings and line is None else None),
        pack=pack,
        key=key or sha256,
        tags=hit.tags,
        why=tuple(_why(string) for string in hit.strings[:_SHOWN_STRINGS]),
        detail=detail,
    )


FileResult: TypeAlias = "Detection | EngineProblem | FileAccount"


def detect_files(
    paths: Sequence[Path],
    engine: YaraEngine,
    *,
    limits: ScanLimits | None = None,
    archives: Limits = ARCHIVE_LIMITS,
    passwords: Sequence[bytes] = (b"infected",),
    progress: Progress | None = None,
    options: WalkOptions | None = None,
) -> Iterator[FileResult]:
    """Every match below `paths`, a problem for each file or member that could not be judged, the account last.

    Files larger than the limit are problems too: they were not judged. Links, pipes and devices are only counted.
    """
    examiner = Examiner(engine.matcher, None, archives, passwords)
    walk = options or WalkOptions()
    scanner = Scanner(examiner, limits or ScanLimits(MAX_FILE_BYTES), options=walk, progress=progress)
    for result in scanner.run(str(path) for path in paths):
        if isinstance(result, FileFinding):
            yield from engine.detections(result)
        elif isinstance(result, FileAccount):
            yield result
        else:
            problem = engine_problem(result)
            if problem is not None:
                yield problem


def engine_problem(result: Outcome | MemberProblem) -> EngineProblem | None:
    """A file or member that could not be judged as a problem; None where nothing was lost (a link, a device)."""
    if isinstance(result, MemberProblem):
        return EngineProblem(Where(result.path, member=result.member), result.reason) if result.counts else None
    return None if result.harmless else EngineProblem(Where(result.path), result.why)


def severity_of(meta: dict[str, Any]) -> Severity:
    """Meta `severity` (word or 0-4), else `score` (0-100, as Loki and THOR grade), else medium."""
    from atttcli.model.severity import Severity, parse_severity

    if "severity" in meta:
        return parse_severity(str(meta["severity"]))
    score = meta.get("score")
    if isinstance(score, str) and score.strip().isdigit():
        score = int(score.strip()[:6])
    if not isinstance(score, int) or isinstance(score, bool):
        return Severity.MEDIUM
    steps = (40, 60, 75, 90)
    return Severity(bisect_right(steps, score))


def _why(string: StringHit) -> str:
    text = string.excerpt[:_SHOWN_BYTES].decode("utf-8", "backslashreplace")
    return f"{string.identifier} @{string.offset}: {text}{'…' if string.length > _SHOWN_BYTES else ''}"


def _line_starts(block: bytes) -> list[int]:
    starts, at = [0], block.find(b"\n")
    while at >= 0:
        starts.append(at + 1)
        at = block.find(b"\n", at + 1)
    return starts


def _sha256(data: bytes | memoryview | mmap) -> str:

    return hashlib.sha256(data).hexdigest()
