"""Files of a host below its root (`/`, or a mounted disk): opened once, bounded, no link leading out of the root.

Every component is opened by descriptor where the system can; a link is read and resolved inside the root, as if that root
were `/`. A pipe or device in a file's place is refused without waiting. Python 3.8-clean.
"""

from __future__ import annotations

import errno
import os
import stat
from itertools import islice
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from atttcli.field import account
from atttcli.field.account import FAILED, SKIPPED
from atttcli.field.opening import FOLDER_FLAGS, NotReadable, open_regular, reason
from atttcli.field.walk import BY_DESCRIPTOR

_MOST_LINKS = 40
# On the way down a folder need not be listed: on Linux passing through it is enough, as for any path.
_PASSING = FOLDER_FLAGS | getattr(os, "O_PATH", 0)
_MOST_NAMES = 20_000
_BLOCK = 64 * 1024
DEFAULT_BYTES = 1024 * 1024


class Text(NamedTuple):
    """A file's text (bytes that are no UTF-8 kept as surrogates) and what fstat said; `cut`: there was more of it."""

    text: str
    info: os.stat_result
    cut: bool


class Entry(NamedTuple):
    """A name in a folder. `link` is where a symbolic link points, else empty."""

    name: str
    path: str  # below the root, with a leading `/`
    is_folder: bool
    link: str


class HostRoot:
    """`path` is the root; what its methods are given begins with `/` and is below it.

    `closed` gathers folders that were asked for and may not be looked into, with the reason: an empty answer is not silence.
    """

    def __init__(self, path: str = os.sep) -> None:
        self.path = own_root() if path == os.sep else os.path.abspath(path)
        self.closed: Dict[str, str] = {}

    @property
    def is_own(self) -> bool:
        """Whether this is the running system's root."""
        return self.path == own_root()

    def read(self, path: str, most: int = DEFAULT_BYTES, follow: bool = True) -> Text:
        """At most `most` bytes of a regular file; NotReadable says why not. `follow`: also when its name is a link."""
        data, info, cut = self.read_bytes(path, most, follow)
        return Text(data.decode("utf-8", "surrogateescape"), info, cut)

    def read_bytes(
        self, path: str, most: int = DEFAULT_BYTES, follow: bool = True
    ) -> Tuple[bytes, os.stat_result, bool]:
        """As `read`, undecoded."""
        fd, info = self.open(path, follow)
        try:
            data = _up_to(fd, most + 1)
        except OSError as error:
            raise NotReadable(FAILED, reason(error)) from None
        finally:
            os.close(fd)
        return data[:most], info, len(data) > most

    def read_end(self, path: str, most: int, record: int) -> Tuple[bytes, int]:
        """The last whole records of a regular file, at most `most` bytes, and how many stand before them."""
        fd, info = self.open(path)
        try:
            before = max(0, info.st_size - most // record * record)
            before -= before % record
            os.lseek(fd, before, os.SEEK_SET)
            return _up_to(fd, most), before // record
        except OSError as error:
            raise NotReadable(FAILED, reason(error)) from None
        finally:
            os.close(fd)

    def open(self, path: str, follow: bool = True) -> Tuple[int, os.stat_result]:
        """A descriptor of a regular file, to be closed by the caller; NotReadable says why not."""
        with _Descent(self.path) as descent:
            name = descent.to(path, follow)
            return open_regular(name, descent.fd)

    def status(self, path: str) -> Optional[os.stat_result]:
        """What stands there (a link itself, not its target); None when nothing does or it is out of reach."""
        try:
            with _Descent(self.path) as descent:
                name = descent.to(path, follow=False)
                return os.stat(name, dir_fd=descent.fd, follow_symlinks=False)
        except NotReadable as refused:
            self._note(path.rpartition("/")[0], refused.why)
        except OSError as error:
            self._note(path.rpartition("/")[0], reason(error))
        except ValueError:
            pass  # a name that no system takes
        return None

    def link(self, path: str) -> str:
        """Where the link points; empty when it is none."""
        try:
            with _Descent(self.path) as descent:
                name = descent.to(path, follow=False)
                return os.readlink(name, dir_fd=descent.fd)
        except (OSError, NotReadable, ValueError):
            return ""

    def entries(self, path: str) -> List[Entry]:
        """What stands in a folder, in order of name; NotReadable when it cannot be listed."""
        with _Descent(self.path) as descent:
            name = descent.to(path.rstrip("/") + "/.")
            fd = None
            try:
                fd = None if descent.fd is None else os.open(name, FOLDER_FLAGS, dir_fd=descent.fd)
                with os.scandir(name if fd is None else fd) as listed:
                    found = [_entry(one, path.rstrip("/"), fd) for one in islice(listed, _MOST_NAMES)]
            except OSError as error:
                raise NotReadable(FAILED, reason(error)) from None
            finally:
                if fd is not None:
                    os.close(fd)
        return sorted(found)

    def names(self, path: str) -> List[str]:
        """Names in a folder; empty when there is none or it cannot be listed."""
        try:
            return [one.name for one in self.entries(path)]
        except NotReadable as refused:
            self._note(path, refused.why)
            return []

    def files(self, path: str, depth: int = 1) -> Iterator[Entry]:
        """Files and links below a folder, `depth` folders deep; linked folders are not entered."""
        try:
            listed = self.entries(path)
        except NotReadable as refused:
            self._note(path, refused.why)
            return
        for one in listed:
            if not one.is_folder:
                yield one
            elif depth > 1 and not one.link:
                yield from self.files(one.path, depth - 1)

    def _note(self, path: str, why: str) -> None:
        if why != account.VANISHED and len(self.closed) < _MOST_NAMES:
            self.closed.setdefault(path or "/", why)

    def folded(self, path: str) -> str:
        """The path as it is spelt here: a Windows disk is mounted with whatever case its folders were made in."""
        found = ""
        for part in (part for part in path.split("/") if part):
            if self.status(f"{found}/{part}") is None:
                part = next((name for name in self.names(found or "/") if name.lower() == part.lower()), part)
            found += "/" + part
        return found

    def outside(self, path: str) -> str:
        """The path as the system that runs us knows it, for people."""
        return path if self.is_own else os.path.join(self.path, path.lstrip("/"))


def _up_to(fd: int, most: int) -> bytes:
    """What is left of an open file, at most `most` bytes."""
    parts: List[bytes] = []
    while most > 0:
        block = os.read(fd, min(most, _BLOCK))
        if not block:
            break
        parts.append(block)
        most -= len(block)
    return b"".join(parts)


def own_root() -> str:
    """The running system's root; on Windows that of the drive it starts from, whatever drive we stand on."""
    return os.environ.get("SYSTEMDRIVE", "C:") + "\\" if os.name == "nt" else "/"


def _entry(one: "os.DirEntry[str]", folder: str, fd: Optional[int]) -> Entry:
    link = ""
    try:
        if one.is_symlink():
            link = os.readlink(one.name, dir_fd=fd) if fd is not None else os.readlink(one.path)
        is_folder = one.is_dir(follow_symlinks=False)
    except OSError:
        is_folder = False
    return Entry(one.name, folder + "/" + one.name, is_folder, link)


class _Descent:
    """On the way down from the root. `fd` is the folder reached (None where paths are used)."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._fds: List[int] = []

    def __enter__(self) -> "_Descent":
        return self

    def __exit__(self, *_: object) -> None:
        while self._fds:
            os.close(self._fds.pop())

    @property
    def fd(self) -> Optional[int]:
        return self._fds[-1] if self._fds else None

    def to(self, path: str, follow: bool = True) -> str:
        """The last component, to be used relative to `fd`; links on the way are resolved inside the root."""
        if "\0" in path:
            raise NotReadable(FAILED, account.VANISHED)
        parts = [part for part in path.replace("\\", "/").split("/") if part] if os.name == "nt" else path.split("/")
        if not BY_DESCRIPTOR:
            return os.path.join(self._root, *parts)
        try:
            return self._down([part for part in parts if part], follow)
        except OSError as error:
            raise NotReadable(FAILED, reason(error)) from None

    def _down(self, parts: List[str], follow: bool) -> str:
        self._fds.append(os.open(self._root, _PASSING & ~getattr(os, "O_NOFOLLOW", 0)))
        parts.reverse()
        links = 0
        while parts:
            name = parts.pop()
            if name == ".":
                continue
            if name == "..":
                if len(self._fds) > 1:
                    os.close(self._fds.pop())
                continue
            target = self._target(name) if parts or follow else ""
            if target:
                links += 1
                if links > _MOST_LINKS:
                    raise NotReadable(SKIPPED, account.LINK)
                parts.extend(part for part in reversed(target.split("/")) if part)
                if target.startswith("/"):
                    while len(self._fds) > 1:
                        os.close(self._fds.pop())
                continue
            if not parts:
                return name
            if len(self._fds) > 200:
                raise NotReadable(FAILED, account.TOO_LONG)
            self._fds.append(os.open(name, _PASSING, dir_fd=self._fds[-1]))
        return "."

    def _target(self, name: str) -> str:
        try:
            return os.readlink(name, dir_fd=self._fds[-1])
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOENT):
                return ""
            raise


def is_writable_by_all(info: os.stat_result) -> bool:
    """Whether any account may change this file (Unix modes; never so on Windows)."""
    return os.name == "posix" and bool(info.st_mode & stat.S_IWOTH) and not stat.S_ISLNK(info.st_mode)
