"""Open once, look at what was opened, and read only from that descriptor: never by the path again.

A named pipe put in a file's place between listing and opening must neither hang the scan (O_NONBLOCK) nor be read
(fstat); a symbolic link must not be followed (O_NOFOLLOW). Windows has none of these; there a reparse point is refused
by its attributes and the nearest equivalents are used. Python 3.8-clean.
"""

from __future__ import annotations

import errno
import mmap
import os
import stat
from typing import Optional, Tuple, Union

from atttcli.field import account

# Smaller files are read into a buffer used again and again; larger ones are mapped, so that memory does not follow their
# size. Measured over 800 MB of libraries: mapping from 1 to 4 MiB on is 5 % cheaper than reading everything.
MAP_FROM = 4 * 1024 * 1024

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC"):
    _FLAGS |= getattr(os, _name, 0)
FILE_FLAGS = _FLAGS
FOLDER_FLAGS = _FLAGS | getattr(os, "O_DIRECTORY", 0)

_REPARSE = 0x400
_ELSEWHERE = 0x20000000  # of a reparse tag: it stands for something under another name (a link, a mount)
_ALIAS = 0x8000001B  # of a program of the store, which has no content
_CLOUD = 0x1000 | 0x40000 | 0x400000  # offline, recall on open, recall on data access: reading would download

Content = Union[bytes, memoryview, mmap.mmap]
_READV = getattr(os, "readv", None)  # not on Windows


class NotReadable(Exception):
    """This file goes into `column` because of `why`."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column = column
        self.why = why


def reason(error: OSError) -> str:
    """A short reason for an operating system error, the same on every platform."""
    known = {
        errno.ENOENT: account.VANISHED,
        errno.ENOTDIR: account.VANISHED,
        errno.ESTALE: account.VANISHED,
        errno.EACCES: account.DENIED,
        errno.EPERM: account.DENIED,
        errno.ENAMETOOLONG: account.TOO_LONG,
    }
    return known.get(error.errno or 0) or "%s" % (error.strerror or "cannot be read").lower()


def kind_of(info: os.stat_result, cloud: bool = False) -> str:
    """Empty for a regular file or folder that may be opened, else why it is skipped; `cloud`: placeholders may be."""
    mode = info.st_mode
    attributes = getattr(info, "st_file_attributes", 0)
    if attributes & _CLOUD and not cloud:
        return account.PLACEHOLDER
    if stat.S_ISLNK(mode) or (attributes & _REPARSE and _leads_elsewhere(info)):
        return account.LINK
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return ""
    if stat.S_ISFIFO(mode):
        return account.FIFO
    return account.SOCKET if stat.S_ISSOCK(mode) else account.DEVICE


def _leads_elsewhere(info: os.stat_result) -> bool:
    """Whether a reparse point is a link, a mount or an alias; what is stored compressed or in the cloud is a file."""
    tag = int(getattr(info, "st_reparse_tag", _ELSEWHERE))
    return bool(tag & _ELSEWHERE) or tag == _ALIAS


def open_regular(name: str, dir_fd: Optional[int] = None, cloud: bool = False) -> Tuple[int, os.stat_result]:
    """A descriptor of a regular file and what fstat says of it; NotReadable otherwise, at once, whatever stands there."""
    try:
        fd = os.open(name, FILE_FLAGS) if dir_fd is None else os.open(name, FILE_FLAGS, dir_fd=dir_fd)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise NotReadable(account.SKIPPED, account.LINK) from None
        if error.errno == errno.ENXIO:  # a socket, or a device without a driver
            raise NotReadable(account.SKIPPED, account.SOCKET) from None
        raise NotReadable(account.FAILED, reason(error)) from None
    try:
        info = os.fstat(fd)
        why = kind_of(info, cloud) or ("" if stat.S_ISREG(info.st_mode) else account.CHANGED)
    except OSError as error:
        os.close(fd)
        raise NotReadable(account.FAILED, reason(error)) from None
    if why:
        os.close(fd)
        raise NotReadable(account.FAILED if why == account.CHANGED else account.SKIPPED, why)
    return fd, info


def read_content(fd: int, size: int, buffer: Optional[mmap.mmap] = None, mapped: bool = True) -> Content:
    """All bytes of an open file of `size`: in `buffer`, or a mapping (if it may be `mapped`) when large. Never more than
    `size` is read.

    What was returned in a buffer holds until its next use. A mapping may be handed to libyara, which survives the file
    being cut under it; Python code must not touch it (a page that is gone kills the process).
    """
    if size >= MAP_FROM and mapped:
        try:
            return mmap.mmap(fd, size, access=mmap.ACCESS_READ)
        except (ValueError, OSError):
            raise NotReadable(account.FAILED, account.CHANGED) from None
    view = memoryview(bytearray(size) if buffer is None or size > MAP_FROM else buffer)[:size]
    try:
        return view[: _fill(fd, view)]
    except OSError as error:
        raise NotReadable(account.FAILED, reason(error)) from None


def new_buffer() -> mmap.mmap:
    """A buffer for `read_content`: memory of our own, which becomes resident only as far as it is used."""
    if os.name != "posix":
        return mmap.mmap(-1, MAP_FROM)
    # Private, since the default, shared, gets no huge pages.
    return mmap.mmap(-1, MAP_FROM, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def _fill(fd: int, view: memoryview) -> int:
    """Read until the view is full or the file ends; the number of bytes read."""
    done = 0
    while done < len(view):
        if _READV is not None:
            count = _READV(fd, [view[done:]])
        else:
            data = os.read(fd, len(view) - done)
            count = len(data)
            view[done : done + count] = data
        if not count:
            break
        done += count
    return done
