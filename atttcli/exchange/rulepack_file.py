"""A rule pack in one file: `ATTTR1`, then zlib of one canonical manifest line and the files back to back; nothing else.

The same files, version and moment give the same bytes. The signature stands beside it as minisign writes it, and is verified
over the whole file before anything of it is inflated. Names are relative paths of one spelling: a kind, then words of letters,
digits and `._+-`, so that none leads anywhere else on any system.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

from atttcli import __version__
from atttcli.clock import parse_moment, rfc3339
from atttcli.errors import InputError, LimitExceeded
from atttcli.field import strict_json
from atttcli.limits import MIB
from atttcli.rulepack.indicators import TLPS

FORMAT: Final = "atttcli/rules/1"
MAGIC: Final = b"ATTTR1\n"
MAX_FILE, MAX_INFLATED, MAX_MANIFEST, MAX_MEMBERS = 64 * MIB, 256 * MIB, 4 * MIB, 5000
SUFFIXES: Final = {
    "yara": (".yar", ".yara", ".rule"), "network": (".rules",), "sigma": (".yml", ".yaml"),
    "indicators": (".csv", ".yml", ".yaml", ".txt"),
}  # fmt: skip
_WORD: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,99}\Z")
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)", re.IGNORECASE)
_DEPTH: Final = 6
_HIGHEST: Final = 10**15
_FED, _CHUNK = 64 * 1024, 1 * MIB


@dataclass(frozen=True, slots=True)
class PackMember:
    """One file of a pack."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PackManifest:
    """What a pack says of itself. `created`: microseconds UTC; `version` grows from pack to pack."""

    version: int
    name: str
    created: int
    tlp: str
    tool: str
    members: tuple[PackMember, ...]

    def to_json(self) -> dict[str, Any]:
        """As it stands in the file."""
        return {
            "format": FORMAT, "version": self.version, "name": self.name, "created": rfc3339(self.created), "tlp": self.tlp,
            "tool": self.tool, "members": [{"name": one.name, "size": one.size, "sha256": one.sha256} for one in self.members],
        }  # fmt: skip

    @property
    def digest(self) -> str:
        """What names the content: the digest of the manifest, which has those of all files."""
        return hashlib.sha256(strict_json.dumps(self.to_json())).hexdigest()


def pack_bytes(files: Mapping[str, bytes], *, version: int, name: str, created: int, tlp: str) -> bytes:
    """A pack of these files by name; InputError for a name or a size that no reader would take."""
    members = tuple(PackMember(one, len(files[one]), hashlib.sha256(files[one]).hexdigest()) for one in sorted(files))
    manifest = PackManifest(version, name, created, tlp, __version__, members)
    line = strict_json.dumps(manifest.to_json())
    read_manifest(line)
    packer = zlib.compressobj(9)
    pieces = [
        MAGIC,
        packer.compress(line + b"\n"),
        *(packer.compress(files[one.name]) for one in members),
        packer.flush(),
    ]
    data = b"".join(pieces)
    if len(data) > MAX_FILE:
        raise LimitExceeded(f"a rule pack of more than {MAX_FILE // MIB} MiB")
    return data


class PackReader:
    """A pack that is read once. Hand it only bytes whose signature was verified. InputError for whatever does not fit."""

    def __init__(self, data: bytes) -> None:
        if len(data) > MAX_FILE or data[: len(MAGIC)] != MAGIC:
            raise InputError("no rule pack", hint="atttcli rules pack -o FILE.attr")
        self._data, self._at = memoryview(data), len(MAGIC)
        self._unpacker = zlib.decompressobj()
        self._held = b""
        self.manifest = read_manifest(self._line())

    def members(self) -> Iterator[tuple[PackMember, bytes]]:
        """Each file with its bytes, checked; what stands behind the last is an InputError."""
        for member in self.manifest.members:
            data = self._take(member.size)
            if hashlib.sha256(data).hexdigest() != member.sha256:
                raise _broken()
            yield member, data
        if self._held or self._more() or self._unpacker.unused_data or self._at < len(self._data):
            raise _broken()

    def _line(self) -> bytes:
        while b"\n" not in self._held:
            piece = self._more()
            if not piece or len(self._held) > MAX_MANIFEST:
                raise _broken()
            self._held += piece
        line, _, self._held = self._held.partition(b"\n")
        return line

    def _take(self, size: int) -> bytes:
        pieces, missing = [self._held[:size]], size - len(self._held)
        self._held = self._held[size:]
        while missing > 0:
            piece = self._more()
            if not piece:
                raise _broken()
            pieces.append(piece[:missing])
            self._held = piece[missing:]
            missing -= len(piece)
        return b"".join(pieces)

    def _more(self) -> bytes:
        """The next inflated piece; empty at the end of the stream."""
        while not self._unpacker.eof:
            fed = self._unpacker.unconsumed_tail
            if not fed:
                fed = bytes(self._data[self._at : self._at + _FED])
                self._at += len(fed)
                if not fed:
                    raise _broken()
            try:
                piece = self._unpacker.decompress(fed, _CHUNK)
            except zlib.error:
                raise _broken() from None
            if piece:
                return piece
        return b""


def read_manifest(line: bytes) -> PackManifest:
    """The manifest, every word of it checked."""
    try:
        value = strict_json.loads(line, MAX_MANIFEST)
        members = tuple(
            PackMember(str(one["name"]), _number(one["size"], MAX_INFLATED), _digest(one["sha256"]))
            for one in value["members"]
        )
        manifest = PackManifest(
            _number(value["version"], _HIGHEST), _text(value["name"], 80), parse_moment(value["created"], UTC),
            _text(value["tlp"], 20), _text(value["tool"], 40), members,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        raise InputError("the manifest of the rule pack cannot be read") from None
    if manifest.to_json() != value or manifest.tlp not in TLPS or not manifest.version:
        raise InputError("the manifest of the rule pack cannot be read")
    _check_members(members)
    return manifest


def _check_members(members: tuple[PackMember, ...]) -> None:
    names = [one.name for one in members]
    if not 0 < len(names) <= MAX_MEMBERS or sum(one.size for one in members) > MAX_INFLATED:
        raise LimitExceeded(f"a rule pack has 1 to {MAX_MEMBERS} files, together at most {MAX_INFLATED // MIB} MiB")
    for name in names:
        check_name(name)
    folded = {name.casefold() for name in names}
    above = {
        "/".join(words[:count]) for name in folded for words in [name.split("/")] for count in range(1, len(words))
    }
    if names != sorted(set(names)) or len(folded) != len(names) or above & folded:
        raise InputError("two files of the rule pack have one name, or they are out of order")


def check_name(name: str) -> None:
    """InputError unless a name is `kind/words` with an ending of that kind, the same on every system."""
    words = name.split("/")
    good = 2 <= len(words) <= _DEPTH and words[0] in SUFFIXES and name.lower().endswith(SUFFIXES[words[0]])
    if not good or not all(_WORD.match(word) and not _RESERVED.match(word) and word[-1] != "." for word in words):
        raise InputError(
            f"{name[:80]!r} is no name for a file of a rule pack",
            hint="letters, digits, . _ + - and at most five folders",
        )


def _number(value: Any, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError("no such number")
    return value


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most or not (value.isprintable() or not value):
        raise ValueError("no such text")
    return value


def _digest(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{64}", value):
        raise ValueError("no digest")
    return value


def _broken() -> InputError:
    return InputError("the rule pack is damaged", hint="carry it over again")
