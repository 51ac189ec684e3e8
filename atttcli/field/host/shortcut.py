"""Shortcuts of Windows (.lnk): what they start, with which words ([MS-SHLLINK]). Nothing is resolved. Python 3.8-clean."""

from __future__ import annotations

import struct
from typing import List, NamedTuple, Optional, Tuple

_HEADER = 76
_CLASS = bytes.fromhex("0114020000000000c000000000000046")
_ID_LIST, _LINK_INFO, _UNICODE = 0x1, 0x2, 0x80
_STRINGS = (0x4, 0x8, 0x10, 0x20, 0x40)  # description, relative path, folder, arguments, icon


class Shortcut(NamedTuple):
    """`target` as the shortcut spells it (local path, else relative); `arguments` may be empty."""

    target: str
    arguments: str


def read_shortcut(data: bytes) -> Optional[Shortcut]:
    """The target of a shortcut; None when these bytes are none."""
    if len(data) < _HEADER or data[:4] != b"L\0\0\0" or data[4:20] != _CLASS:
        return None
    flags = int.from_bytes(data[20:24], "little")
    at = _HEADER
    target = ""
    try:
        if flags & _ID_LIST:
            at += 2 + struct.unpack_from("<H", data, at)[0]
        if flags & _LINK_INFO:
            size = struct.unpack_from("<I", data, at)[0]
            target = _local_path(data[at : at + size])
            at += size
        texts: List[str] = []
        for flag in _STRINGS:
            text = ""
            if flags & flag:
                text, at = _text(data, at, bool(flags & _UNICODE))
            texts.append(text)
    except struct.error:
        return Shortcut(target, "")
    return Shortcut(target or texts[1], texts[3])


def _local_path(info: bytes) -> str:
    """LocalBasePath and CommonPathSuffix of a LinkInfo."""
    _size, header, flags, _volume, base, _network, suffix = struct.unpack_from("<7I", info)
    if not flags & 1:
        return ""
    if header >= 0x24:
        wide_base, wide_suffix = struct.unpack_from("<2I", info, 28)
        return _wide(info, wide_base) + _wide(info, wide_suffix)
    return _narrow(info, base) + _narrow(info, suffix)


def _narrow(info: bytes, at: int) -> str:
    return info[at:].split(b"\0", 1)[0].decode("cp1258", "replace") if at else ""


def _wide(info: bytes, at: int) -> str:
    text = info[at:].decode("utf-16-le", "replace") if at else ""
    return text.split("\0", 1)[0]


def _text(data: bytes, at: int, wide: bool) -> Tuple[str, int]:
    count = struct.unpack_from("<H", data, at)[0] * (2 if wide else 1)
    raw = data[at + 2 : at + 2 + count]
    return raw.decode("utf-16-le" if wide else "cp1258", "replace"), at + 2 + count
