"""One run of a kit on one machine: host checks, the scan of its disks, the bundle, and what is said at the end.

What is written while it runs stands in the kit's `state/`: results per file (so that a stick that was pulled goes on where it
stopped; gone when the run is whole, for they name every file of the machine) and the turns of each machine. Python 3.8-clean.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, Dict, List, NamedTuple, Sequence, Set, Union

from atttcli.clock import SECOND, Clock, rfc3339
from atttcli.errors import LimitExceeded
from atttcli.field.account import FAILED, TOO_LARGE, Account, FileAccount, Outcome
from atttcli.field.bundle import BodyWriter
from atttcli.field.cache import ScanCache
from atttcli.field.chain import Chain
from atttcli.field.deliver import Delivered, coverage_of, deliver
from atttcli.field.examine import Examiner, FileFinding, MemberProblem
from atttcli.field.kit import words
from atttcli.field.kit.hostlook import host_records, is_alarming
from atttcli.field.kit.known import Lists, open_lists, open_matcher
from atttcli.field.kit.machine import local_disks, machine_clock, swap_files, this_machine
from atttcli.field.kit.passport import RULES, SEED, Passport
from atttcli.field.kit.places import Places
from atttcli.field.kit.screen import Screen, tail
from atttcli.field.manifest import Manifest
from atttcli.field.opening import NotReadable, open_regular
from atttcli.field.records import finding_records, host_record
from atttcli.field.scanner import ScanLimits, Scanner
from atttcli.field.seal import KEY_BYTES
from atttcli.field.strict_json import NotCanonical, plain
from atttcli.field.walk import WalkOptions
from atttcli.limits import MIB

_SAMPLE = 8 * MIB
_LOG_LINES = 5000
_SHOWN_HOLES = 5
_NO_FILES = "findings that no longer fit into the bundle"


class Options(NamedTuple):
    """How this run differs from what the kit was built for."""

    roots: Sequence[str] = ()
    seconds: int = 0
    cpu_percent: int = 0
    samples: bool = False
    host: bool = True


class Ending(NamedTuple):
    """What a run came to. `exit_code`: 0 nothing found, 1 found, 2 not everything was scanned (beats 1)."""

    sentence: str
    account: FileAccount
    delivered: Delivered
    suspicious: int
    signs: int
    holes: Sequence[Outcome] = ()
    more_holes: int = 0

    @property
    def exit_code(self) -> int:
        """What the process ends with."""
        if not self.delivered.manifest.coverage.complete:
            return 2
        return 1 if self.suspicious or self.signs else 0


class Session:
    """A run under way."""

    def __init__(self, kit: Passport, places: Places, options: Options, screen: Screen, clock: Clock) -> None:
        self._kit, self._places, self._options = kit, places, options
        self._screen, self._clock = screen, clock
        self._started = clock.now()
        self._host = this_machine()
        self._holes: List[Outcome] = []
        self._folders = self._files = self._large = self._signs = self._logged = 0
        self._suspicious: Set[str] = set()
        self._full = False

    def run(self) -> Ending:
        """Look, scan, deliver. OSError when the stick can no longer be written."""
        kit, places = self._kit, self._places
        rules = os.path.join(places.kit, RULES)
        now = max(self._started, kit.issued)  # a clock that stopped years ago must not make old lists valid again
        lists = open_lists(rules, now)
        examiner = Examiner(open_matcher(rules), lists.look_up if lists is not None else None)
        chain = Chain(places.state, places.out, kit.number, self._host.machine_id)
        with BodyWriter(places.state) as writer:
            self._log(writer, "%s %s %s" % (rfc3339(self._started), kit.number, kit.tool))
            if self._options.host:
                self._look(writer, lists, examiner)
            account = self._scan(writer, examiner)
            self._log(writer, "%s ended %s" % (rfc3339(self._clock.now()), account.stopped or "whole"))
            delivered = deliver(writer, self._manifest(account), self._seed(), chain, places.state)
        if not account.stopped:
            _forget(self._results())
        shown = self._holes[:_SHOWN_HOLES]
        more = self._folders + self._files + self._large - len(shown)
        return Ending(self._sentence(account), account, delivered, len(self._suspicious), self._signs, shown, more)

    def _look(self, writer: BodyWriter, lists: Union[Lists, None], examiner: Examiner) -> None:
        self._screen.line(words.HOST)
        for record in host_records(lists, examiner, self._started / SECOND):
            self._signs += is_alarming(record)
            self._write(writer, "host.jsonl", host_record(record))

    def _scan(self, writer: BodyWriter, examiner: Examiner) -> FileAccount:
        self._screen.line(words.SCANNING)
        account = FileAccount()
        cache = ScanCache(self._results(), self._kit.rules.digest)
        try:
            for result in self._scanner(examiner, cache).run(self._options.roots or local_disks()):
                if isinstance(result, FileFinding):
                    self._found(writer, result)
                elif isinstance(result, FileAccount):
                    account = result
                else:
                    self._missed(writer, result)
        finally:
            cache.close()
        return account

    def _scanner(self, examiner: Examiner, cache: ScanCache) -> Scanner:
        options, limits = self._options, self._kit.limits
        bounds = ScanLimits(
            limits.file_bytes,
            options.seconds or limits.seconds,
            cpu_percent=options.cpu_percent or limits.cpu_percent,
        )
        own = frozenset(os.path.realpath(path) for path in (self._places.kit, self._places.state, self._places.out))
        walk = WalkOptions(cross_devices=not options.roots, exclude=own.union(swap_files()))
        return Scanner(examiner, bounds, cache, walk, self._progress)

    def _progress(self, account: Account, path: str) -> None:
        self._screen.progress(words.PROGRESS % (account.found, len(self._suspicious), tail(path)))

    def _found(self, writer: BodyWriter, found: FileFinding) -> None:
        path = found.path[: -len(found.member) - 1] if found.member else found.path
        first = path not in self._suspicious
        self._suspicious.add(path)
        for record in finding_records(found, found.indicators):
            self._write(writer, "findings.jsonl", record)
        if first and (self._options.samples or self._kit.limits.samples):
            self._attach(writer, path)

    def _attach(self, writer: BodyWriter, path: str) -> None:
        try:
            fd, _ = open_regular(path)
        except NotReadable as refused:
            self._log(writer, "not attached: %s: %s" % (path, refused.why))
            return
        with os.fdopen(fd, "rb") as stream:
            if not writer.sample(stream, _SAMPLE):
                self._log(writer, "not attached: %s: too large" % path)

    def _missed(self, writer: BodyWriter, missed: Union[Outcome, MemberProblem]) -> None:
        if isinstance(missed, MemberProblem):
            if missed.counts:
                self._log(writer, "not judged: %s!%s: %s" % (missed.path, missed.member, missed.reason))
                self._hole(Outcome("%s!%s" % (missed.path, missed.member), FAILED, missed.reason), folder=False)
            return
        if not missed.harmless:
            self._log(writer, "not scanned: %s: %s" % (missed.path, missed.why))
            self._hole(missed, os.path.isdir(missed.path) and not os.path.islink(missed.path))

    def _hole(self, missed: Outcome, folder: bool) -> None:
        large = missed.why == TOO_LARGE
        self._large += large
        self._folders += folder
        self._files += not folder and not large
        if len(self._holes) < _LOG_LINES:
            self._holes.append(missed)

    def _write(self, writer: BodyWriter, name: str, record: Dict[str, Any]) -> None:
        """A record that does not fit is a hole in what is told, and is told as one."""
        try:
            if not self._full:
                writer.line(name, record)
                return
        except LimitExceeded:
            self._full = True
            self._hole(Outcome(_NO_FILES, FAILED, "the bundle is full"), folder=False)
        except NotCanonical as error:
            self._hole(Outcome(name, FAILED, "a record that cannot be written: %s" % error), folder=False)

    def _log(self, writer: BodyWriter, text: str) -> None:
        self._logged += 1
        if self._logged <= _LOG_LINES and not self._full:
            one_line = "".join(char if char.isprintable() else "?" for char in plain(text)[:4096])
            writer.add("log.txt", one_line.encode("utf-8") + b"\n")

    def _manifest(self, account: FileAccount) -> Manifest:
        kit = self._kit
        coverage = coverage_of(account, self._holes)
        unlisted = coverage.unlisted + self._folders + self._files + self._large - len(self._holes)
        whole = coverage.complete and not self._holes
        return Manifest(
            kit.number, kit.agency, self._host, 1, "", kit.centre, self._started, self._clock.now(), account.to_json(),
            machine_clock(kit.issued), kit.tlp, kit.tool, kit.rules, coverage._replace(complete=whole, unlisted=unlisted),
        )  # fmt: skip

    def _sentence(self, account: FileAccount) -> str:
        told = {
            "files": account.scanned + account.unchanged,
            "suspicious": len(self._suspicious),
            "signs": self._signs,
            "folders": self._folders,
            "left": self._files,
            "large": self._large,
            "stopped": account.stopped,
        }
        return words.sentence(told, self._kit.call or words.NOBODY)

    def _seed(self) -> bytes:
        with open(os.path.join(self._places.kit, SEED), "rb") as stream:
            return stream.read(KEY_BYTES + 1)[:KEY_BYTES]

    def _results(self) -> str:
        return os.path.join(self._places.state, self._host.machine_id[:32] + ".db")


def _forget(path: str) -> None:
    for suffix in ("", "-wal", "-shm"):
        with suppress(OSError):
            os.unlink(path + suffix)
