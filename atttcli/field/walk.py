"""Walk folders by descriptor: no path is resolved twice, no link followed, no depth runs out of descriptors or stack.

Yields every file as Found, ready to be opened, and everything that is not a file to be scanned as an Outcome, so that
each directory entry is accounted for. Folders go by name, files before sub-folders: a tour that ended at a Place can begin
there the next time and come to what lies before it last (docs/decisions/0193). Python 3.8-clean.
"""

from __future__ import annotations

import os
import stat
from itertools import chain, islice
from operator import attrgetter
from typing import Dict, FrozenSet, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from atttcli.field import account
from atttcli.field.account import FAILED, MISSING, SKIPPED, Outcome
from atttcli.field.mounts import special_mounts
from atttcli.field.opening import FOLDER_FLAGS, kind_of, reason
from atttcli.field.place import FILE, FOLDER, WHOLE, Key, Part, Place
from atttcli.field.shard import Shard

# Windows has no descriptors of folders; there the same walk goes by path (with the \\?\ prefix for long ones).
BY_DESCRIPTOR = os.open in os.supports_dir_fd and os.scandir in os.supports_fd

# Descriptors kept open while going down; an ancestor beyond that is closed and found again through "..".
_KEPT_OPEN = 48
_SORTED = 50_000  # entries of one folder that are put in order; those beyond come as the system has them
_BY_NAME = attrgetter("name")


class Found(NamedTuple):
    """A regular file. `name` is opened relative to `dir_fd` (None: as a path); both hold only until the next item."""

    path: str
    name: str
    dir_fd: Optional[int]
    stat: os.stat_result


class WalkOptions(NamedTuple):
    """What is walked. Other file systems (by device) are left out unless `cross_devices`."""

    cross_devices: bool = False
    special: bool = False  # also /proc, /sys, /dev and network shares
    network: bool = False  # also network shares, where other file systems are walked
    cloud: bool = False  # also files that are only in the cloud: reading downloads them
    exclude: FrozenSet[str] = frozenset()  # absolute paths of files or folders
    shard: Optional[Shard] = None  # only this part of what is met; folders are walked all the same


class _Folder:
    """One folder on the way down. `pending` are the sub-folders still to be entered."""

    __slots__ = ("at", "fd", "identity", "part", "path", "pending", "prefix", "real")

    def __init__(self, path: str, real: str, fd: Optional[int], info: os.stat_result, part: Part) -> None:
        self.path = path
        self.part = part
        self.at: Optional[Key] = None  # the entry that was met last
        self.prefix = os.path.join(path, "")
        self.real = real
        self.fd = fd
        self.identity = (info.st_dev, info.st_ino)
        self.pending: List[str] = []


Item = Union[Found, Outcome]


def walk(roots: Iterable[str], options: WalkOptions = WalkOptions()) -> Iterator[Item]:  # noqa: B008
    """Everything below `roots` (files or folders). A root that is a link is followed: the user named it."""
    return Tour(roots, options).items()


class Tour:
    """One walk over everything below `roots`, from `start` on and round to it again (None: from the beginning)."""

    def __init__(self, roots: Iterable[str], options: WalkOptions, start: Optional[Place] = None) -> None:
        self._roots = distinct_roots(roots)
        self._options = options
        self._start = start
        self._walker: Optional[_Walker] = None
        self._root = ""

    def items(self) -> Iterator[Item]:
        """Each entry once."""
        mounts = {} if self._options.special else special_mounts(network=self._options.network)
        shard = self._options.shard
        for given, part in self._legs():
            self._root = os.path.realpath(given)
            self._walker = _Walker(self._options, mounts)
            found = self._walker.root(given, part)
            try:
                yield from found if shard is None else (one for one in found if shard.has(one.path, given))
            finally:
                self._walker.close()

    def place(self) -> Place:
        """Where the walk stands: at the entry that came last. Also after it was closed."""
        return Place(self._root, self._walker.keys() if self._walker is not None else ())

    def _legs(self) -> Iterator[Tuple[str, Part]]:
        """The roots with the part of each: what comes after the start, the others, and what comes up to the start."""
        start = self._start
        places = [os.path.realpath(root) for root in self._roots]
        if start is None or start.root not in places:
            yield from ((root, WHOLE) for root in self._roots)
            return
        first = places.index(start.root)
        if start.keys and os.path.isdir(start.root):
            yield self._roots[first], Part(after=start.keys)
        for root in chain(self._roots[first + 1 :], self._roots[:first]):
            yield root, WHOLE
        yield self._roots[first], Part(upto=start.keys or None)


def distinct_roots(roots: Iterable[str]) -> Sequence[str]:
    """The roots without those that lie inside another one: nothing is scanned twice."""
    kept: List[Tuple[str, str]] = []
    for given in roots:
        real = os.path.realpath(given)
        if any(_inside(real, other) for _, other in kept):
            continue
        kept = [(path, other) for path, other in kept if not _inside(other, real)]
        kept.append((given, real))
    return [path for path, _ in kept]


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


class _Walker:
    def __init__(self, options: WalkOptions, mounts: Dict[str, str]) -> None:
        self._options = options
        self._mounts = mounts
        self._stack: List[_Folder] = []
        self._keys: Tuple[Key, ...] = ()
        self._device = 0

    def root(self, given: str, part: Part) -> Iterator[Item]:
        real = os.path.realpath(given)
        self._mounts = {point: why for point, why in self._mounts.items() if not _inside(real, point)}
        try:
            info = os.stat(real)
        except FileNotFoundError:
            yield Outcome(given, FAILED, MISSING)  # never seen, so not vanished
            return
        except OSError as error:
            yield Outcome(given, FAILED, reason(error))
            return
        if not stat.S_ISDIR(info.st_mode):
            why = kind_of(info, self._options.cloud)
            yield Outcome(given, SKIPPED, why) if why else Found(given, real, None, info)
            return
        self._device = info.st_dev
        try:
            fd = os.open(real, FOLDER_FLAGS) if BY_DESCRIPTOR else None
        except OSError as error:
            yield Outcome(given, FAILED, reason(error))
            return
        yield from self._descend(_Folder(given, real, fd, info, part))

    def keys(self) -> Tuple[Key, ...]:
        """The entries on the way from the root to where the walk stands."""
        return tuple(folder.at for folder in self._stack if folder.at is not None) or self._keys

    def close(self) -> None:
        """Close what is still open when the caller stops early."""
        self._keys = self.keys()
        for folder in self._stack:
            if folder.fd is not None:
                os.close(folder.fd)
        self._stack.clear()

    def _descend(self, top: _Folder) -> Iterator[Item]:
        self._stack.append(top)
        yield from self._list(top)
        while self._stack:
            folder = self._stack[-1]
            if not folder.pending:
                yield from self._leave(folder)
                continue
            name = folder.pending.pop()
            folder.at = (FOLDER, name)
            entered = self._enter(folder, name)
            if isinstance(entered, Outcome):
                yield entered
                continue
            self._stack.append(entered)
            self._spare_descriptors()
            yield from self._list(entered)

    def _list(self, folder: _Folder) -> Iterator[Item]:
        """The files of one folder; its sub-folders go to `pending`."""
        try:
            with os.scandir(_long(folder.real) if folder.fd is None else folder.fd) as entries:
                ordered = sorted(islice(entries, _SORTED), key=_BY_NAME)
                for entry in ordered if len(ordered) < _SORTED else chain(ordered, entries):
                    item = self._judge(folder, entry)
                    if item is not None and (folder.part is WHOLE or folder.part.has_file(entry.name)):
                        folder.at = (FILE, entry.name)
                        yield item
        except OSError as error:
            yield Outcome(folder.path, FAILED, reason(error))
        folder.pending.sort(reverse=True)  # taken from the end

    def _judge(self, folder: _Folder, entry: os.DirEntry[str]) -> Optional[Item]:
        path = folder.prefix + entry.name
        if self._options.exclude and os.path.join(folder.real, entry.name) in self._options.exclude:
            return Outcome(path, SKIPPED, account.EXCLUDED)
        try:
            if entry.is_dir(follow_symlinks=False):
                if folder.part is WHOLE or folder.part.has_folder(entry.name):
                    folder.pending.append(entry.name)
                return None
            if entry.is_symlink():
                return Outcome(path, SKIPPED, account.LINK)
            info = entry.stat(follow_symlinks=False)
        except OSError as error:
            return Outcome(path, FAILED, reason(error))
        why = kind_of(info, self._options.cloud)
        if why:
            return Outcome(path, SKIPPED, why)
        name = entry.name if folder.fd is not None else _long(os.path.join(folder.real, entry.name))
        return Found(path, name, folder.fd, info)

    def _enter(self, parent: _Folder, name: str) -> Union[_Folder, Outcome]:
        path = os.path.join(parent.path, name)
        real = os.path.join(parent.real, name)
        if real in self._mounts:
            return Outcome(path, SKIPPED, self._mounts[real])
        try:
            if parent.fd is None:
                fd, info = None, os.lstat(_long(real))
            else:
                fd = os.open(name, FOLDER_FLAGS, dir_fd=parent.fd)
                info = os.fstat(fd)
        except OSError as error:
            return Outcome(path, FAILED, reason(error))
        why = self._unwanted(info)
        if why:
            if fd is not None:
                os.close(fd)
            return Outcome(path, FAILED if why == account.LOOP else SKIPPED, why)
        part = WHOLE if parent.part is WHOLE else parent.part.below(name)
        return _Folder(path, real, fd, info, part)

    def _unwanted(self, info: os.stat_result) -> str:
        kind = kind_of(info, self._options.cloud)
        if kind:
            return kind
        if info.st_dev != self._device and not self._options.cross_devices:
            return account.OTHER_FILE_SYSTEM
        # Only a mount or a junction can put a folder inside itself; then it carries the identity of an ancestor.
        if info.st_ino and any(folder.identity == (info.st_dev, info.st_ino) for folder in self._stack[-256:]):
            return account.LOOP
        return ""

    def _spare_descriptors(self) -> None:
        if len(self._stack) > _KEPT_OPEN:
            old = self._stack[-_KEPT_OPEN]
            if old.fd is not None:
                os.close(old.fd)
                old.fd = None

    def _leave(self, folder: _Folder) -> Iterator[Item]:
        """Go up; an ancestor whose descriptor was spared is opened again and must still be the same folder."""
        self._stack.pop()
        parent = self._stack[-1] if self._stack else None
        try:
            if BY_DESCRIPTOR and parent is not None and parent.fd is None:
                parent.fd = _again(parent, folder.fd)
                if parent.fd is None:
                    for name in parent.pending:
                        yield Outcome(os.path.join(parent.path, name), FAILED, account.CHANGED)
                    parent.pending.clear()
        finally:
            if folder.fd is not None:
                os.close(folder.fd)


def _again(folder: _Folder, child: Optional[int]) -> Optional[int]:
    """A new descriptor of `folder`, from its child or by its path; None when it is no longer the folder it was."""
    for name, dir_fd in (("..", child), (folder.real, None)):
        if name == ".." and child is None:
            continue
        try:
            fd = os.open(name, FOLDER_FLAGS, dir_fd=dir_fd)
        except OSError:
            continue
        info = os.fstat(fd)
        if (info.st_dev, info.st_ino) == folder.identity:
            return fd
        os.close(fd)
    return None


def _long(path: str) -> str:
    """The form of a path that Windows takes beyond 260 characters; unchanged elsewhere."""
    if os.name != "nt" or path.startswith("\\\\?\\"):
        return path
    return "\\\\?\\UNC" + path[1:] if path.startswith("\\\\") else "\\\\?\\" + path
