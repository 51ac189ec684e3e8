"""What is suspicious about an attached file by its name and first bytes. Content is YARA's business, not ours."""

from __future__ import annotations

import io
import re
import struct
import unicodedata
import zipfile
from typing import Final

from atttcli.sources.mail_message.message import Part

_PROGRAMS = (
    "exe scr pif com bat cmd cpl msi msp dll hta js jse vbs vbe wsf wsh ps1 psm1 jar lnk reg chm scf url inf xll ocx sct"
    " application"
)
_RISKY: Final = frozenset(_PROGRAMS.split())
_IMAGES: Final = frozenset({"iso", "img", "vhd", "vhdx", "udf", "cab", "ace", "one", "onepkg"})
_MACRO: Final = frozenset({"docm", "dotm", "xlsm", "xltm", "xlam", "xlsb", "pptm", "potm", "ppam", "ppsm"})
_PAGES: Final = frozenset({"html", "htm", "xhtml", "shtml", "svg", "mht", "mhtml"})
_DOCUMENT_ENDINGS = "pdf doc docx xls xlsx ppt pptx txt jpg jpeg png rtf zip rar csv"
_DOCUMENTS: Final = frozenset(_DOCUMENT_ENDINGS.split())
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
_ENCRYPTED = 0x1
_MAX_MEMBERS: Final = 500


def ending(name: str) -> str:
    """The file's last ending, lower case, as Windows takes it (trailing dots and spaces dropped)."""
    return unicodedata.normalize("NFKC", name).rstrip(". \0").rpartition(".")[2].lower()


def risks(part: Part) -> list[str]:
    """Short English reasons, worst first; empty for an ordinary file."""
    found: list[str] = []
    name = part.name
    kind = ending(name)
    earlier = [piece.strip().lower() for piece in _BIDI.sub("", name).split(".")[1:-1]]
    if _BIDI.search(name):
        found.append("its name turns the reading direction")
    if kind in _RISKY:
        found.append(f"a program or script (.{kind})")
        if any(piece in _DOCUMENTS for piece in earlier):
            found.append("its name has two endings")
    elif kind in _IMAGES:
        found.append(f"a disk image or container (.{kind})")
    elif kind in _PAGES:
        found.append(f"a web page (.{kind})")
    if part.data[:2] == b"MZ" and kind not in ("exe", "dll", "scr", "ocx", "cpl", "com"):
        found.append("a Windows program under another name")
    if part.data[:4] == b"L\0\0\0" and kind != "lnk":
        found.append("a Windows shortcut under another name")
    if kind in _MACRO or b"vbaProject.bin" in part.data or _has_ole_macros(part.data):
        found.append("a document with macros")
    return found + _archive_risks(part.data)


def _has_ole_macros(data: bytes) -> bool:
    return data.startswith(b"\xd0\xcf\x11\xe0") and "_VBA_PROJECT".encode("utf-16-le") in data


def _archive_risks(data: bytes) -> list[str]:
    if not data.startswith(b"PK\x03\x04") or data.count(b"PK\x01\x02") > _MAX_MEMBERS:
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError, EOFError, UnicodeError):
        return []
    found = []
    if any(member.flag_bits & _ENCRYPTED for member in members):
        found.append("an archive with a password")
    inside = next((ending(member.filename) for member in members if ending(member.filename) in _RISKY | _IMAGES), "")
    if inside:
        found.append(f"an archive with a program or script in it (.{inside})")
    return found
