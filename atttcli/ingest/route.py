"""What is each input? By content, never by name. Archives, compressed streams and mails are opened, and so on inwards."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from atttcli.clock import VIETNAM
from atttcli.errors import InputError, SecretDocument, Where
from atttcli.field.collected import is_collected
from atttcli.field.filetype import archive_kind
from atttcli.field.unpack import HEAD, SKIPPED, Member, UnpackProblem, unpack
from atttcli.ingest.walk import Found, StandardInput, Unread, walk
from atttcli.limits import MIB, Budget
from atttcli.model.alert import Alert
from atttcli.source import Attachment, Input, Letter, Record, Source

LOG_SCORE = 15  # text that nobody claims for more than this is no log
_CHUNK = MIB
BUNDLE = b"ATTTB1\n"
BUNDLE_HINT = "a bundle of a kit is not ingested but imported: atttcli bundle import FILE"
_STREAMS = ("gz", "bz2", "xz", "zst")


@dataclass(slots=True)
class Item:
    """One input, recognised. `records` are those of a mail or a message (read already: its attachments are inputs of their own)."""

    given: Input
    kind: str  # log, list, mail, text, capture, file, archive
    source: Source | None = None
    parent: str = ""
    member: str = ""
    victim: str = ""  # whom the mail that carried it was sent to
    records: list[Record] = field(default_factory=list)
    secret: SecretDocument | None = None
    broken: InputError | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """An input, or part of one, that could not be opened."""

    path: str
    reason: str
    sha256: str = ""
    harmless: bool = False


@dataclass(frozen=True, slots=True)
class Manner:
    """How inputs are to be taken."""

    passwords: tuple[bytes, ...] = (b"infected",)
    zone: Any = VIETNAM
    mapping: Source | None = None
    own_networks: tuple[str, ...] = ()
    own_domains: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Within:
    """What an input was found in."""

    parent: str = ""
    member: str = ""
    letter: Letter | None = None
    victim: str = ""

    def inside(self, outer: Input, name: str) -> _Within:
        """One step further in."""
        return replace(self, parent=outer.sha256, member=f"{self.member}!{name}" if self.member else name)


class Router:
    """Walks the paths; may be asked several times (each walk opens everything anew, holding one input at a time)."""

    def __init__(self, paths: Sequence[str], manner: Manner) -> None:
        self._paths, self._manner = tuple(paths), manner
        self._stdin = StandardInput()
        self._digests: dict[tuple[str, int, int | None], str] = {}

    def items(self) -> Iterator[Item | Failure]:
        """Every input in order; a container before what is in it. Streams are good until the next is asked for."""
        for found in walk(self._paths, self._stdin):
            if isinstance(found, Unread):
                yield Failure(found.path, found.reason, harmless=found.harmless)
                continue
            if found.file is None:
                yield from self._top(found)
                continue
            with found.stream:
                yield from self._top(found)

    def _top(self, found: Found) -> Iterator[Item | Failure]:
        mark = (found.path, found.size, found.modified)
        try:
            sha256 = self._digests.get(mark) if found.file else None
            if sha256 is None:
                sha256 = self._digests[mark] = _sha256(found.stream)
            given = self._input(found.path, found.stream, found.size, sha256, Budget())
        except OSError as error:
            yield Failure(found.path, f"cannot be read: {error.strerror or error}")
            return
        given.modified, given.file = found.modified, found.file
        yield from self._routed(given, 1, _Within())

    def _input(self, path: str, stream: BinaryIO, size: int, sha256: str, budget: Budget) -> Input:
        stream.seek(0)
        head = stream.read(HEAD)
        stream.seek(0)
        manner = self._manner
        return Input(
            path=path, sha256=sha256, size=size, head=head, stream=stream, zone=manner.zone, budget=budget,
            own_networks=manner.own_networks, own_domains=manner.own_domains, allow=manner.allow,
        )  # fmt: skip

    def _routed(self, given: Input, depth: int, within: _Within) -> Iterator[Item | Failure]:
        given.letter = within.letter
        # Sealed: only who has the centre's key can say what is in it. A collector's tables of hashes are no lists of bad ones.
        if given.head.startswith(BUNDLE) or is_collected(given.head):
            yield Failure(given.path, BUNDLE_HINT, given.sha256)
            return
        kind, source = recognise(given, self._manner.mapping)
        packed = archive_kind(given.head)
        if kind == "file" and packed and packed != "office":
            yield from self._unpacked(given, packed, depth, within)
        elif kind in ("mail", "text") and source is not None:
            yield from self._mail(given, source, depth, within)
        else:
            yield Item(given, kind, source, within.parent, within.member, within.victim)

    def _unpacked(self, given: Input, packed: str, depth: int, within: _Within) -> Iterator[Item | Failure]:
        yield Item(given, "archive", None, within.parent, within.member, within.victim)
        given.stream.seek(0)
        for piece in unpack(given.stream, given.path, given.budget, depth, self._manner.passwords):
            if isinstance(piece, UnpackProblem):
                shown = piece.path + (f"!{piece.member}" if piece.member else "")
                yield Failure(shown, piece.reason, given.sha256, harmless=piece.kind == SKIPPED)
                continue
            yield from self._routed(self._member(given, piece, packed), depth + 1, within.inside(given, piece.name))

    def _member(self, outer: Input, piece: Member, packed: str) -> Input:
        path = piece.path
        if packed in _STREAMS and piece.name == _stem(outer.path):
            path = outer.path  # one compressed file is known by its own name
        inner = self._input(path, piece.stream, piece.size, _sha256(piece.stream), outer.budget)
        inner.modified = piece.modified if piece.modified is not None else outer.modified
        return inner

    def _mail(self, given: Input, source: Source, depth: int, within: _Within) -> Iterator[Item | Failure]:
        item = Item(given, source.kind, source, within.parent, within.member, within.victim)
        attachments: list[Attachment] = []
        try:
            for record in source.read(given):
                if isinstance(record, Attachment):
                    attachments.append(record)
                else:
                    item.records.append(record)
        except SecretDocument as error:
            item.secret, item.records, attachments = error, [], []
        except InputError as error:
            item.broken = error
        yield item
        letter = next((record for record in item.records if isinstance(record, Letter)), within.letter)
        claim = next((record for record in item.records if isinstance(record, Alert)), None)
        for part in attachments:
            name = part.name or "attachment"
            path = f"{given.path}!{name}"
            try:
                given.budget.spend_member(Where(path))
                given.budget.check_depth(depth, Where(path))
            except InputError as error:
                yield Failure(path, error.message, given.sha256)
                return
            digest = hashlib.sha256(part.data).hexdigest()
            inner = self._input(path, io.BytesIO(part.data), len(part.data), digest, given.budget)
            inner.modified = given.modified
            inside = within.inside(given, name)
            victim = claim.victim if claim is not None else within.victim
            yield from self._routed(inner, depth + 1, replace(inside, letter=letter, victim=victim))


def recognise(given: Input, mapping: Source | None = None) -> tuple[str, Source | None]:
    """Kind and reader. A mapping that a person named goes before everything that it fits."""
    from atttcli.sources import LOG_SOURCES
    from atttcli.sources.capture import looks_like_capture
    from atttcli.sources.lists import LIST_SOURCES
    from atttcli.sources.mail_message import MAIL_SOURCES
    from atttcli.sources.message_text import TEXT_SOURCES

    if mapping is not None and mapping.recognise(given):
        return "log", mapping
    if not given.head.startswith(b"\x1f\x8b") and looks_like_capture(given.head):  # a gzip is opened first
        return "capture", None
    best, chosen = 0, None
    for source in (*LOG_SOURCES, *LIST_SOURCES, *MAIL_SOURCES, *TEXT_SOURCES):
        score = source.recognise(given)
        if score > best:
            best, chosen = score, source
    if chosen is None or (chosen.kind == "log" and best < LOG_SCORE):
        return "file", None
    return chosen.kind, chosen


def _sha256(stream: BinaryIO) -> str:
    stream.seek(0)
    running = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        running.update(chunk)
    stream.seek(0)
    return running.hexdigest()


def _stem(path: str) -> str:
    name = os.path.basename(path.rsplit("!", 1)[-1].replace("\\", "/"))
    stem, dot, _ = name.rpartition(".")
    return stem if dot and stem else name or "content"


__all__ = ["Failure", "Item", "Manner", "Router", "recognise"]
