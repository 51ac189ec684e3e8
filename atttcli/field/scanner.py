"""The scan: walk, recognise what is unchanged, open, match, look into archives, remember, account.

One thread walks and opens; matching goes to a small pool (libyara releases the interpreter's lock), with a bounded number
of files under way. Results come in the order of the walk. Python 3.8-clean.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Callable, Deque, Iterable, Iterator, NamedTuple, Optional, Sequence, Union

from atttcli.field import account
from atttcli.field.account import FAILED, SCANNED, SKIPPED, UNCHANGED, Account, FileAccount, Outcome
from atttcli.field.examine import NOTHING, Examination, Examiner, FileFinding, MemberProblem, from_text, to_text
from atttcli.field.memory import Watch
from atttcli.field.opening import NotReadable, open_regular
from atttcli.field.place import Place
from atttcli.field.stamp import Stamp, may_be_cached, stamp_of
from atttcli.field.throttle import Throttle
from atttcli.field.walk import Found, Tour, WalkOptions
from atttcli.limits import MIB

if TYPE_CHECKING:  # threads and the cache cost some milliseconds of start: only who asks for them pays
    from concurrent.futures import Future, ThreadPoolExecutor

    from atttcli.field.cache import ScanCache

MAX_FILE_BYTES = 64 * MIB
_PROGRESS_SECONDS = 0.2
_MEMORY_EVERY = 8  # files between two looks at the process's memory

Progress = Callable[[Account, str], None]


@dataclass(frozen=True)
class ScanLimits:
    """What a run may cost. 0 means unlimited. Memory in bytes, of the whole process; `cpu_percent` of one processor."""

    file_bytes: int = MAX_FILE_BYTES
    seconds: float = 0
    memory: int = 0
    threads: int = 1
    cpu_percent: float = 0


class _Job(NamedTuple):
    """A file on its way: the outcome is known already, the examination is, or the future will bring it."""

    path: str
    outcome: Optional[Outcome] = None
    earlier: Examination = NOTHING
    stamp: Optional[Stamp] = None
    cacheable: bool = False
    done: Optional[Examination] = None
    future: Optional["Future[Examination]"] = None


Result = Union[FileFinding, MemberProblem, Outcome, FileAccount]


@dataclass
class Scanner:
    """One configured scan. `examiner` judges a file; `cache` (optional) knows what earlier runs found."""

    examiner: Examiner
    limits: ScanLimits = field(default_factory=ScanLimits)
    cache: Optional[ScanCache] = None
    options: WalkOptions = field(default_factory=WalkOptions)
    progress: Optional[Progress] = None
    _account: Account = field(default_factory=Account)
    _deadline: float = 0
    _shown: float = 0
    _watch: Watch = field(default_factory=lambda: Watch(0))

    def run(self, roots: Iterable[str]) -> Iterator[Result]:
        """Findings, member problems and the outcome of each file as they come; the FileAccount last.

        Outcomes of files that were scanned or are unchanged are counted, not yielded.
        """
        self._account = Account()
        self._deadline = time.monotonic() + self.limits.seconds if self.limits.seconds else 0
        self._watch = Watch(self.limits.memory)
        pool = _pool(self.limits.threads)
        try:
            yield from self._results(roots, pool)
        finally:
            if pool is not None:
                pool.shutdown(wait=True)
            if self.cache is not None:
                self.cache.commit()
        yield self._account.close()

    def _results(self, roots: Iterable[str], pool: Optional[ThreadPoolExecutor]) -> Iterator[Result]:
        waiting: Deque[_Job] = deque()
        steps = _Steps(self.cache, tuple(roots), self.options)
        items = steps.tour.items()
        throttle = Throttle(self.limits.cpu_percent, used=self._used)
        try:
            for item in items:
                self._account.found += 1
                job = _Job(item.path, item) if isinstance(item, Outcome) else self._job_within(item, pool)
                if job.outcome is not None and job.earlier is NOTHING and job.outcome.column == UNCHANGED:
                    self._account.add(job.outcome)  # by far the most in a repeated scan
                    self._show(job.path)
                else:
                    waiting.append(job)
                while len(waiting) > 2 * self.limits.threads or (waiting and pool is None):
                    yield from self._finish(waiting.popleft())
                throttle.pause(self._deadline or None)
                steps.note()
                if self._over():
                    break
            else:
                steps.done()
        finally:
            items.close()  # type: ignore[attr-defined]
            steps.note(now=True)
            # Also when the consumer stops early: what is under way is counted, and its descriptors are closed.
            rest = [result for job in waiting for result in self._finish(job)]
        yield from rest

    def _job_within(self, found: Found, pool: Optional[ThreadPoolExecutor]) -> _Job:
        """A file whose results do not fit into the memory that is left is one that failed."""
        try:
            return self._job(found, pool)
        except MemoryError:
            return _Job(found.path, Outcome(found.path, FAILED, account.NO_MEMORY, found.stat.st_size))

    def _job(self, found: Found, pool: Optional[ThreadPoolExecutor]) -> _Job:
        """Decide by its stat what happens to a file; only what must be read is opened."""
        size = found.stat.st_size
        if self.limits.file_bytes and size > self.limits.file_bytes:
            return _Job(found.path, Outcome(found.path, SKIPPED, account.TOO_LARGE, size))
        if self.cache is not None:
            earlier = self.cache.earlier(_key(found.path), stamp_of(found.stat))
            if earlier is not None and self.examiner.still_holds(earlier):
                return _Job(found.path, Outcome(found.path, UNCHANGED, "", size), from_text(found.path, earlier))
        return self._opened(found, pool)

    def _opened(self, found: Found, pool: Optional[ThreadPoolExecutor]) -> _Job:
        now = time.time_ns() if self.cache is not None else 0
        try:
            cloud = {"cloud": True} if self.options.cloud else {}
            fd, info = open_regular(found.name, found.dir_fd, **cloud)
        except NotReadable as refused:
            return _Job(found.path, Outcome(found.path, refused.column, refused.why))
        if self.limits.file_bytes and info.st_size > self.limits.file_bytes:
            os.close(fd)
            return _Job(found.path, Outcome(found.path, SKIPPED, account.TOO_LARGE, info.st_size))
        stamp = stamp_of(info)
        cacheable = bool(now) and may_be_cached(stamp, now)
        if pool is None:
            return _Job(found.path, None, NOTHING, stamp, cacheable, self._examine(found.path, fd, info))
        return _Job(found.path, None, NOTHING, stamp, cacheable, None, pool.submit(self._examine, found.path, fd, info))

    def _examine(self, path: str, fd: int, info: os.stat_result) -> Examination:
        try:
            examination = self.examiner.file(path, fd, info)
            steady = stamp_of(os.fstat(fd)) == stamp_of(info)
            return examination if steady else examination._replace(steady=False)
        except MemoryError:
            return Examination(info.st_size, failed=account.NO_MEMORY)
        finally:
            os.close(fd)

    def _finish(self, job: _Job) -> Iterator[Result]:
        """Count one file and give what was found in it."""
        examination = job.done or (job.earlier if job.future is None else job.future.result())
        outcome = job.outcome or self._judge(job, examination)
        self._account.add(outcome)
        self._show(outcome.path)
        if outcome.column in (SKIPPED, FAILED):
            yield outcome
            left_out = outcome.why == account.EXCLUDED
            findings = iter(()) if left_out else self.examiner.by_name(job.path, outcome.size)
        else:
            findings = self.examiner.with_indicators(job.path, examination)
        for finding in findings:
            self._account.matches += len(finding.hits) + len(finding.indicators)
            yield finding
        for problem in examination.problems:
            self._account.member_problems += problem.counts
            yield problem

    def _judge(self, job: _Job, examination: Examination) -> Outcome:
        """The column of an examined file; a whole and steady result is remembered."""
        self._account.members += examination.members
        path = job.path
        if examination.failed:
            return Outcome(path, FAILED, examination.failed, examination.size)
        whole = examination.steady and all(problem.lasting for problem in examination.problems)
        if whole and job.cacheable and self.cache is not None and job.stamp is not None:
            self.cache.keep(_key(path), job.stamp, to_text(examination))
        return Outcome(path, SCANNED, "", examination.size)

    def _show(self, path: str) -> None:
        if self.progress is None:
            return
        now = time.monotonic()
        if now - self._shown >= _PROGRESS_SECONDS:
            self._shown = now
            self.progress(self._account, path)

    def _used(self) -> float:
        """Processor seconds of the run, those of an engine in other processes included."""
        matcher = self.examiner.matcher
        return time.process_time() + (matcher.spent() if matcher is not None else 0.0)

    def _over(self) -> bool:
        """Whether the run has reached a limit; it then ends cleanly, and the next one goes on from the cache."""
        if self._deadline and time.monotonic() > self._deadline:
            self._account.stopped = "time limit"
        elif self._account.found % _MEMORY_EVERY == 0 and self._watch.over():
            self._account.stopped = "memory limit"
        return bool(self._account.stopped)


class _Steps:
    """Remembers where the walk stands: the next run begins there, so that what was not reached is reached first."""

    def __init__(self, cache: "Optional[ScanCache]", roots: Sequence[str], options: WalkOptions) -> None:
        self._cache = cache
        self._done = False
        self._name = _name_of(roots, options)
        self.tour = Tour(roots, options, Place.from_text(cache.place(self._name)) if cache is not None else None)

    def note(self, now: bool = False) -> None:
        """The place, when the cache is about to write anyway."""
        if self._cache is None or not (now or self._cache.due):
            return
        self._cache.stand(self._name, "" if self._done else self.tour.place().to_text())
        self._cache.commit()

    def done(self) -> None:
        """The whole tour was made: the next one begins at the beginning."""
        self._done = True


def _name_of(roots: Sequence[str], options: WalkOptions) -> str:
    """Under which the place of a walk over these roots is remembered."""
    places = sorted(os.path.realpath(root) for root in roots)
    text = json.dumps([places, sorted(options.exclude), options.cross_devices, options.special, repr(options.shard)])
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _pool(threads: int) -> "Optional[ThreadPoolExecutor]":
    if threads <= 1:
        return None
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(threads)


def _key(path: str) -> str:
    """The name under which a file is remembered: absolute, whatever folder the run was started in."""
    return path if path.startswith(os.sep) else os.path.abspath(path)
