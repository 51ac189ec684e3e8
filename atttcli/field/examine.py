"""Judge one open file: match its bytes, look into it when it is an archive, hash it when hashes are asked for.

Python 3.8-clean.
"""

from __future__ import annotations

import hashlib
import io
import json
import mmap
import os
import threading
from dataclasses import dataclass, field
from typing import (
    TYPE_CHECKING,
    Any,
    BinaryIO,
    Callable,
    Dict,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from atttcli.field.account import NO_MEMORY
from atttcli.field.filetype import archive_kind, file_type
from atttcli.field.match import Judge, MatchFailed, Owners, RuleHit, StringHit, Subject
from atttcli.field.opening import Content, NotReadable, new_buffer, open_regular, read_content, reason
from atttcli.field.utf16 import MOST_BYTES, as_utf8, codec_of, told_in_place
from atttcli.limits import MIB, Budget, Limits

if TYPE_CHECKING:
    from atttcli.field.streams import Lister, Stream
    from atttcli.field.unpack import Member

ARCHIVE_LIMITS = Limits(total_bytes=1024 * MIB, member_bytes=64 * MIB, members=20_000, depth=3, seconds=600.0)
_CHUNK = 1024 * 1024
_SNIFFED = 512  # enough to tell every kind of archive
_NO_HASHES = '"hashes": []}'

HashTrio = Tuple[str, str, str]  # sha256, md5, sha1
FileLookup = Callable[[str, str, str, str], Sequence[Any]]  # path as shown, SHA-256, MD5, SHA-1 (empty: not hashed)


class FileFinding(NamedTuple):
    """What was found in one file or member. `indicators` is what the hash look-up returned, unchanged."""

    path: str
    member: str
    sha256: str
    size: int
    hits: Tuple[RuleHit, ...]
    indicators: Tuple[Any, ...] = ()


class MemberProblem(NamedTuple):
    """A member that could not be judged. `counts` is 1, or 0 when nothing was lost (a link, a device)."""

    path: str
    member: str
    kind: str
    reason: str
    counts: int = 1

    @property
    def lasting(self) -> bool:
        """Whether the same bytes end in the same problem each time: a limit of counts or sizes, not of time."""
        return not self.counts or (self.kind == "limit" and "took longer" not in self.reason)


class Examination(NamedTuple):
    """One file's result. `failed` is the reason when the file itself could not be judged."""

    size: int
    findings: Tuple[FileFinding, ...] = ()
    problems: Tuple[MemberProblem, ...] = ()
    members: int = 0
    failed: str = ""
    hashes: Tuple[Tuple[str, int, HashTrio], ...] = ()  # (member, size, hashes), only when a look-up is set
    steady: bool = True


NOTHING = Examination(0)


def _streams_here() -> "Optional[Lister]":
    if os.name != "nt":
        return None
    from atttcli.field.streams import lister

    return lister()


@dataclass
class Examiner:
    """How files are judged: `matcher` (optional), `look_up` of lists (optional), archives to a depth (0: not looked into)."""

    matcher: Optional[Judge] = None
    look_up: Optional[FileLookup] = None
    archives: Limits = ARCHIVE_LIMITS
    passwords: Sequence[bytes] = (b"infected",)
    owners: Owners = field(default_factory=Owners)
    streams: "Optional[Lister]" = field(default_factory=lambda: _streams_here())
    _held: threading.local = field(default_factory=threading.local)

    def file(self, path: str, fd: int, info: os.stat_result) -> Examination:
        """Judge an open regular file; reads by `fd` only. The caller closes it."""
        owner = self.owners.name(info.st_uid)
        most = self.matcher.most_bytes if self.matcher is not None else 0
        if most and info.st_size > most:
            return Examination(info.st_size, failed="too large for this engine")
        try:
            content = read_content(fd, info.st_size, self._buffer(), self.matcher is None or self.matcher.mapped)
        except NotReadable as refused:
            return Examination(info.st_size, failed=refused.why)
        try:
            return self._content(path, fd, content, owner)
        except OSError as error:
            return Examination(info.st_size, failed=reason(error))
        except MemoryError:
            return Examination(info.st_size, failed=NO_MEMORY)
        finally:
            if isinstance(content, memoryview):
                content.release()
            elif isinstance(content, mmap.mmap):
                content.close()

    def _buffer(self) -> mmap.mmap:
        """This thread's buffer."""
        buffer: Optional[mmap.mmap] = getattr(self._held, "buffer", None)
        if buffer is None:
            buffer = self._held.buffer = new_buffer()
        return buffer

    def _content(self, path: str, fd: int, content: Content, owner: str) -> Examination:
        # A mapping is only handed to libyara, which survives the file being cut; everything else reads the descriptor.
        stream: Callable[[], Any] = lambda: _Descriptor(fd) if isinstance(content, mmap.mmap) else io.BytesIO(content)  # noqa: E731
        head = os.read(fd, _SNIFFED) if isinstance(content, mmap.mmap) else bytes(content[:_SNIFFED])
        judged = self._judge(Subject(path, "", file_type(head), owner), content, stream, len(content))
        if isinstance(judged, MatchFailed):
            return Examination(len(content), failed=judged.reason)
        finding, hashes = judged
        result = _Gathering([finding] if finding else [], [], [("", len(content), hashes)] if hashes else [])
        if self.archives.depth and archive_kind(head):
            self._archive(path, stream(), owner, result)
        if self.streams is not None:
            self._beside(path, self.streams, owner, result)
        return Examination(
            len(content), tuple(result.findings), tuple(result.problems), result.members, "", tuple(result.hashes)
        )

    def _beside(self, path: str, streams: "Lister", owner: str, result: "_Gathering") -> None:
        """The alternate streams of a file, each as a member `:name`."""
        try:
            for stream in streams(os.path.abspath(path)):
                result.members += 1
                problem = self._stream(path, stream, owner, result)
                if problem:
                    result.problems.append(MemberProblem(path, stream.name, "unjudged", problem))
        except OSError as error:
            result.problems.append(MemberProblem(path, "", "unjudged", reason(error)))

    def _stream(self, path: str, stream: "Stream", owner: str, result: "_Gathering") -> str:
        """Judge one; why it could not be."""
        if stream.size > self.archives.member_bytes:
            return "larger than %d bytes" % self.archives.member_bytes
        try:
            fd, info = open_regular(os.path.abspath(path) + stream.name)
            try:
                content = bytes(read_content(fd, min(info.st_size, self.archives.member_bytes), None, mapped=False))
            finally:
                os.close(fd)
        except NotReadable as refused:
            return refused.why
        subject = Subject("%s!%s" % (path, stream.name), stream.name, file_type(content[:_SNIFFED]), owner)
        judged = self._judge(subject, content, lambda: io.BytesIO(content), len(content))
        if isinstance(judged, MatchFailed):
            return judged.reason
        finding, hashes = judged
        if finding:
            result.findings.append(finding)
        if hashes:
            result.hashes.append((stream.name, len(content), hashes))
        return ""

    def _archive(self, path: str, stream: BinaryIO, owner: str, result: "_Gathering") -> None:
        # Its decompressors cost as much start as click: only a scan that meets an archive needs them.
        from atttcli.field.unpack import SKIPPED, UnpackProblem, unpack_all

        for piece in unpack_all(stream, path, Budget(self.archives), 1, self.passwords):
            if isinstance(piece, UnpackProblem):
                member = _join(piece.path[len(path) + 1 :], piece.member)
                lost = 0 if piece.kind == SKIPPED else 1
                result.problems.append(MemberProblem(path, member, piece.kind, piece.reason, lost))
                continue
            result.members += 1
            self._member(path, piece, owner, result)

    def _member(self, path: str, piece: "Member", owner: str, result: "_Gathering") -> None:
        member = piece.path[len(path) + 1 :]
        subject = Subject(piece.path, member, file_type(piece.head()), owner)
        judged = self._judge(subject, _bytes_of(piece), lambda: piece.stream, piece.size)
        piece.stream.seek(0)
        if isinstance(judged, MatchFailed):
            result.problems.append(MemberProblem(path, member, "unjudged", judged.reason))
            return
        finding, hashes = judged
        if finding:
            result.findings.append(finding)
        if hashes:
            result.hashes.append((member, piece.size, hashes))

    def _judge(
        self, subject: Subject, content: Content, stream: Callable[[], BinaryIO], size: int
    ) -> Union[MatchFailed, Tuple[Optional[FileFinding], Optional[HashTrio]]]:
        hits = self._hits(subject, content, stream, size)
        if isinstance(hits, MatchFailed):
            return hits
        hashes = hash_trio(stream()) if self.look_up is not None else None
        if not hits:
            return None, hashes
        sha256 = hashes[0] if hashes else _sha256(stream())
        return FileFinding(subject.path, subject.member, sha256, size, tuple(hits)), hashes

    def _hits(
        self, subject: Subject, content: Content, stream: Callable[[], BinaryIO], size: int
    ) -> Union[List[RuleHit], MatchFailed]:
        """What the rules say of the bytes, and of the text when they are UTF-16."""
        if self.matcher is None:
            return []
        hits = self.matcher.match(content, subject)
        codec = codec_of(self._head(content, stream)) if size <= MOST_BYTES else ""
        if isinstance(hits, MatchFailed) or not codec:
            return hits
        source = stream()
        source.seek(0)
        text = as_utf8(source.read(MOST_BYTES), codec)
        read = self.matcher.match(text, subject)
        return read if isinstance(read, MatchFailed) else hits + told_in_place(read, hits, text, codec)

    def _head(self, content: Content, stream: Callable[[], BinaryIO]) -> bytes:
        """The first bytes, never by a mapping of a file that somebody may cut."""
        if not isinstance(content, mmap.mmap):
            return bytes(content[:_SNIFFED])
        source = stream()
        source.seek(0)
        return source.read(_SNIFFED)

    def still_holds(self, earlier: str) -> bool:
        """Whether an earlier result answers today's question: hashes are needed only when they are looked up."""
        return self.look_up is None or (bool(earlier) and not earlier.endswith(_NO_HASHES))

    def with_indicators(self, path: str, examination: Examination) -> Iterator[FileFinding]:
        """Findings joined with what today's indicators say of the hashes, earlier results included."""
        if self.look_up is None:
            yield from examination.findings
            return
        whole = os.path.abspath(path)  # lists name places from the root
        by_member: Dict[str, FileFinding] = {finding.member: finding for finding in examination.findings}
        for member, size, trio in examination.hashes:
            shown = _join(path, member)
            known = tuple(self.look_up(_join(whole, member), *trio))
            finding = by_member.get(member)
            if known and finding is None:
                by_member[member] = FileFinding(shown, member, trio[0], size, (), known)
            elif known and finding is not None:
                by_member[member] = finding._replace(indicators=known)
        yield from by_member.values()

    def by_name(self, path: str, size: int) -> Iterator[FileFinding]:
        """What lists say of a file that was not read, by its name alone."""
        known = self.look_up(os.path.abspath(path), "", "", "") if self.look_up is not None else ()
        if known:
            yield FileFinding(path, "", "", size, (), tuple(known))


class _Gathering:
    def __init__(
        self, findings: List[FileFinding], problems: List[MemberProblem], hashes: List[Tuple[str, int, HashTrio]]
    ) -> None:
        self.findings = findings
        self.problems = problems
        self.hashes = hashes
        self.members = 0


class _Descriptor(io.RawIOBase):
    """A file by its descriptor, which stays the caller's."""

    def __init__(self, fd: int) -> None:
        super().__init__()
        self._fd = fd

    def read(self, size: int = -1) -> bytes:
        return os.read(self._fd, _CHUNK if size < 0 else size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return os.lseek(self._fd, offset, whence)

    def tell(self) -> int:
        return os.lseek(self._fd, 0, os.SEEK_CUR)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def hash_trio(stream: BinaryIO) -> HashTrio:
    """SHA-256, MD5 and SHA-1 of a whole stream, in one pass; the weak ones only because lists still carry them."""
    sha256, md5, sha1 = hashlib.sha256(), hashlib.md5(), hashlib.sha1()  # noqa: S324
    for chunk in _chunks(stream):
        sha256.update(chunk)
        md5.update(chunk)
        sha1.update(chunk)
    return sha256.hexdigest(), md5.hexdigest(), sha1.hexdigest()


def _sha256(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(stream):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    while True:
        chunk = stream.read(_CHUNK)
        if not chunk:
            return
        yield chunk


def _bytes_of(member: "Member") -> Union[bytes, memoryview, mmap.mmap]:
    """The member's content for the matcher: what is in memory as it is, a spooled file mapped."""
    if isinstance(member.stream, io.BytesIO):
        return member.stream.getvalue()
    member.stream.flush()
    return mmap.mmap(member.stream.fileno(), member.size, access=mmap.ACCESS_READ)


def _join(path: str, member: str) -> str:
    return "%s!%s" % (path, member) if path and member else path or member


def to_text(examination: Examination) -> str:
    """An examination as JSON text for the cache."""
    if not (examination.findings or examination.hashes or examination.problems):
        return ""
    findings = [[f.member, f.sha256, f.size, [_hit_to_list(hit) for hit in f.hits]] for f in examination.findings]
    problems = [[p.member, p.kind, p.reason, p.counts] for p in examination.problems]
    return json.dumps({"findings": findings, "problems": problems, "hashes": examination.hashes})


def from_text(path: str, text: str) -> Examination:
    """The examination that `to_text` wrote, for the file's present path."""
    if not text:
        return NOTHING
    data = json.loads(text)
    findings = tuple(
        FileFinding(_join(path, member), member, sha256, size, tuple(_hit_from_list(hit) for hit in hits))
        for member, sha256, size, hits in data["findings"]
    )
    hashes = tuple((member, size, (trio[0], trio[1], trio[2])) for member, size, trio in data["hashes"])
    problems = tuple(MemberProblem(path, member, kind, why, counts) for member, kind, why, counts in data["problems"])
    return Examination(0, findings, problems, hashes=hashes)


def _hit_to_list(hit: RuleHit) -> List[Any]:
    strings = [[s.identifier, s.offset, s.length, s.excerpt.decode("latin-1")] for s in hit.strings]
    return [hit.namespace, hit.rule, hit.tags, hit.meta, strings, hit.truncated, hit.encoding]


def _hit_from_list(data: List[Any]) -> RuleHit:
    namespace, rule, tags, meta, strings, truncated, encoding = data
    found = tuple(StringHit(name, offset, length, text.encode("latin-1")) for name, offset, length, text in strings)
    return RuleHit(namespace, rule, tuple(tags), meta, found, truncated, encoding)
