"""What kind of file it is, by its first bytes: the external variable `filetype` of YARA rules, and archives.

The words are those that public rule sets compare with (`EXE`, `ZIP`, `OLE`, `RTF` ...). Python 3.8-clean.
"""

from __future__ import annotations

_MAGIC = (
    (b"MZ", "EXE"),
    (b"\x7fELF", "ELF"),
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (b"PK\x05\x06", "ZIP"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLE"),
    (b"{\\rt", "RTF"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "LNK"),
    (b"#!", "SCRIPT"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7ZIP"),
    (b"MSCF", "CAB"),
    (b"\x1f\x8b", "GZIP"),
    (b"BZh", "BZIP2"),
    (b"\xfd7zXZ\x00", "XZ"),
    (b"\x28\xb5\x2f\xfd", "ZSTD"),
    (b"\xca\xfe\xba\xbe", "JAVA"),
    (b"\xce\xfa\xed\xfe", "MACHO"),
    (b"\xcf\xfa\xed\xfe", "MACHO"),
    (b"dex\n", "DEX"),
    (b"ITSF", "CHM"),
    (b"ElfFile\x00", "EVTX"),
    (b"regf", "REGISTRY"),
    (b"MDMP", "MDMP"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPG"),
    (b"GIF8", "GIF"),
    (b"FWS", "SWF"),
    (b"CWS", "SWF"),
)
_FIRST = frozenset(magic[0] for magic, _ in _MAGIC)
_OFFICE_NAMES = (
    b"[Content_Types].xml",
    b"mimetype",
    b"_rels/",
    b"docProps/",
    b"word/",
    b"xl/",
    b"ppt/",
    b"META-INF/",
    b"AndroidManifest.xml",
    b"classes.dex",
)
_COMPRESSED = (
    (b"\x1f\x8b\x08", "gz"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
)


def file_type(head: bytes) -> str:
    """`EXE`, `PDF` ...; empty when unknown. PE library or program is one word here, as in public rules."""
    if not head or head[0] not in _FIRST:
        return ""
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    return ""


def archive_kind(head: bytes) -> str:
    """`zip`, `office` (a zip that is a document or program), `tar`, `gz`, `bz2`, `xz`, `zst`, `7z`, `rar` or empty.

    `head` should be the first 64 KiB; 512 bytes are enough for everything but telling office from zip.
    """
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "office" if _looks_office(head) else "zip"
    for magic, name in _COMPRESSED:
        if head.startswith(magic):
            return name
    return "tar" if is_tar_header(head) else ""


def is_tar_header(block: bytes) -> bool:
    """Whether these bytes begin with a tar header: by its checksum, since old archives carry no magic."""
    if len(block) < 512 or not block[0]:
        return False
    field = bytes(block[148:156]).strip(b"\x00 ")
    if not field or any(digit not in b"01234567" for digit in field):
        return False
    total = sum(block[:148]) + 8 * 32 + sum(block[156:512])
    return int(field, 8) == total


def _looks_office(head: bytes) -> bool:
    """Whether one of the first members bears a name that only documents, packages and programs have."""
    at = 0
    for _ in range(32):
        at = head.find(b"PK\x03\x04", at)
        if at < 0:
            return False
        length = int.from_bytes(head[at + 26 : at + 28], "little")
        name = bytes(head[at + 30 : at + 30 + length])
        if name.startswith(_OFFICE_NAMES):
            return True
        at += 4
    return False
