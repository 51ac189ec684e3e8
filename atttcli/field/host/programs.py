"""The files of running programs: their hashes, the lists and YARA on them; with `--memory` the memory of processes too.

A program is opened through `/proc/PID/exe`, so that one whose file was deleted is judged as well. Memory is read from
`/proc/PID/mem` by the readable pieces of `/proc/PID/maps`; the process is neither stopped nor attached to, so what it changes
meanwhile is seen as it is at that moment. Python 3.8-clean.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import replace
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from atttcli.field.account import DENIED
from atttcli.field.examine import Examination, Examiner, FileFinding
from atttcli.field.host.check import HASH, NAME, Missed, Observation, Scope, Seen, Verdict
from atttcli.field.host.processes import pids, read_process
from atttcli.field.host.rules import HIGH, LOW, MALWARE, MEDIUM
from atttcli.field.match import MatchFailed, RuleHit, Subject
from atttcli.field.opening import FILE_FLAGS, NotReadable, reason

_LARGEST = 512 * 1024 * 1024
_ANONYMOUS = ("/dev/shm/", "/memfd:")  # noqa: S108 - only compared: memory that looks like a file
_PIECE = 16 * 1024 * 1024
_OVERLAP = 4096  # a string across two pieces
_OF_ONE = 256 * 1024 * 1024  # memory of one process
_MAP = re.compile(r"^([0-9a-f]{1,16})-([0-9a-f]{1,16}) (r[w-][x-][ps]) [0-9a-f]+ [0-9a-f:]+ \d+\s*(.*)$")
_WORDS = {"informational": 0, "info": 0, "low": LOW, "medium": MEDIUM, "high": HIGH, "critical": 4}
_MOST_STRINGS = 8


def look_programs(scope: Scope) -> Iterator[Seen]:
    """Each program file once, however many processes run it."""
    seen: Dict[Tuple[int, int], bool] = {}
    denied = 0
    for pid in pids(scope.root):
        process = read_process(scope.root, pid)
        if process is None or not process.exe:
            continue
        try:
            # The kernel's own link: it leads to the file that runs, whatever stands at its path by now.
            flags = FILE_FLAGS & ~getattr(os, "O_NOFOLLOW", 0)
            fd = os.open(scope.root.outside(f"/proc/{pid}/exe"), flags)
        except OSError as error:
            denied += reason(error) == DENIED
            continue
        try:
            info = os.fstat(fd)
            if not stat.S_ISREG(info.st_mode) or seen.setdefault((info.st_dev, info.st_ino), False):
                continue
            seen[(info.st_dev, info.st_ino)] = True
            if info.st_size > _LARGEST:
                yield Missed(process.file, "larger than the limit")
                continue
            scope.spending.spend()
            yield from judge_program(scope.examiner or Examiner(), process.file, fd, info)
        finally:
            os.close(fd)
    if denied:
        yield Missed("/proc", f"processes of other accounts whose programs could not be read: {denied}")


def _hashes(path: str, sha256: str, md5: str, sha1: str) -> Tuple[Any, ...]:
    """Says nothing; that somebody asks is what makes the examiner hash every program."""
    return ()


def judge_program(examiner: Examiner, path: str, fd: int, info: os.stat_result) -> Iterator[Seen]:
    """Hashes of an open program for the lists, and what the rules say of it."""
    hashing = Examiner(examiner.matcher, _hashes, replace(examiner.archives, depth=0), (), examiner.owners)
    yield from _judged(path, hashing.file(path, fd, info), info)


def _judged(path: str, result: Examination, info: os.stat_result) -> Iterator[Seen]:
    if result.failed:
        yield Missed(path, result.failed)
        return
    for member, size, (sha256, md5, sha1) in result.hashes:
        if not member:
            detail = {"sha256": sha256, "md5": md5, "sha1": sha1, "size": size, "modified": int(info.st_mtime)}
            yield Observation(path, detail, (), ((HASH, sha256), (HASH, sha1), (HASH, md5), (NAME, path)))
    for finding in result.findings:
        yield from _verdicts(path, finding)


def _verdicts(path: str, finding: FileFinding) -> Iterator[Verdict]:
    for hit in finding.hits:
        yield verdict_of(path, hit, {"sha256": finding.sha256, "member": finding.member})


def verdict_of(subject: str, hit: RuleHit, detail: Dict[str, Any]) -> Verdict:
    """A YARA rule on a running program, told as a hit of the host."""
    strings = [f"{one.identifier} at {one.offset}" for one in hit.strings[:_MOST_STRINGS]]
    severity = _WORDS.get(str(hit.meta.get("severity", "")).lower(), MEDIUM)
    title = str(hit.meta.get("description") or hit.rule)
    told = {**detail, "strings": strings, "meta": dict(hit.meta)}
    return Verdict(
        subject, f"{hit.namespace}:{hit.rule}", title, severity, told, str(hit.meta.get("category") or MALWARE)
    )


class Piece(NamedTuple):
    """A readable range of a process's memory."""

    start: int
    end: int
    rights: str
    name: str


def pieces_of(maps: str) -> List[Piece]:
    """What is worth judging: not devices, not the kernel's own pages, not the unchanged content of files."""
    found = []
    for line in maps.split("\n"):
        match = _MAP.match(line)
        if match is None:
            continue
        name = match.group(4).strip()
        backed = name.startswith("/") and not name.endswith("(deleted)") and not name.startswith(_ANONYMOUS)
        if name in ("[vvar]", "[vvar_vclock]", "[vsyscall]", "[vdso]") or (name.startswith("/dev/") and backed):
            continue
        if backed and "w" not in match.group(3):
            continue  # its file is judged as a file
        found.append(Piece(int(match.group(1), 16), int(match.group(2), 16), match.group(3), name))
    return found


def look_memory(scope: Scope) -> Iterator[Seen]:
    """YARA on the memory of every process but our own; nothing without `--memory` and rules."""
    if not scope.memory:
        return
    if scope.examiner is None or scope.examiner.matcher is None:
        yield Missed("/proc", "memory is not judged without YARA rules")
        return
    denied = 0
    for pid in pids(scope.root):
        process = read_process(scope.root, pid)
        if pid == os.getpid() or process is None or not process.exe:
            continue
        scope.spending.spend()
        try:
            maps = scope.root.read(f"/proc/{pid}/maps", 8 * 1024 * 1024).text
            fd = os.open(scope.root.outside(f"/proc/{pid}/mem"), FILE_FLAGS)
        except (OSError, NotReadable):
            denied += 1
            continue
        try:
            yield from _of_process(scope, process.file, pid, fd, pieces_of(maps))
        finally:
            os.close(fd)
    if denied:
        yield Missed("/proc", f"processes whose memory could not be read: {denied}")


def _of_process(scope: Scope, path: str, pid: int, fd: int, pieces: List[Piece]) -> Iterator[Seen]:
    assert scope.examiner is not None and scope.examiner.matcher is not None
    told: Dict[str, bool] = {}
    left = _OF_ONE
    for piece in pieces:
        start = piece.start
        while start < piece.end and left > 0:
            data = _read(fd, start, min(_PIECE, piece.end - start, left))
            if not data:
                break
            scope.spending.spend_memory(len(data))
            left -= len(data)
            found = scope.examiner.matcher.match(data, Subject(path))
            if isinstance(found, MatchFailed):
                yield Missed(f"{path} ({pid})", found.reason)
                return
            for hit in found:
                if not told.setdefault(hit.rule, False):
                    told[hit.rule] = True
                    detail = {"pid": pid, "memory": f"{start:x}", "mapped": piece.name, "rights": piece.rights}
                    yield verdict_of(path, hit, detail)
            step = len(data) - (_OVERLAP if len(data) == _PIECE else 0)
            start += step
    if left <= 0:
        yield Missed(f"{path} ({pid})", "more memory than the limit of one process")


def _read(fd: int, start: int, count: int) -> bytes:
    """As much as is there: memory comes and goes while it is read."""
    try:
        return os.pread(fd, count, start) if start < 1 << 63 else b""
    except (OSError, OverflowError):
        return b""
