"""Is this the result of a collector without Python? By its beginning, never by its name. Python 3.8-clean."""

from __future__ import annotations

import re
import zlib
from typing import Tuple

from atttcli.field.filetype import is_tar_header

FORMAT = "atttcli/collected/1"
MANIFEST, FINDINGS, HOST, FILES, LOG = "manifest.txt", "findings.tsv", "host.tsv", "files.tsv", "log.txt"
NAME = re.compile(
    r"(?:manifest\.txt|findings\.tsv|host\.tsv|files\.tsv|log\.txt|logs/[0-9A-Za-z][0-9A-Za-z._-]{0,90})\Z"
)
PACKING = "[Content_Types].xml"  # some packers put it in by themselves
ZIP, GZIP = b"PK\x03\x04", b"\x1f\x8b"
_OTHER_LOGS = re.compile(r"log\.txt|logs/(?![0-9]{3}-)")  # any program may call its logs so
_HAND_PACKED = re.compile(r"K-[0-9]{4}-[^/]{1,200}\Z")


def is_collected(head: bytes) -> bool:
    """Whether a file that begins so (512 bytes of its content compressed, 4096 are enough) is a collector's result."""
    if head.startswith((FORMAT.encode() + b"\n", FORMAT.encode() + b"\r\n")):
        return True
    if head.startswith(ZIP):
        length = int.from_bytes(head[26:28], "little")
        return length <= 300 and _is_ours(head[30 : 30 + length].decode("utf-8", "replace"))
    return head.startswith(GZIP) and _is_our_tar(head)


def inner_name(name: str) -> Tuple[str, str]:
    """(folder that everything stands in, name within): somebody may have packed the folder by hand."""
    name = name.replace("\\", "/")
    name = name[2:] if name.startswith("./") else name
    folder, _, rest = name.partition("/")
    return (folder, rest) if _HAND_PACKED.match(folder) else ("", name)


def _is_ours(name: str) -> bool:
    name = inner_name(name)[1]
    return bool(NAME.match(name)) and not _OTHER_LOGS.match(name)


def _is_our_tar(head: bytes) -> bool:
    try:
        block = zlib.decompressobj(31).decompress(head, 512)
    except zlib.error:
        return False
    if len(block) != 512 or not is_tar_header(block):
        return False
    return _is_ours(block[:100].split(b"\0")[0].decode("utf-8", "replace"))
