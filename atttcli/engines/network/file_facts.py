"""A carried file as a whole: its size and digests, also beyond what is kept of it, and its kind by the first bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Final

from atttcli.engines.network.fields import Values
from atttcli.engines.network.spooled import SPOOL, Spool, WantedFacts
from atttcli.field.filetype import file_type
from atttcli.rulepack.network.buffers import FILE_FACTS

_DIGESTS: Final = {"file.md5": "md5", "file.sha1": "sha1", "file.sha256": "sha256"}
MAX_UNPACKED = 256 << 20  # bytes of one file that are looked at: more is no file but an attack on the reader


class Facts:
    """Size and digests of a file whose bytes come in order; `wanted` are the buffers that rules ask for."""

    __slots__ = ("_digests", "_spool", "_spools", "_wanted", "broken", "size")

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = wanted
        self._digests = {name: hashlib.new(_DIGESTS[name]) for name in wanted if name in _DIGESTS}
        self._spools = wanted.spools if isinstance(wanted, WantedFacts) else None
        self._spool = Spool(self._spools) if self._spools is not None else None
        self.size = 0
        self.broken = False  # a piece is missing

    def add(self, data: bytes) -> None:
        """The next bytes."""
        self.size += len(data)
        if self.size > MAX_UNPACKED:
            self.broken = True
        if self.broken:
            self._spool = None
            return
        if self._spool is not None:
            self._spool.add(data)
        for digest in self._digests.values():
            digest.update(data)

    def values(self) -> dict[str, Values]:
        """The buffers, once the file is whole; nothing of one that has a hole."""
        if self.broken:
            return {}
        known: dict[str, Values] = {name: (digest.digest(),) for name, digest in self._digests.items()}
        if self._spool is not None and self._spools is not None and self._spool.kept:
            known[SPOOL] = (b"%d" % self._spools.ready(self._spool),)
        return {**known, "file.size": (b"%d" % self.size,)}


def facts_of(contents: Collection[bytes], wanted: Collection[str]) -> dict[str, Values]:
    """The buffers of files that are whole at hand; empty where no rule asks."""
    if not wanted or not contents:
        return {}
    each = []
    for content in contents:
        facts = Facts(wanted)
        facts.add(content)
        each.append(facts.values())
    return {name: tuple(value for one in each for value in one.get(name, ())) for name in FILE_FACTS if name in wanted}


_SPOKEN = {
    "ELF": b"ELF executable",
    "PDF": b"PDF document",
    "ZIP": b"Zip archive data",
    "OLE": b"Composite Document File V2 Document",
    "RTF": b"Rich Text Format data",
    "LNK": b"MS Windows shortcut",
    "SCRIPT": b"script, text executable",
    "RAR": b"RAR archive data",
    "7ZIP": b"7-zip archive data",
    "CAB": b"Microsoft Cabinet archive data",
    "GZIP": b"gzip compressed data",
    "BZIP2": b"bzip2 compressed data",
    "XZ": b"XZ compressed data",
    "ZSTD": b"Zstandard compressed data",
    "JAVA": b"compiled Java class data",
    "MACHO": b"Mach-O executable",
    "DEX": b"Dalvik dex file",
    "CHM": b"MS Windows HtmlHelp Data",
    "EVTX": b"MS Windows Vista Event Log",
    "REGISTRY": b"MS Windows registry file",
    "MDMP": b"Mini DuMP crash report",
    "PNG": b"PNG image data",
    "JPG": b"JPEG image data",
    "GIF": b"GIF image data",
    "SWF": b"Macromedia Flash data",
}


def magic(content: bytes) -> Values:
    """The kind of a file in the words that rules compare with; absent where its first bytes do not say."""
    kind = file_type(content[:16])
    if kind == "EXE":
        return (_program(content),)
    return (_SPOKEN[kind],) if kind in _SPOKEN else ()


def _program(content: bytes) -> bytes:
    at = int.from_bytes(content[60:64], "little")
    if content[at : at + 4] != b"PE\0\0" or len(content) < at + 96:
        return b"MS-DOS executable"
    flags = int.from_bytes(content[at + 22 : at + 24], "little")
    bits = b"PE32+" if content[at + 24 : at + 26] == b"\x0b\x02" else b"PE32"
    kind = b" (DLL)" if flags & 0x2000 else b""
    shown = {2: b" (GUI)", 3: b" (console)"}.get(int.from_bytes(content[at + 92 : at + 94], "little"), b"")
    return bits + b" executable" + kind + shown + b", for MS Windows"
