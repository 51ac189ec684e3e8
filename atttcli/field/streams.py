"""Alternate data streams of NTFS: what a file carries beside its content, and no folder listing shows. Python 3.8-clean."""

from __future__ import annotations

import ctypes
import os
from typing import Any, Callable, Iterator, List, NamedTuple, Optional

_MOST = 1024  # streams of one file
_END = 38  # ERROR_HANDLE_EOF: no (more) streams
_NOT_HERE = (1, 50, 87)  # the file system knows no streams
_INVALID = ctypes.c_void_p(-1).value


class Stream(NamedTuple):
    """A named stream: `:name`, as it is appended to the path, and its size."""

    name: str
    size: int


Lister = Callable[[str], Iterator[Stream]]


class _Found(ctypes.Structure):
    """WIN32_FIND_STREAM_DATA of the Win32 API."""

    _fields_ = [("size", ctypes.c_longlong), ("name", ctypes.c_uint16 * 296)]


def lister(system: str = os.name, kernel: Optional[Any] = None) -> Optional[Lister]:
    """What lists the streams of a file on this system; None where there are none."""
    if system != "nt":
        return None
    api = kernel if kernel is not None else _kernel()
    return lambda path: _streams(api, path)


def _kernel() -> Any:
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]
    kernel.FindFirstStreamW.restype = ctypes.c_void_p
    kernel.FindFirstStreamW.argtypes = [ctypes.c_wchar_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_ulong]
    kernel.FindNextStreamW.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    kernel.FindClose.argtypes = [ctypes.c_void_p]
    return kernel


def _streams(kernel: Any, path: str) -> Iterator[Stream]:
    """OSError when the streams cannot be listed, or there are more than anybody needs."""
    found = _Found()
    handle = kernel.FindFirstStreamW(path, 0, ctypes.byref(found), 0)
    if handle == _INVALID:
        _end(_last_error(kernel), path)
        return
    try:
        for _count in range(_MOST):
            name = _name(found)
            if name:
                yield Stream(name, found.size)
            if not kernel.FindNextStreamW(handle, ctypes.byref(found)):
                _end(_last_error(kernel), path)
                return
    finally:
        kernel.FindClose(handle)
    raise OSError(0, "more than %d streams" % _MOST)


def _name(found: _Found) -> str:
    """`:name` of `:name:$DATA`; empty for the content itself and for what is no data."""
    units: List[int] = []
    for unit in found.name:
        if not unit:
            break
        units.append(unit)
    text = b"".join(unit.to_bytes(2, "little") for unit in units).decode("utf-16-le", "surrogatepass")
    name, _, kind = text.rpartition(":")
    return name if kind == "$DATA" and len(name) > 1 else ""


def _last_error(kernel: Any) -> int:
    last = getattr(kernel, "last_error", None)  # a kernel of a test
    return int(last) if last is not None else int(ctypes.get_last_error())  # type: ignore[attr-defined]


def _end(code: int, path: str) -> None:
    if code != _END and code not in _NOT_HERE:
        raise OSError(0, "its streams cannot be listed (error %d)" % code, path)
